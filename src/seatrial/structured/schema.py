"""A JSON Schema compiled once: what fits it, and which words of a model can only mean one of its values.

Decided here: of what is in the wrong form, only two things are mended, an enum value in other case or in a phrase, and
a key wrapped around the value. Types are never converted (`"42"` is no number, `"yes"` no boolean): each such rule
reads some answers as what their author did not mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any

import msgspec

from seatrial.core.errors import SpecError
from seatrial.core.parsed import Repair
from seatrial.structured.jsontext import same_json
from seatrial.structured.output_type import schema_of

MOST_ERRORS = 20
_LONGEST_ERROR = 300
_LONGEST_PHRASE = 400


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
        inner = self._inside(value)
        return self._with_enums(value) if inner is None else inner

    def holds_several(self, value: Any) -> bool:
        """Whether a value that does not fit holds several that do, and differ."""
        if isinstance(value, dict) and value.keys() & self.properties:
            return False
        inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        fitting = [each for each in inside if isinstance(each, dict | list) and self.fits(each)]
        return any(not same_json(each, fitting[0]) for each in fitting[1:])

    def is_said_back(self, value: Any) -> bool:
        """Whether a value is the schema itself, which a model gave back in the place of a value."""
        return "type" in self.schema and bool(value == self.schema)

    def may_hold(self, value: dict[str, Any]) -> bool:
        """Whether this object could stand inside of another one that fits, as far as can be seen."""
        if self.schema.get("additionalProperties") is not False:
            return True
        members = self.schema.get("properties", {}).values()
        return any(_may_hold(each, value) for each in (*members, *self.schema.get("patternProperties", {}).values()))

    def _inside(self, value: Any) -> tuple[Any, tuple[Repair, ...]] | None:
        """The value under the keys around it, which are none of the schema's."""
        names: list[str] = []
        while isinstance(value, dict) and len(names) < _MOST_WRAPPERS:
            around = self._wrapper(value)
            if around is None:
                return None
            names.append(around)
            value = value[around]
            if self.fits(value):
                return value, (Repair("wrapper", detail=".".join(names)),)
        return None

    def _wrapper(self, value: dict[str, Any]) -> str | None:
        """The only key with an object or array, beside which at most a call or an envelope is described."""
        inner = [key for key, each in value.items() if isinstance(each, dict | list)]
        if len(inner) != 1 or inner[0] in self.properties or _NO_WRAPPER.search(inner[0]):
            return None
        return (
            inner[0]
            if all(_BESIDE.get(key, _nothing)(each) for key, each in value.items() if key != inner[0])
            else None
        )

    def _with_enums(self, value: Any) -> tuple[Any, tuple[Repair, ...]] | None:
        spots: dict[str, tuple[list[Any], list[Any]]] = {}
        for error in self._validator.iter_errors(value):
            found = list(_enum_spots(error))
            if not found or len(spots) > MOST_ERRORS:
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
        return _of_type(schema)
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


_MOST_WRAPPERS = 4
# A key whose value is not meant as the answer.
_NO_WRAPPER = re.compile(
    r"example|draft|sample|template|schema|previous|\bold|wrong|invalid|error|fail|partial|default|expected|test",
    re.IGNORECASE,
)


def _nothing(_: Any) -> bool:
    return False


def _a_text(said: Any) -> bool:
    return isinstance(said, str)


def _is_well(said: Any) -> bool:
    return said is True or said in ("ok", "OK", "success", "Success", "completed", "complete", "done", 200)


# What may stand beside a wrapper's key, and what it may be: a call described, reasons, that all went well.
_BESIDE = {
    **dict.fromkeys(("name", "tool", "tool_name", "function", "action", "type", "id", "call_id", "recipient"), _a_text),
    **dict.fromkeys(("reasoning", "thought", "thoughts", "thinking", "explanation", "analysis", "rationale"), _a_text),
    **dict.fromkeys(("status", "success", "ok", "code"), _is_well),
}


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


_NAME = re.compile(r"[A-Za-z_]\w*")


def path_of(parts: Sequence[str | int]) -> str:
    """A JSON path: `$` is the whole, `$.items[0]["odd key"]` a part."""
    return "$" + "".join(step_of(part) for part in parts)


def step_of(part: str | int) -> str:
    """One step of a JSON path."""
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _NAME.fullmatch(part) else f"[{msgspec.json.encode(part).decode()}]"


def _enum_spots(error: Any) -> Iterator[tuple[list[Any], list[Any]]]:
    """Where an error is that a text is none of an enum's: the place, and what it may be."""
    kind = type(error.kind).__name__
    if kind == "Enum":
        yield list(error.instance_path), list(error.kind.options)
    elif kind == "Constant":
        yield list(error.instance_path), [error.kind.expected_value]
    elif kind in ("AnyOf", "OneOfNotValid"):
        for branch in error.kind.context:
            for inner in branch:
                if list(inner.instance_path) == list(error.instance_path):
                    yield from _enum_spots(inner)


def _at(value: Any, parts: Sequence[Any]) -> Any:
    for part in parts:
        value = value[part]
    return value


def _put(value: Any, parts: Sequence[Any], new: Any) -> Any:
    if not parts:
        return new
    _at(value, parts[:-1])[parts[-1]] = new
    return value


def meant_option(said: str, options: Sequence[Any]) -> tuple[str, str] | None:
    """The one option that a text can mean, and the name of the repair; None where it is none or more than one."""
    texts = list(dict.fromkeys(option for option in options if isinstance(option, str)))
    same = [option for option in texts if _plain(option) == _plain(said)]
    if same:
        return (same[0], "enum-case") if len(same) == 1 else None
    if len(said) > _LONGEST_PHRASE or _DOUBT.search(said):
        return None
    named = [option for option in texts if _plain(option) and _names(said, option)]
    return (named[0], "enum-prose") if len(named) == 1 else None


def _plain(text: str) -> str:
    return re.sub(r"[\s_-]+", " ", text.strip(" \t\r\n.!\"'`*")).casefold()


def _names(said: str, option: str) -> bool:
    words = r"[\s_-]+".join(re.escape(word) for word in _plain(option).split(" "))
    return re.search(rf"(?<![\w'-]){words}(?![\w'’%-])", said.casefold()) is not None


# A phrase with one of these can name an option and mean another one, or none.
_DOUBT = re.compile(
    r"""\b(?:not|no|non|never|neither|nor|none|cannot|without|except|excluding|but|than|rather|instead|unless|if|or
    |maybe|perhaps|possibly|might|could|may|would|should|almost|nearly|barely|hardly|unlikely|unsure|uncertain|unclear
    |unknown|between|either|less|more|least|most|lack|lacks|far|false|wrong|isn|aren|wasn|don|doesn|didn|can|was|were
    |previously|formerly|versus|vs|and|to|was|anything|opposite|other)\b|n['’]t\b|[?/|]""",
    re.VERBOSE | re.IGNORECASE,
)
