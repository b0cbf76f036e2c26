"""How long a text a detector judges, and what it says of a longer one."""

from __future__ import annotations

from seatrial.core.verdict import Verdict

MOST_CHARACTERS = 1 << 20
"""Code points; a longer text is refused, never passed. What one of so many takes that is made to be slow, is in
benchmarks/README.md.
"""


def refused(text: str, most: int = MOST_CHARACTERS) -> Verdict | None:
    """The verdict on a text that is too long to judge, or None."""
    if len(text) <= most:
        return None
    said = f"the text has {len(text):,} characters, and at most {most:,} are judged: cut it before"
    return Verdict(state="error", reason=said, label="too-long")
