"""National identity numbers: of the countries in `persons`, and two that are found without an extra.

A US social security number has no checksum: its rules are those of the Social Security Administration
(https://www.ssa.gov/employer/randomization.html), and its form or a word decides. So has a British national insurance
number (HMRC, manual NIM39110).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from seatrial.checks.folded import Triggers, every, last, scanner
from seatrial.checks.personal.found import REACH, WORD, Found, Recogniser, names_another
from seatrial.checks.personal.persons import NUMBERS, Number

OF_OUR_OWN = ("us-ssn", "gb-nino")
LABELS = (*OF_OUR_OWN, *(number.label for number in NUMBERS))

_ANY_WORDS = (
    r"(?:national|government|state|personal|citizen|my|his|her|their) id(?:entity|entification)?|identity (?:card"
    r"|number|no)|id (?:card|number|no)"
    r"|(?:citizen|citizenship|tax|taxpayer|personal|identification|social security|social insurance) (?:id|number|no"
    r"|code)|passport|identity code"
)
"""Words that name the number of any country."""


class _Compiled(NamedTuple):
    number: Number
    written: Any
    words: Any
    form: Any


@lru_cache(maxsize=1)
def _compiled() -> tuple[list[_Compiled], Triggers, Triggers, Triggers]:
    """The table as patterns, and what says in one scan each which rows a text can hold: by form, word, and writing."""
    rows = [
        _Compiled(
            number,
            scanner(rf"\b(?:{number.written})\b"),
            scanner(rf"(?i)\b(?:{number.words})(?:\b|$)"),
            scanner(rf"\b(?:{number.form})\b") if number.form else None,
        )
        for number in NUMBERS
    ]
    forms = Triggers([rf"\b(?:{number.form or 'x{9}x'})\b" for number in NUMBERS])
    words = Triggers(
        [*(rf"(?i)\b(?:{number.words})(?:\b|$)" for number in NUMBERS), rf"(?i)\b(?:{_ANY_WORDS})(?:\b|$)"]
    )
    written = Triggers([rf"\b(?:{number.written})\b" for number in NUMBERS])
    return rows, forms, words, written


def find_identities(chosen: frozenset[str]) -> Callable[[bytes, str], Iterator[Found]]:
    """The finder of the numbers whose labels are `chosen`."""

    def find(folded: bytes, text: str) -> Iterator[Found]:
        if "us-ssn" in chosen:
            yield from _social_security(folded)
        if "gb-nino" in chosen:
            yield from _national_insurance(folded)
        rows, forms, words, written = _compiled()
        for index in forms.found(folded):
            if rows[index].number.label in chosen:
                yield from _by_form(rows[index], folded)
        named = words.found(folded)
        if not named and text.isascii():
            return
        of_any = len(rows) in named
        present = [rows[index] for index in written.found(folded) if rows[index].number.label in chosen]
        for row in present:
            if rows.index(row) in named or _native(row.number, text):
                yield from _by_word(row, folded, text)
        if of_any and present:
            yield from _of_any_country(present, folded)

    return find


def _native(number: Number, text: str) -> bool:
    return bool(number.native) and not text.isascii() and any(word in text.casefold() for word in number.native)


def _by_form(row: _Compiled, folded: bytes) -> Iterator[Found]:
    judged: dict[bytes, bool] = {}
    for start, end in every(row.form, folded):
        written = folded[start:end]
        if written not in judged:
            judged[written] = _holds(row.number, written)
        if judged[written] and _alone(folded, start, end) and not names_another(folded, start, row.words):
            yield Found(start, end, row.number.label, True)


def _by_word(row: _Compiled, folded: bytes, text: str) -> Iterator[Found]:
    judged: dict[bytes, bool] = {}
    for start, end in every(row.written, folded):
        written = folded[start:end]
        if written not in judged:
            judged[written] = _holds(row.number, written)
        if not judged[written] or not _alone(folded, start, end):
            continue
        said = last(row.words, folded, start, REACH)
        near = text[max(0, start - REACH) : start].casefold() if row.number.native else ""
        if said < 0 and not any(word in near for word in row.number.native):
            continue
        if not names_another(folded, start, row.words):
            yield Found(start, end, row.number.label, True)


_ANY_LINK = scanner(
    rf"(?i)\b(?:{_ANY_WORDS})[ :#=\-]{{0,3}}"
    r"(?:(?:no|nr|number|num|card|code|is|was|ist|es|est)\b[.:#= ]{0,3}){0,3}[\"'(]{0,2}"
)


def _of_any_country(rows: list[_Compiled], folded: bytes) -> Iterator[Found]:
    """Numbers right behind words that name the number of any country; of several that fit the first is named."""
    judged: dict[bytes, tuple[int, str] | None] = {}
    for _, start in every(_ANY_LINK, folded):
        near = folded[start : start + _LONGEST_NUMBER]
        if near not in judged:
            judged[near] = next(_fitting(rows, near), None)
        fitting = judged[near]
        if fitting is not None and _alone(folded, start, start + fitting[0]):
            yield Found(start, start + fitting[0], fitting[1], True)


_LONGEST_NUMBER = 32


def _fitting(rows: list[_Compiled], near: bytes) -> Iterator[tuple[int, str]]:
    """Length and label of the numbers that `near` begins with."""
    for row in rows:
        match = row.written.match(near)
        if match is not None and _alone(near, 0, match.end()) and _holds(row.number, match.group()):
            yield match.end(), row.number.label


def _holds(number: Number, written: bytes) -> bool:
    """Whether stdnum finds the number right."""
    return bool(_validator(number.module)(written.decode("latin-1").upper()))


@cache
def _validator(module: str) -> Callable[[str], bool]:
    check: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
    return check


def _alone(folded: bytes, start: int, end: int) -> bool:
    """Whether it is no part of a longer number, word or code."""
    if start and folded[start - 1] == 0xFF:
        return False
    if start > 1 and folded[start - 1] in b"-./+" and folded[start - 2] in WORD:
        return False
    after = folded[end : end + 2]
    if len(after) > 1 and after[0] in b"-./" and after[1] in WORD:
        return False
    return not (start and folded[start - 1] in b":@&#!" and after[:1] == b">")


_SSN = scanner(r"\b(?:\d{3}-\d\d-\d{4}|\d{3} \d\d \d{4}|\d{3}\.\d\d\.\d{4}|\d{9})\b")
_SSN_WORDS = scanner(
    r"(?i)\b(?:ssns?|ss ?#|ss ?number|soc(?:ial)?(?: sec(?:urity)?)?(?: (?:number|no|num|card|#))?|tax ?id)(?:\b|$"
    r"|[^a-z])"
)
_ADVERTISED = frozenset((b"078051120", b"219099999", b"457555462"))
"""Numbers of no one: printed on sample cards and posters, and used ever since."""


def _social_security(folded: bytes) -> Iterator[Found]:
    for start, end in every(_SSN, folded):
        digits = folded[start:end].translate(None, b"-. ")
        if digits[:3] in (b"000", b"666") or digits[0] == ord("9") or digits[3:5] == b"00" or digits[5:] == b"0000":
            continue
        if not _alone(folded, start, end):
            continue
        said = last(_SSN_WORDS, folded, start, REACH) >= 0
        plain = end - start == 9 or digits in _ADVERTISED
        if said if plain else not names_another(folded, start, _SSN_WORDS):
            yield Found(start, end, "us-ssn", True)


_NINO = scanner(r"(?i)\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ \-]?\d\d[ \-]?\d\d[ \-]?\d\d[ \-]?[A-D]\b")
_NINO_WORDS = scanner(r"(?i)\b(?:nino|national insurance|ni (?:number|no\.?)|n\.i\.)(?:\b|$|[^a-z])")
_UNUSED = frozenset((b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"))


def _national_insurance(folded: bytes) -> Iterator[Found]:
    for start, end in every(_NINO, folded):
        written = folded[start:end]
        if written[:2].upper() in _UNUSED or not _alone(folded, start, end):
            continue
        if written.isupper() or last(_NINO_WORDS, folded, start, REACH) >= 0:
            yield Found(start, end, "gb-nino", True)


TRIGGER = r"\d(?:[ .\-/+]?\d){5}|(?i)[A-Z]{5}\d{4}[A-Z]\b|[A-Z]\d\d[A-Z]\d{3}[A-Z]\b|\d{6}[+\-A-Y]\d{3}"


def identities(chosen: frozenset[str]) -> Recogniser:
    return Recogniser(LABELS, TRIGGER, find_identities(chosen))
