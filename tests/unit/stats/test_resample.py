"""Sign flips and the bootstrap are what their names say, and the same for the same seed."""

import itertools
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.stats.cluster import clustered_mean, clusters
from seatrial.stats.resample import EXACT_UP_TO, cluster_bootstrap, sign_flip

differences = st.floats(-10.0, 10.0).map(lambda value: round(value, 2))


def every_pattern(totals: list[float]) -> list[float]:
    return [
        sum(sign * value for sign, value in zip(signs, totals, strict=True))
        for signs in itertools.product((1, -1), repeat=len(totals))
    ]


@given(values=st.lists(differences, min_size=1, max_size=9))
def test_few_differences_are_tried_under_every_pattern_of_signs(values: list[float]) -> None:
    seen, slack = sum(values), 1e-9
    sums = every_pattern(values)
    expected = {
        "greater": sum(value >= seen - slack for value in sums) / len(sums),
        "less": sum(value <= seen + slack for value in sums) / len(sums),
        "two-sided": sum(abs(value) >= abs(seen) - slack for value in sums) / len(sums),
    }
    for alternative, p in expected.items():
        found = sign_flip(clusters(values), alternative)  # type: ignore[arg-type]
        assert (found.p, found.exact) == (pytest.approx(p), True)


@given(values=st.lists(differences, min_size=2, max_size=12), groups=st.lists(st.integers(0, 3), min_size=12))
def test_whole_groups_are_flipped(values: list[float], groups: list[int]) -> None:
    data = clusters(values, groups[: len(values)])
    assert sign_flip(data).p == sign_flip(clusters(data.totals)).p


def test_many_differences_are_drawn_near_the_exact_value_and_never_at_0() -> None:
    drawn = random.Random(3)
    values = [drawn.gauss(0.25, 1.0) for _ in range(EXACT_UP_TO)]
    exact = sign_flip(clusters(values))
    # A seventeenth difference too small to matter makes the patterns too many to try.
    sampled = sign_flip(clusters([*values, 1e-6]), seed=1)
    assert (exact.exact, sampled.exact) == (True, False)
    assert sampled.p == pytest.approx(exact.p, abs=0.015)
    assert sign_flip(clusters([1.0] * 500), draws=999).p == 1 / 1000


def test_no_difference_at_all_is_no_evidence() -> None:
    assert sign_flip(clusters([0.0] * 50)).p == 1.0


def test_the_same_seed_gives_the_same_figures() -> None:
    drawn = random.Random(5)
    values = [drawn.gauss(0.0, 1.0) for _ in range(100)]
    groups = [i // 3 if i < 60 else None for i in range(100)]
    data = clusters(values, groups)
    assert cluster_bootstrap(data, seed=4, draws=500) == cluster_bootstrap(data, seed=4, draws=500)
    assert cluster_bootstrap(data, seed=4, draws=500) != cluster_bootstrap(data, seed=5, draws=500)
    assert sign_flip(data, seed=4, draws=500) == sign_flip(data, seed=4, draws=500)


@pytest.mark.parametrize("grouped", [False, True])
def test_of_ordinary_differences_the_bootstrap_says_what_students_does(grouped: bool) -> None:
    drawn = random.Random(11)
    values = [drawn.gauss(0.1, 0.5) for _ in range(400)]
    data = clusters(values, [i // 4 if i < 200 else None for i in range(400)] if grouped else None)
    student = clustered_mean(data)
    assert student.low is not None
    assert student.high is not None
    assert cluster_bootstrap(data) == pytest.approx((student.low, student.high), abs=0.005)


def test_of_skewed_differences_the_bootstrap_leans_their_way() -> None:
    values = [0.0] * 45 + [1.0] * 5
    low, high = cluster_bootstrap(clusters(values))
    mean = statistics.fmean(values)
    assert high - mean > mean - low > 0


def test_one_group_cannot_be_drawn_from() -> None:
    with pytest.raises(ValueError, match="expected from 2 to 65536 groups, got 1"):
        cluster_bootstrap(clusters([1.0, 2.0], ["a", "a"]))
