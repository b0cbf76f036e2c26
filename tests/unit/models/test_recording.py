"""Recorded answers: matched, missed loudly, and recorded."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.errors import ErrorInfo, SpecError
from seatrial.core.events import AttemptEnded, Event, TextDelta, ToolCallDelta
from seatrial.core.exchange import Attempt, FinishReason, Usage
from seatrial.core.parts import ToolCall
from seatrial.core.shapes import Model
from seatrial.models.pieces import pieces
from seatrial.models.recording import Line, Recorder, Recording, exact_key, load_recording


def conversation(*texts: str) -> tuple[Message, ...]:
    return tuple(Message("assistant" if place % 2 else "user", text) for place, text in enumerate(texts))


def request(*texts: str, repeat: int = 1, stream: bool = False, **params: Any) -> ModelRequest:
    rendered = (Message("system", "be kind"), *conversation(*texts))
    return ModelRequest(rendered, conversation(*texts), params, stream=stream, repeat=repeat)


def answer(model: Model, asked: ModelRequest) -> tuple[str, list[ToolCall], Attempt]:
    async def drain() -> list[Event]:
        return [event async for event in model.stream(asked)]

    *events, last = asyncio.run(drain())
    assert isinstance(last, AttemptEnded)
    text = "".join(event.text for event in events if isinstance(event, TextDelta))
    calls = [event.onto(None) for event in events if isinstance(event, ToolCallDelta)]
    return text, calls, last.attempt


def line(answer_: str, *texts: str, **more: Any) -> dict[str, Any]:
    return {"messages": msgspec.to_builtins(conversation(*texts)), "answer": answer_, **more}


@pytest.fixture
def recorded(tmp_path: Path) -> Any:
    def load(*lines: Any, match: Any = None) -> Recording:
        path = tmp_path / "r.jsonl"
        path.write_text("".join((each if isinstance(each, str) else json.dumps(each)) + "\n" for each in lines))
        return load_recording("main", "recording/r.jsonl", path, match=match, file="r.jsonl")

    return load


def test_a_conversation_is_matched_as_it_was_said(recorded: Any) -> None:
    model = recorded(line("A", "hi"), line("B", "hi", "A", "and?"), line("C", "ho"))
    assert [answer(model, request(*said))[0] for said in (["hi"], ["hi", "A", "and?"], ["ho"])] == ["A", "B", "C"]


def test_a_conversation_match_does_not_look_at_what_was_rendered(recorded: Any) -> None:
    model = recorded(
        {"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": "hi"}], "answer": "A"}
    )
    assert answer(model, request("hi", temperature=1))[0] == "A"


def test_an_exact_match_looks_at_rendered_messages_and_parameters(recorded: Any) -> None:
    model = recorded(line("A", "hi", key=exact_key(request("hi", temperature=0))))
    assert answer(model, request("hi", temperature=0))[0] == "A"
    _, _, attempt = answer(model, request("hi", temperature=1))
    assert attempt.error is not None
    assert attempt.error.kind == "miss"
    assert "r.jsonl:1 has the same last words; prompt or parameters changed" in str(attempt.error.hint)


def test_the_key_depends_on_what_is_sent_and_on_nothing_else() -> None:
    base = request("hi", temperature=0)
    same = msgspec.structs.replace(base, conversation=(), stream=True, repeat=3)
    assert exact_key(same) == exact_key(base)
    others = [request("ho", temperature=0), request("hi"), msgspec.structs.replace(base, tools=({},), schema=None)]
    assert exact_key(base) not in [exact_key(other) for other in others]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(1, 6)))
def test_the_kth_equal_line_answers_repeat_k_whatever_the_order(recorded: Any, order: list[int]) -> None:
    model = recorded(*[line(f"A{number}", "hi") for number in range(1, 6)], line("B", "ho"))
    assert [answer(model, request("hi", repeat=repeat))[0] for repeat in order] == [f"A{repeat}" for repeat in order]


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        (request("hello thre"), "no answer to 'hello thre'", "the nearest is r.jsonl:2: 'hello there'"),
        (request("zzz"), "no answer to 'zzz'", "eval --record"),
        (request("hello there", repeat=2), "answers this 1 times, and repeat 2 was asked", "record more"),
        (request("x", "y", "hello there"), "no answer to 'hello there'", "but other earlier messages"),
        (request(), "(only variables)", "eval --record"),
        (request("x" * 100_000), "no answer", "eval --record"),
    ],
)
def test_a_miss_is_loud_and_shows_the_nearest(recorded: Any, asked: ModelRequest, message: str, hint: str) -> None:
    text, _, attempt = answer(recorded(line("A", "hi"), line("B", "hello there")), asked)
    assert (text, attempt.finish) == ("", "error")
    error = attempt.error
    assert error is not None
    assert (error.kind, error.retryable, error.switchable, error.billable) == ("miss", False, False, False)
    assert message in error.message
    assert hint in str(error.hint)


def test_everything_recorded_is_replayed(recorded: Any) -> None:
    call = {"id": "1", "name": "f", "arguments": "{}"}
    usage = {"input_total": 9, "output_total": 3, "cache_read": 4}
    full = line("two words", "hi", finish_reason="length", usage=usage, latency_ms=12.5, tool_calls=[call], model="m-1")
    text, calls, attempt = answer(recorded(full), request("hi", stream=True, temperature=1))
    assert (text, calls) == ("two words", [ToolCall("1", "f", "{}")])
    assert (attempt.finish, attempt.usage, attempt.latency_ms) == ("length", Usage(9, 3, cache_read=4), 12.5)
    assert (attempt.served_by, attempt.params, attempt.error) == ("m-1", {"temperature": 1}, None)


@pytest.mark.parametrize("finish", ["error", "cancelled"])
def test_a_recorded_failure_is_a_failure(recorded: Any, finish: str) -> None:
    _, _, attempt = answer(recorded(line("", "hi", finish_reason=finish)), request("hi"))
    assert attempt.finish == finish
    assert attempt.error is not None


@pytest.mark.parametrize(
    ("lines", "match", "where", "says"),
    [
        ([line("A", "hi"), {"answer": "x"}, {"messages": []}], None, [2, 3], "not a recorded answer"),
        ([line("A", "hi", finsh_reason="stop")], None, [1], "finsh_reason"),
        ([line("A", "hi", finish_reason="done")], None, [1], "finish_reason"),
        ([line("A", "hi"), "{broken"], None, [2], "not JSON"),
        ([line("A", "hi"), line("B", "ho", key="k")], None, [None], "1 of 2 lines have no key"),
        ([line("A", "hi", key="k"), line("B", "ho")], "exact", [2], "the line has no key"),
    ],
)
def test_bad_lines_are_told_with_their_numbers(recorded: Any, lines: Any, match: Any, where: Any, says: str) -> None:
    with pytest.raises(SpecError, match=says) as caught:
        recorded(*lines, match=match)
    assert [problem.line for problem in caught.value.problems] == where
    assert {problem.file for problem in caught.value.problems} == {"r.jsonl"}


def test_a_mixed_file_is_read_when_the_match_is_said(recorded: Any) -> None:
    model = recorded(line("A", "hi"), line("B", "ho", key="k"), match="conversation")
    assert answer(model, request("ho"))[0] == "B"


def test_an_empty_recording_is_one_that_misses(recorded: Any) -> None:
    assert answer(recorded(), request("hi"))[2].finish == "error"


class Says:
    """A model that streams a text, tool calls in pieces, and how it ended."""

    def __init__(self, text: str, calls: list[ToolCall], attempt: Attempt) -> None:
        self.text, self.calls, self.attempt = text, calls, attempt

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        for part in pieces(self.text, split=True):
            yield TextDelta(part)
        for index, call in enumerate(self.calls):
            yield ToolCallDelta(index, call.id, call.name, call.arguments[:1])
            yield ToolCallDelta(index, "", "", call.arguments[1:])
        yield AttemptEnded(self.attempt)


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
finishes: st.SearchStrategy[FinishReason] = st.sampled_from(
    ["stop", "length", "tool_calls", "content_filter", "refused"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words, st.lists(st.builds(ToolCall, words, words, words), max_size=2), finishes, st.none() | st.just(Usage(5, 2))
)
def test_what_is_recorded_is_replayed_exactly(
    recorded: Any, text: str, calls: list[ToolCall], finish: FinishReason, usage: Usage | None
) -> None:
    written: list[Line] = []
    attempt = Attempt(model="m", use="x/m", finish=finish, usage=usage, latency_ms=1.5)
    asked = request("hi", stream=True, temperature=0)
    live = answer(Recorder(Says(text, calls, attempt), written.append), asked)
    model = recorded(*(msgspec.json.encode(each).decode() for each in written))
    again = answer(model, asked)
    assert again[0] == live[0] == text
    assert again[1] == calls
    assert (again[2].finish, again[2].usage, again[2].latency_ms) == (finish, usage, 1.5)


def test_a_failed_attempt_is_not_recorded() -> None:
    written: list[Line] = []
    error = ErrorInfo(kind="cut", message="x")
    answer(
        Recorder(Says("half", [], Attempt(model="m", use="x", finish="error", error=error)), written.append),
        request("hi"),
    )
    assert written == []


@given(st.text(), st.booleans())
def test_pieces_joined_are_the_text(text: str, split: bool) -> None:
    found = list(pieces(text, split=split))
    assert "".join(found) == text
    assert all(found)


def test_a_text_of_white_space_is_cut_at_once() -> None:
    assert list(pieces(" " * 200_000, split=True)) == [" " * 200_000]
