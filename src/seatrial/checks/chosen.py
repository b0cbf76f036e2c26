"""A parameter that chooses by name: one name, or a list of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name
from seatrial.spec.nodes import describe_value


def chosen(raw: Any, parameter: str, check: Callable[[Any], None], *, expected: str, hint: str) -> tuple[str, ...]:
    """The names in a parameter's raw value, each once. `check` raises SpecError for a name that there is not.

    Raises SpecError for what is no list, and for an empty one.
    """
    names = [raw] if isinstance(raw, str) else raw
    if not isinstance(names, list) or not names:
        raise SpecError(f"{parameter} is not right", expected=expected, got=describe_value(raw), hint=hint)
    for name in names:
        check(name)
    return tuple(dict.fromkeys(names))


def check_known(name: Any, names: Collection[str], what: str, *, hint: str) -> None:
    """Raises SpecError where `name` is none of the `names`, with the nearest; `hint` is for where none is near."""
    if name not in names:
        nearest = nearest_name(str(name), names)
        raise SpecError(f"there is no {what} {name!r}", nearest=nearest, hint=None if nearest else hint)
