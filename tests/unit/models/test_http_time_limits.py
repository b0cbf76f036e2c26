"""The time limit of a request, in each of its phases."""

import asyncio

import pytest
from http_peer import LONG, PLAIN, SHORT, Peer, Run, Script, Server, body_of, client, post, silent

from seatrial.models.http import Limits
from seatrial.models.transport import TransportError

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

    for _ in range(10):
        error = run(main())
        if error.phase != "connect":  # a busy machine may take all the time for that
            break
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
