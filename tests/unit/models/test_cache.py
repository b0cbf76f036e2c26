"""A cache around a model: what is given again, what is not, and what the attempt says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.conversation import Message, ModelRequest, Tool
from seatrial.core.errors import ErrorInfo
from seatrial.core.events import AttemptEnded, Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import Attempt, Usage
from seatrial.models.cache import LARGEST, Answers, Cached, request_key

PIECES = [ReasoningDelta("hm", 0, {"x": 1}), TextDelta("a "), TextDelta("b"), ToolCallDelta(0, "1", "f", "{}")]
PAID = Attempt(
    model="m", use="x/m", finish="stop", usage=Usage(5, 7), cost_nusd=9, first_token_ms=3.0, queued_ms=2.0, hedged=True
)


def ask(text: str = "hi", **more: Any) -> ModelRequest:
    return ModelRequest((Message("user", text),), **more)


def asked(stage: Any, model: Any, answers: Answers, *requests: ModelRequest) -> list[list[Event]]:
    async def main() -> list[list[Event]]:
        cached = Cached(model, answers, clock=stage.clock)
        return [await stage.drain(cached, request) for request in requests]

    found: list[list[Event]] = stage.run(main())
    return found


def shelf(stage: Any, seconds: float = 60.0, most: int = 10) -> Answers:
    return Answers(seconds=seconds, most=most, clock=stage.clock)


def test_an_equal_request_gets_the_same_pieces_and_an_attempt_that_cost_nothing(stage: Any) -> None:
    model = stage.Acts([1.0, *PIECES, AttemptEnded(PAID)])
    first, second = asked(stage, model, shelf(stage), ask(), ask(stream=True))
    assert first == [*PIECES, AttemptEnded(PAID)]
    assert second[:-1] == PIECES
    again = second[-1].attempt  # type: ignore[union-attr]
    assert again == Attempt(model="m", use="x/m", finish="stop", usage=Usage(), cost_nusd=0, cached=True)
    assert len(model.calls) == 1


@pytest.mark.parametrize(
    "other",
    [
        ask("ho"),
        ask(params={"temperature": 1}),
        ask(tools=(Tool("f"),)),
        ask(tool_choice="none"),
        ask(schema={"type": "object"}),
        ask(repeat=2),
        ModelRequest((Message("system", "hi"),)),
    ],
)
def test_whatever_shapes_the_answer_makes_another_request(stage: Any, other: ModelRequest) -> None:
    model = stage.Acts([TextDelta("a"), stage.ended()], [TextDelta("b"), stage.ended()])
    first, second = asked(stage, model, shelf(stage), ask(), other)
    assert (first[0], second[0]) == (TextDelta("a"), TextDelta("b"))


def test_how_it_was_said_before_it_was_rendered_does_not(stage: Any) -> None:
    assert request_key(ask()) == request_key(ask(conversation=(Message("user", "HI"),), stream=True))


@pytest.mark.parametrize(
    "script",
    [
        [AttemptEnded(Attempt(model="m", use="x/m", finish="error", error=ErrorInfo(kind="server", message="no")))],
        [TextDelta("a"), AttemptEnded(Attempt(model="m", use="x/m", finish="length"))],
        [TextDelta("a"), AttemptEnded(Attempt(model="m", use="x/m", finish="content_filter"))],
        [TextDelta("I cannot"), AttemptEnded(Attempt(model="m", use="x/m", finish="refused"))],
        [TextDelta("a" * (LARGEST + 1)), AttemptEnded(Attempt(model="m", use="x/m", finish="stop"))],
    ],
    ids=["error", "length", "filter", "refused", "too long"],
)
def test_only_a_whole_answer_is_kept(stage: Any, script: list[Event]) -> None:
    model, answers = stage.Acts(script), shelf(stage)
    asked(stage, model, answers, ask(), ask())
    assert (len(model.calls), len(answers)) == (2, 0)


def test_a_failed_try_before_the_answer_is_not_told_again(stage: Any) -> None:
    failed = stage.ended(stage.fault("server"))
    model = stage.Acts([failed, TextDelta("a"), stage.ended()])
    _, again = asked(stage, model, shelf(stage), ask(), ask())
    assert [type(event) for event in again] == [TextDelta, AttemptEnded]


def test_an_answer_that_nobody_waited_for_is_not_kept(stage: Any) -> None:
    model, answers = stage.Acts([TextDelta("a"), TextDelta("b"), stage.ended()]), shelf(stage)

    async def main() -> None:
        events = Cached(model, answers, clock=stage.clock).stream(ask())
        await anext(events)
        await events.aclose()

    stage.run(main())
    assert (len(answers), model.closed) == (0, 1)


def test_an_answer_is_given_again_for_its_time_alone(stage: Any) -> None:
    model = stage.Acts([TextDelta("a"), stage.ended()])
    answers = shelf(stage, seconds=10.0)

    async def main() -> None:
        import asyncio

        cached = Cached(model, answers, clock=stage.clock)
        for wait in (0.0, 9.0, 2.0):  # asked, given again, asked anew: the time runs from the answer
            await asyncio.sleep(wait)
            await stage.drain(cached, ask())

    stage.run(main())
    assert len(model.calls) == 2


@given(keys=st.lists(st.integers(0, 6), max_size=40), most=st.integers(1, 5))
def test_the_last_that_were_asked_for_are_kept(keys: list[int], most: int) -> None:
    answers = Answers(seconds=60.0, most=most, clock=lambda: 0.0)
    last: list[int] = []
    for key in keys:
        name = bytes([key])
        assert (answers.find(name) is not None) == (key in last)
        if key not in last:
            answers.keep(name, (), PAID)
        last = [*(each for each in last if each != key), key][-most:]
        assert len(answers) == len(last)
