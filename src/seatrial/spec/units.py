"""Quantities as people write them: durations like `20s` and `1500ms`, money like `2.00 USD`."""

from __future__ import annotations

import re
from decimal import Decimal

_DURATION = re.compile(r"\s*(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)\s*(?P<unit>ms|s|m|min|h)\s*\Z")
_MILLISECONDS = {"ms": 1.0, "s": 1_000.0, "m": 60_000.0, "min": 60_000.0, "h": 3_600_000.0}
_MONEY = re.compile(r"\s*(?P<number>[0-9]{1,12}(?:\.[0-9]{1,9})?|\.[0-9]{1,9})\s*USD\s*\Z", re.IGNORECASE)


def parse_milliseconds(text: str) -> float | None:
    """Milliseconds in `1500ms`, `20s`, `2m` (or `2min`) or `1h`; None when `text` is no such thing."""
    match = _DURATION.match(text)
    return float(match["number"]) * _MILLISECONDS[match["unit"]] if match else None


def parse_duration(text: str) -> float | None:
    """Seconds in the same texts."""
    milliseconds = parse_milliseconds(text)
    return None if milliseconds is None else milliseconds / 1_000


def write_duration(seconds: float) -> str:
    """The largest unit that leaves no fraction: `24h` for 86400, `1500ms` for 1.5; days from two on, as in `7 days`."""
    days, rest = divmod(seconds, 86_400)
    if days > 1 and not rest:
        return f"{days:.0f} days"
    milliseconds = seconds * 1_000
    unit = next((unit for unit in ("h", "m", "s") if seconds and milliseconds % _MILLISECONDS[unit] == 0), "ms")
    return f"{milliseconds / _MILLISECONDS[unit]:.12g}{unit}"


def parse_money(text: str) -> int | None:
    """Nano-dollars in `2USD`, `2.00 USD` or `.5 usd`; None when `text` is no such thing."""
    match = _MONEY.match(text)
    return int(Decimal(match["number"]) * 1_000_000_000) if match else None
