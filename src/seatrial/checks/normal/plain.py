"""The plain reading of a text: compatibility forms, invisible characters, marks and look-alike letters undone."""

from __future__ import annotations

import re

from seatrial.checks.normal.aligned import Edit, Normalised
from seatrial.checks.normal.letters import LOOKALIKES, PLAIN

USUAL = frozenset(map(chr, (*range(32, 127), 9, 10, 11, 12, 13)))
"""The characters that read as themselves in every text."""

_WORD = re.compile(r"[^\W\d_]+")
_LOOKALIKE = frozenset(map(chr, LOOKALIKES))
_LETTERS = "".join(_LOOKALIKE)
_MIXED = re.compile(f"[A-Za-z][{_LETTERS}]|[{_LETTERS}][A-Za-z]")
_FEW = 32
"""Up to so many characters that change length are edited one by one; more are read again with all the text."""


def plain(source: Normalised) -> Normalised:
    """`source` with every character as it reads; `source` itself when nothing changes.

    A letter that looks like a Latin one is read as that where the script it belongs to is not at home: everywhere when
    the text has no letter of that script that looks like none, and else in words that also have Latin letters.
    """
    odd = set(source.text) - USUAL
    if not odd:
        return source
    changed = {each: PLAIN[each] for each in odd if PLAIN[each] != each}
    result = _changed(source, changed) if changed else source
    return _without_lookalikes(result)


def _changed(source: Normalised, changed: dict[str, str]) -> Normalised:
    text = source.text
    same_length = {each: reading for each, reading in changed.items() if len(reading) == 1}
    if len(same_length) == len(changed) <= _FEW:
        for each, reading in changed.items():
            text = text.replace(each, reading)
        return source.respelled("normalised", text)
    if len(same_length) < len(changed) <= _FEW and sum(map(text.count, changed)) <= _FEW:
        return source.edited("normalised", _edits(text, changed))
    return source.reread("normalised", list(map(PLAIN.__getitem__, text)))


def _edits(text: str, changed: dict[str, str]) -> list[Edit]:
    places = re.finditer(f"[{re.escape(''.join(changed))}]", text)
    return [(place.start(), place.end(), changed[place[0]], 0) for place in places]


def _without_lookalikes(source: Normalised) -> Normalised:
    text = source.text
    odd = set(text) - USUAL
    found = odd & _LOOKALIKE
    if not found:
        return source
    at_home = {_script(each) for each in odd - found if each.isalpha()}
    foreign = {ord(each): LOOKALIKES[ord(each)] for each in found if _script(each) not in at_home}
    for code, latin in foreign.items():
        text = text.replace(chr(code), latin)
    if len(foreign) < len(found) and _MIXED.search(text):
        text = _WORD.sub(_unmixed, text)
    return source.respelled("normalised", text)


def _unmixed(word: re.Match[str]) -> str:
    text = word[0]
    return text.translate(LOOKALIKES) if not text.isascii() and _MIXED.search(text) else text


def _script(letter: str) -> str:
    """The block of 256 that a letter stands in, which tells the scripts of look-alikes apart."""
    return f"{ord(letter) >> 8:x}"
