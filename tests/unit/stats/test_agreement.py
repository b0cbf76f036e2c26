"""Kappa is that of statsmodels, its interval is never empty, and rates come with theirs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.stats.agreement import agreement, kappa, rates, table
from seatrial.stats.normal import two_sided_normal_quantile
from seatrial.stats.proportion import wilson

LABELS = "abcd"


@st.composite
def squares(draw: st.DrawFn) -> np.ndarray:
    classes = draw(st.integers(2, 4))
    cells = st.one_of(st.integers(0, 4), st.integers(0, 300))
    return np.array(
        draw(st.lists(st.lists(cells, min_size=classes, max_size=classes), min_size=classes, max_size=classes))
    )


def counted(square: np.ndarray) -> dict[tuple[str, str], int]:
    return {(LABELS[i], LABELS[j]): int(count) for (i, j), count in np.ndenumerate(square)}


def chance(square: np.ndarray) -> float:
    return float((square.sum(0) * square.sum(1)).sum() / square.sum() ** 2) if square.sum() else 1.0


@given(square=squares())
def test_kappa_is_that_of_statsmodels_inside_its_interval(square: np.ndarray) -> None:
    from statsmodels.stats.inter_rater import cohens_kappa

    found = kappa(counted(square))
    assert found.n == square.sum()
    if chance(square) >= 1.0:
        assert (found.estimate, found.low, found.high) == (None, None, None)
        return
    with np.errstate(all="ignore"):
        # Its test statistic divides by a variance that may be 0.
        expected = cohens_kappa(square).kappa
    assert found.estimate == pytest.approx(expected, abs=1e-9)
    assert found.low is not None
    assert found.high is not None
    assert -1.0 <= found.low <= found.estimate <= found.high <= 1.0
    assert found.low < found.high


@pytest.mark.parametrize("square", [[[400, 50], [60, 300]], [[300, 20, 15], [30, 250, 25], [10, 20, 330]]])
def test_of_many_items_the_interval_has_the_width_of_the_published_variance(square: list[list[int]]) -> None:
    from statsmodels.stats.inter_rater import cohens_kappa

    expected = cohens_kappa(np.array(square))
    found = kappa(counted(np.array(square)))
    assert found.low is not None
    assert found.high is not None
    width = 2 * two_sided_normal_quantile(0.95) * expected.std_kappa
    assert found.high - found.low == pytest.approx(width, rel=0.03)


def test_perfect_agreement_on_few_items_is_not_certain() -> None:
    found = kappa({("yes", "yes"): 15, ("no", "no"): 15})
    assert (found.estimate, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(0.773, abs=1e-3)


def test_always_the_same_answer_agrees_often_and_means_nothing() -> None:
    lazy = {("fine", "fine"): 95, ("fine", "bad"): 5}
    assert agreement(lazy).estimate == 0.95
    assert kappa(lazy).estimate == pytest.approx(0.0, abs=1e-12)
    assert kappa({("fine", "fine"): 100}).estimate is None


def test_labels_are_counted_as_they_come() -> None:
    pairs = [("a", "a"), ("a", "b"), ("a", "a"), ("b", "b")]
    assert table(pairs) == {("a", "a"): 2, ("a", "b"): 1, ("b", "b"): 1}
    assert agreement(table(pairs)) == wilson(3, 4)


def test_rates_of_a_judge() -> None:
    found = rates(true_positive=28, false_negative=2, true_negative=55, false_positive=5)
    assert (found.sensitivity, found.specificity, found.base_rate) == (wilson(28, 30), wilson(55, 60), wilson(30, 90))
    assert rates(0, 0, 5, 5).sensitivity.estimate is None


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="expected counts of 0 or more"):
        kappa({("a", "a"): -1, ("b", "b"): 5})
    with pytest.raises(ValueError, match="confidence"):
        kappa({("a", "a"): 1, ("b", "b"): 5}, 1.0)
    assert kappa({}).n == 0
