"""`evaluate`: load suites, run them, and leave a run folder; and the `Run` it gives back."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from seatrial.evals.baseline import find_baseline
from seatrial.evals.carry_out import carry_out
from seatrial.evals.job import Job, Progress
from seatrial.evals.judges import answering, guard_models
from seatrial.evals.options import read_options
from seatrial.evals.origin import Origin, find_origin
from seatrial.evals.repeatability import asks_judges, repeatability
from seatrial.evals.runner import Runner
from seatrial.evals.spending import budgeted, open_budget, refuse_unbounded
from seatrial.evals.stopping import refuse_undecidable
from seatrial.evals.suites import load_suites
from seatrial.evals.variants import make_variants, variant_record
from seatrial.feature.feature import Feature, load
from seatrial.judges.cards import Cards
from seatrial.store.records import Result, RunSummary, SuiteSummary
from seatrial.store.runs import RunFolder, create_run, lock_run


class Run:
    """A finished run: its summary, its worst results, and its folder."""

    def __init__(self, folder: RunFolder, summary: RunSummary, runner: Runner) -> None:
        self.folder = folder
        self.summary = summary
        self.path = folder.path
        self._runner = runner

    @property
    def suites(self) -> tuple[SuiteSummary, ...]:
        return self.summary.suites

    @property
    def passed(self) -> bool:
        """Whether every gate is held and, in suites without one, every case passed."""
        return self.exit_code == 0

    @property
    def exit_code(self) -> int:
        """1 when a gate is not held, or in a suite without one a case did not pass or the budget left one out; 3 when
        only something outside failed; else 0.
        """
        codes = {self._suite_code(suite) for suite in self.suites}
        if self._runner.beyond_budget:
            codes.add(1)
        return 1 if 1 in codes else 3 if 3 in codes else 0

    def _suite_code(self, suite: SuiteSummary) -> int:
        if suite.gate is not None:
            return 0 if suite.gate.held else 1
        outside = self._runner.tallies[suite.suite, suite.variant].outside
        if suite.failed or suite.unscored or suite.errors > outside:
            return 1
        return 3 if suite.errors else 0

    @property
    def worst(self) -> list[Result]:
        """Results that did not pass, the worst of each suite first."""
        return [result for tally in self._runner.tallies.values() for result in tally.worst]

    def results(self) -> Iterator[Result]:
        """Every result, read from the run's folder."""
        return self.folder.results()


def evaluate(
    feature: Feature | str | Path,
    suites: Iterable[str] | None = None,
    *,
    progress: Progress | None = None,
    **options: Any,
) -> Run:
    """Run suites (default: every evals/*.yaml) against a feature. `options` are the fields of EvalOptions. Raises
    SpecError before anything runs when something of the user's is wrong, OutsideError when disk or lock fail.
    """
    chosen = read_options(options)
    subject = (feature if isinstance(feature, Feature) else load(feature)).asked_anew()
    if chosen.aa:
        return _run_twice(subject, list(suites) if suites is not None else None, progress, options)
    origin = find_origin(subject.folder, chosen)
    if origin is not None:
        chosen, suites = origin.options(chosen), origin.suites(suites)
    baseline = find_baseline(subject.folder, chosen.against) if chosen.against is not None else None
    budget = open_budget(chosen, origin.run if origin is not None and origin.resumes else None)
    if budget is not None:
        subject = budgeted(subject, budget)
    loaded = load_suites(subject.folder, suites, subject.lend)
    if chosen.until_decided:
        refuse_undecidable(loaded)
    variants = make_variants(subject, chosen.model, chosen.prompt, ready=chosen.rejudge is None)
    if origin is not None:
        origin.refuse_changed({name: variant_record(name, each) for name, each in variants.items()})
    if budget is not None and chosen.rejudge is None:
        routes = [name for each in variants.values() for name in each.spec.route]
        refuse_unbounded(subject, [*routes, *answering(guard_models(subject))])
    cards = Cards(subject.folder, datetime.now(UTC).date())
    job = Job(subject, loaded, variants, chosen, origin, progress, budget, baseline, cards)
    with _run_folder(subject.folder, origin) as run, lock_run(run), subject.lender.serving(subject):
        return Run(run, *carry_out(run, job))


def _run_twice(
    subject: Feature, suites: list[str] | None, progress: Progress | None, options: Mapping[str, Any]
) -> Run:
    """The second of two runs of one version, with what differs between them. Where models judge, the answers of the
    first are judged by them once more.
    """
    once = {**options, "aa": False}
    first = evaluate(subject, suites, progress=progress, **once)
    second = evaluate(subject, suites, progress=progress, **{**once, "against": first.folder.id})
    again = None
    if asks_judges(first.folder):
        narrowed = {name: options[name] for name in ("concurrency",) if name in options}
        again = evaluate(subject, suites, rejudge=first.folder.id, ask_judges=True, **narrowed).folder
    variants = make_variants(subject, read_options(once).model, read_options(once).prompt, ready=False)
    found = repeatability(first.folder, second.folder, again, variants)
    second.summary = msgspec.structs.replace(second.summary, repeatability=found)
    second.folder.write_summary(second.summary)
    return second


@contextmanager
def _run_folder(root: Path, origin: Origin | None) -> Iterator[RunFolder]:
    """The folder to write: a new one, which goes away again if nothing could be planned, or the one to resume."""
    if origin is not None and origin.resumes:
        yield origin.run
        return
    run = create_run(root)
    try:
        yield run
    finally:
        if not (run.path / "run.json").exists():
            shutil.rmtree(run.path, ignore_errors=True)
