"""Reads a whole answer by a JSON Schema: the value, with all that was mended to get it, or why there is none.

Decided here: what is JSON is never changed, but for the two forms that only wrap or spell the value otherwise (a key
around it, an enum value in other words); what is not JSON is mended only where one reading is left.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from json import loads
from typing import Any

import msgspec

from seatrial.core.exchange import FinishReason
from seatrial.core.parsed import Outcome, Repair
from seatrial.structured.around import BLANK, MOST_LAYERS, without_layer, without_thoughts
from seatrial.structured.candidates import Found, find_candidates, unfenced
from seatrial.structured.choice import chosen
from seatrial.structured.cursor import Unreadable
from seatrial.structured.declined import declines_alone, declines_inside
from seatrial.structured.jsontext import MAX_DEPTH, MAX_DIGITS, NotJson, read_json, same_json
from seatrial.structured.mended import read_mended
from seatrial.structured.parsed import Parsed, no_value, refusal
from seatrial.structured.schema import Schema, compile_schema

__all__ = ["Parsed", "Schema", "compile_schema", "parse_output"]

_UNFINISHED: frozenset[FinishReason] = frozenset({"length", "content_filter", "cancelled", "error"})
_DECLINED: frozenset[FinishReason] = frozenset({"refused", "blocked"})
_DECODE = msgspec.json.Decoder().decode
_ENCODE = msgspec.json.Encoder().encode


def parse_output(text: str, schema: Mapping[str, Any] | Schema | type, finish_reason: FinishReason = "stop") -> Parsed:
    """The value that an answer gives for a schema, or the kind of reason why it gives none.

    `schema` is a JSON Schema, or a msgspec Struct, dataclass or pydantic model, whose instance the value then is; a
    compiled one (`compile_schema`) saves a few microseconds per answer. Valid JSON that fits comes back unchanged, with
    no repairs. Everything else is mended only where one reading is left; each repair is named, with the JSON path of
    its place. Raises SpecError for what is no JSON Schema.
    """
    compiled = schema if type(schema) is Schema else compile_schema(schema)
    parsed = _parsed(text, compiled, finish_reason, MOST_LAYERS)
    return parsed if compiled.wanted is None else parsed.typed(compiled.wanted)


def _parsed(text: str, schema: Schema, finish: FinishReason, layers: int) -> Parsed:
    """`layers` is how many may still be taken off around the answer."""
    if finish in _DECLINED:
        return refusal(text)
    colons = text.count(":")
    try:
        # Colons and square brackets bound the depth, since an object within another one stands behind a colon.
        is_small = len(text) <= MAX_DIGITS and colons + text.count("[") < MAX_DEPTH
        value = _DECODE(text) if is_small else read_json(text)
    except (NotJson, msgspec.DecodeError, UnicodeEncodeError):
        return _mended(text, schema, finish, layers)
    if finish in _UNFINISHED and type(value) in (int, float):
        return no_value("truncated", "$: the text ends inside a number", text)
    # A key that was dropped leaves its colon in the text; to count them costs half of what reading twice does.
    if colons != _ENCODE(value).count(b":") or ("\\" in text and "\\u" in text):
        double = _double(text)
        if double is not None:
            return no_value("ambiguous", double, text)
    if not schema.fits(value):
        return _fitted(text, value, schema, finish, layers)
    if schema.is_said_back(value):
        return no_value("invalid", "$: this is the JSON Schema itself and not a value of it", text)
    return Parsed("value", value, text=text)


def _double(text: str) -> str | None:
    """That a key stands there twice with different values, which a parser settles silently."""
    found: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        whole: dict[str, Any] = {}
        for key, each in pairs:
            if key in whole and not same_json(whole[key], each):
                found.append(key)
            whole[key] = each
        return whole

    loads(text, object_pairs_hook=members)
    return f"$: the key {found[0]!r} stands there twice, with different values" if found else None


def _fitted(text: str, value: Any, schema: Schema, finish: FinishReason, layers: int) -> Parsed:
    """Of an answer that is JSON and does not fit."""
    mended = schema.mended(value)
    if mended is not None:
        return Parsed("value", mended[0], mended[1], text=text)
    layer = without_layer(text) if isinstance(value, str) and layers else None
    if layer is not None:
        return _parsed(layer[0], schema, finish, layers - 1).also(text, Repair(layer[1]))
    if declines_inside(value):
        return refusal(text)
    outcome: Outcome = "ambiguous" if schema.holds_several(value) else "invalid"
    return Parsed(outcome, errors=schema.mistakes(value), text=text)


def _mended(text: str, schema: Schema, finish: FinishReason, layers: int) -> Parsed:
    """Of an answer that is not JSON as a whole."""
    bare = text.strip(BLANK)
    if bare != text.strip(" \t\r\n") and layers:
        edge = "byte-order-mark" if text.startswith("\ufeff") else "white-space"
        return _parsed(bare, schema, finish, layers - 1).also(text, Repair(edge))
    answer = without_thoughts(text)
    if answer is None:
        return no_value("truncated", "$: the reasoning does not end, and no answer follows it", text)
    if answer != text and layers:
        return _parsed(answer, schema, finish, layers - 1).also(text, Repair("reasoning"))
    layer = without_layer(text) if layers else None
    if layer is not None:
        return _parsed(layer[0], schema, finish, layers - 1).also(text, Repair(layer[1]))
    try:
        text.encode()
        found = find_candidates(text)
    except UnicodeEncodeError:
        return no_value("invalid", "$: the text holds half of a surrogate pair", text)
    except Unreadable as stop:
        return _unreadable(text, stop, finish)
    return chosen(text, found, schema) if found.candidates else _prose(text, found, schema, finish, layers)


def _unreadable(text: str, stop: Unreadable, finish: FinishReason) -> Parsed:
    """Of an answer with a broken value, which the model may have left to decline."""
    begin = max(text.rfind(mark, 0, stop.at) for mark in '",:{}[]') + 1
    if stop.outcome == "invalid" and declines_alone(text[begin:]):
        return refusal(text)
    unfinished = finish in _UNFINISHED and not text.rstrip().endswith(("}", "]", "```"))
    return no_value("truncated" if unfinished else stop.outcome, str(stop), text)


def _prose(text: str, found: Found, schema: Schema, finish: FinishReason, layers: int) -> Parsed:
    """Of an answer without any object or array."""
    if not found.before:
        return no_value("empty", "$: the answer is blank", text)
    fenced = unfenced(text)
    if fenced is not None and finish not in _UNFINISHED and layers:
        return _parsed(fenced, schema, finish, layers - 1).also(text, Repair("fence"))
    if _is_cut(text.strip(BLANK)):
        return no_value("truncated", "$: the text ends inside a value", text)
    plain = _plain(text.strip(BLANK), schema)
    if plain is not None:
        return msgspec.structs.replace(plain, text=text)
    if not text.lstrip().startswith('"') and declines_alone(found.before, schema.options()):
        return refusal(text)
    if finish in _UNFINISHED:
        return no_value("truncated", "$: the text ends before a value", text)
    mended = schema.mended(found.before) if schema.options() and '"' not in text else None
    if mended is not None:
        return Parsed("value", mended[0], mended[1] or (Repair("prose"),), text=text)
    return no_value("invalid", "$: the text holds no JSON value of the schema", text)


def _plain(text: str, schema: Schema) -> Parsed | None:
    """Of a string or literal that is nearly JSON, with nothing around it."""
    try:
        reading = read_mended(text, 0)
    except Unreadable:
        return None
    if reading.end != len(text):
        return None
    mended = schema.mended(reading.value)
    return None if mended is None else Parsed("value", mended[0], (*reading.repairs, *mended[1]))


_CUT = re.compile(
    r"""-?(?:0|[1-9][0-9]*)?(?:\.[0-9]*)?(?:[eE][-+]?)?|"(?:[^"\\]++|\\.)*+\\?|t(?:r(?:u)?)?|f(?:a(?:l(?:s)?)?)?|n(?:u(?:l)?)?""",
    re.DOTALL,
)


def _is_cut(text: str) -> bool:
    """Whether a scalar begins here and ends before its end."""
    return _CUT.fullmatch(text) is not None and not (text.startswith(".") or text.isdigit())
