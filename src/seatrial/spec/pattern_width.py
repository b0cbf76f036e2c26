"""How long a match of a pattern can be, read off the pattern: what a stream needs to know to let text go.

RE2 does not tell, and Python's own parser knows another syntax; only the shapes that have a width are read here, and
whatever is not understood has no bound.
"""

from __future__ import annotations

import re

_COUNTED = re.compile(r"\{(\d+)(,(\d*))?\}")
_FLAGS = re.compile(r"\(\?[imsU-]+\)")
_GROUP = re.compile(r"\((\?P?<\w+>|\?[imsU-]*:)?")
_ESCAPE = re.compile(r"\\(x\{[0-9A-Fa-f]+\}|x[0-9A-Fa-f]{2}|[pP]\{\^?\w+\}|[pP][A-Z]|[0-7]{1,3}|.)", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?(\[:\^?\w+:\]|\\.|[^\]\\])*\]", re.DOTALL)

WIDEST = 256
"""Code points; a match that may be longer than this is one without a bound."""


class _Unbounded(Exception):
    """A match can be of any length, or depends on where the text begins or ends."""


def longest_match(pattern: str) -> int | None:
    """The most code points a match of `pattern` can have, for a pattern in RE2's syntax that compiles; None where it
    has no bound, is anchored to the text's ends, or only ever empty.
    """
    try:
        width, end = _alternatives(pattern, 0)
    except _Unbounded:
        return None
    return width if end == len(pattern) and 0 < width <= WIDEST else None


def _alternatives(pattern: str, at: int) -> tuple[int, int]:
    """The width of what stands up to the closing parenthesis or the end, and where that is."""
    widest = 0
    while True:
        width, at = _sequence(pattern, at)
        widest = max(widest, width)
        if at == len(pattern) or pattern[at] == ")":
            return widest, at
        at += 1


def _sequence(pattern: str, at: int) -> tuple[int, int]:
    total = 0
    while at < len(pattern) and pattern[at] not in "|)":
        width, at = _atom(pattern, at)
        times, at = _times(pattern, at)
        if width and times is None:
            raise _Unbounded
        total += width * (times or 0)
    return total, at


def _atom(pattern: str, at: int) -> tuple[int, int]:
    character = pattern[at]
    if character in "^$":
        raise _Unbounded
    if character == "(":
        return _group(pattern, at)
    if character == "[":
        return 1, _end(_CLASS, pattern, at)
    if character == "\\":
        return _escape(pattern, at)
    return 1, at + 1


def _group(pattern: str, at: int) -> tuple[int, int]:
    flags = _FLAGS.match(pattern, at)
    if flags is not None:
        return 0, flags.end()
    width, end = _alternatives(pattern, _end(_GROUP, pattern, at))
    if end == len(pattern):
        raise _Unbounded
    return width, end + 1


def _escape(pattern: str, at: int) -> tuple[int, int]:
    end = _end(_ESCAPE, pattern, at)
    kind = pattern[at + 1]
    if kind in "AzCQE":
        raise _Unbounded
    return (0 if kind in "bB" else 1), end


def _times(pattern: str, at: int) -> tuple[int | None, int]:
    """How often what stands before may repeat (None: without end), and where the pattern goes on."""
    times: int | None = 1
    counted = _COUNTED.match(pattern, at)
    if counted is not None:
        at = counted.end()
        least, comma, most = counted[1], counted[2], counted[3]
        times = int(least) if not comma else int(most) if most else None
    elif at < len(pattern) and pattern[at] in "*+?":
        times = 1 if pattern[at] == "?" else None
        at += 1
    else:
        return times, at
    return times, at + (at < len(pattern) and pattern[at] == "?")


def _end(part: re.Pattern[str], pattern: str, at: int) -> int:
    found = part.match(pattern, at)
    if found is None:
        raise _Unbounded
    return found.end()
