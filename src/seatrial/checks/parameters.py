"""Parameter values that are more than data: inner checks, JSON Schemas and functions in the user's files.

A check names them as the type of a parameter; binding converts the raw value once, so that judging never parses.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from seatrial.checks.define import CHECKS, CheckDefinition, define
from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.spec.code import load_function
from seatrial.spec.files import read_text
from seatrial.spec.nodes import describe_value
from seatrial.spec.patterns import Pattern, compile_pattern


class Converted:
    """A converted parameter; `version` stands for its content in the version of the check that holds it."""

    version: str


class Inner(Converted):
    """A check inside a check."""

    def __init__(self, bound: Any) -> None:
        self.bound = bound
        self.version = bound.version


class JsonSchema(Converted):
    """A compiled JSON Schema, given as a mapping or as the path of a JSON file."""

    def __init__(self, schema: Any) -> None:
        import jsonschema_rs  # 15 MB of library, wanted only where a schema is

        try:
            self._validator = jsonschema_rs.validator_for(schema)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            said = getattr(error, "message", str(error))
            raise SpecError(f"this is not a JSON Schema: {said}") from error
        self.version = digest(schema)

    def mistake(self, value: Any) -> str | None:
        """The first way in which `value` breaks the schema, in words, or None."""
        error = next(iter(self._validator.iter_errors(value)), None)
        if error is None:
            return None
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path)
        return f"{error.message} at ${place}"


class PythonFunction(Converted):
    """A function in the user's file, or a check registered with `@check`."""

    def __init__(self, definition: CheckDefinition) -> None:
        self.definition = definition
        self.version = definition.code_version


class Binding(msgspec.Struct, frozen=True):
    """What conversion needs to know: the folder paths are relative to, and how to build an inner check."""

    folder: Path
    build: Callable[[Any], Any]

    def convert(self, wanted: type, raw: Any) -> Any:
        """The `dec_hook` of msgspec. Raises SpecError, which msgspec wraps."""
        if wanted is Inner:
            return Inner(self.build(raw))
        if wanted is Pattern:
            return compile_pattern(_text(raw, "a pattern"))
        if wanted is JsonSchema:
            return JsonSchema(self._schema(raw))
        if wanted is PythonFunction:
            return PythonFunction(self._function(_text(raw, "file.py:function")))
        if hasattr(wanted, "read"):
            return wanted.read(raw)
        if hasattr(wanted, "load"):
            return wanted.load(self.folder, _text(raw, "the path of a file"))
        raise NotImplementedError(wanted)

    def _schema(self, raw: Any) -> Any:
        if isinstance(raw, dict | bool):
            return raw
        path = self.folder / _text(raw, "a JSON Schema, or the path of a JSON file")
        try:
            return msgspec.json.decode(read_text(path))
        except msgspec.DecodeError as error:
            raise SpecError(f"this is not JSON: {error}", file=str(path)) from error

    def _function(self, name: str) -> CheckDefinition:
        if ":" not in name:
            return CHECKS.get(name)
        function, version = load_function(name, self.folder)
        definition = define(function, name)
        return msgspec.structs.replace(definition, code_version=version)


def _text(raw: Any, expected: str) -> str:
    if isinstance(raw, str):
        return raw
    raise SpecError("a check's parameter is not right", expected=expected, got=describe_value(raw))
