"""A Transport made of bytes, and what tests of every wire format do with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.events import AttemptEnded, Event, TextDelta, ToolCallDelta
from seatrial.core.exchange import Attempt
from seatrial.core.parts import ToolCall
from seatrial.core.shapes import Model
from seatrial.models.transport import HttpRequest, Limit, TransportError

KEY = "sk-very-secret-0123456789"


class Answer:
    """A response whose body comes in the given chunks; a fault among them is raised in its place."""

    def __init__(self, *chunks: bytes | TransportError, status: int = 200, **headers: str) -> None:
        self.status = status
        self.headers: Mapping[str, str] = {name.replace("_", "-"): value for name, value in headers.items()}
        self.parts = chunks
        self.closed = False
        self.limits: list[tuple[Limit, float]] = []

    async def read(self) -> bytes:
        return b"".join([chunk async for chunk in self.chunks()])

    async def chunks(self) -> AsyncIterator[bytes]:
        for part in self.parts:
            await asyncio.sleep(0)
            if isinstance(part, TransportError):
                raise part
            yield part

    def expect_within(self, seconds: float, limit: Limit) -> None:
        self.limits.append((limit, seconds))

    async def aclose(self) -> None:
        self.closed = True


class BytesTransport:
    """Gives the answers one after the other, the last for ever, or fails with them; keeps what was sent."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[HttpRequest] = []

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(request.body) for request in self.sent]

    async def send(self, request: HttpRequest) -> Answer:
        self.sent.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None: ...


def ask(model: Model, request: ModelRequest | None = None) -> tuple[list[Event], Attempt]:
    """What the model's stream brings, and the attempt in which it ends. Asks for a stream unless told otherwise."""

    async def drain() -> list[Event]:
        asked = request or ModelRequest((Message("user", "hi"),), stream=True)
        return [event async for event in model.stream(asked)]

    *events, last = asyncio.run(drain())
    assert isinstance(last, AttemptEnded)
    assert not any(isinstance(event, AttemptEnded) for event in events)
    assert KEY not in repr(last)
    return events, last.attempt


def text(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def calls(events: list[Event]) -> list[ToolCall]:
    found: dict[int, ToolCall] = {}
    for event in events:
        if isinstance(event, ToolCallDelta):
            found[event.index] = event.onto(found.get(event.index))
    return [found[index] for index in sorted(found)]


def json_answer(body: Any, status: int = 200, **headers: str) -> Answer:
    return Answer(json.dumps(body).encode(), status=status, content_type="application/json", **headers)


def sse(*payloads: Any, end: bytes = b"") -> bytes:
    """Each payload as an event of a stream; what is not bytes becomes JSON."""
    made = (payload if isinstance(payload, bytes) else json.dumps(payload).encode() for payload in payloads)
    return b"".join(b"data: " + payload + b"\n\n" for payload in made) + end


def streamed(*chunks: bytes | TransportError) -> Answer:
    return Answer(*chunks, content_type="text/event-stream; charset=utf-8")
