"""Holds checks against labelled data: how often their verdict says what people said.

Several checks are held each for itself and all together, as guards stand: a row is positive where one of them is.
Agreement counts only rows that were judged: unscored and error verdicts stand beside, never as right or wrong. The text
and the label come from expressions over a row, the same as in a suite's templates, so that data is measured as it lies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain, count
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from seatrial.checks.bind import BoundCheck
from seatrial.checks.parameters import Lend
from seatrial.core.case import Case
from seatrial.core.conversation import Message, Request
from seatrial.core.errors import SpecError
from seatrial.core.exchange import Exchange
from seatrial.core.verdict import State, Verdict
from seatrial.core.view import View
from seatrial.evals.binding import CheckBinder
from seatrial.evals.judging import judge
from seatrial.feature.bridge import run_sync
from seatrial.spec.nodes import describe_value
from seatrial.spec.rows import Row
from seatrial.spec.templates import RowTemplate, compile_data, compile_expression
from seatrial.stats.proportion import Interval, wilson

DISAGREEMENTS_KEPT = 10

T = TypeVar("T")

Positive = Literal["pass", "fail"]

CheckOfRow = Callable[[Row], BoundCheck]
"""The check that judges a row: the same one for all, or one whose parameters come from the row."""


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """A row that the check and its label see differently; `number` counts rows from 1."""

    number: int
    line: int
    text: str
    labelled: bool
    verdict: Verdict


class Rule(msgspec.Struct, frozen=True):
    """What a check found in rows it called positive: a label of its places, and in how many rows it did, by label of
    the row.
    """

    rule: str
    fp: int
    tp: int


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """The four counts of judged rows, those not judged, and the first disagreements; `check` is its id. Without labels
    every row counts as labelled negative. `rules` has those with the most false positives first.
    """

    check: str = ""
    tp: int
    fp: int
    tn: int
    fn: int
    unscored: int
    errors: int
    labelled: bool = True
    disagreements: tuple[Disagreement, ...] = ()
    first_error: str | None = None
    rules: tuple[Rule, ...] = ()

    @property
    def n(self) -> int:
        return self.tp + self.fp + self.tn + self.fn

    @property
    def flagged(self) -> int:
        """How many judged rows are called positive."""
        return self.tp + self.fp

    @property
    def rate(self) -> Interval:
        """The share of judged rows that is called positive."""
        return wilson(self.flagged, self.n)

    @property
    def accuracy(self) -> Interval:
        """The share of judged rows on which check and label agree."""
        return wilson(self.tp + self.tn, self.n)

    @property
    def precision(self) -> Interval:
        """The share of what the check calls positive that is labelled so."""
        return wilson(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> Interval:
        """The share of what is labelled positive that the check calls so."""
        return wilson(self.tp, self.tp + self.fn)

    @property
    def kappa(self) -> float | None:
        """Agreement beyond chance, from -1 to 1; None without rows, or when chance alone agrees on all.

        Source: J. Cohen, A coefficient of agreement for nominal scales, Educ. Psychol. Meas. 20 (1960) 37.
        """
        by_chance = (self.tp + self.fp) * (self.tp + self.fn) + (self.fn + self.tn) * (self.fp + self.tn)
        possible = self.n * self.n - by_chance
        return (self.n * (self.tp + self.tn) - by_chance) / possible if possible else None

    def as_data(self) -> dict[str, int | float | None]:
        """What `checks measure --json` prints; a ratio without anything below the line is None."""
        called = {"flagged": self.flagged, "rate": self.rate.estimate}
        if not self.labelled:
            return {"n": self.n, **called}
        counts = {name: getattr(self, name) for name in ("n", "tp", "fp", "tn", "fn")}
        shares = {name: getattr(self, name).estimate for name in ("accuracy", "precision", "recall")}
        return {**counts, **shares, "kappa": self.kappa, "unscored": self.unscored, "errors": self.errors, **called}


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """Checks held against the same rows: all together, and each by its id (`-2` behind the second of one id)."""

    union: Measured
    checks: dict[str, Measured]

    def as_data(self) -> dict[str, Any]:
        """What `checks measure --json` prints. Without labels that is what the union found, no more."""
        if not self.union.labelled:
            return self.union.as_data()
        each = {name: {**found.as_data(), "rules": found.rules} for name, found in self.checks.items()}
        return {**self.union.as_data(), "checks": each}


def read_check(entry: Any, folder: Path, lend: Lend | None = None) -> CheckOfRow:
    """A check entry as in a suite: its `{{ expressions }}` are read from every row, and paths are relative to
    `folder`; `lend` gives the models it asks. Raises SpecError when it is wrong; when its templates are, with
    file and line of the row.
    """
    binder = CheckBinder(folder, lend)
    template = compile_data(entry)
    if template is None:
        bound = binder.bind(entry)
        return lambda row: bound
    return lambda row: _at(row, lambda: binder.bind(template(row.values)))


def measure(
    checks: Sequence[CheckOfRow], rows: Iterable[Row], *, text: str, label: str | None, positive: Positive
) -> Measurement:
    """Judge the text of every row and compare with its label.

    `text` is a column or an expression over the row; a row whose text is null has no answer and is unscored. `label` is
    an expression that says whether the row truly is positive, or None to count only what is called so; positive by a
    check is the state `positive`. A row without its columns, and a label that is neither true nor false, raise
    SpecError with file and line.
    """
    return run_sync(_measure(checks, rows, _read_column(text), _read_column(label) if label else None, positive))


async def _measure(
    checks: Sequence[CheckOfRow],
    rows: Iterable[Row],
    text: RowTemplate,
    label: RowTemplate | None,
    positive: Positive,
) -> Measurement:
    together, each = _Counter(positive), [_Counter(positive) for _ in checks]
    for row in _some(rows):
        said, labelled = _text(row, text), label is not None and _label(row, label)
        verdicts = [await _verdict(check(row), row, said) for check in checks]
        for counter, verdict in zip(each, verdicts, strict=True):
            counter.count(verdict, row, said, labelled)
        together.count(_union(verdicts, positive), row, said, labelled)
    found = [counter.measured(labelled=label is not None) for counter in each]
    return Measurement(union=together.measured(labelled=label is not None), checks=_by_name(found))


def _union(verdicts: Sequence[Verdict], positive: Positive) -> Verdict:
    """The verdict that stands for all: the first positive one, else one that could not be, else one that judged."""
    order: tuple[State, ...] = (positive, "error", "fail" if positive == "pass" else "pass", "unscored")
    return min(verdicts, key=lambda verdict: order.index(verdict.state))


def _by_name(found: Sequence[Measured]) -> dict[str, Measured]:
    names: dict[str, Measured] = {}
    for each in found:
        name = next(n for n in (f"{each.check}-{k}" if k > 1 else each.check for k in count(1)) if n not in names)
        names[name] = each
    return names


class _Counter:
    """Counts the verdicts of one check, or of all together."""

    def __init__(self, positive: Positive) -> None:
        self._positive = positive
        self._name = ""
        self._counts = dict.fromkeys(("tp", "fp", "tn", "fn", "unscored", "errors"), 0)
        self._rules: dict[str, list[int]] = {}
        self._disagreements: list[Disagreement] = []
        self._first_error: str | None = None

    def count(self, verdict: Verdict, row: Row, text: str | None, labelled: bool) -> None:
        self._name = verdict.check
        if verdict.state == "error":
            self._counts["errors"] += 1
            self._first_error = self._first_error or f"row {row.number}: {verdict.reason}"
            return
        if verdict.state == "unscored":
            self._counts["unscored"] += 1
            return
        called = verdict.state == self._positive
        self._counts[("t" if called == labelled else "f") + ("p" if called else "n")] += 1
        if called:
            for rule in _rules_of(verdict):
                self._rules.setdefault(rule, [0, 0])[labelled] += 1
        if called != labelled and len(self._disagreements) < DISAGREEMENTS_KEPT:
            self._disagreements.append(
                Disagreement(number=row.number, line=row.line, text=text or "", labelled=labelled, verdict=verdict)
            )

    def measured(self, *, labelled: bool) -> Measured:
        rules = [Rule(rule, fp, tp) for rule, (fp, tp) in self._rules.items()]
        return Measured(
            check=self._name,
            **self._counts,
            labelled=labelled,
            disagreements=tuple(self._disagreements) if labelled else (),
            first_error=self._first_error,
            rules=tuple(sorted(rules, key=lambda rule: (-rule.fp, -rule.tp, rule.rule))),
        )


def _rules_of(verdict: Verdict) -> set[str]:
    """The labels of what was found in a row; the verdict's own where places have none."""
    labels = {span.label for span in verdict.spans if span.label}
    return labels or ({verdict.label} if verdict.label else set())


def _some(rows: Iterable[Row]) -> Iterable[Row]:
    iterator = iter(rows)
    first = next(iterator, None)
    if first is None:
        raise SpecError("the data has no rows", expected="at least one row")
    return chain([first], iterator)


def _read_column(code: str) -> RowTemplate:
    """A column by its name, whatever the name, or else an expression over the row."""
    expression = cache(lambda: compile_expression(code, file=None, line=None))
    return lambda row: row[code] if code in row else expression()(row)


def _evaluate(template: RowTemplate, row: Row) -> Any:
    return _at(row, lambda: template(row.values))


def _at(row: Row, make: Callable[[], T]) -> T:
    """What `make` gives; a mistake in it is placed at the row."""
    try:
        return make()
    except SpecError as error:
        problems = [msgspec.structs.replace(problem, file=row.file, line=row.line) for problem in error.problems]
        raise SpecError(problems) from error


def _text(row: Row, template: RowTemplate) -> str | None:
    value = _evaluate(template, row)
    if value is None or isinstance(value, str):
        return value
    raise SpecError(
        f"row {row.number}: the text is no text",
        file=row.file,
        line=row.line,
        expected="the column, or an expression, that holds the text to judge",
        got=describe_value(value),
    )


def _label(row: Row, template: RowTemplate) -> bool:
    value = _evaluate(template, row)
    if isinstance(value, bool) or value in (0, 1):
        return bool(value)
    raise SpecError(
        f"row {row.number}: the label is neither true nor false",
        file=row.file,
        line=row.line,
        expected="an expression that is true where the row is positive",
        got=describe_value(value),
        hint='compare the column with a value, for example  label == "harmful"',
    )


async def _verdict(check: BoundCheck, row: Row, text: str | None) -> Verdict:
    """The text stands in every place a check may look `on`, so that a check of the input is measured like any other."""
    if text is None:
        return Verdict(state="unscored", check=check.id, version=check.version, reason="there is no answer in the row")
    exchange = Exchange(
        id=row.source,
        request=Request((Message("user", text),) if check.on == "input" else ()),
        message=Message("assistant", text),
        finish="stop",
        context=(text,) if check.on == "context" else (),
    )
    case = Case(id=row.source, row=row.values, answer=text, source=row.source)
    [verdict] = await judge([check], View.of(exchange, on=check.on, case=case))
    return verdict
