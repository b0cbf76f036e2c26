"""The checks that put one question to a judge and take one word for an answer."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from seatrial.checks.parameters import NamedModel
from seatrial.core.verdict import Verdict
from seatrial.core.view import View
from seatrial.judges.asking import Heard, ask, judged, unheard
from seatrial.judges.define import DEFAULT_JUDGE, Judge, judge_check
from seatrial.judges.rubric import REASON, VERDICT, Rubric, packaged


@judge_check("llm-rubric", rubric="llm-rubric", write='llm-rubric: "Sounds like a friend, not like a help desk."')
async def llm_rubric(
    view: View,
    *,
    rubric: Annotated[str, msgspec.Meta(description="what the text has to be, in words", min_length=1)],
    judge: Judge = DEFAULT_JUDGE,  # type: ignore[assignment]  # the name of one; binding puts the model in its place
) -> Verdict:
    """A model judges the text by a criterion in words, and says pass or fail."""
    return await _choose(packaged("llm-rubric"), judge, rubric=rubric, input=_asked(view), text=view.text)


async def _choose(by: Rubric, judge: NamedModel, /, **values: Any) -> Verdict:
    heard = await ask(judge, by, values)
    return unheard([heard]) or chosen(heard, by.passes)


def chosen(heard: Heard, passes: tuple[str, ...]) -> Verdict:
    """The verdict for the word that was chosen."""
    assert heard.value is not None
    word, reason = heard.value[VERDICT], heard.value[REASON]
    good = word in passes
    return judged(Verdict(state="pass" if good else "fail", score=float(good), label=word, reason=reason), [heard])


def _asked(view: View) -> str | None:
    """What was asked, where it is not itself what is judged."""
    return view.exchange.request.ask or None if view.on != "input" else None
