"""Writes a JSON Schema in the dialect that a provider holds answers to, where that keeps its meaning.

What fits the written form always fits the schema itself, but for limits that a provider does not know (`DROPPED`): they
are left out there, and whoever reads the answer checks them. Where an object may hold keys without a name, or a key may
be missing that the dialect would demand, there is no such form: a model would have to invent a value.

Sources: the OpenAI documentation, "Structured model outputs: supported schemas", whose API also answers that `default`
"is not permitted"; the Claude platform documentation, "Structured outputs: JSON Schema limitations", which Amazon
Bedrock shares for these models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

_STRUCTURE = frozenset({"type", "properties", "required", "additionalProperties", "items", "anyOf", "$ref", "$defs"})
_VALUES = frozenset({"definitions", "enum", "const", "title", "description", "format", "pattern"})
_NOTES = frozenset({"$schema", "$id", "$comment", "examples", "deprecated", "readOnly", "writeOnly"})
_RANGES = frozenset({"multipleOf", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_LENGTHS = frozenset({"minItems", "maxItems"})
_BESIDE_REF = frozenset({"title", "description", "default"})


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """`kept` keywords are written as they are, `dropped` ones left out; a schema with any other has no form.
    `all_required` demands every key of an object, `object_root` that the answer is an object.
    """

    kept: frozenset[str]
    dropped: frozenset[str]
    all_required: bool = False
    object_root: bool = False


OPENAI_STRICT = Dialect(
    kept=_STRUCTURE | _VALUES | _RANGES | _LENGTHS,
    dropped=_NOTES | {"default"},
    all_required=True,
    object_root=True,
)
CLAUDE = Dialect(
    kept=_STRUCTURE | _VALUES | {"default"},
    dropped=_NOTES | _RANGES | _LENGTHS | {"minLength", "maxLength", "uniqueItems", "minProperties", "maxProperties"},
)


class _NoForm(Exception):
    """The schema cannot be said in the dialect."""


def fitted(schema: Mapping[str, Any], dialect: Dialect) -> dict[str, Any] | None:
    """The schema in the dialect; None where that would change what it means."""
    try:
        written = _fitted(schema, dialect)
    except _NoForm:
        return None
    return None if dialect.object_root and written.get("type") != "object" else written


def _fitted(schema: Any, dialect: Dialect) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or not schema.keys() & {"type", "$ref", "anyOf", "enum", "const"}:
        raise _NoForm
    written: dict[str, Any] = {}
    for key, value in schema.items():
        if key in dialect.dropped:
            continue
        if key not in dialect.kept:
            raise _NoForm
        written[key] = _value(key, value, dialect)
    if "$ref" in written:
        if not written.keys() <= {"$ref", "$defs", "definitions"} | _BESIDE_REF:
            raise _NoForm
        return {key: value for key, value in written.items() if key not in _BESIDE_REF}
    return _closed(written, dialect) if _may_be(written, "object") else written


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
