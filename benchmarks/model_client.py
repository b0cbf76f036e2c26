"""How many answers and streamed chunks a second the client reads, beside aiohttp, httpx and the openai SDK in one run.

    python benchmarks/model_client.py [--calls 200] [--profile plain|streamed]

One process against the stub server at 0 ms, everything on one core but the stub. `ours` is the whole pipeline of a
feature, from the prompt to the exchange; `our model` is the wire alone, from a request to its events. The others parse
JSON into what they give their callers: dicts for aiohttp and httpx (read with the standard library), models for openai.
Each figure is the best of many short runs, by the clock and by the process's own processor time: a shared machine may
be paused in any of them.
"""

import argparse
import asyncio
import cProfile
import importlib.util
import json
import pstats
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvloop

sys.path.insert(0, str(Path(__file__).parent))
from eval import make_feature, stub_server
from seatrial import Request, load
from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.events import TextDelta
from seatrial.feature.assemble import close_client

CONNECTIONS = (16, 64)
ROUNDS = 20
WORDS = 200
QUESTION = " ".join(["word"] * (WORDS // 3))
BODY = {"model": "stub", "messages": [{"role": "user", "content": QUESTION}]}

Call = Callable[[], Awaitable[int]]
"""One call; gives how many chunks of text it read (1 for a plain answer)."""


@asynccontextmanager
async def ours(port: int, stream: bool) -> AsyncIterator[Call]:
    with tempfile.TemporaryDirectory() as folder:
        make_feature(Path(folder, "x"), port, 1)
        feature = load(Path(folder, "x"))
    request = Request((Message("user", QUESTION),), stream=stream)

    async def call() -> int:
        chunks = 0
        async for event in feature.stream(request):
            chunks += isinstance(event, TextDelta)
        assert event.exchange.finish == "stop"
        return chunks

    yield call
    await close_client()


@asynccontextmanager
async def our_model(port: int, stream: bool) -> AsyncIterator[Call]:
    with tempfile.TemporaryDirectory() as folder:
        make_feature(Path(folder, "x"), port, 1)
        model = load(Path(folder, "x")).model("main")
    request = ModelRequest((Message("user", QUESTION),), stream=stream)

    async def call() -> int:
        chunks = 0
        async for event in model.stream(request):
            chunks += isinstance(event, TextDelta)
        assert event.attempt.finish == "stop"
        return chunks

    yield call
    await close_client()


def _read_lines(lines: list[bytes]) -> int:
    found = [json.loads(line[6:]) for line in lines if line.startswith(b"data: {")]
    return sum(bool(each["choices"] and each["choices"][0]["delta"].get("content")) for each in found)


@asynccontextmanager
async def with_aiohttp(port: int, stream: bool) -> AsyncIterator[Call]:
    import aiohttp

    url, body = f"http://127.0.0.1:{port}/v1/chat/completions", json.dumps(BODY | {"stream": stream}).encode()
    async with aiohttp.ClientSession(headers={"content-type": "application/json"}) as session:

        async def call() -> int:
            async with session.post(url, data=body) as response:
                if stream:
                    return _read_lines([line async for line in response.content])
                return len(json.loads(await response.read())["choices"])

        yield call


@asynccontextmanager
async def with_httpx(port: int, stream: bool) -> AsyncIterator[Call]:
    import httpx

    url = f"http://127.0.0.1:{port}/v1/chat/completions"
    async with httpx.AsyncClient() as client:

        async def call() -> int:
            if not stream:
                return len((await client.post(url, json=BODY)).json()["choices"])
            async with client.stream("POST", url, json=BODY | {"stream": True}) as response:
                return _read_lines([line.encode() async for line in response.aiter_lines()])

        yield call


@asynccontextmanager
async def with_openai(port: int, stream: bool) -> AsyncIterator[Call]:
    import openai

    async with openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key="none") as client:

        async def call() -> int:
            if not stream:
                return len((await client.chat.completions.create(**BODY)).choices)
            chunks = 0
            async for each in await client.chat.completions.create(**BODY, stream=True):
                chunks += bool(each.choices and each.choices[0].delta.content)
            return chunks

        yield call


async def rate(call: Call, connections: int, count: int) -> tuple[float, float]:
    """Chunks a second, best of several runs: by the clock, by the process's own processor time."""
    by_clock = by_processor = 0.0
    for _ in range(ROUNDS):
        left, read = count, 0

        async def work() -> None:
            nonlocal left, read
            while left > 0:
                left -= 1
                found = await call()  # awaited first: `read +=` would add to what was read before the wait
                read += found

        clock, processor = time.perf_counter(), time.process_time()
        await asyncio.gather(*(work() for _ in range(connections)))
        by_clock = max(by_clock, read / (time.perf_counter() - clock))
        by_processor = max(by_processor, read / (time.process_time() - processor))
    return by_clock, by_processor


async def first_token_overhead(port: int) -> tuple[float, float]:
    """Milliseconds at p50 from the call to the first text: of the pipeline, and of a bare connection's first bytes."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        make_feature(Path(folder, "x"), port, 1)
        feature = load(Path(folder, "x"))
    request = Request((Message("user", QUESTION),), stream=True)
    for _ in range(300):
        began = time.perf_counter()
        async for event in feature.stream(request):
            if isinstance(event, TextDelta) and began:
                found.append((time.perf_counter() - began) * 1000)
                began = 0.0
    await close_client()
    return statistics.median(found), await _first_bytes(port)


async def _first_bytes(port: int) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps(BODY).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    found = []
    for _ in range(300):
        began = time.perf_counter()
        writer.write(head + body)
        await reader.read(65536)
        found.append((time.perf_counter() - began) * 1000)
    writer.close()
    return statistics.median(found)


CLIENTS: dict[str, tuple[Any, str | None, int]] = {
    "our model": (our_model, None, 1),
    "ours": (ours, None, 1),
    "aiohttp": (with_aiohttp, "aiohttp", 2),
    "httpx": (with_httpx, "httpx", 10),
    "openai": (with_openai, "openai", 10),
}
"""Client, what it needs installed, and by how much fewer calls it is measured."""


async def measure(port: int, calls: int) -> None:
    for stream, what in ((False, "answers"), (True, "chunks")):
        for connections in CONNECTIONS:
            limit = 0.0
            for name, (client, needs, fewer) in CLIENTS.items():
                if needs is not None and importlib.util.find_spec(needs) is None:
                    print(f"{connections:3} connections  {name:10} not installed")
                    continue
                count = max(calls // fewer // (10 if stream else 1), connections)
                async with client(port, stream) as call:
                    by_clock, by_processor = await rate(call, connections, count)
                limit = limit or by_processor
                print(
                    f"{connections:3} connections  {name:10} {by_clock:9,.0f} {what}/s"
                    f" {by_processor:9,.0f} a second of processor ({by_processor / limit:5.3f})",
                    flush=True,
                )
    ours_ms, bare_ms = await first_token_overhead(port)
    more = ours_ms - bare_ms
    print(f"first token at p50: {ours_ms:.3f} ms, bare connection {bare_ms:.3f} ms, {more:.3f} ms of it ours")


async def profiled(port: int, calls: int, stream: bool) -> None:
    async with ours(port, stream) as call:
        await call()
        with cProfile.Profile() as profile:
            await rate(call, 16, calls // (10 if stream else 1))
    pstats.Stats(profile).sort_stats("tottime").print_stats(30)


def main() -> None:
    """Start the stub, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=200, help="in each of the runs")
    parser.add_argument("--profile", choices=("plain", "streamed"))
    given = parser.parse_args()
    with stub_server() as port:
        if given.profile:
            uvloop.run(profiled(port, given.calls, given.profile == "streamed"))
        else:
            uvloop.run(measure(port, given.calls))


if __name__ == "__main__":
    main()
