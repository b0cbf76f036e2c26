"""How long a text a detector judges, and what it says of a longer one."""

from __future__ import annotations

from seatrial.checks.define import errored
from seatrial.core.verdict import Verdict

MOST_CHARACTERS = 1 << 20
"""Code points; a longer text is refused, never passed. What one of so many takes that is made to be slow, is in
benchmarks/README.md.
"""


def refused(text: str) -> Verdict | None:
    """The verdict on a text that is too long to judge, or None."""
    if len(text) <= MOST_CHARACTERS:
        return None
    most = f"at most {MOST_CHARACTERS:,} are judged"
    return errored(f"the text has {len(text):,} characters, and {most}: cut it before", label="too-long")
