"""How long statistics take without numpy, beside scipy and numpy doing the same: comparing, resampling, watching.

python benchmarks/stats.py
"""

import random
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from scipy import stats

from seatrial.stats.cluster import clusters
from seatrial.stats.comparison import compare_pairs, compare_scores
from seatrial.stats.paired import Pairs
from seatrial.stats.questions import Question, decide_pairs, decide_scores
from seatrial.stats.resample import cluster_bootstrap, sign_flip
from seatrial.stats.sequence import ConfidenceSequence

ROUNDS = 5


def seconds(run: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The best of some runs, of this process's own time."""
    found = []
    for _ in range(rounds):
        started = time.process_time()
        run()
        found.append(time.process_time() - started)
    return min(found)


def import_seconds(module: str) -> float:
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    return min(
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout) for _ in range(3)
    )


def row(name: str, ours: float, theirs: float | None = None) -> None:
    beside = f"{theirs * 1e3:10.1f} ms   {ours / theirs:6.2f}" if theirs else ""
    print(f"{name:46}{ours * 1e3:10.1f} ms{beside}")


def watch(values: list[int]) -> None:
    watched = ConfidenceSequence(-1.0, 1.0)
    for value in values:
        watched.add(value)


def main() -> int:
    drawn = random.Random(1)
    scores = [drawn.gauss(0.01, 0.3) for _ in range(100_000)]
    groups = [case // 5 for case in range(len(scores))]
    differences = [drawn.choice((0, 0, 0, 1, -1)) for _ in scores]
    worse, better = differences.count(-1), differences.count(1)
    pairs = Pairs(len(differences) - worse - better, worse, better, 0)
    some, plain = clusters(scores[:2_000]), np.array(scores[:2_000])
    print(f"{'':46}{'ours':>13}{'scipy':>13}{'ratio':>9}")
    row("import", import_seconds("seatrial.stats.questions"), import_seconds("scipy.stats"))
    row(
        "bootstrap, 2,000 scores, 10,000 draws",
        seconds(lambda: cluster_bootstrap(some)),
        seconds(lambda: stats.bootstrap((plain,), np.mean, method="percentile", n_resamples=10_000, batch=500), 2),
    )
    row(
        "sign flips, 2,000 scores, 10,000 draws",
        seconds(lambda: sign_flip(some)),
        seconds(
            lambda: stats.permutation_test(
                (plain,), np.mean, permutation_type="samples", n_resamples=10_000, batch=500, vectorized=True
            ),
            2,
        ),
    )
    row("scores, 100,000 pairs", seconds(lambda: compare_scores(scores)))
    row("scores, 100,000 pairs in 20,000 groups", seconds(lambda: compare_scores(scores, groups)))
    row("pass/fail, 100,000 pairs", seconds(lambda: compare_pairs(pairs)))
    row(
        "pass/fail, 100,000 pairs in 20,000 groups",
        seconds(lambda: compare_pairs(pairs, clusters(differences, groups))),
    )
    question = Question("same", 0.0001)
    row("same within 0.01 points, 100,000 pairs", seconds(lambda: decide_pairs(question, pairs)))
    row("the same of scores", seconds(lambda: decide_scores(question, clusters(scores, groups))))
    row("confidence sequence over 100,000 pairs", seconds(lambda: watch(differences), 2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
