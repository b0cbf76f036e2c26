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
        within: float | None = None,
        after: bytes | None = None,
        most: int | None = None,
        **headers: str,
    ) -> Received:
        """Header names are written with underscores for hyphens. `within` is how many seconds to wait for the headers
        and for each piece that follows, however long it took to get a connection; with `after`, only once this has
        come: what must come is not missed on a machine that is paused. After `most` bytes no more is read.
        """
        data = b"" if method == "GET" else body if isinstance(body, bytes) else json.dumps(body).encode()
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        request = HttpRequest(method, url, named, data, TIMEOUT, headers_timeout=within if after is None else None)
        return self._runner.run(self._ask(request, within, after or b"", most))

    async def _ask(self, request: HttpRequest, within: float | None, after: bytes, most: int | None) -> Received:
        received = Received(0, {}, [], None)
        try:
            response = await self.transport.send(request)
            received.status, received.headers = response.status, response.headers
            if within is not None and not after:
                response.expect_within(within, "first_token")
            async for chunk in response.chunks():
                received.chunks.append(chunk)
                if within is not None and after in received.body:
                    response.expect_within(within, "between_tokens")
                if most is not None and len(received.body) >= most:
                    break
            await response.aclose()
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
