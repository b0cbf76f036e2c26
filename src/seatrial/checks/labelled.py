"""What a detector says that knows what stands at each place it finds: an e-mail address here, a token there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from seatrial.checks.define import failed, passed
from seatrial.core.verdict import Verdict

Labelled = tuple[int, int, str]
"""Start, end and label of a place, in code points."""


def verdict_on(places: Sequence[Labelled], what: str, order: Mapping[str, int]) -> Verdict:
    """Passed without places; else failed, with each label and how often it was found, and the label that is the first
    of these in `order`: the worst to have leaked.
    """
    if not places:
        return passed()
    counts = Counter(label for _, _, label in places)
    said = ", ".join(label if count == 1 else f"{label} ({count})" for label, count in counts.items())
    return failed(f"has {what}: {said}", spans=places, label=min(counts, key=order.__getitem__))
