"""The checks that put one question to a judge and take one word for an answer."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from seatrial.checks.parameters import NamedModel
from seatrial.core.verdict import Verdict
from seatrial.core.view import View
from seatrial.judges.asking import Heard, ask, judged, unheard
from seatrial.judges.critic import Critic
from seatrial.judges.define import JUDGE, Judge, judge_check
from seatrial.judges.rubric import REASON, VERDICT, Rubric, packaged
from seatrial.judges.seen import asked, conversation_of

Criterion = Annotated[str, msgspec.Meta(description="what has to hold, in words", min_length=1)]
Category = Literal["same", "subset", "superset", "contradicts", "immaterial"]
GOOD_ENOUGH: Any = ("same", "subset", "superset", "immaterial")


@judge_check("llm-rubric", rubric="llm-rubric", write="llm-rubric: Sounds like a friend in chat.")
async def llm_rubric(view: View, *, rubric: Criterion, judge: Judge = JUDGE) -> Verdict:
    """A model judges the text by a criterion in words, and says pass or fail."""
    return await choose(packaged("llm-rubric"), judge, rubric=rubric, input=asked(view), text=view.text)


@judge_check("critic", write="critic: ../prompts/chat.critic.md")
async def critic(
    view: View,
    *,
    prompt: Annotated[Critic, msgspec.Meta(description="the critic's prompt file, which asks a question")],
    judge: Judge = JUDGE,
) -> Verdict:
    """A critic of your own, a prompt file beside the task's prompt, answers a yes/no question about each answer.

    Its inputs are filled by their names: `answer`, `input`, `context`, `conversation`, and the variables that the
    task's prompt was given. `verdicts:` in its front matter gives it other words than yes and no, `passes:` says which
    of them pass.
    """
    heard = await ask(judge, prompt.rubric, prompt.values(view))
    return unheard([heard]) or chosen(heard, prompt.rubric.passes)


@judge_check("closed-qa", rubric="closed-qa", write="closed-qa: Names a price in euros.")
async def closed_qa(view: View, *, criterion: Criterion, judge: Judge = JUDGE) -> Verdict:
    """A model says yes or no to whether the answer meets one criterion, and grades nothing else."""
    return await choose(packaged("closed-qa"), judge, criterion=criterion, input=asked(view), text=view.text)


@judge_check("factuality", rubric="factuality", write="factuality: Water boils at 100 degrees Celsius at sea level.")
async def factuality(
    view: View,
    *,
    reference: Annotated[str, msgspec.Meta(description="an answer that is right", min_length=1)],
    passes: Annotated[
        list[Category], msgspec.Meta(description="the categories that are good enough", min_length=1)
    ] = GOOD_ENOUGH,
    judge: Judge = JUDGE,
) -> Verdict:
    """A model says how the facts of the answer stand to those of a reference: one of five categories, as the label."""
    values = {"reference": reference, "input": asked(view), "text": view.text}
    heard = await ask(judge, packaged("factuality"), values)
    return unheard([heard]) or chosen(heard, tuple(passes))


@judge_check(
    "conversation", rubric="conversation", write="conversation: Remembers what the user said earlier.", last_turn=True
)
async def conversation(view: View, *, criterion: Criterion, judge: Judge = JUDGE) -> Verdict:
    """A model judges the whole conversation up to the last answer, once, by a criterion in words."""
    return await choose(
        packaged("conversation"), judge, criterion=criterion, conversation=conversation_of(view.exchange)
    )


async def choose(by: Rubric, judge: NamedModel, /, **values: Any) -> Verdict:
    """Ask once, and take the word that passes or not."""
    heard = await ask(judge, by, values)
    return unheard([heard]) or chosen(heard, by.passes)


def chosen(heard: Heard, passes: tuple[str, ...]) -> Verdict:
    """The verdict for the word that was chosen."""
    assert heard.value is not None
    word, reason = heard.value[VERDICT], heard.value[REASON]
    good = word in passes
    return judged(Verdict(state="pass" if good else "fail", score=float(good), label=word, reason=reason), [heard])
