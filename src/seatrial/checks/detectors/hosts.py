"""Addresses in text: where they stand, and which host they really lead to."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
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
    authority = re.split(r"[/\\?#]", rest, maxsplit=1)[0]
    if len(authority) == len(rest) and len(address) >= LONGEST:
        return ""
    host = authority.rpartition("@")[2]
    if not host.startswith("["):
        host = host.partition(":")[0]
    return plain_host(host)


def plain_host(host: str) -> str:
    """A host in the one form that hosts are compared in: decoded, in lower case, in ASCII (IDNA)."""
    name = unicodedata.normalize("NFKC", unquote(host)).strip(".").lower().replace("。", ".")
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return ""


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
        yield start, end - _trailing(address), address


def _trailing(address: str) -> int:
    """The characters at the end that belong to the sentence and not to the address."""
    return len(address) - len(address.rstrip(_TRAILING))


def is_allowed(address: str, allow: list[Host]) -> bool:
    host = host_of(address)
    return host is not None and is_one_of(host, allow)


def is_one_of(host: str, allow: list[Host]) -> bool:
    """A host that cannot be read is none of them."""
    return bool(host) and any(each.holds(host) for each in allow)
