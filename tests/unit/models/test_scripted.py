"""Scripted answers by rule."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.errors import SpecError
from seatrial.core.events import AttemptEnded, Event, TextDelta, ToolCallDelta
from seatrial.core.exchange import Usage
from seatrial.core.parts import ToolCall
from seatrial.models.scripted import Scripted, load_scripted


@pytest.fixture
def script(tmp_path: Path) -> Any:
    def load(text: str) -> Scripted:
        (tmp_path / "s.yaml").write_text(text)
        return load_scripted("main", "scripted/s.yaml", tmp_path / "s.yaml", file="s.yaml")

    return load


def said(model: Scripted, text: str, *, stream: bool = False) -> list[Event]:
    async def drain() -> list[Event]:
        said_ = (Message("user", "first"), Message("assistant", "x"), Message("user", text))
        return [event async for event in model.stream(ModelRequest((), said_, stream=stream))]

    return asyncio.run(drain())


def reply(model: Scripted, text: str) -> str:
    return "".join(event.text for event in said(model, text) if isinstance(event, TextDelta))


RULES = """
rules:
  - {when: '(?i)^hello', reply: one}
  - {when: hel, reply: two}
  - {when: 'x{2}$', reply: ''}
default: three
"""


@pytest.mark.parametrize(("text", "answer"), [("HELLO you", "one"), ("shell", "two"), ("axx", ""), ("first", "three")])
def test_the_first_rule_found_in_the_last_user_text_answers(script: Any, text: str, answer: str) -> None:
    assert reply(script(RULES), text) == answer


def test_without_a_rule_and_a_default_it_is_a_loud_miss(script: Any) -> None:
    (event,) = said(script("rules: [{when: abc, reply: x}]"), "zzz")
    assert isinstance(event, AttemptEnded)
    error = event.attempt.error
    assert error is not None
    assert (error.kind, error.switchable) == ("miss", False)
    assert "'zzz'" in error.message
    assert "'abc'" in str(error.hint)


def test_no_rules_at_all_are_valid_and_always_miss(script: Any) -> None:
    (event,) = said(script("rules: []"), "hi")
    assert isinstance(event, AttemptEnded)
    assert event.attempt.finish == "error"


def test_a_reply_is_streamed_in_pieces_when_asked_for(script: Any) -> None:
    model = script("rules: []\ndefault: one two three")
    assert [event.text for event in said(model, "x", stream=True)[:-1]] == ["one ", "two ", "three"]  # type: ignore[union-attr]
    assert len(said(model, "x")) == 2


def test_a_rule_may_say_everything(script: Any) -> None:
    text = """
rules:
  - when: .
    reply: ''
    finish_reason: tool_calls
    tool_calls: [{id: a, name: f, arguments: '{}'}, {id: b, name: g, arguments: ''}]
    usage: {input_total: 5, output_total: 2}
    delay: 0ms
"""
    *calls, last = said(script(text), "hi")
    expected = [ToolCall("a", "f", "{}"), ToolCall("b", "g", "")]
    assert [event.onto(None) for event in calls if isinstance(event, ToolCallDelta)] == expected
    assert [event.index for event in calls if isinstance(event, ToolCallDelta)] == [0, 1]
    assert isinstance(last, AttemptEnded)
    assert (last.attempt.finish, last.attempt.usage, last.attempt.error) == ("tool_calls", Usage(5, 2), None)


def test_usage_that_is_not_said_is_unknown(script: Any) -> None:
    last = said(script("rules: []\ndefault: x"), "hi")[-1]
    assert isinstance(last, AttemptEnded)
    assert last.attempt.usage is None


def test_a_scripted_failure_is_a_failure(script: Any) -> None:
    last = said(script("rules: []\ndefault: {reply: half, finish_reason: error}"), "hi")[-1]
    assert isinstance(last, AttemptEnded)
    assert last.attempt.error is not None


def test_a_delay_is_waited_for(script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("seatrial.models.scripted.asyncio.sleep", sleep)
    said(script("rules: [{when: a, reply: x, delay: 200ms}, {when: b, reply: y, delay: 1.5}]"), "a")
    said(script("rules: []\ndefault: {reply: y, delay: 1.5}"), "b")
    assert waits == [0.2, 1.5]


def test_a_hostile_pattern_hangs_nothing(script: Any) -> None:
    assert reply(script("rules: [{when: '(a+)+$', reply: x}]\ndefault: y"), "a" * 100_000 + "!") == "y"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "a script is not right"),
        ("default: x", 1, "has no 'rules'"),
        ("rules: {}", 1, "rules is not right"),
        ("rules:\n  - {reply: x}", 2, "has no 'when'"),
        ("rules:\n  - {when: x}", 2, "has no 'reply'"),
        ("rules:\n  - {wen: x, reply: y}", 2, "unknown key 'wen'"),
        ("rules:\n  - {when: '(', reply: y}", 2, "is not a pattern"),
        ("rules:\n  - {when: '(?=a)', reply: y}", 2, "is not a pattern"),
        ("rules:\n  - {when: 5, reply: y}", 2, "when is not right"),
        ("rules:\n  - {when: x, reply: no, finish_reason: done}", 2, "finish_reason"),
        ("rules:\n  - {when: x, reply: y, delay: soon}", 2, "delay"),
        ("rules:\n  - {when: x, reply: y, delay: -1}", 2, "delay"),
        ("rules:\n  - {when: x, reply: y, delay: 11h}", 2, "delay"),
        ("rules:\n  - {when: x, reply: y, usage: {input: 3}}", 2, "usage is not right"),
        ("rules:\n  - {when: x, reply: y, tool_calls: [{id: a}]}", 2, "tool_calls is not right"),
        ("rules: []\ndefault: {when: x, reply: y}", 2, "unknown key 'when'"),
        ("rules: []\ndefault: [x]", 2, "default is not right"),
    ],
)
def test_mistakes_are_told_with_their_line(script: Any, text: str, line: int, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        script(text)
    found = [problem for problem in caught.value.problems if says in problem.what]
    assert [(problem.file, problem.line) for problem in found] == [("s.yaml", line)]


def test_all_mistakes_are_told_at_once(script: Any) -> None:
    with pytest.raises(SpecError) as caught:
        script("rules:\n  - {when: '(', reply: 5}\n  - {reply: x}\nzzz: 1")
    assert len(caught.value.problems) == 4
