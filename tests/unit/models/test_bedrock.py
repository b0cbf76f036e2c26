"""The Converse wire of Bedrock: what answers it reads, over a transport made of bytes."""

import json
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from aws_bytes import aws, event
from bytes_transport import KEY, Answer, BytesTransport, ask, calls, json_answer, text
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.conversation import ModelRequest
from seatrial.core.events import Event, ReasoningDelta, TextDelta
from seatrial.core.exchange import Attempt, Usage
from seatrial.core.parts import ToolCall
from seatrial.models.bedrock_answer import FINISH
from seatrial.models.http_model import HttpModel
from seatrial.models.provider import http_model
from seatrial.models.transport import Timeouts, TransportError

COUNTS = {
    "inputTokens": 10,
    "outputTokens": 9,
    "totalTokens": 109,
    "cacheReadInputTokens": 70,
    "cacheWriteInputTokens": 20,
}
USAGE = Usage(100, 9, cache_read=70, cache_write=20)
HELLO = [{"text": "héllo"}]


def model(transport: BytesTransport, **facts: Any) -> HttpModel:
    return http_model(
        "main",
        "bedrock/some.model-v1:0",
        transport=lambda: transport,
        timeouts=Timeouts(total=5),
        options={"region": "eu-west-1"},
        environment={"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": KEY},
        facts=facts,
    )


def run(answer: Answer | Exception, request: ModelRequest | None = None) -> tuple[list[Event], Attempt]:
    return ask(model(BytesTransport(answer)), request)


def whole(content: list[dict[str, Any]] | None = None, stop: str | None = "end_turn", **more: Any) -> Answer:
    message = {"role": "assistant", "content": HELLO if content is None else content}
    return json_answer({"output": {"message": message}, "stopReason": stop, "usage": COUNTS, **more})


def delta(index: int, **delta: Any) -> bytes:
    return event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta})


def stop(index: int) -> bytes:
    return event("contentBlockStop", {"contentBlockIndex": index})


def call(index: int, id_: str, name: str, *arguments: str) -> bytes:
    begun = {"contentBlockIndex": index, "start": {"toolUse": {"toolUseId": id_, "name": name}}}
    pieces = b"".join(delta(index, toolUse={"input": piece}) for piece in arguments)
    return event("contentBlockStart", begun) + pieces + stop(index)


START = event("messageStart", {"role": "assistant"})
METADATA = event("metadata", {"usage": COUNTS, "metrics": {"latencyMs": 5}})


def stream(*pieces: bytes, stop_reason: str | None = "end_turn") -> Answer:
    return aws(START, *pieces, event("messageStop", {"stopReason": stop_reason}), METADATA)


SAID = delta(0, text="hé") + delta(0, text="llo") + stop(0)
STOPPED = event("messageStop", {"stopReason": "end_turn", "additionalModelResponseFields": None})
TALK = START + SAID + STOPPED + METADATA


def test_a_whole_answer() -> None:
    events, attempt = run(whole())
    assert events == [TextDelta("héllo")]
    assert (attempt.finish, attempt.raw_finish, attempt.error) == ("stop", "end_turn", None)
    assert (attempt.served_by, attempt.usage, attempt.first_token_ms) == (None, USAGE, None)


def test_a_streamed_answer() -> None:
    events, attempt = run(aws(TALK))
    assert events == [TextDelta("hé"), TextDelta("llo")]
    assert (attempt.finish, attempt.error, attempt.usage) == ("stop", None, USAGE)
    assert attempt.first_token_ms is not None


def test_a_router_says_which_model_answered() -> None:
    trace = {"promptRouter": {"invokedModelId": "arn:x"}}
    routed = event("metadata", {"usage": COUNTS, "trace": trace})
    for answer in (whole(trace=trace), aws(START, SAID, STOPPED, routed)):
        assert run(answer)[1].served_by == "arn:x"


@given(st.lists(st.integers(0, len(TALK)), max_size=8))
def test_where_a_stream_is_cut_into_chunks_means_nothing(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(TALK)]
    events, attempt = run(aws(*(TALK[a:b] for a, b in pairwise(places) if a < b)))
    assert (text(events), attempt.finish, attempt.usage) == ("héllo", "stop", USAGE)


@given(st.integers(1, len(TALK) - len(STOPPED + METADATA)))
def test_a_stream_that_ends_before_the_stop_reason_is_cut(length: int) -> None:
    events, attempt = run(aws(TALK[:length]))
    assert "héllo".startswith(text(events))
    assert attempt.error is not None
    assert (attempt.finish, attempt.usage) == ("error", None)
    assert (attempt.error.kind, attempt.error.retryable, attempt.error.billable) == ("cut", True, True)


def test_an_answer_without_its_last_event_is_complete_and_its_usage_unknown() -> None:
    events, attempt = run(aws(TALK.removesuffix(METADATA)))
    assert (text(events), attempt.finish, attempt.usage) == ("héllo", "stop", None)


@given(st.integers(0, len(TALK) - 1), st.integers(1, 255))
def test_a_wrong_byte_anywhere_is_an_error_and_what_came_before_is_kept(place: int, change: int) -> None:
    broken = bytearray(TALK)
    broken[place] ^= change
    events, attempt = run(aws(bytes(broken)))
    assert attempt.error is not None
    assert (attempt.finish, attempt.error.kind) == ("error", "protocol")
    assert "héllo".startswith(text(events))


def test_a_connection_lost_after_the_end_loses_nothing() -> None:
    _, attempt = run(aws(TALK, TransportError("reset", "body", "gone")))
    assert (attempt.finish, attempt.error, attempt.usage) == ("stop", None, USAGE)


@pytest.mark.parametrize("raw", FINISH)
def test_known_stop_reasons(raw: str) -> None:
    for answer in (whole(stop=raw), stream(SAID, stop_reason=raw)):
        events, attempt = run(answer)
        assert (attempt.finish, attempt.raw_finish, text(events)) == (FINISH[raw], raw, "héllo")
        assert (attempt.error is None) is (FINISH[raw] != "error")


@pytest.mark.parametrize("raw", ["malformed_model_output", "malformed_tool_use"])
def test_output_the_provider_could_not_read_may_be_asked_for_again(raw: str) -> None:
    for answer in (whole(stop=raw), stream(SAID, stop_reason=raw)):
        _, attempt = run(answer)
        assert attempt.error is not None
        assert (attempt.error.kind, attempt.error.retryable, attempt.error.billable) == ("server", True, True)
        assert raw in attempt.error.message


@pytest.mark.parametrize("raw", ["stop", "END_TURN", "", None])
def test_any_other_stop_reason_is_an_error_and_never_stop(raw: str | None) -> None:
    for answer in (whole(stop=raw), stream(SAID, stop_reason=raw)):
        _, attempt = run(answer)
        assert attempt.error is not None
        assert (attempt.finish, attempt.error.kind, attempt.error.billable) == ("error", "protocol", True)


def test_tool_calls_whole_and_from_their_pieces() -> None:
    made = [
        {"toolUse": {"toolUseId": "a", "name": "f", "input": {"x": 1.0}}},
        {"toolUse": {"toolUseId": "b", "name": "g", "input": {}}},
    ]
    pieces = call(0, "a", "f", "", '{"x": ', "1.0}") + call(1, "b", "g")
    for answer in (whole(made, "tool_use"), stream(pieces, stop_reason="tool_use")):
        events, attempt = run(answer)
        assert calls(events) == [ToolCall("a", "f", '{"x": 1.0}'), ToolCall("b", "g", "{}")]
        assert attempt.finish == "tool_calls"


def test_reasoning_is_kept_apart_with_what_the_provider_wants_back() -> None:
    told = {"reasoningContent": {"reasoningText": {"text": "hm so", "signature": "sig=="}}}
    hidden = {"reasoningContent": {"redactedContent": "c2VjcmV0"}}
    pieces = [
        delta(0, reasoningContent={"text": "hm "}),
        delta(0, reasoningContent={"text": "so"}),
        delta(0, reasoningContent={"signature": "sig=="}) + stop(0),
        delta(1, **hidden) + stop(1),
        delta(2, text="héllo") + stop(2),
    ]
    for answer in (whole([told, hidden, *HELLO]), stream(*pieces)):
        events, attempt = run(answer)
        reasoning = [event for event in events if isinstance(event, ReasoningDelta)]
        assert "".join(event.text for event in reasoning) == "hm so"
        assert [event.opaque for event in reasoning if event.opaque] == [
            {"wire": "bedrock-converse", "signature": "sig=="},
            {"wire": "bedrock-converse", "redacted": "c2VjcmV0"},
        ]
        assert (text(events), attempt.finish) == ("héllo", "stop")


def test_a_call_of_the_providers_own_tool_is_nobody_elses() -> None:
    own = {"toolUseId": "s", "name": "search", "type": "server_tool_use"}
    begun = event("contentBlockStart", {"contentBlockIndex": 1, "start": {"toolUse": own}})
    pieces = [begun, delta(1, toolUse={"input": "{}"}), stop(1), delta(2, text="héllo")]
    for answer in (whole([{"toolUse": {**own, "input": {}}}, *HELLO]), stream(*pieces)):
        events, attempt = run(answer)
        assert (events, attempt.finish) == ([TextDelta("héllo")], "stop")


def test_text_with_citations_is_text_and_blocks_of_unknown_kinds_are_passed_over() -> None:
    cited = {"citationsContent": {"content": [{"text": "hé"}, {"text": "llo"}], "citations": []}}
    pieces = [
        delta(0, text="héllo"),
        delta(0, citation={"title": "t"}),
        delta(1, image={"error": {}}),
        event("new", {}),
    ]
    for answer in (whole([cited, {"image": {"format": "png"}}]), stream(*pieces)):
        events, attempt = run(answer)
        assert (text(events), attempt.finish, attempt.error) == ("héllo", "stop", None)


@pytest.mark.parametrize("body", [b"", b" \n", b"{", b"[]", b"null", b'{"output": 5}', b"\xff", b"[" * 100_000, b"{}"])
def test_a_body_that_is_not_the_wire_format_is_an_error(body: bytes) -> None:
    for answer in (Answer(body), aws(body or b"x"), aws(event("contentBlockDelta", body or b"x"))):
        _, attempt = run(answer)
        assert attempt.error is not None
        assert (attempt.finish, attempt.error.switchable) == ("error", True)
        assert attempt.error.kind in ("protocol", "cut")


@pytest.mark.parametrize(
    ("name", "status", "means", "retryable"),
    [
        ("throttlingException", 429, "rate_limit", True),
        ("validationException", 400, "bad_request", False),
        ("modelStreamErrorException", 424, "server", True),
        ("internalServerException", 500, "server", True),
        ("serviceUnavailableException", 503, "server", True),
        ("modelTimeoutException", 408, "timeout", True),
        ("accessDeniedException", 403, "auth", False),
        ("exceptionToCome", 500, "server", True),
    ],
)
def test_errors_mean_the_same_before_and_inside_a_stream(name: str, status: int, means: str, retryable: bool) -> None:
    said = {"message": f"it said {KEY}", "originalMessage": "and the model"}
    before = json_answer(said, status=status, x_amzn_errortype=name)
    inside = aws(START, delta(0, text="so far"), event(name, said, "exception"))
    instead = json_answer({"__type": f"com.amazon.coral#{name[0].upper()}{name[1:]}:http://x/", **said})
    for answer, heard in ((before, ""), (instead, ""), (inside, "so far")):
        events, attempt = run(answer)
        assert attempt.error is not None
        assert (attempt.error.kind, attempt.error.status, attempt.error.retryable) == (means, status, retryable)
        assert (text(events), attempt.finish, attempt.usage) == (heard, "error", None)
        assert "it said [key]" in attempt.error.message
        assert attempt.error.billable is (answer is not before)
    assert f"{name}: it said [key] (and the model)" in attempt.error.message


@pytest.mark.parametrize("body", [{"__type": "X"}, {"message": "it broke"}])
def test_an_error_in_the_place_of_an_answer_is_told_by_its_type_or_its_message(body: dict[str, str]) -> None:
    _, attempt = run(json_answer(body))
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.finish) == ("server", "error")


def test_a_refused_signature_names_its_variables() -> None:
    _, attempt = run(json_answer({"Message": "The security token is expired"}, status=403))
    assert attempt.error is not None
    assert attempt.error.message.endswith("HTTP 403: The security token is expired")
    assert attempt.error.hint == "check the key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


def test_a_server_that_ignores_what_was_asked_of_the_stream_is_read_all_the_same() -> None:
    assert text(run(whole())[0]) == text(run(aws(TALK), ModelRequest(()))[0]) == "héllo"


@given(st.binary(max_size=80), st.booleans(), st.sampled_from([200, 200, 400, 503]))
def test_any_body_ends_in_one_attempt(body: bytes, is_stream: bool, status: int) -> None:
    headers = {"content_type": "application/vnd.amazon.eventstream"} if is_stream else {}
    _, attempt = run(Answer(body, status=status, **headers))
    assert attempt.error is not None
    msgspec.json.encode(attempt)


EVENTS = st.one_of(
    st.sampled_from([START, SAID, STOPPED, METADATA, stop(3), call(1, "a", "f"), delta(1, toolUse={"input": "{}"})]),
    st.builds(
        event,
        st.sampled_from(["contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"]),
        st.sampled_from(
            [{}, None, 5, {"delta": None}, {"delta": {}}, {"start": {}}, {"usage": {}}, {"stopReason": None}]
        ),
    ),
)


@given(st.lists(EVENTS, max_size=6))
def test_events_in_any_order_never_end_in_a_bug(events: list[bytes]) -> None:
    _, attempt = run(aws(b"".join(events) or b"x"))
    assert attempt.finish == ("stop" if STOPPED in events and attempt.error is None else "error")
    json.dumps(msgspec.to_builtins(attempt))
