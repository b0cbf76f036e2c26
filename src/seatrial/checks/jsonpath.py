"""The way to values inside JSON data: a small part of JSONPath (RFC 9535), parsed once.

Read are `$`, `.name`, `['name']`, `[0]`, `[-1]`, `[*]` and `.*`, which is what checks on answers ask for. Slices,
filters and `..` are refused: a value that is hard to point at is better judged by a check in Python.
"""

from __future__ import annotations

import re
from typing import Any

from seatrial.core.errors import SpecError
from seatrial.spec.nodes import describe_value

EVERY = object()
"""The step that goes to every item of a list or every value of a mapping."""

KEYS_SHOWN = 8

_STEP = re.compile(
    r"""
      \.(?P<name>[^.\[\]*'"\s?()$@,:]+)
    | (?P<every>\.\*|\[\s*\*\s*\])
    | \[\s*(?P<index>-?[0-9]{1,15})\s*\]
    | \[\s*'(?P<single>(?:[^'\\]|\\.)*)'\s*\]
    | \[\s*"(?P<double>(?:[^"\\]|\\.)*)"\s*\]
    """,
    re.VERBOSE | re.DOTALL,
)
_REFUSED = {"..": "..", "[?": "filters", "[(": "expressions", "[@": "expressions"}


class NothingThere(LookupError):
    """The data has no value at the path; the message says what is there instead."""


class JsonPath:
    """A parsed path. `text` is the path as written."""

    __slots__ = ("_steps", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._steps = _parse(text)

    @classmethod
    def read(cls, raw: Any) -> JsonPath:
        """A path from a parameter's raw value. Raises SpecError for what is no path, or none that is supported."""
        if isinstance(raw, str) and raw.strip():
            return cls(raw.strip())
        raise SpecError("the path is not right", expected="a path like $.items[0].name", got=describe_value(raw))

    @property
    def field(self) -> str:
        """The path as the name of a field: without what every path begins with."""
        return field_name(self.text)

    @property
    def is_single(self) -> bool:
        """Whether it leads to one value: it has no [*]."""
        return EVERY not in self._steps

    def values(self, data: Any) -> list[tuple[str, Any]]:
        """Each value at the path, with its own place. Raises NothingThere when a step leads nowhere."""
        found = [("$", data)]
        for step in self._steps:
            found = [after for place, value in found for after in _follow(place, value, step)]
        if not found:
            raise NothingThere(f"{self.text} finds nothing: the list it goes through is empty")
        return found

    def __str__(self) -> str:
        return self.text


def field_name(path: str) -> str:
    """A path as people name a field by it: `intent` for `$.intent`."""
    return path.strip().removeprefix("$").removeprefix(".") or "$"


def _parse(text: str) -> tuple[Any, ...]:
    rest = text.removeprefix("$")
    if rest and rest[0] not in ".[":
        if text.startswith("$"):
            raise _refusal(text, rest)
        rest = "." + rest
    steps: list[Any] = []
    position = 0
    while position < len(rest):
        match = _STEP.match(rest, position)
        if match is None:
            raise _refusal(text, rest[position:])
        position = match.end()
        steps.append(_step(match))
    return tuple(steps)


def _step(match: re.Match[str]) -> Any:
    if match["every"]:
        return EVERY
    if match["index"]:
        return int(match["index"])
    if match["name"]:
        return match["name"]
    quoted = match["single"] if match["single"] is not None else match["double"]
    return re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)


def _refusal(text: str, rest: str) -> SpecError:
    kind = next((kind for start, kind in _REFUSED.items() if rest.startswith(start)), None)
    if kind is None and re.match(r"\[[-0-9\s]*:", rest):
        kind = "slices"
    if kind is None and re.match(r"\[[^\]]*,", rest):
        kind = "several steps at once"
    return SpecError(
        f"the path {text!r} uses {kind}, not supported here" if kind else f"{text!r} is not a path, from {rest!r} on",
        expected="names, indexes and [*], like $.items[0].name or $['a key'][*]",
        hint="a check in Python can go where paths cannot: python: file.py:function",
    )


def _follow(place: str, value: Any, step: Any) -> list[tuple[str, Any]]:
    if step is EVERY:
        return _children(place, value)
    if isinstance(step, int):
        if not isinstance(value, list):
            raise NothingThere(f"{place} is {_kind(value)}, which has no [{step}]")
        if not -len(value) <= step < len(value):
            items = f"{len(value)} item" + ("" if len(value) == 1 else "s")
            raise NothingThere(f"{place} has {items}, so there is no [{step}]")
        return [(f"{place}[{step}]", value[step])]
    if not isinstance(value, dict):
        raise NothingThere(f"{place} is {_kind(value)}, which has no key {step!r}")
    if step not in value:
        raise NothingThere(f"{place} has no key {step!r}; it has {_keys(value)}")
    return [(_named(place, step), value[step])]


def _children(place: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, list):
        return [(f"{place}[{index}]", item) for index, item in enumerate(value)]
    if isinstance(value, dict):
        return [(_named(place, key), item) for key, item in value.items()]
    raise NothingThere(f"{place} is {_kind(value)}, which has no items")


def _named(place: str, key: str) -> str:
    return f"{place}.{key}" if re.fullmatch(r"[\w-]+", key) else f"{place}[{key!r}]"


def _keys(value: dict[str, Any]) -> str:
    shown = ", ".join(list(value)[:KEYS_SHOWN])
    return (shown + (", …" if len(value) > KEYS_SHOWN else "")) or "no keys"


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return describe_value(value)
