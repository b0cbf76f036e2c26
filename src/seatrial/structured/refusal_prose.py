"""Bring an answer into one plain spelling that patterns can be written for, and keep the way back to its offsets.

Lower case, contractions spelled out, typographic and invisible characters gone, one sentence a line; code, list markers
and quoted speech are left out because they are not the answer's own voice. Rejected: patterns over the raw text, where
every apostrophe, bold mark and "can't / cannot / cant" would have to stand in every pattern.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = ["HEAD_CHARS", "TAIL_CHARS", "Prose", "read_prose"]

HEAD_CHARS = 6000
"""Code points read from the start of an answer; a refusal nearly always opens as one."""

TAIL_CHARS = 1500
"""Code points read from the end of an answer longer than the head and the tail together."""


@dataclass(slots=True)
class Prose:
    """What an answer says in its own voice, and the way back to where it says it."""

    lines: str = ""
    starts: list[int] = field(default_factory=list)  # where each token begins in `lines`
    origins: list[tuple[int, int]] = field(default_factory=list)  # where each token stands in the answer
    sentence_starts: list[int] = field(default_factory=list)  # where each sentence begins in `lines`
    sentence_words: list[int] = field(default_factory=list)
    names: int = 0  # capitalised words and figures inside sentences: people, places, dates, amounts

    @property
    def words(self) -> int:
        return sum(self.sentence_words)

    def sentence_at(self, position: int) -> int:
        """The index of the sentence that holds `position` of `lines`."""
        return bisect_right(self.sentence_starts, position) - 1

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Where `lines[start:end]` stands in the answer, widened to whole words."""
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, end - 1) - 1
        return self.origins[first][0], self.origins[last][1]


def read_prose(text: str) -> Prose:
    """Read an answer; of one longer than HEAD_CHARS + TAIL_CHARS only head and tail, which bounds all later work."""
    prose = Prose()
    tail = max(HEAD_CHARS, len(text) - TAIL_CHARS)
    lines: list[str] = []
    at = 0
    for offset, window in ((0, text[:HEAD_CHARS]), (tail, text[tail:])):
        plain = _CODE.sub(_blank, window.translate(_APOSTROPHES))
        for sentence in _sentences(_own_voice(plain)):
            prose.sentence_starts.append(at)
            prose.sentence_words.append(sum(token.group() not in _MARKS for token in sentence))
            prose.names += sum(_names_something(token.group()) for token in sentence[1:])
            spelled = [_spelling(token.group()[:_MAX_WORD_CHARS]) for token in sentence]
            for word, token in zip(spelled, sentence, strict=True):
                prose.starts.append(at)
                prose.origins.append((offset + token.start(), offset + token.end()))
                at += len(word) + 1
            lines.append(" ".join(spelled))
    prose.lines = "\n".join(lines)
    return prose


_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\uff07\u00b4\u2032"), "'")
_TOKEN = re.compile(rf"\d+(?:[.,]\d+)+|[^\W_{_INVISIBLE}]+(?:['{_INVISIBLE}]{{1,3}}[^\W_{_INVISIBLE}]+)*|[.!?,;:\n]")
_MARKS = ",;:"
_CLOSERS = ".!?\n"
_MAX_WORD_CHARS = 40
_CODE = re.compile(r"```(?:[^`]|`(?!``))*(?:```|\Z)")
_QUOTATION = re.compile(r'["“][^"“”\n]{1,400}["”]')
_MOSTLY_QUOTED_WORDS = 6
_LIST_ITEM = re.compile(r"^[ \t]{0,8}(?:[-*•+]|\(?\d{1,2}[.):])[ \t]", re.MULTILINE)
_SPELLINGS = {
    "can't": "can not", "cannot": "can not", "cant": "can not", "won't": "will not", "wont": "will not",
    "i'm": "i am", "im": "i am", "let's": "let us", "lets": "let us", "gonna": "going to", "dont": "do not",
    "doesnt": "does not", "isnt": "is not", "didnt": "did not", "wouldnt": "would not", "shouldnt": "should not",
    "it's": "it is", "that's": "that is", "there's": "there is", "here's": "here is", "this's": "this is",
}  # fmt: skip
_ENDINGS = (("n't", " not"), ("'re", " are"), ("'ve", " have"), ("'ll", " will"), ("'d", " would"))


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _own_voice(window: str) -> str:
    """Blank list markers and quoted speech, keeping offsets; a text that is little but quotation keeps it."""
    plain = _LIST_ITEM.sub(_blank, window)
    unquoted = _QUOTATION.sub(_blank, plain)
    return unquoted if len(unquoted.split()) > _MOSTLY_QUOTED_WORDS else plain


def _sentences(window: str) -> Iterator[list[re.Match[str]]]:
    """The tokens of each sentence; full stops and line ends close one."""
    sentence: list[re.Match[str]] = []
    for match in _TOKEN.finditer(window + "\n"):
        if match.group() not in _CLOSERS:
            if sentence or match.group() not in _MARKS:
                sentence.append(match)
        elif sentence:
            yield sentence
            sentence = []


def _names_something(word: str) -> bool:
    return word[0].isdigit() or (word[0].isupper() and word not in ("I", "AI") and not word.startswith("I'"))


@lru_cache(maxsize=8192)
def _spelling(token: str) -> str:
    word = unicodedata.normalize("NFKC", token).lower()
    if not word.isascii():
        word = "".join(letter for letter in word if letter not in _INVISIBLE)
    if word in _SPELLINGS:
        return _SPELLINGS[word]
    for ending, full in _ENDINGS:
        if word.endswith(ending):
            return word.removesuffix(ending) + full
    return word
