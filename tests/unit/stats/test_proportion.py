"""Intervals on a proportion agree with statsmodels and keep what their names promise."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.stats.proportion import Interval, exact_lower, exact_upper, wilson


@st.composite
def counts(draw: st.DrawFn, largest: int = 1_000_000) -> tuple[int, int]:
    n = draw(st.one_of(st.integers(1, 100), st.integers(1, largest)))
    return draw(st.one_of(st.integers(0, min(n, 3)), st.integers(0, n))), n


confidences = st.one_of(st.sampled_from([0.8, 0.9, 0.95, 0.99, 0.999]), st.floats(0.01, 0.9999))


@settings(deadline=None)
@given(counted=counts(), confidence=confidences)
def test_wilson_agrees_with_statsmodels(counted: tuple[int, int], confidence: float) -> None:
    from statsmodels.stats.proportion import proportion_confint

    passed, n = counted
    low, high = proportion_confint(passed, n, alpha=1.0 - confidence, method="wilson")
    interval = wilson(passed, n, confidence)
    assert interval.estimate == passed / n
    assert interval.n == n
    assert (interval.low, interval.high) == pytest.approx((low, high), rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(counted=counts(), confidence=confidences)
def test_wilson_stays_in_range_and_around_the_estimate(counted: tuple[int, int], confidence: float) -> None:
    interval = wilson(*counted, confidence)
    assert interval.low is not None
    assert interval.estimate is not None
    assert interval.high is not None
    rounding = 1e-15
    assert 0.0 <= interval.low <= interval.estimate + rounding
    assert interval.estimate - rounding <= interval.high <= 1.0


@pytest.mark.parametrize("n", [1, 3, 10, 49, 1319, 1_000_000])
def test_wilson_ends_are_exact_when_none_or_all_passed(n: int) -> None:
    assert wilson(0, n).low == 0.0
    assert wilson(n, n).high == 1.0


@pytest.mark.parametrize(
    ("passed", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_the_published_examples(passed: int, n: int, low: float, high: float) -> None:
    # Newcombe 1998, table I, method 3.
    interval = wilson(passed, n)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


@settings(deadline=None)
@given(counted=counts(), confidence=confidences)
def test_exact_bounds_agree_with_statsmodels(counted: tuple[int, int], confidence: float) -> None:
    from statsmodels.stats.proportion import proportion_confint

    passed, n = counted
    low, high = proportion_confint(passed, n, alpha=2.0 * (1.0 - confidence), method="beta")
    assert exact_lower(passed, n, confidence) == pytest.approx(low, rel=1e-9)
    assert exact_upper(passed, n, confidence) == pytest.approx(high, rel=1e-9)


@settings(deadline=None)
@given(counted=counts(1000), rate=st.floats(0.01, 0.99))
def test_exact_lower_is_the_rate_at_which_so_many_passes_are_just_too_rare(
    counted: tuple[int, int], rate: float
) -> None:
    from scipy.stats import binom

    passed, n = counted
    tail = binom.sf(passed - 1, n, rate)
    if tail < 0.05 - 1e-9:
        assert exact_lower(passed, n) > rate
    elif tail > 0.05 + 1e-9:
        assert exact_lower(passed, n) < rate


@settings(deadline=None)
@given(counted=counts(), confidence=confidences)
def test_exact_bounds_mirror_each_other(counted: tuple[int, int], confidence: float) -> None:
    passed, n = counted
    mirrored = 1.0 - exact_lower(n - passed, n, confidence)
    assert exact_upper(passed, n, confidence) == pytest.approx(mirrored, abs=1e-14)


@pytest.mark.parametrize("n", [0, 1, 20])
def test_exact_bounds_are_the_ends_where_counts_say_nothing(n: int) -> None:
    assert exact_lower(0, n) == 0.0
    assert exact_upper(n, n) == 1.0


def test_no_case_gives_no_interval() -> None:
    assert wilson(0, 0) == Interval(estimate=None, low=None, high=None, n=0)


@pytest.mark.parametrize("function", [wilson, exact_lower, exact_upper])
@pytest.mark.parametrize(("passed", "n"), [(-1, 3), (4, 3), (0, -1)])
def test_impossible_counts_are_refused(function: object, passed: int, n: int) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match="passed: expected a count from 0 to n"):
        function(passed, n)


@pytest.mark.parametrize("function", [wilson, exact_lower, exact_upper])
@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0, -0.5, float("nan")])
def test_impossible_confidence_is_refused(function: object, confidence: float) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match="confidence: expected a number between 0 and 1"):
        function(1, 2, confidence)
