"""Three honest questions about two versions on the same cases: is B better, not worse by a margin, the same within one.

"No significant difference" answers none of them: it is also what too few cases say. Each question here is a claim
that the data must carry at the level asked for, with three answers: held, not held (the data carry the contrary),
and not enough evidence, with the number of further cases that would decide if they came out like those so far.

The number differs from a plain gate's (`stats.gate`), which supposes that all further cases go the right way: of pairs
that would say a handful of cases decide nearly everything. Decisions never draw random numbers: a gate must not
open on another seed.
"""

from dataclasses import dataclass, replace
from math import fsum, inf, sqrt
from typing import Literal, assert_never

from seatrial.stats.cluster import Clusters, RobustMean, few_warning, robust_mean
from seatrial.stats.comparison import EffectivePairs, effective_pairs
from seatrial.stats.least import least_count
from seatrial.stats.normal import normal_quantile, normal_tail, t_quantile
from seatrial.stats.paired import Pairs, mcnemar, score_bounds, score_statistic
from seatrial.stats.sequence import ConfidenceSequence

Kind = Literal["better", "not_worse", "same"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is claimed of the difference B - A: "better" above 0, "not_worse" above -margin, "same" within the margin.

    `margin` is in the unit of the difference (0.02 of a pass rate is 2 points): 0 for "better", above 0 for the other
    two. Larger must be better: of a latency or a cost give the differences A - B. ValueError otherwise.
    """

    kind: Kind
    margin: float = 0.0

    def __post_init__(self) -> None:
        if self.kind == "better" and self.margin != 0.0:
            raise ValueError(f"margin: expected 0 for better, got {self.margin!r}")
        if self.kind != "better" and not 0.0 < self.margin < inf:
            raise ValueError(f"margin: expected a number above 0 for {self.kind}, got {self.margin!r}")

    def held(self, low: float, high: float) -> bool | None:
        """What bounds that are themselves ruled out say: True if all between is as claimed, False if nothing is."""
        if low >= -self.margin and (self.kind != "same" or high <= self.margin):
            return True
        if high <= -self.margin or (self.kind == "same" and low >= self.margin):
            return False
        return None


@dataclass(frozen=True, slots=True)
class Finding:
    """What the cases say to a question.

    `held` is None where the evidence decides nothing. `low` and `high` are the one-sided bounds on the difference,
    each at the confidence asked for; `p` is that of the claim: `held` is True where p <= 1 - confidence. `further` is
    given with held = None only: the number of further cases that would decide, one way or the other, if they came
    out in the same proportions as those so far; `unreachable` says that no number up to 10 million would. Where there
    is nothing to go by all of them are None, and `warning` says why. `test` names the method.
    """

    question: Question
    held: bool | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    n: int
    further: int | None
    unreachable: bool
    test: str
    warning: str | None


def decide_pairs(
    question: Question, pairs: Pairs, data: Clusters | None = None, *, confidence: float = 0.95
) -> Finding:
    """Answer from pass/fail on the same cases: exact McNemar for "better", Tango's score test for the margins.

    `data` sums the same pairs' differences (-1, 0, 1) by group, where cases share groups: the score test is then made
    robust against them, for all three questions. "same" takes two one-sided tests, each at the whole risk. ValueError
    for a confidence outside 0.5..1 or data of another number of cases.

    Source: McNemar and Tango as in `stats.paired`; groups as `effective_pairs`; two one-sided tests: D. J. Schuirmann,
    J. Pharmacokinet. Biopharm. 15 (1987) 657.
    """
    _require_confidence(confidence)
    grouped = data is not None and data.grouped
    test = "cluster-robust score" if grouped else "exact McNemar" if question.kind == "better" else "score (Tango)"
    if pairs.n == 0:
        return _undecided(question, None, 0, test, "no case in common")
    if data is None or not grouped:
        return _finding(question, _SeparatePairs(pairs, question.kind == "better"), pairs.n, confidence, test, None)
    if len(data) < 2:
        return _undecided(question, pairs.difference, pairs.n, test, "all cases share one group")
    evidence = _GroupedPairs(pairs.difference or 0.0, effective_pairs(pairs, data))
    return _finding(question, evidence, pairs.n, confidence, test, few_warning(data))


def decide_scores(question: Question, data: Clusters, *, confidence: float = 0.95) -> Finding:
    """Answer from differences B - A summed by group (`stats.cluster.clusters`): Student's test with groups - 1 degrees.

    Where the differences do not vary at all or there are fewer than two groups, nothing is decided, with a warning.
    ValueError for a confidence outside 0.5..1. Source: as `decide_pairs`, with `robust_mean` for the variance.
    """
    _require_confidence(confidence)
    test = "cluster-robust t" if data.grouped else "paired t"
    if len(data) < 2:
        mean = fsum(data.totals) / data.n if data.n else None
        missing = "all cases share one group" if data.grouped else "fewer than two cases in common"
        return _undecided(question, mean, data.n, test, missing)
    robust = robust_mean(data)
    if robust.variance <= 0.0:
        return _undecided(question, robust.mean, data.n, test, "the differences do not vary at all")
    return _finding(question, _Scores(robust), data.n, confidence, test, few_warning(data))


def decide_sequence(question: Question, sequence: ConfidenceSequence) -> Finding:
    """Answer from a confidence sequence over differences B - A, at any time and as often as one likes.

    Of a sequence of two-sided `confidence` 0.9 each answer is wrong with a chance of at most 5 %, over all looks
    together. `p` and `further` are not given.
    """
    seen = sequence.interval
    low, high = seen.low, seen.high
    held = question.held(low, high) if low is not None and high is not None and seen.n else None
    return Finding(question, held, seen.estimate, low, high, None, seen.n, None, False, "confidence sequence", None)


@dataclass(frozen=True, slots=True)
class _SeparatePairs:
    pairs: Pairs
    exact: bool
    scale: float = 1.0

    def times(self, scale: float) -> "_SeparatePairs":
        return replace(self, scale=scale)

    @property
    def difference(self) -> float:
        return (self.pairs.only_b - self.pairs.only_a) / self.pairs.n

    def bounds(self, confidence: float) -> tuple[float, float]:
        return score_bounds(self.pairs.only_a, self.pairs.only_b, self.pairs.n, normal_quantile(confidence))

    def p_above(self, null: float) -> float:
        only_a, only_b = self.pairs.only_a * self.scale, self.pairs.only_b * self.scale
        if self.exact:
            return mcnemar(only_a, only_b, "greater")
        return normal_tail(score_statistic(only_a, only_b, self.pairs.n * self.scale, null))

    def p_below(self, null: float) -> float:
        only_a, only_b = self.pairs.only_a * self.scale, self.pairs.only_b * self.scale
        if self.exact:
            return mcnemar(only_a, only_b, "less")
        return normal_tail(-score_statistic(only_a, only_b, self.pairs.n * self.scale, null))


@dataclass(frozen=True, slots=True)
class _GroupedPairs:
    difference: float
    effective: EffectivePairs

    def times(self, scale: float) -> "_GroupedPairs":
        seen = self.effective
        degrees = (seen.degrees + 1) * scale - 1
        return replace(
            self, effective=EffectivePairs(seen.only_a * scale, seen.only_b * scale, seen.n * scale, degrees)
        )

    def bounds(self, confidence: float) -> tuple[float, float]:
        return self.effective.bounds(2 * confidence - 1)

    def p_above(self, null: float) -> float:
        return self.effective.p_above(null)

    def p_below(self, null: float) -> float:
        return self.effective.p_below(null)


@dataclass(frozen=True, slots=True)
class _Scores:
    robust: RobustMean

    def times(self, scale: float) -> "_Scores":
        seen = self.robust
        degrees = (seen.degrees + 1) * scale - 1
        return _Scores(replace(seen, variance=seen.variance / scale, degrees=degrees))

    @property
    def difference(self) -> float:
        return self.robust.mean

    def bounds(self, confidence: float) -> tuple[float, float]:
        half_width = t_quantile(self.robust.degrees, confidence) * sqrt(self.robust.variance)
        return self.robust.mean - half_width, self.robust.mean + half_width

    def p_above(self, null: float) -> float:
        return self.robust.p_above(null)

    def p_below(self, null: float) -> float:
        return self.robust.p_below(null)


_Evidence = _SeparatePairs | _GroupedPairs | _Scores
"""The difference and what speaks for its lying above or below a value; `times` as much of the same."""


def _claim(question: Question, evidence: _Evidence) -> float:
    """The p-value of what is claimed."""
    kind, margin = question.kind, question.margin
    if kind == "better" or kind == "not_worse":
        return evidence.p_above(-margin)
    if kind == "same":
        return max(evidence.p_above(-margin), evidence.p_below(margin))
    assert_never(kind)


def _contrary(question: Question, evidence: _Evidence) -> float:
    """The p-value of its contrary; of "same" the two ways to lie outside exclude each other, so none is corrected."""
    kind, margin = question.kind, question.margin
    if kind == "better" or kind == "not_worse":
        return evidence.p_below(-margin)
    if kind == "same":
        return min(evidence.p_below(-margin), evidence.p_above(margin))
    assert_never(kind)


def _finding(
    question: Question, evidence: _Evidence, n: int, confidence: float, test: str, warning: str | None
) -> Finding:
    alpha = 1 - confidence

    def decided(further: int) -> bool | None:
        seen = evidence.times((n + further) / n)
        return True if _claim(question, seen) <= alpha else False if _contrary(question, seen) <= alpha else None

    held = decided(0)
    further = least_count(lambda count: decided(count) is not None) if held is None else None
    low, high = evidence.bounds(confidence)
    return Finding(
        question=question,
        held=held,
        difference=evidence.difference,
        low=low,
        high=high,
        p=_claim(question, evidence),
        n=n,
        further=further,
        unreachable=held is None and further is None,
        test=test,
        warning=warning,
    )


def _undecided(question: Question, difference: float | None, n: int, test: str, warning: str) -> Finding:
    return Finding(question, None, difference, None, None, None, n, None, False, test, warning)


def _require_confidence(confidence: float) -> None:
    if not 0.5 <= confidence < 1.0:
        raise ValueError(f"confidence: expected a number from 0.5 to below 1, got {confidence!r}")
