"""A prompt's inputs: their types, which of them the user's words fill, and the values of one request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from seatrial.core.errors import Problem, SpecError
from seatrial.core.registry import nearest_name
from seatrial.spec.nodes import Node, describe_value

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "array": (list, tuple),
    "object": (dict,),
}

RESERVED = frozenset(
    {"and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"}
) | {*("row", "self", "loop", "super", "caller", "varargs", "kwargs")}
"""Names that mean something else inside a template, so that an input of this name could not be written there."""


class Input(msgspec.Struct, frozen=True):
    """One input. Values of an input that is not `trusted` may come from anybody: checks see them as context."""

    name: str
    type: str = "string"
    required: bool = True
    default: Any = None
    trusted: bool = True

    def fits(self, value: Any) -> bool:
        if isinstance(value, bool):
            return self.type == "boolean"
        return isinstance(value, TYPES[self.type])


def read_inputs(node: Node | None) -> dict[str, Input]:
    """The `inputs:` of a front matter: `name: type` or `name: {type, default, trusted}`; `name?` need not be given."""
    entries = node.entries("inputs") if node is not None else None
    inputs: dict[str, Input] = {}
    for written, value in (entries or {}).items():
        name = written.removesuffix("?")
        if not name.isidentifier() or name in RESERVED:
            value.key_problem(f"{written!r} cannot be the name of an input", hint="names are letters, digits and _")
            continue
        if name in inputs:
            value.key_problem(f"the input {name!r} stands twice", hint="keep one of the two")
        read = _read_input(name, value, optional=written.endswith("?"))
        if read is not None:
            inputs[name] = read
    return inputs


def _read_input(name: str, node: Node, *, optional: bool) -> Input | None:
    if node.kind == "scalar":
        type_ = node.choice(f"the type of {name}", TYPES)
        return Input(name, type_, required=not optional) if type_ else None
    fields = node.fields(f"the input {name}", ("type", "default", "trusted"))
    if fields is None:
        return None
    type_ = fields["type"].choice(f"the type of {name}", TYPES) if "type" in fields else "string"
    trusted = fields["trusted"].boolean("trusted") if "trusted" in fields else True
    if type_ is None or trusted is None:
        return None
    default = fields["default"].plain() if "default" in fields else None
    read = Input(name, type_, required=not optional and "default" not in fields, default=default, trusted=trusted)
    if "default" in fields and not read.fits(default):
        fields["default"].problem(f"the default of {name} is not right", expected=type_, got=describe_value(default))
    return read


def find_ask(inputs: Mapping[str, Input], node: Node | None) -> str | None:
    """The input the user's words fill: the one `ask:` names, else `question`, else the only required string."""
    if node is not None:
        name = node.text("ask")
        if name is not None and name not in inputs:
            node.problem(
                f"ask: there is no input {name!r}",
                nearest=nearest_name(name, inputs),
                hint=f"inputs: {', '.join(inputs) or 'none'}",
            )
            return None
        if name is not None and inputs[name].type != "string":
            node.problem(f"ask: the input {name!r} cannot take text", expected="an input of type string")
            return None
        return name
    if "question" in inputs and inputs["question"].type == "string":
        return "question"
    strings = [name for name, each in inputs.items() if each.required and each.type == "string"]
    return strings[0] if len(strings) == 1 else None


def fill_inputs(inputs: Mapping[str, Input], values: Mapping[str, Any], *, prompt: str) -> dict[str, Any]:
    """Every input with its value or default. Raises SpecError with all unknown, missing and wrong ones."""
    problems = [_unknown(name, inputs, prompt) for name in values if name not in inputs]
    filled: dict[str, Any] = {}
    for name, each in inputs.items():
        if name not in values:
            filled[name] = each.default
            if each.required:
                problems.append(
                    Problem(what=f"the prompt needs {name!r}", file=prompt, expected=f"a value of type {each.type}")
                )
        elif each.fits(values[name]) or (values[name] is None and not each.required):
            filled[name] = values[name]
        else:
            problems.append(
                Problem(
                    what=f"the value of {name!r} is not right",
                    file=prompt,
                    expected=each.type,
                    got=describe_value(values[name]),
                    hint="cells of a CSV file are text: convert them with types:" if values[name] else None,
                )
            )
    if problems:
        raise SpecError(problems)
    return filled


def _unknown(name: str, inputs: Mapping[str, Input], prompt: str) -> Problem:
    nearest = nearest_name(name, inputs)
    return Problem(
        what=f"the prompt takes no {name!r}",
        file=prompt,
        nearest=nearest,
        hint=None if nearest else f"its inputs: {', '.join(inputs) or 'none'}",
    )
