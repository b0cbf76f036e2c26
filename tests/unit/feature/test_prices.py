"""What a model costs: by its `price:`, else by the listed price of the day, else unknown."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from seatrial.core.conversation import Message, ModelRequest, Request
from seatrial.core.events import AttemptEnded, Event
from seatrial.core.exchange import Attempt, Exchange, Usage
from seatrial.core.shapes import Model
from seatrial.cost.price import price_of
from seatrial.feature.feature import load
from seatrial.feature.models_spec import ModelSpec
from seatrial.feature.prices import longest_answer, price_at, pricing
from seatrial.feature.spec import read_feature

DAY = datetime(2026, 11, 15, tzinfo=UTC)
USAGE = Usage(1_000_000, 1_000_000)
MINI, FULL = 150_000_000 + 600_000_000, 2_500_000_000 + 10_000_000_000
"""What a million tokens each way cost on gpt-4o-mini and gpt-4o."""


def cost(use: str, served_by: str | None = None, usage: Usage | None = USAGE, **more: Any) -> int | None:
    spec = ModelSpec(name="main", use=use, **more)
    attempt = Attempt(model="main", use=use, served_by=served_by, finish="stop", usage=usage)
    return pricing(spec, now=lambda: DAY)(attempt)


def test_without_a_price_of_its_own_a_model_costs_what_is_listed() -> None:
    assert cost("openai/gpt-4o-mini") == MINI


def test_a_price_of_its_own_comes_first() -> None:
    assert cost("openai/gpt-4o-mini", price=price_of(1, 2)) == 3_000_000_000
    assert cost("scripted/script.yaml", price=price_of(1, 2)) == 3_000_000_000


@pytest.mark.parametrize(
    ("use", "served_by", "nusd"),
    [
        ("openai/gpt-4o-mini", "gpt-4o-2024-08-06", FULL),
        ("azure/my-deployment", "gpt-4o-mini-2024-07-18", MINI),
        ("openai/gpt-4o-mini", "a name nobody lists", MINI),
        ("azure/my-deployment", None, None),
    ],
)
def test_who_answered_counts_before_who_was_asked(use: str, served_by: str | None, nusd: int | None) -> None:
    assert cost(use, served_by) == nusd


@pytest.mark.parametrize("use", ["ollama/gpt-4o-mini", "openai-compatible/gpt-4o-mini", "scripted/s.yaml"])
def test_servers_of_ones_own_and_replays_have_no_listed_price(use: str) -> None:
    assert cost(use) is None
    assert cost(use, "gpt-4o-mini") is None


def test_a_model_that_is_not_listed_is_unknown() -> None:
    assert cost("openai/my-own-model") is None


def test_an_unknown_usage_has_no_cost() -> None:
    assert cost("openai/gpt-4o-mini", usage=None) is None


@pytest.mark.parametrize(("tier", "known"), [("default", True), ("flex", False), ("priority", False), ("auto", False)])
def test_a_listed_price_is_one_of_the_standard_service(tier: str, known: bool) -> None:
    found = cost("openai/gpt-4o-mini", params={"service_tier": tier})
    assert found == (MINI if known else None)
    assert cost("openai/gpt-4o-mini", params={"service_tier": tier}, price=price_of(0, 0)) == 0


def test_a_price_holds_from_its_day() -> None:
    spec = ModelSpec(name="main", use="deepseek/deepseek-v4-pro")
    assert price_at(spec, datetime(2025, 1, 1, tzinfo=UTC)) != price_at(spec, DAY)


@pytest.mark.parametrize(
    ("params", "longest"),
    [
        ({}, None),
        ({"max_tokens": 300}, 300),
        ({"max_completion_tokens": 20}, 20),
        ({"max_tokens": 300, "max_completion_tokens": 400}, 400),
        ({"max_tokens": None}, None),
    ],
)
def test_the_longest_answer_is_what_params_say(params: dict[str, Any], longest: int | None) -> None:
    assert longest_answer(ModelSpec(name="main", use="openai/x", params=params)) == longest


@pytest.mark.parametrize(
    ("written", "price"),
    [
        ("{input: 1, output: 2}", price_of(1, 2)),
        ("{input: 0.15, output: 0.6, cache_read: 0.075, cache_write: 0}", price_of(0.15, 0.6, 0.075, 0)),
    ],
)
def test_a_price_is_written_with_rates_for_the_cache_or_without(folder: Any, written: str, price: Any) -> None:
    text = f"feature: x\nprompt: chat.md\nmodels: {{m: {{use: ollama/x, price: {written}}}}}"
    assert read_feature(folder(**{"feature.yaml": text})).models["m"].price == price


class Server(ThreadingHTTPServer):
    calls: int


class Handler(BaseHTTPRequestHandler):
    """Fails once, and then answers as gpt-4o-mini-2024-07-18 with a usage."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, Server)
        self.rfile.read(int(self.headers["content-length"]))
        self.server.calls += 1
        choice = {"message": {"content": "hello"}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 40}}
        answer = {"choices": [choice], "usage": usage, "model": "gpt-4o-mini-2024-07-18"}
        body = json.dumps(answer).encode()
        self.send_response(500 if self.server.calls == 1 else 200)
        for name, value in (("content-type", "application/json"), ("content-length", str(len(body)))):
            self.send_header(name, value)
        self.send_header("retry-after", "0")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    server = Server(("127.0.0.1", 0), Handler)
    server.calls = 0
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def feature_on(server: Server, folder: Any) -> Any:
    url = f"http://127.0.0.1:{server.server_port}/v1"
    line = f"{{use: openai/gpt-4o-mini, base_url: '{url}'}}"
    return load(folder(**{"feature.yaml": f"feature: x\nmodels: {{m: {line}}}\nprompt: chat.md"}))


def respond(feature: Any) -> Exchange:
    return asyncio.run(feature.respond(Request((Message("user", "hi"),))))


def test_every_attempt_over_http_has_its_cost(server: Server, folder: Any) -> None:
    exchange = respond(feature_on(server, folder))
    assert [attempt.finish for attempt in exchange.attempts] == ["error", "stop"]
    assert exchange.attempts[1].cost_nusd == 60 * 150 + 40 * 75 + 10 * 600
    assert exchange.cost_nusd == 18_000


class Counted:
    """Counts the calls that pass through it, and what they cost."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.costs: list[int | None] = []

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        async for event in self.model.stream(request):
            if isinstance(event, AttemptEnded):
                self.costs.append(event.attempt.cost_nusd)
            yield event


def test_what_is_put_around_calls_sees_every_retry_with_its_cost(server: Server, folder: Any) -> None:
    counted = []

    def wrap(spec: ModelSpec, model: Model) -> Model:
        counted.append(Counted(model))
        return counted[-1]

    wrapped = feature_on(server, folder).around_calls(wrap)
    assert respond(wrapped).text == "hello"
    assert [each.costs for each in counted] == [[None, 18_000]]


def test_a_model_put_in_is_wrapped_whole_with_the_price_of_its_line(folder: Any) -> None:
    text = "feature: x\nprompt: chat.md\nmodels: {m: {use: ollama/x, price: {input: 1, output: 2}}}"
    feature = load(folder(**{"feature.yaml": text}))
    counted = []

    class Answers:
        async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
            yield AttemptEnded(Attempt(model="m", use="x", finish="stop", usage=Usage(10, 1)))

    def wrap(spec: ModelSpec, model: Model) -> Model:
        counted.append(Counted(model))
        return counted[-1]

    feature.use_model("m", Answers())
    assert respond(feature.around_calls(wrap)).cost_nusd == 12_000
    assert [each.costs for each in counted] == [[12_000]]
    assert respond(feature).cost_nusd is None
