"""Families of p-values are adjusted as statsmodels adjusts them."""

import random
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.stats.multiple import benjamini_hochberg, holm

families = st.lists(st.one_of(st.floats(0.0, 1.0), st.sampled_from([0.0, 0.01, 0.05, 1.0])), min_size=1, max_size=30)


def closed(p_values: list[float]) -> list[float]:
    """Each claim's worst Bonferroni over all families that hold it, which is what Holm's is a short way to."""
    every = range(len(p_values))
    families_of = [family for size in every for family in combinations(every, size + 1)]
    return [
        max(min(1.0, len(family) * min(p_values[i] for i in family)) for family in families_of if claim in family)
        for claim in every
    ]


@given(p_values=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=7))
def test_holm_answers_for_every_family_a_claim_is_in(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(closed(p_values))


def test_holm_is_that_of_statsmodels() -> None:
    # Few, as statsmodels collects garbage in each call.
    from statsmodels.stats.multitest import multipletests

    for seed in range(3):
        drawn = random.Random(seed)
        p_values = [drawn.random() ** 3 for _ in range(30)]
        assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


@given(p_values=families)
def test_benjamini_hochberg_is_that_of_statsmodels(p_values: list[float]) -> None:
    from statsmodels.stats.multitest import fdrcorrection

    assert benjamini_hochberg(p_values) == pytest.approx(fdrcorrection(p_values)[1])


@given(p_values=families)
def test_adjusting_lowers_nothing_and_keeps_the_order(p_values: list[float]) -> None:
    for adjusted in (holm(p_values), benjamini_hochberg(p_values)):
        assert all(after >= before - 1e-15 for before, after in zip(p_values, adjusted, strict=True))
        order = sorted(range(len(p_values)), key=p_values.__getitem__)
        assert all(adjusted[a] <= adjusted[b] for a, b in pairwise(order))


def test_a_family_of_one_is_left_alone_and_of_none_is_empty() -> None:
    assert holm([0.03]) == benjamini_hochberg([0.03]) == [0.03]
    assert holm([]) == benjamini_hochberg([]) == []


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_what_is_no_probability_is_refused(p: float) -> None:
    for adjust in (holm, benjamini_hochberg):
        with pytest.raises(ValueError, match=r"p_values\[1\]: expected a number from 0 to 1"):
            adjust([0.5, p])
