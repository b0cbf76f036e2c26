"""The mean of several rates."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.stats.macro import mean_of_rates
from seatrial.stats.proportion import wilson

COUNTS = st.integers(0, 60).flatmap(lambda n: st.integers(0, n).map(lambda passed: (passed, n)))


@given(st.lists(COUNTS, min_size=1, max_size=12))
def test_it_is_the_mean_and_lies_in_its_interval(counts):
    found = mean_of_rates(counts)
    assert found.estimate == pytest.approx(sum(passed / n if n else 0.0 for passed, n in counts) / len(counts))
    assert 0.0 <= found.low <= found.estimate + 1e-12
    assert found.estimate <= found.high + 1e-12 <= 1.0 + 1e-9
    assert found.n == sum(n for _, n in counts)


@given(COUNTS)
def test_of_one_rate_it_is_wilsons(counts):
    passed, n = counts
    if n:
        one, other = mean_of_rates([counts]), wilson(passed, n)
        assert (one.low, one.high) == (pytest.approx(other.low), pytest.approx(other.high))


def test_nothing_counted_is_nothing_known():
    assert mean_of_rates([]).estimate is None
    assert (mean_of_rates([(0, 0)]).low, mean_of_rates([(0, 0)]).high) == (0.0, 1.0)


@pytest.mark.parametrize(
    "classes",
    [
        [(0.9, 20), (0.7, 10), (0.95, 40)],
        [(0.8, 8), (0.85, 8), (0.9, 8), (0.5, 8)],
        [(0.99, 30), (0.97, 30), (0.6, 5), (0.9, 12), (0.75, 20)],
    ],
)
def test_the_interval_covers_the_true_mean_about_as_often_as_it_says(classes):
    """1,000 draws: the share covered has a standard error of 0.007 at 95 %."""
    draw = random.Random(7)
    truth = sum(p for p, _ in classes) / len(classes)
    covered = 0
    for _ in range(1000):
        found = mean_of_rates([(sum(draw.random() < p for _ in range(n)), n) for p, n in classes])
        covered += found.low <= truth <= found.high
    assert 0.93 <= covered / 1000 <= 0.985
