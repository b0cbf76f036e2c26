"""Writes a JSON Schema in the dialect that a provider holds answers to, where that keeps its meaning.

What fits the written form always fits the schema itself, but for limits that a provider does not know (those the
dialect drops): they are left out there, and whoever reads the answer checks them. Where an object may hold keys without
a name, or a key may be missing that the dialect would demand, there is no such form: a model would have to invent a
value. A request with a schema that the dialect does not know is refused whole, so nothing is left to luck.

Sources: the OpenAI documentation, "Structured model outputs: supported schemas", whose API also answers that `default`
and `uniqueItems` are "not permitted", that a "schema must have a 'type' key" where only an enum stands, that "regex
lookaround is not supported", and that a format beside its list of nine "is not a valid format"; the Claude platform
documentation, "Structured outputs: JSON Schema limitations", which Amazon Bedrock shares for these models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

_STRUCTURE = frozenset({"type", "properties", "required", "additionalProperties", "items", "anyOf", "$ref", "$defs"})
_VALUES = frozenset({"definitions", "enum", "const", "title", "description", "format", "pattern"})
_NOTES = frozenset({"$schema", "$id", "$comment", "examples", "deprecated", "readOnly", "writeOnly"})
_RANGES = frozenset({"multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_LENGTHS = frozenset({"minItems", "maxItems"})
_SIZES = frozenset({"minLength", "maxLength", "uniqueItems", "minProperties", "maxProperties"})
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"})
_HARD_REGEX = re.compile(r"\(\?(?:=|!|<=|<!|P=)|\\[1-9bBk]")
"""Lookaround, references to groups and word boundaries: no grammar that an answer is written by can hold them."""
_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}
_BESIDE_REF = frozenset({"title", "description", "default"})


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """`kept` keywords are written as they are, `dropped` ones left out; a schema with any other has no form. Of formats
    those in `formats` are kept. `all_required` demands every key of an object, `object_root` that the answer is an
    object, `recursive` says that a schema may contain itself, `most_optional` how many keys may be missing.
    """

    kept: frozenset[str]
    dropped: frozenset[str]
    formats: frozenset[str] = _FORMATS
    all_required: bool = False
    object_root: bool = False
    recursive: bool = True
    most_optional: int | None = None


OPENAI_STRICT = Dialect(
    kept=_STRUCTURE | _VALUES | _RANGES | _LENGTHS,
    dropped=_NOTES | _SIZES | {"default"},
    all_required=True,
    object_root=True,
)
CLAUDE = Dialect(
    kept=_STRUCTURE | _VALUES | {"default"},
    dropped=_NOTES | _RANGES | _LENGTHS | _SIZES,
    formats=_FORMATS | {"uri"},
    recursive=False,
    most_optional=24,
)


class _NoForm(Exception):
    """The schema cannot be said in the dialect."""


def fitted(schema: Mapping[str, Any], dialect: Dialect) -> dict[str, Any] | None:
    """The schema in the dialect; None where that would change what it means."""
    try:
        written = _fitted(schema, dialect)
    except _NoForm:
        return None
    if dialect.most_optional is not None and sum(map(_optional, _within(written))) > dialect.most_optional:
        return None
    if not dialect.recursive and _contains_itself(written):
        return None
    return None if dialect.object_root and written.get("type") != "object" else written


def _fitted(schema: Any, dialect: Dialect) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or not schema.keys() & {"type", "$ref", "anyOf", "enum", "const"}:
        raise _NoForm
    written: dict[str, Any] = {}
    for key, value in schema.items():
        if key in dialect.dropped or _is_beyond(key, value, dialect):
            continue
        if key not in dialect.kept:
            raise _NoForm
        written[key] = _value(key, value, dialect)
    if "enum" in written or "const" in written:
        written = {"type": _types_of([*written.get("enum", ()), *_const(written)]), **written}
    if "$ref" in written:
        if not written["$ref"].startswith("#"):
            raise _NoForm
        if not written.keys() <= {"$ref", "$defs", "definitions"} | _BESIDE_REF:
            raise _NoForm
        return {key: value for key, value in written.items() if key not in _BESIDE_REF}
    return _closed(written, dialect) if _may_be(written, "object") else written


def _is_beyond(key: str, value: Any, dialect: Dialect) -> bool:
    """Whether the value of a known keyword is one that the dialect does not know."""
    if key == "format":
        return value not in dialect.formats
    return key == "pattern" and _HARD_REGEX.search(value) is not None


def _types_of(values: list[Any]) -> str | list[str]:
    """The types that these values have, which a dialect wants said."""
    found = list(dict.fromkeys(_TYPES.get(type(value)) for value in values))
    if not found or None in found:
        raise _NoForm  # objects and lists among an enum's values are known to no dialect
    names = [name for name in found if name is not None]
    return names[0] if len(names) == 1 else names


def _const(written: Mapping[str, Any]) -> list[Any]:
    return [written["const"]] if "const" in written else []


def _optional(schema: Mapping[str, Any]) -> int:
    """How many keys of an object may be missing."""
    properties = schema.get("properties")
    return len(properties.keys() - set(schema.get("required", ()))) if isinstance(properties, dict) else 0


def _within(written: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in the written schema."""
    if isinstance(written, dict):
        yield written
        for each in written.values():
            yield from _within(each)
    elif isinstance(written, list):
        for each in written:
            yield from _within(each)


def _contains_itself(written: dict[str, Any]) -> bool:
    """Whether a definition, or the whole, can be reached from inside itself."""
    named: dict[str, Any] = {"#": written}
    for key in ("$defs", "definitions"):
        named |= {f"#/{key}/{name}": each for name, each in written.get(key, {}).items()}
    leads = {
        name: {str(part["$ref"]) for part in _within(_without_definitions(each)) if isinstance(part.get("$ref"), str)}
        for name, each in named.items()
    }
    for name in leads:
        seen: set[str] = set()
        ahead = list(leads[name])
        while ahead:
            place = ahead.pop()
            if place == name or place not in leads:
                return True  # a place inside a definition may be anywhere: as good as a circle
            if place not in seen:
                seen.add(place)
                ahead += leads[place]
    return False


def _without_definitions(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    return {key: value for key, value in schema.items() if key not in ("$defs", "definitions")}


def _value(key: str, value: Any, dialect: Dialect) -> Any:
    if key in ("properties", "$defs", "definitions"):
        return {name: _fitted(each, dialect) for name, each in value.items()}
    if key == "items":
        return _fitted(value, dialect)
    if key == "anyOf":
        return [_fitted(each, dialect) for each in value]
    return value


def _closed(written: dict[str, Any], dialect: Dialect) -> dict[str, Any]:
    """An object that holds its named keys alone. Without names it is a map, and closing it would leave it empty."""
    is_open = written.get("additionalProperties", "properties" not in written)
    if is_open is not False:
        raise _NoForm
    properties, required = written.get("properties", {}), written.get("required", ())
    if dialect.all_required:
        if not all(name in required or _may_be(each, "null") for name, each in properties.items()):
            raise _NoForm
        written = {**written, "properties": properties, "required": list(properties)}
    if not set(required) <= properties.keys():
        raise _NoForm
    return {**written, "additionalProperties": False}


def _may_be(schema: Mapping[str, Any], kind: str) -> bool:
    """Whether the schema says by itself that a value of this type fits."""
    types = schema.get("type", ())
    said = kind == types or (isinstance(types, list | tuple) and kind in types)
    if kind == "null":
        said = said or any(each.get("type") == "null" for each in schema.get("anyOf", ()))
    return said
