"""The running mean equals the mean of the values, and its interval is scipy's."""

import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.stats.mean import RunningMean, mean_interval
from seatrial.stats.proportion import Interval

values = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))


def running(numbers: list[float]) -> RunningMean:
    moments = RunningMean()
    for number in numbers:
        moments.add(number)
    return moments


@settings(deadline=None)
@given(numbers=st.lists(values, min_size=2))
def test_moments_are_those_of_the_values(numbers: list[float]) -> None:
    moments = running(numbers)
    scale = max(map(abs, numbers)) + 1.0
    assert moments.n == len(numbers)
    assert moments.mean == pytest.approx(statistics.fmean(numbers), abs=1e-13 * scale)
    assert moments.variance == pytest.approx(statistics.variance(numbers), rel=1e-9, abs=1e-13 * scale**2)


def test_variance_survives_a_mean_far_from_zero() -> None:
    moments = running([1e9 + offset for offset in (4.0, 7.0, 13.0, 16.0)])
    assert moments.mean == 1e9 + 10.0
    assert moments.variance == 30.0


@settings(deadline=None)
@given(first=st.lists(values), second=st.lists(values))
def test_merging_equals_adding(first: list[float], second: list[float]) -> None:
    merged, other, added = running(first), running(second), running(first + second)
    merged.merge(other)
    scale = max(map(abs, [*first, *second]), default=0.0) + 1.0
    assert merged.n == added.n
    if added.n > 0:
        assert merged.mean == pytest.approx(added.mean, abs=1e-13 * scale)
    if added.n > 1:
        assert merged.variance == pytest.approx(added.variance, rel=1e-9, abs=1e-13 * scale**2)


def test_merging_leaves_the_other_as_it_was() -> None:
    other = running([1.0, 3.0])
    running([5.0]).merge(other)
    assert (other.n, other.mean, other.variance) == (2, 2.0, 2.0)


def test_merging_with_itself_counts_every_value_twice() -> None:
    moments = running([1.0, 3.0])
    moments.merge(moments)
    assert (moments.n, moments.mean) == (4, 2.0)
    assert moments.variance == pytest.approx(4 / 3)


@settings(deadline=None)
@given(
    n=st.one_of(st.integers(2, 40), st.integers(2, 1_000_000)),
    confidence=st.one_of(st.sampled_from([0.5, 0.9, 0.95, 0.99, 0.999]), st.floats(0.01, 0.9999)),
)
def test_interval_is_students(n: int, confidence: float) -> None:
    # Two equal halves of -1 and 1, and a 0 where n is odd: mean 0, sum of squares known, any n at once.
    from scipy.stats import t as student

    moments = merged_copies(running([-1.0, 1.0]), n // 2)
    if n % 2:
        moments.add(0.0)
    standard_error = math.sqrt(n // 2 * 2 / (n - 1) / n)
    low, high = student.interval(confidence, n - 1, scale=standard_error)
    interval = mean_interval(moments, confidence)
    assert interval.estimate == pytest.approx(0.0, abs=1e-15)
    assert interval.n == n
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=1e-9)


def merged_copies(moments: RunningMean, times: int) -> RunningMean:
    """`moments` taken `times` times, by doubling."""
    total = RunningMean()
    while times:
        if times % 2:
            total.merge(moments)
        moments.merge(moments)
        times //= 2
    return total


@settings(deadline=None)
@given(numbers=st.lists(values, min_size=2))
def test_interval_lies_around_the_mean(numbers: list[float]) -> None:
    interval = mean_interval(running(numbers))
    assert interval.low is not None
    assert interval.estimate is not None
    assert interval.high is not None
    assert interval.low <= interval.estimate <= interval.high


def test_equal_values_give_an_interval_of_no_width() -> None:
    assert mean_interval(running([0.1] * 7)) == Interval(estimate=0.1, low=0.1, high=0.1, n=7)


def test_one_value_has_a_mean_and_no_interval() -> None:
    assert mean_interval(running([2.5])) == Interval(estimate=2.5, low=None, high=None, n=1)


def test_no_value_has_neither() -> None:
    assert mean_interval(RunningMean()) == Interval(estimate=None, low=None, high=None, n=0)


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf, 1e141])
def test_what_would_spoil_every_later_figure_is_refused_and_not_counted(x: float) -> None:
    moments = running([1.0, 2.0])
    with pytest.raises(ValueError, match="x: expected a finite number"):
        moments.add(x)
    assert (moments.n, moments.mean) == (2, 1.5)


def test_impossible_confidence_is_refused() -> None:
    with pytest.raises(ValueError, match="confidence: expected a number between 0 and 1"):
        mean_interval(running([1.0, 2.0]), confidence=1.0)
