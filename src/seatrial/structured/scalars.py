"""Numbers and literals in a broken value.

Decided here: a number is what RFC 8259 calls one and is never mended, since its characters are its value: `50%`,
`1,000`, `.5`, `+5` and `0x1F` are refused. Of literals only Python's spelling is known besides JSON's.
"""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from seatrial.structured.cursor import Cursor

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?")
_HALF_NUMBER = re.compile(r"\.?(?:[eE][-+]?)?\Z")
_AFTER_VALUE = re.compile(r"[\s,\]}/#\"\ufeff\u200b\u2060]|\Z")
_LONGEST_NUMBER = 400
_LITERALS = {"true": True, "false": False, "null": None}
_PYTHON = {"True": True, "False": False, "None": None}
_NO_VALUES = ("NaN", "Infinity", "undefined")
WORD = re.compile(r"[^\W\d][\w$]*+")


def read_scalar(cursor: Cursor) -> Any:
    """The number or literal at the cursor. Raises Unreadable."""
    number = _NUMBER.match(cursor.text, cursor.at)
    if number is not None:
        return _number(cursor, number)
    word = WORD.match(cursor.text, cursor.at)
    if word is not None:
        if word[0] in _LITERALS:
            _ended(cursor, word.end())
            return _LITERALS[word[0]]
        if word[0] in _PYTHON:
            _ended(cursor, word.end())
            cursor.mend("python-literal", word[0])
            return _PYTHON[word[0]]
        if word.end() == len(cursor.text) and any(
            each.startswith(word[0]) for each in (*_LITERALS, *_PYTHON, *_NO_VALUES)
        ):
            raise cursor.cut("a literal")
    if cursor.at == len(cursor.text) - 1 and cursor.text[cursor.at] == "-":
        raise cursor.cut("a number")
    raise cursor.unexpected("a value")


def _number(cursor: Cursor, number: re.Match[str]) -> Any:
    end = number.end()
    if _HALF_NUMBER.match(cursor.text, end):
        raise cursor.cut("a number")
    if end - cursor.at > _LONGEST_NUMBER:
        raise cursor.no("a number is too long")
    _ended(cursor, end)
    try:
        value = msgspec.json.decode(number[0])
    except msgspec.DecodeError as error:
        raise cursor.no("a number is out of range") from error
    if isinstance(value, float) and not math.isfinite(value):
        raise cursor.no("a number is out of range")
    return value


def _ended(cursor: Cursor, end: int) -> None:
    if not _AFTER_VALUE.match(cursor.text, end):
        raise cursor.unexpected("a value")
    cursor.at = end
