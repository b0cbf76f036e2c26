"""B against A on the same cases: the difference with its interval and p-value, for pass/fail and for scores.

Scores up to 2,000 pairs or groups get a bootstrap's interval and the p-value of sign flips: neither supposes a shape of
the differences. Above, a mean is normal enough and Student's say the same in a thousandth of the time. Pass/fail has
closed forms at every size. Which method spoke is part of what is returned.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from seatrial.stats.cluster import (
    ClusteredInterval,
    Clusters,
    RobustMean,
    clustered_mean,
    clusters,
    effective_n,
    few_warning,
    robust_mean,
)
from seatrial.stats.normal import t_quantile, t_tail
from seatrial.stats.paired import Alternative, Pairs, mcnemar, paired_difference, score_bounds, score_statistic
from seatrial.stats.resample import DRAWS, cluster_bootstrap, sign_flip

RESAMPLE_UP_TO = 2_000
BOOTSTRAP_FROM = 8
"""With fewer groups Student's quantile lies beyond what samples of them can reach."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The difference B - A over `n` cases in `clusters` groups, its two-sided interval, and a p-value.

    `low`, `high` and `p` are None where the data can give none. `interval` and `test` name the methods, with the
    number of draws where they drew; `warning` says what to doubt, None if nothing.
    """

    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    n: int
    clusters: int
    interval: str
    test: str
    warning: str | None


@dataclass(frozen=True, slots=True)
class EffectivePairs:
    """Pass/fail pairs of grouped cases, counted as so many separate pairs as would tell as much.

    Source: effective sizes after J. N. K. Rao & A. J. Scott, Biometrics 48 (1992) 577, from `robust_mean`.
    """

    only_a: float
    only_b: float
    n: float
    degrees: float

    def bounds(self, confidence: float) -> tuple[float, float]:
        """Two-sided bounds on the difference: Tango's with Student's quantile."""
        return score_bounds(self.only_a, self.only_b, self.n, t_quantile(self.degrees, (1 + confidence) / 2))

    def p_above(self, null: float) -> float:
        """The one-sided p-value of the claim that the difference is above `null`."""
        return t_tail(score_statistic(self.only_a, self.only_b, self.n, null), self.degrees)

    def p_below(self, null: float) -> float:
        """That of the claim that it is below."""
        return t_tail(-score_statistic(self.only_a, self.only_b, self.n, null), self.degrees)


def effective_pairs(pairs: Pairs, data: Clusters) -> EffectivePairs:
    """Count `pairs` for as much as their groups tell; `data` sums the same pairs' differences (-1, 0, 1) by group.

    ValueError under two groups or for data of another number of cases.
    """
    if data.n != pairs.n:
        raise ValueError(f"data: expected the {pairs.n} cases of the pairs, got {data.n}")
    robust = robust_mean(data)
    variance = (pairs.only_a + pairs.only_b) / pairs.n - robust.mean**2
    share = effective_n(robust, variance) / pairs.n
    return EffectivePairs(pairs.only_a * share, pairs.only_b * share, pairs.n * share, robust.degrees)


def compare_pairs(
    pairs: Pairs,
    data: Clusters | None = None,
    *,
    confidence: float = 0.95,
    alternative: Alternative = "two-sided",
) -> Comparison:
    """Compare pass rates: exact McNemar and Tango's interval, or, where cases share groups, both made robust.

    `data` sums the same pairs' differences (-1, 0, 1) by group; needed only where cases share groups. ValueError for an
    impossible confidence or data of another number of cases.
    """
    if data is not None and data.grouped:
        return _compare_grouped_pairs(pairs, data, confidence, alternative)
    shown = paired_difference(pairs, confidence)
    p = mcnemar(pairs.only_a, pairs.only_b, alternative) if pairs.n else None
    return Comparison(
        shown.estimate, shown.low, shown.high, p, pairs.n, pairs.n, "score (Tango)", "exact McNemar", None
    )


def _compare_grouped_pairs(pairs: Pairs, data: Clusters, confidence: float, alternative: Alternative) -> Comparison:
    if len(data) < 2:
        return _one_group(clustered_mean(data, confidence).warning, pairs.difference, data)
    effective = effective_pairs(pairs, data)
    low, high = effective.bounds(confidence)
    return Comparison(
        difference=pairs.difference,
        low=low,
        high=high,
        p=_of_alternative(effective.p_above(0.0), effective.p_below(0.0), alternative),
        n=pairs.n,
        clusters=len(data),
        interval="cluster-robust score",
        test="cluster-robust score",
        warning=few_warning(data),
    )


def compare_scores(
    differences: Sequence[float],
    groups: Sequence[Hashable | None] | None = None,
    *,
    confidence: float = 0.95,
    alternative: Alternative = "two-sided",
    seed: int = 0,
    draws: int = DRAWS,
    resample_up_to: int = RESAMPLE_UP_TO,
) -> Comparison:
    """Compare scores by their differences B - A, one a case (the mean of its repeats), in any unit.

    ValueError for an impossible confidence or groups of another number than the differences.
    """
    data = clusters(differences, groups)
    shown = clustered_mean(data, confidence)
    if len(data) < 2:
        return _one_group(shown.warning, shown.estimate, data)
    if len(data) > resample_up_to:
        return _closed_form(shown, data, alternative)
    low, high, interval = shown.low, shown.high, shown.method
    grouped = "cluster " if data.grouped else ""
    if len(data) >= BOOTSTRAP_FROM:
        low, high = cluster_bootstrap(data, confidence, seed=seed, draws=draws)
        interval = f"{grouped}bootstrap, {draws:,} draws"
    flips = sign_flip(data, alternative, seed=seed, draws=draws)
    return Comparison(
        difference=shown.estimate,
        low=low,
        high=high,
        p=flips.p,
        n=data.n,
        clusters=len(data),
        interval=interval,
        test=f"{grouped}sign flips, " + ("exact" if flips.exact else f"{draws:,} draws"),
        warning=few_warning(data),
    )


def t_test(robust: RobustMean, alternative: Alternative = "two-sided") -> float | None:
    """Student's p-value that the mean over cases is 0, with groups - 1 degrees; "greater" claims that it is above.

    None where the values do not vary but are not 0: Student's then cannot tell chance from fact.

    Source: paired t: Student, Biometrika 6 (1908) 1; groups: as `robust_mean`.
    """
    if robust.variance <= 0.0 and robust.mean != 0.0:
        return None
    return _of_alternative(robust.p_above(), robust.p_below(), alternative)


def _closed_form(shown: ClusteredInterval, data: Clusters, alternative: Alternative) -> Comparison:
    return Comparison(
        difference=shown.estimate,
        low=shown.low,
        high=shown.high,
        p=t_test(robust_mean(data), alternative),
        n=shown.n,
        clusters=shown.clusters,
        interval=shown.method,
        test="cluster-robust t" if data.grouped else "paired t",
        warning=shown.warning,
    )


def _one_group(warning: str | None, difference: float | None, data: Clusters) -> Comparison:
    return Comparison(difference, None, None, None, data.n, len(data), "none", "none", warning)


def _of_alternative(p_above: float, p_below: float, alternative: Alternative) -> float:
    if alternative == "greater":
        return p_above
    if alternative == "less":
        return p_below
    return min(1.0, 2 * min(p_above, p_below))
