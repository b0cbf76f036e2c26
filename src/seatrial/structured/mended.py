"""Reads one object or array that is nearly JSON, and names all that it had to mend.

Decided here: nothing is mended that a single lost or stray character could have made out of other JSON, unless both
readings give the same value. So the comma at the end of `[1,2,]` is refused, since a digit may have stood behind it,
while the layout of `[1, 2,]` shows that none did; and a comma is put between members, containers, and strings on lines
of their own, and not in `[1 2]`, which may have been `[12]`. Brackets are never put in. One pass, no recursion, at
most MAX_DEPTH deep. `strings` and `scalars` say what they mend.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from seatrial.core.parsed import Repair
from seatrial.structured.cursor import Cursor, Unreadable
from seatrial.structured.jsontext import MAX_DEPTH, path_of, same_json
from seatrial.structured.scalars import WORD, read_scalar
from seatrial.structured.strings import CLOSERS, read_string

__all__ = ["Reading", "Unreadable", "read_mended"]


class Reading(msgspec.Struct, frozen=True):
    """A value, where it ends, and what was mended. `doubles` is a path whose key stands there with two values;
    `lost` are the arrays whose last element may have been lost before a trailing comma.
    """

    value: Any
    end: int
    repairs: tuple[Repair, ...]
    doubles: str | None
    lost: tuple[list[Any], ...]


def read_mended(text: str, start: int) -> Reading:
    """The value that begins at `start`. Raises Unreadable."""
    return _Reader(text, start).read()


_DOUBLED = re.compile(r"\{\{\s*+(?:[\"'“\w]|\}\})")
_MEMBER = re.compile(r"(?:\"(?:[^\"\\\x00-\x1f]|\\.){0,200}+\"|'[^'\\\x00-\x1f]{0,200}+')\s*+:")
_PATH = re.compile(r"[A-Za-z]:(?:\\[^\\\s\"/bfnrtu][^\\\s\"/bfnrtu][^\\\s]*)+")


class _Open:
    """A container that is not closed yet; `braces` is how often each of its own stands there."""

    def __init__(self, container: dict[str, Any] | list[Any], braces: int) -> None:
        self.container = container
        self.braces = braces
        is_object = isinstance(container, dict)
        self.closer = "}" * braces if is_object else "]"
        self.inside = "an object" if is_object else "an array"
        self.key = ""
        self.comma = False
        self.gap = ""


class _Reader:
    def __init__(self, text: str, start: int) -> None:
        self.text = text
        self.cursor = Cursor(text, start)
        self.stack: list[_Open] = []
        self.doubles: str | None = None
        self.lost: list[list[Any]] = []
        self.done: Any = None

    def read(self) -> Reading:
        if self.text[self.cursor.at] in "[{":
            self.open()
        else:
            self.done = self.plain("")
        while self.stack:
            frame = self.stack[-1]
            if isinstance(frame.container, dict):
                self.member(frame, frame.container)
            else:
                self.element(frame, frame.container)
        if self.cursor.breaks == 1:
            raise self.cursor.no("a line break or tab stands raw in a string, where a stray one could stand too")
        if self.stray_slashes():
            raise self.cursor.no("a backslash stands in a string before a character that it does not escape")
        if len(self.cursor.slips) > 1 and set(self.cursor.slips) != {"missing-comma"}:
            raise self.cursor.no(f"several marks are lost or stray: {', '.join(self.cursor.slips[:5])}")
        return Reading(self.done, self.cursor.at, self.cursor.repairs, self.doubles, tuple(self.lost))

    def stray_slashes(self) -> bool:
        """Whether one stray or lost character explains the backslashes that escape nothing: it makes one of a good
        escape, and two, a character apart, of an escaped backslash.
        """
        slashes = self.cursor.slashes
        if len(slashes) == 1:
            return _PATH.fullmatch(slashes[0][1]) is None
        return len(slashes) == 2 and slashes[1][0] - slashes[0][0] == 2

    # Containers

    def open(self) -> None:
        if len(self.stack) == MAX_DEPTH:
            raise self.cursor.no(f"nested more than {MAX_DEPTH} deep")
        container: dict[str, Any] | list[Any] = {} if self.text[self.cursor.at] == "{" else []
        braces = 2 if self.is_doubled() else 1
        if braces == 2:
            self.cursor.mend("doubled-braces", whole=True)
        self.cursor.at += braces
        if self.stack:
            self.put(self.stack[-1], container)
        else:
            self.done = container
        self.stack.append(_Open(container, braces))

    def is_doubled(self) -> bool:
        """Whether braces stand doubled, as in a template; at the root, or inside of such."""
        may = not self.stack or self.stack[0].braces == 2
        return may and _DOUBLED.match(self.text, self.cursor.at) is not None

    def put(self, frame: _Open, value: Any) -> None:
        if isinstance(frame.container, dict):
            frame.container[frame.key] = value
        else:
            frame.container.append(value)

    def close(self, frame: _Open) -> None:
        """Duplicate keys are compared here, when both values are whole."""
        self.cursor.at += len(frame.closer)
        self.stack.pop()
        if isinstance(frame.container, dict):
            for key in [key for key in frame.container if isinstance(key, _Twin)]:
                twin = frame.container.pop(key)
                if not same_json(twin, frame.container[key.name]):
                    self.doubles = self.doubles or path_of([*self.cursor.parts, key.name])
        if self.stack:
            self.cursor.parts.pop()

    def closes(self, frame: _Open) -> bool:
        """Whether the closing bracket stands here; of doubled braces both."""
        if self.cursor.here(frame.inside) != frame.closer[0]:
            return False
        if not self.text.startswith(frame.closer, self.cursor.at):
            raise self.cursor.cut("an object") if self.cursor.at + 1 == len(self.text) else self.cursor.unexpected("}}")
        return True

    # Between the parts

    def ended(self, frame: _Open) -> bool:
        """After a value: whether its container is closed, else moves behind the comma."""
        if self.text.startswith(",", self.cursor.at):
            self.cursor.at += 1
            frame.comma = True
            return False
        gap = self.cursor.skip()
        if self.closes(frame):
            self.close(frame)
            return True
        frame.comma = self.cursor.here(frame.inside) == ","
        if frame.comma:
            self.cursor.at += 1
        elif self.lacks_comma(frame, gap):
            self.cursor.slip("missing-comma")
        else:
            raise self.cursor.unexpected(f", or {frame.closer}")
        return False

    def lacks_comma(self, frame: _Open, gap: str) -> bool:
        """Whether the next part begins here, so that only the comma between is missing."""
        if isinstance(frame.container, dict):
            return _MEMBER.match(self.text, self.cursor.at) is not None
        here = self.text[self.cursor.at]
        if here in "{[":
            return isinstance(frame.container[-1], dict | list)
        return here == '"' and isinstance(frame.container[-1], str) and "\n" in gap

    def part_follows(self, frame: _Open) -> bool:
        """Before a part: False where its container is closed instead, maybe behind a comma."""
        gap = self.cursor.skip()
        if not self.closes(frame):
            return True
        if frame.comma:
            if isinstance(frame.container, list) and (not frame.gap or gap.startswith(frame.gap)):
                self.lost.append(frame.container)
            self.cursor.mend("trailing-comma")
        self.close(frame)
        return False

    # Parts

    def element(self, frame: _Open, array: list[Any]) -> None:
        if array and self.ended(frame):
            return
        begun = self.cursor.at
        if not self.part_follows(frame):
            return
        if len(array) < 2:
            frame.gap = self.text[begun : self.cursor.at]
        self.value(frame, len(array))

    def member(self, frame: _Open, members: dict[str, Any]) -> None:
        if members and self.ended(frame):
            return
        if not self.part_follows(frame):
            return
        self.skip_stray_commas(frame)
        quoted = self.text[self.cursor.at] in CLOSERS
        key = self.key(frame)
        self.cursor.skip()
        if self.cursor.here("an object") == ":":
            self.cursor.at += 1
        elif quoted and not self.closes(frame) and self.text[self.cursor.at] != ",":
            self.cursor.slip("missing-colon")
        else:
            raise self.cursor.unexpected(": after a key")
        if key in members:
            members[_Twin(key)] = members.pop(key)
        frame.key = key
        self.value(frame, key)

    def skip_stray_commas(self, frame: _Open) -> None:
        """Before a key there is nothing that a comma could end. In an array it may end a lost digit."""
        while self.cursor.here("an object") == ",":
            self.cursor.at += 1
            self.cursor.slip("stray-comma")
            self.cursor.skip()

    def key(self, frame: _Open) -> str:
        if self.cursor.here("an object") in CLOSERS:
            return read_string(self.cursor, ":")
        word = WORD.match(self.text, self.cursor.at)
        if word is None:
            raise self.cursor.unexpected("a key")
        self.cursor.at = word.end()
        self.cursor.here("a key")
        self.cursor.mend("unquoted-key", word[0])
        return word[0]

    def value(self, frame: _Open, part: str | int) -> None:
        self.cursor.parts.append(part)
        self.cursor.skip()
        if self.cursor.here("an object or array") in "{[":
            self.open()
            return
        self.put(frame, self.plain(",]" if isinstance(frame.container, list) else ",}"))
        self.cursor.parts.pop()

    def plain(self, follow: str) -> Any:
        """A string, number or literal."""
        if self.cursor.here("a value") in CLOSERS:
            return read_string(self.cursor, follow)
        return read_scalar(self.cursor)


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
