"""Asks a model again after an error that may pass; wraps a Model and is a Model.

How often and how soon depends on what went wrong: a dropped connection is tried again at once, a rate limit is given
time, a timeout has already taken long. Waits have full jitter: drawn evenly between nothing and a limit that doubles,
so that callers refused together do not come back together. Source: M. Brooker, "Exponential Backoff And Jitter", AWS
Architecture Blog, 2015.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from time import monotonic
from typing import NamedTuple

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import ErrorInfo
from seatrial.core.events import AttemptEnded, Event
from seatrial.core.shapes import Model
from seatrial.models.unsent import unsent

LONGEST_WAIT = 30.0
"""Seconds. A `Retry-After` beyond it is not waited for: the error is returned at once, so that a route can switch."""

LONGEST_TOTAL = 120.0
"""Seconds from the first call after which no retry begins, time spent waiting for the model's limits not counted."""

_SPREAD = 0.1
"""A `Retry-After` is kept, and up to this share of it added: all who were refused were told the same."""

Sleep = Callable[[float], Awaitable[None]]
Clock = Callable[[], float]


class Patience(NamedTuple):
    """How one kind of error is met: `retries` at most, the first within `first` seconds, each later one within twice
    the time of the one before, and within `longest`.
    """

    retries: int
    first: float
    longest: float


PATIENCE: dict[str, Patience] = {
    "connect": Patience(2, 0.5, 5.0),
    "reset": Patience(2, 0.25, 5.0),
    "cut": Patience(2, 0.25, 5.0),
    "server": Patience(2, 0.5, 10.0),
    "timeout": Patience(1, 0.5, 10.0),
    "rate_limit": Patience(10, 1.0, 10.0),
}
"""By `ErrorInfo.kind`. Another kind that may pass is met like `server`."""


def patience(retries: Mapping[str, int]) -> dict[str, Patience]:
    """The usual patience with other numbers of retries for some kinds."""
    return {kind: usual._replace(retries=retries.get(kind, usual.retries)) for kind, usual in PATIENCE.items()}


class Retry:
    """Asks again after a retryable error, as long as nothing of an answer was passed on. Each kind of error has its own
    number of retries, and all together are no more than the largest of them.
    """

    def __init__(
        self,
        model: Model,
        patience: Mapping[str, Patience] = PATIENCE,
        *,
        longest_wait: float = LONGEST_WAIT,
        total: float = LONGEST_TOTAL,
        sleep: Sleep = asyncio.sleep,
        clock: Clock = monotonic,
    ) -> None:
        self._model = model
        self._patience = patience
        self._longest_wait = longest_wait
        self._total = total
        self._sleep = sleep
        self._clock = clock

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        used: dict[str, int] = {}
        deadline = self._clock() + self._total
        while True:
            answered, error = False, None
            async with aclosing(self._model.stream(request)) as events:
                async for event in events:
                    if isinstance(event, AttemptEnded):
                        error = event.attempt.error
                        deadline += event.attempt.queued_ms / 1000
                    else:
                        answered = True
                    yield event
            wait = self._wait(error, used)
            if answered or wait is None or self._clock() + wait > deadline:
                return
            with unsent():
                await self._sleep(wait)

    def _wait(self, error: ErrorInfo | None, used: dict[str, int]) -> float | None:
        """Seconds to wait before the next attempt, which is noted in `used`; None when there is to be none."""
        if error is None or not error.retryable:
            return None
        kind = error.kind if error.kind in self._patience else "server"
        retries, first, longest = self._patience[kind]
        count = used.get(kind, 0)
        if count >= retries or sum(used.values()) >= max(each.retries for each in self._patience.values()):
            return None
        used[kind] = count + 1
        share = random.random()  # noqa: S311 - spreads callers out, protects nothing
        if error.retry_after is not None:
            told = error.retry_after
            return told * (1 + _SPREAD * share) if told <= self._longest_wait else None
        return min(first * 2.0**count, longest) * share
