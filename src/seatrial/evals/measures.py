"""What a stored run measured, case by case: pass or fail, each check, each metric, latency and cost.

Only the fields that are compared are decoded, so that a run of 100,000 results is read in seconds and kept in a few
hundred bytes a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from seatrial.core.case import Repeat
from seatrial.core.verdict import State
from seatrial.evals.repeats import over_repeats
from seatrial.store.runs import RunFolder

CaseKey = tuple[str, str]
"""Suite and case id."""

PASS_RATE, LATENCY, COST = "pass_rate", "latency_ms", "cost_usd"
CHECK, METRIC, SUITE, TAG = "check:", "metric:", "suite:", "tag:"
"""Names of measures, and what stands in front of those that carry a name of the user's."""

_NUSD_PER_USD = 1_000_000_000


class CaseFacts(msgspec.Struct, frozen=True):
    """What a comparison needs to know of a case."""

    id: str
    suite: str = ""
    name: str | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()
    repeat: Repeat = Repeat()


class Measured(msgspec.Struct, frozen=True):
    """One case under one variant. `state` is that of the case over its repeats. `values` are means over the repeats
    that have one: 1 and 0 for pass and fail, scores from 0 to 1, milliseconds, US dollars; what was not judged has
    none.
    """

    state: State
    values: dict[str, float]


class _Judged(msgspec.Struct, frozen=True):
    check: str
    state: State
    score: float | None = None
    metric: str | None = None


class _Line(msgspec.Struct, frozen=True):
    case: str
    suite: str
    variant: str
    repeat: int
    state: State
    verdicts: tuple[_Judged, ...] = ()
    latency_ms: float = 0.0
    cost_nusd: int | None = None


def read_cases(run: RunFolder) -> dict[CaseKey, CaseFacts]:
    """The cases of a run in their order. Raises SpecError when the run's files cannot be read."""
    return {(case.suite, case.id): case for case in run.cases_as(CaseFacts)}


def read_measures(run: RunFolder, variant: str, cases: Mapping[CaseKey, CaseFacts]) -> dict[CaseKey, Measured]:
    """What `variant` reached, in the order of the results. Of equal keys the last line wins. Raises SpecError when the
    run's files cannot be read.
    """
    once: dict[CaseKey, Measured] = {}
    often: dict[CaseKey, dict[int, Measured]] = {}
    names: dict[str, str] = {}
    for line in run.results_as(_Line):
        key = (line.suite, line.case)
        if line.variant != variant or key not in cases:
            continue
        measured = Measured(line.state, _values(line, names))
        if cases[key].repeat.times == 1:
            once[key] = measured
        else:
            often.setdefault(key, {})[line.repeat] = measured
    for key, repeats in often.items():
        once[key] = _over_repeats(list(repeats.values()), cases[key].repeat.need)
    return once


def _values(line: _Line, names: dict[str, str]) -> dict[str, float]:
    """`names` keeps one text for each name, whatever the number of lines it stands on."""
    values: dict[str, float] = {}
    if line.state in ("pass", "fail"):
        values[PASS_RATE] = float(line.state == "pass")
    broken = set()
    scores: dict[str, list[float]] = {}
    for verdict in line.verdicts:
        name = names.get(verdict.check) or names.setdefault(verdict.check, CHECK + verdict.check)
        if verdict.state in ("pass", "fail"):
            passed = float(verdict.state == "pass")
            values[name] = min(values.get(name, 1.0), passed)  # the worst over the turns, as in the summary
        else:
            broken.add(name)
        if verdict.metric is not None and verdict.state in ("pass", "fail"):
            score = verdict.score if verdict.score is not None else float(verdict.state == "pass")
            scores.setdefault(METRIC + verdict.metric, []).append(score)
    for name in broken:
        values.pop(name, None)
    for name, given in scores.items():
        values[names.setdefault(name, name)] = sum(given) / len(given)
    if line.latency_ms:
        values[LATENCY] = line.latency_ms
    if line.cost_nusd is not None:
        values[COST] = line.cost_nusd / _NUSD_PER_USD
    return values


def _over_repeats(repeats: list[Measured], need: int) -> Measured:
    names: Iterable[str] = dict.fromkeys(name for each in repeats for name in each.values)
    values = {}
    for name in names:
        found = [each.values[name] for each in repeats if name in each.values]
        values[name] = sum(found) / len(found)
    return Measured(over_repeats([each.state for each in repeats], need), values)
