"""What is written in another coding, read: percent signs, entities, escapes, base64, hex, ROT13, backwards, hidden.

Each decoder takes a view and gives it back with what it decoded in the place of what was coded, so that a hidden order
is read together with the words around it. What does not decode to text stays.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Callable, Iterable, Iterator
from html.entities import html5
from typing import Any

import re2

from seatrial.checks.normal.aligned import Edit, Normalised
from seatrial.checks.normal.vocabulary import WORDS

_PERCENT = re.compile("(?:%[0-9A-Fa-f]{2})+")
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,30};?));?")
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|U([0-9A-Fa-f]{8})|([nrt])(?=[^\W\d_]))"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{4,})*={0,2}")
_HEX = re2.compile(
    r"[0-9A-Fa-f]{16,}(?:\s{1,4}[0-9A-Fa-f]{2,})*"
    r"|(?:(?:0x|\\x)?[0-9A-Fa-f]{2}(?:[ :-]|, ?| ?0x)|\\x[0-9A-Fa-f]{2}){7,}(?:0x|\\x)?[0-9A-Fa-f]{2}"
    r"|\b(?:[0-9A-Fa-f]{3,}\s{1,4}){2,}[0-9A-Fa-f]{2,}\b"
)
"""By re2, as a beginning stands in every second word."""

_WHOLE_HEX = re.compile("[0-9A-Fa-f]{16,}")
_HEX_SIGNS = re.compile(r"0x|[^0-9A-Fa-f]")
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_TAG_LETTERS = {code: code - 0xE0000 for code in range(0xE0020, 0xE007F)}
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")
_OVERRIDE = re.compile("[\u202e\u2067]([^\u202c\u2069\n]+)")
_WORD = re.compile("[A-Za-z]{3,}")

SHIFTED = {codecs.encode(word, "rot13") for word in WORDS if len(word) > 2} - WORDS
BACKWARDS = {word[::-1] for word in WORDS if len(word) > 2} - WORDS


def percent(source: Normalised) -> Normalised:
    return source.edited("percent", list(_percent_edits(source.text)))


def _percent_edits(text: str) -> Iterator[Edit]:
    for run in _PERCENT.finditer(text):
        data = bytes.fromhex(run[0].replace("%", ""))
        reading = data.decode("utf-8", "replace")
        yield run.start(), run.end(), reading, 3 if len(reading) == len(data) else 0


def entities(source: Normalised) -> Normalised:
    return source.edited("entities", list(_entity_edits(source.text)))


def _entity_edits(text: str) -> Iterator[Edit]:
    for match in _ENTITY.finditer(text):
        decimal, hexadecimal, name = match.groups()
        if name is None:
            reading = _character(int(decimal) if decimal else int(hexadecimal, 16))
        else:
            reading = html5.get(name, "")
        if reading:
            yield match.start(), match.end(), reading, 0


def escapes(source: Normalised) -> Normalised:
    """The escapes of JSON, JavaScript and Python for one character; a line break or tab before a word parts it from
    what stands before.
    """
    return source.edited("escapes", list(_escape_edits(source.text)))


def _escape_edits(text: str) -> Iterator[Edit]:
    for match in _ESCAPE.finditer(text):
        reading = " " if match[5] else _character(int(next(filter(None, match.groups())), 16))
        if reading:
            yield match.start(), match.end(), reading, 0


def _character(code: int) -> str:
    return chr(code) if code in range(1, 0xD800) or code in range(0xE000, 0x110000) else ""


def from_base64(source: Normalised) -> Normalised:
    return source.edited("base64", list(_text_edits(_BASE64.finditer(source.text), _base64_bytes)))


def _base64_bytes(run: str) -> bytes:
    letters = "".join(run.rstrip("=").split()).replace("-", "+").replace("_", "/")
    letters = letters[: len(letters) - (len(letters) % 4 == 1)]
    return base64.b64decode(letters + "=" * (-len(letters) % 4))


def from_hex(source: Normalised) -> Normalised:
    return source.edited("hex", list(_hex_edits(source.text)))


def _hex_edits(text: str) -> Iterator[Edit]:
    """Runs cut by white space as one coding, or, where that is no text, what stands in them uncut."""
    for run in _HEX.finditer(text):
        edits = list(_text_edits([run], _hex_bytes))
        yield from edits or _text_edits(_WHOLE_HEX.finditer(text, run.start(), run.end()), _hex_bytes)


def _hex_bytes(run: str) -> bytes:
    digits = _HEX_SIGNS.sub("", run)
    return bytes.fromhex(digits[: len(digits) & ~1])


def _text_edits(runs: Iterable[Any], read: Callable[[str], bytes]) -> Iterator[Edit]:
    """Edits for the runs that decode to text; anything else that looks like a coding is left alone."""
    for run in runs:
        try:
            data = read(run[0])
            if _unlikely(data[0]):
                continue
            text = data.decode("utf-8")
        except (binascii.Error, ValueError):
            continue
        if _reads_as_text(text):
            yield run.start(), run.end(), text, 0


def _unlikely(byte: int) -> bool:
    """Whether no text in UTF-8 begins with a byte: most letters that are no coding are told by their first."""
    return byte < 9 or 13 < byte < 32 or 126 < byte < 0xC2 or byte > 0xF4


def _reads_as_text(text: str) -> bool:
    printable = sum(map(str.isprintable, text)) + text.count("\n") + text.count("\t") + text.count("\r")
    return bool(text) and 20 * printable >= 19 * len(text)


def rot13(source: Normalised) -> Normalised:
    return source.respelled("rot13", codecs.encode(source.text, "rot13"))


def backwards(source: Normalised) -> Normalised:
    return source.backwards("reversed")


def reads_shifted(text: str) -> bool:
    return _reads_as(text, SHIFTED)


def reads_backwards(text: str) -> bool:
    return _reads_as(text, BACKWARDS)


def _reads_as(text: str, coded: set[str]) -> bool:
    """Whether two different words of the text, or the half of a short one, are frequent words in a coding."""
    words = set(map(str.lower, _WORD.findall(text)))
    found = len(words & coded)
    return found >= 2 or (found == 1 and len(words) <= 2)


def shown_backwards(source: Normalised) -> Normalised:
    """What stands behind a right-to-left override is shown from its end."""
    edits = [(m.start(1), m.end(1), m[1][::-1], 0) for m in _OVERRIDE.finditer(source.text)]
    return source.edited("bidi", edits)


def hidden(source: Normalised) -> Normalised:
    """Text that no reader sees: tag characters spell ASCII, variation selectors spell bytes."""
    found = [(m.start(), m.end(), f" {m[0].translate(_TAG_LETTERS)} ", 0) for m in _TAGS.finditer(source.text)]
    found.extend(_selector_edits(source.text))
    return source.edited("hidden", sorted(found))


def _selector_edits(text: str) -> Iterator[Edit]:
    for run in _SELECTORS.finditer(text):
        data = bytes(ord(c) - 0xFE00 if c < "\U000e0100" else ord(c) - 0xE0100 + 16 for c in run[0])
        reading = data.decode("utf-8", "replace")
        if _reads_as_text(reading):
            yield run.start(), run.end(), f" {reading} ", 0
