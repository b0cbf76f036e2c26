"""How far two raters (two people, or a judge and a person) agree: the share of equal labels, and kappa.

Agreement alone flatters: where 95 % of answers are fine, a judge that always says "fine" agrees in 95 %. Kappa is
what is left beyond the agreement that the two raters' own frequencies give by chance.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from math import fsum

from seatrial.stats.normal import two_sided_normal_quantile
from seatrial.stats.proportion import Interval, require_confidence, wilson

Table = Mapping[tuple[Hashable, Hashable], int]
"""How many items got (the first rater's label, the second's)."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How a judge's yes/no stands to the truth, each with Wilson's interval; None in it where nothing was counted."""

    sensitivity: Interval
    specificity: Interval
    base_rate: Interval


def table(pairs: Sequence[tuple[Hashable, Hashable]]) -> Table:
    """Count pairs of labels."""
    return Counter(pairs)


def agreement(counted: Table, confidence: float = 0.95) -> Interval:
    """The share of items with equal labels, with Wilson's interval."""
    return wilson(sum(count for (a, b), count in counted.items() if a == b), sum(counted.values()), confidence)


def rates(
    true_positive: int, false_negative: int, true_negative: int, false_positive: int, confidence: float = 0.95
) -> Rates:
    """Sensitivity (yes among true yes), specificity (no among true no) and base rate (true yes among all)."""
    positives, negatives = true_positive + false_negative, true_negative + false_positive
    return Rates(
        sensitivity=wilson(true_positive, positives, confidence),
        specificity=wilson(true_negative, negatives, confidence),
        base_rate=wilson(positives, positives + negatives, confidence),
    )


def kappa(counted: Table, confidence: float = 0.95) -> Interval:
    """Cohen's kappa of two raters with any number of labels, and its interval inside -1..1.

    All but `n` is None where nothing was counted or both used one and the same label throughout. ValueError for a
    negative count or unless 0 < confidence < 1.

    Source: J. Cohen, Educ. Psychol. Meas. 20 (1960) 37; variance: J. L. Fleiss, J. Cohen & B. S. Everitt, Psychol.
    Bull. 72 (1969) 323.
    """
    require_confidence(confidence)
    n = sum(counted.values())
    if any(count < 0 for count in counted.values()):
        raise ValueError("counted: expected counts of 0 or more")
    if n == 0:
        return Interval(None, None, None, 0)
    first: Counter[Hashable] = Counter()
    second: Counter[Hashable] = Counter()
    for (a, b), count in counted.items():
        first[a] += count
        second[b] += count
    observed = sum(count for (a, b), count in counted.items() if a == b) / n
    chance = fsum(first[label] * second[label] for label in first) / (n * n)
    if chance >= 1.0:
        return Interval(None, None, None, n)
    value = (observed - chance) / (1 - chance)
    spread = 0.0
    for (a, b), count in counted.items():
        marginals = (second[a] + first[b]) / n
        weight = (1.0 if a == b else 0.0) - marginals * (1 - value)
        spread += count / n * weight * weight
    variance = (spread - (value - chance * (1 - value)) ** 2) / (n * (1 - chance) ** 2)
    low, high = _interval(value, observed, chance, max(0.0, variance), n, confidence)
    return Interval(value, low, high, n)


def _interval(
    value: float, observed: float, chance: float, variance: float, n: int, confidence: float
) -> tuple[float, float]:
    """Wilson's interval on the agreement, for so many items as give it kappa's variance, on the scale of kappa."""
    spread = observed * (1 - observed)
    effective = min(float(n), spread / (variance * (1 - chance) ** 2)) if variance > 0.0 else float(n)
    z = two_sided_normal_quantile(confidence)
    centre = (observed * effective + z * z / 2) / (effective + z * z)
    half_width = z * (effective * spread + z * z / 4) ** 0.5 / (effective + z * z)
    low, high = ((bound - chance) / (1 - chance) for bound in (centre - half_width, centre + half_width))
    return max(-1.0, min(low, value)), min(1.0, max(high, value))
