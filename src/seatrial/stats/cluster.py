"""Intervals where cases come in groups (one document, one conversation, one author): n is then less than it looks.

The cases of a group tend to go the same way, so an interval that takes them for separate pieces of evidence is
too narrow. Groups are the units drawn: the variance comes from the sums of whole groups, and the quantile is
Student's with groups - 1 degrees. A case without a group is a group of its own.

Of two estimates of the variance the larger is taken: the robust one (CR2), which supposes nothing but is itself
uncertain where a few large groups decide it, and that of a model in which any two cases of a group are equally alike,
which all groups help to estimate. Simulated (`docs/explanation/statistics.md`), either alone covers too little at
20 groups of unequal size.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import repeat
from math import fsum, inf, sqrt

from seatrial.stats.mean import RunningMean
from seatrial.stats.normal import t_quantile, t_tail, two_sided_t_quantile
from seatrial.stats.proportion import require_confidence, wilson

# Equal values whose mean is a rounding away from them do not vary.
_ROUNDING = 1e-14

FEW = 20
"""Below so many groups the coverage of the intervals is not proven: they come with a warning."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """The sum of the values and the number of cases of each group; built by `clusters`.

    `within` is the sum of squared distances of the values from the mean of their group.
    """

    totals: tuple[float, ...]
    sizes: tuple[int, ...]
    within: float

    @property
    def n(self) -> int:
        """Cases."""
        return sum(self.sizes)

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def grouped(self) -> bool:
        """Whether any two cases share a group."""
        return any(size > 1 for size in self.sizes)


@dataclass(frozen=True, slots=True)
class ClusteredInterval:
    """An interval with what it rests on: `n` cases in `clusters` groups, worth `effective_n` separate cases.

    `low` and `high` are None where no interval can be given; `warning` says what to doubt, None if nothing.
    """

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    clusters: int
    effective_n: float | None
    method: str
    warning: str | None


@dataclass(frozen=True, slots=True)
class RobustMean:
    """A mean over cases with the variance of that mean, robust against groups, and its degrees of freedom."""

    mean: float
    variance: float
    n: int
    clusters: int
    degrees: float

    def t(self, null: float = 0.0) -> float:
        """How many standard errors the mean lies above `null`; without any error infinite, or 0 on it."""
        distance = self.mean - null
        if self.variance <= 0.0:
            return 0.0 if distance == 0.0 else inf if distance > 0 else -inf
        return distance / sqrt(self.variance)

    def p_above(self, null: float = 0.0) -> float:
        """Student's one-sided p-value of the claim that the true mean is above `null`."""
        return t_tail(self.t(null), self.degrees)

    def p_below(self, null: float = 0.0) -> float:
        """That of the claim that it is below; 1 less the other would round small ones to 0."""
        return t_tail(-self.t(null), self.degrees)


def clusters(values: Iterable[float], groups: Iterable[Hashable | None] | None = None) -> Clusters:
    """Sum `values` by their group; None is no group. ValueError when the two differ in length."""
    if groups is None:
        totals = tuple(map(float, values))
        return Clusters(totals, tuple(repeat(1, len(totals))), 0.0)
    places: dict[Hashable, int] = {}
    sums: list[float] = []
    means: list[float] = []
    sizes: list[int] = []
    within = 0.0
    for value, group in zip(values, groups, strict=True):
        place = len(sums) if group is None else places.setdefault(group, len(sums))
        if place == len(sums):
            sums.append(float(value))
            means.append(float(value))
            sizes.append(1)
            continue
        sums[place] += value
        sizes[place] += 1
        distance = value - means[place]
        means[place] += distance / sizes[place]
        within += distance * (value - means[place])
    return Clusters(tuple(sums), tuple(sizes), within)


def mean_of_repeats(values: Iterable[tuple[Hashable, float]]) -> dict[Hashable, float]:
    """The mean of each case from (case, value) pairs: repeats are looks at one case and count as one."""
    seen: dict[Hashable, RunningMean] = {}
    for case, value in values:
        seen.setdefault(case, RunningMean()).add(value)
    return {case: running.mean for case, running in seen.items() if running.mean is not None}


def robust_mean(data: Clusters) -> RobustMean:
    """The mean over cases and its variance; with groups of one this is the variance of the sample over n.

    ValueError under two groups. Source: CR2: R. M. Bell & D. F. McCaffrey, Survey Methodology 28 (2002) 169, for the
    mean: each group's residual sum is divided by sqrt(1 - its share of the cases).
    """
    n = data.n
    if len(data) < 2:
        raise ValueError(f"data: expected two groups or more, got {len(data)}")
    mean = fsum(data.totals) / n
    squares = fsum(
        (total - size * mean) ** 2 / (1 - size / n) for total, size in zip(data.totals, data.sizes, strict=True)
    )
    variance = max(squares / (n * n), _model_variance(data, mean)) if data.grouped else squares / (n * n)
    if sqrt(variance) <= _ROUNDING * abs(mean):
        variance = 0.0
    return RobustMean(mean, variance, n, len(data), len(data) - 1)


def clustered_mean(data: Clusters, confidence: float = 0.95) -> ClusteredInterval:
    """Two-sided interval on the mean over cases: Student's with groups - 1 degrees on `robust_mean`'s variance.

    Under two groups `low` and `high` are None. ValueError unless 0 < confidence < 1.
    """
    require_confidence(confidence)
    if len(data) < 2:
        return _no_interval(data)
    robust = robust_mean(data)
    half_width = two_sided_t_quantile(robust.degrees, confidence) * sqrt(robust.variance)
    method = "cluster-robust t" if data.grouped else "t"
    return ClusteredInterval(
        estimate=robust.mean,
        low=robust.mean - half_width,
        high=robust.mean + half_width,
        n=data.n,
        clusters=len(data),
        effective_n=None,
        method=method,
        warning=few_warning(data),
    )


def clustered_proportion(data: Clusters, confidence: float = 0.95) -> ClusteredInterval:
    """Two-sided interval on a share of cases, `totals` counting those that passed; never outside 0..1.

    Wilson's on the effective number of cases; plain Wilson where no two cases share a group. ValueError for a
    total that its group cannot have, or unless 0 < confidence < 1.

    Source: effective sizes after J. N. K. Rao & A. J. Scott, Biometrics 48 (1992) 577, in Wilson's interval, which
    C. Franco, R. J. A. Little, T. A. Louis & E. V. Slud, J. Surv. Stat. Methodol. 7 (2019) 334, recommend, with a
    model's help in estimating the effective size.
    """
    require_confidence(confidence)
    for total, size in zip(data.totals, data.sizes, strict=True):
        if not 0 <= total <= size:
            raise ValueError(f"totals: expected from 0 to the {size} cases of the group, got {total!r}")
    if not data.grouped:
        plain = wilson(round(fsum(data.totals)), data.n, confidence)
        return ClusteredInterval(
            plain.estimate, plain.low, plain.high, data.n, len(data), float(data.n), "Wilson", None
        )
    if len(data) < 2:
        return _no_interval(data)
    robust = robust_mean(data)
    effective = effective_n(robust, robust.mean * (1 - robust.mean))
    quantile = t_quantile(robust.degrees, (1 + confidence) / 2)
    low, high = _score_interval(robust.mean, effective, quantile)
    return ClusteredInterval(
        estimate=robust.mean,
        low=low,
        high=high,
        n=data.n,
        clusters=len(data),
        effective_n=effective,
        method="cluster-robust Wilson",
        warning=few_warning(data),
    )


def effective_n(robust: RobustMean, variance: float) -> float:
    """How many separate cases of this variance (divisor n) would give the mean as sharply; at most n.

    Where the values do not vary at all nothing tells how alike the cases of a group are, and each group counts
    as one case.
    """
    if variance <= 0.0 or robust.variance <= 0.0:
        return float(robust.clusters)
    return min(float(robust.n), variance / robust.variance + 1)


def _model_variance(data: Clusters, mean: float) -> float:
    """The variance of the mean where any two cases of a group are correlated equally, which is never below 0.

    Source: the correlation by analysis of variance, A. Donner & J. J. Koval, Biometrics 36 (1980) 19; its effect on
    the variance of a sum, L. Kish, Survey Sampling (1965), chapter 5.
    """
    n, count = data.n, len(data)
    between = fsum(size * (total / size - mean) ** 2 for total, size in zip(data.totals, data.sizes, strict=True)) / (
        count - 1
    )
    within = data.within / (n - count)
    square_sizes = sum(size * size for size in data.sizes)
    usual_size = (n - square_sizes / n) / (count - 1)
    of_groups = max(0.0, (between - within) / usual_size)
    return (within * n + of_groups * square_sizes) / (n * n)


def few_warning(data: Clusters) -> str | None:
    """What to doubt when there are fewer than `FEW` groups; None where there are no groups or enough."""
    if not data.grouped or len(data) >= FEW:
        return None
    return f"{len(data)} groups only: below {FEW} the interval may be too narrow"


def _no_interval(data: Clusters) -> ClusteredInterval:
    estimate = fsum(data.totals) / data.n if data.n else None
    warning = "all cases share one group: nothing tells how much groups differ" if data.grouped else None
    return ClusteredInterval(estimate, None, None, data.n, len(data), None, "none", warning)


def _score_interval(estimate: float, n: float, quantile: float) -> tuple[float, float]:
    """Wilson's interval for a share of `n` cases, whole or not."""
    square = quantile * quantile
    centre = (estimate * n + square / 2) / (n + square)
    half_width = quantile * sqrt(n * estimate * (1 - estimate) + square / 4) / (n + square)
    return max(0.0, centre - half_width), min(1.0, centre + half_width)
