"""What can stand around a whole answer: reasoning in tags, quotes, escapes, the entities of HTML.

Each layer is taken off only where it is around everything, so that what is left is the answer as it was meant.
"""

from __future__ import annotations

import html
import re

import msgspec

MOST_LAYERS = 8


def without_layer(text: str) -> tuple[str, str] | None:
    """The text without its outermost layer, and the name of the repair; None where there is none."""
    stripped = text.strip(BLANK)
    if not stripped:
        return None
    for name, take in _LAYERS.items():
        inner = take(stripped)
        if inner is not None:
            return inner, name
    return None


BLANK = " \t\r\n\f\v\u00a0\u200b\u2060\ufeff"
_VALUE = re.compile(r"\s*+[\[{].*[\]}]\s*+", re.DOTALL)
_QUOTED = re.compile(r"""(?P<quote>\"{3}|'{3}|"|')(?P<inner>.*)(?P=quote)""", re.DOTALL)
_ESCAPED = re.compile(r'[\[{](?:\s|\\[nrt])*+\\"')
_ENTITIES = re.compile(r"[\[{]\s*+&(?:quot|#34|#x22);")


def _unquoted(text: str) -> str | None:
    """The value inside quotes that are around the whole text."""
    quoted = _QUOTED.fullmatch(text)
    if quoted is None:
        return None
    inner = quoted["inner"]
    if quoted["quote"] == '"':
        try:
            decoded = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeEncodeError):
            pass
        else:
            return decoded if _VALUE.fullmatch(decoded) else None
    return inner if _VALUE.fullmatch(inner) else None


def _unescaped(text: str) -> str | None:
    """The value whose every quote is escaped, as inside of a string that lost its own quotes."""
    if _ESCAPED.match(text) is None or re.search(r'(?<!\\)"', text) is not None:
        return None
    try:
        decoded = msgspec.json.decode(f'"{_RAW.sub(_as_escape, text)}"')
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None
    return str(decoded)


_RAW = re.compile(r"[\n\r\t]")


def _as_escape(match: re.Match[str]) -> str:
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[match[0]]


def _from_html(text: str) -> str | None:
    if _ENTITIES.match(text) is None or '"' in text:
        return None
    return html.unescape(text)


_LAYERS = {"quoted": _unquoted, "escaped": _unescaped, "html-entities": _from_html}

_THOUGHTS = re.compile(r"\s*+<(think|thinking|reasoning|thought)>.*?</\1>", re.DOTALL | re.IGNORECASE)
_THOUGHT_OPEN = re.compile(r"\s*+<(?:think|thinking|reasoning|thought)>", re.IGNORECASE)
_THOUGHT_END = re.compile(r"</think(?:ing)?>", re.IGNORECASE)
_BRACKET = re.compile(r"[\[{]")


def without_thoughts(text: str) -> str | None:
    """The answer behind the model's reasoning in tags; None where the reasoning does not end."""
    at = 0
    while thoughts := _THOUGHTS.match(text, at):
        at = thoughts.end()
    if _THOUGHT_OPEN.match(text, at):
        return None
    end = None if at else _THOUGHT_END.search(text)
    if end is not None and not _BRACKET.search(text, 0, end.start()):
        at = end.end()  # the template of some models gives the opening tag itself
    return text[at:]
