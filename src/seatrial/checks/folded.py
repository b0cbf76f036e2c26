"""A text as bytes that scanners read: one byte for each code point, so that places in both are the same.

RE2 scans bytes several times as fast as the standard library scans text, and needs no map of offsets where every code
point is one byte. Digits of any script, dashes, spaces and full-width forms become their ASCII twins; letters that
may stand in an address become \\xff, all else (emoji, ideographs, lone surrogates) \\x80, which joins no word.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import re2

_LAST_LETTER = 0x058F
"""Latin, Greek, Cyrillic and Armenian end here. Scripts behind it are often written without spaces between words, so
that their letters may touch a number or an address without being part of it.
"""

_MANY = 32
"""From one byte beyond ASCII in so many on, the whole text is translated at once: 50 ns a character, against 1.5 µs a
run of them.
"""

_OPTIONS = re2.Options()
_OPTIONS.encoding = re2.Options.Encoding.LATIN1
_OPTIONS.log_errors = False


class _Table(dict[int, str]):
    """Code point to its byte, worked out when first met."""

    def __missing__(self, point: int) -> str:
        folded = self[point] = chr(_byte(chr(point)))
        return folded


def _byte(character: str) -> int:
    if character.isascii():
        return ord(character)
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return ord("0") + digit
    if 0xFF01 <= ord(character) <= 0xFF5E:
        return ord(character) - 0xFEE0
    category = unicodedata.category(character)
    if category == "Pd" or character == "\u2212":
        return ord("-")
    if category == "Zs":
        return ord(" ")
    if category[0] in "LM" and ord(character) <= _LAST_LETTER:
        return 0xFF
    return 0x80


_TABLE = _Table()


def _fold_run(error: UnicodeError) -> tuple[bytes, int]:
    """What the ASCII codec asks of a run of characters it cannot write."""
    assert isinstance(error, UnicodeEncodeError)
    return error.object[error.start : error.end].translate(_TABLE).encode("latin-1"), error.end


_FOLDED = "seatrial-folded"
codecs.register_error(_FOLDED, _fold_run)


def fold(text: str) -> bytes:
    """`text` in as many bytes as it has code points."""
    if text.isascii():
        return text.encode()
    if (len(text.encode("utf-8", "surrogatepass")) - len(text)) * _MANY > len(text):
        return text.translate(_TABLE).encode("latin-1")
    return text.encode("ascii", _FOLDED)


MOST_MARKS = 3
"""Underscores on a side of what Markdown emphasises: one, two, or both."""

_EMPHASIS = tuple(
    (
        b"_" * marks,
        re.compile(
            rb"(?<![A-Za-z0-9_\xff])_{%d}(?=[A-Za-z0-9+(\xff])|(?<=[A-Za-z0-9)\xff])_{%d}(?![A-Za-z0-9_\xff@])"
            % (marks, marks)
        ),
        b"'" * marks,
    )
    for marks in range(1, MOST_MARKS + 1)
)
"""For each number of underscores what they are replaced by: in texts full of them a function is called too often."""


def without_emphasis(folded: bytes) -> bytes:
    """Folded text with the underscores at the edges of words, which Markdown sets them in italics with, as quotation
    marks: `_` joins words for scanners, and those are not joined. Underscores inside words stay.
    """
    for marks, emphasis, quotes in _EMPHASIS:
        if marks not in folded:
            break
        folded = emphasis.sub(quotes, folded)
    return folded


def scanner(pattern: str) -> Any:
    """A pattern in RE2's syntax over folded text. Linear in what it reads, whatever the pattern."""
    return re2.compile(pattern.encode("latin-1"), _OPTIONS)


class Triggers:
    """Which of several patterns stand in a text at all, in one scan: most texts have none of what is looked for."""

    def __init__(self, patterns: list[str]) -> None:
        self._set = re2.Set.SearchSet(_OPTIONS)
        for pattern in patterns:
            self._set.Add(pattern.encode("latin-1"))
        self._set.Compile()

    def found(self, folded: bytes) -> list[int]:
        """The indexes of the patterns that match somewhere, in order."""
        return sorted(self._set.Match(folded) or ())


def every(pattern: Any, folded: bytes) -> Iterator[tuple[int, int]]:
    """(start, end) of the match at every place where one begins, inside an earlier one too: what is found at a place
    then does not depend on what was found far before it, as the law of hold-back asks.
    """
    match = pattern.search(folded)
    while match is not None:
        start, end = match.span()
        yield start, end
        match = pattern.search(folded, start + 1)


def every_group(pattern: Any, folded: bytes) -> Iterator[tuple[int, int]]:
    """The same, with the place of the pattern's first group."""
    match = pattern.search(folded)
    while match is not None:
        start, end = match.span(1)
        yield start, end
        match = pattern.search(folded, match.start() + 1)


def begun(pattern: Any, folded: bytes, word: frozenset[int]) -> Iterator[tuple[int, int]]:
    """The same for a pattern that begins with the byte before the match, `(?:^|[^…])`, where matches begin with a byte
    of `word`: the place is without that byte.
    """
    for start, end in every(pattern, folded):
        yield start + (folded[start] not in word), end


def last(pattern: Any, folded: bytes, end: int, reach: int) -> int:
    """Where the last match in the `reach` bytes before `end` ends, or -1."""
    place = -1
    for match in pattern.finditer(folded, max(0, end - reach), end):
        place = match.end()
    return place
