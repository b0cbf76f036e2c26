"""What people and models wrote, as text in Markdown: whatever Markdown or HTML would read in it is escaped."""

from __future__ import annotations

import re

_SPECIAL = re.compile(r"([\\`*_\[\]|<>~&$])")
_MENTION = re.compile(r"@(?=\w)")


def as_text(said: str) -> str:
    """The text on one line. A zero-width space behind `@` keeps it from calling anybody to a pull request."""
    return _MENTION.sub("@\u200b", _SPECIAL.sub(r"\\\1", " ".join(str(said).split())))
