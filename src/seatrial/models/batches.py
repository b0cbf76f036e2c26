"""Asks about many texts, a batch in each call: what embeddings and moderations have in common.

A call gives no answer that could be streamed, but it is retried, limited and paid for like one. So it takes the form of
a Model that brings nothing but its attempts, and everything that wraps a Model fits around it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing
from time import perf_counter
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.errors import BugError, ModelError
from seatrial.core.events import AttemptEnded, Event
from seatrial.core.exchange import Attempt, Usage
from seatrial.core.shapes import Model
from seatrial.models.json_call import Endpoint
from seatrial.models.wire import Call

T = TypeVar("T")


class Batch(NamedTuple, Generic[T]):
    """What one call gave: one thing for each of its texts, in their order."""

    things: list[T]
    usage: Usage | None = None
    served_by: str | None = None


class BatchWire(Protocol[T]):
    """One format of such calls, bound to a model. A batch has no more than `most_texts`, and no more than `most_bytes`
    of them in UTF-8 unless it is a single text.
    """

    sends: tuple[tuple[str, str], ...]
    most_texts: int
    most_bytes: int

    def call(self, texts: Sequence[str]) -> Call: ...

    def read(self, body: bytes) -> Batch[T]:
        """Raises ErrorObject, and ValueError for what cannot be read."""


class Batches(Generic[T]):
    """Asks one endpoint about any number of texts. `around` wraps each call, with retries for example."""

    def __init__(
        self,
        name: str,
        *,
        wire: BatchWire[T],
        endpoint: Endpoint,
        around: Callable[[Model], Model],
        params: dict[str, Any],
    ) -> None:
        self.name = name
        self.use = endpoint.use
        self.params = params
        self.endpoint = endpoint
        self.wire = wire
        self._around = around

    async def ask(self, texts: Sequence[str]) -> tuple[list[T], tuple[Attempt, ...]]:
        """One thing for each text, in their order, and the attempts it took. Raises ModelError."""
        things: list[T] = []
        attempts: list[Attempt] = []
        for batch in _cut(texts, self.wire.most_texts, self.wire.most_bytes):
            call = _BatchCall(self, batch)
            request = ModelRequest(tuple(Message("user", text) for text in batch), params=self.params)
            async with aclosing(self._around(call).stream(request)) as events:
                attempts += [event.attempt async for event in events if isinstance(event, AttemptEnded)]
            things += call.outcome(attempts)
        return things, tuple(attempts)


class _BatchCall(Generic[T]):
    """One batch; is a Model that keeps what it got for itself."""

    def __init__(self, batches: Batches[T], texts: Sequence[str]) -> None:
        self._batches = batches
        self._texts = texts
        self._got: Batch[T] | None = None

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        batches, error, got = self._batches, None, None
        started = perf_counter()
        try:
            got = await batches.endpoint.ask(batches.wire.call(self._texts), self._read)
            self._got = got
        except ModelError as fault:
            error = fault.info
        yield AttemptEnded(
            Attempt(
                model=batches.name,
                use=batches.use,
                params=batches.params,
                served_by=got.served_by if got is not None else None,
                finish="error" if got is None else "stop",
                usage=got.usage if got is not None else None,
                latency_ms=(perf_counter() - started) * 1000,
                error=error,
            )
        )

    def _read(self, body: bytes) -> Batch[T]:
        got = self._batches.wire.read(body)
        if len(got.things) != len(self._texts):
            raise ValueError(f"it is for {len(got.things)} texts, and {len(self._texts)} were sent")
        return got

    def outcome(self, attempts: Sequence[Attempt]) -> list[T]:
        """What came in the end; raises the error of the last attempt when nothing did."""
        if self._got is not None:
            return self._got.things
        if not attempts or attempts[-1].error is None:
            raise BugError(f"the call of {self._batches.name} ended without an attempt")
        raise ModelError(attempts[-1].error)


def _cut(texts: Sequence[str], most_texts: int, most_bytes: int) -> Iterator[Sequence[str]]:
    """The texts in their order, as few batches as that allows."""
    begin, size = 0, 0
    for place, text in enumerate(texts):
        length = len(text.encode("utf-8", "surrogatepass"))
        if place > begin and (place - begin >= most_texts or size + length > most_bytes):
            yield texts[begin:place]
            begin, size = place, 0
        size += length
    if begin < len(texts):
        yield texts[begin:]


def in_order(things: Sequence[T], places: Sequence[int | None]) -> list[T]:
    """The things by the places they name; as they came where none is named. Raises ValueError unless every place is
    there once.
    """
    if all(place is None for place in places):
        return list(things)
    by_place = dict(zip(places, things, strict=True))
    if sorted(place for place in by_place if place is not None) != list(range(len(things))):
        raise ValueError(f"its {len(things)} entries do not have the indices 0 to {len(things) - 1}")
    return [by_place[place] for place in range(len(things))]
