"""How each wire holds an answer to a JSON Schema: by the server, with a tool, to any JSON, or in words."""

import asyncio
import json
from typing import Any

import msgspec
import pytest
from bytes_transport import Answer, BytesTransport, ask
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.conversation import Message, ModelRequest, Tool
from seatrial.core.events import AttemptEnded, Event, TextDelta, ToolCallDelta
from seatrial.core.parts import Text
from seatrial.models.anthropic import AnthropicMessages
from seatrial.models.bedrock import BedrockConverse
from seatrial.models.facts import Facts
from seatrial.models.fitted_schema import CLAUDE, OPENAI_STRICT, fitted
from seatrial.models.http import HttpTransport
from seatrial.models.openai_chat import OpenAIChat
from seatrial.models.provider import http_model
from seatrial.models.schema_tool import ANSWER
from seatrial.models.schema_words import InWords, with_words
from seatrial.testing.simulator.server import ProviderServer

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
CLOSED = {**SCHEMA, "additionalProperties": False}
HI = (Message("system", "Be brief."), Message("user", "hi"))
RUNGS = [("native", "native"), ("tool", "tool"), ("json", "json"), ("none", "prompt")]


def openai(request: ModelRequest, **facts: Any) -> Any:
    return json.loads(msgspec.json.encode(OpenAIChat("m", Facts(**facts)).call(request).body))


@pytest.mark.parametrize(("schema", "rung"), RUNGS)
@pytest.mark.parametrize("use", ["openai-compatible/m", "gemini/m"])
@pytest.mark.parametrize("stream", [False, True])
def test_every_rung_over_http_gives_the_answer_as_text(use: str, schema: str, rung: str, stream: bool) -> None:
    with ProviderServer(answers='{"n": 1}') as server:
        base_url = server.url + ("/v1beta" if use.startswith("gemini") else "/v1")
        request = ModelRequest(HI, schema=SCHEMA, stream=stream)
        answer, attempt = _asked(use, request, base_url=base_url, facts={"schema": schema})
        sent = json.dumps(server.calls[0].json)
    assert attempt.error is None
    assert (attempt.rung, attempt.finish) == (rung, "stop")
    assert json.loads(answer).keys() == {"n"}
    assert ("fit this JSON Schema" in sent) is (schema in ("json", "none"))
    assert (ANSWER in sent) is (schema == "tool")


def _asked(use: str, request: ModelRequest, **settings: Any) -> tuple[str, Any]:
    """The text of an answer over HTTP, which holds no call of a tool."""

    async def drain() -> list[Event]:
        transport = HttpTransport()
        model = http_model("main", use, transport=lambda: transport, key="k", **settings)
        found = [event async for event in model.stream(request)]
        await transport.aclose()
        return found

    *events, ended = asyncio.run(drain())
    assert isinstance(ended, AttemptEnded)
    assert all(isinstance(event, TextDelta) for event in events)
    return "".join(event.text for event in events if isinstance(event, TextDelta)), ended.attempt


def test_with_tools_of_its_own_a_model_must_call_one_or_give_its_answer() -> None:
    sent = openai(ModelRequest(HI, tools=(Tool("f"),), schema=SCHEMA), schema="tool")
    assert ([each["function"]["name"] for each in sent["tools"]], sent["tool_choice"]) == (["f", ANSWER], "required")
    alone = openai(ModelRequest(HI, schema=SCHEMA), schema="tool")
    assert alone["tool_choice"] == {"type": "function", "function": {"name": ANSWER}}


def _chunks(*calls: dict[str, Any], finish: str = "tool_calls") -> Answer:
    sent = [{"choices": [{"delta": {"tool_calls": [call]}}]} for call in calls]
    sent.append({"choices": [{"delta": {}, "finish_reason": finish}]})
    return Answer(
        b"".join(b"data: " + msgspec.json.encode(each) + b"\n\n" for each in sent), content_type="text/event-stream"
    )


def _piece(index: int, arguments: Any, name: str = "", id: str = "") -> dict[str, Any]:  # noqa: A002
    return {"index": index, "id": id, "function": {"name": name, "arguments": arguments}}


def test_two_calls_whose_pieces_come_mixed_keep_their_own_arguments() -> None:
    answer = _chunks(
        _piece(0, '{"a"', "f", "1"),
        _piece(1, '{"b"', "g", "2"),
        _piece(0, ": 1}"),
        _piece(1, ": 2}"),
    )
    model = http_model("main", "openai-compatible/m", transport=lambda: BytesTransport(answer), base_url="http://x")
    events, attempt = ask(model)
    calls: dict[int, str] = {}
    for event in events:
        assert isinstance(event, ToolCallDelta)
        calls[event.index] = calls.get(event.index, "") + event.arguments
    assert (calls, attempt.finish) == ({0: '{"a": 1}', 1: '{"b": 2}'}, "tool_calls")


@pytest.mark.parametrize(("arguments", "text"), [({"a": [1]}, '{"a":[1]}'), ("", ""), (None, ""), ("{}", "{}")])
def test_arguments_may_come_as_an_object_or_not_at_all(arguments: Any, text: str) -> None:
    answer = _chunks(_piece(0, arguments, "f", "1"))
    model = http_model("main", "openai-compatible/m", transport=lambda: BytesTransport(answer), base_url="http://x")
    (event,), attempt = ask(model)
    assert isinstance(event, ToolCallDelta)
    assert (event.arguments, attempt.error) == (text, None)


def test_the_answer_beside_a_call_of_a_tool_is_text() -> None:
    answer = _chunks(_piece(0, '{"n": 1}', ANSWER, "1"), _piece(1, "{}", "f", "2"))
    model = http_model("main", "openai-compatible/m", transport=lambda: BytesTransport(answer), base_url="http://x")
    events, attempt = ask(model)
    assert [type(event).__name__ for event in events] == ["TextDelta", "ToolCallDelta"]
    assert attempt.finish == "tool_calls"


def test_words_stand_at_the_end_of_the_system_text() -> None:
    json_mode, nothing = (with_words(ModelRequest(HI, schema=SCHEMA), Facts(schema=kind)) for kind in ("json", "none"))
    assert json_mode.messages[0].text.startswith("Be brief.\n\nAnswer with one JSON value")
    assert json_mode.messages[0].text.endswith(json.dumps(SCHEMA, separators=(",", ":")))
    assert (json_mode.schema, nothing.schema) == (SCHEMA, None)
    parts = with_words(ModelRequest((Message("system", (Text("a"),)),), schema=SCHEMA), Facts(schema="json"))
    assert parts.messages[0].text.startswith("a\n\nAnswer")
    alone = with_words(ModelRequest(HI[1:], schema=SCHEMA), Facts(schema="json"))
    assert [message.role for message in alone.messages] == ["system", "user"]
    assert with_words(ModelRequest(HI, schema=SCHEMA), Facts()) == ModelRequest(HI, schema=SCHEMA)


NAMED = {"$defs": {"P": CLOSED}, "type": "object", "properties": {"p": {"$ref": "#/$defs/P"}}, "required": ["p"]}


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (SCHEMA, CLOSED),
        (CLOSED, CLOSED),
        ({**SCHEMA, "required": []}, None),
        ({"type": "object"}, None),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, None),
        ({"type": "array", "items": {"type": "integer"}}, None),
        ({**SCHEMA, "allOf": []}, None),
        ({"type": "object", "properties": {"a": {}}, "required": ["a"]}, None),
        (NAMED, {**NAMED, "additionalProperties": False}),
        (
            {"type": "object", "properties": {"a": {"type": ["string", "null"], "default": None}}, "$schema": "x"},
            {
                "type": "object",
                "properties": {"a": {"type": ["string", "null"]}},
                "required": ["a"],
                "additionalProperties": False,
            },
        ),
    ],
)
def test_a_schema_is_strict_where_that_keeps_its_meaning(schema: dict[str, Any], strict: dict[str, Any] | None) -> None:
    assert fitted(schema, OPENAI_STRICT) == strict
    sent = openai(ModelRequest(HI, schema=schema))["response_format"]["json_schema"]
    assert (sent["strict"], sent["schema"]) == (strict is not None, schema if strict is None else strict)


def one(schema: Any, **more: Any) -> dict[str, Any]:
    """A closed object with one key."""
    return {"type": "object", "properties": {"a": schema}, "required": ["a"], "additionalProperties": False, **more}


@pytest.mark.parametrize("dialect", [OPENAI_STRICT, CLAUDE])
@pytest.mark.parametrize(
    ("schema", "written"),
    [
        ({"enum": ["x", "y"]}, {"type": "string", "enum": ["x", "y"]}),
        ({"enum": [1, None, "x", True, 2.5]}, {"type": ["integer", "null", "string", "boolean", "number"]}),
        ({"const": "x"}, {"type": "string", "const": "x"}),
        ({"enum": ["x", {"b": 1}]}, None),
        ({"const": [1]}, None),
        ({"type": "string", "minLength": 1, "maxLength": 9}, {"type": "string"}),
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, {"type": "array"}),
        ({"type": "string", "format": "date"}, {"type": "string", "format": "date"}),
        ({"type": "string", "format": "regex"}, {"type": "string"}),
        ({"type": "string", "pattern": "^[a-z]+$"}, {"type": "string", "pattern": "^[a-z]+$"}),
        ({"type": "string", "pattern": r"^(?!a)\w+\b"}, {"type": "string"}),
        ({"$ref": "https://example.com/a.json"}, None),
    ],
)
def test_what_a_provider_would_refuse_is_said_otherwise_or_left_to_the_reader(
    schema: dict[str, Any], written: dict[str, Any] | None, dialect: Any
) -> None:
    form = fitted(one(schema), dialect)
    if written is None:
        assert form is None
        return
    assert form is not None
    found = form["properties"]["a"]
    assert found.items() >= written.items()
    assert found.keys() - written.keys() <= {"enum", "items"}


TREE = {"$defs": {"T": one({"type": "array", "items": {"$ref": "#/$defs/T"}})}, **one({"$ref": "#/$defs/T"})}
LOOP = one({"type": "array", "items": {"$ref": "#"}})


@pytest.mark.parametrize(
    ("schema", "natively"), [(TREE, False), (LOOP, False), ({**NAMED, "additionalProperties": False}, True)]
)
def test_a_schema_that_contains_itself_goes_to_claude_with_a_tool(schema: dict[str, Any], natively: bool) -> None:
    assert (fitted(schema, CLAUDE) is not None) is natively
    assert fitted(schema, OPENAI_STRICT) is not None


def test_claude_is_told_of_so_many_optional_keys_and_no_more() -> None:
    def optional(count: int) -> dict[str, Any]:
        return {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(count)}, "required": []}

    assert fitted(optional(24), CLAUDE) is not None
    assert fitted(optional(25), CLAUDE) is None


@pytest.mark.parametrize("rung", ["native", "tool", "none"])
@pytest.mark.parametrize("stream", [False, True])
def test_every_rung_of_anthropics_wire_gives_the_answer_as_text(rung: str, stream: bool) -> None:
    with ProviderServer(answers='{"n": 1}') as server:
        request = ModelRequest(HI, schema=SCHEMA, stream=stream)
        answer, attempt = _asked(
            "anthropic/claude-sonnet-4-5", request, base_url=server.url + "/v1", facts={"schema": rung}
        )
        sent = json.dumps(server.calls[0].json)
    assert (attempt.error, attempt.finish) == (None, "stop")
    assert attempt.rung == ("prompt" if rung == "none" else rung)
    assert json.loads(answer) == {"n": 1}
    assert ("fit this JSON Schema" in sent, ANSWER in sent) == (rung == "none", rung == "tool")


def test_a_wire_without_json_mode_says_so() -> None:
    with ProviderServer(answers='{"n": 1}') as server:
        settings = {"base_url": server.url + "/v1", "facts": {"schema": "json"}}
        _, attempt = _asked("anthropic/claude-sonnet-4-5", ModelRequest(HI, schema=SCHEMA), **settings)
        assert server.calls == []
    assert attempt.error is not None
    assert "facts: {schema: tool}" in (attempt.error.hint or "")


def test_a_model_that_thinks_is_not_forced_to_call_the_tool_of_its_answer() -> None:
    wire = AnthropicMessages("m", Facts(schema="tool"))
    thinking = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
    asked = json.loads(msgspec.json.encode(wire.call(ModelRequest(HI, schema=SCHEMA, params=thinking)).body))
    assert ([each["name"] for each in asked["tools"]], asked.get("tool_choice")) == ([ANSWER], None)
    plain = json.loads(msgspec.json.encode(wire.call(ModelRequest(HI, schema=SCHEMA)).body))
    assert plain["tool_choice"]["name"] == ANSWER


@pytest.mark.parametrize(
    ("schema", "facts", "rung"),
    [
        (SCHEMA, "native", "native"),
        ({"type": "object"}, "native", "tool"),
        (SCHEMA, "tool", "tool"),
        (SCHEMA, "none", "prompt"),
    ],
)
def test_the_rungs_of_bedrocks_wire(schema: dict[str, Any], facts: str, rung: str) -> None:
    wire: Any = BedrockConverse("m", Facts(schema=facts))  # type: ignore[arg-type]
    call = (InWords(wire, Facts(schema=facts)) if facts == "none" else wire).call(ModelRequest(HI, schema=schema))  # type: ignore[arg-type]
    sent = msgspec.json.encode(call.body).decode()
    assert call.rung == rung
    assert ("outputConfig" in sent, ANSWER in sent, "fit this JSON Schema" in sent) == (
        rung == "native",
        rung == "tool",
        rung == "prompt",
    )


@pytest.mark.parametrize("use", ["anthropic/claude-sonnet-4-5"])
@pytest.mark.parametrize(
    ("schema", "rung"), [(SCHEMA, "native"), ({"type": "object"}, "tool"), ({**SCHEMA, "minProperties": 1}, "native")]
)
def test_what_cannot_be_said_natively_goes_with_a_tool(use: str, schema: dict[str, Any], rung: str) -> None:
    with ProviderServer(answers='{"n": 1}') as server:
        answer, attempt = _asked(use, ModelRequest(HI, schema=schema), base_url=server.url + "/v1")
        sent = server.calls[0].json
    assert (attempt.rung, attempt.error) == (rung, None)
    assert isinstance(json.loads(answer), dict)
    if rung == "native":
        assert sent["output_config"]["format"]["schema"] == CLOSED


_SIMPLE = st.sampled_from([{"type": "integer"}, {"type": "string"}, {"type": ["string", "null"]}, {"enum": ["a", 1]}])
_VALUES = st.one_of(st.integers(), st.text(), st.none(), st.sampled_from(["a", 1]))
_OBJECTS = st.recursive(
    _SIMPLE,
    lambda inner: (
        st.dictionaries(st.sampled_from("abc"), inner, min_size=1).map(
            lambda each: {"type": "object", "properties": each, "required": sorted(each)[:2]}
        )
        | inner.map(lambda each: {"type": "array", "items": each})
    ),
    max_leaves=5,
)
_DATA = st.recursive(
    _VALUES, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abc"), inner), max_leaves=5
)


@given(schema=_OBJECTS, value=_DATA, dialect=st.sampled_from([OPENAI_STRICT, CLAUDE]))
def test_what_fits_the_written_form_fits_the_schema(schema: Any, value: Any, dialect: Any) -> None:
    import jsonschema_rs

    written = fitted(schema, dialect)
    if written is not None and jsonschema_rs.is_valid(written, value):
        assert jsonschema_rs.is_valid(schema, value)
