"""Cuts a ready answer into the pieces a stream would have brought."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"\s*\S+\s*")


def pieces(text: str, *, split: bool) -> Iterable[str]:
    """Word by word when `split`, else whole; nothing for an empty answer. The pieces joined are the text."""
    if not text:
        return ()
    return _WORD.findall(text) or (text,) if split else (text,)
