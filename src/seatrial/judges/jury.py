"""Several judges on one question, so that no single one's habits decide."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from seatrial.checks.parameters import NamedModel
from seatrial.core.verdict import Verdict, made_of
from seatrial.core.view import View
from seatrial.judges.checks import Criterion, choose
from seatrial.judges.define import judge_check
from seatrial.judges.rubric import packaged
from seatrial.judges.seen import asked

Rule = Literal["majority", "mean", "worst"]


@judge_check("jury", rubric="llm-rubric", write="jury: {rubric: Sounds like a friend., judges: [claude, gpt, gemini]}")
async def jury(
    view: View,
    *,
    rubric: Criterion,
    judges: Annotated[list[NamedModel], msgspec.Meta(description="the models that judge", min_length=2)],
    decide: Annotated[Rule, msgspec.Meta(description="how their verdicts become one")] = "majority",
) -> Verdict:
    """Several models judge by the same criterion; what more than half of all of them say is the verdict.

    `decide: mean` takes the mean of their scores, `worst` the lowest. Where neither side has more than half of all
    judges, those that said nothing readable included, the verdict is `unscored` with the label `disputed`; under
    `worst` a single fail is enough, and a judge that said nothing leaves it disputed.
    """
    by = packaged("llm-rubric")
    asks = [choose(by, judge, rubric=rubric, input=asked(view), text=view.text) for judge in judges]
    verdicts = list(await asyncio.gather(*asks))
    return made_of(_decided(verdicts, [judge.name for judge in judges], decide), verdicts)


def _decided(verdicts: Sequence[Verdict], names: Sequence[str], rule: Rule) -> Verdict:
    said = "; ".join(f"{name}: {each.state}: {each.reason}" for name, each in zip(names, verdicts, strict=True))
    broken = next((each for each in verdicts if each.state == "error"), None)
    if broken is not None:
        return Verdict(state="error", label=broken.label, reason=broken.reason)
    passing, failing = (sum(each.state == state for each in verdicts) for state in ("pass", "fail"))
    label = f"{passing} of {len(verdicts)}"
    scores = [each.score for each in verdicts if each.score is not None]
    if rule == "worst":
        if not failing and passing < len(verdicts):
            return _disputed(said)
        return Verdict(state="fail" if failing else "pass", score=min(scores), label=label, reason=said)
    if 2 * max(passing, failing) <= len(verdicts):
        return _disputed(said)
    good = passing > failing
    score = sum(scores) / len(scores) if rule == "mean" else float(good)
    return Verdict(state="pass" if good else "fail", score=score, label=label, reason=said)


def _disputed(said: str) -> Verdict:
    return Verdict(state="unscored", label="disputed", reason=f"the judges do not agree: {said}")
