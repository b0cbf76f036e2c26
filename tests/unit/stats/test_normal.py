"""Quantiles and tails agree with scipy, far out too."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.stats.normal import (
    normal_quantile,
    normal_tail,
    t_quantile,
    t_tail,
    two_sided_normal_quantile,
    two_sided_t_quantile,
)

probabilities = st.one_of(st.sampled_from([1e-12, 0.025, 0.05, 0.5, 0.95, 0.975]), st.floats(1e-9, 1 - 1e-9))
degrees = st.one_of(st.integers(1, 40).map(float), st.floats(1.0, 1e5))


@given(p=probabilities)
def test_normal_quantile_is_scipys(p: float) -> None:
    from scipy.stats import norm

    assert normal_quantile(p) == pytest.approx(norm.ppf(p), rel=1e-9, abs=1e-12)
    assert two_sided_normal_quantile(p) == pytest.approx(norm.ppf((1 + p) / 2), rel=1e-6, abs=1e-12)


@given(z=st.floats(-30.0, 30.0))
def test_normal_tail_is_scipys(z: float) -> None:
    from scipy.stats import norm

    assert normal_tail(z) == pytest.approx(norm.sf(z), rel=1e-9)


@given(p=probabilities, nu=degrees)
def test_t_quantile_is_scipys(p: float, nu: float) -> None:
    from scipy.stats import t as student

    assert t_quantile(nu, p) == pytest.approx(student.ppf(p, nu), rel=1e-7, abs=1e-9)
    assert two_sided_t_quantile(nu, p) == pytest.approx(student.ppf((1 + p) / 2, nu), rel=1e-6, abs=1e-9)


@given(t=st.floats(-50.0, 50.0), nu=degrees)
def test_t_tail_is_scipys(t: float, nu: float) -> None:
    from scipy.stats import t as student

    assert t_tail(t, nu) == pytest.approx(student.sf(t, nu), rel=1e-8, abs=1e-300)


def test_tails_end_where_the_line_does() -> None:
    assert [t_tail(math.inf, 3), t_tail(0.0, 3), t_tail(-math.inf, 3)] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("p", [0.0, 1.0, -0.1, math.nan])
def test_impossible_probabilities_are_refused(p: float) -> None:
    for function in (normal_quantile, two_sided_normal_quantile):
        with pytest.raises(ValueError, match="expected a number between 0 and 1"):
            function(p)
    for of_student in (t_quantile, two_sided_t_quantile):
        with pytest.raises(ValueError, match="expected a number between 0 and 1"):
            of_student(5.0, p)
