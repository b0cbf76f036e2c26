"""Payment cards and bank accounts, by checksum.

Cards: the Luhn checksum and lengths of ISO/IEC 7812-1, and the ranges issuers have, as Wikipedia's "Payment card number"
lists them (read 2026-11). IBAN: ISO 13616, lengths by country from SWIFT's IBAN registry, release 98.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.folded import every, last, scanner
from seatrial.checks.personal.found import REACH, Found, Recogniser, names_another

_GAP = r"(?:[ .\-_/\x80]{1,3})"
_GROUPED = scanner(
    r"\b(?:"
    + "|".join(
        _GAP.join(rf"\d{{{size}}}" for size in sizes.split())
        for sizes in (
            "4 4 4 4 3",
            "4 4 4 4",
            "4 6 4,5",
            "4 4 4 1",
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

_WHOLE = scanner(r"\b\d{12,19}\b")
_CARD_WORDS = scanner(
    r"(?i)\b(?:credit|debit|card|cards|visa|master ?card|amex|american express|discover|diners|jcb|maestro|unionpay|cc|ccn|pan"
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
    return any(low <= first <= high and length in lengths for low, high, lengths in _RANGES)


_GAPS = b" .-_/\x80"


def _cards(folded: bytes, text: str) -> Iterator[Found]:
    for pattern in (_GROUPED, _WHOLE):
        for start, end in every(pattern, folded):
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


_LENGTHS = {
    country: int(length)
    for country, length in (
        (pair[:2].encode(), pair[2:])
        for pair in [
            "AD24",
            "AE23",
            "AL28",
            "AT20",
            "AZ28",
            "BA20",
            "BE16",
            "BG22",
            "BH22",
            "BI27",
            "BR29",
            "BY28",
            "CH21",
            "CR22",
            "CY28",
            "CZ24",
            "DE22",
            "DJ27",
            "DK18",
            "DO28",
            "EE20",
            "EG29",
            "ES24",
            "FI18",
            "FK18",
            "FO18",
            "FR27",
            "GB22",
            "GE22",
            "GI23",
            "GL18",
            "GR27",
            "GT28",
            "HN28",
            "HR21",
            "HU28",
            "IE22",
            "IL23",
            "IQ23",
            "IS26",
            "IT27",
            "JO30",
            "KW30",
            "KZ20",
            "LB28",
            "LC32",
            "LI21",
            "LT20",
            "LU20",
            "LV21",
            "LY25",
            "MC27",
            "MD24",
            "ME22",
            "MK19",
            "MN20",
            "MR27",
            "MT31",
            "MU30",
            "NI28",
            "NL18",
            "NO15",
            "OM23",
            "PK24",
            "PL28",
            "PS29",
            "PT25",
            "QA29",
            "RO24",
            "RS22",
            "RU33",
            "SA24",
            "SC31",
            "SD18",
            "SE24",
            "SI19",
            "SK24",
            "SM27",
            "SO23",
            "ST25",
            "SV28",
            "TL23",
            "TN24",
            "TR26",
            "UA29",
            "VA22",
            "VG24",
            "XK20",
            "YE30",
        ]
    )
}
_IBAN = scanner(r"(?i)\b[A-Z]{2}\d{2}[ \-.]?[A-Z0-9]{1,4}[ \-.]?[A-Z0-9]{2}")
_ALNUM = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")


def _ibans(folded: bytes, text: str) -> Iterator[Found]:
    for start, _ in every(_IBAN, folded):
        length = _LENGTHS.get(folded[start : start + 2].upper())
        end = _take(folded, start, length) if length else None
        if end is not None and iban(folded[start:end].translate(None, b" -.").upper()):
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
        ("payment-card",), r"\b\d{4}[ .\-_/\x80]{0,3}\d{3,6}[ .\-_/\x80]{0,3}\d{3}|\d{5}[ .\-_/\x80]{1,3}\d{5}", _cards
    ),
    Recogniser(("iban",), r"(?i)\b[A-Z]{2}\d{2}[ \-.]?[A-Z0-9]{1,4}[ \-.]?[A-Z0-9]{2}", _ibans),
)
