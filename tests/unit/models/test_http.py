"""Our HTTP client against a server that can be told, byte by byte, how to behave."""

import asyncio
import gc
import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatrial.models import http
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


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Run]:
    """Runs a coroutine on each kind of event loop; nothing may be left open behind it (warnings are errors)."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else None
    gc.freeze()  # so that the collection below looks only at what the test made
    with asyncio.Runner(loop_factory=factory) as runner:
        yield runner.run
    gc.collect()
    gc.unfreeze()


# What is written


def test_a_request_is_written_whole_with_its_length(run: Run) -> None:
    async def main() -> None:
        seen = asyncio.get_running_loop().create_future()

        async def script(peer: Peer, number: int) -> None:
            seen.set_result(await peer.request())
            await peer.send(PLAIN)

        async with Server(script) as server, client() as transport:
            await body_of(transport, post(server.url, b'{"a":1}', Authorization="Bearer none"))
            assert await seen == (
                f"POST /v1/x?a=b HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\naccept-encoding: identity\r\n"
                "Authorization: Bearer none\r\ncontent-length: 7\r\n\r\n",
                b'{"a":1}',
            )

    run(main())


@pytest.mark.parametrize(("method", "announced"), [("GET", False), ("POST", True)])
def test_an_empty_body_is_announced_only_where_one_is_expected(run: Run, method: str, announced: bool) -> None:
    async def main() -> None:
        seen = asyncio.get_running_loop().create_future()

        async def script(peer: Peer, number: int) -> None:
            seen.set_result(await peer.request())
            await peer.send(PLAIN)

        async with Server(script) as server, client() as transport:
            await body_of(transport, post(server.url, b"", method=method))
            head, _ = await seen
            assert ("content-length: 0" in head) is announced

    run(main())


@pytest.mark.parametrize("timeout", [0.0, -1.0, float("nan"), float("inf")])
def test_a_timeout_that_cannot_be_kept_is_refused(run: Run, timeout: float) -> None:
    async def main() -> None:
        async with client() as transport:
            with pytest.raises(ValueError, match="timeout must be above 0"):
                await transport.send(post("http://127.0.0.1:1/", timeout=timeout))

    run(main())


def test_a_line_break_in_a_header_is_refused_before_anything_is_sent(run: Run) -> None:
    async def main() -> None:
        async with Server(always(PLAIN)) as server, client() as transport:
            with pytest.raises(ValueError, match="line break") as caught:
                await transport.send(post(server.url, key="secret\r\nx: y"))
            assert "secret" not in str(caught.value)
            assert server.connections == 0

    run(main())


# What is read


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (PLAIN, b"hello"),
        (CHUNKED_HEAD + chunked(b"hel", b"lo"), b"hello"),
        (CHUNKED_HEAD + b"5;name=value\r\nhello\r\n0\r\ncontent-type: late\r\n\r\n", b"hello"),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", b"hello"),
        (b"HTTP/1.0 200 OK\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + PLAIN, b"hello"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", b""),
    ],
    ids=["length", "chunked", "trailers", "close", "http-1.0", "interim", "empty", "204", "304"],
)
def test_each_framing_gives_its_body(run: Run, answer: bytes, body: bytes) -> None:
    async def main() -> None:
        async with Server(once(answer)) as server, client() as transport:
            response = await transport.send(post(server.url))
            assert await response.read() == body
            assert response.headers.get("content-type") in (None, "text/plain")
            assert "link" not in response.headers

    run(main())


def test_head_has_no_body_whatever_length_is_announced(run: Run) -> None:
    async def main() -> None:
        async with Server(always(PLAIN[:-5])) as server, client() as transport:
            for _ in range(2):
                response = await transport.send(post(server.url, b"", method="HEAD"))
                assert (response.status, await response.read()) == (200, b"")

    run(main())


def test_every_status_is_a_response(run: Run) -> None:
    async def main() -> None:
        async with Server(always(PLAIN.replace(b"200 OK", b"503 Busy"))) as server, client() as transport:
            response = await transport.send(post(server.url))
            assert (response.status, await response.read()) == (503, b"hello")

    run(main())


def test_header_names_are_lower_case_and_the_last_value_wins(run: Run) -> None:
    async def main() -> None:
        answer = b"HTTP/1.1 200 OK\r\nX-One: a\r\nx-one:  b \r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n"
        async with Server(always(answer)) as server, client() as transport:
            response = await transport.send(post(server.url))
            assert dict(response.headers) == {"x-one": "b", "retry-after": "3", "content-length": "0"}

    run(main())


def test_a_chunked_answer_may_be_cut_into_packets_anywhere(run: Run) -> None:
    answer = b"HTTP/1.1 100 Continue\r\n\r\n" + CHUNKED_HEAD + chunked(b"hello ", b"w", b"orld")[:-2] + b"a: b\r\n\r\n"

    async def script(peer: Peer, number: int) -> None:
        for place in range(len(answer) + 1):
            await peer.request()
            await peer.send(answer[:place], answer[place:])
        await peer.closed()

    async def main() -> None:
        async with Server(script) as server, client() as transport:
            for place in range(len(answer) + 1):
                response = await transport.send(post(server.url))
                pieces = [piece async for piece in response.chunks()] if place % 2 else [await response.read()]
                assert b"".join(pieces) == b"hello world"
                assert b"" not in pieces
            assert server.connections == 1

    run(main())


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), chunks=st.lists(st.binary(min_size=1, max_size=40), max_size=8))
def test_pieces_join_to_the_body_however_it_was_cut(run: Run, data: st.DataObject, chunks: list[bytes]) -> None:
    answer = CHUNKED_HEAD + chunked(*chunks)
    places = sorted(data.draw(st.lists(st.integers(0, len(answer)), max_size=12)))
    parts = [answer[start:end] for start, end in zip([0, *places], [*places, len(answer)], strict=True)]

    async def main() -> None:
        async with Server(once(*parts)) as server, client() as transport:
            response = await transport.send(post(server.url))
            assert b"".join([piece async for piece in response.chunks()]) == b"".join(chunks)

    run(main())


def test_pieces_are_handed_out_as_they_arrive(run: Run) -> None:
    async def main() -> None:
        go_on = asyncio.Event()

        async def script(peer: Peer, number: int) -> None:
            await peer.request()
            await peer.send(CHUNKED_HEAD + b"3\r\none\r\n")
            await go_on.wait()
            await peer.send(b"3\r\ntwo\r\n0\r\n\r\n")

        async with Server(script) as server, client() as transport:
            response = await transport.send(post(server.url))
            pieces = response.chunks()
            assert await anext(pieces) == b"one"
            go_on.set()
            assert await response.read() == b"two"
            assert [piece async for piece in pieces] == [b"two"]

    run(main())


def test_a_body_can_be_read_again(run: Run) -> None:
    async def main() -> None:
        async with Server(always(PLAIN)) as server, client() as transport:
            response = await transport.send(post(server.url))
            assert [await response.read(), await response.read()] == [b"hello", b"hello"]

    run(main())


def test_two_readers_of_one_body_are_told(run: Run) -> None:
    async def main() -> None:
        async with Server(once(PLAIN[:-1], b"")) as server, client() as transport:
            response = await transport.send(post(server.url))
            first = asyncio.create_task(response.read())
            await asyncio.sleep(0)
            with pytest.raises(RuntimeError, match="two coroutines"):
                await response.read()
            with pytest.raises(TransportError):
                await first

    run(main())


def test_a_body_nobody_reads_stops_the_server_and_is_complete_when_read(run: Run) -> None:
    piece, count = b"x" * 65536, 256

    async def main() -> None:
        stalled = asyncio.Event()

        async def script(peer: Peer, number: int) -> None:
            await peer.request()
            peer.writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (len(piece) * count))
            for _ in range(count):
                peer.writer.write(piece)
                drained = asyncio.ensure_future(peer.writer.drain())
                await asyncio.wait([drained], timeout=SHORT)
                if not drained.done():
                    stalled.set()
                await drained
            await peer.closed()

        async with Server(script) as server, client() as transport:
            response = await transport.send(post(server.url))
            await stalled.wait()
            pieces = [len(got) async for got in response.chunks()]
            assert sum(pieces) == len(piece) * count
            assert max(pieces) < len(piece) * count / 8

    run(main())


# Re-use of connections


def test_connections_are_kept_and_used_again(run: Run) -> None:
    async def main() -> None:
        async with Server(always(PLAIN)) as server, client() as transport:
            for _ in range(5):
                assert await body_of(transport, post(server.url)) == b"hello"
            assert server.connections == 1

    run(main())


@pytest.mark.parametrize(
    ("answer", "connections"),
    [
        (PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), 3),
        (PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"), 3),
        (PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"\r\n\r\n", b"\r\nConnection: keep-alive\r\n\r\n"), 1),
        (PLAIN + b"surplus", 3),
        (PLAIN + b"H", 3),
        (PLAIN + PLAIN, 3),
    ],
    ids=["close", "http-1.0", "http-1.0-keep-alive", "surplus", "surplus-start", "second-answer"],
)
def test_a_connection_is_used_again_only_where_that_is_safe(run: Run, answer: bytes, connections: int) -> None:
    async def main() -> None:
        async with Server(always(answer)) as server, client() as transport:
            for _ in range(3):
                assert await body_of(transport, post(server.url)) == b"hello"
            assert server.connections == connections

    run(main())


def test_bytes_nobody_asked_for_never_become_an_answer(run: Run) -> None:
    async def main() -> None:
        async def script(peer: Peer, number: int) -> None:
            while await peer.request():
                await peer.send(PLAIN, PLAIN.replace(b"hello", b"wrong") if number == 0 else b"")

        async with Server(script) as server, client() as transport:
            assert await body_of(transport, post(server.url)) == b"hello"
            for _ in range(5):
                await asyncio.sleep(0)
            assert await body_of(transport, post(server.url)) == b"hello"
            assert server.connections == 2

    run(main())


def test_a_connection_idle_for_too_long_is_dropped(run: Run) -> None:
    async def main() -> None:
        async with Server(always(PLAIN)) as server, client(Limits(idle_seconds=-1.0)) as transport:
            for _ in range(3):
                await body_of(transport, post(server.url))
            assert server.connections == 3

    run(main())


def test_the_connection_used_last_is_used_first(run: Run) -> None:
    async def main() -> None:
        gates = [asyncio.Event(), asyncio.Event()]

        async def script(peer: Peer, number: int) -> None:
            await peer.request()
            await gates[number].wait()
            await peer.send(PLAIN)
            while await peer.request():
                await peer.send(PLAIN.replace(b"hello", b"from%d" % number))

        async with Server(script) as server, client() as transport:
            both = [asyncio.create_task(body_of(transport, post(server.url))) for _ in range(2)]
            await server.accepted(2)
            gates[1].set()
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            gates[0].set()
            await asyncio.wait(both)
            assert [await body_of(transport, post(server.url)) for _ in range(3)] == [b"from0"] * 3

    run(main())


def test_each_of_many_concurrent_requests_gets_its_own_answer(run: Run) -> None:
    async def main() -> None:
        async def script(peer: Peer, number: int) -> None:
            while (request := await peer.request()) is not None:
                await peer.send(CHUNKED_HEAD, chunked(request[1], b"!"))

        async with Server(script) as server, client(Limits(connections_per_origin=8)) as transport:
            bodies = [b"%d" % index for index in range(200)]
            answers = await asyncio.gather(*(body_of(transport, post(server.url, body)) for body in bodies))
            assert answers == [body + b"!" for body in bodies]
            assert server.connections == 8

    run(main())


def test_requests_wait_their_turn_for_a_bounded_pool(run: Run) -> None:
    async def main() -> None:
        order: list[bytes] = []

        async def script(peer: Peer, number: int) -> None:
            while (request := await peer.request()) is not None:
                order.append(request[1])
                await peer.send(PLAIN)

        async with Server(script) as server, client(Limits(connections_per_origin=1)) as transport:
            bodies = [b"%d" % index for index in range(20)]
            await asyncio.gather(*(body_of(transport, post(server.url, body)) for body in bodies))
            assert order == bodies
            assert server.connections == 1

    run(main())


# The keep-alive race


def stale_after_first(how: Callable[[Peer], None], later: Script) -> Script:
    """The first connection answers once and then closes on its second request; further ones follow `later`."""

    async def script(peer: Peer, number: int) -> None:
        if number:
            await later(peer, number)
            return
        await peer.request()
        await peer.send(PLAIN)
        await peer.request()
        how(peer)

    return script


@pytest.mark.parametrize("how", [lambda peer: None, Peer.reset], ids=["closed", "reset"])
@pytest.mark.parametrize("limits", [None, Limits(connections_per_origin=1)], ids=["roomy", "full"])
def test_a_stale_connection_is_replaced_once(run: Run, how: Callable[[Peer], None], limits: Limits | None) -> None:
    async def main() -> None:
        async with Server(stale_after_first(how, always(PLAIN))) as server, client(limits) as transport:
            assert [await body_of(transport, post(server.url)) for _ in range(2)] == [b"hello", b"hello"]
            assert server.connections == 2

    run(main())


def test_a_second_reset_is_reported(run: Run) -> None:
    async def main() -> None:
        async with Server(stale_after_first(Peer.reset, once())) as server, client() as transport:
            await body_of(transport, post(server.url))
            with pytest.raises(TransportError) as caught:
                await body_of(transport, post(server.url))
            assert (caught.value.kind, caught.value.phase) == ("reset", "headers")
            assert server.connections == 2

    run(main())


def test_a_reset_after_a_while_is_not_retried(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_STALE_SECONDS", -1.0)  # any time is a while

    async def main() -> None:
        async with Server(stale_after_first(Peer.reset, always(PLAIN))) as server, client() as transport:
            await body_of(transport, post(server.url))
            with pytest.raises(TransportError, match="before any byte"):
                await body_of(transport, post(server.url))
            assert server.connections == 1

    run(main())


def test_a_re_used_connection_that_closes_after_a_byte_is_not_retried(run: Run) -> None:
    async def main() -> None:
        async def script(peer: Peer, number: int) -> None:
            await peer.request()
            await peer.send(PLAIN)
            await peer.request()
            await peer.send(b"H")

        async with Server(script) as server, client() as transport:
            await body_of(transport, post(server.url))
            with pytest.raises(TransportError) as caught:
                await body_of(transport, post(server.url))
            assert (caught.value.kind, caught.value.phase) == ("cut", "headers")
            assert server.connections == 1

    run(main())


# Failures


@pytest.mark.parametrize(
    ("answer", "kind", "phase"),
    [
        (b"", "reset", "headers"),
        (b"HTTP/1.1 200 OK\r\ncontent-le", "cut", "headers"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "cut", "headers"),
        (PLAIN[:-1], "cut", "body"),
        (PLAIN[:-5], "cut", "body"),
        (CHUNKED_HEAD, "cut", "body"),
        (CHUNKED_HEAD + b"5\r\nhel", "cut", "body"),
        (CHUNKED_HEAD + b"5\r\nhello\r\n", "cut", "body"),
        (CHUNKED_HEAD + b"5\r\nhello\r\n0\r\n", "cut", "body"),
        (CHUNKED_HEAD + b"5\r\nhelloo\r\n", "protocol", "body"),
        (CHUNKED_HEAD + b"fffffffffffffffff\r\nhello", "protocol", "body"),
        (b"SSH-2.0-OpenSSH_9\r\n", "protocol", "headers"),
        (b"HTTP/1.1 20x OK\r\n\r\n", "protocol", "headers"),
        (b"HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n", "protocol", "headers"),
        (b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", "protocol", "headers"),
        (PLAIN.replace(b"\r\n\r\n", b"\r\ncontent-length: 4\r\n\r\n"), "protocol", "headers"),
        (CHUNKED_HEAD[:-2] + b"content-length: 5\r\n\r\n" + chunked(b"hello"), "protocol", "headers"),
        (PLAIN.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"), "protocol", "body"),
        (CHUNKED_HEAD.replace(b"chunked", b"gzip, chunked") + chunked(b"hello"), "protocol", "body"),
    ],
)
def test_what_is_not_a_complete_answer_is_an_error(run: Run, answer: bytes, kind: str, phase: str) -> None:
    error = run(failure_of(Server(once(answer))))
    assert (error.kind, error.phase) == (kind, phase)


def test_a_reset_never_ends_a_body_that_ends_with_the_connection(run: Run) -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
        peer.reset()

    error = run(failure_of(Server(script)))
    assert (error.kind, error.phase) == ("cut", "body")


def test_what_arrived_is_handed_out_before_the_failure(run: Run) -> None:
    async def main() -> None:
        async with Server(once(CHUNKED_HEAD + b"5\r\nhello\r\n")) as server, client() as transport:
            response = await transport.send(post(server.url))
            pieces = response.chunks()
            assert await anext(pieces) == b"hello"
            for _ in range(2):
                with pytest.raises(TransportError, match="before the response was complete"):
                    await anext(pieces)
            with pytest.raises(TransportError):
                await response.read()

    run(main())


@pytest.mark.parametrize(
    ("answer", "phase", "message"),
    [
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 2000 + b"\r\ncontent-length: 0\r\n\r\n", "headers", "bytes of headers"),
        (b"HTTP/1.1 200 OK\r\n" + b"a" * 2000, "headers", "bytes of headers"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n" + b"a" * 5000, "body", "2000 bytes of body"),
        (CHUNKED_HEAD + chunked(*[b"a" * 10] * 500), "body", "2000 bytes of body"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 5000, "body", "2000 bytes of body"),
        (CHUNKED_HEAD + b"1\r\na\r\n0\r\n", "body", "bytes of headers"),
    ],
    ids=["headers", "one-header", "length", "chunked", "close", "trailers"],
)
def test_too_large_an_answer_is_given_up(run: Run, answer: bytes, phase: str, message: str) -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.send(answer)
        while not peer.writer.transport.is_closing():
            await peer.send(b"a" * 500)

    error = run(failure_of(Server(script), limits=Limits(header_bytes=1000, body_bytes=2000)))
    assert (error.kind, error.phase) == ("too_large", phase)
    assert message in error.message


def test_answers_up_to_the_limits_are_taken(run: Run) -> None:
    async def main() -> None:
        answer = b"HTTP/1.1 200 OK\r\nx: " + b"a" * 900 + b"\r\ncontent-length: 2000\r\n\r\n" + b"a" * 2000
        async with Server(always(answer)) as server, client(Limits(header_bytes=1000, body_bytes=2000)) as transport:
            assert len(await body_of(transport, post(server.url))) == 2000

    run(main())


def test_a_refused_connection_says_where(run: Run) -> None:
    async def main() -> None:
        async with Server(silent) as server:
            pass
        async with client() as transport:
            with pytest.raises(TransportError, match=rf"127\.0\.0\.1:{server.port}.*refused") as caught:
                await transport.send(post(server.url))
        assert (caught.value.kind, caught.value.phase) == ("connect", "connect")

    run(main())


@pytest.mark.parametrize(("exempt", "hinted"), [("", True), ("127.0.0.1", False)])
def test_a_failed_connection_mentions_an_unused_proxy(
    run: Run, monkeypatch: pytest.MonkeyPatch, exempt: str, hinted: bool
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", exempt)

    async def main() -> None:
        async with Server(silent) as server:
            pass
        async with client() as transport:
            with pytest.raises(TransportError) as caught:
                await transport.send(post(server.url))
        assert ("proxies are not supported" in str(caught.value)) is hinted

    run(main())


def test_an_early_answer_is_given_and_its_connection_not_used_again(run: Run) -> None:
    async def main() -> None:
        async def script(peer: Peer, number: int) -> None:
            await peer.reader.readuntil(b"\r\n\r\n")
            await peer.send(PLAIN.replace(b"200 OK", b"413 Too Large"))
            await peer.closed()

        async with Server(script) as server, client() as transport:
            for _ in range(2):
                response = await transport.send(post(server.url, b"x" * 2**23))
                assert (response.status, await response.read()) == (413, b"hello")
            assert server.connections == 2

    run(main())


# Time limits


async def unread(peer: Peer, number: int) -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(
    ("script", "body", "phase"),
    [
        (unread, b"x" * 2**24, "send"),
        (silent, b"{}", "headers"),
        (lambda peer, number: _answer_and_wait(peer, PLAIN[:10]), b"{}", "headers"),
        (lambda peer, number: _answer_and_wait(peer, PLAIN[:-1]), b"{}", "body"),
    ],
    ids=["send", "headers", "half-headers", "body"],
)
def test_the_time_limit_holds_in_each_phase(run: Run, script: Script, body: bytes, phase: str) -> None:
    async def main() -> TransportError:
        server = Server(script)
        async with server, client() as transport:
            with pytest.raises(TransportError, match=r"time limit of 0\.3 s") as caught:
                await body_of(transport, post(server.url, body, timeout=SHORT))
            return caught.value

    error = run(main())
    assert (error.kind, error.phase) == ("timeout", phase)


async def _answer_and_wait(peer: Peer, answer: bytes) -> None:
    await peer.request()
    await peer.send(answer)
    await peer.closed()


def test_the_time_limit_holds_while_waiting_for_a_connection(run: Run) -> None:
    async def main() -> None:
        async with Server(silent) as server, client(Limits(connections_per_origin=1)) as transport:
            first = asyncio.create_task(transport.send(post(server.url)))
            await asyncio.sleep(0)
            with pytest.raises(TransportError, match="1 of 1 connections") as caught:
                await transport.send(post(server.url, timeout=SHORT))
            assert (caught.value.kind, caught.value.phase) == ("timeout", "connect")
            first.cancel()
            await asyncio.wait([first])

    run(main())


def test_the_time_limit_holds_during_a_tls_handshake(run: Run) -> None:
    async def main() -> None:
        async with Server(silent) as server, client() as transport:
            with pytest.raises(TransportError) as caught:
                await transport.send(post(server.url.replace("http:", "https:"), timeout=SHORT))
            assert (caught.value.kind, caught.value.phase) == ("timeout", "connect")

    run(main())


def test_a_shorter_time_limit_holds_on_a_connection_that_served_a_longer_one(run: Run) -> None:
    async def main() -> None:
        async def script(peer: Peer, number: int) -> None:
            await peer.request()
            await peer.send(PLAIN)
            await peer.closed()

        async with Server(script) as server, client() as transport:
            await body_of(transport, post(server.url, timeout=LONG))
            with pytest.raises(TransportError, match=r"0\.3 s"):
                await body_of(transport, post(server.url, timeout=SHORT))

    run(main())


@pytest.mark.slow
def test_a_longer_time_limit_outlives_the_shorter_one_before_it(run: Run) -> None:
    async def main() -> None:
        async def script(peer: Peer, number: int) -> None:
            await peer.request()
            await peer.send(PLAIN)
            await peer.request()
            await asyncio.get_running_loop().create_task(_after(SHORT * 9))
            await peer.send(PLAIN)

        async with Server(script) as server, client() as transport:
            await body_of(transport, post(server.url, timeout=SHORT * 8))
            assert await body_of(transport, post(server.url, timeout=LONG)) == b"hello"

    run(main())


async def _after(seconds: float) -> None:
    done = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, done.set)
    await done.wait()


# Cancellation and closing


def test_cancelling_a_request_closes_its_socket_and_frees_its_place(run: Run) -> None:
    async def main() -> None:
        asked, gone = asyncio.Event(), asyncio.Event()

        async def script(peer: Peer, number: int) -> None:
            await peer.request()
            if number:
                await peer.send(PLAIN)
                return
            asked.set()
            await peer.closed()
            gone.set()

        async with Server(script) as server, client(Limits(connections_per_origin=1)) as transport:
            task = asyncio.create_task(transport.send(post(server.url)))
            await asked.wait()
            task.cancel()
            await gone.wait()
            assert await body_of(transport, post(server.url)) == b"hello"
            assert task.cancelled()

    run(main())


@pytest.mark.parametrize("in_pieces", [False, True])
def test_cancelling_the_reader_of_a_body_closes_its_socket(run: Run, in_pieces: bool) -> None:
    async def main() -> None:
        gone = asyncio.Event()

        async def script(peer: Peer, number: int) -> None:
            await peer.request()
            await peer.send(CHUNKED_HEAD)
            await peer.closed()
            gone.set()

        async with Server(script) as server, client() as transport:
            response = await transport.send(post(server.url))
            task = asyncio.ensure_future(anext(response.chunks()) if in_pieces else response.read())
            await asyncio.sleep(0)
            task.cancel()
            await gone.wait()
            with pytest.raises(TransportError, match="cancelled"):
                await response.read()

    run(main())


def test_cancelling_a_request_that_waits_gives_its_turn_to_the_next(run: Run) -> None:
    async def main() -> None:
        go_on = asyncio.Event()

        async def script(peer: Peer, number: int) -> None:
            while await peer.request():
                await go_on.wait()
                await peer.send(PLAIN)

        async with Server(script) as server, client(Limits(connections_per_origin=1)) as transport:
            tasks = [asyncio.create_task(body_of(transport, post(server.url))) for _ in range(4)]
            await asyncio.sleep(0)
            tasks[1].cancel()
            go_on.set()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(result) for result in results] == [bytes, asyncio.CancelledError, bytes, bytes]

    run(main())


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=st.lists(st.integers(0, 12), min_size=1, max_size=12))
def test_cancelling_at_any_moment_loses_no_place_and_mixes_no_answers(run: Run, plan: list[int]) -> None:
    """`plan[k]` is after how many turns of the loop the k-th request is cancelled."""

    async def script(peer: Peer, number: int) -> None:
        while (request := await peer.request()) is not None:
            await peer.send(CHUNKED_HEAD, chunked(request[1]))

    async def main() -> None:
        async with Server(script) as server, client(Limits(connections_per_origin=2)) as transport:
            tasks = [asyncio.create_task(body_of(transport, post(server.url, b"%d" % k))) for k in range(len(plan))]
            for turn in range(max(plan) + 1):
                for task, when in zip(tasks, plan, strict=True):
                    if turn == when:
                        task.cancel()
                await asyncio.sleep(0)
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(
                isinstance(result, asyncio.CancelledError) or result == b"%d" % k for k, result in enumerate(results)
            )
            again = [body_of(transport, post(server.url, b"again %d" % k)) for k in range(4)]
            assert await asyncio.gather(*again) == [b"again %d" % k for k in range(4)]

    run(main())


def test_closing_a_response_closes_its_socket(run: Run) -> None:
    async def main() -> None:
        gone = asyncio.Event()

        async def script(peer: Peer, number: int) -> None:
            await peer.request()
            await peer.send(PLAIN[:-1])
            await peer.closed()
            gone.set()

        async with Server(script) as server, client() as transport:
            response = await transport.send(post(server.url))
            await response.aclose()
            await gone.wait()
            with pytest.raises(TransportError, match="closed before its body was complete"):
                await response.read()

    run(main())


def test_closing_a_complete_response_keeps_its_connection(run: Run) -> None:
    async def main() -> None:
        async with Server(always(PLAIN)) as server, client() as transport:
            for _ in range(2):
                response = await transport.send(post(server.url))
                await response.read()
                await response.aclose()
            assert server.connections == 1

    run(main())


def test_closing_the_transport_fails_what_is_under_way_and_what_waits(run: Run) -> None:
    async def main() -> None:
        async with Server(silent) as server, client(Limits(connections_per_origin=1)) as transport:
            tasks = [asyncio.create_task(transport.send(post(server.url))) for _ in range(2)]
            await server.accepted(1)
            await transport.aclose()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            assert all("transport was closed" in str(result) for result in results)
            with pytest.raises(RuntimeError, match="was closed"):
                await transport.send(post(server.url))

    run(main())


def test_a_transport_refuses_a_second_event_loop() -> None:
    transport = HttpTransport()

    async def use() -> None:
        async with Server(once(PLAIN.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))) as server:
            await body_of(transport, post(server.url))
            for _ in range(3):
                await asyncio.sleep(0)

    asyncio.run(use())
    with pytest.raises(RuntimeError, match="another event loop"):
        asyncio.run(use())


# TLS


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, made anew for each session."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make a certificate")
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    certificate = path.with_suffix(".crt")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", str(certificate)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + certificate.read_bytes())
    return path


@pytest.fixture
def tls_server(authority: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    return context


def test_https_trusts_the_authorities_of_ssl_cert_file(
    run: Run, authority: Path, tls_server: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.with_suffix(".crt")))

    async def main() -> None:
        async with Server(always(PLAIN), tls_server) as server, client() as transport:
            for _ in range(3):
                assert await body_of(transport, post(server.url)) == b"hello"
            assert server.connections == 1

    run(main())


def test_https_refuses_a_certificate_nobody_vouches_for(run: Run, tls_server: ssl.SSLContext) -> None:
    error = run(failure_of(Server(always(PLAIN), tls_server)))
    assert (error.kind, error.phase) == ("connect", "connect")
    assert "SSL_CERT_FILE" in error.message


@pytest.mark.parametrize("signed", [True, False])
def test_over_tls_only_a_signed_close_ends_a_body(
    run: Run, authority: Path, tls_server: ssl.SSLContext, signed: bool
) -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
        if not signed:
            peer.writer.transport.abort()

    async def main() -> None:
        context = ssl.create_default_context(cafile=str(authority.with_suffix(".crt")))
        async with Server(script, tls_server) as server, client(context=context) as transport:
            response = await transport.send(post(server.url))
            if signed:
                assert await response.read() == b"hello"
            else:
                with pytest.raises(TransportError) as caught:
                    await response.read()
                assert (caught.value.kind, caught.value.phase) == ("cut", "body")

    run(main())


def test_https_to_a_plain_port_says_so(run: Run) -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        await peer.closed()

    async def main() -> None:
        async with Server(script) as server, client() as transport:
            with pytest.raises(TransportError, match="plain http://") as caught:
                await transport.send(post(server.url.replace("http:", "https:")))
            assert caught.value.kind == "connect"

    run(main())


def test_http_to_a_tls_port_says_so(run: Run) -> None:
    error = run(failure_of(Server(once(b"\x15\x03\x01\x00\x02\x02\x46"))))
    assert (error.kind, "use https://" in error.message) == ("protocol", True)
