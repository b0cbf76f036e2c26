"""Groups widen an interval by what they share; cases without groups are counted as ever."""

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.stats.cluster import (
    ClusteredInterval,
    clustered_mean,
    clustered_proportion,
    clusters,
    mean_of_repeats,
    robust_mean,
)
from seatrial.stats.mean import RunningMean, mean_interval
from seatrial.stats.proportion import wilson

scores = st.floats(-100.0, 100.0).map(lambda value: round(value, 3))
grouped_scores = st.lists(st.tuples(scores, st.one_of(st.none(), st.integers(0, 6))), min_size=2, max_size=60)
grouped_passes = st.lists(st.tuples(st.booleans(), st.one_of(st.none(), st.integers(0, 6))), min_size=1, max_size=80)


def ends(interval: ClusteredInterval) -> tuple[float, float]:
    assert interval.low is not None
    assert interval.high is not None
    return interval.low, interval.high


def running(values: list[float]) -> RunningMean:
    moments = RunningMean()
    for value in values:
        moments.add(value)
    return moments


@given(rows=grouped_scores)
def test_values_are_summed_by_group_and_none_is_no_group(rows: list[tuple[float, int | None]]) -> None:
    data = clusters(*zip(*rows, strict=True))
    named = {group for _, group in rows if group is not None}
    alone = sum(group is None for _, group in rows)
    assert (data.n, len(data)) == (len(rows), len(named) + alone)
    assert sum(data.totals) == pytest.approx(sum(value for value, _ in rows), abs=1e-9)
    within = 0.0
    for name in named:
        values = np.array([value for value, group in rows if group == name])
        within += float(((values - values.mean()) ** 2).sum())
    assert data.within == pytest.approx(within, abs=1e-6)


def cr2_variance(values: np.ndarray, names: np.ndarray) -> float:
    """The sandwich with each group's block of the hat matrix taken out, by matrices: Bell & McCaffrey 2002."""
    n = len(values)
    residuals = values - values.mean()
    total = 0.0
    for name in np.unique(names):
        of_group = residuals[names == name]
        block = np.eye(len(of_group)) - np.full((len(of_group), len(of_group)), 1 / n)
        roots, vectors = np.linalg.eigh(block)
        adjusted = vectors @ np.diag(roots**-0.5) @ vectors.T @ of_group
        total += adjusted.sum() ** 2
    return float(total) / n**2


@given(rows=st.lists(st.tuples(scores, st.integers(0, 6)), min_size=2, max_size=40))
def test_the_variance_is_at_least_the_robust_one_and_that_of_cases_apart(rows: list[tuple[float, int]]) -> None:
    values, names = (np.array(column) for column in zip(*rows, strict=True))
    if len(set(names)) < 2:
        return
    robust = robust_mean(clusters(values, names))
    assert robust.mean == pytest.approx(values.mean(), abs=1e-9)
    assert robust.variance >= cr2_variance(values, names) * (1 - 1e-9) - 1e-12


def test_with_groups_alike_in_size_the_variance_is_that_of_their_means() -> None:
    # Groups that differ more than their cases: the analysis of variance and CR2 then agree.
    values = [1.0, 2.0, 5.0, 6.0, 9.0, 11.0]
    robust = robust_mean(clusters(values, [0, 0, 1, 1, 2, 2]))
    means = [1.5, 5.5, 10.0]
    assert robust.variance == pytest.approx(np.var(means, ddof=1) / 3)


@given(values=st.lists(scores, min_size=2, max_size=50))
def test_groups_of_one_give_students_interval(values: list[float]) -> None:
    plain = mean_interval(running(values))
    for groups in (None, [None] * len(values), range(len(values))):
        clustered = clustered_mean(clusters(values, groups))
        assert ends(clustered) == pytest.approx((plain.low, plain.high), abs=1e-9)
        assert (clustered.method, clustered.warning) == ("t", None)


@given(rows=grouped_passes, confidence=st.sampled_from([0.8, 0.95, 0.99]))
def test_a_share_stays_inside_its_scale_and_is_never_sure(
    rows: list[tuple[bool, int | None]], confidence: float
) -> None:
    shown = clustered_proportion(clusters(*zip(*rows, strict=True)), confidence)
    if shown.low is None:
        assert shown.clusters == 1
        return
    low, high = ends(shown)
    assert shown.estimate is not None
    assert 0.0 <= low <= shown.estimate + 1e-12
    assert shown.estimate - 1e-12 <= high <= 1.0
    assert low < high
    assert shown.effective_n is not None
    assert shown.effective_n <= shown.n


@given(passes=st.lists(st.booleans(), min_size=1, max_size=60))
def test_without_groups_a_share_has_wilsons_interval(passes: list[bool]) -> None:
    shown = clustered_proportion(clusters(passes))
    plain = wilson(sum(passes), len(passes))
    assert ends(shown) == (plain.low, plain.high)
    assert (shown.method, shown.effective_n, shown.warning) == ("Wilson", len(passes), None)


def test_ten_copies_of_each_case_tell_as_much_as_one() -> None:
    drawn = random.Random(7)
    passes = [drawn.random() < 0.7 for _ in range(60)]
    copies = clustered_proportion(clusters([p for p in passes for _ in range(10)], [i // 10 for i in range(600)]))
    once = wilson(sum(passes), 60)
    assert copies.effective_n == pytest.approx(60, rel=0.02)
    # Student's quantile at 59 degrees beside the normal one.
    assert ends(copies) == pytest.approx((once.low, once.high), abs=0.01)


def test_where_nothing_failed_each_group_counts_as_one_case() -> None:
    shown = clustered_proportion(clusters([True] * 500, [i // 20 for i in range(500)]))
    assert (shown.effective_n, shown.high) == (25.0, 1.0)
    assert ends(shown)[0] < 0.9


def test_few_groups_come_with_a_warning_and_one_with_no_interval() -> None:
    few = clustered_mean(clusters(range(19 * 2), [i // 2 for i in range(38)]))
    assert few.warning == "19 groups only: below 20 the interval may be too narrow"
    assert clustered_mean(clusters(range(40), [i // 2 for i in range(40)])).warning is None
    for interval in (clustered_mean, clustered_proportion):
        one = interval(clusters([1, 0, 1], ["a"] * 3))
        assert (one.estimate, one.low, one.high) == (pytest.approx(2 / 3), None, None)
        assert one.warning == "all cases share one group: nothing tells how much groups differ"


def test_no_case_gives_no_figure() -> None:
    assert clustered_mean(clusters([])).estimate is None
    assert clustered_proportion(clusters([])).low is None


def test_repeats_are_looks_at_one_case() -> None:
    assert mean_of_repeats([("a", 1), ("b", 0.5), ("a", 0), ("a", 0.5)]) == {"a": 0.5, "b": 0.5}


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        clusters([1, 2], ["a"])
    with pytest.raises(ValueError, match="expected from 0 to the 1 cases of the group, got 2"):
        clustered_proportion(clusters([2.0, 1.0]))
    with pytest.raises(ValueError, match="expected two groups or more, got 1"):
        robust_mean(clusters([1.0, 2.0], ["a", "a"]))
    with pytest.raises(ValueError, match="confidence"):
        clustered_mean(clusters([1.0, math.pi]), 1.0)
