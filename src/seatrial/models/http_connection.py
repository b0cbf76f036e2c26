"""One HTTP/1.1 connection: writes a request, parses what comes back, and says how it ended.

It is at once the asyncio protocol and the receiver of the C parser's callbacks, and wakes the coroutine that waits on
it once per packet, after the whole packet was parsed: a short answer costs one write and one wake-up, and its body is
there when its headers are. asyncio streams were rejected: more wake-ups and copies per answer.

The end of a body is believed only where the framing proves it (RFC 9112, section 6.3): Content-Length reached, last
chunk seen, or, where neither was announced, a close that was no reset and, over TLS, that the other side signed.
"""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import httptools

from seatrial.models.http_deadline import Deadline
from seatrial.models.http_head import Origin
from seatrial.models.http_response import Response, framing_of
from seatrial.models.transport import ErrorKind, HttpRequest, Limit, Phase, TransportError

__all__ = ["Connection", "Limits", "Outcome"]

_SHOWN_BYTES = 40  # of what came instead of HTTP, in an error message


@dataclass(slots=True, frozen=True)
class Limits:
    """Sizes in bytes, ages in seconds."""

    connections_per_origin: int = 100
    header_bytes: int = 64 * 1024
    body_bytes: int = 64 * 1024 * 1024
    idle_seconds: float = 15.0


Outcome = Response | TransportError  # an error is handed over, not raised into a future nobody may be waiting on


class Connection(asyncio.Protocol):
    """One socket: at most one exchange at a time, any number one after the other."""

    def __init__(
        self,
        origin: Origin,
        limits: Limits,
        on_idle: "Callable[[Connection], None]",
        on_lost: "Callable[[Connection], None]",
    ) -> None:
        self.served = 0  # requests written on it
        self.idle_since = 0.0
        self._origin = origin
        self._limits = limits
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._transport: asyncio.Transport | None = None
        self._closing = False
        self._reading_paused = False
        self._writing_paused = False
        self._deadline = Deadline(self._time_out)
        self._request: HttpRequest | None = None  # None while idle
        self._exchange: asyncio.Future[Outcome] | None = None
        self._waiter: asyncio.Future[Outcome] | None = None
        self._begin_exchange()

    def _begin_exchange(self) -> None:
        self._response: Response | None = None
        self._raw_headers: list[tuple[bytes, bytes]] = []
        self._refusal: tuple[ErrorKind, str] | None = None
        self._is_complete = False
        self._ends_with_close = False
        self._is_reusable = True
        self._bytes_since_body = 0  # received since the last byte of body: headers, trailers, chunk framing

    # What the client and the response call.

    def start(self, request: HttpRequest, message: bytes, deadline: float) -> asyncio.Future[Outcome]:
        """Write `message`. The future gives the response when its headers are in, or an error.

        `deadline` is in loop time."""
        assert self._transport is not None
        self._begin_exchange()
        self._request = request
        self.served += 1
        self._deadline.begin(deadline, request.timeout)
        if request.headers_timeout is not None:
            self._deadline.expect_within(request.headers_timeout, "first_token")
        self._exchange = self._waiter = waiter = self._loop.create_future()
        self._transport.write(message)
        return waiter

    def expect_within(self, seconds: float, limit: Limit) -> None:
        """Wait until `seconds` from now and no longer; the request's timeout holds all the same."""
        self._deadline.expect_within(seconds, limit)

    def abandon(self, exchange: asyncio.Future[Outcome]) -> None:
        """Close the socket at once if it still works on this exchange; by now it may work on somebody else's."""
        if self._exchange is exchange:
            self.fail("cut", "the request was cancelled")

    async def progress(self) -> None:
        """Wait until more of the body, its end or its failure is there."""
        if self._waiter is not None:
            raise RuntimeError("two coroutines are reading the body of one response")
        self._waiter = self._loop.create_future()
        await self._waiter

    def resume_reading(self) -> None:
        """Read the socket again after a pause for a slow reader."""
        if self._reading_paused and self._transport is not None:
            self._reading_paused = False
            self._transport.resume_reading()

    def fail(self, kind: ErrorKind, message: str, cause: Exception | None = None, limit: Limit = "total") -> None:
        """End the exchange under way, if there is one, with an error, and close the socket at once."""
        phase = self._phase()
        self.close()
        if self._request is None:
            return
        error = TransportError(kind, phase, f"{self._origin}: {message}", limit)
        error.__cause__ = cause
        response = self._response
        if response is not None:
            response.end(error)
        self._end_exchange()
        # What came in the same packet as the failure is handed out first, like what came before it.
        self._wake(response if response is not None and response.received else error)

    def close(self) -> None:
        """Close the socket without waiting for anything still to be written."""
        self._deadline.cancel()
        if not self._closing:
            self._closing = True
            if self._transport is not None:
                self._transport.abort()

    @property
    def is_closing(self) -> bool:
        """Whether no request can be written any more."""
        return self._closing or self._transport is None or self._transport.is_closing()

    # What the event loop calls. TCP_NODELAY is on by itself: asyncio and uvloop set it on every TCP socket.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's transports do not derive from asyncio's

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False

    def data_received(self, data: bytes) -> None:
        if self._request is None or self._parser is None:
            self.close()  # bytes nobody asked for must not become the answer to the next request
            return
        self._bytes_since_body += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self._is_complete:
                self._refuse_garbage(data, error)
                return
            self._is_reusable = False  # what comes after a complete answer costs the connection, not the answer
        if self._bytes_since_body > self._limits.header_bytes:
            self._refuse("too_large", f"more than {self._limits.header_bytes} bytes of headers")
        if self._refusal is not None:
            self.fail(*self._refusal)
            return
        response = self._response
        if response is not None:
            if self._is_complete:
                self._complete(response)
            elif response.is_flooded:
                self._pause_reading()
            self._wake(response)

    def eof_received(self) -> None:
        response = self._response
        if response is not None and self._ends_with_close and self._is_signed_close():
            self._is_reusable = False
            self._complete(response)
            self._wake(response)

    def connection_lost(self, exc: Exception | None) -> None:
        detail = f" ({exc})" if exc is not None else ""
        if self._response is None and self._bytes_since_body == 0:
            self.fail("reset", f"the connection was closed before any byte of a response{detail}", exc)
        else:
            self.fail("cut", f"the connection was closed before the response was complete{detail}", exc)
        self._transport = None
        self._parser = None  # it refers back to us
        self._on_lost(self)

    # What the parser calls.

    def on_message_begin(self) -> None:
        if self._is_complete:
            self._is_reusable = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self._raw_headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._is_complete or self._parser is None or self._request is None:
            return
        raw_headers, self._raw_headers = self._raw_headers, []  # what is added later are trailers: not the response's
        status = self._parser.get_status_code()
        if status < 200:
            if status < 100:
                self._refuse("protocol", f"expected a status code from 100 to 999, got {status}")
            return
        if self._bytes_since_body > self._limits.header_bytes:
            self._bytes_since_body = sum(len(name) + len(value) + 4 for name, value in raw_headers)
            if self._bytes_since_body > self._limits.header_bytes:
                return
        self._bytes_since_body = 0
        self._deadline.only_total()
        self._ends_with_close, coding = framing_of(raw_headers)
        if coding is not None:
            self._refuse(
                "protocol",
                f"expected a body that is not compressed, got {coding} (status {status})\n"
                "hint: the server, or something in front of it, ignores accept-encoding: identity",
            )
        self._response = Response(self, status, raw_headers)
        if self._request.method == "HEAD":
            self._is_complete = True
            self._is_reusable = False  # the parser cannot be told, and waits for the body that was announced
        elif not self._parser.should_keep_alive():
            self._is_reusable = False

    def on_body(self, data: bytes) -> None:
        response = self._response
        if response is None or self._is_complete:
            return
        self._bytes_since_body = 0
        response.feed(data)
        if response.received > self._limits.body_bytes:
            self._refuse("too_large", f"more than {self._limits.body_bytes} bytes of body")

    def on_message_complete(self) -> None:
        if self._response is not None:  # else it was an interim one (1xx)
            self._is_complete = True

    # How an exchange goes on and ends.

    def _complete(self, response: Response) -> None:
        response.end(None)
        self._end_exchange()
        # A server may answer before it has read the request; the rest of that must not stand in front of the next one.
        if self._is_reusable and self._transport is not None and self._transport.get_write_buffer_size() == 0:
            self.resume_reading()
            self._on_idle(self)
        else:
            self.close()

    def _end_exchange(self) -> None:
        self._request = self._response = self._exchange = None
        self._deadline.end()

    def _wake(self, outcome: Outcome) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(outcome)

    def _pause_reading(self) -> None:
        if not self._reading_paused and self._transport is not None:
            self._reading_paused = True
            self._transport.pause_reading()

    def _is_signed_close(self) -> bool:
        ssl_object = self._transport.get_extra_info("ssl_object") if self._transport is not None else None
        if ssl_object is None:
            return True
        try:
            return bool(ssl_object.read(1) == b"")  # asyncio does not tell close_notify from a cut; OpenSSL does
        except ssl.SSLError:
            return False

    def _refuse(self, kind: ErrorKind, message: str) -> None:
        self._refusal = self._refusal or (kind, message)

    def _refuse_garbage(self, data: bytes, error: Exception) -> None:
        if isinstance(error, httptools.HttpParserUpgrade):
            message = "the server switched to another protocol (status 101), which was not asked for"
        elif self._response is not None:
            message = f"the body breaks the framing of HTTP: {error}"
        else:
            message = f"expected an HTTP/1.1 response, got {data[:_SHOWN_BYTES]!r} ({error})"
            if data[:1] == b"\x15":  # a TLS alert record
                message += "\nhint: the server speaks TLS on this port: use https://"
        self.fail("protocol", message, error)

    def _phase(self) -> Phase:
        if self._response is not None:
            return "body"
        unsent = self._transport is not None and self._transport.get_write_buffer_size() > 0
        return "send" if unsent or self._writing_paused else "headers"

    def _time_out(self, limit: Limit, seconds: float) -> None:
        what = {
            "send": "the server to take the request",
            "headers": "the headers",
            "body": "the rest of the body",
        }[self._phase()]
        named = {"first_token": "for the first token ", "between_tokens": "between two tokens "}.get(limit, "")
        self.fail("timeout", f"waited for {what} until the time limit {named}of {seconds:g} s", None, limit)
