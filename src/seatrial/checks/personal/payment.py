"""Payment cards and bank accounts, by checksum.

Cards: the Luhn checksum and lengths of ISO/IEC 7812-1, and the ranges issuers have, as Wikipedia's "Payment card
number" lists them (read 2026-11). IBAN: ISO 13616, lengths by country from SWIFT's IBAN registry, release 98.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.folded import every, last, scanner
from seatrial.checks.personal.found import DIGITS, LETTERS, REACH, Found, Recogniser, names_another

_GAP = r"(?:[ .\-_/\x80]{1,3})"
_GROUPED = scanner(
    r"(?:\b|[A-Za-z_])(?:"
    + "|".join(
        _GAP.join(rf"\d{{{size}}}" for size in sizes.split())
        for sizes in (
            "4 4 4 4 3",
            "4 4 4 4",
            "4 6 4,5",
            "4 4 4 1,3",
            "4 4 4",
            "4 3 3 3",
            "6 10,13",
            "8 8,11",
            "4 12",
            "12 4",
            "5 5 5",
        )
    )
    + r")\b"
)
"""How cards print their numbers, and people copy them."""

_WHOLE = scanner(r"(?:\b|[A-Za-z_])\d{12,19}\b")
_SAYS_CARD = scanner(
    r"(?i)(?:^|[^A-Za-z\xff])(?:(?:credit|debit|kredit)?(?:cards?|karte)|visa|mastercard|amex|discover|diners|jcb"
    r"|maestro|unionpay|ccn?|carte|tarjeta|cart[a\xff]o|carta|kaart)(?:_?(?:no|nr|num|number|nummer))?_{0,2}$"
)
"""Joined to a number: card_4111…, Karte4111…. Numbers that are joined to anything else are ids, and hashes."""

_SAYS_CARD_REACH = 40
_CARD_WORDS = scanner(
    r"(?i)\b(?:credit|debit|card|cards|visa|master ?card|amex|american express|discover|diners|jcb|maestro|unionpay|cc"
    r"|ccn|pan"
    r"|karte|kreditkarte|carte|tarjeta|carta|cart[\xffa]o|kaart|payments?|charge[ds]?|pay|paid|checkout|cvv|cvc)\b"
)

_RANGES: tuple[tuple[int, int, frozenset[int]], ...] = tuple(
    (int(str(low).ljust(6, "0")), int(str(high).ljust(6, "9")), frozenset(lengths))
    for low, high, lengths in (
        (4, 4, (13, 16, 19)),  # Visa
        (51, 55, (16,)),  # Mastercard
        (2221, 2720, (16,)),
        (34, 34, (15,)),  # American Express
        (37, 37, (15,)),
        (6011, 6011, (16, 17, 18, 19)),  # Discover
        (644, 649, (16, 17, 18, 19)),
        (65, 65, (16, 17, 18, 19)),  # with RuPay and Verve
        (60, 60, (16,)),  # RuPay
        (508, 508, (16,)),
        (300, 305, (14, 16)),  # Diners Club
        (3095, 3095, (14, 16)),
        (36, 36, (14, 16, 17, 18, 19)),
        (38, 39, (14, 16)),
        (3500, 3599, (16, 17, 18, 19)),  # JCB, which has 3528 to 3589; numbers for tests have the others
        (2131, 2131, (15,)),
        (1800, 1800, (15,)),
        (62, 62, (16, 17, 18, 19)),  # UnionPay
        (81, 81, (16, 17, 18, 19)),
        (50, 50, (12, 13, 14, 15, 16, 17, 18, 19)),  # Maestro
        (56, 59, (12, 13, 14, 15, 16, 17, 18, 19)),
        (61, 61, (12, 13, 14, 15, 16, 17, 18, 19)),
        (63, 64, (12, 13, 14, 15, 16, 17, 18, 19)),
        (66, 69, (12, 13, 14, 15, 16, 17, 18, 19)),
        (2200, 2204, (16, 17, 18, 19)),  # Mir
        (9792, 9792, (16,)),  # Troy
        (506099, 506198, (16, 18, 19)),  # Verve
    )
)
_BY_TWO = [tuple(each for each in _RANGES if each[0] // 10_000 <= two <= each[1] // 10_000) for two in range(100)]
"""The ranges that have a place for numbers with these first two digits."""

_USUAL = frozenset((13, 14, 15, 16, 19))
"""Lengths at which a number without gaps is a card by itself. Other lengths are those of ids of messages
and goods too, and need a word that says card.
"""

_DOUBLED = bytes(range(ord("0"))) + bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9])
_DOUBLED += bytes(256 - len(_DOUBLED))


def luhn(digits: bytes) -> bool:
    """Whether ASCII digits end in their check digit (ISO/IEC 7812-1, annex B)."""
    plain = digits[::-2]
    return (sum(plain) - len(plain) * 48 + sum(digits[-2::-2].translate(_DOUBLED))) % 10 == 0


def _issued(digits: bytes) -> bool:
    first, length = int(digits[:6]), len(digits)
    return any(low <= first <= high and length in lengths for low, high, lengths in _BY_TWO[first // 10_000])


_GAPS = b" .-_/\x80"


def _cards(folded: bytes, text: str) -> Iterator[Found]:
    for pattern in (_GROUPED, _WHOLE):
        for start, end in every(pattern, folded):
            if folded[start] not in DIGITS:
                start += 1
                if _SAYS_CARD.search(folded[max(0, start - _SAYS_CARD_REACH) : start]) is None:
                    continue
            digits = folded[start:end].translate(None, _GAPS)
            if not luhn(digits) or not _issued(digits) or _goes_on(folded, start, end):
                continue
            if not names_another(folded, start, _CARD_WORDS) and (
                len(digits) in _USUAL or last(_CARD_WORDS, folded, start, REACH) >= 0
            ):
                yield Found(start, end, "payment-card", True)


def _goes_on(folded: bytes, start: int, end: int) -> bool:
    """Whether the digits are part of a decimal number, a code in <…> as chats write it, or a path."""
    before, after = folded[max(0, start - 2) : start], folded[end : end + 2]
    if before[-1:] in (b".", b",") and before[:1].isdigit():
        return True
    if before[-1:] in (b":", b"@", b"#", b"&", b"!") and after[:1] == b">":
        return True
    return after[:1] in (b".", b",") and after[1:].isdigit()


_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FI FK FO GL NL SD",
    19: "MK SI",
    20: "AT BA EE KZ LT LU MN XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ OM SO TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "BI DJ FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU YE",
    31: "MT SC",
    32: "LC",
    33: "RU",
}
_LENGTHS = {country.encode(): length for length, countries in _COUNTRIES.items() for country in countries.split()}
_IBAN = scanner(r"(?i)\b[A-Z]{2}\d{2}[ \-.]?[A-Z0-9]{1,4}[ \-.]?[A-Z0-9]{2}")
_ALNUM = DIGITS | LETTERS


def _ibans(folded: bytes, text: str) -> Iterator[Found]:
    for start, _ in every(_IBAN, folded):
        length = _LENGTHS.get(folded[start : start + 2].upper())
        end = _take(folded, start, length) if length else None
        if end is None or not iban(folded[start:end].translate(None, b" -.").upper()):
            continue
        if folded[start:end].isupper() or end - start == length:
            yield Found(start, end, "iban", True)


def _take(folded: bytes, start: int, count: int) -> int | None:
    """Where `count` letters and digits end that begin at `start`, with at most one gap between two; None where they do
    not, or go on.
    """
    at = start
    while count:
        if at >= len(folded):
            return None
        if folded[at] in _ALNUM:
            count -= 1
        elif folded[at] not in b" -." or folded[at - 1] not in _ALNUM:
            return None
        at += 1
    return None if at < len(folded) and folded[at] in _ALNUM else at


def iban(account: bytes) -> bool:
    """Whether the check digits are right: mod 97 of the rearranged number is 1 (ISO 7064)."""
    return int("".join(str(int(chr(byte), 36)) for byte in account[4:] + account[:4])) % 97 == 1


RECOGNISERS = (
    Recogniser(
        ("payment-card",),
        r"(?:\b|[A-Za-z_])\d{4}[ .\-_/\x80]{0,3}\d{3,6}[ .\-_/\x80]{0,3}\d{3}|\d{5}[ .\-_/\x80]{1,3}\d{5}",
        _cards,
    ),
    Recogniser(("iban",), r"(?i)\b[A-Z]{2}\d{2}[ \-.]?[A-Z0-9]{1,4}[ \-.]?[A-Z0-9]{2}", _ibans),
)
