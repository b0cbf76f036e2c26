"""The shapes that carry the system, and `respond`, the one drain of a stream."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Sequence
from typing import Protocol

from seatrial.core.conversation import ModelRequest, Request
from seatrial.core.embeddings import Embeddings
from seatrial.core.errors import BugError
from seatrial.core.events import Done, Event
from seatrial.core.exchange import Exchange
from seatrial.core.moderation import Moderation
from seatrial.core.verdict import Verdict
from seatrial.core.view import View


class Target(Protocol):
    """Anything that can be asked: a feature, a bare model, a remote endpoint, a function.

    The stream ends in exactly one `Done`, also when the target failed or the task was cancelled: a cancelled stream
    yields `Done` with finish `cancelled` first and raises `CancelledError` when asked for more.
    """

    def stream(self, request: Request) -> AsyncGenerator[Event]: ...


class Model(Protocol):
    """A language model, or a wrapper around one. The stream ends in one `AttemptEnded` per try, failures included;
    it raises only for faults that are not the model's.
    """

    def stream(self, request: ModelRequest) -> AsyncGenerator[Event]: ...


class Check(Protocol):
    """A judge of one View; the verdict is awaited when it is an awaitable."""

    @property
    def id(self) -> str: ...

    @property
    def version(self) -> str: ...

    def check(self, view: View) -> Verdict | Awaitable[Verdict]: ...


class Embedder(Protocol):
    """Turns texts into vectors."""

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """One vector for each text. Raises ModelError when one cannot be had: never fewer than were asked for."""


class Moderator(Protocol):
    """Says of texts whether they break a provider's rules."""

    async def moderate(self, texts: Sequence[str]) -> tuple[Moderation, ...]:
        """One for each text, in their order. Raises ModelError."""


async def respond(target: Target, request: Request) -> Exchange:
    """Drain `target.stream(request)` and return the exchange its `Done` carries."""
    exchange: Exchange | None = None
    async for event in target.stream(request):
        if isinstance(event, Done):
            exchange = event.exchange
    if exchange is None:
        raise BugError(f"{type(target).__name__}.stream ended without Done")
    return exchange
