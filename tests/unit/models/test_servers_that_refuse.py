"""Limits and retry together: many callers of servers that often say 429 all get an answer, and none is run over."""

import asyncio
from typing import Any

import pytest

from seatrial.core.conversation import ModelRequest
from seatrial.core.events import TextDelta
from seatrial.core.shapes import Model
from seatrial.models.limits import Gate, Limited
from seatrial.models.retry import Retry


async def ask_100_times(stage: Any, server: Model) -> None:
    """16 at once, as an eval does; each is to be answered."""
    cases = iter(range(100))
    model = Retry(Limited(server, Gate(clock=stage.clock)), clock=stage.clock)

    async def work() -> None:
        for _ in cases:
            assert (await stage.drain(model))[-1].attempt.error is None

    async with asyncio.TaskGroup() as workers:
        for _ in range(16):
            workers.create_task(work())


class Crowded:
    """Answers `capacity` calls at once, each in a second, and refuses more with 429."""

    def __init__(self, stage: Any, capacity: int, retry_after: float | None) -> None:
        self.stage, self.capacity, self.retry_after = stage, capacity, retry_after
        self.busy = self.refused = 0

    async def stream(self, request: ModelRequest) -> Any:
        await asyncio.sleep(0.05)
        if self.busy >= self.capacity:
            self.refused += 1
            yield self.stage.ended(self.stage.fault("rate_limit", retry_after=self.retry_after))
            return
        self.busy += 1
        try:
            await asyncio.sleep(1)
        finally:
            self.busy -= 1
        yield TextDelta("hi")
        yield self.stage.ended()


class Metered:
    """Answers so many calls in each period of so many seconds, and refuses more with 429."""

    def __init__(self, stage: Any, most: int, period: float, *, tells: bool) -> None:
        self.stage, self.most, self.period, self.tells = stage, most, period, tells
        self.answered: dict[float, int] = {}
        self.refused = 0

    async def stream(self, request: ModelRequest) -> Any:
        await asyncio.sleep(0.05)
        period = self.stage.clock() // self.period
        if self.answered.get(period, 0) >= self.most:
            self.refused += 1
            after = (period + 1) * self.period - self.stage.clock() if self.tells else None
            yield self.stage.ended(self.stage.fault("rate_limit", retry_after=after))
            return
        self.answered[period] = self.answered.get(period, 0) + 1
        yield TextDelta("hi")
        yield self.stage.ended()


@pytest.mark.parametrize("capacity", [1, 3, 10])
@pytest.mark.parametrize("retry_after", [None, 0.0, 1.0])
def test_many_callers_of_a_server_that_often_says_429_all_get_an_answer(
    stage: Any, capacity: int, retry_after: float | None
) -> None:
    async def main() -> None:
        server = Crowded(stage, capacity, retry_after)
        await ask_100_times(stage, server)
        assert server.refused < 60
        assert stage.clock() < 3 * 100 / capacity + 60

    stage.run(main())


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize(("most", "period"), [(2, 1.0), (10, 1.0), (10, 20.0)])
def test_and_so_do_those_of_a_server_that_counts_by_time(stage: Any, most: int, period: float, tells: bool) -> None:
    async def main() -> None:
        server = Metered(stage, most, period, tells=tells)
        await ask_100_times(stage, server)
        assert server.refused < 200
        assert stage.clock() < 2 * period * 100 / most + 30

    stage.run(main())
