"""The texts inside a value: strings, the names of fields, and numbers, which can be written out as well."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Leaf = str | int | float


def leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Leaf]]:
    """Every text and number with its JSON path, in the order in which `with_leaves` takes them back."""
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        yield path, value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from leaves(name, path)
            yield from leaves(each, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from leaves(each, f"{path}[{index}]")


def with_leaves(value: Any, given: Iterator[Leaf]) -> Any:
    """The same value with these in the place of its leaves."""
    if isinstance(value, str) or (isinstance(value, int | float) and not isinstance(value, bool)):
        return next(given)
    if isinstance(value, dict):
        pairs = [(with_leaves(name, given), with_leaves(each, given)) for name, each in value.items()]
        return dict(pairs)
    if isinstance(value, list | tuple):
        return type(value)([with_leaves(each, given) for each in value])
    return value
