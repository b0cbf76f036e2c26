"""A check entry as a user writes it, read: its name, the keys that every check has, and its own parameters."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from seatrial.checks.define import CHECKS, CheckDefinition
from seatrial.checks.signature import COMMON
from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name
from seatrial.core.verdict import On
from seatrial.spec.nodes import describe_value


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A check entry, read but not yet bound. `params` are the raw values by parameter name; `on` is None where the
    entry does not say, so that a check inside another judges what that one has in view.
    """

    name: str
    negated: bool
    params: dict[str, Any]
    weight: float = 1.0
    metric: str | None = None
    threshold: float | None = None
    on: On | None = None


def read_entry(raw: Any) -> Entry:
    """Read an entry's name, common keys and parameters. Raises SpecError for unknown names and keys."""
    if isinstance(raw, str):
        name, value, given = raw, None, False
    elif isinstance(raw, Mapping) and len(raw) == 1:
        ((name, value),) = raw.items()
        given = True
    else:
        raise SpecError(
            "a check entry is not right",
            expected="a name, or one name with its parameters, like {max-words: 60}",
            got=describe_value(raw),
            hint="parameters go under the name, indented: {regex: {pattern: …, weight: 2}}"
            if isinstance(raw, Mapping)
            else None,
        )
    base, negated = _known_name(str(name))
    definition = CHECKS.get(base)
    common, params = _split(definition, value, given)
    check_names(definition, params)
    return Entry(name=base, negated=negated, params=params, **common)


def _known_name(name: str) -> tuple[str, bool]:
    base = name.removeprefix("not-")
    if base != name and CHECKS.at_hand(base) and not CHECKS.at_hand(name):
        return base, True
    if name in CHECKS:
        return name, False
    if base != name and base in CHECKS:
        return base, True
    nearest = nearest_name(base, CHECKS)
    raise SpecError(
        f"there is no check named {name!r}",
        nearest=("not-" if nearest and base != name else "") + nearest if nearest else None,
        hint=None if nearest else "`seatrial checks` lists them all",
    )


def _split(definition: CheckDefinition, value: Any, given: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """The common keys, checked, and the check's own parameters, raw."""
    if not given:
        return {}, {}
    if not isinstance(value, Mapping):
        return {}, _first_parameter(definition, value)
    common = {key: _common(definition, key, value[key]) for key in COMMON if key in value}
    return common, {str(key): item for key, item in value.items() if key not in COMMON}


def _first_parameter(definition: CheckDefinition, value: Any) -> dict[str, Any]:
    if definition.parameters:
        return {definition.parameters[0].name: value}
    raise SpecError(
        f"{definition.name} takes no value",
        expected=f"just the name, {definition.name}",
        got=describe_value(value),
    )


def _common(definition: CheckDefinition, key: str, value: Any) -> Any:
    """One of the entry keys every check has. Raises SpecError when its value cannot be."""
    if key == "metric" and isinstance(value, str) and value.strip():
        return value
    if key == "on":
        return _on(definition, value)
    most = {"weight": sys.float_info.max, "threshold": 1.0}.get(key)
    if most is not None and isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= most:
        return float(value)
    expected = {"metric": "a name", "weight": "a number of at least 0", "threshold": "a number from 0 to 1"}
    raise SpecError(f"{definition.name}: {key} is not right", expected=expected[key], got=describe_value(value))


def _on(definition: CheckDefinition, value: Any) -> str:
    if not definition.judges_text:
        raise SpecError(f"{definition.name} judges no text", got="on", hint="take out on:")
    if value == "tools":
        raise SpecError("on: tools: not in this version", hint="take it out; nothing is accepted and ignored")
    if value not in get_args(On):
        raise SpecError(
            f"{definition.name}: on is not right",
            expected="one of answer, raw, input, context",
            got=describe_value(value),
            nearest=nearest_name(str(value), get_args(On)),
        )
    return str(value)


def check_names(definition: CheckDefinition, params: Mapping[str, Any]) -> None:
    """Raises SpecError for a parameter that the check does not have, and where one is missing that it needs."""
    known = [parameter.name for parameter in definition.parameters]
    for name in params:
        if name not in known:
            nearest = nearest_name(name, [*known, *COMMON])
            raise SpecError(
                f"{definition.name} has no parameter {name!r}",
                nearest=nearest,
                hint=None if nearest else f"it has: {', '.join([*known, *COMMON])}",
            )
    missing = [p.name for p in definition.parameters if p.required and p.name not in params]
    if missing:
        example = definition.example
        raise SpecError(
            f"{definition.name} needs {' and '.join(missing)}",
            hint=f"for example  {example.write}" if example else None,
        )
