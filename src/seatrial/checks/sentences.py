"""Where the sentences of an answer stand.

After UAX #29 (Unicode text segmentation): a line break always ends a sentence, and so does a terminator with white
space behind it. Two departures for the chat this judges: a lower-case letter may start a sentence ("hey. whats up"), so
that abbreviations are told by a short list of English ones; and text in code fences is no prose. A piece without a
letter or digit (a trailing emoji) is part of the sentence before. A trained splitter was rejected: its verdicts cannot
be told in advance.
"""

from __future__ import annotations

import re

_BREAK = re.compile(
    r"(?P<line>[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+)"
    r"|(?P<mark>[.!?…‽؟۔।॥።။។｡。！？．]+)(?P<close>[\"'”’»)\]}*_」』）】》]*)"
)
_VISIBLE = re.compile(r"[^\W_]")
_FENCE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1|\Z)", re.MULTILINE | re.DOTALL)
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]\Z")

_SPACELESS = frozenset("。！？｡．")
"""Terminators of scripts that put no white space behind them."""

_PICTURES = "\u2600"
"""From here on stand symbols, emoji and the scripts without spaces: one of these may follow a terminator directly."""

_BEFORE_A_NAME = frozenset(
    "mr mrs ms mx dr prof st gen sen rep gov capt lt col sgt rev hon mt messrs vs eg ie cf viz approx ca".split()
)
_BEFORE_A_NUMBER = frozenset(
    "no nr fig figs vol ch sec art p pp ed eq jan feb mar apr jun jul aug sep sept oct nov dec".split()
)
_MAY_END = frozenset("etc inc ltd co corp jr sr al dept est ph.d a.m p.m b.c a.d".split())
_NEVER_END = frozenset(("e.g", "i.e"))
LONGEST_ABBREVIATION = 16


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The sentences of `text` in order, as (start, end) in code points, without the white space around them."""
    prose = _FENCE.sub(lambda fence: "\n" * len(fence[0]), text) if "```" in text or "~~~" in text else text
    spans: list[tuple[int, int]] = []
    start = line = 0
    for mark in _BREAK.finditer(prose):
        end = mark.end()
        if mark["line"] is None and not _ends_sentence(prose, line, mark):
            continue
        _add(spans, prose, start, end)
        start = end
        if mark["line"] is not None:
            line = end
    _add(spans, prose, start, len(prose))
    return spans


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    if _VISIBLE.search(text, start, end) is None:
        return
    piece = text[start:end]
    begin = start + len(piece) - len(piece.lstrip())
    spans.append((begin, begin + len(piece.strip())))


def _ends_sentence(text: str, line: int, mark: re.Match[str]) -> bool:
    """Whether a terminator ends a sentence that its line, starting at `line`, holds."""
    end, run = mark.end(), mark["mark"]
    after = text[end : end + 1]
    if not after or run[-1] in _SPACELESS:
        return True
    if not after.isspace() and after < _PICTURES:
        return False
    following = text[end : end + 4].lstrip()[:1]
    if following.islower() and (mark["close"] or "…" in run or ".." in run):
        return False  # "really?" he said; well... maybe
    return run != "." or not _abbreviates(text, line, mark.start(), following)


def _abbreviates(text: str, line: int, stop: int, following: str) -> bool:
    """Whether the full stop at `stop` belongs to the word before it."""
    words = text[max(line, stop - LONGEST_ABBREVIATION) : stop].split()
    if not words:
        return True
    word = words[-1].lstrip("([{\"'“‘*_«")
    if word.isdigit() and len(word) < 4 and text[line:stop].strip() == words[-1]:
        return True  # "1. Milk": the number of a list item
    name = word.lower()
    if name in _NEVER_END or name in _BEFORE_A_NAME:
        return True
    if name in _BEFORE_A_NUMBER:
        return following.isdigit()
    if name in _MAY_END:
        return not following.isupper() and following.isalnum()
    if _INITIALS.match(word):
        return following.isalnum()
    return len(word) == 1 and word.isupper() and word != "I" and following.isupper()
