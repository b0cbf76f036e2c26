"""Two versions on the same cases: which method spoke, and that it says what it should."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.stats.cluster import clusters
from seatrial.stats.comparison import compare_pairs, compare_scores
from seatrial.stats.paired import Pairs, mcnemar, paired_difference

counts = st.integers(0, 40)
some_pairs = st.builds(Pairs, counts, counts, counts, counts).filter(lambda pairs: pairs.n > 1)


def as_differences(pairs: Pairs) -> list[int]:
    return [-1] * pairs.only_a + [1] * pairs.only_b + [0] * (pairs.both + pairs.neither)


@given(pairs=some_pairs)
def test_pairs_without_groups_are_mcnemars_and_tangos(pairs: Pairs) -> None:
    shown = paired_difference(pairs)
    for data in (None, clusters(as_differences(pairs))):
        found = compare_pairs(pairs, data)
        assert (found.difference, found.low, found.high) == (shown.estimate, shown.low, shown.high)
        assert found.p == mcnemar(pairs.only_a, pairs.only_b)
        assert (found.interval, found.test, found.n) == ("score (Tango)", "exact McNemar", pairs.n)


@given(pairs=some_pairs, seed=st.integers(0, 99))
def test_pairs_in_groups_stay_inside_the_scale_and_are_never_sure(pairs: Pairs, seed: int) -> None:
    differences = as_differences(pairs)
    random.Random(seed).shuffle(differences)
    data = clusters(differences, [i // 2 for i in range(pairs.n)])
    found = compare_pairs(pairs, data)
    if len(data) < 2:
        assert (found.low, found.p) == (None, None)
        return
    assert found.low is not None
    assert found.high is not None
    assert found.difference is not None
    assert found.p is not None
    assert -1.0 <= found.low <= found.difference <= found.high <= 1.0
    assert found.low < found.high
    assert 0.0 <= found.p <= 1.0
    assert found.test == "cluster-robust score"


def test_ten_copies_of_each_pair_prove_no_more_than_one() -> None:
    once, copied = Pairs(40, 8, 20, 32), Pairs(400, 80, 200, 320)
    data = clusters([d for d in as_differences(once) for _ in range(10)], [i // 10 for i in range(1000)])
    found, plain = compare_pairs(copied, data), compare_pairs(once)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=0.006)
    assert found.p == pytest.approx(plain.p, abs=0.02)
    assert mcnemar(80, 200) < 1e-9


@pytest.mark.parametrize(
    ("cases", "groups", "interval", "test"),
    [
        (2000, None, "bootstrap, 300 draws", "sign flips, 300 draws"),
        (2001, None, "t", "paired t"),
        (3000, 1000, "cluster bootstrap, 300 draws", "cluster sign flips, 300 draws"),
        (6003, 2001, "cluster-robust t", "cluster-robust t"),
        (10, None, "bootstrap, 300 draws", "sign flips, exact"),
        (7, None, "t", "sign flips, exact"),
    ],
)
def test_resampling_stops_at_two_thousand_and_the_result_says_so(
    cases: int, groups: int | None, interval: str, test: str
) -> None:
    drawn = random.Random(1)
    differences = [drawn.gauss(0.0, 1.0) for _ in range(cases)]
    found = compare_scores(differences, [i % groups for i in range(cases)] if groups else None, draws=300)
    assert (found.interval, found.test) == (interval, test)
    assert (found.n, found.clusters) == (cases, groups or cases)


@pytest.mark.parametrize("alternative", ["two-sided", "greater", "less"])
def test_resampling_and_the_closed_form_agree(alternative: str) -> None:
    drawn = random.Random(2)
    differences = [drawn.gauss(0.03, 0.4) for _ in range(600)]
    resampled = compare_scores(differences, alternative=alternative, draws=2_000)  # type: ignore[arg-type]
    closed = compare_scores(differences, alternative=alternative, resample_up_to=0)  # type: ignore[arg-type]
    assert resampled.p == pytest.approx(closed.p, abs=0.03)
    assert (resampled.low, resampled.high) == pytest.approx((closed.low, closed.high), abs=0.003)


def test_no_case_or_one_gives_no_verdict() -> None:
    assert compare_scores([]).difference is None
    assert (compare_scores([0.5]).difference, compare_scores([0.5]).p) == (0.5, None)
    assert compare_pairs(Pairs(0, 0, 0, 0)).p is None
    warned = compare_scores([0.1, 0.2], ["a", "a"])
    assert warned.warning == "all cases share one group: nothing tells how much groups differ"


def test_differences_that_never_vary_prove_nothing_by_students() -> None:
    assert compare_scores([0.5] * 5000).p is None
    assert compare_scores([0.0] * 5000).p == 1.0


def test_a_tiny_p_is_told_apart_from_0_on_either_side() -> None:
    drawn = random.Random(6)
    gains = [drawn.gauss(0.5, 1.0) for _ in range(3000)]
    up, down = compare_scores(gains), compare_scores([-gain for gain in gains])
    assert up.p == pytest.approx(down.p, rel=1e-6)
    assert up.p is not None
    assert 0.0 < up.p < 1e-100


def test_pairs_and_groups_must_be_of_the_same_cases() -> None:
    with pytest.raises(ValueError, match="expected the 4 cases of the pairs, got 3"):
        compare_pairs(Pairs(1, 1, 1, 1), clusters([0, 0, 1], ["a", "a", "b"]))
