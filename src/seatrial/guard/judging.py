"""One guard's judgement of one text: quick checks on the event loop, others in a thread, none longer than allowed."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Awaitable
from time import perf_counter
from typing import Any, NamedTuple

import msgspec

from seatrial.checks.bind import BoundCheck
from seatrial.core.errors import ModelError
from seatrial.core.verdict import Verdict
from seatrial.core.view import View
from seatrial.guard.policy import Guard

QUICK_CHARACTERS = 50_000
"""Checks of ours take microseconds on a text of the usual length; on a hostile megabyte some take seconds."""


class Judged(NamedTuple):
    verdict: Verdict
    latency_ms: float = 0.0

    @property
    def failed(self) -> bool:
        return self.verdict.state == "fail"


class Clock:
    """What is left of a stage's budget, in seconds: it runs while guards are awaited, and not while a model speaks.
    Checks that run on the event loop are never cut off by it, so that what they decide does not depend on how busy the
    machine is.
    """

    def __init__(self, budget: float | None) -> None:
        self._budget = budget
        self._spent = 0.0
        self._since = 0.0
        self._waiting = 0

    def __enter__(self) -> None:
        if self._waiting == 0:
            self._since = perf_counter()
        self._waiting += 1

    def __exit__(self, *_: object) -> None:
        self._waiting -= 1
        if self._waiting == 0:
            self._spent += perf_counter() - self._since

    def left(self, timeout: float | None) -> float | None:
        """The seconds a judgement may take; None without a limit."""
        if self._budget is None:
            return timeout
        running = perf_counter() - self._since if self._waiting else 0.0
        left = max(0.0, self._budget - self._spent - running)
        return left if timeout is None else min(left, timeout)


def is_quick(guard: Guard, text: str) -> bool:
    """Whether it is judged at once, on the event loop."""
    return guard.check.inline and len(text) <= QUICK_CHARACTERS


def judged_now(guard: Guard, view: View) -> Judged:
    """The judgement of a quick guard."""
    since = perf_counter()
    try:
        verdict = guard.check.check(view)
    except Exception as error:  # noqa: BLE001 - a broken check is a verdict, and `on_error` says what comes of it
        return Judged(_broken(guard, view, error), _since(since))
    assert isinstance(verdict, Verdict), f"{guard.check.id} is inline and must not be asynchronous"
    return Judged(_decisive(guard, verdict), _since(since))


async def judged(guard: Guard, view: View, clock: Clock) -> Judged:
    """The judgement of any guard, within its timeout and what is left of the stage's budget."""
    if is_quick(guard, view.text):
        return judged_now(guard, view)
    since = perf_counter()
    seconds = clock.left(guard.timeout)
    try:
        with clock:
            async with asyncio.timeout(seconds) as limit:
                verdict = await _apart(guard, view)
    except TimeoutError as error:
        late = f"no verdict within {(seconds or 0) * 1000:.0f} ms" if limit.expired() else None
        return Judged(_broken(guard, view, error, late), _since(since))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
        return Judged(_broken(guard, view, error), _since(since))
    return Judged(_decisive(guard, verdict), _since(since))


def _contained(guard: Guard, view: View) -> Verdict | Awaitable[Verdict]:
    """What a check does to end the process ends the judgement only."""
    try:
        return guard.check.check(view)
    except SystemExit as error:
        raise RuntimeError("the check would end the process") from error


async def _apart(guard: Guard, view: View) -> Verdict:
    """The user's functions run in threads, so that a slow one stalls nothing."""
    if inspect.iscoroutinefunction(guard.check.definition.function):
        given = guard.check.check(view)
    else:
        thread = asyncio.ensure_future(asyncio.to_thread(_contained, guard, view))
        try:
            given = await asyncio.shield(thread)
        except asyncio.CancelledError:
            thread.add_done_callback(_drop)  # a thread cannot be stopped
            raise
    verdict = await given if inspect.isawaitable(given) else given
    # Nothing keeps a function from putting anything into a verdict: as it can be written, it is what it says.
    return _named(guard, msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict))


_NAME = re.compile(r"\w[\w .:/-]{0,39}")
MOST_DIGITS = 3
"""Digits that a name has at most: more are a number that somebody was not to see."""


def _named(guard: Guard, verdict: Verdict) -> Verdict:
    """The verdict with no label that is not a name: it would be told, and written in the place of what was found. A
    function that is not ours may say in its reason what it found; why it judged nothing is then not told.
    """
    spans = tuple(span if _is_name(span.label) else msgspec.structs.replace(span, label="") for span in verdict.spans)
    label = verdict.label if verdict.label is None or _is_name(verdict.label) else None
    reason = verdict.reason
    if verdict.state in ("unscored", "error") and not is_ours(guard.check):
        reason = f"{guard.check.id} says that it cannot judge"
    return msgspec.structs.replace(verdict, spans=spans, label=label, reason=reason)


def _is_name(label: str) -> bool:
    return not label or (_NAME.fullmatch(label) is not None and sum(map(str.isdigit, label)) <= MOST_DIGITS)


def is_ours(check: BoundCheck) -> bool:
    """Whether no function of the user's takes part in the check."""
    return str(check.definition.function.__module__).startswith("seatrial.") and all(map(is_ours, check.inner))


def _drop(thread: asyncio.Future[Any]) -> None:
    """Of a judgement that came too late: what it raised is nobody's, and what it would still do is not begun."""
    if thread.cancelled():
        return
    if thread.exception() is None and inspect.iscoroutine(thread.result()):
        thread.result().close()


def _decisive(guard: Guard, verdict: Verdict) -> Verdict:
    """A check that asks a model and got nothing it can read has not judged; a deterministic one that finds nothing to
    judge by has nothing against the text.
    """
    if verdict.state == "unscored" and guard.check.calls_model:
        return msgspec.structs.replace(verdict, state="error")
    return verdict


def _broken(guard: Guard, view: View, error: BaseException, late: str | None = None) -> Verdict:
    """What an exception says may repeat the text: only its kind is told. `late` says that it is ours, and why."""
    said = late or type(error).__name__
    if isinstance(error, ModelError):
        said = error.info.kind + (f", HTTP {error.info.status}" if error.info.status else "")
    broken = guard.check.failed_with(error, view.turn)
    return msgspec.structs.replace(broken, on=view.on, reason=f"the check could not judge: {said}")


def _since(since: float) -> float:
    return round((perf_counter() - since) * 1000, 3)
