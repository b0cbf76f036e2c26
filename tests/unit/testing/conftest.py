"""A client for tests of the simulator: what came over the socket, whole or not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import uvloop

from seatrial.models.http import HttpTransport
from seatrial.models.sse import SseDecoder
from seatrial.models.transport import HttpRequest, TransportError

TIMEOUT = 20.0
CHAT = {"model": "m", "messages": [{"role": "user", "content": "one two three"}]}


@dataclass
class Received:
    """`status` is 0 where no headers came; `chunks` are pieces of the body as they arrived; `error` says how an
    exchange that did not end well ended.
    """

    status: int
    headers: Mapping[str, str]
    chunks: list[bytes]
    error: TransportError | None

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def events(self) -> list[Any]:
        """The payloads of a stream, read as JSON where they are."""
        decoder = SseDecoder()
        payloads = [payload for chunk in self.chunks for payload in decoder.feed(chunk)]
        return [payload.decode() if payload == b"[DONE]" else json.loads(payload) for payload in payloads]


class Client:
    """Our own transport, for tests that are not asynchronous."""

    def __init__(self, runner: asyncio.Runner) -> None:
        self._runner = runner
        self.transport = HttpTransport()

    def __call__(
        self,
        url: str,
        body: Any = CHAT,
        *,
        method: str = "POST",
        timeout: float = TIMEOUT,
        **headers: str,
    ) -> Received:
        """Header names are written with underscores for hyphens."""
        data = b"" if method == "GET" else body if isinstance(body, bytes) else json.dumps(body).encode()
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return self._runner.run(self._ask(HttpRequest(method, url, named, data, timeout)))

    async def _ask(self, request: HttpRequest) -> Received:
        received = Received(0, {}, [], None)
        try:
            response = await self.transport.send(request)
            received.status, received.headers = response.status, response.headers
            async for chunk in response.chunks():
                received.chunks.append(chunk)
        except TransportError as error:
            received.error = error
        return received

    def run(self, coroutine: Any) -> Any:
        return self._runner.run(coroutine)


@pytest.fixture(scope="module")
def ask() -> Iterator[Client]:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        client = Client(runner)
        yield client
        runner.run(client.transport.aclose())
