"""What may stand in a text although it is personal: values, domains and patterns, each for one entity."""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.checks.parameters import Converted
from seatrial.checks.personal.entities import check_entity
from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.core.registry import nearest_name
from seatrial.spec.nodes import describe_value
from seatrial.spec.patterns import Pattern, compile_pattern

SCOPES = ("values", "domains", "patterns")
_GAPS = str.maketrans("", "", " .-/()_")


class _Scope(msgspec.Struct, frozen=True):
    """What is allowed of one entity; values are compared without letter case, numbers without their gaps."""

    values: frozenset[str]
    domains: tuple[str, ...]
    patterns: tuple[Pattern, ...]

    def holds(self, found: str, entity: str) -> bool:
        if _plain(found, entity) in self.values:
            return True
        if self.domains:
            domain = found.casefold().rpartition("@")[2]
            if any(domain == allowed or domain.endswith("." + allowed) for allowed in self.domains):
                return True
        return any(pattern.search(found) is not None for pattern in self.patterns)


class Allowed(Converted):
    """The allow-list of a check, by entity."""

    def __init__(self, scopes: dict[str, _Scope], version: str) -> None:
        self._scopes = scopes
        self.version = version

    @classmethod
    def read(cls, raw: Any) -> Allowed:
        """From a parameter's raw value. Raises SpecError for what is no entity, no scope, empty, or no pattern."""
        if not isinstance(raw, dict) or not raw:
            raise SpecError(
                "allow is not right",
                expected="a mapping from entity to what is allowed of it",
                got=describe_value(raw),
                hint="for example  allow: {email: {domains: [example.com]}}",
            )
        return cls({name: _scope(name, given) for name, given in raw.items()}, digest(raw))

    def __call__(self, found: str, entity: str) -> bool:
        scope = self._scopes.get(entity)
        return scope is not None and scope.holds(found, entity)

    def __bool__(self) -> bool:
        return bool(self._scopes)


NOTHING = Allowed({}, "")


def _scope(name: str, given: Any) -> _Scope:
    check_entity(name)
    if not isinstance(given, dict) or not given:
        raise SpecError(
            f"allow of {name} is not right", expected=f"some of {', '.join(SCOPES)}", got=describe_value(given)
        )
    for key in given:
        if key not in SCOPES:
            raise SpecError(
                f"allow of {name} has no {key!r}",
                nearest=nearest_name(str(key), SCOPES),
                hint=f"it has: {', '.join(SCOPES)}",
            )
    if "domains" in given and name != "email":
        raise SpecError(
            f"allow of {name} has no domains", hint="only addresses of e-mail have a domain; use values or patterns"
        )
    return _Scope(
        values=frozenset(_plain(value, name) for value in _texts(name, given, "values")),
        domains=tuple(value.casefold().removeprefix("@") for value in _texts(name, given, "domains")),
        patterns=tuple(_whole(value) for value in _texts(name, given, "patterns")),
    )


def _whole(pattern: str) -> Pattern:
    """The pattern, to match the whole of what was found."""
    compile_pattern(pattern)  # so that a mistake is shown in what the user wrote
    return compile_pattern(rf"^(?:{pattern})$")


def _texts(name: str, given: dict[str, Any], key: str) -> list[str]:
    values = given.get(key)
    if key not in given:
        return []
    if not isinstance(values, list) or not values or not all(isinstance(value, str) and value for value in values):
        raise SpecError(
            f"allow of {name}: {key} is not right",
            expected="a list of texts",
            got=describe_value(values),
            hint="put numbers in quotes",
        )
    return values


def _plain(value: str, entity: str) -> str:
    value = value.casefold().strip()
    return value if entity in ("email", "ip-address", "coordinates") else value.translate(_GAPS)
