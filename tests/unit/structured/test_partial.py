"""What is shown of an answer while it is being written."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import SpecError
from seatrial.core.events import Snapshot
from seatrial.structured.jsontext import same_json
from seatrial.structured.parse import parse_output
from seatrial.structured.partial import PartialParser

TRIAGE = {
    "type": "object",
    "required": ["intent"],
    "properties": {
        "intent": {"enum": ["card", "card_lost", "refund"]},
        "amount": {"type": "number"},
        "note": {"type": "string"},
        "paid": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "next": {"$ref": "#"},
    },
}


def _shown(pieces: list[str], schema: dict[str, Any] = TRIAGE) -> list[Snapshot]:
    parser = PartialParser(schema)
    return [shown for piece in pieces if (shown := parser.feed(piece)) is not None]


def test_a_string_grows_and_is_complete_when_it_ends() -> None:
    first, second, third = _shown(['{"note": "he', "llo", '"'])
    assert (first.value, first.complete) == ({"note": "he"}, ())
    assert (second.value, second.complete) == ({"note": "hello"}, ())
    assert (third.value, third.complete) == ({"note": "hello"}, ("$.note",))


@pytest.mark.parametrize(
    "half", ['"amount": 12', '"amount": -', '"amount": 1.', '"paid": tr', '"intent": "card', '"no']
)
def test_what_is_half_written_is_not_shown(half: str) -> None:
    *_, last = _shown(["{", *half])
    assert (last.value, last.complete) == ({}, ())


def test_a_number_is_shown_when_something_follows_it() -> None:
    *_, last = _shown(['{"amount": 1', "2", "0", ","])
    assert (last.value, last.complete) == ({"amount": 120}, ("$.amount",))


def test_the_end_completes_the_whole() -> None:
    *_, last = _shown(list('{"intent": "refund", "tags": ["a", "b"]} that is it'))
    assert last.value == {"intent": "refund", "tags": ["a", "b"]}
    assert last.complete == ("$.intent", "$.tags[0]", "$.tags[1]", "$.tags", "$")


OPTIONAL = {"properties": {"intent": {"anyOf": [{"$ref": "#/$defs/kind"}, {"type": "null"}]}}} | {
    "type": "object",
    "$defs": {"kind": {"enum": ["card", "refund"]}},
}


@pytest.mark.parametrize("schema", [TRIAGE, OPTIONAL])
def test_an_enum_value_in_other_case_is_shown_as_the_one_it_means(schema: dict[str, Any]) -> None:
    assert [shown.value for shown in _shown(list('{"intent": "Refund"}'), schema)][-1] == {"intent": "refund"}
    assert all(shown.value == {} for shown in _shown(list('{"intent": "other"}'), schema))
    assert parse_output('{"intent": "Refund"}', schema).value == {"intent": "refund"}


def test_an_optional_enum_may_be_null() -> None:
    assert _shown(list('{"intent": null}'), OPTIONAL)[-1].value == {"intent": None}


@pytest.mark.parametrize("before", ["Here it is:\n```json\n", "<think>{1}</think>", " ", "<thinking>\n{}</thinking>\n"])
def test_what_stands_before_the_value_is_not_shown(before: str) -> None:
    *_, last = _shown(list(before + '{"intent": "refund"}'))
    assert last.value == {"intent": "refund"}


@pytest.mark.parametrize(
    "text",
    ['{"result": {"intent": "refund"}}', '{"intent": 5, "paid": true}', '{"paid": "yes"}', "{'intent': 1}", "[1, 2]"],
)
def test_what_does_not_fit_is_not_shown(text: str) -> None:
    assert all(shown.value == {} for shown in _shown(list(text)))


def test_a_key_that_comes_twice_ends_it() -> None:
    *_, last = _shown(list('{"note": "a", "note": "b"}'))
    assert last.value == {"note": "a"}


def test_a_long_answer_is_shown_in_growing_steps() -> None:
    shown = _shown(['{"note": "', *"x" * 40_000, '"}'])
    assert len(shown) < 17_000
    assert shown[-1].value == {"note": "x" * 40_000}


def test_brackets_without_end_are_left_alone() -> None:
    assert len(_shown(["["] * 10_000, {"type": "array"})) <= 200


def test_a_schema_that_is_none_is_refused() -> None:
    with pytest.raises(SpecError):
        PartialParser({"type": 5})


_VALUES = st.fixed_dictionaries(
    {"intent": st.sampled_from(["card", "card_lost", "refund"])},
    optional={
        "note": st.text(),
        "amount": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
        "paid": st.booleans(),
        "tags": st.lists(st.text(max_size=5), max_size=4),
    },
)


def _at(value: Any, path: str) -> Any:
    for step in path.replace("[", ".").replace("]", "").split(".")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _may_become(shown: Any, value: Any) -> bool:
    """Whether a snapshot is a beginning of the value: texts may grow, and parts be added; nothing else changes."""
    if isinstance(shown, dict):
        names = list(shown)
        return names == list(value)[: len(names)] and all(_may_become(shown[name], value[name]) for name in names)
    if isinstance(shown, list):
        return len(shown) <= len(value) and all(map(_may_become, shown, value))
    return value.startswith(shown) if isinstance(shown, str) else same_json(shown, value)


@given(st.recursive(_VALUES, lambda inner: st.builds(lambda a, b: {**a, "next": b}, _VALUES, inner)), st.booleans())
def test_at_every_split_only_a_beginning_is_shown(value: Any, escaped: bool) -> None:
    text = f"Here:\n```json\n{json.dumps(value, ensure_ascii=escaped)}\n```"
    for at in range(len(text) + 1):
        shown = _shown([text[:at], text[at:]])
        assert same_json(shown[-1].value, value)
        for each in shown:
            assert _may_become(each.value, value)
            assert all(same_json(_at(each.value, path), _at(value, path)) for path in each.complete)


@given(st.recursive(_VALUES, lambda inner: st.builds(lambda a, b: {**a, "next": b}, _VALUES, inner)), st.data())
def test_what_is_complete_never_changes(value: Any, data: st.DataObject) -> None:
    text = json.dumps(value, indent=data.draw(st.sampled_from([None, 2])), ensure_ascii=data.draw(st.booleans()))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=20)))
    shown = _shown([text[start:end] for start, end in pairwise([0, *cuts, len(text)])])
    assert same_json(shown[-1].value, value)
    assert same_json(parse_output(text, TRIAGE).value, value)
    for one, other in pairwise(shown):
        assert set(one.complete) <= set(other.complete)
        assert all(same_json(_at(one.value, path), _at(value, path)) for path in one.complete)
