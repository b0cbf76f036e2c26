"""What `secrets` needs of a stream: which end of a text may still become a secret.

Keys and tokens are one word, so the last word is always open. A private key is open until its end line, a quoted password
until its quote.
"""

from __future__ import annotations

from seatrial.checks.folded import every, fold, scanner
from seatrial.checks.holdback import Holdback
from seatrial.checks.secrets.forms import KEY_HEADER, LONGEST, private_key_end
from seatrial.checks.secrets.named import LONGEST_QUOTED, REACH, quoted_values

BOUND = LONGEST + 64
BEFORE = BOUND + REACH
"""A password may stand in a private key that begins before it."""

_HEADER_BEGUN = scanner(r"(?:-{4,5} ?[A-Za-z0-9 ]{0,60}-{0,5}|PuTTY[A-Za-z0-9\-]{0,20})$")
_LONGEST_HEADER = 80
_LONGEST_LINE = 160
_LINE_BEGUN = scanner(r"(?:[A-Za-z\-][A-Za-z0-9 \-]*)?(?:: ?[^\n\\]*\\?)?$")


def holdback(**_: object) -> Holdback:
    """The same whatever is looked for."""
    return Holdback(bound=BOUND, before=BEFORE, open_from=open_from)


def open_from(text: str) -> int:
    """The index in `text` from which it may still become a secret."""
    cut = max(0, len(text) - BOUND)
    tail = fold(text[cut:])
    return cut + min(_last_word(tail), _quoted(tail), _private_key(tail))


def _last_word(tail: bytes) -> int:
    return max(tail.rfind(space) for space in (b" ", b"\n", b"\r", b"\t")) + 1


def _quoted(tail: bytes) -> int:
    """Where a quoted password begins whose quote has not come."""
    cut = max(0, len(tail) - LONGEST_QUOTED - REACH)
    near = tail[cut:]
    places = [cut + start for start in quoted_values(near) if len(near) - start < LONGEST_QUOTED]
    return min(places, default=len(tail))


def _private_key(tail: bytes) -> int:
    """Where a private key begins that is not at its end, or a line that may become the first one of one."""
    begun = _HEADER_BEGUN.search(tail[-_LONGEST_HEADER:])
    place = len(tail) if begun is None else max(0, len(tail) - _LONGEST_HEADER) + begun.start()
    for start, begin in every(KEY_HEADER, tail):
        rest = tail[private_key_end(tail, start, begin) :]
        if len(rest) < _LONGEST_LINE and _LINE_BEGUN.match(rest):
            return min(place, start)
    return place
