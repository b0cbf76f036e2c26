"""What a wire format is: how a request is written and an answer read. It knows no address, no key and no clock.

A wire writes a `ModelRequest` as path and JSON body, and makes a `Reader` for each answer. Everything that all wires
share (sending, framing, time limits, faults, the attempt) is in http_model.py; who pays and signs is in accounts.py;
what a model can do is in facts.py.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from seatrial.core.conversation import ModelRequest
from seatrial.core.events import Event
from seatrial.core.exchange import FinishReason, Rung, Usage

Framing = Literal["sse", "aws"]


class Call(msgspec.Struct, frozen=True):
    """What goes over the wire: `path` is put behind the base URL, `body` becomes JSON. `rung` says how the answer
    is held to a schema, where one was asked for.
    """

    path: str
    body: dict[str, Any]
    rung: Rung | None = None


class ErrorObject(Exception):
    """The answer holds an error in the provider's own shape, though its status said 200."""

    def __init__(self, error: Any) -> None:
        super().__init__(str(error))
        self.error = error


class Reader:
    """Reads one answer, and keeps what it says about itself.

    `raw_finish` is the provider's word, `finish` what it means, None for a word nobody knows; `ended` says that a
    stream told its answer is complete; `failed` is an error object where the finish reason is a failure. `whole` and
    `piece` raise ErrorObject, and ValueError for what cannot be read.
    """

    def __init__(self) -> None:
        self.raw_finish: str | None = None
        self.finish: FinishReason | None = None
        self.ended = False
        self.failed: Any = None
        self.usage: Usage | None = None
        self.served_by: str | None = None

    def whole(self, body: bytes) -> list[Event]:
        """The events of an answer that came in one piece."""
        raise NotImplementedError

    def piece(self, payload: bytes) -> list[Event]:
        """The events of one event of a stream."""
        raise NotImplementedError


class Wire(Protocol):
    """One wire format, bound to the model's name and facts."""

    framing: Framing
    sends: tuple[tuple[str, str], ...]
    """Headers of the format itself."""

    def call(self, request: ModelRequest) -> Call:
        """Raises ValueError for what this format or this model cannot be asked."""

    def reader(self) -> Reader: ...
