"""Rules over words: `<override> ~3 <prior> ~2 <rules>` finds every way of saying it with the words of three families.

A text is read once, word by word, and each word becomes one letter that stands for all the families it belongs to; a
rule is a pattern over these letters. So a rule costs nothing on a text that lacks one of its families, the time is
linear in the text (RE2), and a paraphrase needs a word in a family, not a pattern. Rejected: one pattern over the text
for each phrasing, whose number grows with their product, and a trained classifier, which cannot say why.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, islice
from typing import Any

import re2

from seatrial.checks.detectors.languages import LATIN

_TOKEN = re.compile(r"([^\W_]+|'(?:s|t|re|m|ll|ve|d)\b|[.!?;]|\n(?=[ \t\r]*\n))")
_STOPS = frozenset(".!?;\n")
_FIRST_LETTER = 0x80
"""Letters are two bytes each in UTF-8, so that a place in bytes is twice a place in words."""

_OTHER, _STOP = chr(_FIRST_LETTER), chr(_FIRST_LETTER + 1)
_COMMON = frozenset(LATIN["en"].split())
_COMMON_COST = 50
"""Small words are in every text: a rule is not looked up by them if it has anything rarer."""

Rules = Mapping[str, Sequence[str]]
"""The patterns of each rule, by its name; see Phrasebook."""

Rule = tuple[str, tuple[int, ...], Any]
"""A name, the families of which a text must have words, as sets of bits, and the pattern over letters."""

MOST_SPANS = 100
"""Places of one rule that are told at most."""


class Phrasebook:
    """Families of words with the rules over them.

    A family is text: its words with white space between. A rule holds where one of its patterns does: rows of elements,
    which are words and `<families>` with `|` between them and `?` behind if one may be missing; `~n`, up to n words of
    the same sentence; and `!`, the end of a sentence or the beginning of the text.
    """

    def __init__(self, families: Mapping[str, str], rules: Rules) -> None:
        members = {name: frozenset(words.split()) for name, words in families.items()}
        patterns = [(name, pattern.split()) for name, rows in rules.items() for pattern in rows]
        self._letters = _letters(members, (element for _, pattern in patterns for element in pattern))
        self._bits = {letter: 1 << index for index, letter in enumerate(dict.fromkeys(self._letters.values()))}
        self._bits[_STOP] = self._bits[_OTHER] = 0
        self._cost = Counter(dict.fromkeys(self._bits, 1))
        self._cost.update({self._letters[word]: _COMMON_COST for word in _COMMON if word in self._letters})
        self._rules: dict[str, list[Rule]] = {}
        for name, pattern in patterns:
            rule, rarest = self._compile(name, pattern, members)
            for letter in rarest:
                self._rules.setdefault(letter, []).append(rule)

    def find(self, lowered: str) -> dict[str, list[tuple[int, int]]]:
        """The places of every rule that holds, by its name, in a text in lower case."""
        get = self._letters.get
        parts = _TOKEN.split(lowered)  # what stands between words, a word, and so on in turn
        letters = [get(word, _OTHER) for word in parts[1::2]]
        here = set(letters)
        present = 0
        for letter in here:
            present |= self._bits[letter]
        candidates = dict.fromkeys(rule for letter in here for rule in self._rules.get(letter, ()))
        spelled: bytes | None = None
        found: dict[str, list[tuple[int, int]]] = {}
        for name, needs, compiled in candidates:
            for need in needs:
                if not present & need:
                    break
            else:
                if spelled is None:
                    spelled = "".join((_STOP, *letters)).encode()  # a text begins as a sentence does
                matches = islice(compiled.finditer(spelled), MOST_SPANS)
                places = [(max(0, match.start() // 2 - 1), match.end() // 2 - 1) for match in matches]
                if places:
                    found.setdefault(name, []).extend(places)
        return _in_text(parts, found) if found else {}

    def _compile(
        self, name: str, pattern: Sequence[str], members: Mapping[str, frozenset[str]]
    ) -> tuple[Rule, list[str]]:
        """The rule, and the letters of its rarest element, without one of which it cannot hold."""
        parts: list[str] = []
        needed: list[list[str]] = []
        for element in pattern:
            if element.startswith("~"):
                parts.append(f"[^{_STOP}]{{0,{int(element[1:])}}}?")
            elif element == "!":
                parts.append(_STOP)
            else:
                letters = self._letters_of(_words(element.rstrip("?"), members))
                optional = element.endswith("?")
                parts.append(f"[{''.join(letters)}]" + ("?" if optional else ""))
                if not optional:
                    needed.append(letters)
        needs = tuple(sum(self._bits[letter] for letter in letters) for letters in needed)
        rarest = min(needed, key=lambda letters: sum(self._cost[letter] for letter in letters))
        return (name, needs, re2.compile("".join(parts))), rarest

    def _letters_of(self, words: Iterable[str]) -> list[str]:
        return sorted({self._letters[word] for word in words})


def _words(element: str, members: Mapping[str, frozenset[str]]) -> set[str]:
    """The words that an element of a pattern stands for."""
    return {word for part in element.split("|") for word in (members[part[1:-1]] if part.startswith("<") else (part,))}


def _letters(members: Mapping[str, frozenset[str]], patterns: Iterable[str]) -> dict[str, str]:
    """A letter for each word that any rule knows; words in the same families share one."""
    elements = {element.rstrip("?") for element in patterns if element[0] not in "~!"}
    belongs: dict[str, set[str]] = {}
    for element in sorted(elements):
        for word in _words(element, members):
            belongs.setdefault(word, set()).add(element)
    families = dict.fromkeys(frozenset(each) for _, each in sorted(belongs.items()))
    letters = {each: chr(_FIRST_LETTER + 2 + number) for number, each in enumerate(families)}
    assert len(letters) < 0x700, "more families than letters of two bytes"
    return {**{word: letters[frozenset(each)] for word, each in belongs.items()}, **dict.fromkeys(_STOPS, _STOP)}


def _in_text(parts: list[str], found: Mapping[str, list[tuple[int, int]]]) -> dict[str, list[tuple[int, int]]]:
    """Places counted in words as places in the text that the parts make up."""
    ends = list(accumulate(map(len, parts)))
    return {
        name: sorted({(ends[2 * start], ends[2 * end - 1]) for start, end in places}) for name, places in found.items()
    }
