"""Where the sentences of an answer stand.

After UAX #29 (Unicode text segmentation): a line break always ends a sentence, and so does a terminator with white
space behind it. Two departures for the chat this judges: a lower-case letter may start a sentence ("hey. whats up"), so
that abbreviations are told by a short list of English ones; and text in code fences is no prose. A piece without a
letter or digit (a trailing emoji) is part of the sentence before. A trained splitter was rejected: its verdicts cannot
be told in advance.
"""

from __future__ import annotations

import re

_LINE_BREAKS = "\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
_BREAK = re.compile(rf"[.!?…‽؟۔।॥።။។｡。！？．{_LINE_BREAKS}]+")
_LINE_BREAK = re.compile(f"[{_LINE_BREAKS}]")
_CLOSERS = re.compile(r"[\"'”’»)\]}*_」』）】》]*")
_VISIBLE = re.compile(r"[^\W_]")
_FENCE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1|\Z)", re.MULTILINE | re.DOTALL)
_INITIALS = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]\Z")

_SPACELESS = frozenset("。！？｡．")
"""Terminators of scripts that put no white space behind them."""

_PICTURES = "\u2600"
"""From here on stand symbols, emoji and the scripts without spaces: one of these may follow a terminator directly."""

_BEFORE_A_WORD = re.compile(
    r"(?:e\.g|i\.e|eg|ie|vs|cf|viz|approx|ca|mrs?|ms|mx|dr|prof|st|gen|sen|rep|gov|capt|lt|col|sgt|rev|hon|mt|messrs)\Z"
)
_BEFORE_A_NUMBER = re.compile(
    r"(?:no|nr|figs?|vol|ch|sec|art|pp?|ed|eq|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\Z"
)
_ANYWHERE = re.compile(r"(?:etc|inc|ltd|co|corp|[js]r|al|dept|est|ph\.d|[ap]\.m|b\.c|a\.d)\Z")
"""These may end a sentence: they do before a capital."""

LONGEST_ABBREVIATION = 16


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """The sentences of `text` in order, as (start, end) in code points, without the white space around them."""
    prose = _FENCE.sub(lambda fence: "\n" * len(fence[0]), text) if "```" in text or "~~~" in text else text
    spans: list[tuple[int, int]] = []
    start = line = 0
    for run in _BREAK.finditer(prose):
        end = run.end()
        breaks_line = _LINE_BREAK.search(run[0]) is not None
        if not breaks_line:
            end = _end_of_closers(prose, end)
            if not _ends_sentence(prose, line, run, end):
                continue
        _add(spans, prose, start, end)
        start = end
        if breaks_line:
            line = end
    _add(spans, prose, start, len(prose))
    return spans


def _end_of_closers(text: str, start: int) -> int:
    closers = _CLOSERS.match(text, start)
    return closers.end() if closers else start


def _add(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    if _VISIBLE.search(text, start, end) is None:
        return
    piece = text[start:end]
    begin = start + len(piece) - len(piece.lstrip())
    spans.append((begin, begin + len(piece.strip())))


def _ends_sentence(text: str, line: int, run: re.Match[str], end: int) -> bool:
    """Whether a run of terminators, closed up to `end`, ends a sentence; its line starts at `line`."""
    marks = run[0]
    after = text[end : end + 1]
    if not after or marks[-1] in _SPACELESS:
        return True
    if not after.isspace() and after < _PICTURES:
        return False
    following = text[end : end + 4].lstrip()[:1]
    if following.islower() and (end > run.end() or "…" in marks or ".." in marks):
        return False  # "really?" he said; well... maybe
    return marks != "." or not _abbreviates(text, line, run.start(), following)


def _abbreviates(text: str, line: int, stop: int, following: str) -> bool:
    """Whether the full stop at `stop` belongs to the word before it."""
    words = text[max(line, stop - LONGEST_ABBREVIATION) : stop].split()
    if not words:
        return True
    word = words[-1].lstrip("([{\"'“‘*_«")
    if word.isdigit():
        opens_line = stop - line <= LONGEST_ABBREVIATION and text[line:stop].strip() == words[-1]
        return opens_line and len(word) < 4  # "1. Milk": the number of a list item
    name = word.lower()
    if _BEFORE_A_WORD.match(name):
        return True
    if _BEFORE_A_NUMBER.match(name):
        return following.isdigit()
    if _ANYWHERE.match(name):
        return following.isalnum() and not following.isupper()
    if _INITIALS.match(word):
        return following.isalnum()
    return len(word) == 1 and word.isupper() and word != "I" and following.isupper()
