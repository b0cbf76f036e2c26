"""p-values that answer for a whole family of questions: Holm's for claims, Benjamini and Hochberg's for looking around.

No correction is made across gates that must all hold: passing every one of them is harder than passing one, not
easier. Holm's keeps the chance of even one false claim at the level; Benjamini and Hochberg's keeps the expected
share of false ones among what is pointed at.
"""

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """The adjusted p-values, in the order given: a claim stands where its own is at most the level.

    ValueError for a p outside 0..1. Source: S. Holm, Scand. J. Statist. 6 (1979) 65.
    """
    _require(p_values)
    family = len(p_values)
    adjusted = [0.0] * family
    reached = 0.0
    for rank, index in enumerate(sorted(range(family), key=p_values.__getitem__)):
        reached = max(reached, min(1.0, (family - rank) * p_values[index]))
        adjusted[index] = reached
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """The adjusted p-values, in the order given: those at most q are findings with a false share of q expected.

    ValueError for a p outside 0..1. Source: Y. Benjamini & Y. Hochberg, J. R. Statist. Soc. B 57 (1995) 289.
    """
    _require(p_values)
    family = len(p_values)
    adjusted = [0.0] * family
    reached = 1.0
    for rank, index in enumerate(sorted(range(family), key=p_values.__getitem__, reverse=True)):
        reached = min(reached, p_values[index] * family / (family - rank))
        adjusted[index] = reached
    return adjusted


def _require(p_values: Sequence[float]) -> None:
    for index, p in enumerate(p_values):
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"p_values[{index}]: expected a number from 0 to 1, got {p!r}")
