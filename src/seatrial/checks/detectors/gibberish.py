"""The detector of letters that make no words.

How likely one letter follows another is counted over the small words of twenty languages and a thousand English ones
(a chain of order one, after Markov 1913): real words of most languages in Latin letters are likely enough, random
letters and mashed keys are not.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import cache
from itertools import pairwise
from typing import Annotated

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed, unscored
from seatrial.checks.detectors.languages import LATIN
from seatrial.checks.normal.views import normalise
from seatrial.checks.normal.vocabulary import WORDS
from seatrial.core.verdict import Verdict

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_BETWEEN_SPACES = re.compile(r"\S+")
_NO_WORD = re.compile(r"[\d_@/\\:=<>{}#$%&+~^|]")
"""What addresses, ids, hashes and versions have, which are not meant to be words."""

_WORD = re.compile(r"(?<![\w'’.-])[A-Za-z]{5,}(?![\w'’-])")
LONGEST_NAME = 6
"""Letters of a word in capitals that is taken for an abbreviation."""

ODD = -3.75
"""Mean log-probability of a letter after the one before, below which a word is odd."""

FEWEST = 8
"""Letters of odd words, at least, that a text must have to be called gibberish."""


@builtin(
    "gibberish",
    kind="detector",
    example=Example(
        "gibberish",
        passes=["The quick brown fox jumps over the lazy dog.", "Hvor skal vi mødes i morgen?"],
        fails=["xkqzv wpfjt bnmrq zzxcv", "asdfghjkl qwrtpsdf zxcvbnm"],
    ),
)
def gibberish(
    text: str,
    *,
    max_share: Annotated[
        float, msgspec.Meta(description="the share of letters that may stand in words that are none", ge=0, lt=1)
    ] = 0.4,
) -> Verdict:
    """The words of the text are made of letters as words are.

    Judged are words of five Latin letters and more; code, addresses, ids and abbreviations are passed over. Unscored
    when the text has no such word, as in other scripts. A misspelt word is no gibberish; the score is the share of
    letters in words that look like some.
    """
    plain = normalise(text)
    prose = _BETWEEN_SPACES.sub(_kept, _CODE.sub(_blank, plain.text))
    words = [match for match in _WORD.finditer(prose) if not (match[0].isupper() and len(match[0]) <= LONGEST_NAME)]
    if not words:
        return unscored("there is no word of five Latin letters to judge")
    odd = [match for match in words if likelihood(match[0]) < ODD]
    letters = sum(len(match[0]) for match in odd)
    share = letters / sum(len(match[0]) for match in words)
    if share <= max_share or letters < FEWEST:
        return passed(score=1 - share)
    spans = [(*plain.origin(*match.span()), "gibberish") for match in odd]
    return failed(
        f"{share:.0%} of its letters stand in words that are none", spans=spans, score=1 - share, label="gibberish"
    )


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _kept(match: re.Match[str]) -> str:
    return _blank(match) if _NO_WORD.search(match[0]) else match[0]


def likelihood(word: str) -> float:
    """The mean log-probability of each letter of a word after the one before; below 0, about -2.6 for words."""
    letters = f" {word.lower()} "
    return sum(map(_chain().__getitem__, pairwise(letters))) / (len(letters) - 1)


Pair = tuple[str, str]


class _Chain(dict[Pair, float]):
    """Log-probabilities of a letter after another; a pair that was never seen has a small one."""

    def __missing__(self, pair: Pair) -> float:
        return _UNSEEN


_SMOOTHED = 0.05
"""Times that each pair of letters is taken to be seen more than it was."""

_UNSEEN = math.log(_SMOOTHED / 60)


@cache
def _chain() -> _Chain:
    words = [
        *WORDS,
        *(normalise(word).text.lower() for text in LATIN.values() for word in text.split() if len(word) > 2),
    ]
    pairs = Counter(pair for word in words for pair in pairwise(f" {word} "))
    firsts = Counter[str]()
    for pair, times in pairs.items():
        firsts[pair[0]] += times
    return _Chain(
        {pair: math.log((times + _SMOOTHED) / (firsts[pair[0]] + 27 * _SMOOTHED)) for pair, times in pairs.items()}
    )
