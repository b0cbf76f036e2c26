"""When our HTTP client uses a connection again, and when it may ask once more on a new one."""

import asyncio
from collections.abc import Callable

import pytest
from http_peer import CHUNKED_HEAD, PLAIN, Peer, Run, Script, Server, always, body_of, chunked, client, once, post

from seatrial.models import http
from seatrial.models.http import Limits
from seatrial.models.transport import TransportError

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
