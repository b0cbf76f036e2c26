"""Hedging: a second request when the first is slow to begin, one answer, and both attempts told."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.conversation import Message, ModelRequest, Request
from seatrial.core.errors import ErrorInfo
from seatrial.core.events import AttemptEnded, Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import Attempt, Exchange, Usage
from seatrial.models.hedge import AHEAD, Hedge
from seatrial.models.limits import Gate, Limited
from seatrial.models.retry import Retry

AFTER = 0.8


def hedged(stage: Any, model: Any, **limits: int) -> Hedge:
    gate = Gate(clock=stage.clock, **limits)
    return Hedge(Limited(model, gate), "m", "x/m", after=AFTER, clock=stage.clock)


def ask(stage: Any, model: Any, **limits: int) -> list[Event]:
    async def main() -> list[Event]:
        events: list[Event] = await stage.drain(hedged(stage, model, **limits), ModelRequest((), params={"top_p": 1}))
        return events

    events: list[Event] = stage.run(main())
    assert (model.in_flight, model.closed) == (0, len(model.calls))
    return events


def attempts(events: list[Event]) -> list[Attempt]:
    return [event.attempt for event in events if isinstance(event, AttemptEnded)]


def text(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def test_an_answer_that_begins_in_time_is_asked_for_once(stage: Any) -> None:
    model = stage.Acts([AFTER - 0.1, TextDelta("a"), 5.0, TextDelta("b"), stage.ended()])
    assert ask(stage, model) == [TextDelta("a"), TextDelta("b"), stage.ended()]
    assert model.calls == [0]


def test_a_second_request_that_is_first_is_the_answer_and_the_first_is_cut_off(stage: Any) -> None:
    model = stage.Acts([9.0, TextDelta("slow"), stage.ended()], [0.2, TextDelta("fast"), 1.0, stage.ended()])
    events = ask(stage, model)
    assert model.calls == [0, AFTER]
    assert text(events) == "fast"
    lost, won = attempts(events)
    assert (lost.finish, lost.hedged, lost.usage, lost.cost_nusd, lost.params) == (
        "cancelled",
        False,
        None,
        None,
        {"top_p": 1},
    )
    assert lost.error == ErrorInfo(
        kind="cancelled", message="x/m: cut off, since the other of two requests answered first", billable=True
    )
    assert lost.latency_ms == pytest.approx(1000)
    assert (won.finish, won.hedged, won.error) == ("stop", True, None)


def test_a_first_request_that_is_first_after_all_is_the_answer(stage: Any) -> None:
    model = stage.Acts([1.0, TextDelta("a"), 1.0, TextDelta("b"), stage.ended()], [9.0, TextDelta("x"), stage.ended()])
    events = ask(stage, model)
    assert text(events) == "ab"
    assert [(each.finish, each.hedged) for each in attempts(events)] == [("cancelled", True), ("stop", False)]
    assert attempts(events)[0].latency_ms == pytest.approx(200)


@pytest.mark.parametrize("first", [ReasoningDelta("r"), ToolCallDelta(0, "i", "f", ""), None])
def test_whatever_begins_an_answer_wins_also_an_empty_one(stage: Any, first: Event | None) -> None:
    second = [0.1, *([first] if first is not None else []), stage.ended()]
    events = ask(stage, stage.Acts([9.0, TextDelta("slow"), stage.ended()], second))
    assert [each.finish for each in attempts(events)] == ["cancelled", "stop"]
    assert text(events) == ""


def test_a_first_request_that_fails_in_time_is_left_to_the_retry(stage: Any) -> None:
    down = stage.ended(stage.fault("server"))
    model = stage.Acts([down])
    assert ask(stage, model) == [down]
    assert model.calls == [0]


def test_a_request_that_fails_leaves_the_other_to_answer(stage: Any) -> None:
    down = stage.ended(stage.fault("server"))
    answer = [2.0, TextDelta("b"), stage.ended()]
    for scripts in (([1.0, down], answer), (answer, [0.1, down])):
        events = ask(stage, stage.Acts(*scripts))
        assert text(events) == "b"
        assert [each.finish for each in attempts(events)] == ["error", "stop"]


def test_when_both_fail_both_are_told_and_the_last_counts(stage: Any) -> None:
    scripts = [1.0, stage.ended(stage.fault("reset"))], [1.0, stage.ended(stage.fault("server"))]
    assert [each.error.kind for each in attempts(ask(stage, stage.Acts(*scripts)))] == ["reset", "server"]

    async def retried() -> list[Event]:
        model = stage.Acts(*scripts, [TextDelta("hi"), stage.ended()])
        return list(await stage.drain(Retry(hedged(stage, model), clock=stage.clock)))

    assert [each.finish for each in attempts(stage.run(retried()))] == ["error", "error", "stop"]


def test_the_cost_of_what_was_cut_off_is_unknown_and_so_is_the_whole(stage: Any) -> None:
    won = stage.ended(None, Usage(10, 10)).attempt
    won = Attempt(**{name: getattr(won, name) for name in won.__struct_fields__} | {"cost_nusd": 5})
    events = ask(stage, stage.Acts([9.0, stage.ended()], [TextDelta("a"), AttemptEnded(won)]))
    exchange = Exchange(
        id="1",
        request=Request(),
        message=Message("assistant", "a"),
        finish="stop",
        attempts=tuple(attempts(events)),
    )
    assert (attempts(events)[1].cost_nusd, exchange.cost_nusd, exchange.usage) == (5, None, Usage(10, 10))


def test_the_usage_of_a_whole_answer_that_came_an_instant_too_late_is_known(stage: Any) -> None:
    whole = stage.ended(None, Usage(3, 4))
    events = ask(stage, stage.Acts([1.0, whole], [0.2, stage.ended()]))
    assert sorted((each.finish, each.usage) for each in attempts(events)) in (
        [("cancelled", None), ("stop", Usage(3, 4))],
        [("cancelled", Usage(3, 4)), ("stop", None)],
    )


def test_where_the_limits_have_no_room_there_is_no_second_request(stage: Any) -> None:
    for limits in ({"concurrency": 1}, {"requests_per_minute": 1}):
        model = stage.Acts([5.0, TextDelta("a"), stage.ended()])
        assert ask(stage, model, **limits) == [TextDelta("a"), stage.ended()]
        assert model.calls == [0]


def test_its_time_begins_when_the_limits_let_the_first_through(stage: Any) -> None:
    async def main() -> list[Attempt]:
        model = stage.Acts([3.0, TextDelta("a"), stage.ended()], [0.5, TextDelta("b"), stage.ended()])
        gate = Gate(concurrency=1, clock=stage.clock)
        wrapped = Hedge(Limited(model, gate), "m", "x/m", after=AFTER, clock=stage.clock)
        both = await asyncio.gather(stage.drain(wrapped), stage.drain(wrapped))
        assert model.calls == [0, 3]
        return attempts(both[1])

    assert [each.queued_ms for each in stage.run(main())] == [3000]


def test_what_a_model_raises_is_raised_and_the_other_request_closed(stage: Any) -> None:
    model = stage.Acts([9.0, stage.ended()], [0.1, ValueError("ours")])
    with pytest.raises(ValueError, match="ours"):
        ask(stage, model)
    assert (model.in_flight, model.closed) == (0, 2)


def test_a_caller_who_reads_slowly_slows_the_answer_down(stage: Any) -> None:
    async def main() -> None:
        said = 0

        class Endless:
            async def stream(self, request: ModelRequest) -> Any:
                nonlocal said
                while True:
                    said += 1
                    yield TextDelta("a")

        events = hedged(stage, Endless()).stream(ModelRequest(()))
        for _ in range(3):
            await anext(events)
            await asyncio.sleep(1)
        assert said <= 2 * AHEAD
        await events.aclose()

    stage.run(main())


STEPS = st.lists(st.sampled_from([0.1, 0.5, 0.9, 2.0]), max_size=3)


@given(first=STEPS, second=STEPS, fails=st.tuples(st.booleans(), st.booleans()))
def test_the_text_is_one_answer_whole_and_every_request_sent_is_told_once(
    stage: Any, first: list[float], second: list[float], fails: tuple[bool, bool]
) -> None:
    def script(letter: str, waits: list[float], failing: bool) -> list[Any]:
        pieces = [step for wait in waits for step in (wait, TextDelta(letter))]
        return [*pieces, 0.3, stage.ended(stage.fault("cut") if failing else None)]

    model = stage.Acts(script("a", first, fails[0]), script("b", second, fails[1]))
    events = ask(stage, model)
    told = attempts(events)
    assert text(events) in ("a" * len(first), "b" * len(second))
    assert len(told) == len(model.calls)
    assert told[-1].finish != "cancelled"
    assert [each.hedged for each in told].count(True) == len(model.calls) - 1
    if text(events):
        assert told[-1].hedged == text(events).startswith("b")


@given(
    first=st.sampled_from([0.1, 0.9, 5.0]),
    second=st.sampled_from([0.0, 0.1, 5.0]),
    leaves=st.floats(0, 6),
    how=st.sampled_from(["cancel", "close"]),
)
def test_a_caller_who_leaves_at_any_moment_leaves_nothing_behind(
    stage: Any, first: float, second: float, leaves: float, how: str
) -> None:
    async def main() -> None:
        pieces = [TextDelta("a"), 1.0] * 3
        model = stage.Acts([first, *pieces, stage.ended()], [second, *pieces, stage.ended()])
        gate = Gate(concurrency=2, clock=stage.clock)
        wrapped = Hedge(Limited(model, gate), "m", "x/m", after=AFTER, clock=stage.clock)

        async def read() -> None:
            events = wrapped.stream(ModelRequest(()))
            try:
                async for _ in events:
                    if how == "close" and stage.clock() >= leaves:
                        break
            finally:
                await events.aclose()

        task = asyncio.create_task(read())
        await asyncio.sleep(leaves)
        if how == "cancel":
            task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert (model.in_flight, model.closed, gate.in_flight) == (0, len(model.calls), 0)

    stage.run(main())
