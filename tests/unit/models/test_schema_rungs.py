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
from seatrial.models.facts import Facts
from seatrial.models.fitted_schema import CLAUDE, OPENAI_STRICT, fitted
from seatrial.models.http import HttpTransport
from seatrial.models.openai_chat import OpenAIChat
from seatrial.models.provider import http_model
from seatrial.models.schema_tool import ANSWER
from seatrial.models.schema_words import with_words
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
