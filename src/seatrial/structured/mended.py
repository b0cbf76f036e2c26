"""Reads one object or array that is nearly JSON, and names all that it had to mend.

Decided here: nothing is mended that a single lost or stray character could have made out of other JSON, unless both
readings give the same value. So a raw line break in a string is mended where there are two of them and refused where
there is one, and the comma at the end of `[1,2,]` is refused, since a digit may have stood behind it, while the layout
of `[1, 2,]` shows that none did. A number is what RFC 8259 calls one; a missing comma, colon, quote or bracket is
never put in. One pass, no recursion, at most MAX_DEPTH deep.
"""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from seatrial.core.parsed import Outcome, Repair
from seatrial.structured.jsontext import MAX_DEPTH, same_json
from seatrial.structured.schema import step_of


class Unreadable(Exception):
    """The text is no value from here on; `at` is the code point where reading stopped."""

    def __init__(self, outcome: Outcome, reason: str, at: int, path: str) -> None:
        super().__init__(reason)
        self.outcome, self.at, self.path = outcome, at, path

    def __str__(self) -> str:
        return f"{self.path}: {self.args[0]}, at character {self.at + 1}"


class Reading(msgspec.Struct, frozen=True):
    """A value, where it ends, and what was mended. `doubles` is a path whose key stands there with two values;
    `lost` are the arrays whose last element may have been lost before a trailing comma.
    """

    value: Any
    end: int
    repairs: tuple[Repair, ...]
    doubles: str | None
    lost: tuple[list[Any], ...]


class _Open:
    """A container that is not closed yet."""

    def __init__(self, container: dict[str, Any] | list[Any], path: str) -> None:
        self.container = container
        self.path = path
        self.key = ""
        self.comma: int | None = None
        self.gap = ""


_SPACE = re.compile(r"[\s\ufeff\u200b\u2060]*+")
_ODD_SPACE = re.compile(r"[^ \t\r\n]")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?")
_WORD = re.compile(r"[^\W\d][\w$]*+")
_AFTER_VALUE = re.compile(r"[\s,\]}/#\ufeff\u200b\u2060]|\Z")
_LITERALS = {"true": True, "false": False, "null": None}
_PYTHON = {"True": True, "False": False, "None": None}
_CLOSERS = {'"': '"', "'": "'", "“": "”“", "”": "”“", "„": "”“", "‘": "’", "’": "’"}
_QUOTE_NAMES = {"'": "single-quotes", **dict.fromkeys("“”„‘’", "smart-quotes")}
_STRICT = re.compile(r'"[^"\\\x00-\x1f]*+"')
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_PATH = re.compile(r"[A-Za-z]:(?:\\[^\\\s\"/bfnrtu][^\\\s\"/bfnrtu][^\\\s]*)+")
_LONGEST_NUMBER = 400


def read_mended(text: str, start: int) -> Reading:
    """The object or array that opens at `start`. Raises Unreadable."""
    return _Reader(text, start).read()


class _Reader:
    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.at = start
        self.stack: list[_Open] = []
        self.repairs: dict[tuple[str, str], Repair] = {}
        self.doubles: str | None = None
        self.lost: list[list[Any]] = []
        self.breaks = 0
        self.slashes: list[tuple[int, str]] = []
        self.done: Any = None

    def read(self) -> Reading:
        self.open("$")
        while self.stack:
            frame = self.stack[-1]
            if isinstance(frame.container, dict):
                self.member(frame, frame.container)
            else:
                self.element(frame, frame.container)
        if self.breaks == 1:
            raise self.no("a line break or tab stands raw in a string, where a stray one could stand too")
        if self.stray_slashes():
            raise self.no("a backslash stands in a string before a character that it does not escape")
        return Reading(self.done, self.at, tuple(self.repairs.values()), self.doubles, tuple(self.lost))

    def stray_slashes(self) -> bool:
        """Whether one stray or lost character explains the backslashes that escape nothing: it makes one of a good
        escape, and two, a character apart, of an escaped backslash.
        """
        if len(self.slashes) == 1:
            return _PATH.fullmatch(self.slashes[0][1]) is None
        return len(self.slashes) == 2 and self.slashes[1][0] - self.slashes[0][0] == 2

    def no(self, reason: str, outcome: Outcome = "invalid") -> Unreadable:
        return Unreadable(outcome, reason, min(self.at, len(self.text)), self.stack[-1].path if self.stack else "$")

    def cut(self, inside: str) -> Unreadable:
        self.at = len(self.text)
        return self.no(f"the text ends inside {inside}", "truncated")

    def mend(self, name: str, path: str, detail: str = "") -> None:
        self.repairs.setdefault((name, path), Repair(name, path, detail[:80]))

    def open(self, path: str) -> None:
        if len(self.stack) == MAX_DEPTH:
            raise self.no(f"nested more than {MAX_DEPTH} deep")
        container: dict[str, Any] | list[Any] = {} if self.text[self.at] == "{" else []
        self.at += 1
        if self.stack:
            self.put(self.stack[-1], container)
        else:
            self.done = container
        self.stack.append(_Open(container, path))

    def put(self, frame: _Open, value: Any) -> None:
        if isinstance(frame.container, dict):
            frame.container[frame.key] = value
        else:
            frame.container.append(value)

    def close(self, frame: _Open) -> None:
        """Duplicate keys are compared here, when both values are whole."""
        self.at += 1
        self.stack.pop()
        if isinstance(frame.container, dict):
            for key in [key for key in frame.container if isinstance(key, _Twin)]:
                twin = frame.container.pop(key)
                if not same_json(twin, frame.container[key.name]):
                    self.doubles = self.doubles or frame.path + step_of(key.name)

    # Between tokens

    def skip(self, path: str) -> str:
        """Moves on to the next token; gives the white space up to there."""
        begun = self.at
        while True:
            space = _SPACE.match(self.text, self.at)
            assert space is not None  # it matches nothing, too
            if _ODD_SPACE.search(space[0]):
                self.mend("white-space", path)
            self.at = space.end()
            if self.text.startswith(("//", "/*", "#"), self.at):
                self.comment(path)
            else:
                return self.text[begun : self.at]

    def comment(self, path: str) -> None:
        block = self.text.startswith("/*", self.at)
        marks = 1 if self.text[self.at] == "#" else 2
        end = self.text.find("*/" if block else "\n", self.at + marks)
        if end < 0:
            raise self.cut("a comment")
        said = self.text[self.at + marks : end]
        if _may_be_text(said, lines=not block and marks == 2):
            raise self.no("what looks like a comment may be part of a text")
        if said.strip() and not _has_words(said):
            raise self.no("a value stands where a comment would")
        if _LEAVES_OUT.search(said):
            raise self.no("a comment says that something is left out")
        self.mend("comment", path, said.strip())
        self.at = end + 2 if block else end

    def separated(self, frame: _Open, closer: str) -> bool:
        """Moves behind the comma or the closing bracket; False when the container is closed."""
        gap = self.skip(frame.path)
        here = self.here("an array" if closer == "]" else "an object")
        if here == closer:
            if frame.comma is not None and self.text[frame.comma] == ",":
                self.trailing(frame, gap)
            self.close(frame)
            return False
        return True

    def here(self, inside: str) -> str:
        if self.at >= len(self.text):
            raise self.cut(inside)
        return self.text[self.at]

    def trailing(self, frame: _Open, gap: str) -> None:
        if isinstance(frame.container, list) and (not frame.gap or gap.startswith(frame.gap)):
            self.lost.append(frame.container)
        self.mend("trailing-comma", frame.path)

    def comma(self, frame: _Open, closer: str) -> bool:
        """After a value: False when that closed the container."""
        self.skip(frame.path)
        here = self.here("an array" if closer == "]" else "an object")
        if here == closer:
            self.close(frame)
            return False
        if here != ",":
            raise self.no(f"expected , or {closer}, got {_shown(self.text, self.at)}")
        frame.comma = self.at
        self.at += 1
        return True

    # Containers

    def element(self, frame: _Open, array: list[Any]) -> None:
        if array and not self.comma(frame, "]"):
            return
        begun = self.at
        if not self.separated(frame, "]"):
            return
        gap = self.text[begun : self.at]
        if not array or len(array) == 1:
            frame.gap = gap
        self.value(frame, frame.path + step_of(len(array)))

    def member(self, frame: _Open, members: dict[str, Any]) -> None:
        if members and not self.comma(frame, "}"):
            return
        if not self.separated(frame, "}"):
            return
        key = self.key(frame)
        self.skip(frame.path)
        if self.here("an object") != ":":
            raise self.no(f"expected : after a key, got {_shown(self.text, self.at)}")
        self.at += 1
        path = frame.path + step_of(key)
        self.skip(path)
        if key in members:
            members[_Twin(key)] = members.pop(key)
        frame.key = key
        self.value(frame, path)

    def key(self, frame: _Open) -> str:
        if self.text[self.at] in _CLOSERS:
            return self.string(frame.path, ":")
        word = _WORD.match(self.text, self.at)
        if word is None:
            raise self.no(f"expected a key, got {_shown(self.text, self.at)}")
        self.at = word.end()
        self.here("a key")
        self.mend("unquoted-key", frame.path, word[0])
        return word[0]

    def value(self, frame: _Open, path: str) -> None:
        here = self.here("an object or array")
        if here in "{[":
            self.open(path)
        elif here in _CLOSERS:
            self.put(frame, self.string(path, ",]" if isinstance(frame.container, list) else ",}"))
        else:
            self.put(frame, self.scalar(path))

    # Scalars

    def scalar(self, path: str) -> Any:
        number = _NUMBER.match(self.text, self.at)
        if number is not None:
            return self.number(number)
        word = _WORD.match(self.text, self.at)
        if word is not None:
            if word[0] in _LITERALS or word[0] in _PYTHON:
                self.ended(word.end())
                if word[0] in _PYTHON:
                    self.mend("python-literal", path, word[0])
                return (_LITERALS if word[0] in _LITERALS else _PYTHON)[word[0]]
            if word.end() == len(self.text) and any(
                each.startswith(word[0]) for each in (*_LITERALS, *_PYTHON, "NaN", "Infinity", "undefined")
            ):
                raise self.cut("a literal")
        if self.at == len(self.text) - 1 and self.text[self.at] == "-":
            raise self.cut("a number")
        raise self.no(f"expected a value, got {_shown(self.text, self.at)}")

    def number(self, number: re.Match[str]) -> Any:
        end = number.end()
        if re.compile(r"\.?(?:[eE][-+]?)?\Z").match(self.text, end):
            raise self.cut("a number")
        if end - self.at > _LONGEST_NUMBER:
            raise self.no("a number is too long")
        self.ended(end)
        try:
            value = msgspec.json.decode(number[0])
        except msgspec.DecodeError as error:
            raise self.no("a number is out of range") from error
        if isinstance(value, float) and not math.isfinite(value):
            raise self.no("a number is out of range")
        return value

    def ended(self, end: int) -> None:
        if not _AFTER_VALUE.match(self.text, end):
            raise self.no(f"expected a value, got {_shown(self.text, self.at)}")
        self.at = end

    # Strings

    def string(self, path: str, follow: str) -> str:
        plain = _STRICT.match(self.text, self.at)
        if plain is not None:
            self.at = plain.end()
            return plain[0][1:-1]
        opener = self.text[self.at]
        said = _String(self, opener, follow).read()
        if opener in _QUOTE_NAMES:
            self.mend(_QUOTE_NAMES[opener], path)
        if said.breaks:
            self.breaks += said.breaks
            self.mend("control-character", path)
        if said.bad:
            self.slashes.extend((at, said.raw()) for at in said.bad)
            self.mend("escape", path, said.raw())
        return said.value


class _Twin(str):
    """The key of an earlier member with the same name, never equal to any other key."""

    __slots__ = ("name",)

    def __new__(cls, name: str) -> _Twin:
        twin = super().__new__(cls, name)
        twin.name = name
        return twin

    name: str

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


class _String:
    """A string that is not plain: other quotes, escapes, raw control characters."""

    def __init__(self, reader: _Reader, opener: str, follow: str) -> None:
        self.reader = reader
        self.text = reader.text
        self.start = reader.at
        self.opener = opener
        self.closers = _CLOSERS[opener]
        self.follow = follow
        self.chunk = re.compile(rf"[^{re.escape(self.closers)}\\\x00-\x1f]++")
        self.pieces: list[str] = []
        self.breaks = self.good = 0
        self.bad: list[int] = []
        self.value = ""

    def raw(self) -> str:
        return self.text[self.start + 1 : self.reader.at - 1]

    def read(self) -> _String:
        at = self.start + 1
        while True:
            chunk = self.chunk.match(self.text, at)
            if chunk is not None:
                self.pieces.append(chunk[0])
                at = chunk.end()
            if at >= len(self.text):
                raise self.reader.cut("a string")
            here = self.text[at]
            if here in self.closers:
                if self.closes(at):
                    break
                self.pieces.append(here)
                at += 1
            elif here == "\\":
                at = self.escape(at)
            else:
                width = 2 if self.text.startswith("\r\n", at) else 1
                self.pieces.append(self.text[at : at + width])
                self.breaks += 1
                at += width
        self.reader.at = at + 1
        if self.bad and self.good:
            raise self.reader.no("a string has backslashes that escape and others that do not")
        self.value = "".join(self.pieces)
        if self.opener in "“”„‘’" and '"' in self.value:
            raise self.reader.no("a string in smart quotes holds a straight one")
        try:
            self.value.encode()
        except UnicodeEncodeError as error:
            raise self.reader.no("a string holds half of a surrogate pair") from error
        return self

    def closes(self, at: int) -> bool:
        """Whether a quote ends the string: what follows it says so, where it may be an apostrophe."""
        if self.opener == '"':
            return True
        before, after = self.text[at - 1], self.text[at + 1 : at + 2]
        if self.opener in "'‘’" and before.isalnum() and after.isalnum():
            return False
        space = _SPACE.match(self.text, at + 1)
        assert space is not None
        follows = self.text[space.end() : space.end() + 1]
        if follows and follows not in self.follow:
            self.reader.at = at
            raise self.reader.no("a quote inside a string does not tell whether it ends it")
        return True

    def escape(self, at: int) -> int:
        after = self.text[at + 1 : at + 2]
        if not after:
            raise self.reader.cut("an escape")
        if after == "'" and self.opener == "'":
            self.pieces.append("'")
            return at + 2
        if after in _ESCAPES:
            self.pieces.append(_ESCAPES[after])
            self.good += 1
            return at + 2
        if after == "u":
            return self.unicode(at)
        self.bad.append(at)
        self.pieces.append("'" if after == "'" else "\\" + after)
        return at + 2 if after.isprintable() else at + 1

    def unicode(self, at: int) -> int:
        digits = _HEX.match(self.text, at + 2)
        if digits is None:
            if len(self.text) < at + 6 and re.fullmatch(r"[0-9a-fA-F]*", self.text[at + 2 :]):
                raise self.reader.cut("an escape")
            self.reader.at = at
            raise self.reader.no("\\u stands without its four digits")
        self.good += 1
        code = int(digits[0], 16)
        low = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})").match(self.text, at + 6)
        if 0xD800 <= code < 0xDC00 and low is not None:
            self.pieces.append(chr(0x10000 + ((code - 0xD800) << 10) + int(low[1], 16) - 0xDC00))
            return at + 12
        self.pieces.append(chr(code))
        return at + 6


# Words in a comment that stand for elements which are not there.
_LEAVES_OUT = re.compile(
    r"\.\.\.|…|\b(?:etc|omitted|truncated|abbreviated|remaining|and so on|rest of|\d+ more|more (?:items|rows))\b",
    re.IGNORECASE,
)


def _may_be_text(said: str, lines: bool) -> bool:
    """Whether a comment may be the rest of a string that lost its quote or its escape. From the inside of a string to
    the end of its line stands an odd number of quotes, unless some are escaped.
    """
    if '"' not in said:
        return False
    return not lines or "\\" in said or said.count('"') % 2 == 1


def _has_words(said: str) -> bool:
    return any(word not in _LITERALS for word in re.findall(r"[^\W\d_]{2,}", said))


def _shown(text: str, at: int) -> str:
    return repr(text[at : at + 20]) if at < len(text) else "the end"
