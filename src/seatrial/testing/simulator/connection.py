"""One client's connection: HTTP/1.1 requests in, planned answers out, byte for byte as planned.

The writing is ours, because no library lets an answer be wrong. asyncio streams were rejected as for our client: more
wake-ups per call. An answer with nothing to wait for is one write; any other is sent by a task, a step at a time.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from http import HTTPStatus
from time import perf_counter
from typing import Protocol
from urllib.parse import parse_qsl

import httptools

from seatrial.testing.simulator.call import Call, Ended
from seatrial.testing.simulator.plan import End, Head, Plan, Raw, Repeat, Send, Step, Wait
from seatrial.testing.simulator.provider import Provider

MOST_HEADER_BYTES = 64 * 1024
MOST_BODY_BYTES = 64 * 1024 * 1024
_BEFORE_RESET = 0.01
"""Seconds a client gets to read what came before a reset, which would else overtake it."""

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_LAST_CHUNK = b"0\r\n\r\n"


class Log(Protocol):
    """Who keeps the calls; its methods are called on the loop of the server."""

    def began(self, call: Call) -> bool:
        """Number a call and keep it. False when no more calls are taken."""

    def ended(self, call: Call) -> None: ...

    def joined(self, connection: Connection) -> int:
        """The number of a new connection."""

    def left(self, connection: Connection) -> None: ...


class Connection(asyncio.Protocol):
    """Calls on one connection are answered one after the other, in the order in which they came."""

    def __init__(self, provider: Provider, log: Log) -> None:
        self._provider = provider
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[tuple[Call, bool, bool]] = deque()
        self._call: Call | None = None
        self._task: asyncio.Task[None] | None = None
        self._began = 0.0
        self._writable = asyncio.Event()
        self._writable.set()
        self._ending: Ended = "client_closed"  # what becomes of an open call when the connection is lost
        self._closes = False
        self._number = 0
        self.on_message_begin()

    # The parser's callbacks.

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._size = 0

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._count(len(url), MOST_HEADER_BYTES)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")
        self._count(len(name) + len(value), MOST_HEADER_BYTES)

    def on_headers_complete(self) -> None:
        self._size = 0
        if self._headers.get("expect", "").lower() == "100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        self._body.append(data)
        self._count(len(data), MOST_BODY_BYTES)

    def on_message_complete(self) -> None:
        path, _, query = self._url.decode("latin-1").partition("?")
        call = Call(
            number=0,
            method=self._parser.get_method().decode(),
            path=path,
            query=dict(parse_qsl(query)) if query else {},
            headers=self._headers,
            body=b"".join(self._body),
            connection=self._number,
        )
        self._waiting.append((call, self._parser.should_keep_alive(), self._parser.get_http_version() != "1.0"))

    def _count(self, size: int, most: int) -> None:
        self._size += size
        if self._size > most:
            raise _TooLarge

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's transports do not derive from asyncio's
        self._number = self._log.joined(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_without_upgrade(data[upgrade.args[0] :])
            return
        except httptools.HttpParserError as error:
            too_large = isinstance(error.__context__, _TooLarge)
            self._refuse(413 if too_large else 400)
            return
        self._next()

    def _go_on_without_upgrade(self, rest: bytes) -> None:
        """The parser stops behind the headers of a request that offers another protocol (Java's client offers HTTP/2
        with every first request). Nothing is upgraded to: the request is read again without the offer.
        """
        call, _, _ = self._waiting.pop()
        self._parser = httptools.HttpRequestParser(self)
        kept = [f"{name}: {value}" for name, value in call.headers.items() if name not in ("upgrade", "connection")]
        lines = [f"{call.method} {self._url.decode('latin-1')} HTTP/1.1", *kept, "", ""]
        self.data_received("\r\n".join(lines).encode("latin-1") + rest)

    def eof_received(self) -> None:
        """Close, which ends what is under way: a client that ends its half has gone."""

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._closes = True
        if self._task is not None:
            self._task.cancel()
        if self._call is not None:
            self._end(self._ending)
        self._log.left(self)

    def shut(self) -> None:
        """The server ends: close at once."""
        self._ending = "server_closed"
        self._closes = True
        if self._transport is not None:
            self._transport.abort()

    def retire(self) -> None:
        """The server takes no more calls: close when nothing is under way."""
        self._closes = True
        if self._call is None and self._transport is not None:
            self._transport.close()

    @property
    def task(self) -> asyncio.Task[None] | None:
        return self._task

    # Answering.

    def _next(self) -> None:
        while self._call is None and self._waiting and self._transport is not None:
            if self._closes:
                self._transport.close()
                return
            call, keeps_alive, chunks = self._waiting.popleft()
            if not self._log.began(call):
                self._transport.close()
                return
            self._call, self._began = call, perf_counter()
            plan = self._provider.plan(call)
            self._closes = not keeps_alive
            if isinstance(plan, Plan) and plan.is_plain:
                self._write_whole(call, plan, chunks)
            else:
                self._task = self._loop.create_task(self._send(call, plan, chunks))

    def _write_whole(self, call: Call, plan: Plan, chunks: bool) -> None:
        assert self._transport is not None
        framing = _Framing.of(plan, chunks)
        self._closes = self._closes or framing.ends_with_close
        call.status = plan.status
        sends = [step.data for step in plan.steps if isinstance(step, Send)] if call.method != "HEAD" else []
        call.sent = sum(map(len, sends))
        body = b"".join(map(framing.frame, sends)) + framing.end
        self._transport.write(_head(plan, framing, closes=self._closes) + body)
        self._end("whole")
        if self._closes:
            self._transport.close()

    async def _send(self, call: Call, coming: object, chunks: bool) -> None:
        plan = coming if isinstance(coming, Plan) else await coming  # type: ignore[misc]
        assert isinstance(plan, Plan)
        framing = _Framing.of(plan, chunks)
        self._closes = self._closes or framing.ends_with_close
        for step in plan.steps:
            if isinstance(step, End):
                await self._break_off(step, framing)
                break
            await self._do(step, call, plan, framing)
        else:
            self._write(framing.end)
            self._end("whole")
        self._task = None
        if self._closes and self._transport is not None:
            self._transport.close()
        self._next()

    async def _do(self, step: Step, call: Call, plan: Plan, framing: _Framing) -> None:
        if isinstance(step, Wait):
            await (asyncio.sleep(step.seconds) if step.seconds is not None else self._loop.create_future())
        elif isinstance(step, Head):
            call.status = plan.status
            self._write(_head(plan, framing, closes=self._closes))
        elif isinstance(step, Raw):
            await self._give(step.data)
        elif isinstance(step, Send):
            call.sent += len(step.data)
            await self._give(framing.frame(step.data))
        elif isinstance(step, Repeat):
            frame = framing.frame(step.data)
            while True:
                call.sent += len(step.data)
                await self._give(frame)
                await asyncio.sleep(step.every)

    async def _give(self, data: bytes) -> None:
        """Write, and let the loop send it before anything else is written."""
        self._write(data)
        await asyncio.sleep(0)
        await self._writable.wait()

    async def _break_off(self, end: End, framing: _Framing) -> None:
        assert self._transport is not None
        if end.how == "short":
            self._write(framing.end)
        elif end.how == "cut":
            self._closes = True
        else:
            await asyncio.sleep(_BEFORE_RESET)
            self._closes = True
            linger = struct.pack("ii", 1, 0)  # close without waiting: the peer gets a reset
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._end("broken")
            self._transport.abort()
            return
        self._end("broken")

    def _write(self, data: bytes) -> None:
        if data and self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def _end(self, ended: Ended) -> None:
        call, self._call = self._call, None
        if call is not None:
            call.ended, call.seconds = ended, perf_counter() - self._began
            self._log.ended(call)

    def _refuse(self, status: int) -> None:
        """What came is not HTTP, or too much of it."""
        self._closes = True
        self._write(b"HTTP/1.1 %d %b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n" % (status, _reason(status)))
        if self._transport is not None:
            self._transport.close()


class _TooLarge(Exception):
    """Raised through the parser, which wraps it."""


class _Framing:
    """How the end of a body is told: by its length, by chunks, or, to a client that knows no chunks, by closing."""

    __slots__ = ("chunks", "ends_with_close", "length")

    def __init__(self, length: int | None, chunks: bool, ends_with_close: bool) -> None:
        self.length = length
        self.chunks = chunks
        self.ends_with_close = ends_with_close

    @classmethod
    def of(cls, plan: Plan, chunks: bool) -> _Framing:
        has_length = not plan.is_stream and not any(isinstance(step, Repeat) for step in plan.steps)
        if has_length:
            return cls(plan.body_length, False, False)
        return cls(None, chunks, not chunks)

    def frame(self, data: bytes) -> bytes:
        return b"%x\r\n%b\r\n" % (len(data), data) if self.chunks and data else data

    @property
    def end(self) -> bytes:
        return _LAST_CHUNK if self.chunks else b""


def _head(plan: Plan, framing: _Framing, *, closes: bool) -> bytes:
    lines = [b"HTTP/1.1 %d %b" % (plan.status, _reason(plan.status)), b"content-type: " + plan.content_type.encode()]
    lines += [f"{name}: {value}".encode() for name, value in plan.headers]
    if framing.length is not None:
        lines.append(b"content-length: %d" % framing.length)
    elif framing.chunks:
        lines.append(b"transfer-encoding: chunked")
    if closes:
        lines.append(b"connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _reason(status: int) -> bytes:
    return _REASONS.get(status, "Simulated").encode()
