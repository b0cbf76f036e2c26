"""The life of a simulated provider: its calls, keys and models, its connections, and its end."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from typing import Any

import pytest

from seatrial.core.errors import BugError, OutsideError, SpecError
from seatrial.models.http import HttpTransport
from seatrial.models.transport import HttpRequest
from seatrial.testing import Call, Fault, Pace, ProviderServer

CHAT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
STREAM = {**CHAT, "stream": True}


def chat_url(server: ProviderServer) -> str:
    return f"{server.openai_url}/chat/completions"


def wire(body: Any = CHAT, *lines: str, version: str = "1.1", path: str = "/v1/chat/completions") -> bytes:
    data = json.dumps(body).encode()
    head = "\r\n".join([f"POST {path} HTTP/{version}", f"content-length: {len(data)}", *lines, "", ""])
    return head.encode() + data


def talk(server: ProviderServer, request: bytes) -> bytes:
    """Send bytes and read until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_call_is_kept_with_what_was_asked_and_how_it_ended(ask: Any) -> None:
    with ProviderServer(faults=[None, Fault("cut", after=0)]) as server:
        ask(f"{chat_url(server)}?a=b%20c", x_mine="yes")
        ask(chat_url(server), STREAM)
        server.wait_idle(calls=2)
        plain, cut = server.calls
    assert (plain.number, plain.method, plain.path, plain.query) == (1, "POST", "/v1/chat/completions", {"a": "b c"})
    assert (plain.headers["x-mine"], plain.json, plain.fault) == (
        "yes",
        {**CHAT, "messages": plain.json["messages"]},
        None,
    )
    assert (plain.wire, plain.operation, plain.model, plain.stream) == ("openai", "chat", "m", False)
    assert (plain.status, plain.ended, plain.client_closed) == (200, "whole", False)
    assert plain.seconds > 0
    assert (cut.number, cut.stream, cut.fault, cut.ended) == (2, True, Fault("cut", after=0), "broken")
    assert cut.connection == plain.connection


def test_where_it_is() -> None:
    with ProviderServer() as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert server.url == server.azure_url == server.vertex_url == server.bedrock_url
        assert server.openai_url == server.anthropic_url == f"{server.url}/v1"
        assert server.gemini_url == f"{server.url}/v1beta"


def test_a_client_that_goes_is_seen_to_go(ask: Any) -> None:
    """What a test of cancellation needs: the server says that the socket was closed."""

    async def cancel(server: ProviderServer) -> None:
        transport = HttpTransport()
        body = json.dumps(STREAM).encode()
        response = await transport.send(HttpRequest("POST", chat_url(server), (), body, 20))
        await anext(aiter(response.chunks()))
        await response.aclose()
        await server.idle(calls=1)
        await transport.aclose()

    with ProviderServer(faults=["stall; seconds=1h"]) as server:
        ask.run(cancel(server))
        assert server.calls[0].client_closed
        assert 0 < server.calls[0].sent < 400


def test_it_can_be_used_from_an_asynchronous_test(ask: Any) -> None:
    async def use() -> list[Call]:
        async with ProviderServer() as server:
            transport = HttpTransport()
            request = HttpRequest("POST", chat_url(server), (), json.dumps(CHAT).encode(), 20)
            await asyncio.gather(*(transport.send(request) for _ in range(8)))
            await server.idle(calls=8)
            await transport.aclose()
            return server.calls

    assert [(call.number, call.ended) for call in ask.run(use())] == [(number, "whole") for number in range(1, 9)]


def test_waiting_for_what_does_not_come_ends() -> None:
    with ProviderServer() as server, pytest.raises(TimeoutError, match="0 came in all"):
        server.wait_idle(calls=1, timeout=0.01)


def test_its_end_ends_everything() -> None:
    before = threading.active_count()
    server = ProviderServer(faults=["hang"])
    with server:
        client = socket.create_connection(("127.0.0.1", server.port), timeout=20)
        client.sendall(wire())
        with pytest.raises(TimeoutError):
            server.wait_idle(calls=1, timeout=0.05)
    with client:
        assert received(client) == b""
    assert [call.ended for call in server.calls] in (["server_closed"], [])
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", server.port))


def received(client: socket.socket) -> bytes:
    try:
        return client.recv(1)
    except ConnectionResetError:
        return b""


def test_no_more_calls_are_taken_than_said(ask: Any) -> None:
    with ProviderServer(max_calls=2) as server:
        received = [ask(chat_url(server)) for _ in range(4)]
    assert [each.status for each in received] == [200, 200, 0, 0]
    assert len(server.calls) == 2


def test_the_last_calls_are_kept_and_all_are_watched(ask: Any) -> None:
    seen: list[int] = []
    with ProviderServer(kept=2, watch=lambda call: seen.append(call.number)) as server:
        for _ in range(4):
            ask(chat_url(server))
        server.wait_idle(calls=4)
        assert [call.number for call in server.calls] == [3, 4]
    assert seen == [1, 2, 3, 4]


def test_a_port_that_is_taken_and_an_address_that_is_not_ours() -> None:
    with ProviderServer() as server, pytest.raises(OutsideError, match="the port is taken\n  hint: take another port"):
        ProviderServer(port=server.port).__enter__()
    with pytest.raises(OutsideError, match="is that an address of this machine"):
        ProviderServer(host="192.0.2.1").__enter__()
    with pytest.raises(SpecError, match="port is not right"):
        ProviderServer(port=65536)


def test_it_is_entered_once() -> None:
    with ProviderServer() as server, pytest.raises(BugError):
        server.__enter__()


# Keys, models, paths.

ANTHROPIC = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
GEMINI = {"contents": [{"parts": [{"text": "hi"}]}]}
AZURE_PATH = "/openai/deployments/m/chat/completions?api-version=2024-10-21"
VERTEX_PATH = "/v1/projects/p/locations/l/publishers/google/models/m:generateContent"
KEYS = [
    ("/v1/chat/completions", CHAT, {"authorization": "Bearer k"}, {}, 401, "invalid_api_key"),
    (
        "/v1/chat/completions",
        CHAT,
        {"authorization": "Bearer k"},
        {"authorization": "Bearer no"},
        401,
        "invalid_api_key",
    ),
    (AZURE_PATH, CHAT, {"api_key": "k"}, {"api_key": "no"}, 401, "401"),
    ("/v1/messages", ANTHROPIC, {"x_api_key": "k"}, {}, 401, "authentication_error"),
    ("/v1/messages", ANTHROPIC, {"x_api_key": "k"}, {"x_api_key": "no"}, 401, "authentication_error"),
    (
        "/v1beta/models/m:generateContent",
        GEMINI,
        {"x_goog_api_key": "k"},
        {"x_goog_api_key": "no"},
        400,
        "API_KEY_INVALID",
    ),
    ("/v1beta/models/m:generateContent", GEMINI, {"x_goog_api_key": "k"}, {}, 403, "PERMISSION_DENIED"),
    (VERTEX_PATH, GEMINI, {"authorization": "Bearer k"}, {"authorization": "Bearer no"}, 401, "UNAUTHENTICATED"),
]


@pytest.mark.parametrize(("path", "body", "right", "wrong", "status", "said"), KEYS)
def test_a_key_is_asked_for_as_each_provider_does(
    path: str, body: Any, right: dict[str, str], wrong: dict[str, str], status: int, said: str, ask: Any
) -> None:
    with ProviderServer(key="k") as server:
        assert ask(server.url + path, body, anthropic_version="x", **right).status == 200
        refused = ask(server.url + path, body, anthropic_version="x", **wrong)
        assert (refused.status, said in refused.body.decode()) == (status, True)
        assert ask(f"{server.url}/health", method="GET").status == 200


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/v1/chat/completions", CHAT, "invalid_request_error"),
        (AZURE_PATH, CHAT, "DeploymentNotFound"),
        ("/v1/messages", ANTHROPIC, "not_found_error"),
        ("/v1beta/models/m:generateContent", GEMINI, "NOT_FOUND"),
    ],
)
def test_a_model_there_is_not(path: str, body: Any, said: str, ask: Any) -> None:
    with ProviderServer(models=["other"]) as server:
        refused = ask(server.url + path, body, anthropic_version="x")
    assert (refused.status, said in refused.body.decode()) == (404, True)


BAD = [
    ("/v1/chat/completions", b"{", 400, "could not parse the JSON body"),
    ("/v1/chat/completions", b"[]", 400, "could not parse the JSON body"),
    ("/v1/chat/completions", {"model": "m"}, 400, "Missing required parameter: 'messages'"),
    ("/v1/chat/completions", {"messages": []}, 400, "you must provide a model parameter"),
    ("/v1/chat/completions", {"model": "m", "messages": "hi"}, 400, "$.messages"),
    ("/v1/chat/completions", {"model": "m", "messages": [{"role": "robot"}]}, 400, "robot"),
    ("/v1/messages", {"model": "m", "messages": []}, 400, "max_tokens: Field required"),
    ("/v1/messages", {**ANTHROPIC, "messages": []}, 400, "at least one message"),
    ("/v1/messages", {**ANTHROPIC, "messages": [{"role": "system", "content": "x"}]}, 400, "Unexpected role"),
    ("/v1beta/models/m:generateContent", {}, 400, "contents is not specified"),
    ("/v1beta/models/m:generateContent", {"contents": [{"parts": [{}]}]}, 400, "must not be empty"),
    ("/v1beta/models/m:sing", {}, 404, "Invalid URL"),
    ("/v1/embeddings", {"model": "e", "input": []}, 400, "it is empty"),
    ("/v1/embeddings", {"model": "e", "input": "a", "dimensions": 0}, 400, "dimensions must be from 1"),
    ("/v1/nothing", {}, 404, "Invalid URL (POST /v1/nothing)"),
    ("/v1/models", {}, 405, "Not allowed to POST"),
]


@pytest.mark.parametrize(("path", "body", "status", "said"), BAD)
def test_a_bad_request_is_refused_as_the_provider_would(path: str, body: Any, status: int, said: str, ask: Any) -> None:
    with ProviderServer() as server:
        refused = ask(server.url + path, body, anthropic_version="x")
    assert (refused.status, said in refused.json["error"]["message"]) == (status, True)


def test_anthropic_wants_its_version(ask: Any) -> None:
    with ProviderServer() as server:
        assert "anthropic-version" in ask(f"{server.url}/v1/messages", ANTHROPIC).json["error"]["message"]


# HTTP.


def test_calls_that_were_sent_together_are_answered_in_order() -> None:
    first = {**STREAM, "messages": [{"role": "user", "content": "first"}]}
    last = {**CHAT, "messages": [{"role": "user", "content": "last"}]}
    with ProviderServer(pace=Pace(between_tokens=0.001)) as server:
        received = talk(server, wire(first) + wire(CHAT) + wire(last, "connection: close"))
    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert (
        received.index(b'"content":"first"') < received.index(b'"content":"hi"') < received.index(b'"content":"last"')
    )


def test_a_client_of_http_1_0_gets_no_chunks_and_a_closed_connection() -> None:
    with ProviderServer() as server:
        head, _, body = talk(server, wire(STREAM, version="1.0")).partition(b"\r\n\r\n")
    assert b"transfer-encoding" not in head
    assert body.startswith(b"data: ")
    assert body.endswith(b"data: [DONE]\n\n")


def test_a_request_in_pieces_is_put_together() -> None:
    with ProviderServer() as server, socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in wire():
            connection.sendall(bytes([byte]))
        assert b'"content":"hi"' in connection.recv(65536)


def test_who_expects_to_go_on_is_told_to() -> None:
    with ProviderServer() as server, socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        head, _, body = wire(CHAT, "expect: 100-continue").partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert b"200 OK" in connection.recv(65536)


def test_who_wants_to_upgrade_is_answered_as_it_stands() -> None:
    with ProviderServer() as server, socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        for _ in range(2):
            connection.sendall(wire(CHAT, "connection: upgrade, http2-settings", "upgrade: h2c", "http2-settings: AA"))
            assert b"200 OK" in connection.recv(65536)


def test_head_has_no_body() -> None:
    with ProviderServer() as server:
        received = talk(server, b"HEAD /health HTTP/1.1\r\nconnection: close\r\n\r\n")
    assert received.endswith(b"content-length: 15\r\nconnection: close\r\n\r\n")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"SSH-2.0-client\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\n" + b"a: " + b"b" * 70_000 + b"\r\n\r\n", 413),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 413),
    ],
)
def test_what_is_not_http_is_refused(request_: bytes, status: int) -> None:
    with ProviderServer() as server:
        assert talk(server, request_).startswith(b"HTTP/1.1 %d " % status)
    assert server.calls == []
