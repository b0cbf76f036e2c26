"""Gives the answer of an equal request again; wraps a Model and is a Model.

The answers are kept in the memory of this process alone: what a model said is written nowhere by a cache. Nothing
but a whole answer is kept. Equal requests that run at the same time are each asked.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from time import monotonic
from typing import NamedTuple

import msgspec

from seatrial.core.attempt import Attempt, FinishReason, Usage
from seatrial.core.conversation import ModelRequest
from seatrial.core.events import AttemptEnded, Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.identity import canonical
from seatrial.core.shapes import Model

WHOLE: frozenset[FinishReason] = frozenset({"stop", "tool_calls"})
"""How an answer ends that is kept. One that was cut off, declined or filtered may be better the next time."""

LARGEST = 256 * 1024
"""Characters of an answer; a longer one is not kept."""


class Kept(NamedTuple):
    """An answer in the pieces it came in, how it ended, and until when it is given again."""

    pieces: tuple[Event, ...]
    attempt: Attempt
    until: float


class Answers:
    """The answers of one model: the `most` that were asked for last, each for so many `seconds`."""

    def __init__(self, *, seconds: float, most: int, clock: Callable[[], float] = monotonic) -> None:
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: bytes) -> Kept | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until <= self._clock():
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return kept

    def keep(self, key: bytes, pieces: tuple[Event, ...], attempt: Attempt) -> None:
        self._kept[key] = Kept(pieces, attempt, self._clock() + self._seconds)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


class Cached:
    """Asks the model only what is not among the answers. An answer given again is an attempt that says so: it has cost
    nothing and used nothing.
    """

    def __init__(self, model: Model, answers: Answers, *, clock: Callable[[], float] = monotonic) -> None:
        self._model = model
        self._answers = answers
        self._clock = clock

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        began, key = self._clock(), request_key(request)
        kept = self._answers.find(key)
        if kept is None:
            async with aclosing(self._asked(request, key)) as events:
                async for event in events:
                    yield event
            return
        for piece in kept.pieces:
            yield piece
        elapsed = round((self._clock() - began) * 1000, 3)
        yield AttemptEnded(msgspec.structs.replace(kept.attempt, latency_ms=elapsed))

    async def _asked(self, request: ModelRequest, key: bytes) -> AsyncGenerator[Event]:
        pieces: list[Event] = []
        last: Attempt | None = None
        async with aclosing(self._model.stream(request)) as events:
            async for event in events:
                if isinstance(event, AttemptEnded):
                    last = event.attempt
                else:
                    pieces.append(event)
                yield event
        if last is not None and last.error is None and last.finish in WHOLE and _size(pieces) <= LARGEST:
            self._answers.keep(key, tuple(pieces), _again(last))


def request_key(request: ModelRequest) -> bytes:
    """The hash of all that shapes the answer, whole, so that nobody finds two requests that share one. The k-th repeat
    of an ask is another request: repeats are there to differ.
    """
    shaping = (request.messages, request.params, request.tools, request.tool_choice, request.schema, request.repeat)
    return hashlib.sha256(canonical(shaping)).digest()


def _again(attempt: Attempt) -> Attempt:
    """The attempt as it stands on the exchange of a later ask."""
    return msgspec.structs.replace(
        attempt, cached=True, usage=Usage(), cost_nusd=0, first_token_ms=None, queued_ms=0.0, hedged=False
    )


def _size(pieces: list[Event]) -> int:
    size = 0
    for piece in pieces:
        if isinstance(piece, (TextDelta, ReasoningDelta)):
            size += len(piece.text)
        elif isinstance(piece, ToolCallDelta):
            size += len(piece.arguments)
    return size
