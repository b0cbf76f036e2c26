"""Intervals on a proportion: Wilson's for showing, the exact one-sided bounds for deciding.

Wilson's is shown because its coverage is close to nominal on average and it never leaves 0..1, also at 0 of n
and n of n (Newcombe 1998 compares seven). A gate reads Clopper and Pearson's because their coverage is never
below nominal: a release must not pass on a bound that is right only on average. Rejected: the normal
approximation (Wald), which calls 10 of 10 certain.
"""

from dataclasses import dataclass
from math import sqrt

from seatrial.stats.beta import incomplete_beta_inverse
from seatrial.stats.normal import two_sided_normal_quantile


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with what it rests on: `low` and `high` are None where `n` is too small for an interval."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int


def wilson(passed: int, n: int, confidence: float = 0.95) -> Interval:
    """Two-sided score interval on passed / n, as fractions of 1; with n = 0 all but `n` is None.

    ValueError unless 0 <= passed <= n and 0 < confidence < 1.

    Source: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927) 209; recommended by R. G. Newcombe, Statist. Med. 17
    (1998) 857.
    """
    _require_counts(passed, n)
    require_confidence(confidence)
    if n == 0:
        return Interval(estimate=None, low=None, high=None, n=0)
    z = two_sided_normal_quantile(confidence)
    failed = n - passed
    centre = passed + z * z / 2
    half_width = z * sqrt(passed * (failed / n) + z * z / 4)
    low = (centre - half_width) / (n + z * z)
    high = (centre + half_width) / (n + z * z)
    # Algebra gives exactly 0 and 1 at the ends; rounding would leave 1e-18 and 0.9999999999999999.
    return Interval(
        estimate=passed / n,
        low=low if passed else 0.0,
        high=high if failed else 1.0,
        n=n,
    )


def exact_lower(passed: int, n: int, confidence: float = 0.95) -> float:
    """One-sided lower bound: at it `passed` or more of `n` has a chance of 1 - confidence, below it less.

    0 when nothing passed, so also when n = 0. ValueError as for `wilson`.

    Source: C. J. Clopper & E. S. Pearson, Biometrika 26 (1934) 404, as a beta quantile.
    """
    _require_counts(passed, n)
    require_confidence(confidence)
    if passed == 0:
        return 0.0
    return incomplete_beta_inverse(passed, n - passed + 1, 1.0 - confidence)


def exact_upper(passed: int, n: int, confidence: float = 0.95) -> float:
    """One-sided upper bound, as `exact_lower` from the other side; 1 when nothing failed, so also when n = 0."""
    _require_counts(passed, n)
    require_confidence(confidence)
    if passed == n:
        return 1.0
    return incomplete_beta_inverse(passed + 1, n - passed, confidence)


def exact(passed: int, n: int, confidence: float = 0.95) -> Interval:
    """Two-sided exact interval: both one-sided bounds, each at half the risk; with n = 0 all but `n` is None.

    ValueError as for `wilson`. Source: Clopper & Pearson 1934, as above.
    """
    _require_counts(passed, n)
    require_confidence(confidence)
    if n == 0:
        return Interval(estimate=None, low=None, high=None, n=0)
    each = (1.0 + confidence) / 2
    return Interval(passed / n, exact_lower(passed, n, each), exact_upper(passed, n, each), n)


def require_confidence(confidence: float) -> None:
    """ValueError unless 0 < confidence < 1: an interval of confidence 0 or 1 says nothing."""
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence: expected a number between 0 and 1, got {confidence!r}")


def _require_counts(passed: int, n: int) -> None:
    if not 0 <= passed <= n:
        raise ValueError(f"passed: expected a count from 0 to n = {n!r}, got {passed!r}")
