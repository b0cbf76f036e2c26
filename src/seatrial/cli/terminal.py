"""Makes text from outside safe to show: what could steer a terminal becomes a visible sign.

Character by character, so that it also holds for a stream that cuts an escape sequence in two. Recognising and dropping
whole sequences was rejected: terminals know more of them than any list, and a sign shows that something was sent.
"""

from __future__ import annotations

_KEPT = "\n\t"
_CONTROL_PICTURES = 0x2400
"""The Unicode block in which the sign for control character N stands at N."""

_DIRECTIONS = (*range(0x202A, 0x202F), *range(0x2066, 0x206A))
"""Embeddings, overrides and isolates: they make a text read in another order than it is written."""

_SHOWN = {
    **{code: chr(_CONTROL_PICTURES + code) for code in range(0x20) if chr(code) not in _KEPT},
    0x7F: "\u2421",
    **{code: f"<U+{code:04X}>" for code in (*range(0x80, 0xA0), *_DIRECTIONS, *range(0xD800, 0xE000))},
}


def visible(text: str) -> str:
    """`text` with control characters (but line feed and tab), direction controls and lone surrogates made visible."""
    return text.translate(_SHOWN)
