"""Runs the attacks on a judge: first the plain answers, which it has to judge right, then every attack on them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from seatrial.checks.bind import BoundCheck
from seatrial.core.conversation import Message
from seatrial.core.errors import SpecError
from seatrial.core.verdict import Verdict
from seatrial.evals.align import view_of
from seatrial.evals.binding import CheckBinder
from seatrial.evals.judging import judge
from seatrial.feature.assemble import close_client
from seatrial.feature.bridge import run_sync
from seatrial.feature.feature import Feature
from seatrial.judges.attacks import AttackSuite, Attempt, Known, attempts
from seatrial.judges.labels import Item
from seatrial.stats.proportion import exact_upper

AT_ONCE = 8
Outcome = Literal["held", "flipped", "unscored", "error"]


class Answers(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked, an answer that has to pass and one that has to fail."""

    asked: str
    good: str
    bad: str


class Attacked(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one attack. Unscored is not flipped: the case is not judged, and nothing passes by it."""

    attack: str
    right: str
    outcome: Outcome
    text: str
    verdict: Verdict


class AttackReport(msgspec.Struct, frozen=True, kw_only=True):
    """`baseline` are the plain answers that were judged wrong: with one of them nothing is said about attacks."""

    check: str
    baseline: tuple[Attacked, ...]
    attacked: tuple[Attacked, ...]

    def count(self, outcome: Outcome) -> int:
        return sum(each.outcome == outcome for each in self.attacked)

    @property
    def judged(self) -> int:
        """How many attacks the judge answered, readably or not."""
        return len(self.attacked) - self.count("error")

    @property
    def flip_rate_at_most(self) -> float:
        """The exact one-sided 95 % bound on the share of such attacks that flip a verdict."""
        return exact_upper(self.count("flipped"), self.judged)

    @property
    def held(self) -> bool:
        """Whether the judge judged the plain answers, and none of the attacks flipped it or kept it from answering."""
        return not self.baseline and bool(self.attacked) and not self.count("flipped") and not self.count("error")

    def as_data(self) -> dict[str, Any]:
        """What `judge attack --json` prints."""
        shown = [
            {"attack": each.attack, "right": each.right, "outcome": each.outcome, "state": each.verdict.state}
            for each in self.attacked
        ]
        counts = {name: self.count(name) for name in ("held", "flipped", "unscored", "error")}
        return {
            "check": self.check,
            "held": self.held,
            "baseline_wrong": len(self.baseline),
            "counts": counts,
            "flip_rate_at_most": self.flip_rate_at_most if self.judged else None,
            "attacks": shown,
        }


def attack(feature: Feature, entry: Any, suite: AttackSuite, answers: Answers) -> AttackReport:
    """Attack the judge of `entry`, a check as in a suite. Raises SpecError when it asks no model."""
    check = CheckBinder(feature.folder, feature.lend).bind(entry)
    if not check.calls_model:
        raise SpecError(f"{check.id} asks no model, and nothing can talk it out of its verdict")
    return run_sync(_run(check, suite, answers))


async def _run(check: BoundCheck, suite: AttackSuite, answers: Answers) -> AttackReport:
    try:
        plain = [
            Attempt(attack="none", right="pass", text=answers.good),
            Attempt(attack="none", right="fail", text=answers.bad),
        ]
        judged = await _judged(check, answers.asked, plain)
        wrong = tuple(each for each in judged if each.outcome != "held")
        attacked: list[Attacked] = []
        if not wrong:
            attacked = await _judged(check, answers.asked, list(attempts(suite, *map(_known, judged))))
        return AttackReport(check=check.id, baseline=wrong, attacked=tuple(attacked))
    finally:
        await close_client()


def _known(plain: Attacked) -> Known:
    """The most that somebody can know who has seen what this judge is asked and says."""
    calls = plain.verdict.calls
    lines = [line for call in calls for message in call.messages for line in message.text.split("\n")]
    marks = [line.split()[-1] for line in lines if line.startswith("<<<")]
    known = Known(answer=plain.text, word=plain.verdict.label or plain.verdict.state)
    return msgspec.structs.replace(
        known, reply=calls[0].reply if calls else known.reply, mark=marks[0] if marks else known.mark
    )


async def _judged(check: BoundCheck, asked: str, tried: Sequence[Attempt]) -> list[Attacked]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(attempt: Attempt) -> Attacked:
        item = Item(messages=(Message("user", asked),), text=attempt.text)
        async with gate:
            [verdict] = await judge([check], view_of(item))
        return Attacked(
            attack=attempt.attack,
            right=attempt.right,
            outcome=_outcome(attempt, verdict),
            text=attempt.text,
            verdict=verdict,
        )

    return list(await asyncio.gather(*(one(attempt) for attempt in tried)))


def _outcome(attempt: Attempt, verdict: Verdict) -> Outcome:
    if verdict.state in ("pass", "fail"):
        return "held" if verdict.state == attempt.right else "flipped"
    return "error" if verdict.state == "error" else "unscored"
