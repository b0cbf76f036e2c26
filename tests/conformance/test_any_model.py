"""What every model must do that is used over a wire of ours, whichever it is: runs against the simulator, or against
a model of one's own:

    SEATRIAL_CONFORMANCE_USE=openai-compatible/NAME SEATRIAL_CONFORMANCE_BASE_URL=http://localhost:8000/v1 \\
        pytest tests/conformance/test_any_model.py

The key is read from the variable that feature.yaml would read it from.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from seatrial.core.answer import Answer
from seatrial.core.conversation import Message, ModelRequest, Tool
from seatrial.core.events import AttemptEnded
from seatrial.core.exchange import Attempt
from seatrial.models.catalogue import find_provider
from seatrial.models.http import HttpTransport
from seatrial.models.provider import http_model
from seatrial.testing import ProviderServer

SCHEMA = {
    "type": "object",
    "properties": {"place": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["place", "days"],
    "additionalProperties": False,
}
TIDE = Tool("tide", "When the water is high at a place", SCHEMA)


class Subject(NamedTuple):
    use: str
    base_url: str | None


@pytest.fixture(scope="module")
def subject() -> Iterator[Subject]:
    use = os.environ.get("SEATRIAL_CONFORMANCE_USE")
    if use is not None:
        yield Subject(use, os.environ.get("SEATRIAL_CONFORMANCE_BASE_URL"))
        return
    with ProviderServer() as server:
        yield Subject("openai-compatible/echo", server.openai_url)


def ask(subject: Subject, asked: str, *, stream: bool = True, **more: Any) -> tuple[Answer, Attempt]:
    async def drain() -> tuple[Answer, Attempt]:
        transport = HttpTransport()
        name = find_provider(subject.use)[0].key
        model = http_model(
            "main",
            subject.use,
            base_url=subject.base_url,
            key_name=name,
            key=os.environ.get(name) if name else None,
            transport=lambda: transport,
        )
        request = ModelRequest((Message("user", asked),), stream=stream, **more)
        answer = Answer()
        async for event in model.stream(request):
            answer.take(event)
        await transport.aclose()
        assert isinstance(event, AttemptEnded)
        return answer, event.attempt

    return asyncio.run(drain())


@pytest.mark.parametrize("stream", [True, False])
def test_it_answers_and_stops(subject: Subject, stream: bool) -> None:
    answer, attempt = ask(subject, "Say hello.", stream=stream, params={"max_tokens": 200})
    assert attempt.error is None
    assert (attempt.finish, bool(answer.text)) == ("stop", True)
    assert (attempt.first_token_ms is not None) == stream


@pytest.mark.parametrize("stream", [True, False])
def test_a_limit_on_the_length_is_told_as_such(subject: Subject, stream: bool) -> None:
    asked = "Count from one to one hundred in words."
    _, attempt = ask(subject, asked, stream=stream, params={"max_tokens": 3})
    assert attempt.error is None
    assert attempt.finish == "length"


def test_usage_is_counted(subject: Subject) -> None:
    usage = ask(subject, "Say hello.", params={"max_tokens": 200})[1].usage
    assert usage is not None
    assert usage.input_plain >= 0
    assert usage.input_total > 0
    assert usage.output_total > 0


@pytest.mark.parametrize("stream", [True, False])
def test_a_tool_that_must_be_called_is_called(subject: Subject, stream: bool) -> None:
    asked = "When is high water in Hamburg in the next 2 days?"
    answer, attempt = ask(subject, asked, stream=stream, tools=(TIDE,), tool_choice="required")
    assert attempt.error is None
    (call,) = answer.tool_calls
    assert (call.name, set(json.loads(call.arguments))) == ("tide", {"place", "days"})


def test_a_schema_is_kept_to(subject: Subject) -> None:
    answer, attempt = ask(subject, "High water in Hamburg for 2 days, as JSON.", schema=SCHEMA)
    assert attempt.error is None
    assert set(json.loads(answer.text)) == {"place", "days"}


def test_many_at_once_each_have_their_own_answer(subject: Subject) -> None:
    async def one(model: Any, number: int) -> str:
        request = ModelRequest((Message("user", f"Repeat this number and nothing else: {number}"),), stream=True)
        answer = Answer()
        async for event in model.stream(request):
            answer.take(event)
        return answer.text

    async def many() -> list[str]:
        transport = HttpTransport()
        name = find_provider(subject.use)[0].key
        key = os.environ.get(name) if name else None
        model = http_model(
            "main", subject.use, base_url=subject.base_url, key_name=name, key=key, transport=lambda: transport
        )
        answers = await asyncio.gather(*(one(model, 1000 + number) for number in range(8)))
        await transport.aclose()
        return answers

    for number, answer in enumerate(asyncio.run(many())):
        assert str(1000 + number) in answer
