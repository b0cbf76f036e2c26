"""Cuts a ready answer into the pieces a stream would have brought."""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORD = re.compile(r"\s*\S+\s*")


def pieces(text: str, *, split: bool) -> Iterable[str]:
    """Word by word when `split`, else whole; nothing for an empty answer. The pieces joined are the text."""
    if not text:
        return ()
    if not split or text.isspace():  # the pattern takes quadratic time over white space alone
        return (text,)
    return _WORD.findall(text)
