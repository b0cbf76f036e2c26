"""Models around a model: bounded retry, and the price of what was used. Each wraps a Model and is a Model."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing

import msgspec

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import ErrorInfo
from seatrial.core.events import AttemptEnded, Event
from seatrial.core.exchange import Usage
from seatrial.core.shapes import Model

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
"""Seconds. A `Retry-After` beyond it is not waited for: the error is returned at once, so that a route can switch."""

Sleep = Callable[[float], Awaitable[None]]


class Retry:
    """Asks again after a retryable error, `retries` times at most, as long as nothing of an answer was passed on."""

    def __init__(self, model: Model, retries: int, *, sleep: Sleep = asyncio.sleep) -> None:
        self._model = model
        self._retries = retries
        self._sleep = sleep

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        for count in range(self._retries + 1):
            answered, error = False, None
            async with aclosing(self._model.stream(request)) as events:
                async for event in events:
                    if isinstance(event, AttemptEnded):
                        error = event.attempt.error
                    else:
                        answered = True
                    yield event
            wait = self._wait(error, count)
            if answered or wait is None:
                return
            await self._sleep(wait)

    def _wait(self, error: ErrorInfo | None, count: int) -> float | None:
        """Seconds to wait before the next attempt; None when there is to be none."""
        if error is None or not error.retryable or count == self._retries:
            return None
        if error.retry_after is not None:
            return error.retry_after if error.retry_after <= LONGEST_WAIT else None
        longest = min(FIRST_WAIT * 2.0**count, LONGEST_WAIT)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - spreads callers out, protects nothing


class Priced:
    """Puts the cost on every attempt; `price` gives nano-dollars for a usage."""

    def __init__(self, model: Model, price: Callable[[Usage], int]) -> None:
        self._model = model
        self._price = price

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        async with aclosing(self._model.stream(request)) as events:
            async for event in events:
                if isinstance(event, AttemptEnded) and event.attempt.usage is not None:
                    cost = self._price(event.attempt.usage)
                    yield AttemptEnded(msgspec.structs.replace(event.attempt, cost_nusd=cost))
                else:
                    yield event
