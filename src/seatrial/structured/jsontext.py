"""JSON in what models write: read strictly, and found in the middle of prose.

Decided here: JSON is RFC 8259 as msgspec reads it (no NaN, no comments, no trailing comma), nested at most MAX_DEPTH
deep, so that a verdict never depends on how much stack is left. Finding is one pass of a JSON automaton from each
opening bracket; a bracket once opened is never opened again, which keeps the work linear in the text. Trying a parser
at every bracket was rejected: a megabyte of brackets takes it hours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

MAX_DEPTH = 200
MAX_DIGITS = 4300
"""Reading a number takes time with the square of its digits; Python's own limit."""


class NotJson(ValueError):
    """The text is not JSON; the message is one phrase that says why, `at` the code point where it stops being JSON."""

    def __init__(self, reason: str, at: int | None = None) -> None:
        super().__init__(reason)
        self.at = at


def read_json(text: str) -> Any:
    """The data `text` holds, white space around it aside. Raises NotJson."""
    if text.count("[") + text.count("{") > MAX_DEPTH and _is_too_deep(text):
        raise NotJson(f"not read as JSON: nested more than {MAX_DEPTH} deep")
    # Such a number leaves four digits in a row of every thousandth character.
    if len(text) > MAX_DIGITS and _DIGITS.search(text[::1000]) and _ENDLESS.search(text):
        raise NotJson(f"not read as JSON: a number of more than {MAX_DIGITS} digits")
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        raise _not_json(text, str(error).removeprefix("JSON is malformed: ")) from error
    except UnicodeEncodeError as error:
        raise NotJson("not JSON: half of a surrogate pair") from error


def _not_json(text: str, said: str) -> NotJson:
    """The parser's complaint, with its byte turned into a character of the text."""
    if not text.strip():
        return NotJson("not JSON: the text is empty")
    said, _, place = said.partition(" (byte ")
    reason = f"not JSON: {said[:1].lower()}{said[1:]}"
    if text.lstrip().startswith("```"):
        return NotJson(f"{reason}; it stands in a code fence, which contains-json allows")
    if not place:
        return NotJson(reason)
    byte = int(place.rstrip(")")) - (said == "trailing characters")  # msgspec has read the first of them
    at = byte if text.isascii() else len(text.encode()[:byte].decode(errors="ignore"))
    return NotJson(f"{reason}, at character {at + 1}, {text[at]!r}", at) if at < len(text) else NotJson(reason)


_DIGITS = re.compile(r"[0-9]{4}")
_ENDLESS = re.compile(rf"(?<![0-9])[0-9]{{{MAX_DIGITS + 1}}}")
_PLAIN_STRINGS = re.compile(r'(?:[^"]*+"[^"\\\[\]{}]*+(?:\\.[^"\\\[\]{}]*+)*+")*+[^"]*+', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_BRACKET_OR_STRING = re.compile(r'"(?:[^"\\]++|\\.?)*+(?:"|\Z)|[\[{]|[\]}]', re.DOTALL)


def _is_too_deep(text: str) -> bool:
    """Where no string holds a bracket, the innermost pairs are taken away until none is left: one pass a level, and a
    tenth of the time that it takes to go through the brackets.
    """
    if _PLAIN_STRINGS.fullmatch(text):
        brackets = text.encode(errors="replace").translate(None, _NO_BRACKETS)
        for _ in range(MAX_DEPTH):
            brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
            if not brackets:
                return False
    depth = 0
    for match in _BRACKET_OR_STRING.finditer(text):
        first = match[0][0]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif first in "]}":
            depth -= 1
    return False


def has_doubles(text: str) -> bool:
    """Whether an object in the JSON has a name twice, of which a parser settles silently for one."""

    def members(pairs: list[tuple[str, Any]]) -> None:
        if len(pairs) > len({name for name, _ in pairs}):
            doubles.append(len(pairs))

    doubles: list[int] = []
    json.loads(text, object_pairs_hook=members)
    return bool(doubles)


def same_json(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON data: 1 is 1.0, but true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return bool(one == other)


_NAME = re.compile(r"[A-Za-z_]\w*")


def path_of(parts: Sequence[str | int]) -> str:
    """A JSON path: `$` is the whole, `$.items[0]["odd key"]` a part."""
    return "$" + "".join(step_of(part) for part in parts)


def step_of(part: str | int) -> str:
    """One step of a JSON path."""
    if isinstance(part, int):
        return f"[{part}]"
    return f".{part}" if _NAME.fullmatch(part) else f"[{msgspec.json.encode(part).decode()}]"


def found_json(text: str) -> Iterator[tuple[int, int, Any]]:
    """Every JSON object or array in `text` that stands in no other, in order: start, end, and the data."""
    last = max(text.rfind("]"), text.rfind("}")) + 1
    first = _OPEN.search(text, 0, last)
    if first is None:
        return
    try:
        data = read_json(text[first.start() : last])
    except NotJson:
        yield from _scattered_json(text)
    else:
        yield first.start(), last, data


def _scattered_json(text: str) -> Iterator[tuple[int, int, Any]]:
    ends: dict[int, int | None] = {}
    after = 0
    for match in _OPEN.finditer(text):
        start = match.start()
        if start < after:
            continue
        if start not in ends:
            _scan(text, start, ends)
        end = ends[start]
        if end is None:
            continue
        try:
            data = read_json(text[start:end])
        except NotJson:
            continue  # in the grammar, but a value that cannot be held, like 1e999
        yield start, end, data
        after = end


_OPEN = re.compile(r"[\[{]")
_TOKEN = re.compile(
    r"""[ \t\n\r]*+(?:
      (?P<open>[\[{])
    | (?P<close>[\]}])
    | (?P<string>"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+")
    | (?P<scalar>-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?|true|false|null)
    | (?P<comma>,)
    | (?P<colon>:)
    )""",
    re.VERBOSE,
)

# What may follow, by what is expected and the token that came; brackets are handled by the stack.
_NEXT = {
    ("first item", "string"): "after item",
    ("first item", "scalar"): "after item",
    ("item", "string"): "after item",
    ("item", "scalar"): "after item",
    ("after item", "comma"): "item",
    ("first key", "string"): "colon",
    ("key", "string"): "colon",
    ("colon", "colon"): "value",
    ("value", "string"): "after value",
    ("value", "scalar"): "after value",
    ("after value", "comma"): "key",
}
_MAY_OPEN = {"first item": "after item", "item": "after item", "value": "after value"}
_MAY_CLOSE = {"first item": "]", "after item": "]", "first key": "}", "after value": "}"}


def _scan(text: str, start: int, ends: dict[int, int | None]) -> None:
    """Note in `ends` where the container at `start` ends, and each one inside it; None for what does not end well."""
    stack: list[tuple[int, str]] = []
    position, expected = start, "item"
    while token := _TOKEN.match(text, position):
        position, kind = token.end(), str(token.lastgroup)
        if kind == "open" and expected in _MAY_OPEN:
            at = position - 1
            if at in ends:
                known = ends[at]
                if known is None:
                    return
                position, expected = known, _MAY_OPEN[expected]
                continue
            if len(stack) == MAX_DEPTH:
                return
            ends[at] = None
            stack.append((at, _MAY_OPEN[expected]))
            expected = "first item" if text[at] == "[" else "first key"
        elif kind == "close" and _MAY_CLOSE.get(expected) == text[position - 1]:
            at, expected = stack.pop()
            ends[at] = position
            if not stack:
                return
        elif (expected, kind) in _NEXT:
            expected = _NEXT[expected, kind]
        else:
            return
