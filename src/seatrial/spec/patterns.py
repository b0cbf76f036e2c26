"""Regular expressions from users, on RE2: linear time whatever the pattern and the text.

`re` cannot be interrupted, and the `regex` package with a timeout would make a verdict depend on how busy the machine
is. The price is that lookaround and back-references are refused, with the way around in the message.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from seatrial.core.errors import SpecError

MAX_PATTERN = 20_000

_OPTIONS = re2.Options()
_OPTIONS.log_errors = False


class Pattern:
    """A compiled pattern; `search` gives (start, end) in code points of the first match, or None."""

    __slots__ = ("_compiled", "text")

    def __init__(self, text: str) -> None:
        if len(text) > MAX_PATTERN:
            raise SpecError("the pattern is too long", expected=f"at most {MAX_PATTERN} characters", got=str(len(text)))
        self.text = text
        try:
            self._compiled: Any = re2.compile(text, _OPTIONS)
        except re2.error as error:
            raise SpecError(f"{text[:80]!r} is not a pattern: {_said(error)}", hint=_hint(text)) from error

    def search(self, text: str) -> tuple[int, int] | None:
        try:
            match = self._compiled.search(text)
        except UnicodeEncodeError:  # lone surrogates, which UTF-8 has no form for
            match = self._compiled.search(text.encode("utf-8", "replace").decode())
        return match.span() if match else None


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
