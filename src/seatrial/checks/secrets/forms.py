"""Secrets with a form of their own: JSON web tokens, private keys, and passwords in addresses."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator

from seatrial.checks.folded import every, scanner
from seatrial.checks.labelled import Labelled
from seatrial.checks.secrets.placeholders import is_placeholder

LONGEST = 16_384
"""Code points of the longest secret: a private key of 16,384 bits has some 12,700. A token or key that goes on is found
up to there.
"""

_JWT = scanner(r"\b_{0,3}eyJ[A-Za-z0-9_\-]{6,}={0,2}\.[A-Za-z0-9_\-]{2,}={0,2}\.[A-Za-z0-9_\-]*")


def tokens(folded: bytes) -> Iterator[Labelled]:
    """JSON web tokens and their encrypted kin, whose header can be read (RFC 7519, RFC 7516)."""
    for begin, end in every(_JWT, folded):
        start = folded.index(b"e", begin)
        end = min(end, start + LONGEST)
        if _is_header(folded[start : folded.find(b".", start, end)]):
            yield start, end, "jwt"


def _is_header(part: bytes) -> bool:
    try:
        read = json.loads(base64.urlsafe_b64decode(part.rstrip(b"=") + b"=" * (-len(part.rstrip(b"=")) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(read, dict) and ("alg" in read or "enc" in read or "typ" in read)


KEY_HEADER = scanner(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----"
    r"|PuTTY-User-Key-File-\d"
)
_GAP = r"(?:\s|\\[nrt]|[\"'+,]| ?\|? )"
_KEY_BODY = scanner(
    rf"(?:{_GAP}|[A-Za-z][A-Za-z\-]{{3,20}}: [^\n\\]{{0,120}}(?:\n"
    rf"|\\n))*(?:[A-Za-z0-9+/=]{{16,}}{_GAP}*)*(?:[A-Za-z0-9+/=]+)?"
)
_KEY_END = scanner(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_LEAST_KEY = 40
"""Code points a key has at least; what is shorter is talk of one."""


def private_keys(folded: bytes) -> Iterator[Labelled]:
    """Blocks of PEM (RFC 7468), OpenPGP and PuTTY, in code too, where line ends are escaped; without an end as well."""
    for start, begin in every(KEY_HEADER, folded):
        end = private_key_end(folded, start, begin)
        body = folded[begin:end]
        if sum(map(body.count, _KEY_LETTERS)) >= _LEAST_KEY:
            yield start, end, "private-key"


_KEY_LETTERS = tuple(bytes([byte]) for byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


def private_key_end(folded: bytes, start: int, begin: int) -> int:
    """Where the key ends whose header ends at `begin`: behind its last line, or with what is no longer key."""
    limit = start + LONGEST
    body = _KEY_BODY.match(folded, begin, min(len(folded), limit))
    end: int = body.end() if body else begin
    closing = _KEY_END.match(folded, end, min(len(folded), limit))
    return closing.end() if closing else end


_ADDRESS = scanner(
    r"\b_{0,3}[A-Za-z][A-Za-z0-9+.\-]{1,30}://[^\s:/@\"'<>?#]{0,80}:[^\s@\"'<>]{1,120}@[A-Za-z0-9\[$%{.\xff]"
)
_PORT = scanner(r"\d{1,5}/")
"""Behind a host, where no one is named: https://example.com:8080/@jane."""

_WEB = (b"http://", b"https://", b"ws://", b"wss://")


def addresses(folded: bytes) -> Iterator[Labelled]:
    """Passwords in addresses of databases, queues, files and pages: scheme://user:password@host."""
    for begin, behind in every(_ADDRESS, folded):
        start, end = folded.index(b":", folded.index(b"://", begin) + 3) + 1, behind - 2
        if not is_placeholder(folded[start:end]) and not _PORT.match(folded, start):
            yield start, end, "basic-auth" if folded[begin:start].lstrip(b"_").startswith(_WEB) else "connection-string"
