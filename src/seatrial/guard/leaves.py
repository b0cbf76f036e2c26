"""The texts inside a value: strings, the names of fields, and numbers, which can be written out as well."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import Any, TypeGuard

Leaf = str | int | float


def is_leaf(value: Any) -> TypeGuard[Leaf]:
    return isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool))


def leaves(value: Any) -> Iterator[Leaf]:
    """Every text and number, in the order in which `with_leaves` asks for them."""
    if is_leaf(value):
        yield value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(name)
            yield from leaves(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from leaves(each)


def with_leaves(value: Any, now: Callable[[Leaf], Leaf]) -> Any:
    """The same value with `now` of each leaf in its place."""
    if is_leaf(value):
        return now(value)
    if isinstance(value, dict):
        changed: dict[Any, Any] = {}
        for name, each in value.items():
            kept = unused(with_leaves(name, now), changed)
            changed[kept] = with_leaves(each, now)
        return changed
    if isinstance(value, list | tuple):
        return type(value)([with_leaves(each, now) for each in value])
    return value


def unused(name: Any, taken: Container[Any]) -> Any:
    """The name of a field, with a number behind it where a guard has made two names the same."""
    now, number = name, 1
    while now in taken:
        number += 1
        now = f"{name} {number}"
    return now
