"""The texts inside a value: strings, the names of fields, and numbers, which can be written out as well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, TypeGuard

import msgspec

from seatrial.core.errors import SpecError
from seatrial.spec.nodes import describe_value

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
        changed_items = [with_leaves(each, now) for each in value]
        return changed_items if isinstance(value, list) else tuple(changed_items)
    return value


def unused(name: Any, taken: Collection[Any]) -> Any:
    """The name of a field, with a number behind it where a guard has made two names the same."""
    now, number = name, len(taken)  # not from 2 on, which takes the square of the names
    while now in taken:
        number += 1
        now = f"{name} {number}"
    return now


def with_texts_in(value: Any, texts: Iterable[str]) -> Any:
    """The value with these in the place of its texts and numbers."""
    given = iter(texts)

    def now(leaf: Leaf) -> Leaf:
        text = next(given)
        return leaf if text == text_of(leaf) else text

    return with_leaves(value, now)


def texts_in(value: Any) -> list[str]:
    """Its texts, and its numbers written out."""
    return [text_of(leaf) for leaf in leaves(value)]


def text_of(leaf: Leaf) -> str:
    if isinstance(leaf, float) and leaf.is_integer():
        leaf = int(leaf)  # 4111111111111111.0 is the number of a card as well
    return leaf if isinstance(leaf, str) else encoded(leaf)


def check_value(name: str, value: Any) -> Any:
    """The value. Raises SpecError where it holds what is neither text nor number, and so nothing a guard can judge."""
    if value is None or is_leaf(value) or isinstance(value, bool):
        return value
    if not isinstance(value, dict | list | tuple):
        expected = "text, numbers, lists and mappings: guards judge no other"
        raise SpecError(f"the value of {name!r} is not right", expected=expected, got=describe_value(value))
    for each in (*value, *value.values()) if isinstance(value, dict) else value:
        check_value(name, each)
    return value


def encoded(value: Any) -> str:
    """JSON text."""
    return msgspec.json.encode(value).decode()
