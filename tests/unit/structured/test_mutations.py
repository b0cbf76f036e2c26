"""A single lost, stray or missing character never turns one value into another."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from seatrial.structured.jsontext import same_json
from seatrial.structured.parse import compile_schema, parse_output

_PIECES = st.sampled_from(
    [
        *"{}[]\",:'\\/*#`%.-+eE019 \n\t“”’xuntrfdC",
        "//",
        "/*",
        "*/",
        "\\n",
        "n't",
        '": ',
        '", "',
        "', '",
        "```",
        "true",
        "é",
    ]
)
_TEXTS = st.lists(_PIECES, max_size=8).map("".join)
_KEYS = st.one_of(st.sampled_from(["a", "b", "id", "answer", ""]), _TEXTS)
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-20, 2000), st.sampled_from([0.5, -1.25, 1e30, 10.75, 3]), _TEXTS
)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4), max_leaves=10
)
_LAYOUTS = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 2}, {"ensure_ascii": False}, {"indent": 0}])
_INSERTED = st.one_of(
    st.sampled_from([*"{}[]\",:'\\/*#`%.-+eE019 \n\t\r“”‘’xuntrfTFN\u00a0\ufeff\x00…"]), st.characters()
)

_ANY: dict[str, Any] = {}
_STRICT = {
    "type": "object",
    "required": ["a"],
    "properties": {"a": {}, "b": {"type": "string"}, "id": {"type": "integer"}},
}
_TREE = {
    "type": "object",
    "properties": {"a": {"$ref": "#"}, "b": {"type": "array", "items": {"$ref": "#"}}, "id": {"type": ["integer"]}},
}
_INTEGERS = {"type": "array", "items": {"type": ["integer", "string", "array", "object"]}}
_COMPILED = [compile_schema(schema) for schema in (_ANY, _STRICT, _TREE, _INTEGERS)]


def _never_wrong(text: str, value: Any) -> None:
    try:
        json.loads(text)
    except ValueError:
        for schema in _COMPILED:
            if schema.fits(value):
                parsed = parse_output(text, schema)
                assert parsed.outcome != "value" or same_json(parsed.value, value), (text, parsed)
                assert parsed.outcome != "value" or parsed.repairs
                assert parsed.outcome == "value" or parsed.errors


@given(_VALUES, _LAYOUTS)
def test_valid_json_is_unchanged_and_has_no_repairs(value: Any, layout: dict[str, Any]) -> None:
    text = json.dumps(value, **layout)
    for schema in _COMPILED:
        if schema.fits(value) and value != schema.schema:
            parsed = parse_output(text, schema)
            assert (parsed.outcome, parsed.repairs, parsed.errors) == ("value", (), ())
            assert same_json(parsed.value, value)


@example([1, 2, 3], {"separators": (",", ":")})
@example({"a": 'x" //', "b": "y"}, {"indent": 2})
@example({"a": "line\ndone"}, {})
@example({"a": "it\\'s"}, {})
@given(_VALUES, _LAYOUTS)
def test_a_lost_character_gives_the_same_value_or_none(value: Any, layout: dict[str, Any]) -> None:
    text = json.dumps(value, **layout)
    for at in range(len(text)):
        _never_wrong(text[:at] + text[at + 1 :], value)


@example([1, 2], {"indent": 0}, "#")
@example({"a": "\\{"}, {}, "{")
@example({"a": "ab"}, {}, "\n")
@given(_VALUES, _LAYOUTS, _INSERTED)
def test_a_stray_character_gives_the_same_value_or_none(value: Any, layout: dict[str, Any], stray: str) -> None:
    text = json.dumps(value, **layout)
    for at in range(len(text) + 1):
        _never_wrong(text[:at] + stray + text[at:], value)


@given(_VALUES, _LAYOUTS)
def test_a_cut_gives_the_same_value_or_none(value: Any, layout: dict[str, Any]) -> None:
    text = json.dumps(value, **layout)
    for at in range(len(text)):
        _never_wrong(text[:at], value)
        _never_wrong(text[at:], value)


@given(_VALUES, _LAYOUTS, st.sampled_from(["length", "stop"]))
def test_a_cut_inside_an_object_is_truncated(value: Any, layout: dict[str, Any], finish: Any) -> None:
    text = json.dumps({"a": value}, **layout)
    for at in range(1, len(text)):
        parsed = parse_output(text[:at], _STRICT, finish)
        assert parsed.outcome == "truncated", (text[:at], parsed)


@given(st.one_of(st.text(), _TEXTS), st.sampled_from(_COMPILED))
def test_any_text_gets_an_outcome(text: str, schema: Any) -> None:
    parsed = parse_output(text, schema)
    assert (parsed.outcome == "value") or parsed.errors
    assert parsed.text == text
