"""Puts text that is judged where it cannot speak to the judge: quoted line by line, between marks it cannot forge.

The mark is derived from the texts themselves, so that a text would have to contain its own hash to forge it, and the
same texts give the same request, which a recording needs. A random mark would be as safe, and could not be replayed.

What could make a text look like something else to a model is made visible instead: characters that are not seen,
tokens of chat templates, line breaks that only some software breaks at. Nothing is taken out: a judge that is to grade
a text must see that it holds such things.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

QUOTE = "> "
"""What each line of a judged text begins with."""

MARK_DIGITS = 12

_TOKENS = re.compile(
    r"<(?=[|｜])|(?<=[|｜])>|<(?=/?(?:s|bos|eos|pad|unk|start_of_turn|end_of_turn|SYS|SYS>)>)"
    r"|\[(?=/?(?:INST|SYSTEM_PROMPT|TOOL_CALLS|AVAILABLE_TOOLS|TOOL_RESULTS)\])",
    re.IGNORECASE,
)
"""Where the control tokens of chat templates begin or end: ChatML and Llama 3, DeepSeek, Gemma, Llama 2 and Mistral."""

_BROKEN = "·"
_JOINERS = "\u200c\u200d"
_EMOJI_STYLE = "\ufe0f"
_SCRIPTS = "\u0300"
"""From here on stand the scripts and emoji that joiners belong to; before it, a joiner only hides something."""


def mark_of(texts: Iterable[str]) -> str:
    """Hexadecimal digits that stand in none of the texts, as they are and as they are shown."""
    given = [shown for text in texts for shown in (text, neutral(text))]
    seed = "\x00".join(given).encode("utf-8", "surrogatepass")
    for number in range(1000):
        mark = hashlib.sha256(seed + number.to_bytes(2, "big")).hexdigest()[:MARK_DIGITS]
        if not any(mark in text for text in given):
            return mark
    raise AssertionError("a text that holds a thousand of its own hashes does not exist")


def fenced(name: str, text: str, mark: str) -> str:
    """The text as data: `name` says what it is, `mark` is that of the whole request."""
    lines = neutral(text).split("\n")
    return "\n".join([f"<<<{name} {mark}", *(QUOTE + line for line in lines), f"{name} {mark}>>>"])


@lru_cache(maxsize=64)  # one ask looks at the same texts several times
def neutral(text: str) -> str:
    """The text with everything visible that could be taken for something other than text."""
    flat = "\n".join(_lines(text))
    odd = "".join(sorted(character for character in set(flat) if _is_odd(character)))
    if odd:
        flat = re.sub(f"[{re.escape(odd)}]", _shown, flat)
    return _TOKENS.sub(lambda token: token[0] + _BROKEN if token[0] in "<[" else _BROKEN + token[0], flat)


def _lines(text: str) -> list[str]:
    """The lines by every break that any software knows; an empty last line stays."""
    lines = text.splitlines()
    return [*lines, ""] if not lines or text[-1:] != lines[-1][-1:] else lines


def _is_odd(character: str) -> bool:
    """Whether it shows nothing by itself."""
    if character in "\n\t":
        return False
    return character in _FILLERS or _selects(character) or unicodedata.category(character) in _UNSEEN


def _shown(odd: re.Match[str]) -> str:
    joins = odd[0] in _JOINERS or _selects(odd[0])
    return odd[0] if joins and _belongs(odd.string, odd.start()) else _named(odd[0])


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Letters and marks that show nothing."""


def _selects(character: str) -> bool:
    """Whether it is a variation selector, of which a text can hold a whole message."""
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _belongs(text: str, place: int) -> bool:
    """Whether a joiner or selector joins what needs one: a character of a script or an emoji stands before it, and no
    other of its kind.
    """
    before = text[place - 1 : place]
    if not before or (before < _SCRIPTS and not (text[place] == _EMOJI_STYLE and before in "0123456789#*©®")):
        return False
    chained = (_selects(before) and _selects(text[place])) or before in _JOINERS
    return not chained and unicodedata.category(before) not in _UNSEEN


def _named(character: str) -> str:
    return f"<U+{ord(character):04X}>"
