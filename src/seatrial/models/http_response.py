"""A response whose body may still be arriving: the side of a connection that callers hold in their hands.

It is bound to its connection until the last byte is in and is only memory afterwards, so a connection serves the next
request while the last answer is still being looked at. Headers are kept as they came and decoded when somebody asks.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Protocol

from seatrial.models.transport import ErrorKind, Limit, TransportError

__all__ = ["Response", "framing_of"]

_HIGH_WATER = 256 * 1024  # bytes of body waiting to be taken above which the socket is no longer read
_FRAMING_HEADERS = frozenset({b"content-length", b"content-encoding", b"transfer-encoding"})
_FRAMING_LENGTHS = frozenset(map(len, _FRAMING_HEADERS))


def framing_of(raw_headers: list[tuple[bytes, bytes]]) -> tuple[bool, str | None]:
    """Whether only the end of the connection ends the body, and the header that says the body is coded, if one does."""
    ends_with_close = True
    for name, value in raw_headers:
        if len(name) not in _FRAMING_LENGTHS or (lowered := name.lower()) not in _FRAMING_HEADERS:
            continue
        plain = b"identity" if lowered == b"content-encoding" else b"chunked"
        if lowered != b"content-length" and value.strip().lower() != plain:
            return ends_with_close, f"{lowered.decode()}: {value.decode('latin-1')}"
        ends_with_close = ends_with_close and lowered == b"content-encoding"
    return ends_with_close, None


class _Source(Protocol):
    """What a response needs of its connection."""

    async def progress(self) -> None: ...

    def resume_reading(self) -> None: ...

    def expect_within(self, seconds: float, limit: Limit) -> None: ...

    def fail(self, kind: ErrorKind, message: str) -> None: ...


class Response:
    """See `HttpResponse`; the connection calls `feed` and `end`."""

    __slots__ = ("_buffered", "_error", "_headers", "_parts", "_raw_headers", "_source", "_whole", "received", "status")

    def __init__(self, source: _Source, status: int, raw_headers: list[tuple[bytes, bytes]]) -> None:
        self.status = status
        self.received = 0  # bytes of body so far
        self._source: _Source | None = source
        self._error: TransportError | None = None
        self._raw_headers = raw_headers
        self._headers: dict[str, str] | None = None
        self._parts: list[bytes] = []
        self._buffered = 0
        self._whole = False

    @property
    def headers(self) -> Mapping[str, str]:
        """Header values by lower-case name; of a repeated header the last value."""
        if self._headers is None:
            self._headers = {
                name.decode("latin-1").lower(): value.decode("latin-1").strip() for name, value in self._raw_headers
            }
        return self._headers

    async def read(self) -> bytes:
        """The body, or what `chunks` has not handed out of it. Raises `TransportError` unless it is complete."""
        self._whole = True
        while self._source is not None:
            await self._progress(self._source)
        if self._error is not None:
            raise self._error
        if len(self._parts) != 1:
            self._parts = [b"".join(self._parts)]
        return self._parts[0]

    def chunks(self) -> AsyncIterator[bytes]:
        """The body in non-empty pieces as they arrive; what came before a failure is handed out before it is raised."""
        return _Chunks(self)

    async def next_chunk(self) -> bytes:
        """All that arrived and was not handed out, waiting for it if need be; empty after a complete body."""
        while not self._parts and self._source is not None:
            await self._progress(self._source)
        if self._parts:
            taken = b"".join(self._parts)
            self._parts.clear()
            self._buffered = 0
            return taken
        if self._error is not None:
            raise self._error
        return b""

    def expect_within(self, seconds: float, limit: Limit) -> None:
        """Wait for more of the body no longer than `seconds` from now."""
        if self._source is not None:
            self._source.expect_within(seconds, limit)

    async def aclose(self) -> None:
        """Give up the rest of the body and close its connection; does nothing when the body is complete."""
        self._abandon("the response was closed before its body was complete")

    def feed(self, data: bytes) -> None:
        """Take in the next bytes of the body."""
        self._parts.append(data)
        self.received += len(data)
        self._buffered += len(data)

    def end(self, error: TransportError | None) -> None:
        """Let go of the connection: the body is complete, or `error` says why it never will be."""
        self._source = None
        self._error = error

    @property
    def is_flooded(self) -> bool:
        """Whether more of the body waits than a reader of pieces should have to hold."""
        return self._buffered > _HIGH_WATER and not self._whole

    async def _progress(self, source: _Source) -> None:
        source.resume_reading()
        try:
            await source.progress()
        except asyncio.CancelledError:
            self._abandon("reading the body was cancelled")
            raise

    def _abandon(self, message: str) -> None:
        if self._source is not None:
            self._source.fail("cut", message)


class _Chunks:
    # Not an async generator: the loop finalizes an abandoned one some time later, and its socket stays until then.
    __slots__ = ("_response",)

    def __init__(self, response: Response) -> None:
        self._response = response

    def __aiter__(self) -> "_Chunks":
        return self

    async def __anext__(self) -> bytes:
        chunk = await self._response.next_chunk()
        if not chunk:
            raise StopAsyncIteration
        return chunk
