"""What a model's line says about answers given again: `cache: 10m`, or `cache: {for: 10m, most: 5000}`."""

from __future__ import annotations

import msgspec

from seatrial.spec.nodes import Node
from seatrial.spec.units import parse_duration

LONGEST = 7 * 24 * 3600.0
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
        seconds = _read_seconds(node, "cache")
        return None if seconds is None else CacheSpec(seconds=seconds)
    fields = node.fields("cache", ("for", "most"), required=("for",)) or {}
    seconds = _read_seconds(fields["for"], "cache: for") if "for" in fields else None
    most = fields["most"].integer("cache: most", least=1, most=MOST_KEPT) if "most" in fields else MOST
    return None if seconds is None or most is None else CacheSpec(seconds=seconds, most=most)


def _read_seconds(node: Node, what: str) -> float | None:
    seconds = parse_duration(node.value) if isinstance(node.value, str) else None
    if seconds is None or not 0 < seconds <= LONGEST:
        node.wanted(what, "a duration like 30s or 10m, of at most 7 days")
        return None
    return seconds
