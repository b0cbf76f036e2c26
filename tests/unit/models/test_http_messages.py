"""What our HTTP client writes and reads, against a server that can be told, byte by byte, how to behave."""

import asyncio

import pytest
from http_peer import CHUNKED_HEAD, PLAIN, SHORT, Peer, Run, Server, always, body_of, chunked, client, once, post
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatrial.models.transport import TransportError

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


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
