"""`eval --aa`: the same version run twice, and its judges asked twice about the same answers: how much is noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from seatrial.core.verdict import State
from seatrial.evals.compare import PairedRuns, matched_sides, read_paired
from seatrial.evals.measures import CHECK
from seatrial.feature.feature import Feature
from seatrial.feature.prices import is_replayed
from seatrial.stats.proportion import wilson
from seatrial.store.comparisons import ChangedCase, Repeatability, Share
from seatrial.store.runs import RunFolder


def repeatability(
    first: RunFolder, second: RunFolder, judged_again: RunFolder | None, variants: Mapping[str, Feature]
) -> Repeatability:
    """`judged_again` holds the answers of `first` with the verdicts of judges asked anew; None where no judge was."""
    pairs = [read_paired(a, b) for a, b in matched_sides(first, second)]
    flaked = [case for runs in pairs for case in _flaked(runs)]
    specs = [each.spec.models[each.spec.route[0]] for each in variants.values()]
    return Repeatability(
        first=first.id,
        flake_rate=share(len(flaked), sum(len(runs.pairs) for runs in pairs)),
        flaked=tuple(flaked),
        checks=_flips(pairs),
        judges=_disagreements(first, judged_again) if judged_again is not None else {},
        replayed=tuple(dict.fromkeys(spec.name for spec in specs if is_replayed(spec))),
    )


def share(count: int, n: int) -> Share:
    interval = wilson(count, n)
    return Share(count, n, interval.estimate, interval.low, interval.high)


def _flaked(runs: PairedRuns) -> Iterator[ChangedCase]:
    for case, in_a, in_b in runs.pairs:
        before, after = runs.before.states[in_a], runs.after.states[in_b]
        if before != after:
            yield ChangedCase(suite=case.suite, case=case.id, name=case.name, before=before, after=after)


def _flips(pairs: list[PairedRuns]) -> dict[str, Share]:
    counted: dict[str, tuple[int, int]] = {}
    for runs in pairs:
        for name in runs.before.columns.keys() & runs.after.columns.keys():
            if not name.startswith(CHECK):
                continue
            differences = runs.values(name, runs.pairs).differences
            count, n = counted.get(name, (0, 0))
            counted[name] = (count + sum(each != 0 for each in differences), n + len(differences))
    return {name.removeprefix(CHECK): share(count, n) for name, (count, n) in sorted(counted.items()) if count}


class _Asked(msgspec.Struct, frozen=True, gc=False):
    check: str
    state: State
    turn: int = 0
    calls: tuple[msgspec.Raw, ...] = ()


class _Line(msgspec.Struct, frozen=True, gc=False):
    case: str
    suite: str
    variant: str
    repeat: int
    verdicts: tuple[_Asked, ...] = ()


def asks_judges(run: RunFolder) -> bool:
    """Whether any verdict of a run asked a model."""
    return any(verdict.calls for line in run.results_as(_Line) for verdict in line.verdicts)


def _disagreements(first: RunFolder, again: RunFolder) -> dict[str, Share]:
    """Of the verdicts a judge gave, the share that came out otherwise when it was asked again; one that became
    unscored disagrees too.
    """
    given = dict(_judged(first))
    counted: dict[str, tuple[int, int]] = {}
    for key, state in _judged(again):
        if key in given:
            count, n = counted.get(key[-1], (0, 0))
            counted[key[-1]] = (count + (given[key] != state), n + 1)
    return {check: share(*found) for check, found in sorted(counted.items())}


def _judged(run: RunFolder) -> Iterator[tuple[tuple[str, str, str, int, int, str], State]]:
    for line in run.results_as(_Line):
        for verdict in line.verdicts:
            if verdict.calls:
                key = (line.suite, line.case, line.variant, line.repeat, verdict.turn, verdict.check)
                yield key, verdict.state
