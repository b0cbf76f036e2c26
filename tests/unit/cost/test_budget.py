"""A budget: what is spent stays within it but for prompts that had more tokens than estimated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.errors import BugError, ErrorInfo, OutsideError
from seatrial.core.events import AttemptEnded, Event, TextDelta
from seatrial.core.exchange import Attempt, Usage
from seatrial.cost.budget import REFUSED, Budget, Budgeted, Standing
from seatrial.cost.estimate import estimate_tokens
from seatrial.cost.price import price_of

ASK = ModelRequest((Message("user", "hi"),))
ESTIMATE = estimate_tokens(ASK)
MOST_OUT = 50


class Call(msgspec.Struct, frozen=True):
    """How one call goes: after `steps` turns of the loop with this usage or error; one that is `left` says more
    than its caller stays for.
    """

    steps: int = 0
    usage: Usage | None = Usage(10, 10)
    error: ErrorInfo | None = None
    left: bool = False


class Plays:
    """A model that plays one Call after the other, and knows what the ledger said when each began."""

    def __init__(self, calls: list[Call], price: Any, budget: Budget) -> None:
        self.calls = list(calls)
        self.price = price
        self.budget = budget
        self.started: list[tuple[int, int]] = []

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        self.started.append((self.budget.spent_nusd, self.budget.reserved_nusd))
        call = self.calls.pop(0) if self.calls else Call()
        for _ in range(call.steps):
            await asyncio.sleep(0)
        if call.error is None:
            yield TextDelta("hello")
        if call.left:
            yield TextDelta("to nobody")
        cost = None if call.usage is None else self.price.cost_nusd(call.usage)
        finish = "stop" if call.error is None else "error"
        yield AttemptEnded(
            Attempt(model="m", use="x/m", finish=finish, usage=call.usage, cost_nusd=cost, error=call.error)
        )


def budgeted(calls: list[Call], limit_nusd: int, *, rates: tuple[float, float] = (1, 2)) -> tuple[Budgeted, Plays]:
    price, budget = price_of(*rates), Budget(limit_nusd)
    plays = Plays(calls, price, budget)

    def most(tokens: int) -> int:
        most_nusd = price.most_nusd(tokens, MOST_OUT)
        assert most_nusd is not None
        return most_nusd

    return Budgeted(plays, budget, most, name="m", use="x/m"), plays


async def drain(model: Budgeted, *, leave: bool = False) -> Attempt | None:
    """The last attempt; None for a caller who goes away after the first text."""
    last = None
    events = model.stream(ASK)
    async for event in events:
        if isinstance(event, AttemptEnded):
            last = event.attempt
        elif leave:
            await events.aclose()
            return None
    return last


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


MOST = ESTIMATE * 1_000 + MOST_OUT * 2_000


def test_a_call_is_reserved_for_before_and_settled_after() -> None:
    model, plays = budgeted([Call()], MOST)
    attempt = run(drain(model))
    assert attempt.error is None
    assert plays.started == [(0, MOST)]
    assert (plays.budget.spent_nusd, plays.budget.reserved_nusd) == (30_000, 0)
    assert plays.budget.left_nusd == MOST - 30_000


def test_a_call_that_could_exceed_the_budget_is_not_made() -> None:
    model, plays = budgeted([Call()], MOST - 1)
    attempt = run(drain(model))
    assert (plays.started, attempt.finish, attempt.error.kind) == ([], "error", REFUSED)
    assert not any((attempt.error.retryable, attempt.error.switchable, attempt.error.billable))
    assert "x/m" in attempt.error.message
    assert attempt.error.hint
    assert plays.budget.exhausted
    assert plays.budget.spent_nusd == 0


def test_what_costs_nothing_is_always_made() -> None:
    model, plays = budgeted([Call()], 1, rates=(0, 0))
    plays.budget.spent_nusd = 5
    assert run(drain(model)).error is None


def test_a_call_waits_for_those_under_way_when_they_may_leave_enough() -> None:
    async def both() -> list[Attempt | None]:
        return list(await asyncio.gather(drain(model), drain(model)))

    model, plays = budgeted([Call(steps=5), Call()], MOST + 30_000)
    attempts = run(both())
    assert [attempt.error for attempt in attempts] == [None, None]
    assert plays.started == [(0, MOST), (30_000, 30_000 + MOST - 30_000)]
    assert not plays.budget.exhausted


def test_a_call_that_still_does_not_fit_then_is_refused() -> None:
    async def both() -> list[Attempt | None]:
        return list(await asyncio.gather(drain(model), drain(model)))

    model, plays = budgeted([Call(steps=5), Call()], MOST)
    first, second = run(both())
    assert (first.error, second.error.kind) == (None, REFUSED)
    assert len(plays.started) == 1


def test_one_who_waits_and_goes_away_holds_nothing() -> None:
    async def leave() -> Attempt | None:
        first = asyncio.create_task(drain(model))
        await asyncio.sleep(0)
        second = asyncio.create_task(drain(model))
        await asyncio.sleep(0)
        second.cancel()
        return await first

    model, plays = budgeted([Call(steps=5), Call()], MOST)
    assert run(leave()).error is None
    assert (plays.budget.reserved_nusd, len(plays.started)) == (0, 1)


@pytest.mark.parametrize(
    ("call", "spent"),
    [
        (Call(usage=None), MOST),
        (Call(usage=None, error=ErrorInfo(kind="cut", message="cut", billable=True)), MOST),
        (Call(usage=None, error=ErrorInfo(kind="rate_limit", message="slow", retryable=True)), 0),
        (Call(usage=Usage(5, 0), error=ErrorInfo(kind="cut", message="cut", billable=True)), 5_000),
        (Call(left=True), MOST),
    ],
)
def test_where_the_cost_is_not_known_the_reservation_is_kept_as_spent(call: Call, spent: int) -> None:
    model, plays = budgeted([call], MOST)
    run(drain(model, leave=call.left))
    assert (plays.budget.spent_nusd, plays.budget.reserved_nusd) == (spent, 0)
    assert plays.budget.kept_nusd == (MOST if spent == MOST else 0)


def test_every_try_of_a_model_that_tries_again_by_itself_counts() -> None:
    class Twice:
        async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
            for _ in range(2):
                async for event in plays.stream(request):
                    yield event

    _, plays = budgeted([Call(), Call()], 10 * MOST)
    twice = Budgeted(Twice(), plays.budget, lambda tokens: MOST, name="m", use="x/m")
    run(drain(twice))
    assert plays.budget.spent_nusd == 60_000
    plays.calls = [Call(usage=None), Call()]
    run(drain(twice))
    assert plays.budget.spent_nusd == 60_000 + MOST + 30_000


def test_estimates_are_held_against_what_the_provider_counts() -> None:
    model, plays = budgeted([Call(usage=Usage(ESTIMATE - 20, 5)), Call(usage=Usage(ESTIMATE + 7, MOST_OUT))], 10 * MOST)
    run(drain(model))
    run(drain(model))
    found = plays.budget.estimates
    assert (found.estimated_tokens, found.actual_tokens) == (2 * ESTIMATE, 2 * ESTIMATE - 13)
    assert (found.largest_overshoot_tokens, found.largest_overshoot_nusd) == (7, 7_000)


def test_the_standing_is_told_before_a_call_and_after_it() -> None:
    told: list[Standing] = []
    model, plays = budgeted([Call()], MOST)
    plays.budget.note = told.append
    run(drain(model))
    assert told == [Standing(0, MOST), Standing(30_000, 0)]


def test_a_call_whose_reservation_cannot_be_told_is_not_made() -> None:
    def full(standing: Standing) -> None:
        raise OutsideError("the disk is full")

    model, plays = budgeted([Call()], MOST)
    plays.budget.note = full
    with pytest.raises(OutsideError):
        run(drain(model))
    assert (plays.started, plays.budget.reserved_nusd) == ([], 0)


def test_a_reservation_is_settled_once() -> None:
    budget = Budget(100)
    held = budget.reserve(60)
    assert held is not None
    assert budget.reserve(41) is None
    budget.settle(held, 10)
    with pytest.raises(BugError):
        budget.settle(held, 10)


ERRORS = st.builds(
    ErrorInfo, kind=st.just("server"), message=st.just("down"), retryable=st.booleans(), billable=st.booleans()
)
USAGES = st.builds(Usage, st.integers(1, 2 * ESTIMATE), st.integers(0, MOST_OUT))
CALLS = st.builds(Call, st.integers(0, 4), st.none() | USAGES, st.none() | st.none() | ERRORS)
GOES_AWAY = st.sampled_from([False] * 5 + [True])


@given(
    calls=st.lists(CALLS, max_size=40),
    asks=st.lists(GOES_AWAY, min_size=1, max_size=40),
    limit=st.integers(0, 12 * MOST),
    at_once=st.integers(1, 8),
    retries=st.integers(0, 2),
)
def test_nothing_starts_that_could_exceed_and_only_estimates_overshoot(
    calls: list[Call], asks: list[bool], limit: int, at_once: int, retries: int
) -> None:
    model, plays = budgeted(calls, limit)
    ahead = list(asks)

    async def caller() -> None:
        while ahead and not plays.budget.exhausted:
            goes_away = ahead.pop()
            for _ in range(retries + 1):
                attempt = await drain(model, leave=goes_away)
                if attempt is None or attempt.error is None or not attempt.error.retryable:
                    break

    async def all_callers() -> None:
        async with asyncio.TaskGroup() as callers:
            for _ in range(at_once):
                callers.create_task(caller())

    run(all_callers())
    assert all(spent + reserved <= limit for spent, reserved in plays.started)
    usages = [call.usage for call in calls[: len(plays.started)] if call.usage is not None]
    beyond = sum(max(0, usage.input_total - ESTIMATE) for usage in usages)
    assert plays.budget.spent_nusd <= limit + beyond * 1_000
    assert plays.budget.reserved_nusd == 0
    assert plays.budget.exhausted or not ahead
