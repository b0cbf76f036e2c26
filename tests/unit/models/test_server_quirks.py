"""What real servers of the OpenAI wire were seen to do, in bytes: each is told as what it is.

Seen with llama.cpp's server, the Python server of llama-cpp-python and `transformers serve`; tests/integration has the
servers themselves.
"""

from __future__ import annotations

from typing import Any

import pytest
from bytes_transport import Answer, BytesTransport, ask, json_answer, sse, streamed, text

from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.events import Event
from seatrial.core.exchange import Attempt, TokenLogprob, Usage
from seatrial.models.provider import http_model

DONE = b"data: [DONE]\n\n"


def run(answer: Answer, *, stream: bool = True, **more: Any) -> tuple[list[Event], Attempt]:
    model = http_model(
        "main", "openai-compatible/tiny", base_url="http://x/v1", transport=lambda: BytesTransport(answer)
    )
    return ask(model, ModelRequest((Message("user", "hi"),), stream=stream, **more))


def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"object": "chat.completion.chunk", "model": "tiny.gguf", "choices": [choice], **more}


TALK = (chunk({"role": "assistant", "content": None}), chunk({"content": "he"}), chunk({"content": "llo"}))
COUNTED = {"prompt_tokens": 29, "completion_tokens": 3, "total_tokens": 32}
CACHED = COUNTED | {"prompt_tokens_details": {"cached_tokens": 28}}


@pytest.mark.parametrize(
    ("last", "end", "usage"),
    [
        pytest.param([chunk({}, "length")], DONE, None, id="no usage though it was asked for"),
        pytest.param([chunk({}, "length", usage=COUNTED)], b"", Usage(29, 3), id="no [DONE]; usage beside the end"),
        pytest.param(
            [chunk({}, "length"), {"choices": [], "usage": CACHED, "timings": {"cache_n": 28, "predicted_ms": 0.3}}],
            DONE,
            Usage(29, 3, cache_read=28),
            id="usage after the end, with figures of the server's own",
        ),
        pytest.param([chunk({}, "length", usage=None)], b"", None, id="neither usage nor [DONE]"),
    ],
)
def test_streams_end_in_different_ways_and_usage_that_did_not_come_is_unknown(
    last: list[dict[str, Any]], end: bytes, usage: Usage | None
) -> None:
    events, attempt = run(streamed(sse(*TALK, *last, end=end)))
    assert text(events) == "hello"
    assert (attempt.finish, attempt.error, attempt.usage) == ("length", None, usage)


@pytest.mark.parametrize("end", [b"", b": bye\n\n"])
def test_a_stream_without_its_last_chunk_is_cut_even_where_done_is_never_sent(end: bytes) -> None:
    events, attempt = run(streamed(sse(*TALK, end=end)))
    assert text(events) == "hello"
    assert attempt.error is not None
    assert (attempt.finish, attempt.error.kind) == ("error", "cut")


def plain(status: int, body: str) -> Answer:
    return Answer(body.encode(), status=status, content_type="text/plain; charset=utf-8")


def refusal(code: int, message: str, type_: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "type": type_}}


OLD_ERROR = b'error: {"code":500,"message":"the slot failed","type":"server_error"}\n\n'
TOO_LONG = "request (1620 tokens) exceeds the available context size (256 tokens), try increasing it"


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        (plain(500, "Internal Server Error"), "server", "HTTP 500: Internal Server Error"),
        (json_answer({"detail": "Unexpected fields in the request: {'foo'}"}, 422), "bad_request", "Unexpected fields"),
        (json_answer(refusal(400, TOO_LONG, "exceed_context_size_error"), 400), "bad_request", TOO_LONG),
        (json_answer(refusal(404, "File Not Found", "not_found_error"), 404), "not_found", "File Not Found"),
        (json_answer(refusal(503, "Loading model", "unavailable_error"), 503), "server", "Loading model"),
        (streamed(sse(*TALK, {"error": "out of memory"})), "server", "out of memory"),
        (streamed(sse(*TALK, b'{"error": "no "x" here"}')), "protocol", "cannot be read"),
        (streamed(sse(*TALK), OLD_ERROR, DONE), "server", "the slot failed"),
        (streamed(sse(*TALK), OLD_ERROR.replace(b" {", b"{").replace(b"\n", b"\r\n")), "server", "the slot failed"),
        (streamed(sse(*TALK), b"error: oh no\n\n", DONE), "protocol", "cannot be read"),
    ],
)
def test_errors_come_in_every_shape(answer: Answer, kind: str, says: str) -> None:
    events, attempt = run(answer)
    assert text(events) == ("hello" if answer.status == 200 else "")
    assert attempt.error is not None
    assert (attempt.finish, attempt.error.kind) == ("error", kind)
    assert says in attempt.error.message


def said(content: str, **more: Any) -> Answer:
    message = {"role": "assistant", "content": content}
    return json_answer(
        {"choices": [{"index": 0, "message": message, "finish_reason": "stop", **more}], "model": "other.gguf"}
    )


def test_an_unknown_model_may_be_accepted_and_who_answered_is_kept() -> None:
    _, attempt = run(said("hello"), stream=False)
    assert (attempt.use, attempt.served_by) == ("openai-compatible/tiny", "other.gguf")


def test_a_schema_may_be_ignored_and_the_text_is_what_came() -> None:
    events, attempt = run(said("no JSON at all"), stream=False, schema={"type": "object"})
    assert (text(events), attempt.finish, attempt.error) == ("no JSON at all", "stop", None)


def test_log_probabilities_with_the_servers_own_fields() -> None:
    top = [{"id": 14, "token": "\n", "bytes": [10], "logprob": -1.25}]
    logprobs = {"content": [{"id": 363, "token": "hi", "bytes": [104], "logprob": -2.5, "top_logprobs": top}]}
    events, _ = run(said("hi", logprobs=logprobs), stream=False)
    assert events[0].logprobs == (TokenLogprob("hi", -2.5, {"\n": -1.25}),)  # type: ignore[union-attr]
