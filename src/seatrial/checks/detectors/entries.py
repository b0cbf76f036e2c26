"""Lists of words, phrases and patterns, found in time that does not grow with the list.

Words and phrases stand in a tree of their parts (Fredkin 1960), so that a text is read once whatever the number of
entries; one automaton over all of them (RE2) says first whether there is anything to read it for, which for clean text
is all the work there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import re2

from seatrial.checks.holdback import Holdback
from seatrial.checks.normal.letters import PLAIN
from seatrial.checks.normal.plain import USUAL
from seatrial.checks.parameters import Converted
from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.core.places import Place
from seatrial.spec.files import read_text
from seatrial.spec.nodes import describe_value
from seatrial.spec.patterns import Pattern, compile_pattern, encodable

Tree = dict[str, Any]

_ALONE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts written without spaces: each character is a part of its own."""

_IN_WORD = rf"[^\W{_ALONE}]"
_LETTER = rf"[^\W_{_ALONE}]"
_PART = re.compile(rf"[{_ALONE}]|{_IN_WORD}+|[^\w]")

MOST_MARKS = 3
"""Underscores on a side of what Markdown emphasises: one, two, or both."""

_MARKED_PART = re.compile(
    rf"[{_ALONE}]|(?<!{_IN_WORD})_{{1,{MOST_MARKS}}}(?={_LETTER})"
    rf"|{_IN_WORD}*?{_LETTER}(?=_{{1,{MOST_MARKS}}}(?!{_IN_WORD}))|(?<={_LETTER})_{{1,{MOST_MARKS}}}(?!{_IN_WORD})"
    rf"|{_IN_WORD}+|[^\w]"
)
"""The same where the underscores at the edges of a word, which emphasise it, are parts of their own."""
_END = ""
"""The key under which a tree says that an entry ends here."""

WIDEST_GAP = 16
"""Characters of white space that one white space of a phrase stands for at most: a line break and what indents the next
line. Without an end to it a stream could be held back for ever.
"""

_ODD_SPACES = [char for char in map(chr, range(128, 0x3001)) if char.isspace()]
_SPACE = r"[\t-\r\x1c-\x20]"

MOST_ENTRIES = 100_000
_MEMORY = 256 << 20


class Entries(Converted):
    """What a list or a file of entries says: `texts`, and `patterns`, in the order given."""

    def __init__(self, texts: Iterable[str], patterns: Iterable[Pattern]) -> None:
        self.texts = tuple(dict.fromkeys(texts))
        self.patterns = tuple(patterns)
        self.version = digest([self.texts, [pattern.text for pattern in self.patterns]])

    @classmethod
    def read_in(cls, raw: Any, folder: Path) -> Entries:
        """From a list, or from the path of a file with one entry a line; lines that begin with # are not read. Raises
        SpecError for an empty list and for anything that is no entry.
        """
        if isinstance(raw, str):
            raw = _lines(folder / raw, raw)
        if not isinstance(raw, list) or not raw:
            raise SpecError(
                "the list of entries is not right",
                expected="a list of words, or the path of a file with one on each line",
                got=describe_value(raw),
                hint="one word is a list too: [word]",
            )
        if len(raw) > MOST_ENTRIES:
            raise SpecError(
                "the list of entries is too long", expected=f"at most {MOST_ENTRIES:,}", got=f"{len(raw):,}"
            )
        return cls(
            [_text(each) for each in raw if not isinstance(each, Mapping)],
            [_pattern(each) for each in raw if isinstance(each, Mapping)],
        )


def _lines(path: Path, named: str) -> list[Any]:
    text = read_text(path, file=named)
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def _text(raw: Any) -> str:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return str(raw)
    if isinstance(raw, str) and raw.strip():
        return " ".join(raw.split())
    raise SpecError(
        "an entry of the list is not right",
        expected="a word, a phrase, or {pattern: a regular expression}",
        got=describe_value(raw),
        hint="quote what YAML would read as something else: 'no', '1.10'" if not isinstance(raw, str) else None,
    )


def _pattern(raw: Mapping[Any, Any]) -> Pattern:
    if set(raw) != {"pattern"} or not isinstance(raw["pattern"], str):
        raise SpecError(
            "an entry of the list is not right",
            expected="{pattern: a regular expression}",
            got=", ".join(map(str, raw)),
        )
    return compile_pattern(raw["pattern"])


class Finder:
    """Finds the entries in a text. Letter case and accents are ignored unless `exact`. One white space of an entry is
    any one, and up to `widest_gap` of them.
    """

    def __init__(self, entries: Entries, *, exact: bool, whole: bool, widest_gap: int = 1) -> None:
        self._patterns = entries.patterns
        self._exact = exact
        self._whole = whole
        texts = [text if exact else folded(text) for text in entries.texts]
        self._widest_gap = widest_gap
        self._longest = max((len(text) + text.count(" ") * (widest_gap - 1) for text in texts), default=0)
        self._tree: Tree = {}
        for text in texts:
            branch = self._tree
            for part in self._parts(text):
                branch = branch.setdefault(part, {})
            branch[_END] = True
        self._any = _any_of(texts, whole, widest_gap > 1) if texts else None

    def find(self, text: str) -> list[Place]:
        """The longest entry at each place where one stands, and every match of a pattern; they may overlap."""
        places: list[Place] = []
        for pattern in self._patterns:
            places.extend(pattern.find_all(text))
        if self._any is not None:
            read = _with_plain_spaces(encodable(text if self._exact else folded(text)))
            if self._any.search(read) is not None:
                places.extend(self._in_tree(read))
        return sorted(set(places))

    @property
    def holdback(self) -> Holdback | None:
        """None with a pattern whose matches have no bound."""
        widths = [pattern.longest for pattern in self._patterns]
        bounded = [width for width in widths if width is not None]
        if len(bounded) < len(widths):
            return None
        marks = MOST_MARKS if self._whole and self._any is not None else 0
        return Holdback(bound=max(self._longest + marks, *bounded, 1), before=1 + marks)

    def _parts(self, text: str) -> list[str]:
        if not self._whole:
            return list(text)
        return (_MARKED_PART if "_" in text else _PART).findall(text)

    def _in_tree(self, text: str) -> Iterable[Place]:
        parts = self._parts(text)
        at = 0
        for number, part in enumerate(parts):
            branch = self._tree.get(" " if part.isspace() else part)
            if branch is not None:
                longest = self._longest_entry(branch, parts, number + 1)
                if longest:
                    yield at, at + sum(map(len, parts[number:longest]))
            at += len(part)

    def _longest_entry(self, branch: Tree, parts: list[str], following: int) -> int:
        """The number of the part behind the longest entry that goes on in `branch`; 0 without one."""
        longest = following if _END in branch else 0
        while following < len(parts):
            part = parts[following]
            branch = branch.get(" " if part.isspace() else part, _NOWHERE)
            if branch is _NOWHERE:
                break
            following = self._behind_gap(parts, following) if part.isspace() else following + 1
            if _END in branch:
                longest = following
        return longest

    def _behind_gap(self, parts: list[str], first: int) -> int:
        """The number of the part behind the white space that begins with the part `first`, as far as a gap may go."""
        following = first + 1
        widest = min(len(parts), first + self._widest_gap)
        while following < widest and parts[following].isspace():
            following += 1
        return following


_NOWHERE: Tree = {}


def _with_plain_spaces(text: str) -> str:
    """With every white space beyond ASCII as a plain one, character for character."""
    if not text.isascii():
        for odd in _ODD_SPACES:
            text = text.replace(odd, " ")
    return text


def _any_of(texts: list[str], whole: bool, wide: bool) -> Any:
    """A pattern that matches where any of the texts may stand. A white space of an entry is any one, or any number of
    them where gaps may be `wide`.
    """
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    alternatives = "|".join(sorted(re2.escape(text).replace(r"\ ", _SPACE + "+" * wide) for text in texts))
    edge = f"[^\\pL\\pN]|[{_ALONE}]"
    apart = whole and all(_is_word(text[0]) and _is_word(text[-1]) for text in texts)
    pattern = f"(?:^|{edge})(?:{alternatives})(?:$|{edge})" if apart else f"(?:{alternatives})"
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise SpecError(f"the list of entries is too large: {len(texts):,} with {len(pattern):,} characters") from error


def _is_word(character: str) -> bool:
    return character.isalnum() and not re.match(f"[{_ALONE}]", character)


def folded(text: str) -> str:
    """The text in lower case and without accents, character for character."""
    if text.isascii():
        return text.lower()
    lowercase = {}
    for odd in set(text) - USUAL:
        plain = PLAIN[odd]
        lowered = (plain if len(plain) == 1 else odd).lower()
        if lowered != odd and len(lowered) == 1:
            lowercase[ord(odd)] = lowered
    if lowercase:
        text = text.translate(lowercase)
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text
