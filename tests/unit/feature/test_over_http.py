"""A feature on a server of the OpenAI wire, over our own client, on this machine."""

import asyncio
import gc
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from seatrial.core.conversation import Message, Request
from seatrial.feature.assemble import close_client
from seatrial.feature.feature import load

ANSWER = json.dumps({"choices": [{"message": {"content": "hello"}, "finish_reason": "stop"}]}).encode()


class Server(ThreadingHTTPServer):
    seen: list[dict[str, str]]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        assert isinstance(self.server, Server)
        self.server.seen.append({name.lower(): value for name, value in self.headers.items()})
        self.rfile.read(int(self.headers["content-length"]))
        first = len(self.server.seen) == 1
        self.send_response(503 if first else 200)
        for name, value in (("content-type", "application/json"), ("content-length", str(len(ANSWER)))):
            self.send_header(name, value)
        if first:
            self.send_header("retry-after", "0")
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server(("127.0.0.1", 0), Handler)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("key", [None, "MY_KEY"])
def test_an_answer_over_http_after_a_retry(
    server: Server, folder: Any, key: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", " secret\n")
    url = f"http://127.0.0.1:{server.server_port}/v1"
    line = f"{{use: openai-compatible/m, base_url: '{url}'" + (f", key: {key}}}" if key else "}")
    feature = load(folder(**{"feature.yaml": f"feature: x\nmodels: {{m: {line}}}\nprompt: chat.md"}))

    for attempts in (2, 1):  # each in a loop of its own
        exchange = asyncio.run(feature.respond(Request((Message("user", "hi"),))))
        assert (exchange.text, exchange.finish, len(exchange.attempts)) == ("hello", "stop", attempts)
    assert {headers.get("authorization") for headers in server.seen} == {"Bearer secret" if key else None}


def test_the_end_of_a_loop_closes_its_connections(server: Server, folder: Any) -> None:
    """A connection left open would warn, and a warning is an error here."""
    url = f"http://127.0.0.1:{server.server_port}/v1"
    text = f"feature: x\nmodels: {{m: {{use: openai-compatible/m, base_url: '{url}'}}}}\nprompt: chat.md"
    feature = load(folder(**{"feature.yaml": text}))

    async def ask_and_close() -> str:
        exchange = await feature.respond(Request((Message("user", "hi"),)))
        await close_client()
        await close_client()
        return exchange.text

    assert asyncio.run(feature.respond(Request((Message("user", "hi"),)))).text == "hello"
    assert asyncio.run(ask_and_close()) == "hello"
    gc.collect()
