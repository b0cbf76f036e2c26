"""Which of two answers is better, asked in both orders: a judge that only likes what stands first decides nothing.

The other answer is a text: a reference of the case, or what another variant or an earlier run said, from its data. A
check that asked another variant by itself would judge an answer that no test stores.
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Literal

import msgspec

from seatrial.core.verdict import Verdict
from seatrial.core.view import View
from seatrial.judges.asking import Heard, ask, judged, unheard
from seatrial.judges.define import JUDGE, Judge, judge_check
from seatrial.judges.rubric import REASON, VERDICT, packaged
from seatrial.judges.seen import asked

Outcome = Literal["better", "tie", "worse"]
SCORES: dict[Outcome, float] = {"better": 1.0, "tie": 0.5, "worse": 0.0}
CRITERION = "Which answer helps the person who asked more: right, to the point, and complete enough for what was asked?"


@judge_check("pairwise", rubric="pairwise", write="pairwise: Rome. The capital moved there in 1871.")
async def pairwise(
    view: View,
    *,
    against: Annotated[str, msgspec.Meta(description="the other answer", min_length=1)],
    criterion: Annotated[str, msgspec.Meta(description="what makes an answer better", min_length=1)] = CRITERION,
    needs: Annotated[
        Literal["better", "not-worse"], msgspec.Meta(description="what passes; a tie is not worse")
    ] = "not-worse",
    judge: Judge = JUDGE,
) -> Verdict:
    """A model compares the answer with another one, in both orders: better, a tie or worse, as the label.

    Where the orders disagree the verdict is `unscored` with the label `inconsistent`: the judge went by the place. The
    score is 1 for better, 0.5 for a tie, 0 for worse.
    """
    rubric = packaged("pairwise")
    given = {"criterion": criterion, "input": asked(view)}
    orders = [{"first": view.text, "second": against}, {"first": against, "second": view.text}]
    heard = list(await asyncio.gather(*(ask(judge, rubric, {**given, **order}) for order in orders)))
    broken = unheard(heard)
    if broken is not None:
        return broken
    one, other = _outcome(heard[0], "first"), _outcome(heard[1], "second")
    if one != other:
        why = f"{one} when it stands first, {other} when it stands second: the judge goes by the place"
        return judged(Verdict(state="unscored", label="inconsistent", reason=why), heard)
    good = one == "better" or (one == "tie" and needs == "not-worse")
    reason = f"{one} in both orders: {_reason(heard[0])}"
    return judged(Verdict(state="pass" if good else "fail", score=SCORES[one], label=one, reason=reason), heard)


def _outcome(heard: Heard, ours: str) -> Outcome:
    """What the judge's word means for the answer that stood at the place `ours`."""
    assert heard.value is not None
    word = heard.value[VERDICT]
    return "tie" if word == "tie" else "better" if word == ours else "worse"


def _reason(heard: Heard) -> str:
    assert heard.value is not None
    return str(heard.value[REASON])
