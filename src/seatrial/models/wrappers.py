"""The price of what was used; wraps a Model and is a Model."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import msgspec

from seatrial.core.conversation import ModelRequest
from seatrial.core.events import AttemptEnded, Event
from seatrial.core.exchange import Attempt
from seatrial.core.shapes import Model


class Priced:
    """Puts the cost on every attempt; `price` gives what one cost in nano-dollars, None when that is unknown."""

    def __init__(self, model: Model, price: Callable[[Attempt], int | None]) -> None:
        self._model = model
        self._price = price

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        async with aclosing(self._model.stream(request)) as events:
            async for event in events:
                if isinstance(event, AttemptEnded):
                    cost = self._price(event.attempt)
                    yield AttemptEnded(msgspec.structs.replace(event.attempt, cost_nusd=cost))
                else:
                    yield event
