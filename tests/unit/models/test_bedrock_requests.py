"""The Converse wire of Bedrock: what it asks, held to AWS's own description of the service."""

import json
from typing import Any

import msgspec
import pytest
from aws_bytes import aws, event
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from bytes_transport import BytesTransport, ask, json_answer, text
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.answer import Answer
from seatrial.core.conversation import Message, ModelRequest, Tool
from seatrial.core.events import Event
from seatrial.core.parts import AnyPart, File, Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.models.bedrock import BedrockConverse
from seatrial.models.facts import Facts, facts_of
from seatrial.models.http_model import HttpModel
from seatrial.models.provider import http_model
from seatrial.models.schema_tool import ANSWER

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": False}
TOOL = Tool("f", "does f", SCHEMA)
BARE = Tool("g")
ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0"
SERVICE = ServiceModel(Loader().load_service_model("bedrock-runtime", "service-2"))


def body(request: ModelRequest, **facts: Any) -> dict[str, Any]:
    """What is written, as JSON, after AWS's own client would have sent it."""
    wire = BedrockConverse("some.model-v1:0", Facts(**facts))
    written: dict[str, Any] = json.loads(msgspec.json.encode(wire.call(request).body))
    shape = SERVICE.operation_model("ConverseStream" if request.stream else "Converse").input_shape
    report = ParamValidator().validate({**written, "modelId": "some.model-v1:0"}, shape)
    assert not report.has_errors(), report.generate_report()
    return written


def said(*messages: Message, **more: Any) -> list[Any]:
    found: list[Any] = body(ModelRequest(messages, **more))["messages"]
    return found


def model(transport: BytesTransport, name: str = "some.model-v1:0", **more: Any) -> HttpModel:
    keys = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s"}
    return http_model(
        "m",
        f"bedrock/{name}",
        transport=lambda: transport,
        environment=keys,
        options={"region": "eu-west-1"},
        **more,
    )


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("anthropic.claude-3-haiku-20240307-v1:0", "anthropic.claude-3-haiku-20240307-v1%3A0"),
        (ARN, ARN.replace(":", "%3A").replace("/", "%2F")),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_is_sent(name: str, path: str, stream: bool) -> None:
    transport = BytesTransport(json_answer({"stopReason": "end_turn"}))
    request = ModelRequest((Message("system", "be brief"), Message("user", "hé")), stream=stream)
    ask(model(transport, name), request)
    (sent,) = transport.sent
    method = "converse-stream" if stream else "converse"
    assert sent.url == f"https://bedrock-runtime.eu-west-1.amazonaws.com/model/{path}/{method}"
    signed = dict(sent.headers)["authorization"]
    assert signed.startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "/eu-west-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=" in signed
    assert transport.bodies == [
        {"system": [{"text": "be brief"}], "messages": [{"role": "user", "content": [{"text": "hé"}]}]}
    ]


def test_parameters_have_their_places() -> None:
    params = {
        "max_tokens": 5,
        "temperature": 0.5,
        "top_p": 0.9,
        "stop": "END",
        "top_k": 3,
        "seed": None,
        "reasoning_effort": "low",
        "service_tier": "flex",
        "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}},
    }
    written = body(ModelRequest((Message("user", "x"),), params=params, schema=SCHEMA))
    text_format = written["outputConfig"].pop("textFormat")
    assert {key: value for key, value in written.items() if key != "messages"} == {
        "inferenceConfig": {"maxTokens": 5, "temperature": 0.5, "topP": 0.9, "stopSequences": ["END"]},
        "additionalModelRequestFields": {"top_k": 3, "thinking": {"type": "enabled", "budget_tokens": 1024}},
        "outputConfig": {"effort": "low"},
        "serviceTier": {"type": "flex"},
        "guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"},
    }
    assert (text_format["type"], json.loads(text_format["structure"]["jsonSchema"]["schema"])) == (
        "json_schema",
        SCHEMA,
    )


@pytest.mark.parametrize(("params", "most"), [({}, 7), ({"max_tokens": 3}, 3)])
def test_a_limit_from_the_facts(params: dict[str, Any], most: int) -> None:
    written = body(ModelRequest((Message("user", "x"),), params=params), default_max_tokens=7)
    assert written["inferenceConfig"] == {"maxTokens": most}


def test_neighbours_of_one_role_are_one_message_and_instructions_stand_apart() -> None:
    messages = (
        Message("system", "one"),
        Message("user", "a"),
        Message("assistant", ""),
        Message("user", "b"),
        Message("system", "two"),
        Message("assistant", (Text("c"), Text(" "), Reasoning("hm"))),
    )
    written = body(ModelRequest(messages))
    assert written["system"] == [{"text": "one"}, {"text": "two"}]
    assert written["messages"] == [
        {"role": "user", "content": [{"text": "a"}, {"text": "b"}]},
        {"role": "assistant", "content": [{"text": "c"}]},
    ]


def test_a_tool_call_and_its_result() -> None:
    calls = (ToolCall("i", "f", '{"n": 1.50}'), ToolCall("j", "g", ""), ToolCall("k", "g", "{"))
    assert said(
        Message("user", "go"),
        Message("assistant", calls),
        Message(
            "tool", (ToolResult("i", "f", "42"), ToolResult("j", "g", "no", is_error=True), ToolResult("k", "g", ""))
        ),
        Message("user", "and now?"),
        tools=(TOOL, BARE),
    )[1:] == [
        {
            "role": "assistant",
            "content": [
                {"toolUse": {"toolUseId": "i", "name": "f", "input": {"n": 1.5}}},
                {"toolUse": {"toolUseId": "j", "name": "g", "input": {}}},
                {"toolUse": {"toolUseId": "k", "name": "g", "input": {"INVALID_JSON": "{"}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "i", "content": [{"text": "42"}]}},
                {"toolResult": {"toolUseId": "j", "content": [{"text": "no"}], "status": "error"}},
                {"toolResult": {"toolUseId": "k", "content": []}},
                {"text": "and now?"},
            ],
        },
    ]


@pytest.mark.parametrize(
    ("choice", "written"), [("auto", None), ("required", {"any": {}}), ("f", {"tool": {"name": "f"}})]
)
def test_tools_and_their_choice(choice: str, written: Any) -> None:
    config = body(ModelRequest((), tools=(TOOL, BARE), tool_choice=choice))["toolConfig"]
    assert config["tools"] == [
        {"toolSpec": {"name": "f", "description": "does f", "inputSchema": {"json": SCHEMA}}},
        {"toolSpec": {"name": "g", "inputSchema": {"json": {"type": "object", "properties": {}}}}},
    ]
    assert config.get("toolChoice") == written


def test_tools_that_are_forbidden_are_not_sent() -> None:
    assert "toolConfig" not in body(ModelRequest((Message("user", "x"),), tools=(TOOL,), tool_choice="none"))


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (Image("image/jpeg", b"\xff\xd8"), {"image": {"format": "jpeg", "source": {"bytes": "/9g="}}}),
        (
            Image(url="s3://bucket/y.png"),
            {"image": {"format": "png", "source": {"s3Location": {"uri": "s3://bucket/y.png"}}}},
        ),
        (
            File(data=b"%PDF", name="ann's file_1.pdf"),
            {"document": {"format": "pdf", "name": "ann s file 1 pdf", "source": {"bytes": "JVBERg=="}}},
        ),
        (
            File("text/csv", url="s3://bucket/y", name="é" * 300),
            {"document": {"format": "csv", "name": "document", "source": {"s3Location": {"uri": "s3://bucket/y"}}}},
        ),
    ],
    ids=["image", "image by address", "pdf", "csv by address"],
)
def test_images_and_documents(part: AnyPart, block: dict[str, Any]) -> None:
    (message,) = said(Message("user", (Text("look"), part)))
    assert message["content"] == [{"text": "look"}, block]


def test_documents_of_one_conversation_have_different_names() -> None:
    one = File(data=b"x", name="a" * 300)
    first, _, second = said(Message("user", (one,)), Message("assistant", "b"), Message("user", (one,)))
    names = [each["content"][0]["document"]["name"] for each in (first, second)]
    assert names == ["a" * 195, "a" * 195 + " (2)"]


CALLED = (Message("assistant", (ToolCall("i", "f", "{}"),)), Message("tool", (ToolResult("i", "f", "1"),)))


@pytest.mark.parametrize(
    ("request_", "facts", "says"),
    [
        (ModelRequest((Message("user", (Image("image/bmp", b"x"),)),)), {}, "png, jpeg, gif, webp, not image/bmp"),
        (ModelRequest((Message("user", (File("audio/wav", b"x"),)),)), {}, "not audio/wav"),
        (ModelRequest((Message("user", (Image(url="https://x"),)),)), {}, "Amazon S3 only"),
        (ModelRequest((Message("system", (Image(url="s3://x"),)),)), {}, "instructions are only text"),
        (ModelRequest((Message("user", (Image(url="s3://x"),)),)), {"images": False}, "takes no images"),
        (ModelRequest((Message("user", (File(url="s3://x"),)),)), {"files": False}, "takes no files"),
        (ModelRequest((), tools=(TOOL,)), {"tools": False}, "takes no tools"),
        (ModelRequest(CALLED, tools=(TOOL,), tool_choice="none"), {}, "cannot forbid tools"),
        (ModelRequest((), schema=SCHEMA), {"schema": "json"}, "'json'"),
        (ModelRequest((), params={"inferenceConfig": 5}), {}, "inferenceConfig must be a mapping"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_it_is_sent(request_: ModelRequest, facts: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        body(request_, **facts)
    transport = BytesTransport(json_answer({}))
    _, attempt = ask(model(transport, facts=facts), request_)
    assert attempt.error is not None
    assert (attempt.error.kind, transport.sent) == ("bad_request", [])


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "native"),
        ("us.anthropic.claude-opus-4-6-v1", "native"),
        (ARN, "native"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "tool"),
        ("amazon.nova-pro-v1:0", "tool"),
    ],
)
def test_facts_of_models(name: str, schema: str) -> None:
    assert facts_of(f"bedrock/{name}", Facts(schema="tool")).schema == schema


def test_an_answer_through_a_tool_is_text() -> None:
    asked = body(ModelRequest((), schema=SCHEMA), schema="tool")["toolConfig"]
    assert asked["tools"][0]["toolSpec"]["inputSchema"] == {"json": SCHEMA}
    assert asked["toolChoice"] == {"tool": {"name": ANSWER}}

    block = {"toolUse": {"toolUseId": "a", "name": ANSWER, "input": {"n": 1}}}
    begun = {"contentBlockIndex": 0, "start": {"toolUse": {"toolUseId": "a", "name": ANSWER}}}
    piece = {"contentBlockIndex": 0, "delta": {"toolUse": {"input": '{"n": 1}'}}}
    end = event("messageStop", {"stopReason": "tool_use"})
    for answer in (
        json_answer({"output": {"message": {"content": [block]}}, "stopReason": "tool_use"}),
        aws(event("contentBlockStart", begun) + event("contentBlockDelta", piece) + end),
    ):
        events, attempt = ask(model(BytesTransport(answer)))
        assert (text(events), attempt.finish) == ('{"n": 1}', "stop")


def parts_of(events: list[Event]) -> tuple[AnyPart, ...]:
    answer = Answer()
    for each in events:
        answer.take(each)
    return answer.parts


WORDS = st.text(min_size=1, max_size=20).filter(lambda text: bool(text.strip()))
BLOCKS = st.lists(
    st.one_of(
        st.builds(lambda said: {"text": said}, WORDS),
        st.builds(
            lambda thought, sign: {"reasoningContent": {"reasoningText": {"text": thought, "signature": sign}}},
            st.text(max_size=9),
            WORDS,
        ),
        st.builds(lambda data: {"reasoningContent": {"redactedContent": data}}, st.text("abcd", min_size=4)),
        st.builds(
            lambda given: {"toolUse": {"toolUseId": "i", "name": "f", "input": given}},
            st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=3),
        ),
    ),
    max_size=6,
)


def cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def events_of(index: int, block: dict[str, Any], size: int) -> bytes:
    """A block as the service streams it, in pieces of so many characters."""
    start, deltas = b"", []
    if "text" in block:
        deltas = [{"text": each} for each in cut(block["text"], size)]
    elif "toolUse" in block:
        call = block["toolUse"]
        begun = {"toolUse": {"toolUseId": call["toolUseId"], "name": call["name"]}}
        start = event("contentBlockStart", {"contentBlockIndex": index, "start": begun})
        deltas = [
            {"toolUse": {"input": each}} for each in (cut(json.dumps(call["input"]), size) if call["input"] else [])
        ]
    elif "redactedContent" in block["reasoningContent"]:
        deltas = [block]
    else:
        told = block["reasoningContent"]["reasoningText"]
        deltas = [{"reasoningContent": {"text": each}} for each in cut(told["text"], size)]
        deltas.append({"reasoningContent": {"signature": told["signature"]}})
    pieces = [event("contentBlockDelta", {"contentBlockIndex": index, "delta": each}) for each in deltas]
    return b"".join([start, *pieces, event("contentBlockStop", {"contentBlockIndex": index})])


def joined(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With texts that follow each other as one, which is all the canonical form changes."""
    found: list[dict[str, Any]] = []
    for block in blocks:
        if "text" in block and found and "text" in found[-1]:
            found[-1] = {"text": found[-1]["text"] + block["text"]}
        else:
            found.append(block)
    return found


@given(BLOCKS, st.integers(1, 5))
def test_what_a_model_said_goes_back_as_it_came(blocks: list[dict[str, Any]], size: int) -> None:
    whole = json_answer({"output": {"message": {"content": blocks}}, "stopReason": "end_turn"})
    streams = b"".join(events_of(index, block, size) for index, block in enumerate(blocks))
    for answer in (whole, aws(streams + event("messageStop", {"stopReason": "end_turn"}))):
        events, attempt = ask(model(BytesTransport(answer)))
        assert attempt.error is None
        again = said(Message("assistant", parts_of(events)))
        assert (again[0]["content"] if again else []) == joined(blocks)
