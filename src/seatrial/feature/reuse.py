"""What a model's line says about answers given again: `cache: 10m`, or `cache: {for: 10m, most: 5000}`."""

from __future__ import annotations

import msgspec

from seatrial.spec.nodes import Node

LONGEST = 7 * 24 * 3600.0
LIKE = "30s or 10m"
"""What a mistake shows instead: answers are kept for longer than a call takes."""

MOST = 1000
"""Answers kept where the line does not say how many."""

MOST_KEPT = 1_000_000


class CacheSpec(msgspec.Struct, frozen=True, kw_only=True):
    """For how many seconds an answer is given again, and how many are kept."""

    seconds: float
    most: int = MOST


def read_cache(node: Node) -> CacheSpec | None:
    """Mistakes are noted at the key."""
    if node.kind != "mapping":
        seconds = node.duration("cache", most=LONGEST, like=LIKE)
        return None if seconds is None else CacheSpec(seconds=seconds)
    fields = node.fields("cache", ("for", "most"), required=("for",)) or {}
    seconds = fields["for"].duration("cache: for", most=LONGEST, like=LIKE) if "for" in fields else None
    most = fields["most"].integer("cache: most", least=1, most=MOST_KEPT) if "most" in fields else MOST
    return None if seconds is None or most is None else CacheSpec(seconds=seconds, most=most)
