"""Counting: from verdicts to the state of a case, from cases to the rows of a summary, in memory that stays flat."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from seatrial.core.case import Case
from seatrial.core.errors import ErrorInfo
from seatrial.core.verdict import State, Verdict
from seatrial.evals.compare import PairedRuns
from seatrial.evals.fields import FieldTally
from seatrial.evals.fit import RepairTally
from seatrial.evals.gate import Gate
from seatrial.evals.judges import JudgeTally, cause_of
from seatrial.evals.repeats import over_repeats
from seatrial.judges.cards import Card
from seatrial.stats.mean import RunningMean, mean_interval
from seatrial.stats.proportion import wilson
from seatrial.store.records import Counts, GateOutcome, Mean, Rate, Result, SuiteSummary

WORST_KEPT = 10
_ORDER: tuple[State, ...] = ("error", "fail", "unscored", "pass")


def case_state(verdicts: Sequence[Verdict], threshold: float | None, error: ErrorInfo | None) -> State:
    """`error` without an answer or when a check with weight erred; else `fail`, `unscored` or `pass` by those checks.
    With a threshold the weighted mean score decides between pass and fail.
    """
    states = {verdict.state for verdict in verdicts if verdict.weight > 0}
    if error is not None or "error" in states:
        return "error"
    if threshold is None:
        return "fail" if "fail" in states else "unscored" if "unscored" in states else "pass"
    if "unscored" in states:
        return "unscored"
    return "pass" if mean_score(verdicts) >= threshold else "fail"


def mean_score(verdicts: Sequence[Verdict]) -> float:
    """The mean of the scores by weight; 1 when nothing that was judged has a weight."""
    scored = [(score_of(verdict), verdict.weight) for verdict in verdicts]
    total = sum(weight for score, weight in scored if score is not None)
    return sum(score * weight for score, weight in scored if score is not None) / total if total else 1.0


def score_of(verdict: Verdict) -> float | None:
    """The score; where a check gave none, what its state says. None when nothing was judged."""
    if verdict.state not in ("pass", "fail"):
        return None
    return verdict.score if verdict.score is not None else float(verdict.state == "pass")


class Counter:
    """Counts cases by state."""

    def __init__(self) -> None:
        self.states: dict[State, int] = dict.fromkeys(_ORDER, 0)

    def add(self, state: State) -> None:
        self.states[state] += 1

    @property
    def cases(self) -> int:
        return sum(self.states.values())

    def rate(self) -> Rate:
        return pass_rate(self.states["pass"], self.states["fail"])

    def counts(self) -> Counts:
        return Counts(
            cases=self.cases,
            passed=self.states["pass"],
            failed=self.states["fail"],
            errors=self.states["error"],
            unscored=self.states["unscored"],
            pass_rate=self.rate(),
        )


def pass_rate(passed: int, failed: int) -> Rate:
    """passed / (passed + failed) with its Wilson interval; errors and unscored are neither."""
    interval = wilson(passed, passed + failed)
    return Rate(interval.estimate, interval.low, interval.high, interval.n)


class _Repeats(msgspec.Struct):
    """The repeats of one case that have come in so far, and the worst of their results."""

    worst: Result
    results: list[Result] = []
    states: list[State] = []
    outside: bool = True
    checks: dict[str, list[State]] = {}
    metrics: dict[str, list[float]] = {}


class SuiteTally:
    """One suite under one variant. `outside` counts the cases in error only because network or provider failed."""

    def __init__(self, suite: str, variant: str, gate: Gate | None, cards: Mapping[str, Card] | None = None) -> None:
        self.suite = suite
        self.variant = variant
        self.gate = gate
        self.cases = Counter()
        self.checks: dict[str, Counter] = {}
        self.metrics: dict[str, RunningMean] = {}
        self.cost_nusd: int | None = 0
        self.outside = 0
        self.repairs = RepairTally()
        self.fields = FieldTally()
        self.judges = JudgeTally(cards or {})
        self._repeats: dict[str, _Repeats] = {}
        self._worst: list[tuple[float, int, Result]] = []

    def add(self, case: Case, result: Result) -> State | None:
        """Count one result; a case counts once all its repeats are in, and then its state is returned."""
        self._add_cost(result)
        self.judges.add(result.verdicts)
        checks = _by_check(result.verdicts)
        metrics = _by_metric(result.verdicts)
        outside = _failed_outside(result)
        if case.repeat.times == 1:
            self.repairs.add((result,))
            self.fields.add((result,))
            by_check = {name: _worst_of(states) for name, states in checks.items()}
            return self._count(result.state, by_check, metrics, result, outside=outside)
        seen = self._repeats.setdefault(case.id, _Repeats(result))
        seen.worst = max(seen.worst, result, key=lambda each: (_badness(each), -each.repeat))
        seen.states.append(result.state)
        seen.results.append(result)
        seen.outside = seen.outside and (result.state != "error" or outside)
        for name, states in checks.items():
            seen.checks.setdefault(name, []).append(_worst_of(states))
        for name, scores in metrics.items():
            seen.metrics.setdefault(name, []).extend(scores)
        if len(seen.states) < case.repeat.times:
            return None
        del self._repeats[case.id]
        need = case.repeat.need
        self.repairs.add(seen.results)
        self.fields.add(seen.results, need)
        by_check = {name: over_repeats(states, min(need, len(states))) for name, states in seen.checks.items()}
        return self._count(over_repeats(seen.states, need), by_check, seen.metrics, seen.worst, outside=seen.outside)

    def _add_cost(self, result: Result) -> None:
        if result.exchanges and result.exchanges[0].attempts:
            known = self.cost_nusd is not None and result.cost_nusd is not None
            self.cost_nusd = (self.cost_nusd or 0) + (result.cost_nusd or 0) if known else None

    def _keep_if_worst(self, result: Result) -> None:
        entry = (_badness(result), -self.cases.cases, result)  # of equally bad ones the first to come stay
        if len(self._worst) < WORST_KEPT:
            heapq.heappush(self._worst, entry)
        elif entry > self._worst[0]:
            heapq.heapreplace(self._worst, entry)

    def _count(
        self, state: State, checks: dict[str, State], metrics: dict[str, list[float]], worst: Result, *, outside: bool
    ) -> State:
        self.cases.add(state)
        if state != "pass":
            self._keep_if_worst(worst)
        self.outside += state == "error" and outside
        for name, check_state in checks.items():
            self.checks.setdefault(name, Counter()).add(check_state)
        for name, scores in metrics.items():
            self.metrics.setdefault(name, RunningMean()).add(sum(scores) / len(scores))
        return state

    @property
    def worst(self) -> list[Result]:
        """The worst results kept, worst first; of a repeated case one, and only where the case did not pass."""
        return [result for _, _, result in sorted(self._worst, reverse=True)]

    def summary(self, *, complete: bool, against: PairedRuns | None = None) -> SuiteSummary:
        """`against` is the run beside the one that a gate compares it with."""
        states = self.cases.states
        return SuiteSummary(
            suite=self.suite,
            variant=self.variant,
            cases=self.cases.cases,
            passed=states["pass"],
            failed=states["fail"],
            errors=states["error"],
            unscored=states["unscored"],
            pass_rate=self.cases.rate(),
            checks={name: self.judges.corrected(name, each.counts()) for name, each in sorted(self.checks.items())},
            metrics={name: _mean(running) for name, running in sorted(self.metrics.items())},
            gate=self._outcome(complete, against),
            repairs=self.repairs.summary(),
            fields=self.fields.summary(),
            uncalibrated=self.judges.uncalibrated,
        )

    def _outcome(self, complete: bool, against: PairedRuns | None) -> GateOutcome | None:
        if self.gate is None:
            return None
        states = self.cases.states
        unjudged = states["error"] + states["unscored"]
        whole = complete and not self._repeats
        outcome = self.gate.decide(states["pass"], states["fail"], unjudged, complete=whole)
        outcome = self.gate.with_repairs(outcome, self.repairs.mended_in)
        outcome = self.gate.with_fields(outcome, self.fields.right)
        outcome = self.gate.with_claims(outcome, self.suite, against)
        return self.gate.with_judges(outcome, self.judges.uncalibrated)


OWN_FAULTS = frozenset({"miss", "spec", "bug", "bad_request", "auth", "not_found"})
"""Errors that the user must mend: not a passing fault of network or provider."""


def _failed_outside(result: Result) -> bool:
    """Whether the answer, or a judge's verdict on it, is missing for a reason that is not the user's to mend."""
    if result.error is not None:
        return result.error.kind not in OWN_FAULTS
    causes = {cause_of(verdict) for verdict in result.verdicts if verdict.state == "error" and verdict.weight > 0}
    return bool(causes) and not causes & {None, *OWN_FAULTS}


def _badness(result: Result) -> float:
    """Higher is worse: errors, then failures by how little they scored, then the unscored."""
    if result.state == "fail":
        return 2.0 - mean_score(result.verdicts)
    return 3.0 if result.state == "error" else 0.0


def _mean(running: RunningMean) -> Mean:
    """The t interval of the mean score, cut to 0..1: a score cannot be outside, and few cases make it wide."""
    interval = mean_interval(running)
    low = None if interval.low is None else max(0.0, interval.low)
    high = None if interval.high is None else min(1.0, interval.high)
    return Mean(interval.estimate, low, high, interval.n)


def _worst_of(states: Iterable[State]) -> State:
    return min(states, key=_ORDER.index)


def _by_check(verdicts: Sequence[Verdict]) -> dict[str, list[State]]:
    """The states of each check over the turns of a case; n counts cases, so each name counts once."""
    found: dict[str, list[State]] = {}
    for verdict in verdicts:
        found.setdefault(verdict.check, []).append(verdict.state)
    return found


def _by_metric(verdicts: Sequence[Verdict]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for verdict in verdicts:
        score = score_of(verdict) if verdict.metric is not None else None
        if verdict.metric is not None and score is not None:
            found.setdefault(verdict.metric, []).append(score)
    return found
