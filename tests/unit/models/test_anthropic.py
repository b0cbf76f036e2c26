"""The Anthropic wire: what answers it reads, over a transport made of bytes."""

import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from bytes_transport import KEY, Answer, BytesTransport, ask, calls, json_answer, sse, streamed, text
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.conversation import ModelRequest
from seatrial.core.events import Event, ReasoningDelta, TextDelta
from seatrial.core.exchange import Attempt, Usage
from seatrial.core.parts import ToolCall
from seatrial.models.anthropic_answer import FINISH
from seatrial.models.http_model import HttpModel
from seatrial.models.provider import http_model
from seatrial.models.transport import Timeouts, TransportError

COUNTS = {"input_tokens": 10, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 70, "output_tokens": 1}
DETAILS = {"output_tokens_details": {"thinking_tokens": 4}}
USAGE = Usage(100, 9, cache_read=70, cache_write=20, reasoning=4)
HELLO = [{"type": "text", "text": "héllo"}]


def model(transport: BytesTransport, **facts: Any) -> HttpModel:
    return http_model(
        "main",
        "anthropic/claude-x",
        base_url="http://x/v1/",
        transport=lambda: transport,
        timeouts=Timeouts(total=5),
        key_name="ANTHROPIC_API_KEY",
        key=KEY,
        facts=facts,
    )


def run(answer: Answer | Exception, request: ModelRequest | None = None) -> tuple[list[Event], Attempt]:
    return ask(model(BytesTransport(answer)), request)


def whole(content: list[dict[str, Any]] | None = None, stop: str | None = "end_turn", **more: Any) -> Answer:
    usage = {**COUNTS, "output_tokens": 9, **DETAILS}
    said = {"type": "message", "model": "claude-x-1", "content": HELLO if content is None else content}
    return json_answer({**said, "stop_reason": stop, "usage": usage, **more})


def opening() -> dict[str, Any]:
    message = {"type": "message", "model": "claude-x-1", "content": [], "stop_reason": None, "usage": COUNTS}
    return {"type": "message_start", "message": message}


def delta(index: int, kind: str, key: str, value: str) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, key: value}}


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    begun = {"type": "content_block_start", "index": index, "content_block": start}
    return [begun, *deltas, {"type": "content_block_stop", "index": index}]


def said(index: int, *pieces: str) -> list[dict[str, Any]]:
    return block(index, {"type": "text", "text": ""}, *(delta(index, "text_delta", "text", piece) for piece in pieces))


def closing(stop: str | None = "end_turn", **usage: Any) -> list[dict[str, Any]]:
    counted = {"output_tokens": 9, **DETAILS, **usage}
    end = {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None}, "usage": counted}
    return [end, {"type": "message_stop"}]


def stream(*blocks: list[dict[str, Any]], stop: str | None = "end_turn") -> Answer:
    middle = [event for each in blocks for event in each]
    return streamed(sse(opening(), {"type": "ping"}, *middle, *closing(stop)))


TALK = sse(opening(), {"type": "ping"}, *said(0, "hé", "llo"), *closing())


def test_a_whole_answer() -> None:
    events, attempt = run(whole())
    assert events == [TextDelta("héllo")]
    assert (attempt.finish, attempt.raw_finish, attempt.error) == ("stop", "end_turn", None)
    assert (attempt.served_by, attempt.usage, attempt.first_token_ms) == ("claude-x-1", USAGE, None)
    assert USAGE.input_plain == 10


def test_a_streamed_answer() -> None:
    events, attempt = run(streamed(TALK))
    assert events == [TextDelta("hé"), TextDelta("llo")]
    assert (attempt.finish, attempt.error, attempt.served_by, attempt.usage) == ("stop", None, "claude-x-1", USAGE)
    assert attempt.first_token_ms is not None


def test_counts_at_the_end_of_a_stream_replace_those_at_its_start() -> None:
    _, attempt = run(streamed(sse(opening(), *said(0, "x"), *closing(input_tokens=15, cache_read_input_tokens=0))))
    assert attempt.usage == Usage(35, 9, cache_read=0, cache_write=20, reasoning=4)


@given(st.lists(st.integers(0, len(TALK)), max_size=8), st.sampled_from([b"\n", b"\r\n"]))
def test_where_a_stream_is_cut_into_chunks_means_nothing(cuts: list[int], line_end: bytes) -> None:
    raw = TALK.replace(b"\n", line_end)
    places = [0, *sorted(cuts), len(raw)]
    events, attempt = run(streamed(*(raw[a:b] for a, b in pairwise(places) if a < b)))
    assert (text(events), attempt.finish, attempt.usage) == ("héllo", "stop", USAGE)


@given(st.integers(1, TALK.index(b'"message_delta"')))
def test_a_stream_that_ends_before_the_stop_reason_is_cut_and_its_usage_unknown(length: int) -> None:
    events, attempt = run(streamed(TALK[:length]))
    assert "héllo".startswith(text(events))
    assert attempt.error is not None
    assert (attempt.finish, attempt.usage) == ("error", None)
    assert (attempt.error.kind, attempt.error.retryable, attempt.error.billable) == ("cut", True, True)


@pytest.mark.parametrize("lost", [sse({"type": "message_stop"}), sse({"type": "message_stop"})[:-1]])
def test_an_answer_with_its_stop_reason_is_complete_without_the_last_event(lost: bytes) -> None:
    events, attempt = run(streamed(TALK.removesuffix(lost)))
    assert (text(events), attempt.finish, attempt.usage) == ("héllo", "stop", USAGE)


@pytest.mark.parametrize("after", [b"data: [DONE]\n\n", b"data: what\n\n", sse({"type": "error", "error": {}})])
def test_what_comes_after_the_end_changes_nothing(after: bytes) -> None:
    for answer in (streamed(TALK, after), streamed(TALK, TransportError("reset", "body", "gone"))):
        events, attempt = run(answer)
        assert (text(events), attempt.finish, attempt.error) == ("héllo", "stop", None)


@pytest.mark.parametrize("raw", FINISH)
def test_known_stop_reasons(raw: str) -> None:
    for answer in (whole(stop=raw), stream(said(0, "x"), stop=raw)):
        _, attempt = run(answer)
        assert (attempt.finish, attempt.raw_finish, attempt.error) == (FINISH[raw], raw, None)


@pytest.mark.parametrize("raw", ["stop", "END_TURN", "compaction", "", None])
def test_any_other_stop_reason_is_an_error_and_never_stop(raw: str | None) -> None:
    for answer in (whole(stop=raw), stream(said(0, "x"), stop=raw)):
        events, attempt = run(answer)
        assert attempt.error is not None
        assert (attempt.finish, attempt.error.kind, attempt.error.billable) == ("error", "protocol", True)
        assert text(events)


def test_blocks_and_events_of_unknown_kinds_are_passed_over() -> None:
    other = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    found = [delta(0, "input_json_delta", "partial_json", '{"q": 1}'), delta(0, "citations_delta", "citation", "")]
    new = [{"type": "to_come", "index": 7}]
    for answer in (whole([other, *HELLO]), stream(block(0, other, *found), new, said(1, "héllo"))):
        events, attempt = run(answer)
        assert (events[0], len(events), attempt.error) == (TextDelta("héllo"), 1, None)


CALL = {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1.0}}
BARE = {"type": "tool_use", "id": "b", "name": "g", "input": {}}


def piece(index: int, arguments: str) -> dict[str, Any]:
    return delta(index, "input_json_delta", "partial_json", arguments)


@pytest.mark.parametrize(
    "blocks",
    [
        [block(0, {**CALL, "input": {}}, piece(0, ""), piece(0, '{"x": '), piece(0, "1.0}")), block(1, BARE)],
        [block(0, CALL), block(1, BARE, piece(1, ""))],
    ],
    ids=["in pieces", "at once"],
)
def test_tool_calls_whole_and_from_their_pieces(blocks: list[list[dict[str, Any]]]) -> None:
    for answer in (whole([CALL, BARE], "tool_use"), stream(*blocks, stop="tool_use")):
        events, attempt = run(answer)
        assert calls(events) == [ToolCall("a", "f", '{"x": 1.0}'), ToolCall("b", "g", "{}")]
        assert attempt.finish == "tool_calls"


THINKING = {"type": "thinking", "thinking": "hm so", "signature": "sig=="}
REDACTED = {"type": "redacted_thinking", "data": "secret=="}


def test_thinking_is_kept_apart_with_what_the_provider_wants_back() -> None:
    thought = [delta(0, "thinking_delta", "thinking", "hm "), delta(0, "thinking_delta", "thinking", "so")]
    signed = delta(0, "signature_delta", "signature", "sig==")
    begun = {"type": "thinking", "thinking": "", "signature": ""}
    for answer in (
        whole([THINKING, REDACTED, *HELLO]),
        stream(block(0, begun, *thought, signed), block(1, REDACTED), said(2, "héllo")),
    ):
        events, attempt = run(answer)
        reasoning = [event for event in events if isinstance(event, ReasoningDelta)]
        assert "".join(event.text for event in reasoning) == "hm so"
        assert [event.opaque for event in reasoning if event.opaque] == [
            {"wire": "anthropic", "signature": "sig=="},
            {"wire": "anthropic", "redacted": "secret=="},
        ]
        assert (text(events), attempt.finish) == ("héllo", "stop")


def test_a_server_that_ignores_what_was_asked_of_the_stream_is_read_all_the_same() -> None:
    assert text(run(whole())[0]) == text(run(streamed(TALK), ModelRequest(()))[0]) == "héllo"


@pytest.mark.parametrize(
    "body",
    [b"", b" \n", b"{", b"[]", b"null", b'{"content": 5}', b"\xff", b"[" * 100_000, b'{"type":"message_start"}'],
)
def test_a_body_that_is_not_the_wire_format_is_an_error(body: bytes) -> None:
    for answer in (Answer(body), streamed(b"data: " + (body.strip() or b"x") + b"\n\n")):
        _, attempt = run(answer)
        assert attempt.error is not None
        assert (attempt.finish, attempt.error.switchable) == ("error", True)
        assert attempt.error.kind in ("protocol", "cut")


@pytest.mark.parametrize(
    ("kind", "status", "means", "retryable"),
    [
        ("overloaded_error", 529, "server", True),
        ("api_error", 500, "server", True),
        ("rate_limit_error", 429, "rate_limit", True),
        ("authentication_error", 401, "auth", False),
        ("permission_error", 403, "auth", False),
        ("billing_error", 402, "rate_limit", False),
        ("not_found_error", 404, "not_found", False),
        ("request_too_large", 413, "bad_request", False),
        ("invalid_request_error", 400, "bad_request", False),
        ("error_to_come", 500, "server", True),
    ],
)
def test_errors_mean_the_same_before_and_inside_a_stream(kind: str, status: int, means: str, retryable: bool) -> None:
    error = {"type": "error", "error": {"type": kind, "message": f"it said {KEY}"}, "request_id": "r"}
    before = json_answer(error, status=status)
    inside = streamed(sse(opening(), *said(0, "so far")[:2], error))
    for answer, heard in ((before, ""), (inside, "so far"), (json_answer(error), "")):
        events, attempt = run(answer)
        assert attempt.error is not None
        assert (attempt.error.kind, attempt.error.status, attempt.error.retryable) == (means, status, retryable)
        assert (text(events), attempt.finish, attempt.usage) == (heard, "error", None)
        assert "it said [key]" in attempt.error.message
        assert attempt.error.billable is (answer is not before)


def test_a_spend_limit_is_not_waited_for() -> None:
    details = {"error_code": "enforced_spend_limit_reached"}
    error = {"type": "rate_limit_error", "message": "monthly", "details": details}
    _, attempt = run(json_answer({"type": "error", "error": error}, status=429))
    assert attempt.error is not None
    assert (attempt.error.retryable, attempt.error.hint) == (False, "the account's quota is used up")


def test_a_refusal_keeps_what_was_said() -> None:
    for answer in (whole(stop="refusal"), stream(said(0, "héllo"), stop="refusal")):
        events, attempt = run(answer)
        assert (text(events), attempt.finish, attempt.error) == ("héllo", "refused", None)


@given(st.binary(max_size=80), st.booleans(), st.sampled_from([200, 200, 400, 529]))
def test_any_body_ends_in_one_attempt(body: bytes, is_stream: bool, status: int) -> None:
    headers = {"content_type": "text/event-stream"} if is_stream else {}
    _, attempt = run(Answer(body, status=status, **headers))
    assert attempt.error is not None
    msgspec.json.encode(attempt)


EVENTS = st.fixed_dictionaries(
    {"type": st.sampled_from([each["type"] for each in (opening(), *said(0, "x"), *closing())])},
    optional={
        "index": st.integers(0, 2),
        "message": st.sampled_from([None, {}, opening()["message"]]),
        "content_block": st.sampled_from([None, {}, {"type": "text", "text": None}, CALL, THINKING, REDACTED]),
        "delta": st.sampled_from(
            [None, {}, {"type": "text_delta"}, {"type": "text_delta", "text": "x"}, {"stop_reason": "end_turn"}]
        ),
        "usage": st.sampled_from([None, {}, {"output_tokens": 3}]),
        "error": st.sampled_from([None, "x", {"type": "overloaded_error"}]),
    },
)


@given(st.lists(EVENTS, max_size=6))
def test_events_in_any_order_never_end_in_a_bug(events: list[dict[str, Any]]) -> None:
    _, attempt = run(streamed(sse(*events)))
    raw = any((event.get("delta") or {}).get("stop_reason") for event in events if event["type"] == "message_delta")
    assert attempt.finish == ("stop" if raw and attempt.error is None else "error")
    json.dumps(msgspec.to_builtins(attempt))
