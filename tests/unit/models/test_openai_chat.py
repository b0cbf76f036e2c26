"""The OpenAI chat wire over a transport made of bytes."""

import asyncio
import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from bytes_transport import KEY, Answer, BytesTransport, ask, calls, streamed, text
from bytes_transport import sse as events_of
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.conversation import Message, ModelRequest, Tool
from seatrial.core.events import Event, ReasoningDelta, TextDelta
from seatrial.core.exchange import Attempt, Usage
from seatrial.core.parts import ToolCall
from seatrial.models.http_model import HttpModel
from seatrial.models.openai_chat import FINISH
from seatrial.models.provider import http_model
from seatrial.models.transport import ErrorKind, Phase, Timeouts, TransportError
from seatrial.structured.arguments import parse_arguments


def chat(transport: BytesTransport, **facts: Any) -> HttpModel:
    return http_model(
        "main",
        "openai/m",
        base_url="http://x/v1/",
        transport=lambda: transport,
        timeouts=Timeouts(total=5),
        key_name="OPENAI_API_KEY",
        key=KEY,
        facts=facts,
    )


def run(answer: Answer | Exception, request: ModelRequest | None = None) -> tuple[list[Event], Attempt]:
    events, attempt = ask(chat(BytesTransport(answer)), request)
    if isinstance(answer, Answer):
        assert answer.closed
    return events, attempt


def whole(message: dict[str, Any] | None = None, **more: Any) -> Answer:
    choice = {"index": 0, "message": message or {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}
    return Answer(
        json.dumps({"choices": [choice | more.pop("choice", {})], **more}).encode(), content_type="application/json"
    )


def sse(*payloads: Any, end: bytes = b"data: [DONE]\n\n") -> bytes:
    return events_of(*payloads, end=end)


def piece(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


USAGE = {
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 20},
    "completion_tokens_details": {"reasoning_tokens": 5},
}
TALK = sse(
    piece(role="assistant", content=""),
    piece(content="hé"),
    piece(content="llo"),
    piece("stop"),
    {"choices": [], "usage": USAGE, "model": "m-1"},
)


def test_what_is_sent() -> None:
    transport = BytesTransport(whole())
    request = ModelRequest((Message("user", "hé"),), params={"temperature": 0.5, "stop": None})

    async def drain() -> None:
        async for _ in chat(transport).stream(request):
            pass

    asyncio.run(drain())
    (sent,) = transport.sent
    assert (sent.method, sent.url, sent.timeout) == ("POST", "http://x/v1/chat/completions", 5)
    assert dict(sent.headers)["authorization"] == f"Bearer {KEY}"
    body = {"model": "m", "messages": [{"role": "user", "content": "hé"}], "temperature": 0.5, "stop": None}
    assert json.loads(sent.body) == body


@pytest.mark.parametrize("option", [True, False])
def test_usage_on_a_stream_is_asked_for_where_that_is_known(option: bool) -> None:
    transport = BytesTransport(whole())

    async def drain() -> None:
        async for _ in chat(transport, usage_option=option).stream(ModelRequest((), stream=True)):
            pass

    asyncio.run(drain())
    body = json.loads(transport.sent[0].body)
    assert body["stream"] is True
    assert ("stream_options" in body) is option


def test_a_whole_answer() -> None:
    events, attempt = run(whole(usage=USAGE, model="m-1"))
    assert text(events) == "hello"
    assert (attempt.finish, attempt.raw_finish, attempt.error, attempt.served_by) == ("stop", "stop", None, "m-1")
    assert attempt.usage == Usage(100, 20, cache_read=60, cache_write=20, reasoning=5)
    assert attempt.usage.input_plain == 20
    assert attempt.first_token_ms is None


def test_a_streamed_answer() -> None:
    events, attempt = run(streamed(TALK))
    assert events == [TextDelta("hé"), TextDelta("llo")]
    assert (attempt.finish, attempt.error, attempt.served_by) == ("stop", None, "m-1")
    assert attempt.usage == Usage(100, 20, cache_read=60, cache_write=20, reasoning=5)
    assert attempt.first_token_ms is not None
    assert attempt.first_token_ms <= attempt.latency_ms


@given(st.lists(st.integers(0, len(TALK)), max_size=8), st.sampled_from([b"\n", b"\r\n"]))
def test_where_a_stream_is_cut_into_chunks_means_nothing(cuts: list[int], line_end: bytes) -> None:
    raw = TALK.replace(b"\n", line_end)
    places = [0, *sorted(cuts), len(raw)]
    events, attempt = run(streamed(*(raw[a:b] for a, b in pairwise(places) if a < b)))
    assert text(events) == "héllo"
    assert (attempt.finish, attempt.error) == ("stop", None)


@given(st.integers(0, TALK.index(b'"stop"')))
def test_a_stream_that_ends_before_the_finish_reason_is_cut(length: int) -> None:
    events, attempt = run(streamed(TALK[:length]))
    assert "héllo".startswith(text(events))
    assert attempt.finish == "error"
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.error.retryable, attempt.error.billable) == ("cut", True, True)


@pytest.mark.parametrize("end", [b"", b"data: [DONE]", b"data: [DONE]\n", b"data:[DONE]\r\n\r\n", b": bye\n\n", b"\n"])
def test_an_answer_with_its_finish_reason_is_complete_however_the_stream_ends(end: bytes) -> None:
    events, attempt = run(streamed(sse(piece(content="hi"), piece("stop"), end=end)))
    assert (text(events), attempt.finish, attempt.error) == ("hi", "stop", None)


def test_a_last_event_without_its_empty_line_is_read() -> None:
    events, attempt = run(streamed(sse(piece("stop", content="hi"), end=b"").rstrip(b"\n")))
    assert (text(events), attempt.finish) == ("hi", "stop")


def test_a_connection_lost_after_done_loses_nothing() -> None:
    _, attempt = run(streamed(TALK, TransportError("timeout", "body", "no end")))
    assert (attempt.finish, attempt.error) == ("stop", None)


@pytest.mark.parametrize("raw", FINISH)
def test_known_finish_reasons(raw: str) -> None:
    for answer in (whole(choice={"finish_reason": raw}), streamed(sse(piece(content="x"), piece(raw)))):
        _, attempt = run(answer)
        expected = "error" if raw == "cancelled" else FINISH[raw]
        assert (attempt.finish, attempt.raw_finish, attempt.error is None) == (expected, raw, expected != "error")


@pytest.mark.parametrize("raw", ["error", "abort", "STOP", "", None])
def test_any_other_finish_reason_is_an_error_and_never_stop(raw: str | None) -> None:
    for answer in (whole(choice={"finish_reason": raw}), streamed(sse(piece(content="x"), piece(raw)))):
        events, attempt = run(answer)
        assert attempt.finish == "error"
        assert attempt.error is not None
        assert (attempt.error.kind, attempt.error.billable) == ("protocol", True)
        assert text(events)


@pytest.mark.parametrize("choices", [[], None])
def test_an_answer_without_choices_is_an_error(choices: Any) -> None:
    _, attempt = run(Answer(json.dumps({"choices": choices}).encode()))
    assert attempt.error is not None


def test_a_refusal_is_text_with_the_finish_refused() -> None:
    for answer in (
        whole({"content": None, "refusal": "no"}),
        streamed(sse(piece(refusal="n"), piece("stop", refusal="o"))),
    ):
        events, attempt = run(answer)
        assert (text(events), attempt.finish, attempt.error) == ("no", "refused", None)


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_is_kept_apart_from_the_answer(field: str) -> None:
    for answer in (
        whole({"content": "a", field: "hm"}),
        streamed(sse(piece(**{field: "hm"}), piece("stop", content="a"))),
    ):
        events, _ = run(answer)
        assert events == [ReasoningDelta("hm"), TextDelta("a")]


def call(index: int | None, id_: str | None, name: str | None, arguments: str | None) -> dict[str, Any]:
    found = {"index": index, "id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}
    return {key: value for key, value in found.items() if value is not None}


TWO = [ToolCall("a", "f", '{"x":1}'), ToolCall("b", "g", "{}")]


@pytest.mark.parametrize(
    "pieces",
    [
        [[call(0, "a", "f", "")], [call(0, None, None, '{"x"')], [call(0, None, None, ":1}"), call(1, "b", "g", "{}")]],
        [[call(1, "b", "g", "{}")], [call(0, "a", "f", '{"x":1}')]],
        [[call(None, "a", "f", '{"x":1}')], [call(None, "b", "g", "{}")]],
        [[call(None, "a", "f", '{"x"')], [call(None, None, None, ":1}")], [call(None, "b", "g", "{}")]],
    ],
)
def test_tool_calls_are_put_together_from_their_pieces(pieces: list[list[dict[str, Any]]]) -> None:
    events, attempt = run(streamed(sse(*(piece(tool_calls=calls_) for calls_ in pieces), piece("tool_calls"))))
    assert calls(events) == TWO
    assert attempt.finish == "tool_calls"


@pytest.mark.parametrize("ids", [("a", "b"), (None, None)])
def test_tool_calls_of_a_whole_answer_stay_apart_without_an_index(ids: tuple[str | None, str | None]) -> None:
    made = [call(None, ids[0], "f", '{"x":1}'), call(None, ids[1], "g", "{}")]
    events, _ = run(whole({"content": None, "tool_calls": made}, choice={"finish_reason": "tool_calls"}))
    assert [(each.name, each.arguments) for each in calls(events)] == [("f", '{"x":1}'), ("g", "{}")]


LOOK_UP = Tool("f", parameters={"type": "object", "properties": {"x": {"type": "integer"}}})


@pytest.mark.parametrize(
    ("pieces", "values"),
    [
        (
            [
                call(0, "a", "f", '{"x"'),
                call(1, "b", "f", '{"'),
                call(0, None, None, ":1}"),
                call(1, None, None, 'x":2}'),
            ],
            [{"x": 1}, {"x": 2}],
        ),
        ([call(0, "a", "f", ""), call(1, "b", "f", None)], [{}, {}]),
        ([{"index": 0, "id": "a", "function": {"name": "f", "arguments": {"x": 1}}}], [{"x": 1}]),
    ],
)
def test_arguments_are_read_however_they_come(pieces: list[dict[str, Any]], values: list[Any]) -> None:
    events, _ = run(streamed(sse(*(piece(tool_calls=[each]) for each in pieces), piece("tool_calls"))))
    assert [parse_arguments(each, LOOK_UP).value for each in calls(events)] == values


def test_a_server_that_ignores_stream_is_read_all_the_same() -> None:
    events, attempt = run(whole())
    assert (text(events), attempt.finish, attempt.first_token_ms) == ("hello", "stop", None)


def test_a_server_that_streams_unasked_is_read_all_the_same() -> None:
    events, attempt = run(streamed(TALK), ModelRequest(()))
    assert (text(events), attempt.finish) == ("héllo", "stop")


@pytest.mark.parametrize("usage", [None, {"prompt_tokens": None, "completion_tokens": 3}, {"prompt_tokens": 3}])
def test_usage_that_is_missing_in_part_breaks_nothing(usage: Any) -> None:
    _, attempt = run(whole(usage=usage))
    assert attempt.error is None
    assert (attempt.usage is None) is (usage is None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"{",
        b"[]",
        b"null",
        b'{"choices": 5}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"choices":[{"message":{"content":"\xff"}}]}',
    ],
)
def test_a_body_that_is_not_the_wire_format_is_a_protocol_error(body: bytes) -> None:
    for answer in (Answer(body), streamed(b"data: " + (body.replace(b"\n", b"") or b"x") + b"\n\n")):
        _, attempt = run(answer)
        assert attempt.finish == "error"
        assert attempt.error is not None
        assert attempt.error.kind in ("protocol", "cut")
        assert attempt.error.switchable


@pytest.mark.parametrize(
    ("error", "kind", "retryable"),
    [
        ({"message": "overloaded"}, "server", True),
        ({"message": "slow down", "code": 429}, "rate_limit", True),
        ({"message": "bad key", "code": 401}, "auth", False),
        ({"message": "too long", "code": "400"}, "bad_request", False),
        ({"message": None, "code": "weird"}, "server", True),
        ("only text", "server", True),
        ({}, "server", True),
    ],
)
def test_an_error_inside_an_answer_is_an_error(error: Any, kind: str, retryable: bool) -> None:
    for answer in (Answer(json.dumps({"error": error}).encode()), streamed(sse(piece(content="hi"), {"error": error}))):
        _, attempt = run(answer)
        assert attempt.finish == "error"
        assert attempt.error is not None
        assert (attempt.error.kind, attempt.error.retryable, attempt.error.billable) == (kind, retryable, True)


def test_text_before_an_error_in_a_stream_is_kept() -> None:
    events, attempt = run(streamed(sse(piece(content="so far"), {"error": {"message": "broke"}})))
    assert text(events) == "so far"
    assert "broke" in str(attempt.error and attempt.error.message)


@pytest.mark.parametrize(
    ("status", "kind", "retryable", "switchable"),
    [
        (400, "bad_request", False, False),
        (401, "auth", False, True),
        (402, "rate_limit", False, True),
        (403, "auth", False, True),
        (404, "not_found", False, True),
        (408, "timeout", True, True),
        (409, "bad_request", True, False),
        (413, "bad_request", False, False),
        (422, "bad_request", False, False),
        (429, "rate_limit", True, True),
        (500, "server", True, True),
        (502, "server", True, True),
        (503, "server", True, True),
        (529, "server", True, True),
        (301, "bad_request", False, False),
        (204, "bad_request", False, False),
    ],
)
def test_what_each_status_means(status: int, kind: str, retryable: bool, switchable: bool) -> None:
    _, attempt = run(Answer(b'{"error": {"message": "said so"}}', status=status))
    error = attempt.error
    assert error is not None
    assert (error.kind, error.retryable, error.switchable, error.status) == (kind, retryable, switchable, status)
    assert (attempt.finish, attempt.usage, error.billable) == ("error", None, False)
    assert f"HTTP {status}: said so" in error.message


def test_a_quota_that_is_used_up_is_not_retried() -> None:
    _, attempt = run(Answer(b'{"error": {"message": "m", "code": "insufficient_quota"}}', status=429))
    assert attempt.error is not None
    assert (attempt.error.retryable, attempt.error.hint) == (False, "the account's quota is used up")


def test_a_missing_key_is_named_by_its_variable() -> None:
    _, attempt = run(Answer(b"", status=401))
    assert attempt.error is not None
    assert attempt.error.hint == "check the key in OPENAI_API_KEY"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><head><title>502 Bad\n Gateway</title></head><body>...</body></html>", "HTTP 500: 502 Bad Gateway"),
        (b"<!doctype html><p>x", "HTTP 500: an HTML page"),
        (b"upstream\n  went away", "HTTP 500: upstream went away"),
        (b'{"error": "model not found"}', "HTTP 500: model not found"),
        (b'{"detail": "no such path"}', "HTTP 500: no such path"),
        (b'{"error": null, "message": "m"}', "HTTP 500: m"),
        (b"", "HTTP 500"),
        (b"\xff\xfe", "HTTP 500: \ufffd\ufffd"),
        (b"[" * 100_000, "HTTP 500: " + "[" * 300),
        (b"x" * 10_000, "HTTP 500: " + "x" * 300),
    ],
)
def test_what_a_server_says_is_shown_in_one_short_line(body: bytes, said: str) -> None:
    _, attempt = run(Answer(body, status=500))
    assert attempt.error is not None
    assert attempt.error.message == f"openai/m: {said}"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(f"no such key {KEY}".encode(), status=401),
        Answer(json.dumps({"error": {"message": f"Bearer {KEY}"}}).encode()),
        streamed(sse({"error": f"x {KEY}"})),
        TransportError("reset", "headers", f"while sending {KEY}"),
    ],
    ids=["status", "body", "stream", "transport"],
)
def test_the_key_is_in_no_message(answer: Answer | Exception) -> None:
    _, attempt = run(answer)
    assert attempt.error is not None
    assert KEY not in attempt.error.message


@pytest.mark.parametrize("fault", [ValueError("the URL is empty\nhint: fill it"), ValueError("x")])
def test_a_request_that_cannot_be_written_is_an_error_of_the_callers(fault: ValueError) -> None:
    _, attempt = run(fault)
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.error.retryable, attempt.error.switchable) == ("bad_request", False, False)
    assert attempt.error.hint == ("fill it" if "hint" in str(fault) else None)


@pytest.mark.parametrize(
    ("kind", "phase", "retryable", "billable"),
    [
        ("connect", "connect", True, False),
        ("timeout", "connect", True, False),
        ("timeout", "headers", True, True),
        ("reset", "send", True, False),
        ("cut", "body", True, True),
        ("protocol", "headers", False, True),
        ("too_large", "body", False, True),
    ],
)
def test_faults_of_the_transport(kind: ErrorKind, phase: Phase, retryable: bool, billable: bool) -> None:
    fault = TransportError(kind, phase, "it broke")
    answers: list[Answer | Exception] = [fault]
    if phase == "body":
        answers = [Answer(b"{", fault), streamed(sse(piece(content="hi"), end=b""), fault), Answer(fault, status=500)]
    for answer in answers:
        _, attempt = run(answer)
        error = attempt.error
        assert error is not None
        assert (error.retryable, error.switchable, error.billable) == (retryable, True, billable)
        assert error.kind == ("protocol" if kind == "too_large" else kind)


def test_a_caller_who_leaves_early_closes_the_response() -> None:
    answer = streamed(TALK)

    async def leave() -> None:
        events = chat(BytesTransport(answer)).stream(ModelRequest(()))
        await anext(events)
        await events.aclose()

    asyncio.run(leave())
    assert answer.closed


@given(st.binary(max_size=80), st.booleans(), st.sampled_from([200, 200, 404, 503]))
def test_any_body_ends_in_one_attempt(body: bytes, is_stream: bool, status: int) -> None:
    headers = {"content_type": "text/event-stream"} if is_stream else {}
    _, attempt = run(Answer(body, status=status, **headers))
    assert attempt.error is not None
    msgspec.json.encode(attempt)
