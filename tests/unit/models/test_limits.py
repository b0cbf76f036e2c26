"""Limits: never more at once or in a minute than allowed, in order of arrival, narrower after 429."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.events import AttemptEnded, Event, TextDelta
from seatrial.core.exchange import Attempt, Usage
from seatrial.models.limits import Gate, Limited, Permit
from seatrial.models.pace import BURST_SHARE, LONGEST_PAUSE, MINUTE, Bucket

SMALL = 1e-6
OK = Attempt(model="m", use="x/m", finish="stop")


def refused(stage: Any, **more: Any) -> Attempt:
    return Attempt(model="m", use="x/m", finish="error", error=stage.fault("rate_limit", **more))


def most_in_a_minute(starts: list[float]) -> int:
    return max(sum(1 for other in starts if start <= other < start + MINUTE - SMALL) for start in starts)


async def permits(gate: Gate, count: int) -> list[Permit]:
    return [await gate.enter() for _ in range(count)]


# at once


@given(
    ceiling=st.integers(1, 4),
    callers=st.lists(
        st.tuples(st.floats(0, 5), st.floats(0, 3), st.sampled_from(["ok", "429", "500"]), st.none() | st.floats(0, 4)),
        min_size=1,
        max_size=25,
    ),
)
def test_never_more_at_once_than_the_limit_whoever_leaves_when(stage: Any, ceiling: int, callers: list[Any]) -> None:
    """Callers arrive, take a while, fail or not, and some are cancelled at any moment. Nothing is lost: in the end all
    places are free.
    """

    async def main() -> None:
        gate = Gate(concurrency=ceiling, clock=stage.clock)
        ends = {"ok": OK, "429": refused(stage), "500": stage.ended(stage.fault("server")).attempt}

        async def call(arrives: float, takes: float, end: str) -> None:
            await asyncio.sleep(arrives)
            permit = await gate.enter()
            assert 1 <= gate.in_flight <= ceiling
            try:
                await asyncio.sleep(takes)
                permit.leave(ends[end])
            finally:
                permit.leave()
            assert 1 <= gate.limit <= ceiling

        tasks = [asyncio.create_task(call(*caller[:3])) for caller in callers]
        for task, (*_, leaves) in zip(tasks, callers, strict=True):
            if leaves is not None:
                asyncio.get_running_loop().call_later(leaves, task.cancel)
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(result is None or isinstance(result, asyncio.CancelledError) for result in results)
        assert gate.in_flight == 0
        await gate.enter()  # after the pause of the last 429 at most

    stage.run(main())


@given(st.integers(1, 3), st.lists(st.booleans(), min_size=1, max_size=12))
def test_who_waits_is_served_in_order_of_arrival(stage: Any, ceiling: int, leaves: list[bool]) -> None:
    async def main() -> None:
        gate, served = Gate(concurrency=ceiling, clock=stage.clock), []

        async def call(number: int) -> None:
            permit = await gate.enter()
            served.append(number)
            await asyncio.sleep(1)
            permit.leave(OK)

        held = await permits(gate, ceiling)
        tasks = [asyncio.create_task(call(number)) for number in range(len(leaves))]
        await asyncio.sleep(0.5)
        for task, left in zip(tasks, leaves, strict=True):
            if left:
                task.cancel()
        for permit in held:
            permit.leave(OK)
        await asyncio.gather(*tasks, return_exceptions=True)
        assert served == [number for number, left in enumerate(leaves) if not left]

    stage.run(main())


def test_who_does_not_wait_passes_nobody_in_the_line(stage: Any) -> None:
    async def main() -> None:
        gate = Gate(concurrency=1, clock=stage.clock)
        permit = gate.enter_now()
        assert permit is not None
        assert gate.enter_now() is None
        waiting = asyncio.create_task(gate.enter())
        await asyncio.sleep(0)
        permit.leave(OK)
        assert gate.enter_now() is None
        (await waiting).leave(OK)
        assert gate.enter_now() is not None

    stage.run(main())


# narrower and wider


def test_one_burst_of_429_halves_once_and_the_next_again(stage: Any) -> None:
    async def main() -> None:
        gate = Gate(clock=stage.clock)
        for permit in await permits(gate, 16):
            permit.leave(refused(stage))
        assert gate.limit == 8
        for permit in await permits(gate, 8):
            permit.leave(refused(stage))
        assert gate.limit == 4

    stage.run(main())


def test_the_limit_never_falls_below_one(stage: Any) -> None:
    async def main() -> None:
        gate = Gate(concurrency=2, clock=stage.clock)
        for _ in range(5):
            (await gate.enter()).leave(refused(stage))
        assert gate.limit == 1

    stage.run(main())


def test_answers_widen_it_by_about_one_a_round_up_to_the_ceiling(stage: Any) -> None:
    async def main() -> None:
        gate, rounds = Gate(concurrency=8, clock=stage.clock), []
        (await gate.enter()).leave(refused(stage))
        for _ in range(20):
            rounds.append(int(gate.limit))
            for permit in await permits(gate, int(gate.limit)):
                permit.leave(OK)
        assert rounds[0] == 1
        assert all(0 <= later - earlier <= 1 for earlier, later in pairwise(rounds))
        assert gate.limit == 8

    stage.run(main())


def test_answers_do_not_widen_what_is_not_used_up(stage: Any) -> None:
    async def main() -> None:
        gate = Gate(clock=stage.clock)
        for permit in await permits(gate, 8):
            permit.leave(refused(stage))
        for _ in range(50):
            (await gate.enter()).leave(OK)
        assert gate.limit == 4

    stage.run(main())


def test_answers_to_calls_from_before_a_429_do_not_widen(stage: Any) -> None:
    async def main() -> None:
        gate = Gate(clock=stage.clock)
        first, *others = await permits(gate, 4)
        first.leave(refused(stage))
        for permit in others:
            permit.leave(OK)
        assert gate.limit == 2

    stage.run(main())


@pytest.mark.parametrize("more", [{"retryable": False}, {"kind": "server"}, {"kind": "bad_request"}])
def test_other_errors_and_a_used_up_quota_leave_it_as_it_is(stage: Any, more: dict[str, Any]) -> None:
    async def main() -> None:
        gate = Gate(concurrency=4, clock=stage.clock)
        error = stage.fault(**{"kind": "rate_limit", **more})
        (await gate.enter()).leave(stage.ended(error).attempt)
        assert gate.limit == 4

    stage.run(main())


@pytest.mark.parametrize(("told", "waits"), [(5.0, 5.0), (LONGEST_PAUSE + 1, 0.0)])
def test_a_retry_after_holds_back_everyone_but_not_for_too_long(stage: Any, told: float, waits: float) -> None:
    async def main() -> None:
        gate = Gate(clock=stage.clock)
        (await gate.enter()).leave(refused(stage, retry_after=told))
        assert (await gate.enter()).queued == waits

    stage.run(main())


def test_a_429_to_the_only_call_in_flight_makes_pauses_that_grow_until_an_answer(stage: Any) -> None:
    async def main() -> list[float]:
        gate, waits = Gate(clock=stage.clock), []
        for attempt in (*[refused(stage)] * 4, OK, refused(stage), OK):
            permit = await gate.enter()
            waits.append(permit.queued)
            permit.leave(attempt)
        return waits

    assert stage.run(main()) == [0, 0.5, 1, 2, 4, 0, 2]


# in a minute


@given(
    rpm=st.integers(1, 120),
    gaps=st.lists(st.sampled_from([0.0, 0.0, 0.3, 2.0, 45.0]), min_size=1, max_size=150),
)
def test_no_minute_sees_more_requests_than_allowed(stage: Any, rpm: int, gaps: list[float]) -> None:
    async def main() -> list[float]:
        gate, starts = Gate(requests_per_minute=rpm, clock=stage.clock), []
        for gap in gaps:
            await asyncio.sleep(gap)
            permit = await gate.enter()
            starts.append(stage.clock())
            permit.leave(OK)
        return starts

    assert most_in_a_minute(stage.run(main())) <= rpm


@given(st.integers(1, 10_000), st.lists(st.tuples(st.integers(0, 500), st.floats(0, 30)), max_size=60))
def test_a_bucket_gives_no_more_in_a_minute_than_it_is_filled_with(per_minute: int, asked: list[Any]) -> None:
    """Where nobody asks for more than it holds at most."""
    bucket, now, taken = Bucket(per_minute, 0.0), 0.0, []
    for amount, gap in asked:
        amount = min(amount, max(1, per_minute // BURST_SHARE))
        now += gap
        now += bucket.wait(amount, now)
        bucket.take(amount, now)
        taken.append((now, amount))
    for start, _ in taken:
        assert sum(amount for at, amount in taken if start <= at < start + MINUTE - SMALL) <= per_minute


def test_steady_use_comes_close_to_what_is_allowed(stage: Any) -> None:
    async def main() -> float:
        gate = Gate(requests_per_minute=100, clock=stage.clock)
        for _ in range(1000):
            (await gate.enter()).leave(OK)
        return stage.clock()

    assert 600 - 5 <= stage.run(main()) <= 600 * 1.05


def tokens_after(stage: Any, estimate: int, attempt: Attempt | None) -> float:
    """Seconds the second of two calls waits whose estimates are the same, with 600 tokens a minute (30 at once)."""

    async def main() -> float:
        gate = Gate(tokens_per_minute=600, clock=stage.clock)
        (await gate.enter(estimate)).leave(attempt)
        return (await gate.enter(estimate)).queued

    return stage.run(main())


def used(total: int, **more: Any) -> Attempt:
    return Attempt(model="m", use="x/m", finish="stop", usage=Usage(total, 0), **more)


def test_tokens_are_reserved_by_estimate_and_put_right_by_usage(stage: Any) -> None:
    rate = (600 - 30 + 1) / 60
    unknown = tokens_after(stage, 30, OK)
    assert unknown == pytest.approx(30 / rate, rel=0.01)
    assert tokens_after(stage, 30, None) == unknown  # broken off: it may have used them all
    assert tokens_after(stage, 30, used(10)) == pytest.approx(10 / rate, rel=0.01)
    assert tokens_after(stage, 30, used(300)) == pytest.approx(300 / rate, rel=0.01)
    assert tokens_after(stage, 30, used(0)) == 0


def test_an_error_that_is_not_billed_gives_its_tokens_back(stage: Any) -> None:
    assert tokens_after(stage, 30, stage.ended(stage.fault("server")).attempt) == 0
    assert tokens_after(stage, 30, stage.ended(stage.fault("cut", billable=True)).attempt) > 3


def test_who_asks_for_more_than_a_minute_holds_is_served_and_the_next_waits_for_it(stage: Any) -> None:
    assert tokens_after(stage, 6000, OK) == pytest.approx(6000 / 571 * 60, rel=0.01)


def test_a_call_that_was_not_made_counts_for_nothing(stage: Any) -> None:
    async def main() -> float:
        gate = Gate(requests_per_minute=1, tokens_per_minute=20, clock=stage.clock)
        refusal = stage.ended(stage.fault("open", retryable=False)).attempt
        for _ in range(5):
            (await gate.enter(1000)).leave(refusal)
        return stage.clock()

    assert stage.run(main()) == 0


# the model around


def test_the_attempt_says_how_long_it_waited_and_its_latency_is_its_own(stage: Any) -> None:
    async def main() -> list[list[Event]]:
        model = Limited(stage.Acts([2.0, TextDelta("hi"), stage.ended()]), Gate(concurrency=1, clock=stage.clock))
        return await asyncio.gather(*(stage.drain(model) for _ in range(3)))

    attempts = [event.attempt for events in stage.run(main()) for event in events if isinstance(event, AttemptEnded)]
    assert [attempt.queued_ms for attempt in attempts] == [0, 2000, 4000]
    assert {attempt.latency_ms for attempt in attempts} == {0}


def test_the_estimate_is_asked_only_where_tokens_are_limited(stage: Any) -> None:
    asked: list[ModelRequest] = []

    def estimate(request: ModelRequest) -> int:
        asked.append(request)
        return 600

    async def main(**limits: int) -> float:
        model = Limited(stage.Acts([stage.ended()]), Gate(clock=stage.clock, **limits), estimate)
        await stage.drain(model, request)
        await stage.drain(model, request)
        return stage.clock()

    request = ModelRequest((Message("user", "hi"),))
    assert stage.run(main(concurrency=1)) == 0
    assert asked == []
    assert stage.run(main(tokens_per_minute=600)) > 60
    assert asked == [request, request]


@pytest.mark.parametrize("how", ["leave", "cancel", "raise"])
def test_a_call_that_is_broken_off_gives_its_place_back(stage: Any, how: str) -> None:
    async def main() -> None:
        gate = Gate(concurrency=1, clock=stage.clock)
        script = [TextDelta("a"), ValueError("ours") if how == "raise" else 9.0, stage.ended()]
        model = stage.Acts(script)
        if how == "leave":
            events = Limited(model, gate).stream(ModelRequest(()))
            await anext(events)
            await events.aclose()
        else:
            task = asyncio.create_task(stage.drain(Limited(model, gate)))
            await asyncio.sleep(1)
            task.cancel()
            assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], BaseException)
        assert (model.closed, gate.in_flight) == (1, 0)

    stage.run(main())
