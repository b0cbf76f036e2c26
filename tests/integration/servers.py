"""Starts a real model server for the length of a test session, and asks it as a feature would."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from seatrial.core.answer import Answer
from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.events import AttemptEnded, TextDelta
from seatrial.core.exchange import Attempt, TokenLogprob
from seatrial.models.http import HttpTransport
from seatrial.models.http_model import HttpModel
from seatrial.models.provider import http_model
from seatrial.models.transport import HttpRequest, Timeouts, Transport, TransportError

T = TypeVar("T")

LONGEST_START = 300
"""Seconds; importing PyTorch takes most of it on a busy machine."""


class Said(NamedTuple):
    """What came of one request; `pieces` counts the deltas of text."""

    text: str
    attempt: Attempt
    pieces: int
    logprobs: tuple[TokenLogprob, ...]


class Server:
    """A server that is up, and the ways to ask it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str) -> tuple[int, str]:
        """Status and body."""

        async def fetch(transport: Transport) -> tuple[int, str]:
            response = await transport.send(HttpRequest("GET", self.url + path, (), b"", 30))
            return response.status, (await response.read()).decode()

        return _with_transport(fetch)

    def ask(self, text: str = "hello fox", *, model: str, **more: Any) -> Said:
        return self.ask_all([text], model=model, **more)[0]

    def ask_all(
        self,
        texts: Sequence[str],
        *,
        model: str,
        stream: bool = False,
        schema: dict[str, Any] | None = None,
        facts: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> list[Said]:
        """All at once, over one client."""

        async def together(transport: Transport) -> list[Said]:
            made = http_model(
                "main",
                f"openai-compatible/{model}",
                transport=lambda: transport,
                base_url=f"{self.url}/v1",
                timeouts=Timeouts(total=120),
                facts=facts,
            )
            requests = [
                ModelRequest((Message("user", text),), params=params, stream=stream, schema=schema) for text in texts
            ]
            return list(await asyncio.gather(*(_said(made, request) for request in requests)))

        return _with_transport(together)


async def _said(model: HttpModel, request: ModelRequest) -> Said:
    answer, pieces, attempt = Answer(), 0, None
    async for event in model.stream(request):
        answer.take(event)
        pieces += isinstance(event, TextDelta)
        attempt = event.attempt if isinstance(event, AttemptEnded) else attempt
    assert attempt is not None
    return Said(answer.text, attempt, pieces, answer.logprobs)


def _with_transport(use: Callable[[Transport], Awaitable[T]]) -> T:
    async def run() -> T:
        transport = HttpTransport()
        try:
            return await use(transport)
        finally:
            await transport.aclose()

    return asyncio.run(run())


@contextmanager
def serving(command: Callable[[int], Sequence[str]], *, log: Path, environment: Mapping[str, str]) -> Iterator[Server]:
    """A server made by the command for a port, up when its /health says so."""
    port = _free_port()
    with (
        log.open("wb") as output,
        subprocess.Popen(command(port), stdout=output, stderr=subprocess.STDOUT, env=dict(environment)) as process,
    ):
        try:
            server = Server(f"http://127.0.0.1:{port}")
            _wait_until_up(server, process, log)
            yield server
        finally:
            process.kill()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Its words are shown when it does not come up."""
    end = time.monotonic() + LONGEST_START
    while process.poll() is None and time.monotonic() < end:
        with suppress(TransportError):  # not there yet
            if server.get("/health")[0] == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"{process.args!r} did not come up: {log.read_text(errors='replace')[-2000:]}")


def listed_models(body: str) -> list[str]:
    """The names in the answer of /v1/models."""
    return [each["id"] for each in json.loads(body)["data"]]
