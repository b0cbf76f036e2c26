"""Phone numbers: international ones, North American ones by their form, and all others where words say so.

Numbering plans are those of phonenumberslite (Google's libphonenumber). A number that could be dialled but is not
assigned is one all the same where a word before it says phone: people write numbers that are nearly right.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.folded import every, last, scanner
from seatrial.checks.personal.found import DIGITS, WORD, Found, Recogniser, names_another
from seatrial.checks.personal.plans import ends, international, national

_GAP = r"(?: {1,3}| ?[.\-\x80] ?|/|\)? ?\(?|\)[ .\-/]{0,2})"
_EXTENSION = r"(?i:[ ,;]{0,2}(?:x|ext\.?|extension|#) ?\d{1,6})?"
_INTERNATIONAL = scanner(rf"(?:\+ ?\(?|\b00[ .\-]?|\b011[ .\-]?)[1-9](?:{_GAP}\d){{6,16}}{_EXTENSION}")
_AMERICAN = scanner(
    r"(?:\b(?:00)?1[ .\-])?(?:\([2-9]\d\d\)[ .\-]{0,2}|\b[2-9]\d\d[.\-/ ]{1,2})\d\d\d[.\- ]\d\d\d\d" + _EXTENSION
)
_RUN = scanner(rf"\(?\d(?:{_GAP}\d){{6,}}{_EXTENSION}")

_PHONE_WORDS = scanner(
    r"(?i)\b(?:phone|ph|telephone|tel|cell|cellphone|mobile|mob|landline|call|called|calling|dial|dialed|ring|rang"
    r"|text|texted"
    r"|texting|sms|whats ?app|signal|imessage|facetime|fax|voicemail|hotline|number is|(?:my|his|her|their|our|your"
    r"|new|old|work"
    r"|home|contact|emergency|dad'?s|mom'?s|mum'?s|office) (?:new |old |work |home |own )?(?:number|no\.?|nr\.?|digits"
    r"|cell|#)|reach|pager"
    r"|telefon|telefonnummer|handy|handynummer|rufnummer|nummer|anrufen|ruf|t[\xff]l[\xff]phone|t[\xff]l|portable"
    r"|appelle|appelez"
    r"|num[\xff]ro|tel[\xff]fono|m[\xff]vil|celular|ll[\xff]mame|llame|numero|cellulare|chiamami|telefone|celular"
    r"|ligue|liga|telem[\xff]vel"
    r"|bel|bellen|telefoon|mobiel|telefonnummer|puhelin|ring|nummer)\b"
)
_DATE = scanner(
    r"^(?:(?:19|20)\d\d[./\- ](?:0?[1-9]|1[0-2])[./\- ][0-3]?\d|[0-3]?\d[./\- ][0-3]?\d[./\- ](?:19|20)\d\d"
    r"|[0-3]?\d[./\-][0-3]?\d[./\-]\d\d)(?:\D|$)"
)
_NOT_DIGITS = bytes(set(range(256)) - DIGITS)
_LONGEST_RUN = 40
_PHONE_REACH = 48
"""A number is near the word that calls it a phone number: people say `call` of much else."""


def phones(regions: tuple[str, ...]) -> Recogniser:
    """The recogniser of phone numbers as people in `regions` (ISO 3166 codes) write them, and of international ones."""

    def find(folded: bytes, text: str) -> Iterator[Found]:
        if b"+" in folded or b"00" in folded or b"011" in folded:
            yield from _international(folded)
        if "US" in regions or "CA" in regions:
            yield from _american(folded)
        yield from _national(folded, regions)

    return Recogniser(("phone",), rf"\d(?:{_GAP}\d){{6}}", find)


def _international(folded: bytes) -> Iterator[Found]:
    for start, end in every(_INTERNATIONAL, folded):
        if start and folded[start - 1] in WORD:
            continue
        if end < len(folded) and folded[end] in WORD:
            end = _without_next(folded, start, end)
            if folded[end] in WORD:
                continue
        if folded[start] == ord("0") and _names_another(folded, start):
            continue
        number = _dialled(folded, start, end)
        if number > start:
            yield Found(start, number, "phone", True)


def _dialled(folded: bytes, start: int, end: int) -> int:
    """Where the number ends that begins at `start` with its +, 00 or 011; `start` where it is a number of no country.
    One that its country does not have counts behind a word that says phone.
    """
    written = folded[start:end]
    prefix = 1 if written[:1] == b"+" else 3 if written[:3] == b"011" else 2
    body = written[prefix:].replace(b"(0)", b"   ")
    extension = _TAIL.search(body)
    main = body[: extension.start()] if extension else body
    digits = main.translate(None, _NOT_DIGITS).decode()
    found = international(digits) if len(digits) >= 7 else None
    if found is None:
        return start
    code, plan = found
    if prefix == 1 or len(main) > len(digits) or _says_phone(folded, start):
        for at, count in ends(main):
            if count - code in plan.lengths and plan.numbers.fullmatch(digits, code, count):
                return end if at == len(main) else start + prefix + at
    return end if 8 <= len(digits) <= 15 and _says_phone(folded, start) else start


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
        if end - start > _LONGEST_RUN or (start and folded[start - 1] in _NO_PHONE and not _is_field(folded, start)):
            continue
        local = folded[start] == ord("0") or folded[start + 1] == ord("0")
        said = _says_phone(folded, start)
        if not (said or local):
            continue
        if _is_isbn(folded[start:end]):
            continue
        end = _without_next(folded, start, end)
        if _joined(folded, start, end):
            continue
        written = folded[start:end]
        digits = _TAIL.sub(b"", written).translate(None, _NOT_DIGITS)
        if not 7 <= len(digits) <= 15 or _DATE.search(written):
            continue
        if (said and not _TIME.search(written)) or (local and _has_trunk(folded, start, end, digits, regions)):
            yield Found(start, end, "phone", False)


_ISBN = scanner(r"^\d{1,5}[ -]\d{1,7}[ -]\d{1,7}[ -]\d$")


def _is_isbn(written: bytes) -> bool:
    """Whether it is the number of a book in four parts (ISBN-10, ISO 2108): the sum of its digits, the first ten times,
    the second nine times and so on, is a multiple of 11. No telephone number ends in a part of one digit.
    """
    digits = written.translate(None, _NOT_DIGITS)
    if len(digits) != 10 or _ISBN.search(written) is None:
        return False
    return sum(weight * (digit - ord("0")) for weight, digit in zip(range(10, 0, -1), digits, strict=True)) % 11 == 0


_LOOSE_END = scanner(r" \(?\d$")
_LOOSE_ENDS = scanner(r"(?: \(?\d{1,3})+$")
_LAST_GROUP = scanner(r"[ .\-/()\x80]+\d+$")


def _without_next(folded: bytes, start: int, end: int) -> int:
    """Where the number ends if the run goes on to the next thing said: 555-0199 2 times, 555-0199 (2pm)."""
    written = folded[start:end]
    if end < len(folded) and folded[end] in WORD:
        cut = _LAST_GROUP.search(written)
        return start + cut.start() if cut else end
    if b" " not in written:
        return end
    cut = (_LOOSE_ENDS if b"-" in written or b"." in written else _LOOSE_END).search(written)
    if cut is None or len(written[: cut.start()].translate(None, _NOT_DIGITS)) < 7:
        return end
    loose: int = start + cut.start()
    return loose


_TIME = scanner(r"^1[5-9]\d{8}(?:\d{3})?$")
"""Seconds, and milliseconds, since 1970, of the years 2017 to 2033."""

_NO_PHONE = b"$\x80#=+<"
"""What stands right before prices (a sign of money other than $ is \\x80), numbers of issues, and values in code."""


def _is_field(folded: bytes, start: int) -> bool:
    """Whether the number is the value of a field that is called phone: phone=5551234567."""
    return folded[start - 1] == ord("=") and last(_PHONE_WORDS, folded, start - 1, _PHONE_REACH) == start - 1


def _has_trunk(folded: bytes, start: int, end: int, digits: bytes, regions: tuple[str, ...]) -> bool:
    """Whether it is written as a number within one of `regions`: 020 7946 0958, 06 12 34 56 78."""
    spaced = end - start > len(digits)
    if not spaced or digits[0] != ord("0") or len(digits) < 9 or _names_another(folded, start):
        return False
    return national(regions).fullmatch(digits.decode()) is not None


def _joined(folded: bytes, start: int, end: int) -> bool:
    """Whether what stands around makes it part of a word, a code or a longer number. A name with a colon may stand
    before it: tel:555-0199.
    """
    before = folded[max(0, start - 2) : start]
    if before and before[-1] in WORD:
        return True
    if (
        len(before) > 1
        and before[-1] in b"-.:/@"
        and before[0] in WORD
        and not (before[-1] == ord(":") and before[0] not in DIGITS)
    ):
        return True
    after = folded[end : end + 2]
    return bool(after) and (after[0] in WORD or (len(after) > 1 and after[0] in b"-.:/" and after[1] in WORD))


def _says_phone(folded: bytes, start: int) -> bool:
    return last(_PHONE_WORDS, folded, start, _PHONE_REACH) >= 0 and not _names_another(folded, start)


def _names_another(folded: bytes, start: int) -> bool:
    return names_another(folded, start, _PHONE_WORDS)
