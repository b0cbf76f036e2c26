"""Our own HTTP/1.1 client: a small keep-alive pool on a C parser, for many short calls to few hosts.

Why our own: where every call costs a fraction of a millisecond, the client is what limits an evaluation, and the known
ones cost several times as much and take longer to import than our whole package (figures: benchmarks/README.md). Left
out, because a model call needs none of it: redirects, cookies, compression, HTTP/2, proxies. Anything unusual goes
through another `Transport`.

Retried is one thing only, the race every keep-alive client has: the server closes an idle connection while we write
on it. A request written on a re-used connection that closes within `_STALE_SECONDS`, before any byte of a response, is
written once more, on a new connection. In theory a server can have taken it up in that moment and died without a byte;
a model call done twice costs its price and changes nothing else. Not retried: a reset of a new connection, a reset
after longer (then somebody was working on it), anything after the first byte. Rejected: probing each connection before
its use (a system call every time, and the race stays), and no retry (every server's idle timeout would show).
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache

from seatrial.models.http_connect import connect, proxy_hint, tls_context
from seatrial.models.http_connection import Connection, Limits, Outcome
from seatrial.models.http_head import Origin, parse_url, render_head
from seatrial.models.http_pool import Pool
from seatrial.models.http_response import Response
from seatrial.models.transport import HttpRequest, Transport, TransportError

__all__ = ["HttpTransport", "Limits"]

_STALE_SECONDS = 2.0
_OTHER_LOOP = (
    "this HTTP transport belongs to another event loop, the one it first sent on\n"
    "hint: make one transport per event loop"
)
_LONGEST_TIMEOUT = 7 * 24 * 3600.0
_PREPARED_AT_MOST = 1024  # more differing heads than this and remembering them does not pay
_EXPECT_BODY = frozenset({"POST", "PUT", "PATCH"})

_parse_url = lru_cache(maxsize=256)(parse_url)


@dataclass(slots=True, frozen=True)
class _Prepared:
    pool: Pool
    before_length: bytes
    without_body: bytes


class HttpTransport(Transport):
    """A `Transport` over TCP and TLS. Belongs to the event loop it first sends on."""

    def __init__(self, limits: Limits | None = None, ssl_context: ssl.SSLContext | None = None) -> None:
        """`ssl_context`: what certificates to trust, instead of the system's and SSL_CERT_FILE's."""
        self._limits = limits or Limits()
        self._ssl_context = ssl_context
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pools: dict[Origin, Pool] = {}
        self._prepared: dict[tuple[str, str, tuple[tuple[str, str], ...]], _Prepared] = {}
        self._is_closed = False

    async def send(self, request: HttpRequest) -> Response:
        """Send, and return when the headers are in. Every status code is a response, none an error.

        Raises `TransportError`; ValueError for a request that must not be written (a line break in a header, a URL
        that is not http or https, a timeout that is not above 0); RuntimeError on another event loop or after
        `aclose`. Cancelled, it closes the socket at once."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop or self._is_closed:
            self._bind(loop)
        prepared = self._prepared.get((request.method, request.url, request.headers)) or self._prepare(request)
        if not 0 < request.timeout <= _LONGEST_TIMEOUT:
            raise ValueError(f"timeout must be above 0 and at most {_LONGEST_TIMEOUT:g} seconds, got {request.timeout}")
        if request.body:
            message = b"%bcontent-length: %d\r\n\r\n%b" % (prepared.before_length, len(request.body), request.body)
        else:
            message = prepared.without_body
        now = loop.time()
        deadline = now + request.timeout
        pool = prepared.pool
        connection = pool.take(now)
        if connection is None:
            connection = await _acquire(pool, pool.acquire, request, deadline)
            now = loop.time()
        may_be_stale = connection.served > 0
        outcome = await _exchange(connection, request, message, deadline)
        if isinstance(outcome, TransportError):
            if not may_be_stale or outcome.kind != "reset" or loop.time() - now > _STALE_SECONDS:
                raise outcome
            connection = await _acquire(pool, pool.acquire_fresh, request, deadline)
            outcome = await _exchange(connection, request, message, deadline)
            if isinstance(outcome, TransportError):
                raise outcome
        return outcome

    async def aclose(self) -> None:
        """Close every connection and wait until it is closed; exchanges under way fail. Safe to call twice."""
        self._is_closed = True
        if self._loop is not None and self._loop is not asyncio.get_running_loop():
            raise RuntimeError(_OTHER_LOOP)
        for pool in self._pools.values():
            await pool.aclose()

    def _bind(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._is_closed:
            raise RuntimeError("the HTTP transport was closed\nhint: make a new one")
        if self._loop is not None:
            raise RuntimeError(_OTHER_LOOP)
        self._loop = loop

    def _prepare(self, request: HttpRequest) -> _Prepared:
        origin, target = _parse_url(request.url)
        head = render_head(request.method, origin, target, request.headers)
        pool = self._pools.get(origin)
        if pool is None:
            pool = self._pools[origin] = Pool(origin, self._limits, self._connect)
        length = b"content-length: 0\r\n" if request.method in _EXPECT_BODY else b""
        prepared = _Prepared(pool, head, head + length + b"\r\n")
        if len(self._prepared) >= _PREPARED_AT_MOST:
            self._prepared.clear()
        self._prepared[request.method, request.url, request.headers] = prepared
        return prepared

    async def _connect(self, origin: Origin, make: Callable[[], Connection]) -> Connection:
        if origin.scheme == "http":
            return await connect(origin, make, None)
        if self._ssl_context is None:
            self._ssl_context = tls_context()  # reads the system's authorities: tens of milliseconds, only for https
        return await connect(origin, make, self._ssl_context)


async def _acquire(
    pool: Pool, acquire: Callable[[float | None], Awaitable[Connection]], request: HttpRequest, deadline: float
) -> Connection:
    try:
        async with asyncio.timeout_at(deadline):
            return await acquire(request.connect_timeout)
    except TimeoutError as error:
        message = f"{pool.origin}: no connection until the time limit of {request.timeout:g} s ({pool})"
        raise TransportError("timeout", "connect", message + proxy_hint(pool.origin)) from error


async def _exchange(connection: Connection, request: HttpRequest, message: bytes, deadline: float) -> Outcome:
    exchange = connection.start(request, message, deadline)
    try:
        return await exchange
    except asyncio.CancelledError:
        connection.abandon(exchange)
        raise
