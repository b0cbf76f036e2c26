"""A limit on what may be spent, held before each call: `Budgeted` wraps a Model and is a Model, `Budget` is the ledger.

Before a call the most that it can cost is reserved, and after it what it did cost takes that place. So what is spent
stays within the limit but for what a call cost beyond its reservation, which happens only when its prompt had more
tokens than estimated.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import msgspec

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import BugError, ErrorInfo
from seatrial.core.events import AttemptEnded, Event
from seatrial.core.exchange import Attempt
from seatrial.core.shapes import Model
from seatrial.cost.estimate import estimate_tokens

REFUSED = "budget"
"""The kind of error of a call that was not made because it could have cost more than is left."""


class Standing(msgspec.Struct, frozen=True):
    """What a budget's ledger says at one moment, in nano-dollars."""

    spent_nusd: int
    reserved_nusd: int


class Reservation:
    """Money set aside for one call, until it is settled."""

    __slots__ = ("nusd", "settled")

    def __init__(self, nusd: int) -> None:
        self.nusd = nusd
        self.settled = False


class Estimates(msgspec.Struct):
    """How the estimates of prompts compared with what the provider counted, over the calls that said it. The overshoot
    is what one call cost beyond what was reserved for it.
    """

    estimated_tokens: int = 0
    actual_tokens: int = 0
    largest_overshoot_tokens: int = 0
    largest_overshoot_nusd: int = 0

    def take(self, estimated: int, actual: int, overshoot_nusd: int) -> None:
        self.estimated_tokens += estimated
        self.actual_tokens += actual
        self.largest_overshoot_tokens = max(self.largest_overshoot_tokens, actual - estimated)
        self.largest_overshoot_nusd = max(self.largest_overshoot_nusd, overshoot_nusd)


class Budget:
    """The ledger of one event loop, in nano-dollars. `note` is told the standing at every change, so that it outlives
    the process; where it raises, the call that was to be reserved for is not made.
    """

    def __init__(
        self, limit_nusd: int, *, spent_nusd: int = 0, note: Callable[[Standing], None] = lambda standing: None
    ) -> None:
        self.limit_nusd = limit_nusd
        self.spent_nusd = spent_nusd
        self.reserved_nusd = 0
        self.kept_nusd = 0
        self.refused_nusd: int | None = None
        self.estimates = Estimates()
        self.note = note
        self._under_way = 0
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def left_nusd(self) -> int:
        """What is neither spent nor reserved; below 0 when calls cost more than was reserved for them."""
        return self.limit_nusd - self.spent_nusd - self.reserved_nusd

    @property
    def exhausted(self) -> bool:
        """Whether a call was refused; `refused_nusd` is what the cheapest of those could have cost."""
        return self.refused_nusd is not None

    def reserve(self, nusd: int) -> Reservation | None:
        """Set aside what a call can cost; None when that is more than what is left. What costs nothing always fits."""
        if nusd > 0 and nusd > self.left_nusd:
            return None
        self.note(Standing(self.spent_nusd, self.reserved_nusd + nusd))
        self.reserved_nusd += nusd
        self._under_way += 1
        return Reservation(nusd)

    async def reserve_in_turn(self, nusd: int) -> Reservation | None:
        """The same, but where calls under way may yet leave enough, wait for them. None says that the budget is used up
        for a call like this.
        """
        while (held := self.reserve(nusd)) is None:
            if not self._under_way:
                self.refused_nusd = nusd if self.refused_nusd is None else min(nusd, self.refused_nusd)
                return None
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.append(waiting)
            await waiting
        return held

    def settle(self, held: Reservation, actual_nusd: int | None) -> None:
        """Put what a call did cost in the place of its reservation; of a call whose cost is not known the reservation
        is kept as spent.
        """
        if held.settled:
            raise BugError("a reservation is settled twice")
        held.settled = True
        if actual_nusd is None:
            self.kept_nusd += held.nusd
        self.spent_nusd += held.nusd if actual_nusd is None else actual_nusd
        self.reserved_nusd -= held.nusd
        self._under_way -= 1
        self._wake()
        self.note(Standing(self.spent_nusd, self.reserved_nusd))

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)


class Budgeted:
    """Starts no call that could cost more than the budget has left. `most_nusd` gives what a call with so many prompt
    tokens can cost; `name` and `use` name the model on an attempt that was not made. It belongs directly around what
    makes one call, inside retries, so that each call is reserved for.
    """

    def __init__(
        self,
        model: Model,
        budget: Budget,
        most_nusd: Callable[[int], int],
        *,
        name: str,
        use: str,
    ) -> None:
        self._model = model
        self._budget = budget
        self._most_nusd = most_nusd
        self._name = name
        self._use = use

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        tokens = estimate_tokens(request)
        held = await self._budget.reserve_in_turn(self._most_nusd(tokens))
        if held is None:
            yield AttemptEnded(self._refused(request))
            return
        costs: list[int | None] = []
        try:
            async with aclosing(self._model.stream(request)) as events:
                async for event in events:
                    if isinstance(event, AttemptEnded):
                        costs.append(_cost(event.attempt))
                        self._compare(tokens, held, event.attempt)
                    yield event
        finally:
            self._budget.settle(held, _sum(costs, held.nusd))

    def _refused(self, request: ModelRequest) -> Attempt:
        error = ErrorInfo(
            kind=REFUSED,
            message=f"{self._use}: not asked, since it could have cost more than is left of the budget",
            hint="raise the budget, or lower max_tokens",
        )
        return Attempt(model=self._name, use=self._use, params=request.params, finish="error", error=error)

    def _compare(self, tokens: int, held: Reservation, attempt: Attempt) -> None:
        if attempt.usage is not None and attempt.usage.input_total:
            beyond = 0 if attempt.cost_nusd is None else attempt.cost_nusd - held.nusd
            self._budget.estimates.take(tokens, attempt.usage.input_total, beyond)


def _cost(attempt: Attempt) -> int | None:
    """What an attempt cost; one that failed before anything was to be paid cost nothing."""
    if attempt.cost_nusd is None and attempt.error is not None and not attempt.error.billable:
        return 0
    return attempt.cost_nusd


def _sum(costs: list[int | None], reserved_nusd: int) -> int | None:
    """What the attempts of one call cost together, None when that is not known. A model that tries again by itself has
    several; of those whose cost is not known each counts as what was reserved for one.
    """
    if len(costs) <= 1:
        return costs[0] if costs else None
    return sum(reserved_nusd if cost is None else cost for cost in costs)
