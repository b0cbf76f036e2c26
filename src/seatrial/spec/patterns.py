"""Regular expressions from users, on RE2: linear time whatever the pattern and the text.

`re` cannot be interrupted, and the `regex` package with a timeout would make a verdict depend on how busy the machine
is. The price is that lookaround and back-references are refused, with the way around in the message.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2

from seatrial.core.errors import SpecError
from seatrial.spec.pattern_width import longest_match

MAX_PATTERN = 20_000

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


class Pattern:
    """A compiled pattern; `search` gives (start, end) in code points of the first match, or None. `longest` is the most
    code points a match can have, None where that has no bound.
    """

    __slots__ = ("_compiled", "longest", "text")

    def __init__(self, text: str) -> None:
        if len(text) > MAX_PATTERN:
            raise SpecError("the pattern is too long", expected=f"at most {MAX_PATTERN} characters", got=str(len(text)))
        self.text = text
        self.longest = longest_match(text)
        try:
            self._compiled: Any = re2.compile(text, _OPTIONS)
        except re2.error as error:
            raise SpecError(f"{text[:80]!r} is not a pattern: {_said(error)}", hint=_hint(text)) from error

    def search(self, text: str) -> tuple[int, int] | None:
        match = self._compiled.search(encodable(text))
        return match.span() if match else None

    def find_all(self, text: str) -> list[tuple[int, int]]:
        """Every match that is not empty. Of a pattern with a bound those that begin inside another too, so that what
        is found at a place does not depend on what stands far before it; of any other, matches side by side.
        """
        text = encodable(text)
        spans = [match.span() for match in self._compiled.finditer(text)]
        spans = [span for span in spans if span[0] < span[1]]
        if self.longest is None or not spans:
            return spans
        return sorted({found for span in spans for found in (span, *self._begun_inside(text, *span))})

    def _begun_inside(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Matches that begin after `start` and before `end`. The slice has one character more on either side, for
        patterns that look at it.
        """
        around = text[start : end + (self.longest or 0) + 1]
        begin = 1
        while begin < end - start:
            match = self._compiled.search(around, begin)
            if match is None or match.start() >= end - start:
                return
            if match.end() > match.start():
                yield start + match.start(), start + match.end()
            begin = match.start() + 1


def encodable(text: str) -> str:
    """Lone surrogates have no form in UTF-8, which RE2 reads; each becomes a question mark, so that places hold."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


@lru_cache(maxsize=1024)
def compile_pattern(text: str) -> Pattern:
    """`text` as a Pattern. Raises SpecError for what RE2 does not read."""
    return Pattern(text)


def _said(error: Exception) -> str:
    said = error.args[0] if error.args else error
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _hint(text: str) -> str:
    if any(mark in text for mark in ("(?=", "(?!", "(?<=", "(?<!")):
        return "RE2 has no lookaround: use two checks, and not-regex for what must be absent"
    if any(f"\\{digit}" in text for digit in "123456789"):
        return "RE2 has no back-references: a check in Python can compare the parts"
    return "the syntax is RE2's: https://github.com/google/re2/wiki/Syntax; quote patterns in YAML with '…'"
