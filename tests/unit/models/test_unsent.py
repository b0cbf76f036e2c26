"""Whoever is cancelled before their call was made is told so, whatever they waited for."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from seatrial.core.events import TextDelta
from seatrial.core.shapes import Model
from seatrial.models.hedge import Hedge
from seatrial.models.limits import Gate, Limited
from seatrial.models.retry import Retry
from seatrial.models.unsent import was_unsent


def gate(stage: Any, **limits: int) -> Gate:
    return Gate(clock=stage.clock, **limits)


def hedge(model: Model, stage: Any, **limits: int) -> Hedge:
    return Hedge(Limited(model, gate(stage, **limits)), "m", "x/m", after=0.5, clock=stage.clock)


async def cancelled(stage: Any, make: Callable[[], Model], before: int, after: float) -> bool:
    """Whether a caller who comes behind so many others, and goes away so many seconds later, had nothing sent."""
    model = make()
    others = [asyncio.create_task(stage.drain(model)) for _ in range(before)]
    await asyncio.sleep(0)
    task = asyncio.create_task(stage.drain(model))
    await asyncio.sleep(after)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    for other in others:
        other.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    return was_unsent(caught.value)


@pytest.mark.parametrize(
    ("make", "before", "after", "unsent"),
    [
        (lambda model, stage: Limited(model, gate(stage, concurrency=1)), 0, 1.0, False),
        (lambda model, stage: Limited(model, gate(stage, concurrency=1)), 1, 1.0, True),
        (lambda model, stage: Limited(model, gate(stage, requests_per_minute=1)), 1, 1.0, True),
        (lambda model, stage: hedge(model, stage), 0, 0.1, False),
        (lambda model, stage: hedge(model, stage), 0, 1.0, False),
        (lambda model, stage: hedge(model, stage, concurrency=1), 1, 1.0, True),
        (lambda model, stage: Retry(hedge(model, stage, concurrency=1), clock=stage.clock), 1, 1.0, True),
        (lambda model, stage: model, 0, 1.0, False),
    ],
)
def test_who_waits_in_line_has_sent_nothing(stage: Any, make: Any, before: int, after: float, unsent: bool) -> None:
    model = stage.Acts([9.0, TextDelta("a"), stage.ended()])
    assert stage.run(cancelled(stage, lambda: make(model, stage), before, after)) == unsent


@pytest.mark.parametrize(("after", "unsent"), [(0.5, False), (2.0, True), (12.0, False)])
def test_who_waits_to_try_again_has_nothing_under_way(stage: Any, after: float, unsent: bool) -> None:
    """A second until the refusal, ten until the next call."""
    refused = stage.fault("rate_limit", retry_after=10.0)
    model = stage.Acts([1.0, stage.ended(refused)], [9.0, stage.ended()])
    assert stage.run(cancelled(stage, lambda: Retry(model, clock=stage.clock), 0, after)) == unsent


@pytest.mark.parametrize("after", [0.2, 1.0])
def test_one_of_two_requests_that_is_under_way_was_sent(stage: Any, after: float) -> None:
    """The first, and when that was refused the second."""
    model = stage.Acts([0.7, stage.ended(stage.fault("server"))], [9.0, stage.ended()])
    assert not stage.run(cancelled(stage, lambda: hedge(model, stage), 0, after))


def test_a_time_limit_is_a_time_limit(stage: Any) -> None:
    async def main() -> None:
        model = Limited(stage.Acts([9.0, stage.ended()]), gate(stage, concurrency=1))
        first = asyncio.create_task(stage.drain(model))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await stage.drain(model)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)

    stage.run(main())
