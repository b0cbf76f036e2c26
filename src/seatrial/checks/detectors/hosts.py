"""Addresses in text: where they stand, and which host they really lead to."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from encodings.idna import nameprep
from functools import lru_cache
from urllib.parse import unquote

from seatrial.checks.parameters import Converted
from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.spec.nodes import describe_value

LONGEST = 2_048
"""Code points of an address that are judged; a longer one leads nowhere that is allowed if its host is not within."""

_SCHEME = re.compile(r"(?i)(?<![a-z0-9])(?:https?|hxxps?|ftps?|wss?|file|javascript|vbscript|data):(?=[^\s\"'<>)\]])")
_WEB = re.compile(r"(?i)(?:https?|hxxps?|ftps?|wss?|file):[/\\]*")
_DELIMITER = re.compile(r"[\s\"'<>`]")
_TRAILING = ".,;:!?)]}*_~|"
_OPENING = {")": "(", "]": "[", "}": "{"}

_ENDINGS = (
    "com net org info biz edu gov mil int io dev app ai co xyz top site online shop store tech me tv gg cc ws club live"
    " link click cloud page web pro ru cn uk de fr it es nl pl br in jp kr ca au ch at be se no dk fi cz eu us to ly"
)
"""Endings of bare addresses that are looked for; those that are also endings of files (py, rs, sh, md, zip) are not."""

_BARE = re.compile(
    r"(?i)(?<![\w.@/\\:%-])(?:www\.[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}|(?:[a-z0-9-]{1,63}\.){1,8}"
    rf"(?:{_ENDINGS.replace(' ', '|')}))(?![\w@-]|\.\w)"
)


class Host(Converted):
    """A host that may be linked to, `*.` in front for all hosts under it."""

    def __init__(self, name: str) -> None:
        self.under = name.startswith("*.")
        self.name = plain_host(name.removeprefix("*."))
        self.version = digest(name)

    @classmethod
    def read(cls, raw: object) -> Host:
        """Raises SpecError for what is no host, like an address with a scheme or a path."""
        if isinstance(raw, str) and re.fullmatch(r"(?:\*\.)?[^\s/\\:@*?#\[\]]+(?:\.[^\s/\\:@*?#\[\]]+)*", raw):
            return cls(raw)
        raise SpecError(
            "the host is not right",
            expected="a host like example.com, or *.example.com for those under it",
            got=describe_value(raw),
            hint="without https:// and without a path" if isinstance(raw, str) and "/" in raw else None,
        )

    def holds(self, host: str) -> bool:
        return host.endswith("." + self.name) if self.under else host == self.name


def host_of(address: str) -> str | None:
    """The host an address leads to, as a browser reads it; None for one that leads to no host (data:, javascript:) and
    an empty text where the host cannot be read.
    """
    scheme = _WEB.match(address)
    if scheme is None and re.match(r"(?i)[a-z]+:", address) and not _BARE.match(address):
        return None
    rest = address[scheme.end() :] if scheme is not None else address.lstrip("/\\")
    authority = _authority(rest)
    if len(authority) == len(rest) and len(address) >= LONGEST:
        return ""
    return host_in(authority)


def _authority(rest: str) -> str:
    """What stands before the path, the query and the fragment."""
    for sign in "/\\?#":
        rest = rest.partition(sign)[0]
    return rest


def host_in(authority: str) -> str:
    """The host of a user, host and port, as a browser reads it."""
    host = authority.rpartition("@")[2]
    if not host.startswith("["):
        host = host.partition(":")[0]
    return plain_host(host)


@lru_cache(maxsize=1024)
def plain_host(host: str) -> str:
    """A host in the one form that hosts are compared in: decoded, in lower case, in ASCII (IDNA)."""
    name = unicodedata.normalize("NFKC", unquote(host)).strip(".").lower().replace("。", ".")
    if name.isascii():
        return name
    labels = name.split(".")
    if all(map(_KEPT.__getitem__, name)) and unicodedata.is_normalized("NFKC", name):
        coded = [each if each.isascii() else f"xn--{each.encode('punycode').decode()}" for each in labels]
        if all(0 < len(each) < 64 for each in coded) and not any(each.startswith("xn--") for each in labels):
            return ".".join(coded)
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


class _Kept(dict[str, bool]):
    """Whether a character of a host stays what it is where the host is put into ASCII, worked out when first met. The
    codec of the standard library asks a dozen tables for each, every time.
    """

    def __missing__(self, character: str) -> bool:
        try:
            kept = nameprep(character) == character and unicodedata.bidirectional(character) not in ("R", "AL")
        except UnicodeError:
            kept = False
        self[character] = kept
        return kept


_KEPT = _Kept()


def addresses(text: str, *, bare: bool) -> Iterator[tuple[int, int, str]]:
    """(start, end, address) of every address; one inside another counts by itself."""
    starts = [match.start() for match in _SCHEME.finditer(text)] if ":" in text else []
    if bare and "." in text:
        starts.extend(match.start() for match in _BARE.finditer(text))
    if not starts:
        return
    delimiters = [match.start() for match in _DELIMITER.finditer(text)]
    for start in sorted(starts):
        after = bisect_left(delimiters, start)
        end = min(delimiters[after] if after < len(delimiters) else len(text), start + LONGEST)
        address = text[start:end]
        yield start, start + own_length(address), address


def own_length(address: str) -> int:
    """The characters of an address without those at its end that belong to the sentence around it: brackets that it
    opens itself belong to it.
    """
    length = len(address.rstrip(_TRAILING))
    opened: dict[str, int] = {}
    for place in range(length, len(address)):
        sign = address[place]
        if sign in _OPENING:
            if sign not in opened:
                opened[sign] = address.count(_OPENING[sign], 0, length) - address.count(sign, 0, length)
            opened[sign] -= 1
            if opened[sign] < 0:
                break
            length = place + 1
    return length


def is_allowed(address: str, allow: list[Host]) -> bool:
    host = host_of(address)
    return host is not None and is_one_of(host, allow)


def is_one_of(host: str, allow: list[Host]) -> bool:
    """A host that cannot be read is none of them."""
    return bool(host) and any(each.holds(host) for each in allow)
