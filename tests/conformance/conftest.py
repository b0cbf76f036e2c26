"""One ask over one wire to a provider that does what it is told, and all that came of it.

By default the provider is the simulator, one for the whole session. SEATRIAL_CONFORMANCE_URL is the address of another,
started for example with `seatrial simulate --answers tests/conformance/answers.yaml`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from seatrial.core.answer import Answer
from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.events import AttemptEnded, TextDelta
from seatrial.core.exchange import Attempt
from seatrial.cost.price import Price
from seatrial.models.http import HttpTransport
from seatrial.models.provider import http_model
from seatrial.models.transport import HttpRequest, HttpResponse, Timeouts
from seatrial.models.wrappers import Priced
from seatrial.testing import ProviderServer

ANSWERS = Path(__file__).with_name("answers.yaml")

PATHS = {
    "openai-compatible": "/v1",
    "anthropic": "/v1",
    "gemini": "/v1beta",
    "azure": "",
    "vertex": "",
    "bedrock": "",
}
"""Every wire, by a provider that speaks it, and where the simulator speaks it."""


class Outcome(msgspec.Struct, frozen=True):
    """`texts` are the pieces of text as they came."""

    texts: tuple[str, ...]
    answer: Answer
    attempt: Attempt

    @property
    def text(self) -> str:
        return "".join(self.texts)


class _Told:
    """A transport that tells the simulator what to do to each call."""

    def __init__(self, inner: HttpTransport, faults: str) -> None:
        self._inner = inner
        self._faults = faults

    async def send(self, request: HttpRequest) -> HttpResponse:
        return await self._inner.send(replace(request, headers=(*request.headers, ("x-simulate", self._faults))))

    async def aclose(self) -> None:
        await self._inner.aclose()


class Asker:
    """Asks the provider over one wire."""

    def __init__(self, url: str, provider: str, server: ProviderServer | None) -> None:
        self.url = url + PATHS[provider]
        self.provider = provider
        self.server = server

    def __call__(self, faults: str = "", asked: str = "hi", *, stream: bool = True, **options: Any) -> Outcome:
        return asyncio.run(self.ask(faults, asked, stream=stream, **options))

    async def ask(
        self,
        faults: str = "",
        asked: str = "hi",
        *,
        stream: bool,
        timeouts: Timeouts = Timeouts(total=30.0),  # noqa: B008 - frozen
        stop_after: int | None = None,
        **request: Any,
    ) -> Outcome:
        transport = HttpTransport()
        model = Priced(self.model(_Told(transport, faults), timeouts), price)
        messages = request.pop("messages", (Message("system", "Be short."), Message("user", asked)))
        wanted = ModelRequest(messages=messages, conversation=messages[-1:], stream=stream, **request)
        answer, texts, attempts = Answer(), [], []
        try:
            async for event in model.stream(wanted):
                assert not attempts  # an attempt is the end
                if isinstance(event, AttemptEnded):
                    attempts.append(event.attempt)
                else:
                    answer.take(event)
                if isinstance(event, TextDelta):
                    texts.append(event.text)
                if stop_after is not None and len(texts) == stop_after:
                    raise asyncio.CancelledError
        finally:
            await transport.aclose()
        (attempt,) = attempts
        return Outcome(tuple(texts), answer, attempt)

    def model(self, transport: Any, timeouts: Timeouts) -> Any:
        options = {"region": "l", "project": "p"} if self.provider in ("vertex", "bedrock") else {}
        return http_model(
            "main",
            f"{self.provider}/simulated",
            base_url=self.url,
            key_name="KEY",
            key="k-secret-0123456789",
            transport=lambda: transport,
            timeouts=timeouts,
            options=options,
        )


def price(attempt: Attempt) -> int | None:
    return Price(input=Decimal(1), output=Decimal(2)).cost_nusd(attempt.usage) if attempt.usage is not None else None


@pytest.fixture(scope="session")
def server() -> Iterator[ProviderServer | None]:
    if os.environ.get("SEATRIAL_CONFORMANCE_URL"):
        yield None
        return
    with ProviderServer(answers=ANSWERS) as running:
        yield running


FAULTS = Path(__file__).with_name("test_faults.py")
WHOLE = "openai-compatible"
"""The wire that meets every fault on each change."""

ALIKE = ("azure", "vertex")
"""Providers whose wire another speaks too."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """On each change one wire meets every fault, and each of the others those that break a stream; `make test-all` has
    every wire meet every fault.
    """
    for item in items:
        chosen = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        breaks_a_stream = "a_broken_answer" in item.name and chosen.get("stream")
        if item.path == FAULTS and chosen.get("ask") != WHOLE and not breaks_a_stream:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(params=[pytest.param(each, marks=[pytest.mark.slow] * (each in ALIKE)) for each in PATHS])
def ask(request: pytest.FixtureRequest, server: ProviderServer | None) -> Asker:
    url = server.url if server is not None else os.environ["SEATRIAL_CONFORMANCE_URL"]
    return Asker(url.rstrip("/"), request.param, server)
