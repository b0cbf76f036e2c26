"""Words spelled so that a list of words misses them: l3tters for letters, s p a c e d o u t, and gluedtogether."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from seatrial.checks.normal.aligned import Edit, Normalised
from seatrial.checks.normal.vocabulary import LONGEST, WORDS

_DIGITS_AS_LETTERS = str.maketrans("0134567894@$!|€£", "oieasbtbgaasilel")
_ONE_AS_L = str.maketrans("0134567894@$!|€£", "oleasbtbgaasilel")
_MIXED = re.compile(r"(?<![A-Za-z0-9@$!|€£])[A-Za-z]*+[0-9@$!|€£][A-Za-z0-9@$!|€£]*")
"""A word with a digit or sign in it."""

_REST_OF_HOST = re.compile(r"(?:-[A-Za-z0-9]+)*\.[A-Za-z]{2}")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W_][\s.\-_*·/,~+|]{1,5}){3,}[^\W_](?![^\W_])")
_LETTER = re.compile(r"[^\W\d_]")
_SPACES = re.compile(r"[\W_]+")
_GLUED = re.compile(r"[A-Za-z]{18,}")
MOST_LETTERS = 5_000
"""Letters of one text that are cut into words at most; past these a run without spaces stays as it is."""


def leet(source: Normalised) -> Normalised:
    """Digits and signs inside words as the letters they stand for; a 1 is an i or an l, as makes a known word. An
    e-mail address stays, unless its user and host read as one known word.
    """
    return source.edited("leet", _leet_edits(source.text))


def _leet_edits(text: str) -> list[Edit]:
    edits: list[Edit] = []
    for match in _MIXED.finditer(text):
        word = match[0].rstrip("!|")
        if word.isalpha() or word.isdigit() or len(word) < 2:
            continue
        reading = word.translate(_DIGITS_AS_LETTERS)
        other = word.translate(_ONE_AS_L)
        if other.lower() in WORDS:
            reading = other
        address = "@" in word[1:] and _REST_OF_HOST.match(text, match.end()) is not None
        if reading != word and not (address and reading.lower() not in WORDS):
            edits.append((match.start(), match.start() + len(word), reading, 1))
    return edits


def spaced(source: Normalised) -> Normalised:
    """Runs of single letters with spaces or signs between each two as words."""
    left = MOST_LETTERS
    edits: list[Edit] = []
    for match in _SPACED.finditer(source.text):
        if _LETTER.search(match[0]) is None:
            continue
        gap, words = _spaced_words(match[0])
        for first, letters in words:
            cut = _known_words(letters[:left]) if left > 0 and len(words) == 1 else []
            rest = letters[sum(map(len, cut)) :]
            left -= len(letters)
            edits.extend(_joined(match.start() + first, [*cut, rest] if rest else cut, gap))
    return source.edited("spaced", edits)


def _known_words(letters: str) -> list[str]:
    """`letters` cut into known words; none where most are outside of words of more than one letter, as in a coding."""
    words = _cut(letters)
    known = sum(len(word) for word in words if len(word) > 1 and word.lower() in WORDS)
    return words if 2 * known >= len(letters) else []


def _joined(place: int, words: list[str], gap: int) -> Iterator[Edit]:
    """Edits that close the gaps between the letters of words that follow each other from `place` on."""
    for number, word in enumerate(words):
        end = place + (gap + 1) * (len(word) - 1) + 1
        yield place, end, word, gap + 1
        place = end + gap
        if number + 1 < len(words):
            yield end, place, " ", gap


def _spaced_words(run: str) -> tuple[int, list[tuple[int, str]]]:
    """The width of the gap between letters, and the words of a run with the place of each: they are apart where the gap
    is another than the usual one.
    """
    gaps = _SPACES.findall(run)
    usual = Counter(gaps).most_common(1)[0][0]
    words: list[tuple[int, str]] = []
    first = place = 0
    letters = ""
    for gap in [*gaps, ""]:
        letters += run[place]
        place += 1 + len(gap)
        if gap != usual:
            words.append((first, letters))
            first, letters = place, ""
    return len(usual), words


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
