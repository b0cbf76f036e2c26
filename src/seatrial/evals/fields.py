"""Counts fields of structured answers beside their labels: accuracy, precision and recall by class, and what is taken
for what.

n counts cases, as everywhere. Of a case with several answers to the same field (turns, repeats) one counts: for turns
the first that is wrong, for repeats the right one if as many are right as the case needs, else the commonest wrong one.

Source of the measures: M. Sokolova & G. Lapalme, Inf. Process. Manag. 45 (2009) 427. With one class a case the micro
averages are plain: recall is the accuracy, precision the share that is right of the answers that name a class at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from seatrial.checks.fields import MISSING, NO_VALUE
from seatrial.core.verdict import Compared
from seatrial.stats.macro import mean_of_rates
from seatrial.stats.proportion import Interval, wilson
from seatrial.store.records import ClassRates, FieldAccuracy, Rate, Result

MOST_CLASSES = 500
"""A field with more values than this is no choice among classes: its accuracy alone is kept, and memory stays flat."""

ABSENT = (NO_VALUE, MISSING)


class FieldTally:
    """Counts the cases of one suite under one variant, each field by itself."""

    def __init__(self) -> None:
        self._fields: dict[str, _Field] = {}

    def add(self, results: Sequence[Result], need: int = 1) -> None:
        """All results of one case, of which `need` must be right. A field that they do not decide is left out, as is a
        case without an answer.
        """
        by_field: dict[str, list[Compared]] = {}
        for result in results:
            for compared in _of_turns(result).values():
                by_field.setdefault(compared.field, []).append(compared)
        for name, repeats in by_field.items():
            decided = _of_repeats(repeats, need, len(results))
            if decided is not None:
                self._fields.setdefault(name, _Field()).add(decided)

    def right(self, field: str) -> tuple[int, int]:
        """In how many cases the field is right, and of how many."""
        counted = self._fields.get(field)
        return (counted.right, counted.n) if counted is not None else (0, 0)

    def summary(self) -> dict[str, FieldAccuracy]:
        return {name: counted.summary() for name, counted in sorted(self._fields.items())}


def _of_turns(result: Result) -> dict[str, Compared]:
    """By field the first that is wrong, else the first. None of a result whose last answer is missing."""
    found: dict[str, Compared] = {}
    if result.error is not None and result.error.kind != "output":
        return found
    for verdict in result.verdicts:
        compared = verdict.compared
        if compared is not None and verdict.state in ("pass", "fail"):
            earlier = found.setdefault(compared.field, compared)
            if earlier.right and not compared.right:
                found[compared.field] = compared
    return found


def _of_repeats(repeats: Sequence[Compared], need: int, times: int) -> Compared | None:
    """None where neither `need` of `times` are right nor can be any more."""
    right = [each for each in repeats if each.right]
    if len(right) >= need:
        return right[0]
    wrong = [each for each in repeats if not each.right]
    return Counter(wrong).most_common(1)[0][0] if len(wrong) > times - need else None


class _Field:
    """`pairs` counts (expected, got); it is None once there were too many classes."""

    def __init__(self) -> None:
        self.n = 0
        self.right = 0
        self._absent = 0
        self._classes: set[str] = set()
        self._pairs: dict[tuple[str, str], int] | None = {}

    def add(self, compared: Compared) -> None:
        self.n += 1
        self.right += compared.right
        self._absent += compared.got in ABSENT
        if self._pairs is None:
            return
        pair = (compared.expected, compared.got)
        self._pairs[pair] = self._pairs.get(pair, 0) + 1
        self._classes.update(pair)
        if len(self._classes) > MOST_CLASSES:
            self._pairs = None
            self._classes.clear()

    def summary(self) -> FieldAccuracy:
        accuracy = _rate(wilson(self.right, self.n))
        answered = _rate(wilson(self.right, self.n - self._absent))
        if self._pairs is None:
            return FieldAccuracy(accuracy=accuracy, without_value=self._absent, precision=answered)
        counts = _by_class(self._pairs)
        labelled = [each for each in counts.values() if each[0]]
        return FieldAccuracy(
            accuracy=accuracy,
            without_value=self._absent,
            precision=answered,
            macro_recall=_rate(mean_of_rates([(right, cases) for cases, _, right in labelled])),
            macro_precision=_rate(mean_of_rates([(right, given) for _, given, right in labelled])),
            classes={
                name: ClassRates(
                    cases=cases,
                    given=given,
                    right=right,
                    recall=_rate(wilson(right, cases)),
                    precision=_rate(wilson(right, given)),
                )
                for name, (cases, given, right) in counts.items()
            },
            confusion=_confusion(self._pairs),
        )


def _by_class(pairs: Mapping[tuple[str, str], int]) -> dict[str, tuple[int, int, int]]:
    """By class: the cases labelled so, those answered so, those right. An absent value is no class."""
    counts: dict[str, list[int]] = {}
    for (expected, got), count in pairs.items():
        counts.setdefault(expected, [0, 0, 0])[0] += count
        if got not in ABSENT:
            counts.setdefault(got, [0, 0, 0])[1] += count
        if expected == got:
            counts[expected][2] += count
    return {name: (cases, given, right) for name, (cases, given, right) in sorted(counts.items())}


def _confusion(pairs: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    rows: dict[str, dict[str, int]] = {}
    for (expected, got), count in sorted(pairs.items()):
        rows.setdefault(expected, {})[got] = count
    return rows


def _rate(interval: Interval) -> Rate:
    return Rate(interval.estimate, interval.low, interval.high, interval.n)
