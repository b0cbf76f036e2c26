"""How often intervals contain the truth: counted exactly where that can be done, simulated where it cannot.

`pytest -m slow -s` on this file prints the figures of `docs/explanation/statistics.md`.
"""

import itertools
import math
from collections.abc import Iterator
from typing import Any

import pytest

from seatrial.stats.cluster import Clusters, clustered_mean, clustered_proportion, clusters
from seatrial.stats.comparison import compare_pairs
from seatrial.stats.paired import Pairs, score_statistic
from seatrial.stats.proportion import exact, exact_lower, exact_upper, wilson
from seatrial.stats.questions import Question, decide_sequence
from seatrial.stats.resample import cluster_bootstrap
from seatrial.stats.sequence import ConfidenceSequence

pytestmark = pytest.mark.slow
np = pytest.importorskip("numpy", reason="numpy comes with the peers that `make test-all` installs")
default_rng = np.random.default_rng

SIZES = (20, 50, 200, 1000)
RATES = [percent / 100 for percent in range(2, 99)]


def chances(n: int, p: float) -> Any:
    """Of 0 to n successes."""
    counts = np.arange(n + 1)
    logs = np.array([math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) for k in counts])
    return np.exp(logs + counts * math.log(p) + (n - counts) * math.log1p(-p))


def covered(n: int, bounds: list[tuple[float | None, float | None]]) -> list[float]:
    """The chance that the bounds contain p, for each p of `RATES`."""
    low, high = (np.array(side, dtype=float) for side in zip(*bounds, strict=True))
    return [float(chances(n, p)[(low <= p) & (p <= high)].sum()) for p in RATES]


def test_wilson_covers_95_percent_on_average_and_never_less_than_88() -> None:
    cells = {n: covered(n, [(w.low, w.high) for w in (wilson(k, n) for k in range(n + 1))]) for n in SIZES}
    for n, of_size in cells.items():
        print(f"Wilson, n = {n}: {np.mean(of_size):.3f} on average, {min(of_size):.3f} at least")
        assert 0.93 <= np.mean(of_size) <= 0.97
    every = [cell for of_size in cells.values() for cell in of_size]
    assert 0.93 <= np.mean(every) <= 0.97
    assert min(every) >= 0.88


@pytest.mark.parametrize("n", [*SIZES[:-1], pytest.param(SIZES[-1], marks=pytest.mark.slow)])
def test_exact_bounds_never_cover_less_than_they_say(n: int) -> None:
    both = covered(n, [(e.low, e.high) for e in (exact(k, n) for k in range(n + 1))])
    lower = covered(n, [(exact_lower(k, n), 1.0) for k in range(n + 1)])
    upper = covered(n, [(0.0, exact_upper(k, n)) for k in range(n + 1)])
    print(f"exact, n = {n}: {np.mean(both):.3f} on average, {min(both):.3f} at least")
    assert min(*both, *lower, *upper) >= 0.95


# How many cases a group has.
SHAPES = {
    "3 each": lambda drawn, count: np.full(count, 3),
    "10 each": lambda drawn, count: np.full(count, 10),
    "1 to 19": lambda drawn, count: drawn.integers(1, 20, count),
    "lognormal": lambda drawn, count: np.maximum(1, np.rint(np.exp(drawn.normal(1.5, 1.0, count)))).astype(int),
    "a third of 8, rest alone": lambda drawn, count: np.where(np.arange(count) < count // 3, 8, 1),
}
ALIKE = (0.0, 0.1, 0.3, 0.6)


def report(name: str, count: int, hits: dict[tuple[str, float, float | str], float]) -> float:
    """Print the average and the outermost cells, and return the average."""
    mean = float(np.mean(list(hits.values())))
    print(f"{name}, {count} groups: {mean:.3f} on average, cells {min(hits.values()):.2f} to {max(hits.values()):.2f}")
    return mean


def passes(drawn: Any, sizes: Any, alike: float, p: float) -> Clusters:
    """Beta-binomial groups, in which two cases of a group are correlated by `alike`."""
    spread = 1 / alike - 1 if alike else 0.0
    rates = drawn.beta(p * spread, (1 - p) * spread, len(sizes)) if alike else np.full(len(sizes), p)
    totals = drawn.binomial(sizes, rates).astype(float)
    return Clusters(tuple(totals.tolist()), tuple(sizes.tolist()), float((totals - totals**2 / sizes).sum()))


@pytest.mark.parametrize("count", [20, 50, 100])
def test_clustered_proportions_cover_95_percent_from_20_groups_on(count: int) -> None:
    drawn, runs = default_rng(1), 150
    hits: dict[tuple[str, float, float | str], float] = {}
    for shape, alike, p in itertools.product(SHAPES, ALIKE, (0.02, 0.05, 0.1, 0.2, 0.35, 0.5)):
        inside = 0
        for _ in range(runs):
            shown = clustered_proportion(passes(drawn, SHAPES[shape](drawn, count), alike, p))
            inside += shown.low is not None and shown.high is not None and shown.low <= p <= shown.high
        hits[shape, alike, p] = inside / runs
    assert 0.93 <= report("clustered proportion", count, hits) <= 0.97
    for shape in SHAPES:
        assert 0.93 <= np.mean([hit for (of_shape, _, _), hit in hits.items() if of_shape == shape]) <= 0.98


def scores(drawn: Any, sizes: Any, alike: float, kind: str) -> tuple[Any, Any]:
    """Scores of mean 0 whose groups share a part, and the group of each."""
    names = np.repeat(np.arange(len(sizes)), sizes)
    draw = drawn.standard_normal if kind == "normal" else lambda size: drawn.standard_exponential(size) - 1
    return math.sqrt(alike) * draw(len(sizes))[names] + math.sqrt(1 - alike) * draw(len(names)), names


@pytest.mark.parametrize("count", [20, 50, 100])
@pytest.mark.parametrize("method", ["t", "bootstrap"])
def test_clustered_means_cover_95_percent_from_20_groups_on(method: str, count: int) -> None:
    drawn, runs = default_rng(2), 150 if method == "t" else 30
    hits: dict[tuple[str, float, float | str], float] = {}
    for shape, alike, kind in itertools.product(SHAPES, ALIKE, ("normal", "exponential")):
        inside = 0
        for _ in range(runs):
            values, names = scores(drawn, SHAPES[shape](drawn, count), alike, kind)
            data = clusters(values.tolist(), names.tolist())
            shown = clustered_mean(data)
            low, high = (shown.low, shown.high) if method == "t" else cluster_bootstrap(data, draws=500)
            inside += low is not None and high is not None and low <= 0.0 <= high
        hits[shape, alike, kind] = inside / runs
    assert 0.93 <= report(f"clustered mean, {method}", count, hits) <= 0.97


@pytest.mark.parametrize("count", [20, 50, 100])
def test_clustered_pairs_cover_95_percent_from_20_groups_on(count: int) -> None:
    drawn, runs = default_rng(3), 80
    hits: dict[tuple[str, float, float | str], float] = {}
    cells = ((0.05, 0.05), (0.1, 0.2), (0.02, 0.1), (0.2, 0.2))
    for shape, alike, (only_a, only_b) in itertools.product(SHAPES, ALIKE, cells):
        inside = 0
        for _ in range(runs):
            sizes = SHAPES[shape](drawn, count)
            names = np.repeat(np.arange(count), sizes)
            # With the chance `alike` a case does what its group's first did.
            kinds = [-1, 1, 0], [only_a, only_b, 1 - only_a - only_b]
            own, shared = drawn.choice(kinds[0], len(names), p=kinds[1]), drawn.choice(kinds[0], count, p=kinds[1])
            values = np.where(drawn.random(len(names)) < math.sqrt(alike), shared[names], own)
            minus, plus = int((values < 0).sum()), int((values > 0).sum())
            pairs = Pairs(len(names) - minus - plus, minus, plus, 0)
            shown = compare_pairs(pairs, clusters(values.tolist(), names.tolist()))
            truth = only_b - only_a
            inside += shown.low is not None and shown.high is not None and shown.low <= truth <= shown.high
        hits[shape, alike, f"{only_a} {only_b}"] = inside / runs
    # Tango's own interval covers 0.976 at 20 separate cases: few that differ leave it few values to take.
    assert 0.93 <= report("clustered pairs", count, hits) <= 0.98


def pair_counts(n: int, only_a: float, only_b: float) -> Iterator[tuple[int, int, float]]:
    """Every count of the two kinds that can be expected to occur, with its chance."""
    differ = chances(n, only_a + only_b)
    for total in range(n + 1):
        if differ[total] > 1e-8:
            of_b = chances(total, only_b / (only_a + only_b))
            for b in range(total + 1):
                yield total - b, b, float(differ[total] * of_b[b])


@pytest.mark.parametrize("n", [20, 50, 200])
def test_tangos_interval_covers_what_it_says_and_a_margin_is_seldom_called_kept_when_it_is_not(n: int) -> None:
    coverage = []
    for differ, lean in itertools.product((0.05, 0.1, 0.2, 0.3, 0.5), (-0.9, -0.5, 0.0, 0.5, 0.9)):
        truth = differ * lean
        seen = pair_counts(n, (differ - truth) / 2, (differ + truth) / 2)
        coverage.append(sum(p for a, b, p in seen if abs(score_statistic(a, b, n, truth)) <= 1.959964))
    wrong = []
    for differ, margin in itertools.product((0.05, 0.1, 0.2, 0.4, 0.6), (0.02, 0.05, 0.1)):
        if differ > margin:
            seen = pair_counts(n, (differ + margin) / 2, (differ - margin) / 2)
            wrong.append(sum(p for a, b, p in seen if score_statistic(a, b, n, -margin) >= 1.644854))
    print(f"Tango, n = {n}: {np.mean(coverage):.3f} on average, {min(coverage):.3f} at least; ", end="")
    print(f"worse by the margin yet called not worse: {np.mean(wrong):.3f} on average, {max(wrong):.3f} at most")
    assert 0.93 <= np.mean(coverage) <= 0.98
    assert min(coverage) >= 0.93
    assert max(wrong) <= 0.06


@pytest.mark.parametrize("kind", ["pass/fail", "scores"])
def test_watching_two_equal_versions_all_the_time_tells_them_apart_in_at_most_5_percent(kind: str) -> None:
    drawn, runs, wrong = default_rng(4), 2_000, 0
    for _ in range(runs):
        values = (
            drawn.choice([-1.0, 0.0, 1.0], 500, p=[0.15, 0.7, 0.15])
            if kind == "pass/fail"
            else (drawn.beta(2.0, 1.0, 500) - drawn.beta(2.0, 1.0, 500))
        )
        # Twenty steps put one candidate at 0; more make the bounds finer and the answer no different.
        watched = ConfidenceSequence(-1.0, 1.0, resolution=20)
        for value in values.tolist():
            watched.add(value)
        # Bounds never widen again, so what any look on the way would have said the last one says too.
        wrong += decide_sequence(Question("better"), watched).held is not None
    print(f"A/A, {kind}, {runs:,} runs of 500 cases watched after each: told apart in {wrong / runs:.4f}")
    assert wrong / runs <= 0.05
