"""Phone numbers: international ones, North American ones by their form, and all others where words say so.

Numbering plans are those of phonenumberslite (Google's libphonenumber). A number that could be dialled but is not
assigned is one all the same where a word before it says phone: people write numbers that are nearly right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from seatrial.checks.folded import every, last, scanner
from seatrial.checks.personal.found import Found, Recogniser, names_another

_GAP = r"[ .\-/()\x80]{0,3}"
_EXTENSION = r"(?i:[ ,;]{0,2}(?:x|ext\.?|extension|#) ?\d{1,6})?"
_INTERNATIONAL = scanner(rf"(?:\+ ?\(?|\b00[ .\-]?|\b011[ .\-]?)\d(?:{_GAP}\d){{6,16}}{_EXTENSION}")
_AMERICAN = scanner(
    r"(?:\b(?:00)?1[ .\-])?(?:\([2-9]\d\d\)[ .\-]{0,2}|\b[2-9]\d\d[.\-/ ]{1,2})\d\d\d[.\- ]\d\d\d\d" + _EXTENSION
)
_RUN = scanner(rf"\(?\d(?:{_GAP}\d){{6,}}{_EXTENSION}")

_PHONE_WORDS = scanner(
    r"(?i)\b(?:phone|telephone|tel|cell|cellphone|mobile|mob|landline|call|called|calling|dial|dialed|ring|rang|text|texted"
    r"|texting|sms|whats ?app|signal|imessage|facetime|fax|voicemail|hotline|number is|(?:my|his|her|their|our|your|new|old|work"
    r"|home|contact|emergency|dad'?s|mom'?s|mum'?s|office) (?:new |old |work |home |own )?(?:number|no\.?|nr\.?|digits|cell|#)|reach|pager"
    r"|telefon|telefonnummer|handy|handynummer|rufnummer|nummer|anrufen|ruf|t[\xff]l[\xff]phone|t[\xff]l|portable|appelle|appelez"
    r"|num[\xff]ro|tel[\xff]fono|m[\xff]vil|celular|ll[\xff]mame|llame|numero|cellulare|chiamami|telefone|celular|ligue|liga|telem[\xff]vel"
    r"|bel|bellen|telefoon|mobiel|telefonnummer|puhelin|ring|nummer)\b"
)
_DATE = scanner(
    r"^(?:(?:19|20)\d\d[./\- ](?:0?[1-9]|1[0-2])[./\- ][0-3]?\d|[0-3]?\d[./\- ][0-3]?\d[./\- ](?:19|20)\d\d|[0-3]?\d[./\-][0-3]?\d[./\-]\d\d)(?:\D|$)"
)
_DIGITS = frozenset(b"0123456789")
_WORD = _DIGITS | frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_NOT_DIGITS = bytes(set(range(256)) - _DIGITS)
_LONGEST_RUN = 40
_PHONE_REACH = 48
"""A number is near the word that calls it a phone number: people say `call` of much else."""


def find_phones(regions: tuple[str, ...]) -> Callable[[bytes, str], Iterator[Found]]:
    """The finder of phone numbers as people in `regions` (ISO 3166 codes) write them, and of international ones."""

    def find(folded: bytes, text: str) -> Iterator[Found]:
        yield from _international(folded)
        if "US" in regions or "CA" in regions:
            yield from _american(folded)
        yield from _national(folded, regions)

    return find


def _international(folded: bytes) -> Iterator[Found]:
    for start, end in every(_INTERNATIONAL, folded):
        if start and folded[start - 1] in _WORD:
            continue
        if end < len(folded) and folded[end] in _WORD:
            end = _without_next(folded, start, end)
            if folded[end] in _WORD:
                continue
        if folded[start] == ord("0") and _names_another(folded, start):
            continue
        said = _says_phone(folded, start)
        number = _dialled(folded[start:end], said)
        if number:
            yield Found(start, start + number, "phone", True)


def _dialled(written: bytes, said: bool) -> int:
    """How much of `written` is a number of some country, from its +, 00 or 011 on; 0 where none is."""
    prefix = 1 if written[:1] == b"+" else 3 if written[:3] == b"011" else 2
    digits = written[prefix:].replace(b"(0)", b"   ").translate(None, _NOT_DIGITS)
    if len(digits) < 7:
        return 0
    code = next((code for code in (int(digits[:n]) for n in (1, 2, 3)) if code in _plans()), None)
    if code is None:
        return 0
    lengths, fits = _plan(code)
    of_code = len(str(code))
    spaced = len(written) > prefix + len(digits)
    for end, count in _ends(written, prefix):
        national = digits[of_code:count]
        if len(national) in lengths and fits(national.decode()) and (spaced or said or prefix == 1):
            return end
    return len(written) if said and 8 <= len(digits) <= 15 else 0


def _ends(written: bytes, prefix: int) -> Iterator[tuple[int, int]]:
    """Where groups of digits end, longest first, with the digits up to there; the extension belongs to the longest."""
    body = written[prefix:].replace(b"(0)", b"   ")
    main = len(body)
    extension = _TAIL.search(body)
    if extension is not None:
        main = extension.start()
    count = len(body[:main].translate(None, _NOT_DIGITS))
    yield prefix + len(body), count
    for at in range(main - 1, 0, -1):
        if body[at - 1] in _DIGITS:
            if body[at] not in _DIGITS:
                yield prefix + at, count
            count -= body[at] in _DIGITS
        else:
            count -= body[at] in _DIGITS


_TAIL = scanner(r"(?i)[ ,;]{0,2}(?:x|ext\.?|extension|#) ?\d{1,6}$")


def _american(folded: bytes) -> Iterator[Found]:
    for start, end in every(_AMERICAN, folded):
        if _joined(folded, start, end) or _names_another(folded, start):
            continue
        marked = any(mark in folded[start:end] for mark in (b"-", b".", b"("))
        if marked or _says_phone(folded, start):
            yield Found(start, end, "phone", True)


def _national(folded: bytes, regions: tuple[str, ...]) -> Iterator[Found]:
    for match in _RUN.finditer(folded):
        start, end = match.span()
        if end - start < 7 or end - start > _LONGEST_RUN:
            continue
        end = _without_next(folded, start, end)
        if _joined(folded, start, end):
            continue
        written = folded[start:end]
        digits = _TAIL.sub(b"", written).translate(None, _NOT_DIGITS)
        if not 7 <= len(digits) <= 15 or _DATE.search(written) or folded[max(0, start - 1) : start] in _MONEY:
            continue
        said = _has_trunk(written, digits, regions) and not _names_another(folded, start)
        if said or (_says_phone(folded, start) and not _TIME.search(written)):
            yield Found(start, end, "phone", False)


_LOOSE_END = scanner(r" \(?\d$")
_LOOSE_ENDS = scanner(r"(?: \(?\d{1,3})+$")
_LAST_GROUP = scanner(r"[ .\-/()\x80]+\d+$")


def _without_next(folded: bytes, start: int, end: int) -> int:
    """Where the number ends if the run goes on to the next thing said: 555-0199 2 times, 555-0199 (2pm)."""
    if end < len(folded) and folded[end] in _WORD:
        cut = _LAST_GROUP.search(folded[start:end])
        return start + cut.start() if cut else end
    written = folded[start:end]
    dashed = b"-" in written or b"." in written
    cut = (_LOOSE_ENDS if dashed else _LOOSE_END).search(written)
    if cut is None or len(written[: cut.start()].translate(None, _NOT_DIGITS)) < 7:
        return end
    loose: int = start + cut.start()
    return loose


_TIME = scanner(r"^1[5-9]\d{8}(?:\d{3})?$")
"""Seconds, and milliseconds, since 1970, of the years 2017 to 2033."""

_MONEY = (b"$", b"\x80", b"#", b"=", b"+", b"<")


def _has_trunk(written: bytes, digits: bytes, regions: tuple[str, ...]) -> bool:
    """Whether it is written as a number within one of `regions`: 020 7946 0958, 06 12 34 56 78."""
    spaced = len(written) > len(digits)
    return spaced and digits[0] == ord("0") and len(digits) >= 9 and _is_of(digits.decode(), regions)


def _joined(folded: bytes, start: int, end: int) -> bool:
    """Whether what stands around makes it part of a word, a code or a longer number."""
    if start and (
        folded[start - 1] in _WORD
        or (folded[start - 1] in b"-.:/@" and folded[max(0, start - 2)] in _WORD and start > 1)
    ):
        if folded[start - 1] != ord(":") or folded[start - 2] in _DIGITS:
            return True
    after = folded[end : end + 2]
    return bool(after) and (after[0] in _WORD or (len(after) > 1 and after[0] in b"-.:/" and after[1] in _WORD))


def _says_phone(folded: bytes, start: int) -> bool:
    return last(_PHONE_WORDS, folded, start, _PHONE_REACH) >= 0 and not _names_another(folded, start)


def _names_another(folded: bytes, start: int) -> bool:
    return names_another(folded, start, _PHONE_WORDS)


@lru_cache(maxsize=1)
def _plans() -> dict[int, tuple[str, ...]]:
    """Calling code to the regions that have it."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return dict(COUNTRY_CODE_TO_REGION_CODE)


@lru_cache(maxsize=512)
def _plan(code: int) -> tuple[frozenset[int], Callable[[str], Any]]:
    """The lengths national numbers of a calling code have, and whether one fits its plan."""
    import re

    from phonenumbers import PhoneMetadata

    found = [PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in _plans()[code]]
    plans = [each.general_desc for each in found if each is not None and each.general_desc is not None]
    lengths = frozenset(length for plan in plans for length in plan.possible_length if length > 0)
    patterns = {plan.national_number_pattern for plan in plans if plan.national_number_pattern}
    return lengths, re.compile("|".join(f"(?:{pattern})" for pattern in sorted(patterns))).fullmatch


@lru_cache(maxsize=4096)
def _is_of(digits: str, regions: tuple[str, ...]) -> bool:
    import phonenumbers

    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(digits, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


def phones(regions: tuple[str, ...]) -> Recogniser:
    return Recogniser(("phone",), r"\d(?:[ .\-/()\x80]{0,3}\d){6}", find_phones(regions))
