"""Words spelled so that a list of words misses them: l3tters for letters, s p a c e d o u t, and gluedtogether."""

from __future__ import annotations

import re

from seatrial.checks.normal.aligned import Edit, Normalised
from seatrial.checks.normal.vocabulary import LONGEST, WORDS

_DIGITS_AS_LETTERS = str.maketrans("0134567894@$!|€£", "oieasbtbgaasilel")
_ONE_AS_L = str.maketrans("0134567894@$!|€£", "oleasbtbgaasilel")
_TOKEN = re.compile(r"[A-Za-z0-9@$!|€£]{2,}")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W_][ \t.\-_*·/,~+|]){3,}[^\W_](?![^\W_])")
_GLUED = re.compile(r"[A-Za-z]{18,}")
MOST_LETTERS = 20_000
"""Letters of one text that are cut into words at most; past these a run without spaces stays as it is."""


def leet(source: Normalised) -> Normalised:
    """Digits and signs inside words as the letters they stand for; a 1 is an i or an l, as makes a known word."""
    return source.edited("leet", _leet_edits(source.text))


def _leet_edits(text: str) -> list[Edit]:
    edits: list[Edit] = []
    for match in _TOKEN.finditer(text):
        word = match[0].rstrip("!|")
        if word.isalpha() or word.isdigit():
            continue
        reading = word.translate(_DIGITS_AS_LETTERS)
        other = word.translate(_ONE_AS_L)
        if other.lower() in WORDS:
            reading = other
        if reading != word:
            edits.append((match.start(), match.start() + len(word), reading, 1))
    return edits


def spaced(source: Normalised) -> Normalised:
    """Runs of single letters with a space or sign between each two as words."""
    left = MOST_LETTERS
    edits: list[Edit] = []
    for match in _SPACED.finditer(source.text):
        run, start = match[0], match.start()
        for first, letters in _spaced_words(run):
            words = _cut(letters[:left]) if left > 0 else []
            if len(letters) > left:
                words.append(letters[max(left, 0) :])
            left -= len(letters)
            place = start + first
            for number, word in enumerate(words):
                end = place + 2 * len(word) - 1
                edits.append((place, end, word, 2))
                if number + 1 < len(words):
                    edits.append((end, end + 1, " ", 1))
                place = end + 1
    return source.edited("spaced", edits)


def _spaced_words(run: str) -> list[tuple[int, str]]:
    """The words of a spaced run with the place of each: cut at its spaces where it is also spaced by signs."""
    marks = set(run[1::2])
    if not (marks - {" ", "\t"} and marks & {" ", "\t"}):
        return [(0, run[::2])]
    words, first = [], 0
    for place in range(1, len(run), 2):
        if run[place] in " \t":
            words.append((first, run[first:place:2]))
            first = place + 1
    return [*words, (first, run[first::2])]


def glued(source: Normalised) -> Normalised:
    """Long runs of letters cut into known words, where known words make up most of them."""
    left = MOST_LETTERS
    edits: list[Edit] = []
    for match in _GLUED.finditer(source.text):
        if left <= 0:
            break
        run = match[0][:left]
        left -= len(run)
        words = _cut(run)
        known = sum(len(word) for word in words if word.lower() in WORDS)
        if len(words) < 2 or 4 * known < 3 * len(run):
            continue
        place = match.start()
        for word in words[:-1]:
            place += len(word)
            edits.append((place - 1, place, word[-1] + " ", 0))
    return source.edited("glued", edits)


def _cut(letters: str) -> list[str]:
    """`letters` cut into known words: the fewest letters outside known words, then the fewest words."""
    lowered = letters.lower()
    costs = [0]
    cuts = [0]
    for end in range(1, len(letters) + 1):
        best, cut = costs[-1] + 8, end - 1
        for start in range(max(0, end - LONGEST), end):
            if costs[start] + 1 < best and lowered[start:end] in WORDS:
                best, cut = costs[start] + 1 + (end - start == 1), start
        costs.append(best)
        cuts.append(cut)
    return _pieces(letters, cuts)


def _pieces(letters: str, cuts: list[int]) -> list[str]:
    """The words that the best cuts leave; unknown letters beside each other stay one word."""
    pieces: list[str] = []
    end = len(letters)
    unknown = False
    while end:
        piece = letters[cuts[end] : end]
        alone = piece.lower() not in WORDS
        if alone and unknown:
            pieces[-1] = piece + pieces[-1]
        else:
            pieces.append(piece)
        unknown = alone
        end = cuts[end]
    return pieces[::-1]
