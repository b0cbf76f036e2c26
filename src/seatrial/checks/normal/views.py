"""Every way in which a text reads: as it is, normalised, and decoded again and again within limits.

One pass of a set of patterns says which decoders have anything to do; text in plain ASCII that no decoder has anything
to do with costs that pass and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from typing import Any

import re2

from seatrial.checks.normal import decode, pieces, spelling
from seatrial.checks.normal.aligned import Normalised
from seatrial.checks.normal.plain import plain

DEEPEST = 3
"""Codings within codings that are undone, like base64 of base64 of base64; in a text too long to be remembered, one."""

MOST_VIEWS = 16
GROWTH = 4
"""All views together have at most so many times the characters of the text, and `SLACK` more."""

SLACK = 4_096
REMEMBERED = 65_536
"""The views of a text of up to so many characters are kept for the next check that judges it."""

Decoder = Callable[[Normalised], Normalised]


def normalise(text: str) -> Normalised:
    """`text` as it reads: compatibility forms, invisible characters, marks and look-alike letters undone. Letter case
    stays, and lower case has the same length.
    """
    return plain(Normalised("raw", text))


def views(text: str) -> tuple[Normalised, ...]:
    """The text as it is, then every other way in which it reads, each differing from those before it."""
    return _remembered(text) if len(text) <= REMEMBERED else _views(text)


def _views(text: str) -> tuple[Normalised, ...]:
    found = {text: Normalised("raw", text)}
    room = GROWTH * len(text) + SLACK
    layer = list(found.values())
    deepest = DEEPEST if len(text) <= REMEMBERED else 1
    for depth in range(deepest + 1):
        following: list[Normalised] = []
        for view in layer:
            for reading in _readings(view, decoding=depth < deepest):
                if reading.text in found or not reading.text:
                    continue
                room -= len(reading.text)
                if room < 0 or len(found) >= MOST_VIEWS:
                    return tuple(found.values())
                found[reading.text] = reading
                if reading.name != "normalised" or view.name == "raw":
                    following.append(reading)
        layer = following
        if not layer:
            break
    return tuple(found.values())


_remembered = lru_cache(maxsize=16)(_views)


def _readings(view: Normalised, *, decoding: bool) -> Iterator[Normalised]:
    """The plain reading of a view and, when `decoding`, what its codings say."""
    simple = plain(view)
    if simple is not view:
        yield simple
    if not decoding:
        return
    if not view.text.isascii():
        yield decode.hidden(view)
        yield decode.shown_backwards(view)
    for decoder in _indicated(simple.text):
        if decoder.__name__ != view.name or decoder not in _ONCE:
            yield decoder(simple)


_ONCE = (spelling.spaced, spelling.leet, spelling.glued, pieces.stacked)
"""What these leave is nothing more for them."""


def _indicated(text: str) -> list[Decoder]:
    """The decoders for which the text has anything that could be theirs."""
    patterns, decoders = _signs()
    try:
        found = patterns.Match(text)
    except UnicodeEncodeError:  # cannot come from a plain reading, but from a decoder of bytes
        return []
    rows = (decoders[index] for index in sorted(found or ()))
    return list(dict.fromkeys(decoder for decoder, condition in rows if condition(text)))


def _always(text: str) -> bool:
    return True


_STOP = r"[ \t\r,]*(?:\.\s+|[;!?]+\s*|\n[ \t\r]*\n\s*|\n[ \t]*[0-9]+\.[ \t]+)(?:[0-9]{1,3}[.):][ \t]+)?"
"""A cheap sign of what keeps words apart in `pieces.stacked`."""


@cache
def _signs() -> tuple[Any, list[tuple[Decoder, Callable[[str], bool]]]]:
    """A set of patterns, and for each the decoder it is a sign of, with what has to hold as well."""
    options = re2.Options()
    options.max_mem = 32 << 20
    patterns = re2.Set.SearchSet(options)
    rows: list[tuple[str, Decoder, Callable[[str], bool]]] = [
        ("%[0-9A-Fa-f]{2}", decode.percent, _always),
        ("&(?:#[0-9xX]|[A-Za-z]{2})", decode.entities, _always),
        (r"\\(?:[uxU][0-9A-Fa-f{]{2}|[nrt]\pL)", decode.escapes, _always),
        ("[A-Za-z0-9+/_-]{16}", decode.from_base64, _always),
        (
            rf"(?:{pieces.MIXED})[A-Za-z0-9+/_-]*\s{{1,4}}[A-Za-z0-9+/_-]*(?:{pieces.MIXED})",
            pieces.base64_pieces,
            _always,
        ),
        (r"(?:\b[A-Za-z0-9+/]{2,3}\s{1,4}){6}", pieces.base64_pieces, pieces.has_mixed_letters),
        ("(?:[0-9A-Fa-f]{2}(?:[ ,:-]|, | ?0x|\\\\x|\\s{1,4})?){8}", decode.from_hex, _always),
        (r"(?:\b[A-Za-z0-9][\s.\-_*·/,~+|]{1,5}){3}[A-Za-z0-9]\b", spelling.spaced, _always),
        (rf"\pL(?:{_STOP}\pL+){{2}}", pieces.stacked, _always),
        (r"[A-Za-z][0134569@$!|€£][A-Za-z]|\b[0134579@$][A-Za-z]{2}", spelling.leet, _always),
        ("[A-Za-z]{18}", spelling.glued, _always),
        (_any_word(decode.SHIFTED), decode.rot13, decode.reads_shifted),
        (_any_word(decode.BACKWARDS), decode.backwards, decode.reads_backwards),
        (_any_word(decode.BACKWARDS), pieces.words_backwards, decode.reads_backwards),
    ]
    for pattern, _, _ in rows:
        patterns.Add(pattern)
    patterns.Compile()
    return patterns, [(decoder, condition) for _, decoder, condition in rows]


def _any_word(words: set[str]) -> str:
    return rf"(?i)\b(?:{'|'.join(sorted(words))})\b"
