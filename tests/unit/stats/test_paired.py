"""Pass/fail on the same cases: McNemar's as statsmodels has it, Tango's by its definition, Newcombe's for apart."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seatrial.stats.paired import (
    Pairs,
    mcnemar,
    paired_difference,
    score_bounds,
    score_statistic,
    unpaired_difference,
)

counts = st.one_of(st.integers(0, 20), st.integers(0, 3000))
some_pairs = st.builds(Pairs, counts, counts, counts, counts).filter(lambda pairs: pairs.n > 0)
confidences = st.sampled_from([0.8, 0.9, 0.95, 0.99])


@given(only_a=counts, only_b=counts)
def test_mcnemar_is_the_binomial_test_of_the_cases_that_differ(only_a: int, only_b: int) -> None:
    from scipy.stats import binomtest

    assume(only_a + only_b > 0)
    for alternative in ("two-sided", "greater", "less"):
        expected = binomtest(only_b, only_a + only_b, alternative=alternative).pvalue
        assert mcnemar(only_a, only_b, alternative) == pytest.approx(expected, rel=1e-8, abs=1e-280)


def test_no_case_that_differs_says_nothing() -> None:
    assert mcnemar(0, 0) == mcnemar(0, 0, "greater") == mcnemar(0, 0, "less") == 1.0


@given(only_a=st.integers(0, 50), only_b=st.integers(0, 50), part=st.floats(0.0, 1.0))
def test_fractions_of_cases_lie_between_whole_ones(only_a: int, only_b: int, part: float) -> None:
    between = mcnemar(only_a, only_b + part, "greater")
    tie = 1 + 1e-12
    assert mcnemar(only_a, only_b + 1, "greater") <= between * tie
    assert between <= mcnemar(only_a, only_b, "greater") * tie


def likeliest_statistic(pairs: Pairs, difference: float) -> float:
    """Tango's statistic from the definition: the variance at the likelihood's maximum, found numerically."""
    from scipy.optimize import minimize_scalar

    same = pairs.both + pairs.neither

    def loss(only_a: float) -> float:
        shares = (only_a, only_a + difference, 1 - 2 * only_a - difference)
        return -sum(
            count * math.log(max(share, 1e-300))
            for count, share in zip((pairs.only_a, pairs.only_b, same), shares, strict=True)
        )

    low, high = max(0.0, -difference), (1 - difference) / 2
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-12})
    best = min((found.x, low, high), key=loss)
    variance = pairs.n * (2 * best + difference - difference**2)
    return (pairs.only_b - pairs.only_a - pairs.n * difference) / math.sqrt(variance)


@given(pairs=some_pairs, difference=st.floats(-0.95, 0.95))
def test_the_score_statistic_takes_the_variance_where_the_likelihood_is_largest(
    pairs: Pairs, difference: float
) -> None:
    assume(abs(difference) > 1e-3)
    computed = score_statistic(pairs.only_a, pairs.only_b, pairs.n, difference)
    assert computed == pytest.approx(likeliest_statistic(pairs, difference), rel=2e-3, abs=1e-6)


@given(pairs=some_pairs)
def test_at_no_difference_it_is_mcnemars_own(pairs: Pairs) -> None:
    differ = pairs.only_a + pairs.only_b
    expected = (pairs.only_b - pairs.only_a) / math.sqrt(differ) if differ else 0.0
    assert score_statistic(pairs.only_a, pairs.only_b, pairs.n, 0.0) == pytest.approx(expected)


@given(pairs=some_pairs, confidence=confidences)
def test_the_interval_is_where_the_statistic_is_not_rejected(pairs: Pairs, confidence: float) -> None:
    interval = paired_difference(pairs, confidence)
    assert interval.low is not None
    assert interval.high is not None
    assert interval.estimate is not None
    assert -1.0 <= interval.low <= interval.estimate <= interval.high <= 1.0
    assert interval.low < interval.high
    quantile = -score_statistic(pairs.only_a, pairs.only_b, pairs.n, interval.high)
    if interval.high < 1 - 1e-9:
        # Steep near the ends of the scale, where a rounding of the bound is many of the statistic.
        assert quantile == pytest.approx({0.8: 1.28155, 0.9: 1.64485, 0.95: 1.95996, 0.99: 2.57583}[confidence], 1e-3)


@given(pairs=some_pairs)
def test_exchanging_the_two_turns_the_interval_around(pairs: Pairs) -> None:
    turned = paired_difference(Pairs(pairs.both, pairs.only_b, pairs.only_a, pairs.neither))
    interval = paired_difference(pairs)
    assert (turned.low, turned.high) == pytest.approx((-interval.high, -interval.low), abs=1e-9)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("only_b", "only_a", "n", "low", "high"),
    [(1, 7, 21, -0.517, -0.026), (0, 0, 30, -0.1135, 0.1135)],
)
def test_known_intervals(only_b: int, only_a: int, n: int, low: float, high: float) -> None:
    # The first: airway reactivity, M. W. Fagerland, S. Lydersen & P. Laake, Statist. Med. 33 (2014) 2850. The second is
    # z^2 / (n + z^2), what the equations come to where no case differs.
    assert score_bounds(only_a, only_b, n, 1.959964) == pytest.approx((low, high), abs=5e-4)


def test_175b_against_6b_verification_on_gsm8k() -> None:
    # 306 problems only the larger solves, 79 only the smaller, of 1,319.
    pairs = Pairs(both=436, only_a=79, only_b=306, neither=498)
    paired = paired_difference(pairs)
    unpaired = unpaired_difference(515, 1319, 742, 1319)
    assert [paired.estimate, unpaired.estimate] == pytest.approx([0.1721] * 2, abs=5e-5)
    assert (paired.low, paired.high) == pytest.approx((0.1446, 0.2000), abs=5e-5)
    assert (unpaired.low, unpaired.high) == pytest.approx((0.1343, 0.2092), abs=5e-5)
    assert mcnemar(79, 306) == pytest.approx(1.24e-32, rel=1e-2)


@given(n_a=st.integers(1, 500), n_b=st.integers(1, 500), data=st.data())
def test_newcombes_interval_is_that_of_statsmodels(n_a: int, n_b: int, data: st.DataObject) -> None:
    from statsmodels.stats.proportion import confint_proportions_2indep

    passed_a, passed_b = data.draw(st.integers(0, n_a)), data.draw(st.integers(0, n_b))
    expected = confint_proportions_2indep(passed_b, n_b, passed_a, n_a, compare="diff", method="newcomb")
    interval = unpaired_difference(passed_a, n_a, passed_b, n_b)
    assert (interval.low, interval.high) == pytest.approx(expected, abs=1e-9)


def test_no_pair_gives_no_figure() -> None:
    assert paired_difference(Pairs(0, 0, 0, 0)).estimate is None
    assert unpaired_difference(0, 0, 5, 10).low is None
    assert Pairs(0, 0, 0, 0).difference is None


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="only_b: expected a count of 0 or more, got -1"):
        Pairs(1, 1, -1, 1)
    with pytest.raises(ValueError, match="only_a: expected a count of 0 or more"):
        mcnemar(-1, 3)
