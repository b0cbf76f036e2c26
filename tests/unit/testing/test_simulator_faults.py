"""Every fault, as it comes over a socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from seatrial.testing import Call, Fault, ProviderServer
from seatrial.testing.simulator.kinds import KINDS, STATUSES

Check = Callable[[Any, Any, Call], None]
"""Looks at what a client got streamed, what it got in one piece, and the streamed call as the server saw it."""

CLOCK_GRAIN = 0.003
"""Seconds that a timer of uvloop may be early."""

SHORT = 0.25
"""Seconds, for what must time out; long enough for what comes at once."""

CHUNKS = ["one ", "two ", "three"]
STREAM = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "one two three"}]}


@pytest.fixture(scope="module")
def server() -> Iterator[ProviderServer]:
    with ProviderServer() as running:
        yield running


def said(received: Any) -> list[str]:
    """The tokens of a stream, as far as it can be read."""
    found = []
    for line in received.body.decode().splitlines():
        if line.startswith("data: {") and line.endswith("}"):
            choices = json.loads(line[6:]).get("choices", [])
            found += [each["delta"]["content"] for each in choices if each["delta"].get("content")]
    return found


def cut_short(kind: str, tokens: int) -> Check:
    """Both end in an error of this kind, the stream after so many tokens."""

    def check(stream: Any, plain: Any, call: Call) -> None:
        assert (stream.error.kind, plain.error.kind) == (kind, "cut")
        assert said(stream) == CHUNKS[:tokens]
        assert plain.status == 200
        assert plain.body.startswith(b'{"id":"chatcmpl')
        assert len(plain.body) < int(plain.headers["content-length"])
        assert call.ended == "broken"

    return check


def before_the_first_byte(stream: Any, plain: Any, call: Call) -> None:
    for received in (stream, plain):
        assert (received.status, received.error.kind, received.chunks) == (0, "reset", [])
    assert (call.ended, call.status) == ("broken", 0)


def error_of(status: int, content_type: str, body: bytes) -> Check:
    def check(stream: Any, plain: Any, call: Call) -> None:
        for received in (stream, plain):
            assert (received.status, received.headers["content-type"]) == (status, content_type)
            assert body in received.body
        assert (call.status, call.ended) == (status, "whole")

    return check


def provider_error(status: int) -> Check:
    return error_of(status, "application/json", STATUSES[status].encode())


def in_whole(received: Any) -> None:
    assert received.error is None
    assert said(received) == CHUNKS


def in_time(stream: Any, plain: Any, call: Call) -> None:
    in_whole(stream)
    assert plain.json["choices"][0]["message"]["content"] == "one two three"
    assert call.ended == "whole"


def no_usage(stream: Any, plain: Any, call: Call) -> None:
    in_whole(stream)
    assert b"usage" not in plain.body + stream.body


def no_finish(stream: Any, plain: Any, call: Call) -> None:
    in_whole(stream)
    assert all(event["choices"][0]["finish_reason"] is None for event in stream.events[:-1])
    assert "finish_reason" not in plain.json["choices"][0]


def odd_finish(stream: Any, plain: Any, call: Call) -> None:
    assert stream.events[-2]["choices"][0]["finish_reason"] == "simulated"
    assert plain.json["choices"][0]["finish_reason"] == "simulated"


def not_streamed(stream: Any, plain: Any, call: Call) -> None:
    assert stream.headers["content-type"] == "application/json"
    assert stream.json["choices"] == plain.json["choices"]


def empty(stream: Any, plain: Any, call: Call) -> None:
    for received in (stream, plain):
        assert (received.status, received.body, received.error) == (200, b"", None)
    assert stream.headers["content-type"].startswith("text/event-stream")


def wrong_type(stream: Any, plain: Any, call: Call) -> None:
    in_whole(stream)
    assert stream.headers["content-type"] == plain.headers["content-type"] == "text/html; charset=utf-8"


def malformed(stream: Any, plain: Any, call: Call) -> None:
    assert b'data: {"broken": "\n\n' in stream.body
    assert said(stream) == CHUNKS
    assert plain.body == b'{"broken": "'


def error_event(stream: Any, plain: Any, call: Call) -> None:
    assert said(stream) == CHUNKS[:1]
    assert stream.events[-1] == plain.json
    assert plain.json["error"]["type"] == "server_error"
    assert (stream.error, plain.status) == (None, 200)


def no_done(stream: Any, plain: Any, call: Call) -> None:
    in_whole(stream)
    assert stream.events[-1]["choices"][0]["finish_reason"] == "stop"


def short(stream: Any, plain: Any, call: Call) -> None:
    assert (stream.error, plain.error) == (None, None)
    assert said(stream) == CHUNKS[:1]
    assert call.ended == "broken"
    with pytest.raises(json.JSONDecodeError):
        _ = plain.json


def huge(stream: Any, plain: Any, call: Call) -> None:
    assert said(stream) == ["one ", "x" * 5000, "two ", "three"]
    assert len(plain.body) > 5000


def comments(stream: Any, plain: Any, call: Call) -> None:
    in_whole(stream)
    assert stream.body.count(b": keep-alive\n\n") == 6


def line_ends(stream: Any, plain: Any, call: Call) -> None:
    assert stream.body.count(b"\r\n\r\n") == 6
    assert stream.body.count(b"\n") == stream.body.count(b"\r")


def odd_event(stream: Any, plain: Any, call: Call) -> None:
    in_whole(stream)
    assert {"type": "simulated"} in stream.events


def not_http(stream: Any, plain: Any, call: Call) -> None:
    for received in (stream, plain):
        assert (received.error.kind, received.error.phase) == ("protocol", "headers")


def lasting(seconds: float) -> Check:
    """The answer is whole, and took so long or longer."""

    def check(stream: Any, plain: Any, call: Call) -> None:
        in_time(stream, plain, call)
        assert call.seconds >= seconds - CLOCK_GRAIN

    return check


CASES: list[tuple[str, Check]] = [
    *((str(status), provider_error(status)) for status in STATUSES),
    ("no-usage", no_usage),
    ("no-finish", no_finish),
    ("odd-finish", odd_finish),
    ("not-streamed", not_streamed),
    ("plain-error", error_of(500, "text/plain; charset=utf-8", b"Internal Server Error")),
    ("html-error", error_of(502, "text/html", b"<title>502 Bad Gateway</title>")),
    ("empty", empty),
    ("wrong-type", wrong_type),
    ("malformed", malformed),
    ("error-event", error_event),
    ("no-done", no_done),
    ("short", short),
    ("huge; size=5000", huge),
    ("comments", comments),
    ("line-ends", line_ends),
    ("odd-event", odd_event),
    ("latency; seconds=20ms", lasting(0.02)),
    ("slow-first-token; seconds=20ms", lasting(0.02)),
    ("stall; seconds=20ms", lasting(0.02)),
    ("slow-tokens; seconds=10ms", lasting(0.02)),
    ("reset", before_the_first_byte),
    ("close", before_the_first_byte),
    ("reset-inside", cut_short("cut", 1)),
    ("cut", cut_short("cut", 1)),
    ("cut; after=0", cut_short("cut", 0)),
    ("cut; after=2", cut_short("cut", 2)),
    ("cut; after=99", cut_short("cut", 3)),
    ("cut; after=1; inside=9", cut_short("cut", 1)),
    ("bad-chunk; after=2", cut_short("protocol", 2)),
    ("not-http", not_http),
    ("split", in_time),
    ("split; into=100; every=4ms", lasting(0.03)),
    ("split; into=events; every=5ms", lasting(0.03)),
    ("split-at; place=40; seconds=20ms", lasting(0.02)),
]
NEVER_ENDING = ("hang", "endless")


@pytest.mark.parametrize(("fault", "check"), CASES, ids=[fault for fault, _ in CASES])
def test_a_fault_does_what_it_says(fault: str, check: Check, server: ProviderServer, ask: Any) -> None:
    url = f"{server.openai_url}/chat/completions"
    stream = ask(url, STREAM, x_simulate=fault)
    server.wait_idle()
    call = server.calls[-1]
    check(stream, ask(url, x_simulate=fault), call)
    assert str(call.fault).startswith(fault.split(";")[0])


def test_every_fault_is_tested() -> None:
    assert {fault.split(";")[0] for fault, _ in CASES} | set(NEVER_ENDING) == set(KINDS)


WAITING = [
    ("latency; seconds=1h", "headers", []),
    ("slow-first-token; seconds=1h", "body", []),
    ("stall; seconds=1h; after=2", "body", CHUNKS[:2]),
    ("slow-tokens; seconds=1h", "body", CHUNKS[:1]),
]


@pytest.mark.parametrize(("fault", "phase", "tokens"), WAITING)
def test_what_is_slow_waits_where_it_says(
    fault: str, phase: str, tokens: list[str], server: ProviderServer, ask: Any
) -> None:
    received = ask(f"{server.openai_url}/chat/completions", STREAM, within=SHORT, x_simulate=fault)
    assert (received.error.kind, received.error.phase) == ("timeout", phase)
    assert said(received) == tokens


@pytest.mark.parametrize("stream", [False, True])
def test_nothing_comes_from_a_hanging_server_until_the_client_goes(
    stream: bool, server: ProviderServer, ask: Any
) -> None:
    received = ask(
        f"{server.openai_url}/chat/completions", {**STREAM, "stream": stream}, within=SHORT, x_simulate="hang"
    )
    assert received.error.kind == "timeout"
    server.wait_idle()
    assert server.calls[-1].client_closed


@pytest.mark.parametrize("stream", [False, True])
def test_an_endless_answer_goes_on_until_the_client_goes(stream: bool, server: ProviderServer, ask: Any) -> None:
    url = f"{server.openai_url}/chat/completions"
    received = ask(url, {**STREAM, "stream": stream}, most=20_000, x_simulate="endless; every=0")
    assert received.body.count(b"on and on ") > 10
    server.wait_idle()
    assert server.calls[-1].client_closed
    assert server.calls[-1].sent >= len(received.body)


@pytest.mark.parametrize(("fault", "value"), [("429; retry_after=2", "2"), ("503; retry_after=1500ms", "1.5")])
def test_retry_after_is_a_header(fault: str, value: str, server: ProviderServer, ask: Any) -> None:
    assert ask(f"{server.openai_url}/chat/completions", x_simulate=fault).headers["retry-after"] == value
    assert "retry-after" not in ask(f"{server.openai_url}/chat/completions", x_simulate="429").headers


def raw(server: ProviderServer, body: dict[str, Any], fault: str) -> bytes:
    """The body of an answer as it is on the wire, with the framing of HTTP."""
    data = json.dumps(body).encode()
    lines = ["POST /v1/chat/completions HTTP/1.1", f"x-simulate: {fault}", "connection: close"]
    head = "\r\n".join([*lines, f"content-length: {len(data)}", "", ""])
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(head.encode() + data)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    return received.split(b"\r\n\r\n", 1)[1]


def chunks_of(framed: bytes) -> list[bytes]:
    """The chunks of a body but for the last, empty one (RFC 9112, section 7.1)."""
    chunks = []
    while framed != b"0\r\n\r\n":
        length, _, rest = framed.partition(b"\r\n")
        size = int(length, 16)
        chunks.append(rest[:size])
        framed = rest[size + 2 :]
    return chunks


@pytest.mark.parametrize(("fault", "largest"), [("split", 1), ("split; into=9", 9), ("split; into=utf8", 300)])
def test_split_makes_a_chunk_of_every_piece(fault: str, largest: int, server: ProviderServer) -> None:
    body = {**STREAM, "messages": [{"role": "user", "content": "süß 🎉 ok"}]}
    chunks = chunks_of(raw(server, body, fault))
    assert max(map(len, chunks)) <= largest
    assert '"süß "' in b"".join(chunks).decode()
    if fault == "split; into=utf8":
        assert sum(b"\x80" <= chunk[:1] < b"\xc0" for chunk in chunks) == 3


def test_a_refusal_can_be_worded(server: ProviderServer, ask: Any) -> None:
    fault = "429; code=insufficient_quota; message=the credit is used up"
    error = ask(f"{server.openai_url}/chat/completions", x_simulate=fault).json["error"]
    assert error == {
        "message": "the credit is used up",
        "type": "insufficient_quota",
        "param": None,
        "code": "insufficient_quota",
    }


ANTHROPIC = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "one two"}], "stream": True}
GEMINI = {"contents": [{"parts": [{"text": "one two"}]}]}


def test_the_anthropic_wire_has_errors_of_its_own(server: ProviderServer, ask: Any) -> None:
    def post(fault: str) -> Any:
        return ask(f"{server.url}/v1/messages", ANTHROPIC, anthropic_version="x", x_simulate=fault)

    assert post("529").json["error"]["type"] == "overloaded_error"
    assert post("429").json["error"]["type"] == "rate_limit_error"
    failed = post("error-event; status=529")
    assert b"event: error\ndata: " in failed.body
    assert failed.events[-1]["error"]["type"] == "overloaded_error"
    assert post("no-done").events[-1]["type"] == "message_delta"
    assert post("no-finish").events[-2]["delta"]["stop_reason"] is None
    unused = post("no-usage").events
    assert "usage" not in unused[0]["message"]
    assert "usage" not in unused[-2]


def test_the_gemini_wire_has_errors_of_its_own(server: ProviderServer, ask: Any) -> None:
    def post(fault: str) -> Any:
        return ask(f"{server.gemini_url}/models/m:streamGenerateContent?alt=sse", GEMINI, x_simulate=fault)

    limited = post("429; retry_after=3").json["error"]
    assert (limited["status"], limited["code"]) == ("RESOURCE_EXHAUSTED", 429)
    assert limited["details"][0]["retryDelay"] == "3s"
    assert post("503").json["error"]["status"] == "UNAVAILABLE"
    assert post("error-event").events[-1]["error"]["status"] == "INTERNAL"
    assert "finishReason" not in post("no-finish").events[-1]["candidates"][0]
    assert b"usageMetadata" not in post("no-usage").body


def test_several_faults_can_be_done_to_one_call(server: ProviderServer, ask: Any) -> None:
    received = ask(f"{server.openai_url}/chat/completions", STREAM, x_simulate="cut; after=2, split, no-usage")
    assert received.error.kind == "cut"
    assert said(received) == CHUNKS[:2]
    server.wait_idle()
    assert server.calls[-1].faults == (Fault("cut", after=2), Fault("split"), Fault("no-usage"))


def test_a_fault_is_done_to_embeddings_too(server: ProviderServer, ask: Any) -> None:
    received = ask(f"{server.openai_url}/embeddings", {"model": "e", "input": "a"}, x_simulate="cut, no-usage")
    assert received.error.kind == "cut"


def test_a_fault_that_nobody_knows_is_a_bad_request(server: ProviderServer, ask: Any) -> None:
    received = ask(f"{server.openai_url}/chat/completions", x_simulate="ct")
    assert received.status == 400
    assert "there is no fault 'ct'" in received.json["error"]["message"]
