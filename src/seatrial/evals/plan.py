"""What a run will do, worked out and checked whole before anything is asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

import msgspec

from seatrial.core.case import Case
from seatrial.core.errors import Problem, SpecError
from seatrial.evals.asking import requests
from seatrial.evals.selection import Keep, sample_of
from seatrial.evals.suite import Suite
from seatrial.feature.feature import Feature
from seatrial.prompts.prompt import Prompt
from seatrial.store.runs import LineWriter, RunFolder

MOST_PROBLEMS = 50


class Item(NamedTuple):
    """One thing to do: ask this case under this variant for the repeat-th time."""

    case: Case
    variant: str
    repeat: int


class Plan(msgspec.Struct, frozen=True):
    """Cases are kept in the run folder, not in memory. `chosen` holds the places of a sample, or is None for all."""

    run: RunFolder
    suites: dict[str, Suite]
    variants: dict[str, Feature]
    cases: dict[str, int]
    total: int
    chosen: frozenset[int] | None = None

    @property
    def items_total(self) -> int:
        """How many items there are, repeats of cases counted once."""
        return (self.total if self.chosen is None else len(self.chosen)) * len(self.variants)

    def items(self) -> Iterator[Item]:
        for place, case in enumerate(self.run.cases()):
            if self.chosen is None or place in self.chosen:
                for variant in self.variants:
                    for repeat in range(1, case.repeat.times + 1):
                        yield Item(case, variant, repeat)


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
    problems: list[Problem] = []
    by_name: dict[str, Suite] = {}
    counts: dict[str, int] = {}
    with LineWriter(run.path / "cases.jsonl", append=False) as out:
        for suite in suites:
            if suite.name in by_name:
                raise SpecError(
                    f"the suite {suite.name!r} stands twice", file=suite.file, hint=by_name[suite.name].file
                )
            by_name[suite.name], counts[suite.name] = suite, 0
            for case in _sound_cases(suite, list(prompts.values()), problems):
                if keep is None or keep(case):
                    out.write(case)
                    counts[suite.name] += 1
    if problems:
        raise SpecError(problems[:MOST_PROBLEMS])
    return _plan(run, by_name, dict(variants), counts, sample, seed)


def _plan(
    run: RunFolder,
    suites: dict[str, Suite],
    variants: dict[str, Feature],
    counts: dict[str, int],
    sample: int | None,
    seed: int,
) -> Plan:
    total = sum(counts.values())
    chosen = sample_of(total, sample, seed) if sample is not None and sample < total else None
    return Plan(run, suites, variants, counts, total, chosen)


def _route_prompts(feature: Feature) -> list[Prompt]:
    return [feature.prompt_for(model) for model in feature.spec.route]


def _sound_cases(suite: Suite, prompts: list[Prompt], problems: list[Problem]) -> Iterator[Case]:
    """The cases that can run; of the others the problems are noted, up to a bound."""
    try:
        for case in suite.cases():
            found = _problems(case, suite, prompts)
            if not found:
                yield case
            problems.extend(problem for problem in found if problem not in problems)
            if len(problems) >= MOST_PROBLEMS:
                return
    except SpecError as error:
        problems.extend(error.problems)


def _problems(case: Case, suite: Suite, prompts: list[Prompt]) -> list[Problem]:
    file, _, line = case.source.rpartition(":")
    found: list[Problem] = []
    try:
        for entry in case.checks:
            suite.binder.bind(entry)
        for turn in case.turns:
            for entry in turn.checks:
                suite.binder.bind(entry)
        for request in requests(case):
            for prompt in prompts:
                prompt.check(request)
    except SpecError as error:
        for problem in error.problems:
            hint = problem.hint or (f"the prompt is {problem.file}" if problem.file else None)
            found.append(msgspec.structs.replace(problem, file=file, line=int(line), column=None, hint=hint))
    return found
