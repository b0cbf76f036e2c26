"""What a stored run measured, case by case: pass or fail, each check, each metric, latency and cost.

Only the fields that are compared are decoded, so that a run of 100,000 results is read in seconds and kept in a few
hundred bytes a case.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from math import nan

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


class CaseFacts(msgspec.Struct, frozen=True, gc=False):
    """What a comparison needs to know of a case."""

    id: str
    suite: str = ""
    name: str | None = None
    group: str | None = None
    tags: tuple[str, ...] = ()
    repeat: Repeat = Repeat()


class Measures(msgspec.Struct, frozen=True):
    """What one variant reached, by the place of a case in `states`. `columns` hold means over the repeats that have a
    value, NaN where none has: 1 and 0 for pass and fail, scores from 0 to 1, milliseconds, US dollars. A state is that
    of the case over its repeats.
    """

    places: dict[CaseKey, int]
    states: list[State]
    columns: dict[str, array[float]]

    def add(self, key: CaseKey, state: State, values: Mapping[str, float]) -> None:
        """Of equal keys the last one wins."""
        place = self.places.setdefault(key, len(self.states))
        if place == len(self.states):
            self.states.append(state)
            for column in self.columns.values():
                column.append(nan)
        else:
            self.states[place] = state
            for column in self.columns.values():
                column[place] = nan
        for name, value in values.items():
            if name not in self.columns:
                self.columns[name] = array("d", [nan]) * len(self.states)
            self.columns[name][place] = value


class _Repeat(msgspec.Struct, frozen=True):
    state: State
    values: dict[str, float]


class _Judged(msgspec.Struct, frozen=True, gc=False):
    check: str
    state: State
    score: float | None = None
    metric: str | None = None


class _Line(msgspec.Struct, frozen=True, gc=False):
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


def read_measures(run: RunFolder, variant: str, cases: Mapping[CaseKey, CaseFacts]) -> Measures:
    """What `variant` reached, in the order of the results. Raises SpecError when the run's files cannot be read."""
    found = Measures({}, [], {})
    repeated: dict[CaseKey, dict[int, _Repeat]] = {}
    names: dict[str, str] = {}
    for line in run.results_as(_Line):
        key = (line.suite, line.case)
        if line.variant != variant or key not in cases:
            continue
        if cases[key].repeat.times == 1:
            found.add(key, line.state, _values(line, names))
        else:
            repeated.setdefault(key, {})[line.repeat] = _Repeat(line.state, _values(line, names))
    for key, repeats in repeated.items():
        states = [each.state for each in repeats.values()]
        found.add(key, over_repeats(states, cases[key].repeat.need), _means([each.values for each in repeats.values()]))
    return found


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


def _means(repeats: Sequence[Mapping[str, float]]) -> dict[str, float]:
    given: dict[str, list[float]] = {}
    for values in repeats:
        for name, value in values.items():
            given.setdefault(name, []).append(value)
    return {name: sum(values) / len(values) for name, values in given.items()}
