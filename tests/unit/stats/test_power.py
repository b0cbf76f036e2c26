"""What a number of cases can see: held to exact power where it can be counted, to statsmodels where it has it."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.stats.power import (
    cases_for_paired_difference,
    cases_for_score_difference,
    cases_for_unpaired_difference,
    smallest_paired_difference,
    smallest_score_difference,
    smallest_unpaired_difference,
)

sizes = st.one_of(st.integers(30, 300), st.integers(30, 20_000))
shares = st.floats(0.02, 0.6)


def exact_power(n: int, discordance: float, difference: float, alpha: float = 0.05) -> float:
    """The chance that two-sided exact McNemar is at most alpha, over all numbers of cases that differ."""
    from scipy.stats import binom

    favoured = (discordance + difference) / (2 * discordance)
    total = 0.0
    for differ in range(n + 1):
        chance = binom.pmf(differ, n, discordance)
        if chance < 1e-9:
            continue
        losses = binom.ppf(alpha / 2, differ, 0.5)
        losses -= binom.cdf(losses, differ, 0.5) > alpha / 2
        if losses >= 0:
            total += chance * (binom.cdf(losses, differ, 1 - favoured) + binom.cdf(losses, differ, favoured))
    return total


@pytest.mark.parametrize(
    ("n", "discordance"), [(50, 0.3), (100, 0.2), (200, 0.2), (200, 0.5), (400, 0.1), (1000, 0.15)]
)
def test_the_smallest_paired_difference_is_seen_at_least_four_times_in_five(n: int, discordance: float) -> None:
    difference = smallest_paired_difference(n, discordance)
    assert difference is not None
    assert 0.79 < exact_power(n, discordance, difference) < (0.87 if n < 200 else 0.83)


@given(n=sizes, discordance=shares)
def test_paired_cases_and_difference_undo_each_other(n: int, discordance: float) -> None:
    difference = smallest_paired_difference(n, discordance)
    if difference is None:
        assert (cases_for_paired_difference(discordance, discordance) or math.inf) > n
    else:
        assert 0.0 < difference <= discordance
        assert cases_for_paired_difference(difference, discordance) in (n, n + 1)


@given(n=sizes, rate=st.floats(0.1, 0.9))
def test_the_smallest_unpaired_difference_has_the_power_that_statsmodels_says(n: int, rate: float) -> None:
    from statsmodels.stats.proportion import power_proportions_2indep

    difference = smallest_unpaired_difference(n, n, rate)
    if difference is None:
        return
    assert cases_for_unpaired_difference(difference, rate) in (n, n + 1)
    power = power_proportions_2indep(difference, rate, n, return_results=False)
    assert power == pytest.approx(0.8, abs=0.01)


@given(n=st.integers(8, 5_000), deviation=st.floats(0.01, 100.0), sides=st.sampled_from([1, 2]))
def test_the_smallest_score_difference_has_the_power_that_statsmodels_says(
    n: int, deviation: float, sides: int
) -> None:
    from statsmodels.stats.power import TTestPower

    difference = smallest_score_difference(n, deviation, sides=sides)
    assert difference is not None
    alternative = "two-sided" if sides == 2 else "larger"
    assert TTestPower().power(difference / deviation, n, 0.05, alternative=alternative) == pytest.approx(0.8, abs=0.02)
    assert cases_for_score_difference(difference * (1 + 1e-9), deviation, sides=sides) == n


def test_pairing_sees_what_separate_cases_do_not() -> None:
    paired, unpaired = smallest_paired_difference(200, 0.1), smallest_unpaired_difference(200, 200, 0.8)
    assert paired == pytest.approx(0.068, abs=1e-3)
    assert unpaired == pytest.approx(0.0998, abs=1e-3)


def test_what_no_number_of_cases_here_could_show_is_said() -> None:
    assert smallest_paired_difference(10, 0.02) is None
    assert smallest_paired_difference(100, 0.0) is None
    assert smallest_unpaired_difference(3, 3, 0.9) is None
    assert smallest_score_difference(1, 0.5) is None
    assert cases_for_paired_difference(1e-6, 0.5) is None
    assert cases_for_score_difference(1e-9, 1.0) is None


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: smallest_paired_difference(100, 1.2), "discordance: expected a share from 0 to 1, got 1.2"),
        (lambda: cases_for_paired_difference(0.3, 0.2), "difference: expected above 0 and up to the discordance 0.2"),
        (lambda: cases_for_unpaired_difference(0.3, 0.8), "difference: expected above 0 and up to"),
        (lambda: cases_for_score_difference(0.0, 1.0), "difference: expected a finite number above 0"),
        (lambda: smallest_score_difference(10, -1.0), "deviation: expected a finite number of 0 or more"),
        (lambda: smallest_paired_difference(10, 0.2, power=0.3), "power: expected a number from 0.5 to below 1"),
        (lambda: smallest_paired_difference(10, 0.2, alpha=0.6), "alpha: expected a number above 0 and up to 0.5"),
        (lambda: smallest_paired_difference(10, 0.2, sides=3), "sides: expected 1 or 2, got 3"),
    ],
)
def test_impossible_plans_are_refused(call, names: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=names):
        call()
