"""Is B better than A, and how sure: two runs, or two variants of one, on the cases they share.

Cases are the units: repeats are averaged inside a case, and cases that share a `group` count as one draw. A case that
one side did not judge is left out of the pairs and counted beside them, never taken for a failure. The pass rate
over all cases is the question asked; suites, tags, checks, metrics, latency and cost are looked through
for findings, so their p-values are adjusted for how many there are (Benjamini and Hochberg).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

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


class Pair(NamedTuple):
    """A case on both sides, and its place among the measures of each."""

    case: CaseFacts
    in_a: int
    in_b: int


class PairedRuns(msgspec.Struct, frozen=True):
    """Both sides read: the cases they share, in B's order, with what each reached."""

    a: Side
    b: Side
    pairs: list[Pair]
    before: Measures
    after: Measures
    left_out: LeftOut

    def values(self, measure: str, pairs: Iterable[Pair]) -> PairedValues:
        """Those of `pairs` that have `measure` on both sides."""
        found = PairedValues([], [], [])
        before, after = self.before.columns.get(measure), self.after.columns.get(measure)
        if before is None or after is None:
            return found
        for case, in_a, in_b in pairs:
            a, b = before[in_a], after[in_b]
            if a == a and b == b:  # not NaN
                found.a.append(a)
                found.b.append(b)
                found.groups.append((case.suite, case.group) if case.group is not None else None)
        return found


class PairedValues(msgspec.Struct, frozen=True):
    """One measure, case by case; a group is told apart by its suite."""

    a: list[float]
    b: list[float]
    groups: list[tuple[str, str] | None]

    @property
    def binary(self) -> bool:
        return all(value in (0.0, 1.0) for values in (self.a, self.b) for value in values)

    @property
    def differences(self) -> list[float]:
        return [b - a for a, b in zip(self.a, self.b, strict=True)]

    @property
    def pairs(self) -> Pairs:
        """Of values that are 0 or 1."""
        counts = {(0, 0): 0, (0, 1): 0, (1, 0): 0, (1, 1): 0}
        for a, b in zip(self.a, self.b, strict=True):
            counts[int(a), int(b)] += 1
        return Pairs(both=counts[1, 1], only_a=counts[1, 0], only_b=counts[0, 1], neither=counts[0, 0])


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
    pairs = [
        Pair(cases_b[key], before.places[key], place) for key, place in after.places.items() if key in before.places
    ]
    if not pairs:
        raise _nothing_shared(a, b, cases_a, cases_b)
    unjudged_a = sum(before.states[pair.in_a] in _UNJUDGED for pair in pairs)
    unjudged_b = sum(
        after.states[pair.in_b] in _UNJUDGED and before.states[pair.in_a] not in _UNJUDGED for pair in pairs
    )
    if unjudged_a + unjudged_b == len(pairs):
        raise SpecError(
            "no case was judged on both sides, so there is nothing to compare",
            got=f"{len(pairs)} cases in both, each in error or unscored in {a.name} or {b.name}",
            hint="`seatrial runs show` says why they were not judged",
        )
    left_out = LeftOut(
        only_in_a=len(before.states) - len(pairs),
        only_in_b=len(after.states) - len(pairs),
        not_judged_in_a=unjudged_a,
        not_judged_in_b=unjudged_b,
    )
    return PairedRuns(a, b, pairs, before, after, left_out)


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
        name: difference_of(runs.values(measure, pairs), less_is_better=measure in LESS_IS_BETTER)
        for name, measure, pairs in _measures(runs)
    }
    changes = _with_flips(runs, [_changed(runs, pair) for pair in runs.pairs if not _passed_in_both(runs, pair)])
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


def _passed_in_both(runs: PairedRuns, pair: Pair) -> bool:
    return runs.before.states[pair.in_a] == runs.after.states[pair.in_b] == "pass"


def _changed(runs: PairedRuns, pair: Pair) -> ChangedCase:
    return ChangedCase(
        suite=pair.case.suite,
        case=pair.case.id,
        name=pair.case.name,
        before=runs.before.states[pair.in_a],
        after=runs.after.states[pair.in_b],
    )


def _with_flips(runs: PairedRuns, changes: Sequence[ChangedCase]) -> list[ChangedCase]:
    """Those whose state changed, marked where they are known to flip at one version: the change may mean nothing."""
    changed = {(each.suite, each.case) for each in changes if "pass" in (each.before, each.after)}
    if not changed:
        return list(changes)
    found = flips_in(runs_beside(runs.b.run)[-RUNS_READ:], changed)
    known = {(flips.suite, flips.case): flips.text for flips in reversed(found)}
    return [msgspec.structs.replace(each, flips=known.get((each.suite, each.case))) for each in changes]


def _measures(runs: PairedRuns) -> Iterator[tuple[str, str, Sequence[Pair]]]:
    """The name of each comparison, the measure it reads, and the cases it is over."""
    yield PASS_RATE, PASS_RATE, runs.pairs
    suites: dict[str, list[Pair]] = {}
    tags: dict[str, list[Pair]] = {}
    for pair in runs.pairs:
        suites.setdefault(pair.case.suite, []).append(pair)
        for tag in dict.fromkeys(pair.case.tags):
            tags.setdefault(tag, []).append(pair)
    if len(suites) > 1:  # a single suite is the pass rate once more
        yield from ((SUITE + name, PASS_RATE, pairs) for name, pairs in suites.items())
    yield from ((TAG + name, PASS_RATE, pairs) for name, pairs in sorted(tags.items()))
    for name in sorted(runs.before.columns.keys() & runs.after.columns.keys()):
        if name != PASS_RATE:
            yield name, name, runs.pairs


def difference_of(values: PairedValues, *, less_is_better: bool = False) -> MetricDifference:
    """One measure compared, its p-value not adjusted yet."""
    n = len(values.a)
    binary = values.binary and not less_is_better
    if binary:
        grouped = any(group is not None for group in values.groups)
        data = clusters(values.differences, values.groups) if grouped else None
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
