"""Strings of a broken value: other quotes, quotes inside, escapes that are none, raw line breaks, a lost quote.

Decided here, so that no single lost or stray character makes another text of one:
- a raw control character is kept where there are two of them, and refused where there is one;
- a quote inside a string is kept as one of a pair around words (`he said "no" to it`), since a lost or stray quote
  leaves an odd number, and any other single fault leaves a comma, colon or bracket before the second one;
- a lost closing quote is put where the comma or colon before the next quote is, and only behind words, since what
  else stands there may be a number, or marks between strings;
- an apostrophe stands between two letters, or the string is refused.
"""

from __future__ import annotations

import re

from seatrial.structured.cursor import SPACE, Cursor, Unreadable, has_words

CLOSERS = {'"': '"', "'": "'", "`": "`", "“": "”“", "”": "”“", "„": "”“", "‘": "’", "’": "’"}
_QUOTE_NAMES = {"'": "single-quotes", "`": "backticks", **dict.fromkeys("“”„‘’", "smart-quotes")}
_STRICT = re.compile(r'"([^"\\\x00-\x1f]*+)"')
_TRIPLE = re.compile(r'"""([^"\\]*+)"""')
_MORE = re.compile(r"\s*+\+\s*+(?=[\"'])")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HEX = re.compile(r"[0-9a-fA-F]{4}")
_LOW = re.compile(r"\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_CHUNKS = {opener: re.compile(rf"[^{re.escape(closers)}\\\x00-\x1f]++") for opener, closers in CLOSERS.items()}
_BEFORE_INNER, _IN_INNER = re.compile(r"[\s(]"), re.compile(r"[^\W_]")
_END_OF_INNER = re.compile(r"[^\W_]|[.!?…]")
_AFTER_INNER = re.compile(
    r"[.;!?)]|\s++(?![,:}\]\"+/#])(?=\S)|,\s*+(?!true\b|false\b|null\b)(?=[^\W\d_])|\"(?=\s*+[,}\]])"
)
_PLAIN = re.compile(r'[^"\\\x00-\x1f]*+')
_NEXT_KEY = re.compile(r'[^"\\\x00-\x1f:,{}\[\]]{1,80}"\s*+:')
_NEXT_STRING = re.compile(r'[^"\\\x00-\x1f]*+"\s*+[,}]')


def read_string(cursor: Cursor, follow: str) -> str:
    """The string at the cursor; `follow` are the marks one of which comes after it. Raises Unreadable."""
    value = _one(cursor, follow)
    if follow == ":" or (more := _MORE.match(cursor.text, cursor.at)) is None:
        return value
    pieces = [value]
    while more is not None:
        cursor.mend("concatenation")
        cursor.at = more.end()
        pieces.append(_one(cursor, follow))
        more = _MORE.match(cursor.text, cursor.at)
    return "".join(pieces)


def _one(cursor: Cursor, follow: str) -> str:
    plain = _STRICT.match(cursor.text, cursor.at)
    if plain is not None and cursor.text[plain.end() : plain.end() + 1] in follow:
        cursor.at = plain.end()
        return plain[1]
    triple = _TRIPLE.match(cursor.text, cursor.at)
    if triple is not None:
        cursor.at = triple.end()
        cursor.mend("triple-quotes")
        return triple[1]
    opener = cursor.text[cursor.at]
    string = _String(cursor, opener, follow)
    value = string.read()
    if opener in _QUOTE_NAMES:
        cursor.mend(_QUOTE_NAMES[opener])
    if string.lost_quote is not None:
        cursor.slip("missing-quote")
    if string.inner:
        cursor.mend("inner-quotes", value)
    if string.breaks:
        cursor.breaks += string.breaks
        cursor.mend("control-character")
    if string.bad:
        raw = string.raw()
        cursor.slashes.extend((at, raw) for at in string.bad)
        cursor.mend("escape", raw)
    return value


class _String:
    """A string that is not plain. `inner` counts the quotes inside, `bad` are the places of backslashes that escape
    nothing.
    """

    def __init__(self, cursor: Cursor, opener: str, follow: str) -> None:
        self.cursor = cursor
        self.text = cursor.text
        self.start = cursor.at
        self.opener = opener
        self.closers = CLOSERS[opener]
        self.follow = follow
        self.pieces: list[str] = []
        self.inner = self.breaks = self.good = 0
        self.lost_quote: int | None = None
        self.bad: list[int] = []

    def raw(self) -> str:
        return self.text[self.start + 1 : self.cursor.at - 1]

    def read(self) -> str:
        end = self._end()
        if self.lost_quote is not None:
            self.breaks, self.cursor.at = 0, self.lost_quote
            return self.text[self.start + 1 : self.lost_quote]
        self.cursor.at = end + 1
        self._judge_escapes()
        value = "".join(self.pieces)
        if self.opener in "“”„‘’" and '"' in value:
            raise self.cursor.no("a string in smart quotes holds a straight one")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise self.cursor.no("a string holds half of a surrogate pair") from error
        return value

    def _end(self) -> int:
        """The place of the closing quote."""
        chunks, at = _CHUNKS[self.opener], self.start + 1
        while True:
            chunk = chunks.match(self.text, at)
            if chunk is not None:
                self.pieces.append(chunk[0])
                at = chunk.end()
            if at >= len(self.text):
                raise self.cursor.cut("a string")
            here = self.text[at]
            if here in self.closers:
                if self._closes(at):
                    return at
                self.pieces.append(here)
                at += 1
            elif here == "\\":
                at = self._escape(at)
            else:
                self.pieces.append(here)
                self.breaks += 1
                at += 1

    # Quotes

    def _closes(self, at: int) -> bool:
        """Whether a quote ends the string: what follows it says so."""
        space = SPACE.match(self.text, at + 1)
        assert space is not None  # it matches nothing, too
        follows = self.text[space.end() : space.end() + 1]
        if self.opener == '"':
            return self._closes_double(at, follows)
        before, after = self.text[at - 1], self.text[at + 1 : at + 2]
        if self.opener in "'‘’" and before.isalnum() and after.isalnum():
            return False
        if follows and follows not in self.follow + ("+" if self.opener == "'" else ""):
            raise self._unclear(at)
        return True

    def _closes_double(self, at: int, follows: str) -> bool:
        """Where a quote neither ends the string nor stands inside, it ends it, and what follows is the mistake."""
        before, after = self.text[at - 1], self.text[at + 1 : at + 2]
        if self.inner % 2 == 1:
            if not (_END_OF_INNER.match(before) and _AFTER_INNER.match(self.text, at + 1)):
                raise self._unclear(at)
            self.inner += 1
            return False
        if not follows or follows in self.follow or follows in '"+/#':
            return True
        self.lost_quote = self._before_lost_quote(at)
        if self.lost_quote is None and self.follow != ":" and _BEFORE_INNER.match(before) and _IN_INNER.match(after):
            self.inner += 1
            return False
        return True

    def _before_lost_quote(self, at: int) -> int | None:
        """Where the string ends if the quote here opens the next one, and its own was lost before a comma or colon."""
        if self.inner or self.follow not in (":", ",}"):
            return None
        following = _NEXT_STRING if self.follow == ":" else _NEXT_KEY
        content = self.text[self.start + 1 : at].rstrip()
        if not content.endswith(self.follow[0]) or following.match(self.text, at + 1) is None:
            return None
        value = content[:-1]
        if value != value.rstrip() or _PLAIN.fullmatch(value) is None or not has_words(value):
            return None
        return self.start + 1 + len(value)

    def _unclear(self, at: int) -> Unreadable:
        self.cursor.at = at
        return self.cursor.no("a quote inside a string does not tell whether it ends it")

    # Escapes

    def _escape(self, at: int) -> int:
        after = self.text[at + 1 : at + 2]
        if not after:
            raise self.cursor.cut("an escape")
        if after == "'" and self.opener == "'":
            self.pieces.append("'")
            return at + 2
        if after in _ESCAPES:
            self.pieces.append(_ESCAPES[after])
            self.good += 1
            return at + 2
        if after == "u":
            return self._unicode(at)
        self.bad.append(at)
        self.pieces.append("'" if after == "'" else "\\" + after)
        return at + 2 if after.isprintable() else at + 1

    def _unicode(self, at: int) -> int:
        digits = _HEX.match(self.text, at + 2)
        if digits is None:
            if len(self.text) < at + 6 and re.fullmatch(r"[0-9a-fA-F]*", self.text[at + 2 :]):
                raise self.cursor.cut("an escape")
            self.cursor.at = at
            raise self.cursor.no("\\u stands without its four digits")
        self.good += 1
        code = int(digits[0], 16)
        low = _LOW.match(self.text, at + 6)
        if 0xD800 <= code < 0xDC00 and low is not None:
            self.pieces.append(chr(0x10000 + ((code - 0xD800) << 10) + int(low[1], 16) - 0xDC00))
            return at + 12
        self.pieces.append(chr(code))
        return at + 6

    def _judge_escapes(self) -> None:
        """A backslash before a letter is meant as one, as in a path or pattern, where none in the string escapes.
        Before another mark it may be of a pattern, or of Markdown and to be dropped; before an apostrophe it is.
        """
        marks = [self.text[at + 1] for at in self.bad if self.text[at + 1] != "'"]
        if marks and self.good:
            raise self.cursor.no("a string has backslashes that escape and others that do not")
        if marks and not any(mark.isalnum() for mark in marks):
            raise self.cursor.no("a backslash stands before a mark that it does not escape")
