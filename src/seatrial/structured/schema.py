"""A JSON Schema compiled once: what fits it, and which words of a model can only mean one of its values.

Decided here: of what is in the wrong form, only two things are mended, an enum value in other case or in a phrase, and
a key wrapped around the value. Types are never converted (`"42"` is no number, `"yes"` no boolean): each such rule
reads some answers as what their author did not mean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any

import msgspec

from seatrial.core.errors import SpecError
from seatrial.core.parsed import Repair
from seatrial.structured.jsontext import path_of, same_json
from seatrial.structured.options import meant_option
from seatrial.structured.output_type import schema_of
from seatrial.structured.wrappers import inside

MOST_ERRORS = 20
_MOST_SPOTS = 200
_LONGEST_ERROR = 300


class Schema:
    """A compiled JSON Schema; `wanted` is the Python type it was made from. Raises SpecError for what is none."""

    def __init__(self, schema: Mapping[str, Any], wanted: Any = None) -> None:
        import jsonschema_rs  # 15 MB of library, wanted only where a schema is

        self.schema = dict(schema)
        self.wanted = wanted
        try:
            self._validator = jsonschema_rs.validator_for(self.schema)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            raise SpecError(f"this is not a JSON Schema: {getattr(error, 'message', error)}") from error
        self.fits = self._validator.is_valid
        properties = self.schema.get("properties")
        self.properties: frozenset[str] = frozenset(properties) if isinstance(properties, Mapping) else frozenset()
        self.required: frozenset[str] = frozenset(self.schema.get("required", ()))

    def mistakes(self, value: Any) -> tuple[str, ...]:
        """How a value breaks the schema, each way in a sentence with its JSON path; at most MOST_ERRORS."""
        found: list[str] = []
        for error in self._validator.iter_errors(value):
            if len(found) == MOST_ERRORS:
                break
            said = str(error.message)
            said = said if len(said) <= _LONGEST_ERROR else f"{said[:_LONGEST_ERROR]}…"
            found.append(f"{path_of(error.instance_path)}: {said}")
        return tuple(found)

    def mended(self, value: Any) -> tuple[Any, tuple[Repair, ...]] | None:
        """The value in the form the schema wants, with what was mended; None where no mending makes it fit."""
        if self.fits(value):
            return value, ()
        inner = inside(value, self.properties, self.fits)
        if inner is not None:
            return inner[0], (Repair("wrapper", detail=inner[1]),)
        return self._with_enums(value)

    def holds_several(self, value: Any) -> bool:
        """Whether a value that does not fit holds several that do, and differ."""
        if isinstance(value, dict) and value.keys() & self.properties:
            return False
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        fitting = [each for each in inside if isinstance(each, dict | list) and self.fits(each)]
        return any(not same_json(each, fitting[0]) for each in fitting[1:])

    def only_lacks(self, value: Any) -> bool:
        """Whether all that keeps a value from fitting is what it does not have."""
        return all(type(error.kind).__name__ == "Required" for error in self._validator.iter_errors(value))

    def is_said_back(self, value: Any) -> bool:
        """Whether a value is the schema itself, which a model gave back in the place of a value."""
        return "type" in self.schema and bool(value == self.schema)

    def may_hold(self, value: dict[str, Any]) -> bool:
        """Whether this object could stand inside of another one that fits, as far as can be seen."""
        if self.schema.get("additionalProperties") is not False:
            return True
        members = self.schema.get("properties", {}).values()
        return any(_may_hold(each, value) for each in (*members, *self.schema.get("patternProperties", {}).values()))

    def _with_enums(self, value: Any) -> tuple[Any, tuple[Repair, ...]] | None:
        spots: dict[str, tuple[list[Any], list[Any]]] = {}
        for error in self._validator.iter_errors(value):
            found = _enum_spots(error)
            if not found or len(spots) > _MOST_SPOTS:
                return None
            for parts, options in found:
                spots.setdefault(path_of(parts), (parts, []))[1].extend(options)
        mended, repairs = deepcopy(value), []
        for path, (parts, options) in spots.items():
            said = _at(value, parts)
            meant = meant_option(said, options) if isinstance(said, str) else None
            if meant is None:
                return None
            option, name = meant
            mended = _put(mended, parts, option)
            repairs.append(Repair(name, path, said))
        return (mended, tuple(repairs)) if self.fits(mended) else None

    def options(self) -> list[str]:
        """The values of a schema that is an enum of texts; empty for any other."""
        options = [self.schema["const"]] if "const" in self.schema else self.schema.get("enum", [])
        return list(options) if all(isinstance(option, str) for option in options) else []


def compile_schema(schema: Mapping[str, Any] | Schema | type) -> Schema:
    """The schema compiled, or from the last ones compiled; that of a Python type where one is given. Raises SpecError
    for what is no JSON Schema, and for a type of which none can be made.
    """
    if isinstance(schema, Schema):
        return schema
    if not isinstance(schema, Mapping):
        try:
            return _of_type(schema)
        except TypeError as error:
            raise SpecError("this is not a JSON Schema", expected="a mapping or a type", got=repr(schema)) from error
    try:
        return _compiled(msgspec.json.encode(schema))
    except (TypeError, msgspec.MsgspecError) as error:
        raise SpecError("this is not a JSON Schema", expected="JSON data", got=str(error)) from error


@lru_cache(maxsize=64)
def _compiled(schema: bytes) -> Schema:
    return Schema(msgspec.json.decode(schema))


@lru_cache(maxsize=64)
def _of_type(wanted: Any) -> Schema:
    return Schema(schema_of(wanted), wanted)


def _may_hold(schema: Any, value: dict[str, Any]) -> bool:
    if not isinstance(schema, dict) or not schema:
        return schema is not False
    if any(key in schema for key in ("$ref", "$dynamicRef", "anyOf", "oneOf", "allOf", "if", "not")):
        return True
    types = schema.get("type")
    if "enum" in schema or "const" in schema or types in ("string", "number", "integer", "boolean", "null"):
        return False
    if types == "array":
        return _may_hold(schema.get("items", {}), value) or bool(schema.get("prefixItems"))
    properties = schema.get("properties", {})
    if schema.get("additionalProperties") is not False or "patternProperties" in schema:
        return True
    if set(schema.get("required", ())) <= value.keys() <= properties.keys():
        return True
    return any(_may_hold(each, value) for each in properties.values())


_Spots = list[tuple[list[Any], list[Any]]]


def _enum_spots(error: Any) -> _Spots:
    """Where an error is that a text is none of an enum's: each place, and what it may be. Empty where it is another."""
    kind = type(error.kind).__name__
    if kind == "Enum":
        return [(list(error.instance_path), list(error.kind.options))]
    if kind == "Constant":
        return [(list(error.instance_path), [error.kind.expected_value])]
    return _branch_spots(error.kind.context) if kind in ("AnyOf", "OneOfNotValid") else []


def _branch_spots(branches: Sequence[Sequence[Any]]) -> _Spots:
    """Those of the one branch of a union that only enums keep from fitting; of several, where all mean one place."""
    mendable = []
    for branch in branches:
        spots = [_enum_spots(error) for error in branch]
        if all(spots):
            mendable.append([spot for found in spots for spot in found])
    places = {path_of(parts) for spots in mendable for parts, _ in spots}
    if len(mendable) > 1 and len(places) > 1:
        return []
    return [spot for spots in mendable for spot in spots]


def _at(value: Any, parts: Sequence[Any]) -> Any:
    for part in parts:
        value = value[part]
    return value


def _put(value: Any, parts: Sequence[Any], new: Any) -> Any:
    if not parts:
        return new
    _at(value, parts[:-1])[parts[-1]] = new
    return value
