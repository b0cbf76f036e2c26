"""Checks on the form of a text: its first letter, and how many words, characters and sentences it has."""

from __future__ import annotations

import re
from itertools import islice
from typing import Annotated

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed
from seatrial.checks.sentences import sentence_spans
from seatrial.core.verdict import Verdict

Count = Annotated[int, msgspec.Meta(ge=0)]

_CHARACTER_WORDS = (
    "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303b\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
"""Chinese characters and Japanese kana, as the inside of a character class."""

_CHARACTER_WORD = re.compile(f"[{_CHARACTER_WORDS}]")
_MIXED_WORD = re.compile(
    rf"[{_CHARACTER_WORDS}]|(?<!\S)[^\s{_CHARACTER_WORDS}]++(?!\S)|[^\W{_CHARACTER_WORDS}][^\s{_CHARACTER_WORDS}]*"
)
"""A character, what stands alone between white space, or a run with a letter or digit beside characters."""

_SPACED_WORD = re.compile(r"\S+")


@builtin(
    "starts-lowercase",
    example=Example(
        "starts-lowercase", passes=["hey there", "“oh, hi”", "你好", "👍"], fails=["Hey there", "**Sure**", ""]
    ),
)
def starts_lowercase(text: str) -> Verdict:
    """The first letter of the answer is lower case.

    White space, digits, punctuation and emoji before it are passed over. A first letter from a script without case
    passes, and so does an answer without letters, unless it is empty.
    """
    index = next((index for index, character in enumerate(text) if character.isalpha()), None)
    if index is None:
        return passed("has no letter") if text.strip() else failed("is empty")
    character, span = text[index], [(index, index + 1)]
    if character.islower():
        return passed(f"starts with the lower-case {character!r}", spans=span)
    if character.lower() != character or character.isupper():
        return failed(f"starts with the upper-case {character!r}", spans=span)
    return passed(f"starts with {character!r}, whose script has no case", spans=span)


@builtin("max-words", example=Example("max-words: 3", passes=["one two three", ""], fails=["one two three four"]))
def max_words(
    text: str, *, limit: Annotated[int, msgspec.Meta(description="the most words the answer may have", ge=0)]
) -> Verdict:
    """The answer has at most so many words.

    A word is what stands between white space; a Chinese or Japanese character is a word of its own.
    """
    words = _count_words(text)
    if words <= limit:
        return passed(_counted(words, "word"))
    return failed(f"{_counted(words, 'word')}, at most {limit} allowed", spans=[_after_words(text, limit)])


@builtin("min-words", example=Example("min-words: 3", passes=["one two three"], fails=["one two", ""]))
def min_words(
    text: str, *, limit: Annotated[int, msgspec.Meta(description="the fewest words the answer may have", ge=0)]
) -> Verdict:
    """The answer has at least so many words.

    A word is what stands between white space; a Chinese or Japanese character is a word of its own.
    """
    words = _count_words(text)
    if words >= limit:
        return passed(_counted(words, "word"))
    return failed(f"{_counted(words, 'word')}, at least {limit} wanted")


@builtin("max-chars", example=Example("max-chars: 5", passes=["hello", ""], fails=["hello!"]))
def max_chars(
    text: str, *, limit: Annotated[int, msgspec.Meta(description="the most characters the answer may have", ge=0)]
) -> Verdict:
    """The answer has at most so many characters, counted as Unicode code points."""
    if len(text) <= limit:
        return passed(_counted(len(text), "character"))
    return failed(f"{_counted(len(text), 'character')}, at most {limit} allowed", spans=[(limit, len(text))])


@builtin(
    "sentence-count",
    example=Example(
        "sentence-count: {min: 1, max: 2}",
        passes=["Dr. Ada paid $3.50, e.g. for tea. fine", "ok"],
        fails=["One. Two! Three?", ""],
    ),
)
def sentence_count(
    text: str,
    *,
    exactly: Annotated[Count | None, msgspec.Meta(description="how many sentences the answer has")] = None,
    min: Annotated[Count | None, msgspec.Meta(description="the fewest sentences it may have")] = None,  # noqa: A002
    max: Annotated[Count | None, msgspec.Meta(description="the most sentences it may have")] = None,  # noqa: A002
) -> Verdict:
    """The answer has the number of sentences given, exactly or from min to max.

    A sentence ends at a terminator with white space behind it and at a line break; the full stops of English
    abbreviations, numbers, list numbers and addresses end none, and code in fences is not counted.
    """
    least = exactly if exactly is not None else min
    most = exactly if exactly is not None else max
    spans = sentence_spans(text)
    count = _counted(len(spans), "sentence")
    if least is not None and len(spans) < least:
        return failed(f"{count}, {_wanted(exactly, f'at least {least} wanted')}")
    if most is not None and len(spans) > most:
        reason = f"{count}, {_wanted(exactly, f'at most {most} allowed')}"
        return failed(reason, spans=[(spans[most][0], spans[-1][1])])
    return passed(count)


def _wanted(exactly: int | None, otherwise: str) -> str:
    return otherwise if exactly is None else f"exactly {exactly} wanted"


def _count_words(text: str) -> int:
    if text.isascii() or _CHARACTER_WORD.search(text) is None:
        return len(text.split())
    return sum(1 for _ in _MIXED_WORD.finditer(text))


def _after_words(text: str, limit: int) -> tuple[int, int]:
    """From the first word beyond the limit to the end of the last."""
    word = _SPACED_WORD if text.isascii() or _CHARACTER_WORD.search(text) is None else _MIXED_WORD
    first = next(islice(word.finditer(text), limit, None))
    return first.start(), len(text.rstrip())


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
