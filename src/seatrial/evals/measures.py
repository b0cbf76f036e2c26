"""What a stored run measured, case by case: pass or fail, each check, each metric, latency and cost.

Only the fields that are compared are decoded, so that a run of 100,000 results is read in seconds and kept in a few
hundred bytes a case.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
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
_JUDGED: Mapping[State, float] = {"pass": 1.0, "fail": 0.0}


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
        """Of equal keys the last one wins. Columns are as long as they have values until `fill` is called."""
        states, columns = self.states, self.columns
        place = self.places.setdefault(key, len(states))
        if place == len(states):
            states.append(state)
        else:
            states[place] = state
            self._forget(place)
        for name, value in values.items():
            column = columns.get(name)
            if column is None:
                column = columns[name] = array("d")
            if len(column) == place:
                column.append(value)
            else:
                _put(column, place, value)

    def _forget(self, place: int) -> None:
        for column in self.columns.values():
            if place < len(column):
                column[place] = nan

    def fill(self) -> None:
        """Make all columns as long as there are cases."""
        for column in self.columns.values():
            column.extend(repeat(nan, len(self.states) - len(column)))

    def at(self, keys: Iterable[CaseKey]) -> Measures:
        """These cases alone, in this order."""
        places = {key: place for place, key in enumerate(keys)}
        old = list(map(self.places.__getitem__, places))
        return Measures(
            places,
            list(map(self.states.__getitem__, old)),
            {name: array("d", map(column.__getitem__, old)) for name, column in self.columns.items()},
        )


def _put(column: array[float], place: int, value: float) -> None:
    column.extend(repeat(nan, place + 1 - len(column)))
    column[place] = value


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
    repeated: dict[CaseKey, dict[int, _Repeat]] = {key: {} for key, case in cases.items() if case.repeat.times > 1}
    names: dict[str, str] = {}
    for line in run.results_as(_Line):
        key = (line.suite, line.case)
        if line.variant != variant or key not in cases:
            continue
        if key in repeated:
            repeated[key][line.repeat] = _Repeat(line.state, _values(line, names))
        else:
            found.add(key, line.state, _values(line, names))
    for key, repeats in repeated.items():
        if repeats:
            states = [each.state for each in repeats.values()]
            values = _means([each.values for each in repeats.values()])
            found.add(key, over_repeats(states, cases[key].repeat.need), values)
    found.fill()
    return found


def _values(line: _Line, names: dict[str, str]) -> dict[str, float]:
    """`names` keeps one text for each name, whatever the number of lines it stands on."""
    values: dict[str, float] = {}
    if line.state in _JUDGED:
        values[PASS_RATE] = _JUDGED[line.state]
    broken = []
    scores: dict[str, list[float]] = {}
    for verdict in line.verdicts:
        name = names.get(verdict.check) or names.setdefault(verdict.check, CHECK + verdict.check)
        passed = _JUDGED.get(verdict.state)
        if passed is None:
            broken.append(name)
            continue
        if name not in values or passed < values[name]:
            values[name] = passed  # the worst over the turns, as in the summary
        if verdict.metric is not None:
            score = verdict.score if verdict.score is not None else passed
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
