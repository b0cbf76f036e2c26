"""What the Gemini wire reads, over a transport made of bytes."""

import json
from itertools import pairwise
from typing import Any

import pytest
from bytes_transport import KEY, Answer, BytesTransport, ask, calls, json_answer, sse, streamed, text
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.answer import Answer as Whole
from seatrial.core.conversation import ModelRequest
from seatrial.core.events import Event, ReasoningDelta, TextDelta
from seatrial.core.exchange import Attempt, TokenLogprob, Usage
from seatrial.core.parts import Reasoning, Text, ToolCall
from seatrial.models.gemini_answer import FAILED, FINISH
from seatrial.models.http_model import HttpModel
from seatrial.models.provider import http_model
from seatrial.models.transport import TransportError


def gemini(transport: BytesTransport, use: str = "gemini/gemini-x", **facts: Any) -> HttpModel:
    return http_model("main", use, transport=lambda: transport, key_name="GEMINI_API_KEY", key=KEY, facts=facts)


def run(answer: Answer | Exception, request: ModelRequest | None = None) -> tuple[list[Event], Attempt]:
    events, attempt = ask(gemini(BytesTransport(answer)), request)
    if isinstance(answer, Answer):
        assert answer.closed
    return events, attempt


def piece(*parts: dict[str, Any], finish: str | None = None, **more: Any) -> dict[str, Any]:
    """An answer, or a piece of one."""
    candidate = {"content": {"role": "model", "parts": list(parts)}, "index": 0} | more.pop("candidate", {})
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "responseId": "r1", **more}


def both(*pieces: dict[str, Any]) -> list[Answer]:
    """The pieces as a stream, and their parts in one answer."""
    parts = [part for each in pieces for part in each["candidates"][0]["content"]["parts"]]
    last = pieces[-1]
    whole = {**last, "candidates": [last["candidates"][0] | {"content": {"parts": parts}}]}
    return [streamed(sse(*pieces)), json_answer(whole)]


USAGE = {
    "promptTokenCount": 100,
    "toolUsePromptTokenCount": 7,
    "cachedContentTokenCount": 60,
    "candidatesTokenCount": 20,
    "thoughtsTokenCount": 30,
    "totalTokenCount": 157,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 100}],
}
TALK = sse(
    piece({"text": "hé"}, usageMetadata={"promptTokenCount": 100}),
    piece({"text": "llo"}),
    piece({"text": ""}, finish="STOP", usageMetadata=USAGE, modelVersion="gemini-x-001"),
)


def test_an_answer_plain_and_streamed() -> None:
    plain = json_answer(piece({"text": "héllo"}, finish="STOP", usageMetadata=USAGE, modelVersion="gemini-x-001"))
    for answer in (streamed(TALK), plain):
        events, attempt = run(answer)
        assert text(events) == "héllo"
        assert (attempt.finish, attempt.raw_finish, attempt.error) == ("stop", "STOP", None)
        assert attempt.served_by == "gemini-x-001"


def test_usage_counts_thoughts_as_output_and_cached_tokens_as_input() -> None:
    for answer in (streamed(TALK), json_answer(piece({"text": "a"}, finish="STOP", usageMetadata=USAGE))):
        _, attempt = run(answer)
        assert attempt.usage == Usage(107, 50, cache_read=60, reasoning=30)
        assert attempt.usage.total == USAGE["totalTokenCount"]


def test_usage_that_is_left_out_later_is_kept() -> None:
    _, attempt = run(
        streamed(
            sse(
                piece({"text": "a"}, usageMetadata={"promptTokenCount": 5, "thoughtsTokenCount": 3}),
                piece({"text": "b"}, finish="STOP", usageMetadata={"promptTokenCount": 5, "candidatesTokenCount": 2}),
            )
        )
    )
    assert attempt.usage == Usage(5, 5, reasoning=3)


@given(st.lists(st.integers(0, len(TALK)), max_size=8), st.sampled_from([b"\n", b"\r\n"]))
def test_where_a_stream_is_cut_into_chunks_means_nothing(cuts: list[int], line_end: bytes) -> None:
    raw = TALK.replace(b"\n", line_end)
    places = [0, *sorted(cuts), len(raw)]
    events, attempt = run(streamed(*(raw[a:b] for a, b in pairwise(places) if a < b)))
    assert text(events) == "héllo"
    assert (attempt.finish, attempt.error, attempt.usage) == ("stop", None, Usage(107, 50, cache_read=60, reasoning=30))


@given(st.integers(0, TALK.index(b'"STOP"')))
def test_a_stream_that_ends_before_the_finish_reason_is_cut(length: int) -> None:
    events, attempt = run(streamed(TALK[:length]))
    assert "héllo".startswith(text(events))
    assert attempt.error is not None
    assert (attempt.finish, attempt.error.kind, attempt.error.retryable) == ("error", "cut", True)


def test_a_connection_lost_after_the_finish_reason_loses_nothing() -> None:
    events, attempt = run(streamed(TALK, TransportError("cut", "body", "gone")))
    assert (text(events), attempt.finish, attempt.error) == ("héllo", "stop", None)


@pytest.mark.parametrize("raw", FINISH)
def test_known_finish_reasons(raw: str) -> None:
    for answer in both(piece({"text": "x"}), piece(finish=raw)):
        _, attempt = run(answer)
        assert (attempt.finish, attempt.raw_finish, attempt.error) == (FINISH[raw], raw, None)


@pytest.mark.parametrize("raw", [*FAILED, "IMAGE_OTHER", "FINISH_REASON_UNSPECIFIED", "stop", "SOMETHING_NEW"])
def test_every_other_finish_reason_is_an_error_that_keeps_the_text(raw: str) -> None:
    for answer in both(piece({"text": "so far"}), piece(finish=raw, candidate={"finishMessage": "it broke"})):
        events, attempt = run(answer)
        assert (text(events), attempt.finish, attempt.raw_finish) == ("so far", "error", raw)
        assert attempt.error is not None
        assert raw in attempt.error.message
        assert attempt.error.billable
        assert ("it broke" in attempt.error.message) is (raw in FAILED)


@pytest.mark.parametrize(
    ("raw", "kind", "retryable"),
    [
        ("MALFORMED_FUNCTION_CALL", "server", True),
        ("MISSING_THOUGHT_SIGNATURE", "bad_request", False),
        ("PUP_LIMITED_DISABLED", "auth", False),
    ],
)
def test_which_failures_may_pass(raw: str, kind: str, retryable: bool) -> None:
    _, attempt = run(json_answer(piece(finish=raw)))
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.error.retryable) == (kind, retryable)


def test_a_blocked_prompt_is_a_content_filter_and_no_empty_answer() -> None:
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 9}}
    for answer in (json_answer(blocked), streamed(sse(blocked))):
        events, attempt = run(answer)
        assert (events, attempt.finish, attempt.raw_finish) == ([], "content_filter", "PROHIBITED_CONTENT")
        assert (attempt.error, attempt.usage) == (None, Usage(9, 0))


@pytest.mark.parametrize("body", [{}, {"candidates": []}, {"candidates": None}, {"promptFeedback": {}}])
def test_an_answer_without_candidates_is_an_error(body: dict[str, Any]) -> None:
    for answer, kind in ((json_answer(body), "protocol"), (streamed(sse(body)), "cut")):
        _, attempt = run(answer)
        assert attempt.error is not None
        assert attempt.error.kind == kind


def test_only_the_first_candidate_is_read() -> None:
    second = piece({"text": "B"}, finish="MAX_TOKENS", candidate={"index": 1})["candidates"]
    first = piece({"text": "A"}, finish="STOP")
    events, attempt = run(json_answer({"candidates": [*second, *first["candidates"]]}))
    assert (text(events), attempt.finish) == ("A", "stop")


def call(name: str, args: Any = None, **more: Any) -> dict[str, Any]:
    signature = {"thoughtSignature": more.pop("signature")} if "signature" in more else {}
    return {"functionCall": {"name": name, **({"args": args} if args is not None else {}), **more}, **signature}


def test_tool_calls() -> None:
    for answer in both(
        piece(call("f", {"x": 1}, id="a", signature="s1")),
        piece(call("g"), call("g", {"y": "é"})),
        piece(finish="STOP"),
    ):
        events, attempt = run(answer)
        assert [json.loads(each.arguments) for each in calls(events)] == [{"x": 1}, {}, {"y": "é"}]
        assert [(each.id, each.name, each.opaque) for each in calls(events)] == [
            ("a", "f", {"wire": "gemini", "thoughtSignature": "s1", "id": "a"}),
            ("call-r1-1", "g", None),
            ("call-r1-2", "g", None),
        ]
        assert (attempt.finish, attempt.raw_finish) == ("tool_calls", "STOP")


def test_arguments_are_kept_as_the_model_wrote_them() -> None:
    body = b'{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"n": 1.50,  "b":null}}}]}}]}'
    events, _ = run(Answer(body))
    assert calls(events)[0].arguments == '{"n": 1.50,  "b":null}'


@pytest.mark.parametrize("raw", ["MAX_TOKENS", "SAFETY"])
def test_a_tool_call_hides_no_other_finish_reason(raw: str) -> None:
    _, attempt = run(json_answer(piece(call("f"), finish=raw)))
    assert attempt.finish == FINISH[raw]


def said(answer: Answer) -> Whole:
    whole = Whole()
    for event in run(answer)[0]:
        whole.take(event)
    return whole


def test_thoughts_are_kept_apart_from_the_answer() -> None:
    for answer in both(
        piece({"text": "h", "thought": True}),
        piece({"text": "m", "thought": True}),
        piece({"text": "a"}, finish="STOP"),
    ):
        whole = said(answer)
        assert (whole.reasoning, whole.text) == ("hm", "a")
        assert whole.parts == (Reasoning("hm"), Text("a"))


def test_a_signature_stays_with_its_part() -> None:
    signed = {"wire": "gemini", "thoughtSignature": "s"}
    for answer in both(
        piece({"text": "t", "thought": True}),
        piece({"text": "u", "thought": True, "thoughtSignature": "s"}),
        piece({"text": "ab"}),
        piece({"text": "cde", "thoughtSignature": "s"}, {"text": "", "thoughtSignature": "s"}),
        piece(call("f", {}, signature="s"), finish="STOP"),
    ):
        assert said(answer).parts == (
            Reasoning("t"),
            Reasoning("u", signed),
            Text("abcde"),
            Reasoning("", signed | {"text": 3}),
            Reasoning("", signed | {"text": 0}),
            ToolCall("call-r1-0", "f", "{}", signed),
        )


def test_log_probabilities() -> None:
    chosen = [{"token": "h", "tokenId": 1, "logProbability": -0.5}, {"token": "i", "tokenId": 2}]
    top = [{"candidates": [{"token": "h", "logProbability": -0.5}, {"token": "H", "logProbability": -2.0}]}]
    logprobs = {"logprobsResult": {"chosenCandidates": chosen, "topCandidates": top}}
    found = (TokenLogprob("h", -0.5, {"h": -0.5, "H": -2.0}), TokenLogprob("i", 0.0))
    events, _ = run(json_answer(piece({"text": "h"}, {"text": "i"}, finish="STOP", candidate=logprobs)))
    assert events == [TextDelta("h", found), TextDelta("i")]
    events, _ = run(json_answer(piece(finish="STOP", candidate=logprobs)))
    assert events == [TextDelta("", found)]


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"inlineData": {"mimeType": "image/png", "data": "AA=="}}, "inline_data"),
        ({"executableCode": {"language": "PYTHON", "code": "1"}}, "executable_code"),
        ({"functionCall": {"name": "f", "partialArgs": []}}, "come in parts"),
    ],
)
def test_what_cannot_be_kept_is_an_error_and_not_dropped(part: dict[str, Any], kind: str) -> None:
    events, attempt = run(streamed(sse(piece({"text": "see"}), piece(part, finish="STOP"))))
    assert attempt.error is not None
    assert (text(events), attempt.finish, attempt.error.kind) == ("see", "error", "protocol")
    assert kind in attempt.error.message


ERROR = {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}


def test_an_error_inside_a_stream_keeps_what_came() -> None:
    events, attempt = run(streamed(sse(piece({"text": "so far"}), {"error": ERROR})))
    assert attempt.error is not None
    assert (text(events), attempt.error.kind, attempt.error.retryable) == ("so far", "server", True)
    assert "overloaded" in attempt.error.message


def details(*made: dict[str, Any], code: int, **more: Any) -> Answer:
    return json_answer({"error": {"code": code, "message": f"m {KEY}", "details": list(made), **more}}, status=code)


def test_a_wrong_key_is_named_though_its_status_is_400() -> None:
    _, attempt = run(details({"reason": "API_KEY_INVALID", "domain": "googleapis.com"}, code=400))
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.error.switchable) == ("auth", True)
    assert attempt.error.hint == "check the key in GEMINI_API_KEY"


def test_the_delay_inside_a_refusal_is_read() -> None:
    _, attempt = run(details("odd", {"violations": 5}, {"retryDelay": "37.5s"}, code=429))  # type: ignore[arg-type]
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.error.retryable, attempt.error.retry_after) == ("rate_limit", True, 37.5)


def test_a_daily_quota_is_not_waited_for() -> None:
    quota = {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}
    _, attempt = run(details(quota, {"retryDelay": "37s"}, code=429))
    assert attempt.error is not None
    assert (attempt.error.retryable, attempt.error.hint) == (False, "the account's quota is used up")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["candidates", "content", "parts", "text", "finishReason", "usageMetadata", "error"]),
                inner,
            )
        ),
        max_leaves=12,
    ),
    st.booleans(),
)
def test_any_json_ends_in_one_attempt(body: Any, is_stream: bool) -> None:
    run(streamed(sse(body)) if is_stream else json_answer(body))


def test_reasoning_deltas_without_text_say_nothing() -> None:
    events, _ = run(json_answer(piece({"text": "", "thought": True}, {}, finish="STOP")))
    assert [event for event in events if isinstance(event, ReasoningDelta)] == []
