"""The limit for `seatrial eval`: a bare loop with the same steps and nothing else.

    python benchmarks/bare_loop.py PORT CASES CONCURRENCY

Render, request over kept connections, decode, three checks, one line written. Prints one JSON object.
"""

import asyncio
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator

import httptools
import msgspec
import uvloop


class Message(msgspec.Struct):
    content: str


class Choice(msgspec.Struct):
    message: Message
    finish_reason: str


class Answer(msgspec.Struct):
    choices: list[Choice]


ENCODE = msgspec.json.Encoder().encode
DECODE = msgspec.json.Decoder(Answer).decode


class Connection(asyncio.Protocol):
    def __init__(self, port: int) -> None:
        self._head = (
            f"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        ).encode()
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        self._body = body

    def on_message_complete(self) -> None:
        self._waiter.set_result(self._body)

    async def call(self, body: bytes) -> bytes:
        self._waiter = self._loop.create_future()
        self._transport.write(b"%bcontent-length: %d\r\n\r\n%b" % (self._head, len(body), body))
        return await self._waiter


async def work(port: int, cases: Iterator[int], out: int) -> int:
    _, connection = await asyncio.get_running_loop().create_connection(lambda: Connection(port), "127.0.0.1", port)
    passed = 0
    for case in cases:
        question = f"question number {case} about the weather in town {case * 7}"
        body = {
            "model": "stub",
            "messages": [
                {"role": "system", "content": "You are a friend. Be short."},
                {"role": "user", "content": question},
            ],
            "temperature": 0,
        }
        text = DECODE(await connection.call(ENCODE(body))).choices[0].message.content
        verdicts = [text[:1].islower(), len(text.split()) <= 60, "As an AI" not in text]
        passed += all(verdicts)
        out.write(ENCODE({"case": case, "input": question, "output": text, "verdicts": verdicts}) + b"\n")
    connection._transport.close()
    return passed


async def main(port: int, count: int, concurrency: int) -> None:
    cases = iter(range(count))
    started = time.perf_counter()
    with tempfile.TemporaryFile(buffering=0) as out:
        passed = sum(await asyncio.gather(*(work(port, cases, out) for _ in range(concurrency))))
    seconds = time.perf_counter() - started
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(
        json.dumps(
            {
                "passed": passed,
                "cases_per_second": count / seconds,
                "processor_seconds": used.ru_utime + used.ru_stime,
                "memory_mb": used.ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
