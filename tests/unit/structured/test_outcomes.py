"""What each kind of answer comes to: the value with its repairs, or the kind of reason why there is none."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial import parse_output
from seatrial.core.errors import SpecError
from seatrial.core.exchange import FinishReason
from seatrial.structured.jsontext import MAX_DEPTH
from seatrial.structured.parse import compile_schema

PERSON = {
    "type": "object",
    "required": ["name", "age"],
    "properties": {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "mood": {"enum": ["good", "very bad"]},
        "boss": {"anyOf": [{"type": "null"}, {"$ref": "#"}]},
    },
    "additionalProperties": False,
}
ANN = '{"name": "Ann", "age": 3}'
BOB = '{"name": "Bob", "age": 4}'


def outcome_of(text: str, schema: Any = PERSON, finish: FinishReason = "stop") -> str:
    parsed = parse_output(text, schema, finish)
    assert parsed.text == text
    assert (parsed.value is None) or parsed.outcome == "value"
    assert bool(parsed.errors) == (parsed.outcome != "value")
    assert all(error.startswith("$") for error in parsed.errors)
    return parsed.outcome


def mended(text: str, schema: Any = PERSON) -> tuple[Any, list[str]]:
    """The value, and each repair as its name and path."""
    parsed = parse_output(text, schema)
    assert parsed.outcome == "value", parsed
    return parsed.value, [f"{repair.name} {repair.path}" for repair in parsed.repairs]


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{ANN}\n```\n```json\n{BOB}\n```",
        f"```\n{ANN}\n```\nOr, if you like:\n\n```\n{BOB}\n```",
        f"~~~\n{ANN}\n~~~\n~~~\n{BOB}\n~~~",
        f"{ANN}\n{BOB}",
        f"{ANN}\r\n{BOB}\r\n{ANN}",
        f"{ANN}{BOB}",
        f"Either {ANN} or {BOB}.",
        '{"name": "Ann", "age": 3, "name": "Bob"}',
        "{'name': 'Ann', 'age': 3, 'age': 4}",
        '{"name": "Ann", "age": 3, "\\u0061ge": 4}',
        '{"name": "Ann", "age": 3, "boss": {"name": "B", "age": 1, "age": 2}}',
        f'{{"one": {ANN}, "other": {BOB}}}',
        f"{ANN}\nWait, she is 4.",
        f"For example:\n{ANN}",
    ],
)
def test_several_values_that_differ_are_ambiguous(text: str) -> None:
    assert outcome_of(text) == "ambiguous"


@pytest.mark.parametrize("end", range(1, len(ANN)))
@pytest.mark.parametrize("before", ["", "```json\n", "Here it is: ", "<think>hm</think>"])
@pytest.mark.parametrize("finish", ["stop", "length"])
def test_a_cut_value_is_truncated(before: str, end: int, finish: FinishReason) -> None:
    assert outcome_of(before + ANN[:end], finish=finish) == "truncated"


@pytest.mark.parametrize(
    ("text", "schema", "finish"),
    [
        ('{"name": "Ann\\', PERSON, "stop"),
        ('{"name": "Ann\\u00', PERSON, "stop"),
        ('{"name": "Ann", "age": -', PERSON, "stop"),
        ('{"name": "Ann", "age": 1.', PERSON, "stop"),
        ('{"name": "Ann", "age": 1e', PERSON, "stop"),
        ('{"name": "Ann", "boss": nul', PERSON, "stop"),
        ("{'name': 'Ann', 'boss': Non", PERSON, "stop"),
        ("{'name': 'An", PERSON, "stop"),
        ('{"name": "Ann", "age": 3, // yea', PERSON, "stop"),
        ('{"name": "Ann", "age": 3 /* yea', PERSON, "stop"),
        (f"{ANN}\n{BOB[:-3]}", PERSON, "stop"),
        ("<think>It may be", PERSON, "stop"),
        ('"Ann', {"type": "string"}, "stop"),
        ("tru", {"type": "boolean"}, "stop"),
        ("12", {"type": "integer"}, "length"),
        ("Here is the", PERSON, "length"),
        ("[1, 2", {"type": "array"}, "stop"),
    ],
)
def test_a_cut_anywhere_is_truncated(text: str, schema: Any, finish: FinishReason) -> None:
    assert outcome_of(text, schema, finish) == "truncated"


def test_a_whole_value_is_one_whatever_ended_the_answer() -> None:
    assert outcome_of(ANN, finish="length") == "value"
    assert outcome_of(f"```json\n{ANN}\n", finish="length") == "value"


NUMBERS = ["50%", "NaN", "Infinity", "-Infinity", "+5", "05", ".5", "5.", "0x1F", "1,000", "1_000", "$5", "5 kg", "~5"]
NO_VALUES = [
    "null",
    "None",
    "undefined",
    "five",
    '"5"',
    '"50%"',
    "...",
    "…",
    "<number>",
    "1e999",
    "yes",
    "",
    "1/2",
    "2+3",
]


@pytest.mark.parametrize("raw", [*NUMBERS, *NO_VALUES])
@pytest.mark.parametrize("around", ["{}", "```json\n{}\n```", "So: {}"])
def test_what_is_no_number_is_invalid(raw: str, around: str) -> None:
    assert outcome_of(around.replace("{}", f'{{"name": "Ann", "age": {raw}}}')) == "invalid"


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Ann", "age": 3, ...}',
        '{"name": "Ann", "age": 3, "tags": [...]}',
        '{"name": "Ann", "age": 3, "tags": ["a", …]}',
        '{"name": "Ann", "age": 3, // ... and so on\n}',
        '{"name": "Ann"}',
        '{"name": null, "age": 3}',
        '{"name": "Ann", "age": 3, "more": 1}',
        '{"name": "Ann", "age": "3"}',
        '{"name": "Ann", "age": 3, "mood": "neither good nor very bad"}',
        '{"name": "Ann", "age": 3, "mood": "fine"}',
        f"[{ANN}]",
        "{}",
        "null",
        "name: Ann\nage: 3",
        f"{ANN[1:]}",
        f"{ANN}]",
        '{"name": "Ann"; "age": 3}',
        "{'name': 'the boys' room', 'age': 3}",
        "{'name': 'use 'x', or 'y'', 'age': 3}",
        '{"name": Ann, "age": 3}',
        json.dumps(PERSON),
        f'{{"example": {ANN}}}',
        f'{{"status": "error", "data": {ANN}}}',
    ],
)
def test_what_has_no_reading_is_invalid(text: str) -> None:
    assert outcome_of(text) == "invalid"


@pytest.mark.parametrize("blank", ["", " \n\t", "\ufeff", "\u00a0\u200b", "```json\n```", "```", "<think>hm</think>\n"])
def test_a_blank_answer_is_empty(blank: str) -> None:
    assert outcome_of(blank) == "empty"


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        'I won\'t fill in "age" for a private person.',
        "As an AI, I cannot share personal data.",
        "I cannot classify this message.",
        "Lo siento, no puedo ayudar con eso.",
        "Das kann ich leider nicht beantworten.",
        "申し訳ありませんが、お応えできません。",
        "Request denied.",
        "```\nI can't assist with this.\n```",
        '{"error": "I can\'t assist with this."}',
        '"I can\'t assist with this."',
        '{"name": "Ann", I can\'t go on with this, sorry.',
        f"I'm sorry, but I can't help with that. {ANN}",
    ],
)
def test_a_refusal_is_one_in_any_form(text: str) -> None:
    assert outcome_of(text) == "refusal"


@pytest.mark.parametrize("finish", ["refused", "blocked"])
def test_what_the_provider_calls_a_refusal_is_one(finish: FinishReason) -> None:
    assert outcome_of(ANN, finish=finish) == "refusal"


@pytest.mark.parametrize(
    ("text", "repairs"),
    [
        (f"```json\n{ANN}\n```", ["fence $"]),
        (f"Here you are:\n{ANN}\nAnything else?", ["prose $"]),
        (f"Sure!\n```\n{ANN}\n```\nBye", ["fence $", "prose $"]),
        (f"<think>maybe {BOB}</think>{ANN}", ["reasoning $"]),
        (f"{ANN}\n\nIn short:\n{ANN}", ["prose $", "repeated $"]),
        (f"\ufeff{ANN}", ["byte-order-mark $"]),
        (f"\u00a0{ANN}\u200b", ["white-space $"]),
        ('{"name":\u00a0"Ann", "age": 3}', ["white-space $.name"]),
        (json.dumps(ANN), ["quoted $"]),
        (f"'{ANN}'", ["quoted $"]),
        (json.dumps(ANN)[1:-1], ["escaped $"]),
        ("{&quot;name&quot;: &quot;Ann&quot;, &quot;age&quot;: 3}", ["html-entities $"]),
        ('{{"name": "Ann", "age": 3}}', ["doubled-braces $"]),
        (f"{ANN},", ["trailing-comma $"]),
        (f'{{"data": {ANN}}}', ["wrapper $"]),
        (f'{{"name": "save", "arguments": {ANN}}}', ["wrapper $"]),
        (f'{{"data": {{"result": {ANN}}}}}', ["wrapper $"]),
        ('{"name": "Ann", "age": 3,}', ["trailing-comma $"]),
        ('{"name": "Ann",, "age": 3}', ["stray-comma $"]),
        ('{"name": "Ann"\n "age": 3}', ["missing-comma $"]),
        ('{"name" "Ann", "age": 3}', ["missing-colon $"]),
        ('{"name": "Ann, "age": 3}', ["missing-quote $.name"]),
        ('{"name: "Ann", "age": 3}', ["missing-quote $"]),
        ('{"name": "Ann", // her name\n "age": 3}', ["comment $"]),
        ('{"name": "Ann", "age": 3 /* as said */}', ["comment $"]),
        ('{"name": "Ann", # her name\n "age": 3}', ["comment $"]),
        ('{name: "Ann", age: 3}', ["unquoted-key $"]),
        ("{'name': \"Ann\", 'age': 3}", ["single-quotes $"]),
        ('{“name”: "Ann", “age”: 3}', ["smart-quotes $"]),
        ('{"name": \'Ann\', "age": 3}', ["single-quotes $.name"]),
        ('{"name": „Ann“, "age": 3}', ["smart-quotes $.name"]),
        ('{"name": `Ann`, "age": 3}', ["backticks $.name"]),
        ('{"name": """Ann""", "age": 3}', ["triple-quotes $.name"]),
        ('{"name": "An" + "n", "age": 3}', ["concatenation $.name"]),
    ],
)
def test_what_stands_around_a_value_and_its_marks_are_mended(text: str, repairs: list[str]) -> None:
    assert mended(text) == ({"name": "Ann", "age": 3}, repairs)


@pytest.mark.parametrize(
    ("raw", "value", "repair"),
    [
        ('"he said "no" to it"', 'he said "no" to it', "inner-quotes"),
        ('"the song "Yes", then"', 'the song "Yes", then', "inner-quotes"),
        ('"called "the works""', 'called "the works"', "inner-quotes"),
        ("'it's fine'", "it's fine", "single-quotes"),
        (r"'it\'s fine'", "it's fine", "single-quotes"),
        ("‘it’s fine’", "it’s fine", "smart-quotes"),
        (r'"it\'s Ann\'s"', "it's Ann's", "escape"),
        (r'"C:\dir"', r"C:\dir", "escape"),
        (r'"C:\Users\me"', r"C:\Users\me", "escape"),
        (r'"\d+\s\w"', r"\d+\s\w", "escape"),
        ('"one\ntwo\nthree"', "one\ntwo\nthree", "control-character"),
        ('"one\r\ntwo"', "one\r\ntwo", "control-character"),
    ],
)
def test_texts_are_mended(raw: str, value: str, repair: str) -> None:
    assert mended(f'{{"name": {raw}, "age": 3}}') == ({"name": value, "age": 3}, [f"{repair} $.name"])


@pytest.mark.parametrize(
    ("mood", "name"),
    [
        ("Good", "enum-case"),
        ("VERY_BAD", "enum-case"),
        ("very-bad", "enum-case"),
        ("Overall: good.", "enum-prose"),
        ("it is very bad today", "enum-prose"),
    ],
)
def test_an_enum_value_in_other_words_is_the_only_one_it_can_mean(mood: str, name: str) -> None:
    value, repairs = mended(json.dumps({"name": "Ann", "age": 3, "mood": mood}))
    assert value["mood"] == ("very bad" if "bad" in mood.lower() else "good")
    assert repairs == [f"{name} $.mood"]


def test_python_is_read_with_its_literals() -> None:
    value, repairs = mended("{'name': 'Ann', 'age': 3, 'boss': None}")
    assert value == {"name": "Ann", "age": 3, "boss": None}
    assert "python-literal $.boss" in repairs


def test_repairs_deep_inside_say_where() -> None:
    text = '{"name": "Ann", "age": 3, "boss": {"name": "Bob", "age": 4, "tags": ["a", \'b\',], "mood": "Good"}}'
    value, repairs = mended(text)
    assert value["boss"] == {"name": "Bob", "age": 4, "tags": ["a", "b"], "mood": "good"}
    assert repairs == ["single-quotes $.boss.tags[1]", "trailing-comma $.boss.tags", "enum-case $.boss.mood"]


@pytest.mark.parametrize(
    ("text", "schema", "value"),
    [
        ('"C:\\new"', {"type": "string"}, "C:\new"),
        ('"C:\\dir"', {"type": "string"}, "C:\\dir"),
        ("'Ann'", {"type": "string"}, "Ann"),
        ("True", {"type": "boolean"}, True),
        ("```\n42\n```", {"type": "integer"}, 42),
        ("Positive", {"enum": ["positive", "negative"]}, "positive"),
        ("It is negative.", {"enum": ["positive", "negative"]}, "negative"),
    ],
)
def test_a_value_may_be_no_object(text: str, schema: Any, value: Any) -> None:
    assert parse_output(text, schema).value == value


@pytest.mark.parametrize(
    "text",
    [
        "[" * 150 + "]" * 150,
        "123456789012345678901234567890",
        "-0.0",
        "1E+2",
        '"\\ud83d\\ude00\\u0000\\/"',
        '"C:\\new"',
        '{"a": 1, "a": 1}',
        '{"": {"": ""}}',
        '{"a:b": "c:d", "e": [":"]}',
        '"// no /* comment */ # here"',
        '" \u2028\u00a0\ufeff"',
        "\t[ ]\r\n",
    ],
)
def test_valid_json_is_unchanged(text: str) -> None:
    parsed = parse_output(text, {})
    assert (parsed.outcome, parsed.repairs) == ("value", ())
    assert msgspec.json.encode(parsed.value) == msgspec.json.encode(json.loads(text))


def test_what_cannot_be_held_is_refused() -> None:
    assert outcome_of("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1), {}) == "invalid"
    assert outcome_of('"\\ud83d"', {"type": "string"}) == "invalid"
    assert outcome_of("1" * 5000, {}) == "invalid"


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_any_json_comes_back_as_it_is(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        parsed = parse_output(text, {})
        assert (parsed.outcome, parsed.repairs, parsed.value) == ("value", (), json.loads(text))


class Struct(msgspec.Struct):
    name: str
    age: int


@dataclass
class Data:
    name: str
    age: int


class Model(pydantic.BaseModel):
    name: str
    age: int = pydantic.Field(ge=0)

    @pydantic.field_validator("name")
    @classmethod
    def is_capital(cls, name: str) -> str:
        if name.islower():
            raise ValueError("wants a capital")
        return name


@pytest.mark.parametrize("wanted", [Struct, Data, Model])
def test_the_schema_may_be_a_type(wanted: Any) -> None:
    parsed = parse_output(f"```\n{ANN}\n```", wanted)
    assert parsed.value == wanted(name="Ann", age=3)
    assert [repair.name for repair in parsed.repairs] == ["fence"]


def test_what_the_type_itself_refuses_is_invalid() -> None:
    parsed = parse_output('{"name": "ann", "age": 3}', Model)
    assert (parsed.outcome, parsed.value) == ("invalid", None)
    assert parsed.errors == ("$.name: Value error, wants a capital",)


def test_a_schema_that_is_none_is_a_mistake_of_the_caller() -> None:
    for schema in ({"type": 5}, {"type": object()}, lambda: None, [1]):
        with pytest.raises(SpecError):
            parse_output("{}", schema)  # type: ignore[arg-type]


def test_a_compiled_schema_is_taken_as_it_is() -> None:
    compiled = compile_schema(PERSON)
    assert compile_schema(compiled) is compiled
    assert parse_output(ANN, compiled).value == {"name": "Ann", "age": 3}


def test_the_mistakes_say_where_and_what() -> None:
    parsed = parse_output('{"name": "Ann", "age": "3"}', PERSON)
    assert parsed.errors == ('$.age: "3" is not of type "integer"',)
