"""A corpus of what models make of JSON: values of our own, spoilt by named rules, and hard cases written by hand.

A rule takes a value and gives a text that a model could have written instead of it. What the text is worth, the value
or a kind of refusal, is said by the table the rule stands in. `make_corpus` applies each rule to each seed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from structured_rules import NOTES, RULES, one_line, pretty, with_member

HARD_CASES = Path(__file__).parent / "structured_hard.jsonl"

TICKET = {
    "type": "object",
    "required": ["kind", "count", "note", "open"],
    "properties": {
        "kind": {"enum": ["refund", "lost_card", "transfer"]},
        "count": {"type": "number"},
        "note": {"type": "string"},
        "open": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "additionalProperties": False,
}
ORDER = {
    "type": "object",
    "required": ["count", "kind", "note", "open", "lines"],
    "properties": {
        "count": {"type": "integer", "minimum": 0},
        "kind": {"anyOf": [{"enum": ["new", "paid", "sent"]}, {"type": "null"}]},
        "open": {"type": "boolean"},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["sku", "n"],
                "properties": {"sku": {"type": "string"}, "n": {"type": "integer"}},
            },
        },
        "note": {"type": "string"},
    },
}


PARTY = {
    "$defs": {
        "guest": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "brings": {"type": "array", "items": {"$ref": "#/$defs/guest"}}},
            "additionalProperties": False,
        }
    },
    "type": "object",
    "required": ["count", "kind", "open", "guests", "note"],
    "properties": {
        "count": {"type": "integer"},
        "kind": {"oneOf": [{"const": "birthday"}, {"const": "house warming"}]},
        "note": {"type": "string"},
        "open": {"type": "boolean"},
        "guests": {"type": "array", "items": {"$ref": "#/$defs/guest"}},
        "budget": {"type": ["number", "null"]},
    },
    "additionalProperties": False,
}


class Spoilt(NamedTuple):
    rule: str
    text: str
    schema: dict[str, Any]
    outcome: str
    value: Any = None
    finish: str = "stop"


Seed = tuple[dict[str, Any], dict[str, Any]]
SEEDS: list[Seed] = [
    (TICKET, {"kind": "refund", "count": 12, "note": "wants it back by Friday", "open": True, "tags": ["a", "bc"]}),
    (TICKET, {"kind": "lost_card", "count": -3.5, "note": "see https://example.com/#card // urgent", "open": False}),
    (TICKET, {"kind": "transfer", "count": 1200, "note": "100 % sure: {really} [sic], yes", "open": True, "tags": []}),
    (TICKET, {"kind": "refund", "count": 0, "note": "naïve café – 😀", "open": False, "tags": ["x, y", "z: w"]}),
    (ORDER, {"count": 2, "kind": "paid", "note": "leave at door", "open": True, "lines": [{"sku": "A-1", "n": 2}]}),
    (ORDER, {"count": 31, "kind": "new", "note": "", "open": False, "lines": []}),
    (
        ORDER,
        {"count": 705, "kind": "sent", "note": "tab\tand\nline", "open": True}
        | {"lines": [{"sku": "B", "n": 1}, {"sku": "C", "n": 0}]},
    ),
    (
        PARTY,
        {"count": 40, "kind": "house warming", "note": "bring cake", "open": True, "budget": None}
        | {"guests": [{"name": "Ann", "brings": [{"name": "Bo"}]}, {"name": "Cy O'Dell"}]},
    ),
]


def make_corpus() -> Iterator[Spoilt]:
    """Every rule on every seed, and the hard cases."""
    for outcome, rules in RULES.items():
        for name, rule in rules.items():
            for schema, value in SEEDS:
                yield Spoilt(name, rule(value), schema, outcome, value if outcome == "value" else None)
    for name, (raw, note) in NOTES.items():
        for schema, value in SEEDS:
            yield Spoilt(name, with_member(value, "note", raw), schema, "value", {**value, "note": note})
    for schema, value in SEEDS:
        known = schema.get("additionalProperties") is False and "$defs" not in schema
        yield Spoilt(
            "one brace too many", one_line(value) + "}", schema, *(("value", value) if known else ("invalid",))
        )
        cut = with_member(value, "note", '"as she said')
        yield Spoilt("missing quote of a value", cut, schema, "value", {**value, "note": "as she said"})
        yield Spoilt("schema said back", pretty(schema), schema, "invalid")
        yield Spoilt("length", one_line(value)[:-2], schema, "truncated", finish="length")
        yield Spoilt("length, but whole", one_line(value), schema, "value", value, finish="length")
    for line in HARD_CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        yield Spoilt(**{"rule": "by hand", "schema": TICKET, **case})
