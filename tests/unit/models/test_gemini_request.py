"""How a request is written on the Gemini wire, and that what was read goes back as it came."""

import json
from typing import Any

import pytest
from bytes_transport import KEY, BytesTransport, ask, json_answer
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.answer import Answer
from seatrial.core.conversation import Message, ModelRequest, Tool
from seatrial.core.parts import File, Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.models.facts import Facts, facts_of
from seatrial.models.gemini import Gemini
from seatrial.models.gemini_answer import GeminiReader
from seatrial.models.provider import http_model

HI = (Message("user", "hi"),)
DONE = {"candidates": [{"content": {"parts": [{"text": "ok"}]}, "finishReason": "STOP"}]}


def body(request: ModelRequest, **facts: Any) -> dict[str, Any]:
    return Gemini("m", facts_of("gemini/m", Facts(), [facts])).call(request).body


def config(params: dict[str, Any] | None = None, /, **facts: Any) -> dict[str, Any]:
    return body(ModelRequest(HI, params=params or {}), **facts).get("generationConfig", {})


def contents(*messages: Message, **facts: Any) -> list[dict[str, Any]]:
    return body(ModelRequest(messages), **facts)["contents"]


@pytest.mark.parametrize(
    ("stream", "method"), [(True, "streamGenerateContent?alt=sse"), (False, "generateContent")], ids=["stream", "whole"]
)
def test_where_and_how_it_is_sent(stream: bool, method: str) -> None:
    transport = BytesTransport(json_answer(DONE))
    ask(http_model("main", "gemini/gemini-x", transport=lambda: transport, key=KEY), ModelRequest(HI, stream=stream))
    (sent,) = transport.sent
    assert sent.url == f"https://generativelanguage.googleapis.com/v1beta/models/gemini-x:{method}"
    assert dict(sent.headers)["x-goog-api-key"] == KEY
    assert transport.bodies == [{"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}]


def test_instructions_stand_apart_from_the_conversation() -> None:
    said = (Message("system", "be brief"), Message("user", "a"), Message("assistant", "b"), Message("system", "now"))
    written = body(ModelRequest((*said, Message("user", "c"))))
    assert written["systemInstruction"] == {"parts": [{"text": "be brief"}, {"text": "now"}]}
    assert [(each["role"], each["parts"]) for each in written["contents"]] == [
        ("user", [{"text": "a"}]),
        ("model", [{"text": "b"}]),
        ("user", [{"text": "c"}]),
    ]


def test_a_model_that_takes_no_instructions_gets_them_from_the_user() -> None:
    written = body(ModelRequest((Message("system", "be brief"), *HI)), system="user")
    assert "systemInstruction" not in written
    assert [each["parts"] for each in written["contents"]] == [[{"text": "be brief"}], [{"text": "hi"}]]


def test_an_empty_answer_is_left_out_and_an_empty_question_is_not() -> None:
    written = contents(Message("user", ""), Message("assistant", ""), Message("user", "a"))
    assert [each["parts"] for each in written] == [[{"text": ""}], [{"text": "a"}]]


def test_parameters_by_their_names_here() -> None:
    params = {
        "max_tokens": 9,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 40,
        "stop": "END",
        "seed": 7,
        "frequency_penalty": 1,
        "presence_penalty": 2,
        "logprobs": True,
        "top_logprobs": 3,
        "candidateCount": 1,
    }
    assert config(params) == {
        "maxOutputTokens": 9,
        "temperature": 0.5,
        "topP": 0.9,
        "topK": 40,
        "stopSequences": ["END"],
        "seed": 7,
        "frequencyPenalty": 1,
        "presencePenalty": 2,
        "responseLogprobs": True,
        "logprobs": 3,
        "candidateCount": 1,
    }
    assert config({"stop": ["a", "b"]}) == {"stopSequences": ["a", "b"]}
    assert config(default_max_tokens=5) == {"maxOutputTokens": 5}
    assert config({"max_tokens": 9}, default_max_tokens=5) == {"maxOutputTokens": 9}


def test_parameters_of_the_request_itself() -> None:
    settings = [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
    written = body(ModelRequest(HI, params={"safetySettings": settings}))
    assert written["safetySettings"] == settings
    assert "generationConfig" not in written


BUDGETS = {"none": 0, "low": 1024}


@pytest.mark.parametrize(
    ("params", "facts", "thinking"),
    [
        ({"reasoning_effort": "low"}, {}, {"thinkingLevel": "low"}),
        ({"reasoning_effort": "none"}, {"reasoning_budgets": BUDGETS}, {"thinkingBudget": 0}),
        (
            {"reasoning_effort": "low", "thinkingConfig": {"includeThoughts": True}},
            {"reasoning_budgets": BUDGETS},
            {"thinkingBudget": 1024, "includeThoughts": True},
        ),
        (
            {"thinkingConfig": {"includeThoughts": True}, "reasoning_effort": "high"},
            {},
            {"thinkingLevel": "high", "includeThoughts": True},
        ),
    ],
)
def test_reasoning_effort(params: dict[str, Any], facts: dict[str, Any], thinking: dict[str, Any]) -> None:
    assert config(params, **facts) == {"thinkingConfig": thinking}


def test_a_schema() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    request = ModelRequest(HI, schema=schema)
    held = {"responseMimeType": "application/json", "responseJsonSchema": schema}
    assert body(request)["generationConfig"] == held
    assert body(request, schema="json")["generationConfig"] == {"responseMimeType": "application/json"}


@pytest.mark.parametrize(
    ("choice", "calling"),
    [
        ("auto", None),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        ("f", {"mode": "ANY", "allowedFunctionNames": ["f"]}),
    ],
)
def test_tools(choice: str, calling: Any) -> None:
    schema = {"type": "object", "properties": {"x": {"type": "integer"}}}
    written = body(ModelRequest(HI, tools=(Tool("f", "does f", schema), Tool("g")), tool_choice=choice))
    declared = [
        {"name": "f", "description": "does f", "parametersJsonSchema": schema},
        {"name": "g", "description": ""},
    ]
    assert written["tools"] == [{"functionDeclarations": declared}]
    assert written.get("toolConfig") == (None if calling is None else {"functionCallingConfig": calling})


def test_pictures_and_files() -> None:
    parts = (
        Text("see"),
        Image(data=b"\x00"),
        Image("image/jpeg", url="gs://b/a.jpg"),
        File(data=b"\xff", name="a.pdf"),
    )
    (written,) = contents(Message("user", parts))
    assert written["parts"] == [
        {"text": "see"},
        {"inlineData": {"mimeType": "image/png", "data": "AA=="}},
        {"fileData": {"mimeType": "image/jpeg", "fileUri": "gs://b/a.jpg"}},
        {"inlineData": {"mimeType": "application/pdf", "data": "/w=="}},
    ]


def test_answers_of_tools_are_one_message_with_the_ids_that_were_given() -> None:
    given = ToolCall("a", "f", '{"x": 1}', {"wire": "gemini", "id": "a", "thoughtSignature": "s"})
    made_up = ToolCall("call-r1-1", "g", "")
    written = contents(
        *HI,
        Message("assistant", (given, made_up)),
        Message("tool", (ToolResult("a", "f", "one"),)),
        Message("tool", (ToolResult("call-r1-1", "g", "no such file", is_error=True),)),
        Message("user", "and?"),
    )
    assert [each["role"] for each in written] == ["user", "model", "user", "user"]
    assert written[1]["parts"] == [
        {"functionCall": {"name": "f", "args": {"x": 1}, "id": "a"}, "thoughtSignature": "s"},
        {"functionCall": {"name": "g", "args": {}}},
    ]
    assert written[2]["parts"] == [
        {"functionResponse": {"name": "f", "response": {"output": "one"}, "id": "a"}},
        {"functionResponse": {"name": "g", "response": {"error": "no such file"}}},
    ]


FOREIGN = (
    Reasoning("hm", {"wire": "anthropic", "signature": "x"}),
    ToolCall("toolu_1", "f", "{}"),
    ToolCall("2", "g", ""),
)


def test_what_another_wire_made_is_sent_without_its_ids_and_reasoning() -> None:
    _, said, done = contents(
        *HI,
        Message("assistant", FOREIGN),
        Message("tool", (ToolResult("toolu_1", "f", "1"), ToolResult("2", "g", "2"))),
    )
    assert said["parts"] == [{"functionCall": {"name": name, "args": {}}} for name in "fg"]
    assert all("id" not in part["functionResponse"] for part in done["parts"])


def test_the_stand_in_for_a_missing_signature_is_on_the_first_call_only() -> None:
    _, said = contents(*HI, Message("assistant", FOREIGN), unsigned_call="skip")
    assert [part.get("thoughtSignature") for part in said["parts"]] == ["skip", None]
    signed = ToolCall("a", "f", "{}", {"wire": "gemini", "thoughtSignature": "s"})
    _, said = contents(*HI, Message("assistant", (signed, ToolCall("b", "g", "{}"))), unsigned_call="skip")
    assert [part.get("thoughtSignature") for part in said["parts"]] == ["s", None]
    assert facts_of("vertex/gemini-3-pro", Facts()).unsigned_call == "skip_thought_signature_validator"
    assert facts_of("gemini/gemini-2.5-flash", Facts()).unsigned_call is None


@pytest.mark.parametrize(
    ("request_", "facts", "said"),
    [
        (ModelRequest(HI, tools=(Tool("f"),)), {"tools": False}, "no tools"),
        (ModelRequest((Message("user", (Image(data=b""),)),)), {"images": False}, "no images"),
        (ModelRequest((Message("user", (File(data=b""),)),)), {"files": False}, "no files"),
        (ModelRequest(HI, params={"logprobs": True}), {"logprobs": False}, "no log-probabilities"),
        (ModelRequest(HI, params={"reasoning_effort": "huge"}), {"reasoning_budgets": BUDGETS}, "'huge'"),
        (ModelRequest((Message("user", (Reasoning("x"),)),)), {}, "a Reasoning cannot stand"),
        (ModelRequest((Message("assistant", (ToolCall("a", "f", "{"),)),)), {}, "not JSON"),
        (ModelRequest((Message("assistant", (ToolCall("a", "f", "[]"),)),)), {}, "no JSON object"),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything_is_sent(
    request_: ModelRequest, facts: dict[str, Any], said: str
) -> None:
    transport = BytesTransport(json_answer(DONE))
    _, attempt = ask(http_model("main", "gemini/m", transport=lambda: transport, facts=facts), request_)
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.error.billable, transport.sent) == ("bad_request", False, [])
    assert said in attempt.error.message


signatures = st.sampled_from(["s1", "s2"])
texts = st.text("aé😀", min_size=1, max_size=3)
signed_parts = st.one_of(
    st.fixed_dictionaries({"text": st.just("") | texts, "thoughtSignature": signatures}),
    st.fixed_dictionaries({"text": st.just("") | texts, "thought": st.just(True), "thoughtSignature": signatures}),
    st.fixed_dictionaries(
        {"functionCall": st.fixed_dictionaries({"name": texts, "args": st.just({"x": 1})}, optional={"id": texts})},
        optional={"thoughtSignature": signatures},
    ),
)
unsigned_parts = st.fixed_dictionaries({"text": texts}, optional={"thought": st.just(True)})


def joined(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Unsigned text that follows each other as one part, unsigned thoughts left out: what may be changed."""
    kept: list[dict[str, Any]] = []
    for part in parts:
        if "thought" in part and "thoughtSignature" not in part:
            continue
        if kept and kept[-1].keys() == part.keys() == {"text"}:
            kept[-1] = {"text": kept[-1]["text"] + part["text"]}
        else:
            kept.append(part)
    return kept


@given(st.lists(st.lists(signed_parts | unsigned_parts, max_size=3), min_size=1, max_size=4))
def test_what_was_read_goes_back_as_it_came(pieces: list[list[dict[str, Any]]]) -> None:
    reader, answer = GeminiReader(), Answer()
    for parts in pieces:
        payload = {"candidates": [{"content": {"parts": parts}}]}
        for event in reader.piece(json.dumps(payload).encode()):
            answer.take(event)
    written = contents(*HI, Message("assistant", answer.parts))[1:]
    received = [part for parts in pieces for part in parts]
    assert joined([part for content in written for part in content["parts"]]) == joined(received)
