"""The price around a model."""

import asyncio
from typing import Any

from seatrial.core.conversation import ModelRequest
from seatrial.core.events import AttemptEnded, TextDelta
from seatrial.core.exchange import Attempt, Usage
from seatrial.cost.price import price_of
from seatrial.models.wrappers import Priced


def test_every_attempt_has_its_price_and_unknown_usage_has_none(stage: Any) -> None:
    failed = stage.ended(stage.fault("server"), Usage(1000, 10))
    model = stage.Acts([TextDelta("a"), failed, stage.ended(None, Usage(2000, 0)), stage.ended()])

    price = price_of(0.15, 0.60)

    def cost(attempt: Attempt) -> int | None:
        return None if attempt.usage is None else price.cost_nusd(attempt.usage)

    async def drain() -> list[int | None]:
        events = await stage.drain(Priced(model, cost))
        return [event.attempt.cost_nusd for event in events if isinstance(event, AttemptEnded)]

    assert stage.run(drain()) == [156_000, 300_000, None]


def test_a_caller_who_leaves_closes_the_model(stage: Any) -> None:
    model = stage.Acts([TextDelta("a"), stage.ended()])

    async def leave() -> None:
        events = Priced(model, lambda attempt: 1).stream(ModelRequest(()))
        await anext(events)
        await events.aclose()

    asyncio.run(leave())
    assert model.closed == 1
