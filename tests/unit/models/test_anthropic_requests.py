"""The Anthropic wire: what it asks, and that what a model said goes back as it came."""

import json
from typing import Any

import msgspec
import pytest
from bytes_transport import BytesTransport, ask, json_answer, sse, streamed, text
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.answer import Answer
from seatrial.core.conversation import Message, ModelRequest, Tool
from seatrial.core.events import Event
from seatrial.core.parts import AnyPart, File, Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.models.anthropic import AnthropicMessages
from seatrial.models.facts import Facts, facts_of
from seatrial.models.provider import http_model
from seatrial.models.schema_tool import ANSWER

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "additionalProperties": False}
TOOL = Tool("f", "does f", SCHEMA)
BARE = Tool("g")


def body(request: ModelRequest, **facts: Any) -> dict[str, Any]:
    """What is written, as JSON."""
    wire = AnthropicMessages("claude-x", Facts(default_max_tokens=99, **facts))
    written: dict[str, Any] = json.loads(msgspec.json.encode(wire.call(request).body))
    return written


def said(*messages: Message, **more: Any) -> list[Any]:
    found: list[Any] = body(ModelRequest(messages, **more))["messages"]
    return found


def test_what_is_sent() -> None:
    transport = BytesTransport(json_answer({"content": [], "stop_reason": "end_turn"}))
    model = http_model("m", "anthropic/claude-sonnet-4-5", transport=lambda: transport, key_name="K", key="k")
    ask(model, ModelRequest((Message("system", "be brief"), Message("user", "hé")), params={"temperature": 0.5}))
    (sent,) = transport.sent
    headers = dict(sent.headers)
    assert (sent.method, sent.url) == ("POST", "https://api.anthropic.com/v1/messages")
    assert (headers["x-api-key"], headers["anthropic-version"]) == ("k", "2023-06-01")
    assert "authorization" not in headers
    assert transport.bodies == [
        {
            "model": "claude-sonnet-4-5",
            "max_tokens": 8192,
            "temperature": 0.5,
            "system": "be brief",
            "messages": [{"role": "user", "content": "hé"}],
        }
    ]


def test_parameters_have_the_names_of_this_wire() -> None:
    params = {
        "max_tokens": 5,
        "stop": "END",
        "top_k": 3,
        "user": "u",
        "reasoning_effort": "low",
        "service_tier": "auto",
    }
    written = body(ModelRequest((Message("user", "x"),), params=params, schema=SCHEMA, stream=True))
    assert {key: value for key, value in written.items() if key not in ("model", "messages")} == {
        "max_tokens": 5,
        "stop_sequences": ["END"],
        "top_k": 3,
        "metadata": {"user_id": "u"},
        "service_tier": "auto",
        "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
        "stream": True,
    }


@pytest.mark.parametrize(("stop", "written"), [(["a", "b"], ["a", "b"]), ([], []), (None, "not there")])
def test_stop_is_a_list_or_not_there(stop: Any, written: Any) -> None:
    request = ModelRequest((Message("user", "x"),), params={"stop": stop})
    assert body(request).get("stop_sequences", "not there") == written


def test_neighbours_of_one_role_are_one_message_and_instructions_stand_apart() -> None:
    messages = (
        Message("system", "one"),
        Message("user", "a"),
        Message("user", "b"),
        Message("assistant", ""),
        Message("user", "c"),
        Message("system", "two"),
        Message("assistant", "d"),
        Message("assistant", (Text("e"), Text(" \n"))),
    )
    written = body(ModelRequest(messages))
    assert written["system"] == "one\n\ntwo"
    assert written["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": each} for each in "abc"]},
        {"role": "assistant", "content": [{"type": "text", "text": each} for each in "de"]},
    ]


def test_a_model_without_instructions_gets_them_from_the_user() -> None:
    written = body(ModelRequest((Message("system", "one"), Message("user", "a"))), system="user")
    assert "system" not in written
    assert written["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": each} for each in ("one", "a")]}
    ]


def test_a_blank_question_is_left_for_the_provider_to_refuse() -> None:
    """Leaving it out would have the assistant's own words continued."""
    assert said(Message("user", "a"), Message("assistant", "b"), Message("user", ""))[-1] == {
        "role": "user",
        "content": "",
    }


def test_a_tool_call_and_its_result() -> None:
    call, other = ToolCall("i", "f", '{"n": 1.50}'), ToolCall("j", "g", "")
    assert said(
        Message("user", "go"),
        Message("assistant", (Text("so"), call, other)),
        Message("tool", (ToolResult("i", "f", "42"),)),
        Message("tool", (ToolResult("j", "g", "no such", is_error=True),)),
        Message("user", "and now?"),
    )[1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "text", "text": "so"},
                {"type": "tool_use", "id": "i", "name": "f", "input": {"n": 1.5}},
                {"type": "tool_use", "id": "j", "name": "g", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "i", "content": "42"},
                {"type": "tool_result", "tool_use_id": "j", "content": "no such", "is_error": True},
                {"type": "text", "text": "and now?"},
            ],
        },
    ]


@pytest.mark.parametrize("arguments", ['{"n": ', "[1]", "x", "[" * 100_000])
def test_arguments_that_are_no_object_go_back_inside_one(arguments: str) -> None:
    (message,) = said(Message("assistant", (ToolCall("i", "f", arguments),)))
    assert message["content"][0]["input"] == {"INVALID_JSON": arguments}


@pytest.mark.parametrize(
    ("choice", "written"),
    [("auto", None), ("none", {"type": "none"}), ("required", {"type": "any"}), ("f", {"type": "tool", "name": "f"})],
)
def test_tools_and_their_choice(choice: str, written: Any) -> None:
    asked = body(ModelRequest((), tools=(TOOL, BARE), tool_choice=choice))
    assert asked["tools"] == [
        {"name": "f", "description": "does f", "input_schema": SCHEMA},
        {"name": "g", "input_schema": {"type": "object", "properties": {}}},
    ]
    assert asked.get("tool_choice") == written


@pytest.mark.parametrize(("choice", "parallel"), [("auto", False), ("f", False), ("none", False), ("auto", True)])
def test_calls_side_by_side_can_be_forbidden(choice: str, parallel: bool) -> None:
    asked = body(ModelRequest((), tools=(TOOL,), tool_choice=choice, params={"parallel_tool_calls": parallel}))
    assert "parallel_tool_calls" not in asked
    assert asked.get("tool_choice", {}).get("disable_parallel_tool_use", False) is (not parallel and choice != "none")


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (
            Image("image/jpeg", b"\xff\xd8"),
            {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": "/9g="}},
        ),
        (Image(url="https://x/y.png"), {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}}),
        (
            File(data=b"%PDF", name="a.pdf"),
            {
                "type": "document",
                "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="},
                "title": "a.pdf",
            },
        ),
        (File(url="https://x/y.pdf"), {"type": "document", "source": {"type": "url", "url": "https://x/y.pdf"}}),
        (
            File("text/markdown", "# hé".encode()),
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "# hé"}},
        ),
    ],
    ids=["image", "image by address", "pdf", "pdf by address", "text"],
)
def test_images_and_documents(part: AnyPart, block: dict[str, Any]) -> None:
    (message,) = said(Message("user", (Text("look"), part)))
    assert message["content"] == [{"type": "text", "text": "look"}, block]


@pytest.mark.parametrize(
    ("request_", "facts", "says"),
    [
        (ModelRequest((Message("user", (File("text/csv", url="https://x"),)),)), {}, "not text/csv"),
        (ModelRequest((Message("user", (File("audio/wav", b"x"),)),)), {}, "not audio/wav"),
        (ModelRequest((Message("user", (File("text/plain", b"\xff"),)),)), {}, "not UTF-8"),
        (ModelRequest((Message("system", (Image(url="https://x"),)),)), {}, "instructions are only text"),
        (ModelRequest((Message("user", (Image(url="https://x"),)),)), {"images": False}, "takes no images"),
        (ModelRequest((Message("user", (File(url="https://x"),)),)), {"files": False}, "takes no files"),
        (ModelRequest((), tools=(TOOL,)), {"tools": False}, "takes no tools"),
        (ModelRequest((), schema=SCHEMA), {"schema": "json"}, "'json'"),
        (ModelRequest((), params={"metadata": "x"}), {}, "metadata must be a mapping"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_it_is_sent(request_: ModelRequest, facts: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        body(request_, **facts)
    transport = BytesTransport(json_answer({}))
    _, attempt = ask(http_model("m", "anthropic/x", transport=lambda: transport, facts=facts), request_)
    assert attempt.error is not None
    assert (attempt.error.kind, transport.sent) == ("bad_request", [])


@pytest.mark.parametrize(
    ("name", "schema", "limit"),
    [
        ("claude-3-opus-20240229", "tool", 4096),
        ("claude-3-haiku-20240307", "tool", 4096),
        ("claude-3-7-sonnet-20250219", "tool", 8192),
        ("claude-sonnet-4-20250514", "tool", 8192),
        ("claude-opus-4-1-20250805", "tool", 8192),
        ("claude-sonnet-4-5-20250929", "native", 8192),
        ("claude-haiku-4-5", "native", 8192),
        ("claude-opus-4-6", "native", 8192),
        ("claude-opus-5", "native", 8192),
    ],
)
def test_facts_of_models(name: str, schema: str, limit: int) -> None:
    facts = facts_of(f"anthropic/{name}", Facts(default_max_tokens=8192))
    assert (facts.schema, facts.default_max_tokens) == (schema, limit)


@pytest.mark.parametrize(
    ("tools", "choice", "forced"),
    [
        ((), "auto", {"type": "tool", "name": ANSWER}),
        ((), "none", {"type": "tool", "name": ANSWER}),
        ((TOOL,), "auto", {"type": "any"}),
        ((TOOL,), "required", {"type": "any"}),
        ((TOOL,), "none", {"type": "tool", "name": ANSWER}),
        ((TOOL,), "f", {"type": "tool", "name": "f"}),
    ],
)
def test_a_model_without_structured_answers_gives_its_answer_to_a_tool(tools: Any, choice: str, forced: Any) -> None:
    asked = body(ModelRequest((), schema=SCHEMA, tools=tools, tool_choice=choice), schema="tool")
    assert (asked["tools"][-1]["name"], asked["tools"][-1]["input_schema"]) == (ANSWER, SCHEMA)
    assert (asked["tool_choice"], len(asked["tools"])) == (forced, len(tools) + 1)
    assert "output_config" not in asked


def given_answer(beside: bool) -> list[Any]:
    """A whole answer through the tool and the same in pieces; `beside` another call."""
    answer = {"type": "tool_use", "id": "a", "name": ANSWER, "input": {"n": 1}}
    call = {"type": "tool_use", "id": "b", "name": "f", "input": {}}
    blocks = [answer, call] if beside else [answer]
    end = {"type": "message_delta", "delta": {"stop_reason": "tool_use"}}
    events = [
        event
        for index, block in enumerate(blocks)
        for event in (
            {"type": "content_block_start", "index": index, "content_block": block},
            {"type": "content_block_stop", "index": index},
        )
    ]
    return [json_answer({"content": blocks, "stop_reason": "tool_use"}), streamed(sse(*events, end))]


@pytest.mark.parametrize("beside", [False, True])
def test_an_answer_through_a_tool_is_text(beside: bool) -> None:
    for answer in given_answer(beside):
        model = http_model("m", "anthropic/x", transport=lambda answer=answer: BytesTransport(answer))
        events, attempt = ask(model)
        assert json.loads(text(events)) == {"n": 1}
        assert (attempt.finish, attempt.error) == ("tool_calls" if beside else "stop", None)


def parts_of(events: list[Event]) -> tuple[AnyPart, ...]:
    answer = Answer()
    for event in events:
        answer.take(event)
    return answer.parts


WORDS = st.text(min_size=1, max_size=20).filter(lambda text: bool(text.strip()))
JSON = st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3) | st.booleans(), max_size=3)
BLOCKS = st.lists(
    st.one_of(
        st.builds(lambda said: {"type": "text", "text": said}, WORDS),
        st.builds(
            lambda thought, sign: {"type": "thinking", "thinking": thought, "signature": sign},
            st.text(max_size=9),
            WORDS,
        ),
        st.builds(lambda data: {"type": "redacted_thinking", "data": data}, WORDS),
        st.builds(
            lambda n, given: {"type": "tool_use", "id": f"i{n}", "name": "f", "input": given}, st.integers(), JSON
        ),
    ),
    max_size=6,
)
FIELD = {"text": ("text_delta", "text"), "thinking": ("thinking_delta", "thinking")}


def cut(text: str, sizes: int) -> list[str]:
    return [text[at : at + sizes] for at in range(0, len(text), sizes)]


def events_of(index: int, block: dict[str, Any], size: int) -> list[dict[str, Any]]:
    """A block as the provider streams it, in pieces of so many characters."""
    kind = block["type"]
    empty = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "tool_use": {"input": {}}}
    deltas = (
        [{"type": FIELD[kind][0], FIELD[kind][1]: each} for each in cut(block[kind], size)] if kind in FIELD else []
    )
    if kind == "thinking":
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    if kind == "tool_use":
        pieces = ["", *cut(json.dumps(block["input"]), size)] if block["input"] else []
        deltas = [{"type": "input_json_delta", "partial_json": each} for each in pieces]
    return [
        {"type": "content_block_start", "index": index, "content_block": {**block, **empty.get(kind, {})}},
        *({"type": "content_block_delta", "index": index, "delta": each} for each in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def joined(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With texts that follow each other as one, which is all the canonical form changes."""
    found: list[dict[str, Any]] = []
    for block in blocks:
        if block["type"] == "text" and found and found[-1]["type"] == "text":
            found[-1] = {"type": "text", "text": found[-1]["text"] + block["text"]}
        else:
            found.append(block)
    return found


@given(BLOCKS, st.integers(1, 5))
def test_what_a_model_said_goes_back_as_it_came(blocks: list[dict[str, Any]], size: int) -> None:
    blocks = [{**block, **({"id": f"i{n}"} if "id" in block else {})} for n, block in enumerate(blocks)]
    streams = [event for index, block in enumerate(blocks) for event in events_of(index, block, size)]
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}}
    for answer in (json_answer({"content": blocks, "stop_reason": "end_turn"}), streamed(sse(*streams, end))):
        events, attempt = ask(http_model("m", "anthropic/x", transport=lambda answer=answer: BytesTransport(answer)))
        assert attempt.error is None
        again = said(Message("assistant", parts_of(events)))
        content = again[0]["content"] if again else []
        assert ([{"type": "text", "text": content}] if isinstance(content, str) else content) == joined(blocks)


def test_reasoning_of_another_wire_stays_at_home() -> None:
    assert said(Message("user", "a"), Message("assistant", (Reasoning("hm"),))) == [{"role": "user", "content": "a"}]
    elsewhere = Reasoning("hm", {"wire": "gemini", "signature": "x"})
    assert said(Message("assistant", (elsewhere, Reasoning("hm"), Text("a")))) == [
        {"role": "assistant", "content": "a"}
    ]
