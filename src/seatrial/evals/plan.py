"""What a run will do, worked out and checked whole before anything is asked."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

import msgspec

from seatrial.core.case import Case
from seatrial.core.conversation import Request
from seatrial.core.errors import Problem, SpecError
from seatrial.core.registry import nearest_name
from seatrial.evals.asking import requests
from seatrial.evals.selection import Keep, sample_of
from seatrial.evals.suite import Suite, place_of
from seatrial.feature.feature import Feature
from seatrial.prompts.prompt import Prompt
from seatrial.store.disk import LineWriter, disk_errors
from seatrial.store.records import ResultKey
from seatrial.store.runs import CASES, RunFolder

MOST_PROBLEMS = 50


class Item(NamedTuple):
    """One thing to do: ask this case under this variant for the repeat-th time."""

    case: Case
    variant: str
    repeat: int


class Plan(msgspec.Struct, frozen=True, dict=True):
    """Cases are kept in the run folder, not in memory. `cases` counts them by suite; `chosen` holds the places of a
    sample, or is None for all; `order` says which place is asked when, None for as they stand.
    """

    run: RunFolder
    suites: dict[str, Suite]
    variants: dict[str, Feature]
    cases: dict[str, int]
    chosen: frozenset[int] | None = None
    order: tuple[int, ...] | None = None

    @property
    def total(self) -> int:
        """How many cases there are, before a sample is taken."""
        return sum(self.cases.values())

    @cached_property
    def items_total(self) -> int:
        return sum(case.repeat.times for case in self._chosen_cases()) * len(self.variants)

    def items(self) -> Iterator[Item]:
        for case in self._chosen_cases():
            for variant in self.variants:
                for repeat in range(1, case.repeat.times + 1):
                    yield Item(case, variant, repeat)

    def keys(self) -> set[ResultKey]:
        return {(item.case.suite, item.case.id, item.variant, item.repeat) for item in self.items()}

    def _chosen_cases(self) -> Iterator[Case]:
        if self.order is not None:
            yield from self.run.cases_at(self.order)
            return
        for place, case in enumerate(self.run.cases()):
            if self.chosen is None or place in self.chosen:
                yield case


def make_plan(
    run: RunFolder,
    suites: Iterable[Suite],
    variants: Mapping[str, Feature],
    *,
    keep: Keep | None,
    sample: int | None,
    seed: int,
) -> Plan:
    """Write every case that runs to the run folder. Raises SpecError with all cases that cannot run: bad data rows,
    unknown checks, variables the prompt does not take.
    """
    prompts = {id(prompt): prompt for feature in variants.values() for prompt in _route_prompts(feature)}
    mistakes = _Mistakes()
    by_name = {suite.name: suite for suite in suites}
    counts = dict.fromkeys(by_name, 0)
    part = run.path / (CASES + ".part")
    with LineWriter(part, append=False) as out:
        for suite in by_name.values():
            for case in _sound_cases(suite, list(prompts.values()), mistakes):
                if (keep is None or keep(case)) and _stored(out, case, mistakes):
                    counts[suite.name] += 1
    if mistakes.found:
        part.unlink()
        raise SpecError(mistakes.found)
    with disk_errors(part):
        part.replace(run.path / CASES)
    total = sum(counts.values())
    chosen = sample_of(total, sample, seed) if sample is not None and sample < total else None
    return Plan(run, by_name, dict(variants), counts, chosen)


class _Mistakes:
    """What is wrong with the cases. The same mistake in many rows of a file is kept once."""

    def __init__(self) -> None:
        self.found: list[Problem] = []
        self._said: set[tuple[str, str | None]] = set()

    def note(self, problem: Problem) -> None:
        """Raises SpecError with all there are once there are too many to read."""
        if problem not in self.found:
            self.found.append(problem)
        if len(self.found) >= MOST_PROBLEMS:
            raise SpecError(self.found)

    def note_row(self, problem: Problem) -> None:
        if (problem.what, problem.file) not in self._said:
            self._said.add((problem.what, problem.file))
            self.note(problem)


def _stored(out: LineWriter, case: Case, mistakes: _Mistakes) -> bool:
    """Rows of a Python function may hold what no file can."""
    try:
        out.write(case)
    except (TypeError, ValueError, RecursionError) as error:
        file, line = place_of(case)
        hint = "columns are text, numbers, true, false, null, lists and mappings"
        mistakes.note_row(Problem(what=f"the row cannot be stored: {error}", file=file, line=line, hint=hint))
        return False
    return True


def _route_prompts(feature: Feature) -> list[Prompt]:
    return [feature.prompt_for(model) for model in feature.spec.route]


def _sound_cases(suite: Suite, prompts: list[Prompt], mistakes: _Mistakes) -> Iterator[Case]:
    """The cases that can run; of the others the mistakes are noted."""
    empty = True
    for case in suite.cases(mistakes.note):
        empty = False
        found = [*_wrong_checks(case, suite), *_wrong_requests(case, suite, prompts)]
        if not found:
            yield case
            continue
        note = mistakes.note if place_of(case)[0] == suite.file else mistakes.note_row
        for problem in found:
            note(problem)
    if empty and not mistakes.found:
        mistakes.note(Problem(what="the suite has no case", file=suite.file, line=1, hint="its data has no rows"))


def _wrong_checks(case: Case, suite: Suite) -> Iterator[Problem]:
    for entry in (*case.checks, *(entry for turn in case.turns for entry in turn.checks)):
        try:
            suite.binder.bind(entry)
        except SpecError as error:
            yield from (_placed(problem, case) for problem in error.problems)


def _wrong_requests(case: Case, suite: Suite, prompts: list[Prompt]) -> Iterator[Problem]:
    for request in requests(case):
        for prompt in prompts:
            stray = [name for name in suite.vars if name not in prompt.inputs]
            yield from (_stray(name, suite, prompt) for name in stray)
            try:
                prompt.check(_without(request, stray) if stray else request)
            except SpecError as error:
                yield from (_placed(problem, case) for problem in error.problems)


def _without(request: Request, names: Container[str]) -> Request:
    rest = {name: value for name, value in request.vars.items() if name not in names}
    return msgspec.structs.replace(request, vars=rest)


def _stray(name: str, suite: Suite, prompt: Prompt) -> Problem:
    """A variable of the whole suite that the prompt does not take: one mistake, whatever the number of cases."""
    nearest = nearest_name(name, prompt.inputs)
    return Problem(
        what=f"the prompt {prompt.path} takes no {name!r}",
        file=suite.file,
        line=suite.lines[f"vars.{name}"],
        nearest=nearest,
        hint=None if nearest else f"its inputs: {', '.join(prompt.inputs) or 'none'}",
    )


def _placed(problem: Problem, case: Case) -> Problem:
    """A problem of a prompt or check, at the case that has it."""
    file, line = place_of(case)
    hint = problem.hint or (f"the prompt is {problem.file}" if problem.file else None)
    return msgspec.structs.replace(problem, file=file, line=line, column=None, hint=hint)
