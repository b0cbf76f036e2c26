"""Requests, answers and transports that are given up: nothing stays open, no place is lost."""

import asyncio

import pytest
from http_peer import CHUNKED_HEAD, PLAIN, Peer, Run, Server, always, body_of, chunked, client, once, post, silent
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatrial.models.http import HttpTransport, Limits
from seatrial.models.transport import TransportError

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


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
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
