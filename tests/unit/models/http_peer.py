"""A server that can be told, byte by byte, how to behave, and what the tests of our HTTP client ask of it."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from seatrial.models.http import HttpTransport, Limits
from seatrial.models.transport import HttpRequest, TransportError

SHORT = 0.3  # seconds, for what must time out; long enough to connect on a busy machine
LONG = 20.0  # seconds, for what must not
PLAIN = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello"
CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"

Run = Callable[[Coroutine[Any, Any, Any]], Any]


class Peer:
    """The server's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def request(self) -> tuple[str, bytes] | None:
        """The next request's head and body; None when the client has closed the connection."""
        try:
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        length = next((line.split(":")[1] for line in head.lower().split("\r\n") if "content-length:" in line), "0")
        return head, await self.reader.readexactly(int(length))

    async def send(self, *parts: bytes) -> None:
        """Write the parts so that each arrives by itself: client and server take turns on one loop."""
        for part in parts:
            if not self.writer.transport.is_closing():  # uvloop objects to a write after the end
                self.writer.write(part)
            for _ in range(3):
                await asyncio.sleep(0)

    def reset(self) -> None:
        """Close with a TCP reset instead of an orderly end."""
        linger = struct.pack("ii", 1, 0)
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.writer.transport.abort()

    async def closed(self) -> None:
        """Return when the client has closed the connection."""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionError:
            pass


Script = Callable[[Peer, int], Awaitable[None]]


class Server:
    """Runs `script(peer, n)` for the n-th connection (from 0), then closes it."""

    def __init__(self, script: Script, context: ssl.SSLContext | None = None) -> None:
        self.connections = 0
        self._accepted = asyncio.Event()
        self._script = script
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Server":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}/v1/x?a=b"
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def accepted(self, connections: int) -> None:
        """Return when so many connections were accepted in all."""
        while self.connections < connections:
            self._accepted.clear()
            await self._accepted.wait()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # asyncio keeps only a weak hold on this task and reports its errors to nobody
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        number, self.connections = self.connections, self.connections + 1
        self._accepted.set()
        try:
            await self._script(Peer(reader, writer), number)
        except asyncio.CancelledError:
            pass
        finally:
            writer.close()


def always(answer: bytes) -> Script:
    """Answer every request on every connection with the same bytes."""

    async def script(peer: Peer, number: int) -> None:
        while await peer.request():
            await peer.send(answer)

    return script


def once(*parts: bytes) -> Script:
    """Answer the first request of a connection with the parts, then close it."""

    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.send(*parts)

    return script


async def silent(peer: Peer, number: int) -> None:
    await peer.closed()


def chunked(*chunks: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"


def post(url: str, body: bytes = b"{}", timeout: float = LONG, method: str = "POST", **headers: str) -> HttpRequest:
    return HttpRequest(method, url, tuple(headers.items()), body, timeout)


async def body_of(transport: HttpTransport, request: HttpRequest) -> bytes:
    return await (await transport.send(request)).read()


@asynccontextmanager
async def client(limits: Limits | None = None, context: ssl.SSLContext | None = None) -> AsyncIterator[HttpTransport]:
    transport = HttpTransport(limits, context)
    try:
        yield transport
    finally:
        await transport.aclose()


async def failure_of(
    server: Server, request: HttpRequest | None = None, limits: Limits | None = None
) -> TransportError:
    async with server, client(limits) as transport:
        with pytest.raises(TransportError) as caught:
            await body_of(transport, request or post(server.url))
    return caught.value
