"""A suite file as an object that gives its cases one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from seatrial.core.case import Case
from seatrial.core.errors import Problem, SpecError
from seatrial.datasets.source import DataSource
from seatrial.evals.binding import CheckBinder
from seatrial.evals.cases import build_case
from seatrial.evals.gate import Gate
from seatrial.spec.rows import Row
from seatrial.spec.templates import RowTemplate

ADD_CHECKS = "add checks: to the case, or to the suite for all its cases"


class Suite:
    """`checks` are the raw entries that judge every answer of every case; `binder` turns entries into checks. `lines`
    says where `suite` and each `vars.NAME` stand.
    """

    def __init__(self, name: str, about: str, file: str, folder: Path, binder: CheckBinder) -> None:
        self.name = name
        self.about = about
        self.file = file
        self.folder = folder
        self.binder = binder
        self.vars: dict[str, Any] = {}
        self.cohort: dict[str, str] = {}
        self.checks: tuple[Any, ...] = ()
        self.gate: Gate | None = None
        self.hash = ""
        self.lines: dict[str, int] = {}
        self._entries: list[Inline | FromData] = []

    def add(self, entry: Inline | FromData) -> None:
        self._entries.append(entry)

    def cases(self, note: NoteProblem | None = None) -> Iterator[Case]:
        """Every case with its final id, unique in the suite. A case or data row that does not fit is left out and its
        mistakes are noted; without `note` the first raises SpecError.
        """
        note = note or _raise
        ids = _Ids(self.name)
        for entry in self._entries:
            for case in entry.cases(note):
                merged = self._completed(case)
                try:
                    named = ids.give(merged)
                    if not (self.checks or case.checks or any(turn.checks for turn in case.turns)):
                        raise _unjudged(case)
                except SpecError as error:
                    for problem in error.problems:
                        note(problem)
                else:
                    yield named

    def _completed(self, case: Case) -> Case:
        """With what the suite says for all its cases."""
        if not self.vars and not self.cohort:
            return case
        return msgspec.structs.replace(case, vars={**self.vars, **case.vars}, cohort={**self.cohort, **case.cohort})


NoteProblem = Callable[[Problem], None]


def _raise(problem: Problem) -> None:
    raise SpecError(problem)


def _unjudged(case: Case) -> SpecError:
    file, line = place_of(case)
    return SpecError("the case has no check to judge it", file=file, line=line, hint=ADD_CHECKS)


def place_of(case: Case) -> tuple[str, int]:
    """File and line of a case."""
    file, _, line = case.source.rpartition(":")
    return file, int(line)


class _Ids:
    """Gives each case the id it names, or the hash of what is asked; a second equal case gets `-2`."""

    def __init__(self, suite: str) -> None:
        self._suite = suite
        self._seen: set[str] = set()
        self._equal: dict[str, int] = {}

    def give(self, case: Case) -> Case:
        """Raises SpecError for an id that is given twice."""
        if case.id:
            if case.id in self._seen:
                file, line = place_of(case)
                raise SpecError(
                    f"the id {case.id!r} stands twice in the suite {self._suite}",
                    file=file,
                    line=line,
                    hint="ids are unique in their suite; leave id: out to have one made",
                )
            self._seen.add(case.id)
            return case
        try:
            made = self._free(case.input_digest())
        except UnicodeEncodeError as error:
            file, line = place_of(case)
            raise SpecError(f"the case asks what is no text: {error}", file=file, line=line) from error
        self._seen.add(made)
        return msgspec.structs.replace(case, id=made)

    def _free(self, made: str) -> str:
        if made not in self._seen:
            return made
        number = self._equal.get(made, 1) + 1
        while f"{made}-{number}" in self._seen:
            number += 1
        self._equal[made] = number
        return f"{made}-{number}"


class Inline:
    """A case written out in the suite file."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def cases(self, note: NoteProblem) -> Iterator[Case]:
        yield self._case


class FromData:
    """An entry with `from:`: a case for every data row, its templates rendered once."""

    def __init__(self, source: DataSource, templates: Mapping[str, RowTemplate], suite: str) -> None:
        self._source = source
        self._templates = templates
        self._suite = suite

    def cases(self, note: NoteProblem) -> Iterator[Case]:
        rows = self._source.rows()
        while True:
            try:
                row = next(rows, None)
                case = self._case(row) if row is not None else None
            except SpecError as error:
                for problem in error.problems:
                    note(problem)
                continue
            if case is None:
                return
            yield case

    def _case(self, row: Row) -> Case:
        fields = {key: template(row.values) for key, template in self._templates.items()}
        problems: list[Problem] = []

        def note(key: str | None, what: str, **more: Any) -> None:
            problems.append(Problem(what=f"row {row.number}: {what}", file=row.file, line=row.line, **more))

        case = build_case(fields, suite=self._suite, source=row.source, note=note)
        if case is None or problems:
            raise SpecError(problems)
        return msgspec.structs.replace(case, row=row.values)
