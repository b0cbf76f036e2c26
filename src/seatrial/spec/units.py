"""Quantities as people write them: durations like `20s` and `1500ms`."""

from __future__ import annotations

import re

_DURATION = re.compile(r"\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>ms|s|m|h)\s*\Z")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(text: str) -> float | None:
    """Seconds in `1500ms`, `20s`, `2m` or `1h`; None when `text` is no such thing."""
    match = _DURATION.match(text)
    return float(match["number"]) * _SECONDS[match["unit"]] if match else None
