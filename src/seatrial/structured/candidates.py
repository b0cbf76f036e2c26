"""Finds the objects and arrays of an answer, and tells prose around them from pieces of a broken one.

Decided here: where an opening bracket begins no readable value, the whole answer has none, unless it is a mark of
prose (`[see below]`, `{name}`). Looking for a value further in was rejected: what is found inside a broken object is a
part, and a part is a wrong value. It also keeps the work linear in the text.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from seatrial.structured.cursor import Unreadable
from seatrial.structured.mended import Reading, read_mended


class Candidate(msgspec.Struct, frozen=True):
    """A value that stands in the answer by itself; `fenced` when a code fence is around it."""

    reading: Reading
    start: int
    fenced: bool

    @property
    def value(self) -> Any:
        return self.reading.value

    @property
    def is_object(self) -> bool:
        return isinstance(self.reading.value, dict)


class Found(msgspec.Struct, frozen=True):
    """The candidates in order, and the prose: what stands around them, fences aside. `stray` is a mark at the end that
    belongs to nothing, one more closing brace or a comma.
    """

    candidates: tuple[Candidate, ...]
    before: str
    after: str
    has_prose: bool = False
    fences: bool = False
    stray: str = ""


MOST_CANDIDATES = 200

_OPEN = re.compile(r"[\[{]")
_MARK = re.compile(r"\[(?=[^\W\d_ ])[^\[\]{}\"\n:,]*+\]|\{\{?+ ?(?=[^\W\d_])[^\[\]{}\"'\n:,]*+\}\}?+")
_FENCE_BEFORE = re.compile(r"(?:```|~~~|`)[\w+-]*\s*\Z")
_FENCES = re.compile(r"```+[ \t]*[\w+-]*|~~~+[ \t]*[\w+-]*|`")


def find_candidates(text: str) -> Found:
    """Raises Unreadable where the answer holds a broken value, or pieces of one around a whole."""
    candidates: list[Candidate] = []
    between: list[str] = []
    at = last = 0
    while opening := _OPEN.search(text, at):
        start = opening.start()
        mark = _MARK.match(text, start)
        if mark is not None and mark[0] not in ("[true]", "[false]", "[null]", "[True]", "[False]", "[None]"):
            between.append(text[last:start])
            last = at = mark.end()
            continue
        if len(candidates) == MOST_CANDIDATES:
            raise Unreadable("ambiguous", f"the text holds more than {MOST_CANDIDATES} values", start, "$")
        reading = read_mended(text, start)
        between.append(text[last:start])
        _must_stand_alone(text, start, reading.end)
        fenced = _FENCE_BEFORE.search(text, max(0, start - 40), start) is not None
        candidates.append(Candidate(reading, start, fenced))
        last = at = reading.end
    stray = _stray(text, last, candidates)
    between.append(text[last:] if not stray else "")
    for piece in between:
        if "]" in piece or "}" in piece:
            raise Unreadable("invalid", "a closing bracket stands without its opening one", len(text), "$")
    if not candidates:
        return Found((), _bare(text), "")
    before, after = text[: candidates[0].start], "" if stray else text[candidates[-1].reading.end :]
    found = Found(tuple(candidates), _bare(before), _bare(after), stray=stray)
    return msgspec.structs.replace(
        found,
        has_prose=bool(found.before or found.after) or any(_bare(piece) for piece in between[1:-1]),
        fences=any(_FENCES.search(piece) for piece in between),
    )


def _stray(text: str, end: int, candidates: list[Candidate]) -> str:
    """What belongs to nothing behind the only value, where the answer begins with that and ends there."""
    rest = _bare(text[end : end + _LONGEST_REST])
    alone = len(candidates) == 1 and len(text) - end < _LONGEST_REST and not _bare(text[: candidates[0].start])
    return rest if alone and rest in _STRAYS and candidates[0].is_object else ""


_STRAYS = ("}", ",")
_LONGEST_REST = 100


def _must_stand_alone(text: str, start: int, end: int) -> None:
    """A value with a comma, colon, quote or number against it is a piece of something else, but for the comma of a
    sentence.
    """
    before = text[max(0, start - 40) : start].rstrip()
    after = text[end : end + 40].lstrip()
    follows = after.startswith((",", ":", '"', "'", "\\", "=", "%")) and not _SENTENCE_GOES_ON.match(after)
    ends = after.startswith(",") and not _bare(text[end : end + _LONGEST_REST]).strip(",")
    precedes = before.endswith((",", '"', "'", "\\", '":', "':")) and not _SENTENCE_BEFORE.search(before)
    if precedes or (follows and not ends):
        raise Unreadable("invalid", "what stands around a value makes it a part of another one", end, "$")


_SENTENCE_BEFORE = re.compile(r"(?<![^\W_])(?!(?:true|false|null),\Z)[^\W\d_]{2,},\Z")
_SENTENCE_GOES_ON = re.compile(r",\s++(?!(?:true|false|null)\b)[^\W\d_]{2,}\b(?![\"'\s]*+:)")


def _bare(text: str) -> str:
    return _FENCES.sub("", text).strip("\ufeff\u200b\u2060 \t\r\n\f\v\u00a0")


def unfenced(text: str) -> str | None:
    """What stands in the fence that is the whole of a text; None where it is not one fence."""
    stripped = text.strip()
    fence = re.fullmatch(r"(`{3,}|~{3,})[ \t]*[\w+-]*\s*(.*?)\s*\1", stripped, re.DOTALL)
    return None if fence is None else fence[2]
