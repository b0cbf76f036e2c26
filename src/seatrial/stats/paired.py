"""Two sets of pass/fail results on the same cases: exact McNemar for deciding, Tango's score interval for showing.

Only the cases on which the two differ say which is better; the others say how much it matters. Rejected: the
interval for two separate samples, which throws away that the cases are the same (GSM8K's 175B against 6B
verification: half again as wide), and Wald's, which is empty where no case differs.
"""

from dataclasses import dataclass
from math import inf, sqrt
from typing import Literal, assert_never

from seatrial.stats.beta import incomplete_beta
from seatrial.stats.normal import two_sided_normal_quantile
from seatrial.stats.proportion import Interval, require_confidence, wilson

Alternative = Literal["two-sided", "greater", "less"]
"""What the difference B - A is claimed to be: other than 0, above it, below it."""

_HALVINGS = 80


@dataclass(frozen=True, slots=True)
class Pairs:
    """How many cases passed in both A and B, in only one, in neither. The difference is always B - A."""

    both: int
    only_a: int
    only_b: int
    neither: int

    def __post_init__(self) -> None:
        for name in self.__slots__:
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: expected a count of 0 or more, got {getattr(self, name)!r}")

    @property
    def n(self) -> int:
        return self.both + self.only_a + self.only_b + self.neither

    @property
    def difference(self) -> float | None:
        """The pass rate of B less that of A; None where there is no pair."""
        return (self.only_b - self.only_a) / self.n if self.n else None


def mcnemar(only_a: float, only_b: float, alternative: Alternative = "two-sided") -> float:
    """The exact p-value of McNemar's test that a case on which A and B differ is as likely to favour either.

    "greater" claims that B is better, "less" that it is worse. 1 where no case differs. Counts that are not whole
    are taken by the beta function, for what further cases would say. No mid-p: its level is right only on
    average. ValueError for a negative count.

    Source: Q. McNemar, Psychometrika 12 (1947) 153, with the binomial tail in place of the chi-square.
    """
    for name, count in (("only_a", only_a), ("only_b", only_b)):
        if not 0 <= count < inf:
            raise ValueError(f"{name}: expected a count of 0 or more, got {count!r}")
    if alternative == "greater":
        return _half_tail(only_b, only_a)
    if alternative == "less":
        return _half_tail(only_a, only_b)
    if alternative == "two-sided":
        return min(1.0, 2 * _half_tail(max(only_a, only_b), min(only_a, only_b)))
    assert_never(alternative)


def paired_difference(pairs: Pairs, confidence: float = 0.95) -> Interval:
    """Two-sided score interval on the pass rate of B less that of A; with no pair all but `n` is None.

    Never empty and never outside -1..1. ValueError unless 0 < confidence < 1.

    Source: T. Tango, Statist. Med. 17 (1998) 891, solved by halving.
    """
    require_confidence(confidence)
    if pairs.n == 0:
        return Interval(None, None, None, 0)
    low, high = score_bounds(pairs.only_a, pairs.only_b, pairs.n, two_sided_normal_quantile(confidence))
    return Interval(pairs.difference, low, high, pairs.n)


def score_bounds(only_a: float, only_b: float, n: float, quantile: float) -> tuple[float, float]:
    """Where Tango's statistic is `quantile` and -`quantile`: the bounds on the difference. Counts may be fractions."""
    difference = (only_b - only_a) / n

    def crossing(inside: float, outside: float) -> float:
        for _ in range(_HALVINGS):
            middle = (inside + outside) / 2
            if abs(score_statistic(only_a, only_b, n, middle)) <= quantile:
                inside = middle
            else:
                outside = middle
        return outside

    return crossing(difference, -1.0), crossing(difference, 1.0)


def score_statistic(only_a: float, only_b: float, n: float, difference: float) -> float:
    """Tango's statistic for the claim that the difference B - A is `difference`: about standard normal if it is.

    Positive where the difference seen is larger. Source: Tango 1998, as above.
    """
    distance = only_b - only_a - n * difference
    b = (2 * n - only_b + only_a) * difference - only_b - only_a
    c = -only_a * difference * (1 - difference)
    # The likelier of the two roots, at which only A passes, given this difference.
    share = max(0.0, (sqrt(max(0.0, b * b - 8 * n * c)) - b) / (4 * n))
    variance = n * (2 * share + difference * (1 - difference))
    if variance <= 0.0:
        return 0.0 if distance == 0.0 else inf if distance > 0 else -inf
    return distance / sqrt(variance)


def unpaired_difference(passed_a: int, n_a: int, passed_b: int, n_b: int, confidence: float = 0.95) -> Interval:
    """Two-sided interval on the rate of B less that of A from separate cases; `n` is the smaller number of cases.

    All but `n` is None where either has no case. ValueError as for `wilson`.

    Source: R. G. Newcombe, Statist. Med. 17 (1998) 873, method 10.
    """
    a, b = wilson(passed_a, n_a, confidence), wilson(passed_b, n_b, confidence)
    if a.estimate is None or b.estimate is None or a.low is None or b.low is None or a.high is None or b.high is None:
        return Interval(None, None, None, 0)
    difference = b.estimate - a.estimate
    low = difference - sqrt((b.estimate - b.low) ** 2 + (a.high - a.estimate) ** 2)
    high = difference + sqrt((b.high - b.estimate) ** 2 + (a.estimate - a.low) ** 2)
    return Interval(difference, low, high, min(n_a, n_b))


def _half_tail(wins: float, losses: float) -> float:
    """The chance of `wins` or more of wins + losses tosses of a fair coin."""
    if wins == 0:
        return 1.0
    # The beta function takes shapes from a half up; fewer wins than that are no evidence at all.
    return incomplete_beta(wins, losses + 1, 0.5) if wins >= 0.5 else 1.0
