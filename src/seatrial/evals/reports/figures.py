"""Differences and p-values as people read them, the same on a terminal and in Markdown."""

from __future__ import annotations

from seatrial.evals.measures import COST, LATENCY
from seatrial.store.comparisons import MetricDifference

SMALLEST_P = 0.0001


def value(name: str, number: float | None, *, signed: bool = False) -> str:
    """A value of the measure `name` with its unit: rates and scores in points of a hundred."""
    if number is None:
        return "-"
    sign = "+" if signed and number >= 0 else "−" if number < 0 else ""
    size = abs(number)
    if name == LATENCY:
        return f"{sign}{size:,.0f} ms"
    if name == COST:
        return f"{sign}{size:.6f} USD"
    return f"{sign}{100 * size:.1f}" if signed else f"{sign}{100 * size:.1f} %"


def difference(name: str, found: MetricDifference) -> str:
    unit = "" if name in (LATENCY, COST) else " points"
    return "-" if found.difference is None else value(name, found.difference, signed=True) + unit


def interval(name: str, found: MetricDifference) -> str:
    if found.low is None or found.high is None:
        return "-"
    return f"{value(name, found.low, signed=True)} to {value(name, found.high, signed=True)}"


def p_value(p: float | None) -> str:
    if p is None:
        return "-"
    return f"< {SMALLEST_P}" if p < SMALLEST_P else f"{p:.4f}" if p < 0.01 else f"{p:.2f}"
