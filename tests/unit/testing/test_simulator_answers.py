"""Where the simulator's answers come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import SpecError
from seatrial.testing import Asked, ProviderServer, Reply
from seatrial.testing.simulator.sample import sample_json

SCRIPT = """\
rules:
  - {when: hello, reply: hello yourself, usage: {input_total: 7, output_total: 2}}
  - {when: weather, reply: "", finish_reason: tool_calls, tool_calls: [{id: c1, name: look, arguments: "{}"}]}
  - {when: slow, reply: at last, delay: 5ms}
  - {when: break, reply: "", finish_reason: error}
"""


def said(server: ProviderServer, ask: Any, text: str, **more: Any) -> Any:
    body = {"model": "m", "messages": [{"role": "user", "content": text}], **more}
    return ask(f"{server.openai_url}/chat/completions", body)


def text_of(received: Any) -> str:
    return str(received.json["choices"][0]["message"]["content"])


def recording(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def line(question: str, answer: str, **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": question}], "answer": answer, **more}


def test_a_script_answers_by_its_rules(tmp_path: Path, ask: Any) -> None:
    path = tmp_path / "script.yaml"
    path.write_text(SCRIPT, encoding="utf-8")
    with ProviderServer(answers=path) as server:
        hello = said(server, ask, "well hello")
        assert text_of(hello) == "hello yourself"
        assert hello.json["usage"]["prompt_tokens"] == 7
        weather = said(server, ask, "the weather?").json["choices"][0]
        assert (weather["finish_reason"], weather["message"]["content"]) == ("tool_calls", None)
        assert weather["message"]["tool_calls"][0]["function"]["name"] == "look"
        assert text_of(said(server, ask, "slow")) == "at last"
        assert said(server, ask, "break").status == 500
        missing = said(server, ask, "what else")
        assert missing.status == 404
        assert "has no rule for 'what else'" in missing.json["error"]["message"]


def test_a_recording_answers_repetitions_in_turn_and_then_begins_again(tmp_path: Path, ask: Any) -> None:
    path = recording(tmp_path, line("a", "1"), line("b", "x", model="served"), line("a", "2"))
    with ProviderServer(answers=path) as server:
        assert [text_of(said(server, ask, text)) for text in "aabaab"] == ["1", "2", "x", "1", "2", "x"]
        assert said(server, ask, "b").json["model"] == "served"
        missing = said(server, ask, "c")
        assert (missing.status, missing.json["error"]["code"]) == (404, "no_answer")


def test_a_recording_with_keys_is_found_by_what_was_sent_and_else_by_the_conversation(tmp_path: Path, ask: Any) -> None:
    seen: list[Asked] = []
    with ProviderServer(answers=lambda asked: seen.append(asked) or "") as server:
        said(server, ask, "rendered: a", temperature=0.5)
    from seatrial.core.conversation import ModelRequest
    from seatrial.models.recording import exact_key

    key = exact_key(ModelRequest(messages=seen[0].messages, params=seen[0].params))
    path = recording(tmp_path, line("a", "by key", key=key), line("b", "by words", key="0" * 16))
    with ProviderServer(answers=path) as server:
        assert text_of(said(server, ask, "rendered: a", temperature=0.5)) == "by key"
        assert said(server, ask, "rendered: a", temperature=0.6).status == 404
        assert text_of(said(server, ask, "b")) == "by words"


def test_texts_replies_and_lists_go_round(ask: Any) -> None:
    with ProviderServer(answers="always this") as server:
        assert text_of(said(server, ask, "a")) == text_of(said(server, ask, "b")) == "always this"
    with ProviderServer(answers=["1", Reply(text="2", model="other")]) as server:
        assert [text_of(said(server, ask, "a")) for _ in range(3)] == ["1", "2", "1"]


def test_a_function_answers_and_its_error_is_raised_where_the_server_ends(ask: Any) -> None:
    def answer(asked: Asked) -> str | Reply:
        if asked.text == "break":
            raise ZeroDivisionError("by the test")
        return asked.text.upper()

    server = ProviderServer(answers=answer).__enter__()
    assert text_of(said(server, ask, "loud")) == "LOUD"
    assert said(server, ask, "break").status == 500
    assert text_of(said(server, ask, "still here")) == "STILL HERE"
    with pytest.raises(ZeroDivisionError, match="by the test"):
        server.__exit__(None, None, None)


def test_an_echo_is_as_long_as_was_asked_for(ask: Any) -> None:
    with ProviderServer() as server:
        short = said(server, ask, "one two three", max_tokens=2).json["choices"][0]
        assert (short["message"]["content"], short["finish_reason"]) == ("one two ", "length")
        whole = said(server, ask, "one two three", max_tokens=3).json["choices"][0]
        assert (whole["message"]["content"], whole["finish_reason"]) == ("one two three", "stop")


def test_an_echo_calls_the_tool_it_must_call(ask: Any) -> None:
    schema = {"type": "object", "properties": {"city": {"enum": ["Oslo"]}, "days": {"type": "integer", "minimum": 1}}}
    tools = [{"type": "function", "function": {"name": name, "parameters": schema}} for name in ("first", "second")]
    with ProviderServer() as server:
        for choice, name in (("required", "first"), ({"type": "function", "function": {"name": "second"}}, "second")):
            answer = said(server, ask, "x", tools=tools, tool_choice=choice).json["choices"][0]
            called = answer["message"]["tool_calls"][0]["function"]
            assert (called["name"], json.loads(called["arguments"])) == (name, {"city": "Oslo", "days": 1})
            assert answer["finish_reason"] == "tool_calls"
        assert text_of(said(server, ask, "x", tools=tools, tool_choice="auto")) == "x"


def test_an_echo_is_json_where_json_is_asked_for(ask: Any) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    gemini = {"responseMimeType": "application/json", "responseSchema": {"type": "ARRAY", "items": {"type": "STRING"}}}
    message = [{"role": "user", "content": "x"}]
    with ProviderServer() as server:
        form = {"type": "json_schema", "json_schema": {"name": "n", "schema": schema}}
        assert json.loads(text_of(said(server, ask, "x", response_format=form))) == {"ok": True}
        body = {"contents": [{"parts": [{"text": "x"}]}], "generationConfig": gemini}
        parts = ask(f"{server.gemini_url}/models/m:generateContent", body).json["candidates"][0]["content"]["parts"]
        assert json.loads(parts[0]["text"]) == ["text"]
        output = {"format": {"type": "json_schema", "schema": schema}}
        asked = {"model": "m", "max_tokens": 9, "messages": message, "output_config": output}
        blocks = ask(f"{server.url}/v1/messages", asked, anthropic_version="x").json["content"]
        assert json.loads(blocks[0]["text"]) == {"ok": True}


LEAVES = st.one_of(
    st.just({"type": "string"}),
    st.builds(lambda least: {"type": "string", "minLength": least}, st.integers(0, 9)),
    st.builds(lambda most: {"type": "string", "maxLength": most}, st.integers(0, 9)),
    st.builds(lambda least: {"type": "integer", "minimum": least}, st.integers(-9, 9)),
    st.builds(lambda most: {"type": "number", "maximum": most}, st.integers(-9, 9)),
    st.just({"type": ["null", "string"]}),
    st.just({"type": "boolean"}),
    st.builds(lambda values: {"enum": values}, st.lists(st.text(max_size=3), min_size=1, max_size=3)),
    st.builds(lambda value: {"const": value}, st.integers()),
    st.just({"$ref": "#/$defs/point"}),
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda items, least: {"type": "array", "items": items, "minItems": least}, inner, st.integers(0, 3)),
        st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(
            lambda properties: {"type": "object", "properties": properties, "required": sorted(properties)},
            st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
        ),
        st.builds(lambda properties: {"properties": properties}, st.dictionaries(st.just("a"), inner, min_size=1)),
        st.builds(
            lambda one, two: {
                "allOf": [
                    {"type": "object", "properties": {"a": one}, "required": ["a"]},
                    {"properties": {"b": two}, "required": ["b"]},
                ]
            },
            inner,
            inner,
        ),
    ),
    max_leaves=6,
)


@given(schema=SCHEMAS)
def test_a_sample_is_what_its_schema_allows(schema: dict[str, Any]) -> None:
    whole = {
        **schema,
        "$defs": {"point": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]}},
    }
    assert jsonschema_rs.is_valid(whole, json.loads(sample_json(whole)))


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"$ref": "#/nowhere"}, {"type": "object", "required": ["a"]}, {}])
def test_a_sample_of_an_odd_schema_ends(schema: dict[str, Any]) -> None:
    json.loads(sample_json(schema))


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("answers.txt", "hello", "no answers can be read from this file"),
        ("answers.yaml", "rules: [{when: a}]", "a rule has no 'reply'"),
        ("answers.jsonl", '{"messages": []}\n', "not a recorded answer"),
        ("missing.yaml", None, "there is no such file"),
    ],
)
def test_files_that_are_no_answers(name: str, text: str | None, problem: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match=problem):
        ProviderServer(answers=path)


def test_no_answers_at_all() -> None:
    with pytest.raises(SpecError, match="answers is empty"):
        ProviderServer(answers=[])
