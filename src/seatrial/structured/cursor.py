"""Where the reading of a broken value stands in the text, and what had to be mended up to there."""

from __future__ import annotations

import re

from seatrial.core.parsed import Outcome, Repair
from seatrial.structured.jsontext import path_of


class Unreadable(Exception):
    """The text is no value from here on; `at` is the code point where reading stopped."""

    def __init__(self, outcome: Outcome, reason: str, at: int, path: str) -> None:
        super().__init__(reason)
        self.outcome, self.at, self.path = outcome, at, path

    def __str__(self) -> str:
        return f"{self.path}: {self.args[0]}, at character {self.at + 1}"


SPACE = re.compile(r"[\s\ufeff\u200b\u2060]*+")
_TOKEN = re.compile(r"[\"{}\[\]:,0-9]")
_ODD_SPACE = re.compile(r"[^ \t\r\n]")
MOST_REPAIRS = 1000
"""How many repairs of one answer are listed, and how long a key in their paths is: hostile texts have more."""
_LONGEST_STEP = 100
_LONGEST_DETAIL = 80


class Cursor:
    """A place in a text. `parts` are the keys and indexes that lead to the value it is in; `breaks` counts the control
    characters that stand raw in strings, `slashes` holds the place and the string of each backslash that escapes
    nothing, `slips` the repairs of lost and stray marks.
    """

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at
        self.parts: list[str | int] = []
        self.breaks = 0
        self.slashes: list[tuple[int, str]] = []
        self.slips: list[str] = []
        self._repairs: dict[tuple[str, str], Repair] = {}

    @property
    def repairs(self) -> tuple[Repair, ...]:
        return tuple(self._repairs.values())

    def mend(self, name: str, detail: str = "", *, whole: bool = False) -> None:
        """Notes a repair of the value here, or of the whole answer; each name once for a place."""
        if len(self._repairs) < MOST_REPAIRS:
            path = "$" if whole else self._path()
            self._repairs.setdefault((name, path), Repair(name, path, detail[:_LONGEST_DETAIL]))

    def slip(self, name: str) -> None:
        """Mends a lost or stray mark of the structure."""
        self.slips.append(name)
        self.mend(name)

    def _path(self) -> str:
        return path_of([part[:_LONGEST_STEP] if isinstance(part, str) else part for part in self.parts])

    def no(self, reason: str, outcome: Outcome = "invalid") -> Unreadable:
        return Unreadable(outcome, reason, min(self.at, len(self.text)), self._path())

    def cut(self, inside: str) -> Unreadable:
        self.at = len(self.text)
        return self.no(f"the text ends inside {inside}", "truncated")

    def unexpected(self, expected: str) -> Unreadable:
        got = repr(self.text[self.at : self.at + 20]) if self.at < len(self.text) else "the end"
        return self.no(f"expected {expected}, got {got}")

    def here(self, inside: str) -> str:
        """The next character. Raises Unreadable where the text ends inside something."""
        if self.at >= len(self.text):
            raise self.cut(inside)
        return self.text[self.at]

    def skip(self) -> str:
        """Moves on to the next token; gives the white space and comments up to there."""
        if _TOKEN.match(self.text, self.at):
            return ""
        begun = self.at
        while True:
            space = SPACE.match(self.text, self.at)
            assert space is not None  # it matches nothing, too
            if _ODD_SPACE.search(space[0]):
                self.mend("white-space")
            self.at = space.end()
            if not self.text.startswith(("//", "/*", "#"), self.at):
                return self.text[begun : self.at]
            self._comment()

    def _comment(self) -> None:
        block = self.text.startswith("/*", self.at)
        marks = 1 if self.text[self.at] == "#" else 2
        end = self.text.find("*/" if block else "\n", self.at + marks)
        if end < 0:
            raise self.cut("a comment")
        said = self.text[self.at + marks : end]
        if _may_be_text(said, lines=not block and marks == 2):
            raise self.no("what looks like a comment may be part of a text")
        if said.strip() and not has_words(said):
            raise self.no("a value stands where a comment would")
        if _LEAVES_OUT.search(said):
            raise self.no("a comment says that something is left out")
        self.mend("comment", said.strip())
        self.at = end + 2 if block else end


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


def has_words(said: str) -> bool:
    """Whether a text has a word that is no literal, so that it is no piece of a value."""
    return any(word not in ("true", "false", "null") for word in re.findall(r"[^\W\d_]{2,}", said))
