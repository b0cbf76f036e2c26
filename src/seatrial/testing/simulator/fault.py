"""A fault to do to a call: its kind, with parameters; and the short ways to write one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import msgspec

from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name
from seatrial.spec.units import parse_duration
from seatrial.testing.simulator.kinds import KINDS, Kind, Seconds, Stage

FINE = ("fine", "none")
"""How "no fault" is written where a fault may stand."""


class Fault:
    """`Fault("cut", after=3)`. The kinds and their parameters are those of `KINDS`; equal faults are equal, so that a
    fault can be a key. Raises SpecError for a kind or a parameter there is not.
    """

    __slots__ = ("kind", "parameters")

    def __init__(self, kind: str, value: Any = None, /, **parameters: Any) -> None:
        self.kind = kind
        known = _find(kind)
        names = list(known.types)
        if value is not None:
            if not names:
                raise SpecError(f"the fault {kind} takes no value", got=repr(value))
            parameters = {names[0]: value, **parameters}
        self.parameters: Mapping[str, Any] = MappingProxyType(
            {name: _read(known, name, given) for name, given in parameters.items()}
        )

    @property
    def stage(self) -> Stage:
        return KINDS[self.kind].stage

    def apply(self, subject: Any) -> Any:
        return KINDS[self.kind].function(subject, **self.parameters)

    def refusal(self) -> Any:
        return KINDS[self.kind].function(**self.parameters)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and (self.kind, self.parameters) == (other.kind, other.parameters)

    def __hash__(self) -> int:
        return hash((self.kind, tuple(sorted(self.parameters.items()))))

    def __repr__(self) -> str:
        return f"Fault({', '.join([repr(self.kind), *(f'{k}={v!r}' for k, v in self.parameters.items())])})"

    def __str__(self) -> str:
        return "; ".join([self.kind, *(f"{name}={value}" for name, value in self.parameters.items())])


def parse_faults(text: str) -> tuple[Fault, ...]:
    """`cut; after=2, split; into=bytes`: faults with commas between, parameters with semicolons. Raises SpecError."""
    return tuple(_parse(each.strip()) for each in text.split(",") if each.strip() and each.strip() not in FINE)


def _parse(text: str) -> Fault:
    kind, *given = (piece.strip() for piece in text.split(";"))
    parameters: dict[str, str] = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals:
            raise SpecError(f"the fault {kind} is not right", expected="NAME=VALUE after the semicolon", got=repr(each))
        parameters[name.strip()] = value.strip()
    return Fault(kind, **parameters)


def _find(kind: str) -> Kind:
    if kind not in KINDS:
        nearest = nearest_name(kind, KINDS)
        hint = None if nearest else f"faults are {', '.join(KINDS)}"
        raise SpecError(f"there is no fault {kind!r}", nearest=nearest, hint=hint)
    return KINDS[kind]


def _read(kind: Kind, name: str, given: Any) -> Any:
    """The value of a parameter, turned from text where its type is another."""
    if name not in kind.types:
        known = ", ".join(kind.types) or "none"
        raise SpecError(f"the fault {kind.name} has no parameter {name!r}", hint=f"its parameters: {known}")
    wanted = kind.types[name]
    lasts = wanted in (Seconds, Seconds | None)
    duration = parse_duration(given) if lasts and isinstance(given, str) else None
    try:
        return msgspec.convert(given if duration is None else duration, wanted, strict=not isinstance(given, str))
    except msgspec.ValidationError as error:
        hint = "a duration is seconds, or like 200ms" if lasts else None
        raise SpecError(f"{name} of the fault {kind.name} is not right: {error}", got=repr(given), hint=hint) from error
