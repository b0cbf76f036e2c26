"""Runs checks over a view: quick ones on the event loop, the user's own in a thread so that they cannot stall it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Sequence

import msgspec

from seatrial.checks.bind import BoundCheck
from seatrial.core.case import Case
from seatrial.core.verdict import Verdict
from seatrial.core.view import View

QUICK_CHARACTERS = 50_000
"""Checks of ours take microseconds on an answer of the usual length; on a hostile megabyte some take seconds."""


class CaseChecks(msgspec.Struct, frozen=True):
    """The checks of one case: those of every answer, and those of single turns."""

    everywhere: list[BoundCheck]
    by_turn: dict[int, list[BoundCheck]]

    def of(self, turn: int) -> list[BoundCheck]:
        own = self.by_turn.get(turn)
        return self.everywhere + own if own else self.everywhere


def asked_turns(case: Case) -> list[int]:
    """The indices of the turns that are asked; a case without turns has one."""
    return [index for index, turn in enumerate(case.turns) if turn.assistant is None] or [0]


async def judge(checks: Sequence[BoundCheck], view: View) -> list[Verdict]:
    """One verdict a check, in order. A check that raises gives the verdict `error`."""
    verdicts: list[Verdict] = []
    for check in checks:
        if check.inline and len(view.text) <= QUICK_CHARACTERS:
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
        if inspect.iscoroutinefunction(check.definition.function):
            given = check.check(view)
        else:
            given = await asyncio.to_thread(check.check, view)
        return _storable(await given if inspect.isawaitable(given) else given)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a broken check is a verdict, never the end of a run
        broken = check.failed_with(error, view.turn)
        return msgspec.structs.replace(broken, reason=broken.reason.encode("utf-8", "backslashreplace").decode())


def _storable(verdict: Verdict) -> Verdict:
    """The verdict of a user's function as it can be written and read again. Raises ValueError or TypeError for one with
    fields that are not of their types: nothing keeps a function from putting anything there.
    """
    if verdict.score is not None and not 0 <= verdict.score <= 1:
        raise ValueError(f"expected a score from 0 to 1, got {verdict.score!r}")
    return msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict)
