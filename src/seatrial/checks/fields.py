"""Checks on a field of an answer's value: that it is what it should be, in one case or counted over many."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed
from seatrial.checks.jsonpath import JsonPath, NothingThere, field_name
from seatrial.checks.values import value_of
from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.core.verdict import Compared, Verdict
from seatrial.core.view import View
from seatrial.structured.jsontext import NotJson, read_json, same_json

NO_VALUE = "(no value)"
MISSING = "(missing)"
LONGEST_CLASS = 100
"""Characters of a class; a longer one is cut and told apart by a hash."""


class SingleField(JsonPath):
    """The path of one value."""

    @classmethod
    def read(cls, raw: Any) -> SingleField:
        path = super().read(raw)
        if path.is_single:
            return cls(path.text)
        raise SpecError("the field is not right", expected="the path of one value, without [*]", got=repr(path.text))


@builtin(
    "field-equals",
    example=Example(
        "field-equals: {field: intent, value: refund}",
        passes=['{"intent": "refund"}', 'Here it is: {"intent": "refund", "urgency": 2}'],
        fails=['{"intent": "Refund"}', '{"urgency": 2}', "refund"],
    ),
)
def field_equals(
    view: View,
    *,
    field: Annotated[
        JsonPath, msgspec.Meta(description="where the value stands: intent, or a path like $.items[0].name")
    ],
    value: Annotated[Any, msgspec.Meta(description="the JSON data it must be: 3 is 3.0, but not the text 3")],
) -> Verdict:
    """A field of the answer's JSON is the value.

    Where the feature's output is a schema, it is a field of the answer's value; else of the JSON that is the answer, or
    the first object or array in it. With [*] every value found must be the one, and there must be one.
    """
    try:
        found = field.values(value_of(view))
    except (NotJson, NothingThere) as error:
        return failed(f"{field.field}: {error}")
    others = [f"{field_name(place)} is {_shown(each)}" for place, each in found if not same_json(each, value)]
    if others:
        return failed(f"{'; '.join(others[:5])}, not {_shown(value)}")
    return passed(f"{field.field} is {_shown(value)}")


@builtin(
    "field-accuracy",
    tallied=True,
    example=Example(
        "field-accuracy: {field: intent, expected: refund}",
        passes=['{"intent": "refund"}'],
        fails=['{"intent": "lost_card"}', '{"urgency": 2}', "refund"],
    ),
)
def field_accuracy(
    view: View,
    *,
    field: Annotated[
        SingleField, msgspec.Meta(description="where the value stands: intent, or a path like $.items[0].name")
    ],
    expected: Annotated[Any, msgspec.Meta(description="the label: the JSON data it should be")],
) -> Verdict:
    """A field of the answer's JSON is what its label says; counted over the suite by class.

    The summary gives the field's accuracy, precision and recall of every class, and which classes are taken for which.
    An answer without the field, or without a value, counts as wrong. Weight 0 counts without failing the case.
    """
    wanted = class_of(expected)
    try:
        (_, value), *_ = field.values(value_of(view))
    except NotJson as error:
        return _compared(field, wanted, NO_VALUE, f"{field.field}: {error}")
    except NothingThere as error:
        return _compared(field, wanted, MISSING, f"{field.field}: {error}")
    if same_json(value, expected):
        return _compared(field, wanted, wanted, f"{field.field} is {_shown(value)}")
    said = f"{field.field} is {_shown(value)}, not {_shown(expected)}"
    return _compared(field, wanted, class_of(value), said)


def _compared(field: JsonPath, expected: str, got: str, reason: str) -> Verdict:
    compared = Compared(field.field, expected, got)
    verdict = (passed if compared.right else failed)(reason, label=f"{expected} -> {got}")
    return msgspec.structs.replace(verdict, compared=compared)


def class_of(value: Any) -> str:
    """The value as the name of a class: a text as it is where it cannot be taken for anything else, or else as JSON."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    plain = isinstance(value, str) and value == value.strip() and value[:1] not in ("", "(") and not _is_json(value)
    text: str = value if plain else msgspec.json.encode(value, order="sorted").decode()
    return text if len(text) <= LONGEST_CLASS else f"{text[:LONGEST_CLASS]}… {digest(text)[:8]}"


def _is_json(text: str) -> bool:
    try:
        read_json(text)
    except NotJson:
        return False
    return True


def _shown(value: Any) -> str:
    """The value as JSON, so that 3 and "3" differ, shortened."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST_CLASS else text[:LONGEST_CLASS] + "…"
