"""Runs checks over a view: quick ones on the event loop, the user's own in a thread so that they cannot stall it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence

import msgspec

from seatrial.checks.bind import BoundCheck
from seatrial.core.case import Case
from seatrial.core.exchange import UNANSWERED
from seatrial.core.verdict import Verdict
from seatrial.core.view import View
from seatrial.store.records import Result


class CaseChecks(msgspec.Struct, frozen=True):
    """The checks of one case: those of every answer, and those of single turns."""

    everywhere: list[BoundCheck]
    by_turn: dict[int, list[BoundCheck]]

    def of(self, turn: int) -> list[BoundCheck]:
        own = self.by_turn.get(turn)
        return self.everywhere + own if own else self.everywhere

    def expected(self, result: Result, case: Case) -> list[tuple[str, str, int]]:
        """Check, version and turn of every verdict these checks would give on the answers of `result`."""
        return [
            (check.id, check.version, turn)
            for turn, exchange in zip(asked_turns(case), result.exchanges, strict=False)
            if exchange.finish not in UNANSWERED
            for check in self.of(turn)
        ]


def asked_turns(case: Case) -> list[int]:
    """The indices of the turns that are asked; a case without turns has one."""
    return [index for index, turn in enumerate(case.turns) if turn.assistant is None] or [0]


def judged_by(result: Result) -> list[tuple[str, str, int]]:
    return [(verdict.check, verdict.version, verdict.turn) for verdict in result.verdicts]


async def judge(checks: Sequence[BoundCheck], view: View) -> list[Verdict]:
    """One verdict a check, in order. A check that raises gives the verdict `error`."""
    verdicts: list[Verdict] = []
    for check in checks:
        if check.inline:
            verdicts.append(judge_inline(check, view))
        else:
            verdicts.append(await _judge_apart(check, view))
    return verdicts


def judge_inline(check: BoundCheck, view: View) -> Verdict:
    """A verdict of a check that is quick and synchronous."""
    try:
        verdict = check.check(view)
    except Exception as error:  # noqa: BLE001 - a broken check is a verdict, never the end of a run
        return check.failed_with(error, view.turn)
    assert isinstance(verdict, Verdict), f"{check.id} is inline and must not be asynchronous"
    return verdict


async def _judge_apart(check: BoundCheck, view: View) -> Verdict:
    try:
        verdict = await asyncio.to_thread(check.check, view)
        return await verdict if inspect.isawaitable(verdict) else verdict
    except Exception as error:  # noqa: BLE001 - a broken check is a verdict, never the end of a run
        return check.failed_with(error, view.turn)
