"""How many calls a second our HTTP transport does against the stub server, beside a bare loop and other clients.

    python benchmarks/http_client.py [--calls 20000] [--plain-asyncio] [--profile]

The bare loop is the least a client can do (a parser and a future per connection; no pool, limits or errors) and so the
limit. httpx and aiohttp are measured where they are installed. Each figure is the best of many short runs. Calls per
second of the client's own processor time say what it costs; calls per second of the clock include the stub.
"""

import argparse
import asyncio
import cProfile
import importlib.util
import json
import pstats
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import httptools
import uvloop

from seatrial.models.http import HttpTransport
from seatrial.models.transport import HttpRequest

_HEADERS = (("content-type", "application/json"), ("authorization", "Bearer none"))
_BODY = json.dumps({"model": "stub", "messages": [{"role": "user", "content": "Hey, what is up?"}]}).encode()
_ROUNDS = 25
_CONNECTIONS = (16, 64)

Call = Callable[[], Awaitable[bytes]]


class BareLoop(asyncio.Protocol):
    """The limit: writes, parses, wakes; hopes for the best."""

    def __init__(self, port: int) -> None:
        head = "".join(f"{name}: {value}\r\n" for name, value in _HEADERS)
        self._head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n{head}".encode()
        self._parser = httptools.HttpResponseParser(self)
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body = body

    def on_message_complete(self) -> None:
        self._waiter.set_result(self._body)

    async def call(self) -> bytes:
        self._waiter = self._loop.create_future()
        self._transport.write(b"%bcontent-length: %d\r\n\r\n%b" % (self._head, len(_BODY), _BODY))
        return await self._waiter


Rates = tuple[float, float]  # calls per second of processor time, of the clock


async def _rate(calls: list[Call], count: int) -> Rates:
    async def work(call: Call) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            assert b"choices" in await call()

    per_processor = per_clock = 0.0
    for _ in range(_ROUNDS):
        left = count
        began, began_processor = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work(call) for call in calls))
        per_processor = max(per_processor, count / (time.process_time() - began_processor))
        per_clock = max(per_clock, count / (time.perf_counter() - began))
    return per_processor, per_clock


async def bare(port: int, connections: int, count: int) -> Rates:
    loop = asyncio.get_running_loop()
    made = [await loop.create_connection(lambda: BareLoop(port), "127.0.0.1", port) for _ in range(connections)]
    rates = await _rate([protocol.call for _, protocol in made], count)
    for transport, _ in made:
        transport.close()
    return rates


async def ours(port: int, connections: int, count: int) -> Rates:
    transport = HttpTransport()
    url = f"http://127.0.0.1:{port}/v1/chat/completions"

    async def call() -> bytes:
        response = await transport.send(HttpRequest("POST", url, _HEADERS, _BODY, 30.0))
        return await response.read()

    rates = await _rate([call] * connections, count)
    await transport.aclose()
    return rates


async def with_aiohttp(port: int, connections: int, count: int) -> Rates:
    import aiohttp

    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    async with aiohttp.ClientSession() as session:

        async def call() -> bytes:
            async with session.post(url, data=_BODY, headers=dict(_HEADERS)) as response:
                return await response.read()

        return await _rate([call] * connections, count // 4)


async def with_httpx(port: int, connections: int, count: int) -> Rates:
    import httpx

    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    async with httpx.AsyncClient() as client:

        async def call() -> bytes:
            return (await client.post(url, content=_BODY, headers=dict(_HEADERS))).content

        return await _rate([call] * connections, count // 20)


def _start_stub() -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, str(Path(__file__).with_name("stub_server.py")), "--port", "0"]
    stub = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert stub.stdout is not None
    return stub, int(stub.stdout.readline())


def _compare(port: int, count: int, run: Callable[..., Rates]) -> None:
    clients = {"bare loop": bare, "ours": ours}
    for name, client in (("aiohttp", with_aiohttp), ("httpx", with_httpx)):
        if importlib.util.find_spec(name):
            clients[name] = client
    for connections in _CONNECTIONS:
        limit = 0.0
        for name, client in clients.items():
            rate, clock = run(client(port, connections, count))
            limit = limit or rate
            print(
                f"{connections:3} connections  {name:10} {rate:8,.0f} calls/s of processor time "
                f"({rate / limit:4.2f} of the bare loop) {clock:8,.0f} of the clock"
            )


def main() -> None:
    """Start the stub, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=2_000, help="in each of the runs")
    parser.add_argument("--plain-asyncio", action="store_true", help="without uvloop")
    parser.add_argument("--profile", action="store_true", help="where our transport spends its time")
    options = parser.parse_args()
    run = asyncio.run if options.plain_asyncio else uvloop.run
    stub, port = _start_stub()
    try:
        if options.profile:
            with cProfile.Profile() as profile:
                run(ours(port, 16, options.calls))
            pstats.Stats(profile).sort_stats("tottime").print_stats(20)
        else:
            _compare(port, options.calls, run)
    finally:
        stub.communicate()


if __name__ == "__main__":
    main()
