"""Figures that stand in print or follow by hand. `make test-all` holds the same functions to scipy and statsmodels over
all they can be asked for.
"""

import math

import pytest

from seatrial.stats.agreement import kappa
from seatrial.stats.beta import incomplete_beta, incomplete_beta_inverse
from seatrial.stats.mean import RunningMean, mean_interval
from seatrial.stats.multiple import benjamini_hochberg, holm
from seatrial.stats.normal import normal_quantile, t_quantile
from seatrial.stats.paired import mcnemar
from seatrial.stats.proportion import exact_lower, exact_upper


@pytest.mark.parametrize(("p", "z"), [(0.5, 0.0), (0.95, 1.644854), (0.975, 1.959964), (0.995, 2.575829)])
def test_quantiles_of_the_normal_table(p: float, z: float) -> None:
    assert normal_quantile(p) == pytest.approx(z, abs=5e-7)
    assert normal_quantile(1 - p) == pytest.approx(-z, abs=5e-7)


@pytest.mark.parametrize(
    ("p", "nu", "t"), [(0.975, 1, 12.706), (0.975, 10, 2.228), (0.95, 30, 1.697), (0.995, 5, 4.032)]
)
def test_quantiles_of_students_table(p: float, nu: float, t: float) -> None:
    assert t_quantile(nu, p) == pytest.approx(t, abs=5e-4)


def test_an_interval_of_a_mean_by_students_table() -> None:
    moments = RunningMean()
    for value in (1.0, 2.0, 3.0, 4.0, 5.0):
        moments.add(value)
    interval = mean_interval(moments)
    assert interval.estimate == 3.0
    assert interval.high == pytest.approx(3 + 2.776445 * math.sqrt(2.5 / 5), abs=1e-5)


@pytest.mark.parametrize(("a", "b", "x"), [(1.0, 7.0, 0.2), (1.0, 0.5, 0.9), (1.0, 300.0, 0.001)])
def test_the_incomplete_beta_function_where_it_is_a_power(a: float, b: float, x: float) -> None:
    share = 1 - (1 - x) ** b
    assert incomplete_beta(a, b, x) == pytest.approx(share, rel=1e-12)
    assert incomplete_beta_inverse(a, b, share) == pytest.approx(x, rel=1e-10)


def test_the_incomplete_beta_function_where_it_counts_heads() -> None:
    assert incomplete_beta(2.0, 3.0, 0.5) == pytest.approx(11 / 16)  # two heads or more of four


@pytest.mark.parametrize("n", [1, 29, 299])
def test_the_rule_for_no_failure_at_all(n: int) -> None:
    assert exact_lower(n, n) == pytest.approx(0.05 ** (1 / n), rel=1e-10)
    assert exact_upper(0, n) == pytest.approx(1 - 0.05 ** (1 / n), rel=1e-10)


def test_mcnemar_is_a_count_of_coins() -> None:
    assert mcnemar(1, 9) == pytest.approx(2 * 11 / 1024)
    assert mcnemar(5, 5) == 1.0


def test_families_by_hand() -> None:
    p_values = [0.01, 0.04, 0.03, 0.005]
    assert holm(p_values) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert benjamini_hochberg(p_values) == pytest.approx([0.02, 0.04, 0.04, 0.02])


def test_kappa_by_hand() -> None:
    counted = {("yes", "yes"): 20, ("yes", "no"): 5, ("no", "yes"): 10, ("no", "no"): 15}
    assert kappa(counted).estimate == pytest.approx((0.7 - 0.5) / (1 - 0.5))
