"""What feature.yaml says about faults and limits, and that the pipeline does it, against a server on this machine."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.conversation import Message, Request
from seatrial.core.errors import SpecError
from seatrial.core.events import Done
from seatrial.core.exchange import Exchange, cost_of
from seatrial.feature.feature import Feature, load
from seatrial.feature.resilience import CircuitSpec, Limits, Resilience
from seatrial.feature.spec import read_feature

ANSWER = {"choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}]}


def with_model(line: str) -> str:
    return f"feature: x\nprompt: chat.md\nmodels:\n  main: {line}\n"


# what is read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("", Resilience()),
        (
            ", retries: 1",
            Resilience(
                retries={"connect": 1, "reset": 1, "cut": 1, "server": 1, "timeout": 1, "rate_limit": 1},
            ),
        ),
        (", retries: {rate_limit: 9, server: 0}", Resilience(retries={"rate_limit": 9, "server": 0})),
        (
            ", limits: {concurrency: 8, requests_per_minute: 500, tokens_per_minute: 30000}",
            Resilience(limits=Limits(concurrency=8, requests_per_minute=500, tokens_per_minute=30000)),
        ),
        (", circuit: {failures: 2, cool_down: 1m}", Resilience(circuit=CircuitSpec(failures=2, cool_down=60.0))),
        (", circuit: {}", Resilience(circuit=CircuitSpec(failures=5, cool_down=30.0))),
        (", circuit: false", Resilience(circuit=False)),
        (", hedge: {after: 800ms}", Resilience(hedge=0.8)),
    ],
)
def test_the_keys_of_a_model_are_read(folder: Any, written: str, read: Resilience) -> None:
    text = with_model(f"{{use: ollama/x{written}}}")
    assert read_feature(folder(**{"feature.yaml": text})).models["main"].resilience == read


@pytest.mark.parametrize(
    ("line", "says", "nearest"),
    [
        ("retries: {rate_limits: 5}", "unknown key 'rate_limits'", "rate_limit"),
        ("retries: {server: 11}", "retries: server is not right", None),
        ("retries: {}", "retries: is empty", None),
        ("retries: many", "retries is not right", None),
        ("limits: {concurency: 5}", "unknown key 'concurency'", "concurrency"),
        ("limits: {concurrency: 0}", "limits: concurrency is not right", None),
        ("limits: {concurrency: 1000000}", "limits: concurrency is not right", None),
        ("limits: {requests_per_minute: 0.5}", "limits: requests_per_minute is not right", None),
        ("limits: {tokens_per_minute: 30k}", "limits: tokens_per_minute is not right", None),
        ("limits: {}", "limits: is empty", None),
        ("limits: 8", "limits is not right", None),
        ("circuit: true", "circuit is not right", None),
        ("circuit: {failures: 0}", "circuit: failures is not right", None),
        ("circuit: {cool_down: 30}", "circuit: cool_down is not right", None),
        ("circuit: {cool_down: 1h}", "circuit: cool_down is not right", None),
        ("circuit: {cooldown: 30s}", "unknown key 'cooldown'", "cool_down"),
        ("hedge: 800ms", "hedge is not right", None),
        ("hedge: {}", "hedge has no 'after'", None),
        ("hedge: {after: 0s}", "hedge: after is not right", None),
        ("hedge: {aftr: 1s}", "unknown key 'aftr'", "after"),
    ],
)
def test_a_mistake_is_told_at_its_line(folder: Any, line: str, says: str, nearest: str | None) -> None:
    with pytest.raises(SpecError) as caught:
        read_feature(folder(**{"feature.yaml": with_model(f"{{use: ollama/x, {line}}}")}))
    found = [problem for problem in caught.value.problems if says in problem.what]
    assert [(problem.line, problem.nearest) for problem in found] == [(4, nearest)], caught.value


@pytest.mark.parametrize("line", ["limits: {concurrency: 1}", "circuit: {}", "hedge: {after: 1s}", "retries: 1"])
@pytest.mark.parametrize("use", ["scripted/main.yaml", "recording/r.jsonl"])
def test_they_mean_nothing_for_what_is_replayed(folder: Any, line: str, use: str) -> None:
    with pytest.raises(SpecError, match=f"{line.partition(':')[0]}: means nothing"):
        read_feature(folder(**{"feature.yaml": with_model(f"{{use: {use}, {line}}}")}))


# what is done


class Server(ThreadingHTTPServer):
    """Serves call number k (from 1) with what `behave` does, and notes when a caller hung up."""

    daemon_threads = True

    def __init__(self, behave: Callable[["Handler", int], None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behave = behave
        self.calls = self.hung_up = 0
        self.lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        with self.server.lock:
            self.server.calls += 1
            number = self.server.calls
        self.server.behave(self, number)

    def answer(self, status: int = 200, **headers: str) -> None:
        body = json.dumps(ANSWER if status == 200 else {"error": {"message": "no"}}).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def say_nothing(self) -> None:
        """Until the caller hangs up."""
        self.connection.settimeout(5)
        self.server.hung_up += self.connection.recv(1) == b""
        self.close_connection = True

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    running: list[tuple[Server, threading.Thread]] = []

    def start(behave: Callable[[Handler, int], None]) -> Server:
        server = Server(behave)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def on(server: Server, folder: Any, line: str, *, spare: bool = False) -> Feature:
    url = f"http://127.0.0.1:{server.server_port}/v1"
    models = f"models:\n  main: {{use: openai-compatible/m, base_url: '{url}', {line}}}\n"
    models += "  spare: {use: scripted/spare.yaml}\nroute: [main, spare]\n" if spare else ""
    path: Path = folder(**{"feature.yaml": f"feature: x\nprompt: chat.md\n{models}"})
    return load(path)


def ask(feature: Feature, times: int = 1) -> list[Exchange]:
    request = Request((Message("user", "hi"),))

    async def main() -> list[Exchange]:
        return [await feature.respond(request) for _ in range(times)]

    return asyncio.run(main())


def kinds(exchange: Exchange) -> list[str | None]:
    return [None if attempt.error is None else attempt.error.kind for attempt in exchange.attempts]


def test_a_target_that_keeps_failing_is_skipped_for_the_next_of_the_route(serve: Any, folder: Any) -> None:
    server = serve(lambda handler, number: handler.answer(500))
    exchanges = ask(on(server, folder, "retries: 0", spare=True), 8)
    assert {exchange.text for exchange in exchanges} == {"from spare"}
    assert [kinds(exchange) for exchange in exchanges] == [["server", None]] * 5 + [["open", None]] * 3
    assert server.calls == 5
    assert exchanges[-1].attempts[0].latency_ms == 0


def test_a_target_that_recovered_is_found_by_a_probe(serve: Any, folder: Any) -> None:
    server = serve(lambda handler, number: handler.answer(500 if number <= 2 else 200))
    feature = on(server, folder, "retries: 0, circuit: {failures: 2, cool_down: 30ms}", spare=True)
    assert [each.text for each in ask(feature, 2)] == ["from spare"] * 2
    time.sleep(0.04)
    assert [each.text for each in ask(feature, 2)] == ["hello"] * 2


def test_the_last_of_a_route_is_given_up_only_where_that_is_written(serve: Any, folder: Any) -> None:
    server = serve(lambda handler, number: handler.answer(500))
    assert {each.error.kind for each in ask(on(server, folder, "retries: 0"), 8) if each.error} == {"server"}
    last = ask(on(server, folder, "retries: 0, circuit: {failures: 1}"), 2)[-1]
    assert (last.finish, last.error.kind if last.error else None) == ("error", "open")
    assert last.cost_nusd == 0


def test_a_hedge_answers_once_and_hangs_up_on_the_slower(serve: Any, folder: Any) -> None:
    server = serve(lambda handler, number: handler.say_nothing() if number == 1 else handler.answer())
    (exchange,) = ask(on(server, folder, "hedge: {after: 20ms}, price: {input: 1, output: 1}"))
    assert exchange.text == "hello"
    # On a busy machine the second request may be the first to arrive.
    assert sorted(each.finish for each in exchange.attempts) == ["cancelled", "stop"]
    assert [each.hedged for each in exchange.attempts] == [False, True]
    assert exchange.cost_nusd is None
    for _ in range(1_000):
        if server.hung_up:
            break
        time.sleep(0.01)
    assert server.hung_up == 1


def test_calls_that_wait_say_for_how_long(serve: Any, folder: Any) -> None:
    def behave(handler: Handler, number: int) -> None:
        time.sleep(0.02)
        handler.answer()

    feature = on(serve(behave), folder, "limits: {concurrency: 1}")

    async def main() -> list[Exchange]:
        return await asyncio.gather(*(feature.respond(Request((Message("user", "hi"),))) for _ in range(2)))

    first, second = asyncio.run(main())
    assert first.attempts[0].queued_ms == 0
    assert second.attempts[0].queued_ms >= 15
    assert second.latency_ms >= second.attempts[0].queued_ms + second.attempts[0].latency_ms - 1


def test_the_limits_of_a_model_hold_for_all_its_variants_together(serve: Any, folder: Any) -> None:
    busy, most = 0, 0
    lock = threading.Lock()

    def behave(handler: Handler, number: int) -> None:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        time.sleep(0.01)
        with lock:
            busy -= 1
        handler.answer()

    feature = on(serve(behave), folder, "limits: {concurrency: 2}")
    (feature.folder / "other.md").write_text((feature.folder / "chat.md").read_text())
    variants = [feature.variant("main", prompt) for prompt in ("chat.md", "other.md")]
    variants.append(feature.around_calls(lambda spec, model: model))

    async def main() -> None:
        request = Request((Message("user", "hi"),))
        await asyncio.gather(*(each.respond(request) for each in variants for _ in range(4)))

    asyncio.run(main())
    assert most <= 2


@pytest.mark.parametrize("more", ["", ", hedge: {after: 5s}"])
def test_a_caller_who_leaves_the_line_pays_nothing(serve: Any, folder: Any, more: str) -> None:
    server = serve(lambda handler, number: handler.say_nothing())
    feature = on(server, folder, f"limits: {{concurrency: 1}}, price: {{input: 1, output: 1}}{more}")

    async def left() -> Exchange:
        """The exchange of a caller who goes away."""
        async with aclosing(feature.stream(Request((Message("user", "hi"),)))) as events:
            event = await anext(events)
        assert isinstance(event, Done)
        return event.exchange

    async def main() -> list[Exchange]:
        tasks = [asyncio.create_task(left()) for _ in range(2)]
        while not server.calls:  # noqa: ASYNC110 - the server lives in another thread
            await asyncio.sleep(0.001)
        for task in reversed(tasks):  # who waits leaves first, and is not let through
            task.cancel()
        return await asyncio.gather(*tasks)

    sent, waiting = (exchange.attempts for exchange in asyncio.run(main()))
    assert [(attempt.finish, attempt.error.billable) for attempt in (*sent, *waiting) if attempt.error] == [
        ("cancelled", True),
        ("cancelled", False),
    ]
    assert (cost_of(sent), cost_of(waiting), waiting[0].usage) == (None, 0, None)
    assert server.calls == 1
