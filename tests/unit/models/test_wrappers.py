"""Retry and price: each wraps a model and is one."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import ErrorInfo
from seatrial.core.events import AttemptEnded, Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import Attempt, Usage
from seatrial.cost.price import Price
from seatrial.models.wrappers import LONGEST_WAIT, Priced, Retry

DOWN = ErrorInfo(kind="server", message="down", retryable=True)
FATAL = ErrorInfo(kind="auth", message="no key")


def ended(error: ErrorInfo | None = None, usage: Usage | None = None) -> AttemptEnded:
    finish = "stop" if error is None else "error"
    return AttemptEnded(Attempt(model="m", use="x/m", finish=finish, error=error, usage=usage))


class Plays:
    """A model that gives one list of events after the other, the last for ever."""

    def __init__(self, *attempts: list[Event]) -> None:
        self.attempts = list(attempts)
        self.closed = 0

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        events = self.attempts.pop(0) if len(self.attempts) > 1 else self.attempts[0]
        try:
            for event in events:
                yield event
        finally:
            self.closed += 1


def retried(model: Plays, retries: int) -> tuple[list[Event], list[float]]:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    async def drain() -> list[Event]:
        return [event async for event in Retry(model, retries, sleep=sleep).stream(ModelRequest(()))]

    return asyncio.run(drain()), waits


def test_a_retryable_error_is_asked_again_and_each_try_is_told() -> None:
    answer: list[Event] = [TextDelta("hi"), ended()]
    events, waits = retried(Plays([ended(DOWN)], [ended(DOWN)], answer), 5)
    assert events == [ended(DOWN), ended(DOWN), *answer]
    assert len(waits) == 2
    assert 0.25 <= waits[0] <= 0.5
    assert 0.5 <= waits[1] <= 1.0


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_are_bounded(retries: int) -> None:
    model = Plays([ended(DOWN)])
    events, waits = retried(model, retries)
    assert events == [ended(DOWN)] * (retries + 1)
    assert len(waits) == retries
    assert model.closed == retries + 1


def test_waits_grow_and_stay_bounded() -> None:
    waits = retried(Plays([ended(DOWN)]), 10)[1]
    assert max(waits) <= LONGEST_WAIT
    assert waits[0] < waits[3] < waits[5]


def test_what_is_not_retryable_is_not_asked_again() -> None:
    assert retried(Plays([ended(FATAL)]), 3) == ([ended(FATAL)], [])
    assert retried(Plays([ended()]), 3) == ([ended()], [])


@pytest.mark.parametrize("event", [TextDelta("a"), ReasoningDelta("r"), ToolCallDelta(0, "i", "f", "")])
def test_nothing_is_retried_after_something_was_passed_on(event: Event) -> None:
    events, waits = retried(Plays([event, ended(DOWN)]), 3)
    assert (events, waits) == ([event, ended(DOWN)], [])


@pytest.mark.parametrize("seconds", [0.0, 3.5, LONGEST_WAIT])
def test_retry_after_is_what_is_waited(seconds: float) -> None:
    told = ErrorInfo(kind="rate_limit", message="slow", retryable=True, retry_after=seconds)
    assert retried(Plays([ended(told)], [ended()]), 3)[1] == [seconds]


def test_a_retry_after_beyond_all_patience_is_not_waited_for() -> None:
    told = ErrorInfo(kind="rate_limit", message="slow", retryable=True, retry_after=LONGEST_WAIT + 1)
    assert retried(Plays([ended(told)]), 3) == ([ended(told)], [])


def test_a_caller_who_leaves_closes_the_model() -> None:
    model = Plays([TextDelta("a"), ended()])

    async def leave() -> None:
        for wrapped in (Retry(model, 2), Priced(model, lambda usage: 1)):
            events = wrapped.stream(ModelRequest(()))
            await anext(events)
            await events.aclose()

    asyncio.run(leave())
    assert model.closed == 2


def test_every_attempt_has_its_price_and_unknown_usage_has_none() -> None:
    model = Plays([TextDelta("a"), ended(DOWN, Usage(1000, 10)), ended(None, Usage(2000, 0)), ended()])

    async def drain() -> list[int | None]:
        events = Priced(model, Price(0.15, 0.60).cost_nusd).stream(ModelRequest(()))
        return [event.attempt.cost_nusd async for event in events if isinstance(event, AttemptEnded)]

    assert asyncio.run(drain()) == [156_000, 300_000, None]
