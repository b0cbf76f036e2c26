"""The incomplete beta function and its inverse agree with scipy over every shape an interval can ask for."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seatrial.stats.beta import (
    incomplete_beta,
    incomplete_beta_inverse,
    incomplete_beta_inverse_log_odds,
)

shapes = st.one_of(
    st.floats(0.5, 20.0),
    st.integers(1, 1_000_000).map(float),
    st.floats(math.log(0.5), math.log(1e6)).map(lambda logarithm: min(max(math.exp(logarithm), 0.5), 1e6)),
)
probabilities = st.one_of(
    st.sampled_from([0.001, 0.01, 0.025, 0.05, 0.1, 0.5, 0.9, 0.95, 0.975, 0.99, 0.999]),
    st.floats(1e-12, 1.0 - 1e-12),
)


def standard_deviation(a: float, b: float) -> float:
    return math.sqrt(a * b / (a + b + 1.0)) / (a + b)


@settings(deadline=None)
@given(a=shapes, b=shapes, deviations=st.floats(-8.0, 8.0))
def test_agrees_with_scipy_around_the_mean(a: float, b: float, deviations: float) -> None:
    from scipy.special import betainc

    x = a / (a + b) + deviations * standard_deviation(a, b)
    assume(0.0 < x < 1.0)
    assert incomplete_beta(a, b, x) == pytest.approx(betainc(a, b, x), rel=1e-9, abs=1e-250)


@settings(deadline=None)
@given(a=shapes, b=shapes, x=st.floats(0.0, 1.0))
def test_agrees_with_scipy_anywhere(a: float, b: float, x: float) -> None:
    from scipy.special import betainc

    assert incomplete_beta(a, b, x) == pytest.approx(betainc(a, b, x), rel=1e-9, abs=1e-250)


@settings(deadline=None)
@given(a=shapes, b=shapes, p=probabilities)
def test_inverse_agrees_with_scipy(a: float, b: float, p: float) -> None:
    from scipy.special import betaincinv

    quantile = incomplete_beta_inverse(a, b, p)
    assert quantile == pytest.approx(betaincinv(a, b, p), rel=1e-9)
    # Beside so narrow a distribution's own width, agreement in x alone would say little.
    assert abs(quantile - betaincinv(a, b, p)) <= 1e-7 * standard_deviation(a, b) + 1e-15


@settings(deadline=None)
@given(a=st.floats(0.5, 1e3), b=st.floats(0.5, 1e3), p=probabilities)
def test_inverse_undoes_the_function(a: float, b: float, p: float) -> None:
    x = incomplete_beta_inverse(a, b, p)
    assume(1e-9 < x < 1.0 - 1e-9)
    assert incomplete_beta(a, b, x) == pytest.approx(p, rel=1e-6, abs=1e-9)


@settings(deadline=None)
@given(a=shapes, b=shapes, p=probabilities)
def test_log_odds_keep_the_digits_that_the_quantile_rounds_away(a: float, b: float, p: float) -> None:
    from scipy.special import betaincinv

    odds = math.exp(-incomplete_beta_inverse_log_odds(a, b, p))
    # scipy rounds 1 - p before it solves, which a p this near to 0 would show.
    assume(p > 1e-6)
    mirrored = betaincinv(b, a, 1.0 - p)
    assert odds / (1.0 + odds) == pytest.approx(mirrored, rel=1e-8)


@pytest.mark.parametrize("exponent", range(6, 11))
@pytest.mark.parametrize("share", [0.0001, 0.3, 0.99])
@pytest.mark.parametrize("p", [0.001, 0.05, 0.95])
def test_stays_its_own_inverse_for_shapes_beyond_a_million(exponent: int, share: float, p: float) -> None:
    a = 10.0**exponent * share
    b = 10.0**exponent - a
    assert incomplete_beta(a, b, incomplete_beta_inverse(a, b, p)) == pytest.approx(p, rel=1e-7)


@settings(deadline=None)
@given(a=shapes, b=shapes)
def test_ends_are_exact(a: float, b: float) -> None:
    assert [incomplete_beta(a, b, end) for end in (0.0, 1.0)] == [0.0, 1.0]
    assert [incomplete_beta_inverse(a, b, end) for end in (0.0, 1.0)] == [0.0, 1.0]


@pytest.mark.parametrize("p", [1e-300, 1e-200, 1e-50])
def test_inverse_reaches_tails_that_would_underflow(p: float) -> None:
    from scipy.special import betaincinv

    assert incomplete_beta_inverse(3.0, 2.0, p) == pytest.approx(betaincinv(3.0, 2.0, p), rel=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "x", "names"),
    [
        (0.0, 1.0, 0.5, "a: expected a shape"),
        (1.0, -1.0, 0.5, "b: expected a shape"),
        (math.nan, 1.0, 0.5, "a: expected a shape"),
        (1.0, 1e11, 0.5, "b: expected a shape"),
        (1.0, 1.0, 1.5, "expected a number from 0 to 1, got 1.5"),
        (1.0, 1.0, math.nan, "expected a number from 0 to 1, got nan"),
    ],
)
def test_arguments_out_of_range_are_refused(a: float, b: float, x: float, names: str) -> None:
    for function in (incomplete_beta, incomplete_beta_inverse, incomplete_beta_inverse_log_odds):
        with pytest.raises(ValueError, match=names):
            function(a, b, x)
