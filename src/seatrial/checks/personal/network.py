"""E-mail, IP and MAC addresses.

Forms: RFC 5321 and 5322 for mail as it is written in practice (no quoted local parts, no comments), RFC 4291 for
IPv6, IEEE 802 for MAC. Addresses of no one in particular (loopback, unspecified, broadcast) are not personal.
"""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.folded import begun, every, last, scanner
from seatrial.checks.personal.found import DIGITS, REACH, WORD, Found, Recogniser

_LOCAL = r"[A-Za-z0-9_\xff](?:[A-Za-z0-9._%+'\-\xff]{0,63})"
_LABEL = r"[A-Za-z0-9\xff](?:[A-Za-z0-9\-\xff]{0,61}[A-Za-z0-9\xff])?"
_BEFORE = r"(?:^|[^A-Za-z0-9._%+\-\xff@])"
_EMAIL = scanner(rf"{_BEFORE}{_LOCAL}@(?:{_LABEL}\.){{1,6}}(?:[A-Za-z\xff]{{2,24}}|xn--[A-Za-z0-9\-]{{2,59}})")
_WORD_BYTES = WORD | {0xFF}
"""With letters beyond ASCII, as folded text has them."""

_GOES_ON = _WORD_BYTES | frozenset(b"-")
_IN_URL = scanner(r"://[^\s/@\"'<>]{0,80}$")
_FILE = frozenset((b"png", b"jpg", b"jpeg", b"gif", b"webp", b"svg", b"js", b"css", b"json", b"html"))
"""Endings of files, none of them a top-level domain: icon@2x.png."""

_AT = r"(?: ?[\[({<] ?(?:at|AT|At|@) ?[\])}>] ?)"
_DOT = r"(?: ?[\[({<] ?(?:dot|DOT|Dot|\.|punkt|point) ?[\])}>] ?)"
_BRACKETED = scanner(
    rf"{_BEFORE}(?:{_LOCAL}(?:{_DOT}[A-Za-z0-9_\-]{{1,30}}){{0,3}}{_AT}(?:{_LABEL}(?:{_DOT}|\."
    rf"| dot )){{1,5}}[A-Za-z]{{2,24}}"
    rf"|{_LOCAL}@(?:{_LABEL}(?:{_DOT}|\.)){{0,4}}{_LABEL}{_DOT}[A-Za-z]{{2,24}})"
)
_SPOKEN = scanner(
    rf"(?i){_BEFORE}[a-z0-9_]"
    r"(?:[a-z0-9._%+\-]{0,40})(?: dot [a-z0-9_\-]{1,30}){0,3} at "
    r"(?:[a-z0-9\-]{1,40} dot ){1,4}(?:com|org|net|edu|gov|io|co|me|info|dev|app|ai|uk|de|fr|es|it|nl|eu|ca|au|in|ch"
    r"|at)\b"
)
MAIL_WORDS = scanner(r"(?i)\be-?mails?\b|\bmail(?:ed|ing)?\b|\b(?:reach|contact|write|ping) (?:me|us|him|her|them)\b")


def _emails(folded: bytes, text: str) -> Iterator[Found]:
    for start, end in begun(_EMAIL, folded, _WORD_BYTES):
        if end < len(folded) and folded[end] in _GOES_ON:
            continue
        address = folded[start:end]
        if b".." in address or b".@" in address or _IN_URL.search(folded[max(0, start - 90) : start]):
            continue
        if address.startswith(b"git@") and folded[end : end + 1] == b":":
            continue
        ending = address.rpartition(b".")[2]
        if ending.lower() in _FILE:
            continue
        yield Found(start, end - _next_sentence(address, ending), "email", True)


def _next_sentence(address: bytes, ending: bytes) -> int:
    """How much of the match is the sentence behind it: jane@example.com.Thanks."""
    domain = address.rpartition(b"@")[2]
    begun = ending[:1].isupper() and domain.count(b".") > 1 and domain[: -len(ending)].upper() != domain[: -len(ending)]
    return len(ending) + 1 if begun else 0


def _hidden_emails(folded: bytes, text: str) -> Iterator[Found]:
    for start, end in begun(_BRACKETED, folded, _WORD_BYTES):
        yield Found(start, end, "email", True)


def _spoken_emails(folded: bytes, text: str) -> Iterator[Found]:
    for start, end in begun(_SPOKEN, folded, _WORD_BYTES):
        if last(MAIL_WORDS, folded, start, REACH) >= 0:
            yield Found(start, end, "email", True)


_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IP4 = scanner(rf"\b{_OCTET}(?:\.{_OCTET}){{3}}\b")
_VERSION = scanner(
    r"(?i)(?:\bv(?:er)?\.? ?|\b(?:versions?|releases?|build|firmware|driver|patch|rev|revision|sdk|section|chapter"
    r"|clause|oid|tag"
    r"|update|updated|upgrade|upgraded|downgrade|downgraded|bump|bumped|changelog|snapshot|kernel)(?: (?:is|was|number"
    r"|no\.?|to|from"
    r"|from version|to version|of))?[ :#=(\"'`]{0,3}|[a-z0-9)]/|[=~^<>!]= ?|\^|(?:^|[^~])~)$"
)
_VERSIONS = scanner(r"(?i)[=~<>]=\s?\d|\bversions?\b|\bv\d|\bfirmware\b|\bupgraded?\b|\bdowngraded?\b|\brelease\b")
_HOSTS = scanner(
    r"(?i)\b(?:ips?|ipv4|host|server|address|ping|ssh|from|client|node|port|subnet|gateway|dns|router|login|at|blocked"
    r"|banned)\b"
)
_VERSION_REACH = 28
_NOBODY4 = (b"0.0.0.0", b"255.255.255.255", b"127.")


def _ip4(folded: bytes, text: str) -> Iterator[Found]:
    for match in _IP4.finditer(folded):
        start, end = match.span()
        before, after = folded[max(0, start - 2) : start], folded[end : end + 2]
        if before[-1:] == b"." or (before[-1:] == b"-" and before[:1].isdigit()):
            continue
        if after[:1] == b"." and after[1:].isdigit():
            continue
        if folded[start:end].startswith(_NOBODY4) or _is_version(folded, start):
            continue
        yield Found(start, end, "ip-address", True)


def _is_version(folded: bytes, start: int) -> bool:
    """Whether four numbers with points are those of a version: right behind its name, or in talk of one."""
    if _VERSION.search(folded[max(0, start - 32) : start]):
        return True
    said = last(_VERSIONS, folded, start, _VERSION_REACH)
    return said >= 0 and said > last(_HOSTS, folded, start, _VERSION_REACH)


_IP6 = scanner(r"[0-9A-Fa-f]{0,4}:[0-9A-Fa-f]{0,4}:(?:[0-9A-Fa-f:]{0,32}:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f:]{0,32})")
_IP6_GOES_ON = scanner(r":[0-9A-Fa-f:]")
_HEX = frozenset(b"0123456789abcdefABCDEF")


def _ip6(folded: bytes, text: str) -> Iterator[Found]:
    for match in _IP6.finditer(folded):
        start, end = match.span()
        if start and (folded[start - 1] in _WORD_BYTES or folded[start - 1] == ord(":")):
            continue
        if end < len(folded) and (folded[end] in _WORD_BYTES or _IP6_GOES_ON.match(folded, end)):
            continue
        while folded[end - 1] == ord(":") and folded[end - 2] != ord(":"):
            end -= 1
        address = folded[start:end]
        if (address.count(b":") == 7 or b"::" in address) and _is_somebody6(address):
            yield Found(start, end, "ip-address", True)


def _is_somebody6(address: bytes) -> bool:
    """Whether it is an IPv6 address (RFC 4291, section 2.2), of somebody. `a::b` and `Bad::Cafe` are code: some digit,
    and three groups or one with three digits, make it an address.
    """
    head, short, tail = address.partition(b"::")
    groups = [group for part in (head, tail) if part for group in part.split(b":")]
    size = len(groups)
    if groups and b"." in groups[-1]:
        groups.pop()
        size += 1
    if (size > 7 if short else size != 8) or not all(1 <= len(group) <= 4 for group in groups):
        return False
    return (
        b"." not in b"".join(groups)
        and not address.isalpha()
        and any(byte in DIGITS for byte in address)
        and (len(groups) > 2 or any(len(group) > 2 for group in groups))
    )


_MAC = scanner(
    r"(?i)\b(?:[0-9a-f]{2}(?::[0-9a-f]{2}){5}|[0-9a-f]{2}(?:-[0-9a-f]{2}){5}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})\b"
)
_MAC_WORDS = scanner(r"(?i)\b(?:mac|ethernet|wifi|wi-fi|bluetooth|ble|hw ?addr|hardware|adapter|interface|device)\b")


def _macs(folded: bytes, text: str) -> Iterator[Found]:
    for start, end in every(_MAC, folded):
        if start > 1 and folded[start - 1] in b":-." and folded[start - 2] in _WORD_BYTES:
            continue
        if folded[end : end + 1] in (b":", b"-", b".") and folded[end + 1 : end + 2] and folded[end + 1] in _HEX:
            continue
        pairs = folded[start:end].lower().translate(None, b":-.")
        if pairs in (b"000000000000", b"ffffffffffff"):
            continue
        plain = folded[start + 2] != ord(":") and pairs.isdigit()
        if not plain or last(_MAC_WORDS, folded, start, REACH) >= 0:
            yield Found(start, end, "mac-address", True)


RECOGNISERS = (
    Recogniser(("email",), r"@", _emails),
    Recogniser(("email",), r"[\])}>] ?[A-Za-z0-9]{1,63}", _hidden_emails),
    Recogniser(("email",), r"(?i) at [a-z0-9\-]{1,40} dot ", _spoken_emails),
    Recogniser(("ip-address",), r"\d\.\d{1,3}\.\d{1,3}\.\d", _ip4),
    Recogniser(("ip-address",), r"[0-9A-Fa-f]?:[0-9A-Fa-f]{0,4}:", _ip6),
    Recogniser(
        ("mac-address",), r"(?i)\b[0-9a-f]{2}[:-][0-9a-f]{2}[:-][0-9a-f]{2}[:-]|\b[0-9a-f]{4}\.[0-9a-f]{4}\.", _macs
    ),
)
