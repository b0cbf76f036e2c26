"""What is taken apart, put together: a word to a sentence, each word backwards, base64 cut by white space.

The pieces of a coding stand among words, and nothing says where it begins. Decided here: words and pieces are decoded
together, from the first, second, third and fourth letter on, and what reads as text from the beginning of one to the
end of another counts. Words decode to bytes that are no text. Rejected: to tell pieces from words by their look, as
short ones look alike.
"""

from __future__ import annotations

import binascii
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, islice

from seatrial.checks.normal.aligned import Edit, Normalised

_NUMBER = r"(?:[0-9]{1,3}[.):][ \t]{1,8})?"
_STOP = (
    r"[ \t\r,]{0,8}(?:\.{1,4}\s{1,8}|[;!?]{1,3}\s{0,8}|\n[ \t\r]{0,8}\n\s{0,8}|\n[ \t]{0,8}(?=[0-9]{1,3}\.[ \t]))"
    + _NUMBER
)
"""What keeps words apart as sentences: a stop, an empty line, the number of a list."""

_LONE = r"[^\W\d_]{1,24}(?![^\W_])"
_STACKED = re.compile(rf"(?<![^\W_]){_LONE}(?:{_STOP}{_LONE}){{2,}}")
_BEGUN = re.compile(r"(?:[.;!?\n]|\A)[ \t]{0,8}\Z")
_ENDED = re.compile(r"[ \t\r,]{0,8}(?:[.;!?\n]|\Z)")
_BETWEEN = re.compile(f"(?<=[^\\W\\d_]){_STOP}")
_WORD = re.compile(r"(?:(?<!\S)[.,;:!?]{1,3})?[A-Za-z]+(?:'[A-Za-z]+)*")
"""With the mark that ended a sentence and now stands before its last word."""

_PIECE = re.compile(r"([A-Za-z0-9+/_-]+)((?:\s{0,4}=){0,2})\s{0,4}")
MIXED = "[a-z][A-Z]|[A-Z]{2}[a-z]|[A-Za-z][0-9][A-Za-z]|[0-9][A-Z]"
"""Letters of base64 as few words have them side by side."""

_MIXED = re.compile(MIXED)

_OF_ADDRESSES = str.maketrans("-_", "+/")
_TEXT = re.compile(b"(?:[\t\n\r -~]|[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}){12,}")
LEAST = 12
"""Characters that a coding in pieces says at least: fewer may come of words by chance."""

MOST_WORDS = 20_000
"""Words of one text that are looked at for pieces of a coding at most."""

Piece = tuple[int, int, str]
"""(start, end, letters): `end` is behind the sign that fills the last group up."""


def stacked(source: Normalised) -> Normalised:
    """Words that each stand in a sentence, a paragraph or a numbered line of their own as one sentence."""
    return source.edited("stacked", list(_stacked_edits(source.text)))


def _stacked_edits(text: str) -> Iterator[Edit]:
    """Two words between others are enough, and one only where those on its sides stand alone as well."""
    for run in _STACKED.finditer(text):
        stops = list(_BETWEEN.finditer(text, run.start(), run.end()))
        if len(stops) > 2 or (_is_begun(text, run.start()) and _ENDED.match(text, run.end())):
            yield from ((stop.start(), stop.end(), " ", 0) for stop in stops)


def _is_begun(text: str, place: int) -> bool:
    """Whether a sentence, a paragraph or an entry of a list begins at `place`."""
    return _BEGUN.search(text[max(0, place - 9) : place]) is not None


def words_backwards(source: Normalised) -> Normalised:
    """Every word from its end, in the order in which the words stand."""
    edits = [(word.start(), word.end(), word[0][::-1], 0) for word in _WORD.finditer(source.text)]
    return source.edited("reversed words", edits)


def has_mixed_letters(text: str) -> bool:
    return _MIXED.search(text) is not None


def base64_pieces(source: Normalised) -> Normalised:
    edits = [edit for run in _runs(source.text) for edit in _read(run)]
    return source.edited("base64", edits)


def _runs(text: str) -> Iterator[list[Piece]]:
    """Words with nothing but white space between them, of which some have letters as only a coding has them."""
    run: list[Piece] = []
    behind = -1
    for match in islice(_PIECE.finditer(text), MOST_WORDS):
        if match.start() != behind:
            if _may_be_coded(run):
                yield run
            run = []
        run.append((match.start(), match.end(2), match[1]))
        behind = match.end() if not match[2] else -1
    if _may_be_coded(run):
        yield run


def _may_be_coded(run: list[Piece]) -> bool:
    return len(run) > 1 and any(has_mixed_letters(letters) for _, _, letters in run)


def _read(run: list[Piece]) -> list[Edit]:
    """The stretches of a run that decode to text, by the way to cut it into groups of four that gives the most."""
    letters = "".join(letters for _, _, letters in run).translate(_OF_ADDRESSES)
    ends = list(accumulate(len(letters) for _, _, letters in run))
    begins = [0, *ends[:-1]]
    readings = (list(_stretches(letters, begins, ends, shift, run)) for shift in sorted({each % 4 for each in begins}))
    return max(readings, key=lambda edits: sum(len(reading) for _, _, reading, _ in edits))


def _stretches(letters: str, begins: list[int], ends: list[int], shift: int, run: list[Piece]) -> Iterator[Edit]:
    """What reads as text in the groups of four that begin at `shift`, from the beginning of a piece to the end of one.
    `begins` and `ends` are the places of the pieces in `letters`.
    """
    coded = letters[shift:]
    coded = coded[: len(coded) - (len(coded) % 4 == 1)]
    data = binascii.a2b_base64(coded + "=" * (-len(coded) % 4))
    first = 0
    for stretch in _TEXT.finditer(data):
        group, behind = (shift + (4 * byte + 2) // 3 for byte in stretch.span())
        while first < len(begins) and (begins[first] < group or begins[first] % 4 != shift):
            first += 1
        last = bisect_right(ends, behind) - 1
        if last <= first:
            continue
        begin, end = ((place - shift) * 3 // 4 for place in (begins[first], ends[last]))
        reading = data[begin:end].decode("utf-8", "ignore")
        if len(reading) >= LEAST and _reads_as_words(reading):
            yield run[first][0], run[last][1], reading, 0


def _reads_as_words(text: str) -> bool:
    """Whether three of four characters are letters or spaces."""
    return 4 * sum(each.isalpha() or each.isspace() for each in text) >= 3 * len(text)
