"""Is B better than A, and how sure: two runs, or two variants of one, on the cases they share.

Cases are the units: repeats are averaged inside a case, and cases that share a `group` count as one draw. A case that
one side did not judge is left out of the pairs and counted beside them, never taken for a failure. The pass rate
over all cases is the question asked; suites, tags, checks, metrics, latency and cost are looked through
for findings, so their p-values are adjusted for how many there are (Benjamini and Hochberg).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress
from math import isnan
from operator import mul, sub
from pathlib import Path
from typing import TypeVar

import msgspec

from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name
from seatrial.evals.difference import match_variants
from seatrial.evals.flakes import RUNS_READ, flips_in
from seatrial.evals.measures import (
    COST,
    LATENCY,
    PASS_RATE,
    SUITE,
    TAG,
    CaseFacts,
    CaseKey,
    Measures,
    read_cases,
    read_measures,
)
from seatrial.stats.cluster import clusters
from seatrial.stats.comparison import Comparison as Compared
from seatrial.stats.comparison import compare_pairs, compare_scores
from seatrial.stats.multiple import benjamini_hochberg
from seatrial.stats.paired import Pairs
from seatrial.stats.questions import Question, decide_pairs, decide_scores
from seatrial.store.comparisons import ChangedCase, Comparison, LeftOut, MetricDifference, MetricVerdict
from seatrial.store.runs import RunFolder, find_run, runs_beside

T = TypeVar("T")
Group = tuple[str, str] | None
"""Suite and name of a case's group; None for a case of its own."""

LEVEL = 0.05
LESS_IS_BETTER = frozenset({LATENCY, COST})
_UNJUDGED = frozenset({"error", "unscored"})


class Side(msgspec.Struct, frozen=True):
    """One variant of one stored run."""

    run: RunFolder
    variant: str

    @property
    def name(self) -> str:
        return f"{self.run.id}:{self.variant}"


class PairedRuns(msgspec.Struct, frozen=True, dict=True):
    """Both sides read: the cases they share, in B's order, and in the same order what each side reached."""

    a: Side
    b: Side
    cases: list[CaseFacts]
    before: Measures
    after: Measures
    left_out: LeftOut

    def of_suite(self, suite: str) -> list[int]:
        """The places of a suite's cases."""
        return [place for place, case in enumerate(self.cases) if case.suite == suite]

    def values(self, measure: str, places: Sequence[int] | None = None) -> PairedValues:
        """Those of the cases at `places` (default: all) that have `measure` on both sides."""
        before, after = self.before.columns.get(measure), self.after.columns.get(measure)
        if before is None or after is None:
            return PairedValues([], [], None)
        a, b = _at(before, places), _at(after, places)
        groups = _at(self._groups, places) if self._groups is not None else None
        if not isnan(sum(map(sub, b, a))):
            return PairedValues(a, b, groups)
        known = [x == x and y == y for x, y in zip(a, b, strict=True)]  # not NaN
        kept = list(compress(groups, known)) if groups is not None else None
        return PairedValues(list(compress(a, known)), list(compress(b, known)), kept)

    @cached_property
    def _groups(self) -> list[Group] | None:
        """None where no case has a group; a group is told apart by its suite."""
        groups = [(case.suite, case.group) if case.group is not None else None for case in self.cases]
        return groups if any(groups) else None


def _at(values: Sequence[T], places: Sequence[int] | None) -> list[T]:
    return list(values) if places is None else [values[place] for place in places]


class PairedValues:
    """One measure, case by case: on either side, and by group where cases have some."""

    def __init__(self, a: list[float], b: list[float], groups: list[Group] | None) -> None:
        self.a = a
        self.b = b
        self.groups = groups
        self.differences = list(map(sub, b, a))

    @property
    def binary(self) -> bool:
        return all(values.count(0.0) + values.count(1.0) == len(values) for values in (self.a, self.b))

    @property
    def pairs(self) -> Pairs:
        """Of values that are 0 or 1."""
        both, in_a, in_b = (round(sum(each)) for each in (map(mul, self.a, self.b), self.a, self.b))
        return Pairs(both=both, only_a=in_a - both, only_b=in_b - both, neither=len(self.a) - in_a - in_b + both)


def find_side(folder: Path, name: str) -> Side:
    """RUN or RUN:VARIANT, where RUN is an id, the beginning of one, a path, or `latest`. Without a variant the run must
    have one only. Raises SpecError.
    """
    run_name, _, variant = name.partition(":")
    run = find_run(folder, run_name)
    known = [each.variant for each in run.record().variants]
    if variant and variant not in known:
        raise SpecError(
            f"the run {run.id} has no variant {variant!r}",
            nearest=nearest_name(variant, known),
            hint=f"it has: {', '.join(known)}",
        )
    if not variant and len(known) > 1:
        raise SpecError(
            f"the run {run.id} has {len(known)} variants: which one?", hint=f"write {run.id}:{known[0]}, or {known[1:]}"
        )
    return Side(run, variant or known[0])


def matched_sides(a: RunFolder, b: RunFolder) -> list[tuple[Side, Side]]:
    """The variants of two runs that go with each other: those of one name, or the only one of each."""
    return [(Side(a, one), Side(b, other)) for one, other in match_variants(a.record(), b.record()).items()]


def compare(a: Side, b: Side) -> Comparison:
    """Compare B with A. Raises SpecError when they share no case, no case was judged on both sides, or a run's files
    cannot be read.
    """
    return compare_paired(read_paired(a, b))


def read_paired(a: Side, b: Side) -> PairedRuns:
    """Read both sides. Raises SpecError as `compare`."""
    cases_a, cases_b = read_cases(a.run), read_cases(b.run)
    before, after = read_measures(a.run, a.variant, cases_a), read_measures(b.run, b.variant, cases_b)
    shared = [key for key in after.places if key in before.places]
    if not shared:
        raise _nothing_shared(a, b, cases_a, cases_b)
    only_in_a, only_in_b = len(before.states) - len(shared), len(after.states) - len(shared)
    before, after = before.at(shared), after.at(shared)
    unjudged_a = sum(state in _UNJUDGED for state in before.states)
    unjudged_b = sum(
        state in _UNJUDGED and other not in _UNJUDGED for other, state in zip(before.states, after.states, strict=True)
    )
    if unjudged_a + unjudged_b == len(shared):
        raise SpecError(
            "no case was judged on both sides, so there is nothing to compare",
            got=f"{len(shared)} cases in both, each in error or unscored in {a.name} or {b.name}",
            hint="`seatrial runs show` says why they were not judged",
        )
    left_out = LeftOut(only_in_a=only_in_a, only_in_b=only_in_b, not_judged_in_a=unjudged_a, not_judged_in_b=unjudged_b)
    return PairedRuns(a, b, [cases_b[key] for key in shared], before, after, left_out)


def _nothing_shared(
    a: Side, b: Side, cases_a: Mapping[CaseKey, CaseFacts], cases_b: Mapping[CaseKey, CaseFacts]
) -> SpecError:
    suites_a, suites_b = ({suite for suite, _ in cases} for cases in (cases_a, cases_b))
    if not suites_a & suites_b:
        what = "the runs are of different suites"
        got = f"{', '.join(sorted(suites_a))} in {a.name}, {', '.join(sorted(suites_b))} in {b.name}"
    else:
        what, got = "the runs have no case in common", f"{len(cases_a)} cases in A, {len(cases_b)} in B"
    return SpecError(
        what, got=got, hint="a case is the same where its suite and id are; its id is the hash of what is asked"
    )


def compare_paired(runs: PairedRuns) -> Comparison:
    """Compare what was read."""
    metrics = {
        name: difference_of(runs.values(measure, places), less_is_better=measure in LESS_IS_BETTER)
        for name, measure, places in _measures(runs)
    }
    changes = _with_flips(runs, list(_changes(runs)))
    return Comparison(
        a=runs.a.name,
        b=runs.b.name,
        pairs=metrics[PASS_RATE].n,
        left_out=runs.left_out,
        family=sum(name != PASS_RATE and each.p is not None for name, each in metrics.items()),
        metrics=_adjusted(metrics),
        newly_failing=tuple(each for each in changes if each.before == "pass"),
        newly_passing=tuple(each for each in changes if each.after == "pass"),
        still_failing=tuple(each for each in changes if "pass" not in (each.before, each.after)),
    )


def _changes(runs: PairedRuns) -> Iterator[ChangedCase]:
    """The cases that did not pass on both sides."""
    for case, before, after in zip(runs.cases, runs.before.states, runs.after.states, strict=True):
        if not before == after == "pass":
            yield ChangedCase(suite=case.suite, case=case.id, name=case.name, before=before, after=after)


def _with_flips(runs: PairedRuns, changes: list[ChangedCase]) -> list[ChangedCase]:
    """Those whose state changed, marked where they are known to flip at one version: the change may mean nothing."""
    changed = {(each.suite, each.case) for each in changes if "pass" in (each.before, each.after)}
    if not changed:
        return changes
    found = flips_in(runs_beside(runs.b.run)[-RUNS_READ:], changed)
    known = {(flips.suite, flips.case): flips.text for flips in reversed(found)}
    if not known:
        return changes
    return [msgspec.structs.replace(each, flips=known.get((each.suite, each.case))) for each in changes]


def _measures(runs: PairedRuns) -> Iterator[tuple[str, str, Sequence[int] | None]]:
    """The name of each comparison, the measure it reads, and the places of the cases it is over (None is all)."""
    yield PASS_RATE, PASS_RATE, None
    suites: dict[str, list[int]] = {}
    tags: dict[str, list[int]] = {}
    for place, case in enumerate(runs.cases):
        suites.setdefault(case.suite, []).append(place)
        for tag in dict.fromkeys(case.tags):
            tags.setdefault(tag, []).append(place)
    if len(suites) > 1:  # a single suite is the pass rate once more
        yield from ((SUITE + name, PASS_RATE, places) for name, places in suites.items())
    yield from ((TAG + name, PASS_RATE, places) for name, places in sorted(tags.items()))
    for name in sorted(runs.before.columns.keys() & runs.after.columns.keys()):
        if name != PASS_RATE:
            yield name, name, None


def difference_of(values: PairedValues, *, less_is_better: bool = False) -> MetricDifference:
    """One measure compared, its p-value not adjusted yet."""
    n = len(values.a)
    binary = values.binary and not less_is_better
    if binary:
        data = clusters(values.differences, values.groups) if values.groups is not None else None
        compared = compare_pairs(values.pairs, data)
    else:
        compared = compare_scores(values.differences, values.groups)
    return MetricDifference(
        n=n,
        groups=compared.clusters,
        a=sum(values.a) / n if n else None,
        b=sum(values.b) / n if n else None,
        difference=compared.difference,
        low=compared.low,
        high=compared.high,
        p=compared.p,
        p_adjusted=compared.p,
        test=compared.test,
        interval=compared.interval,
        verdict=_verdict(compared.difference, compared.p, less_is_better=less_is_better),
        needed=_needed(values, compared, binary=binary),
        warning=compared.warning,
    )


def _verdict(difference: float | None, p: float | None, *, less_is_better: bool) -> MetricVerdict:
    if difference is None or p is None or p > LEVEL or difference == 0:
        return "undecided"
    return "better" if (difference > 0) != less_is_better else "worse"


def _needed(values: PairedValues, compared: Compared, *, binary: bool) -> int | None:
    """Further cases that would show the difference seen: one-sided, in its direction, at half the level."""
    if not compared.difference or compared.p is None or compared.p <= LEVEL:
        return None
    sign = 1 if compared.difference > 0 else -1
    data = clusters([sign * each for each in values.differences], values.groups)
    confidence = 1 - LEVEL / 2
    if not binary:
        return decide_scores(Question("better"), data, confidence=confidence).further
    pairs = values.pairs
    if sign < 0:
        pairs = Pairs(both=pairs.both, only_a=pairs.only_b, only_b=pairs.only_a, neither=pairs.neither)
    return decide_pairs(Question("better"), pairs, data, confidence=confidence).further


def _adjusted(metrics: Mapping[str, MetricDifference]) -> dict[str, MetricDifference]:
    """With p-values of the exploration adjusted together; the pass rate is the one question asked."""
    explored = {name: each.p for name, each in metrics.items() if name != PASS_RATE and each.p is not None}
    adjusted = dict(zip(explored, benjamini_hochberg(list(explored.values())), strict=True))
    return {
        name: msgspec.structs.replace(
            each,
            p_adjusted=adjusted[name],
            verdict=_verdict(each.difference, adjusted[name], less_is_better=name in LESS_IS_BETTER),
        )
        if name in adjusted
        else each
        for name, each in metrics.items()
    }
