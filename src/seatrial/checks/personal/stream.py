"""What `personal-data` needs of a stream: which end of a text may still become part of something personal.

Most of what is found is one word, so the last word is always open. Numbers, dates and coordinates are written in
several: a row of words that have digits, with the few letters and names that stand between them, is open as long as it
goes on. A line break ends them all.
"""

from __future__ import annotations

from seatrial.checks.folded import fold, last, scanner, without_emphasis
from seatrial.checks.holdback import Holdback
from seatrial.checks.personal.found import AHEAD, LONGEST_MATCH, REACH
from seatrial.checks.personal.network import MAIL_WORDS

BOUND = LONGEST_MATCH + AHEAD
BEFORE = LONGEST_MATCH + REACH + 32
"""A place may lie inside a longer one that begins before it, and that one has words before it too."""

_MARKS = b"\"'`{}[]()<>:;,.=*_~!?|\x80"
_BETWEEN = frozenset(
    b"january february march april may june july august september october november december"
    b" januar februar m\xffrz mai juni juli oktober dezember"
    b" janvier f\xffvrier mars avril juin juillet ao\xfft septembre octobre novembre d\xffcembre"
    b" enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
    b" of de del ext extension x deg degrees lat latitude lon long lng longitude".split()
)
"""Words without digits that a date, a phone number or coordinates may begin or go on with."""

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\xff"
_SHORT = 4
"""Letters of the longest other word inside a row: a group of an IBAN."""

_HIDDEN = scanner(
    r"[A-Za-z0-9._%+'\-\xff@]{1,64}"
    r"(?: ?[\[({<] ?[A-Za-z.@]{0,5}(?: ?[\])}>] ?)?|[A-Za-z0-9._%+'\-\xff@]| d| do| dot ?)* ?$"
)
_SPOKEN = scanner(
    r"(?i)[a-z0-9._%+\-]{1,41}(?: dot [a-z0-9_\-]{1,30}){0,3}"
    r"(?: |(?: dot?| d| a| at)| dot "
    r"| at (?:[a-z0-9\-]{1,40}(?: dot [a-z0-9\-]{1,40}){0,4}(?: d| do| dot|_{1,3})? ?)?)?$"
)


def holdback(**_: object) -> Holdback:
    """The same whatever is looked for."""
    return Holdback(bound=BOUND, before=BEFORE, open_from=open_from)


def open_from(text: str) -> int:
    """The index in `text` from which it may still become personal."""
    cut = max(0, len(text) - BOUND)
    tail = fold(text[cut:])
    line = max(tail.rfind(b"\n"), tail.rfind(b"\r"), tail.rfind(b"\t")) + 1
    return cut + min(line + _row(tail[line:]), _hidden(tail, line))


def _hidden(tail: bytes, line: int) -> int:
    """Where an address written as jane (at) example (dot) com, or jane at example dot com, may begin in the line that
    begins at `line`.
    """
    places = [len(tail)]
    if match := _HIDDEN.search(tail[line:]):
        places.append(line + match.start())
    if match := _SPOKEN.search(tail[line:]):
        begin = line + match.start()
        if max(last(MAIL_WORDS, read, begin, REACH) for read in (tail, without_emphasis(tail))) >= 0:
            places.append(begin)
    return min(places)


def _row(tail: bytes) -> int:
    """Where the row of words begins that the end of `tail` goes on with; at least its last word."""
    *words, word = tail.split(b" ")
    at = len(tail) - len(word)
    if not (_has_digit(word) or _is_short(word) or _may_begin_name(word)):
        return at
    begin = _lead(words, at) if not word or _has_digit(word) else at
    short = 0 if _has_digit(word) else 1
    for index in range(len(words) - 1, -1, -1):
        word = words[index]
        at -= len(word) + 1
        if _has_digit(word) or _letters(word) in _BETWEEN:
            begin, short = _lead(words[:index], at), 0
        elif _is_short(word) and short < 2:
            short += 1
        else:
            break
    return begin


def _lead(words: list[bytes], at: int) -> int:
    """Where a row begins whose first word with digits begins at `at`: two letters or a sign may come first."""
    if not words or not words[-1] or len(_letters(words[-1])) > 2:
        return at
    return at - len(words[-1]) - 1


def _has_digit(word: bytes) -> bool:
    return any(byte in b"0123456789" for byte in word)


def _letters(word: bytes) -> bytes:
    """The letters a word ends with, marks behind them aside."""
    word = word.rstrip(_MARKS)
    return word[len(word.rstrip(_LETTERS)) :].lower()


def _is_short(word: bytes) -> bool:
    return len(word.strip(_MARKS)) <= _SHORT


def _may_begin_name(word: bytes) -> bool:
    return any(name.startswith(_letters(word)) for name in _BETWEEN)
