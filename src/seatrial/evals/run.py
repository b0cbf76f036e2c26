"""`evaluate`: load suites, plan, run, count, and leave a run folder; and the `Run` it gives back."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import msgspec

from seatrial.checks.parameters import Lend
from seatrial.core.errors import Problem, SpecError
from seatrial.cost.budget import Budget
from seatrial.cost.price import usd
from seatrial.evals.baseline import Baseline, find_baseline, git, git_branch
from seatrial.evals.judges import answering, guard_models, judge_models, judge_records, own_family, prepare
from seatrial.evals.options import EvalOptions, read_options
from seatrial.evals.origin import Origin, find_origin
from seatrial.evals.plan import Plan, make_plan
from seatrial.evals.recorders import recorded
from seatrial.evals.repeatability import asks_judges, repeatability
from seatrial.evals.runner import OnResult, Runner
from seatrial.evals.selection import Keep, by_pattern, not_passed
from seatrial.evals.spending import budgeted, ledger, open_budget, refuse_unbounded, summarise
from seatrial.evals.stopping import Watch, in_random_order, refuse_undecidable
from seatrial.evals.suite import Suite
from seatrial.evals.suite_file import find_suites, load_suite
from seatrial.evals.variants import make_variants, variant_record
from seatrial.feature.assemble import close_client
from seatrial.feature.bridge import run_sync
from seatrial.feature.feature import Feature, load
from seatrial.judges.cards import Cards
from seatrial.store.records import Result, RunRecord, RunSummary, SuiteRecord, SuiteSummary
from seatrial.store.runs import DISK, RESULTS, RESUMABLE, LineWriter, RunFolder, create_run, list_runs, lock_run


class Progress(msgspec.Struct, frozen=True):
    """Told what is about to run, then every result."""

    begin: Callable[[Plan], None]
    result: OnResult


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
    subject = feature if isinstance(feature, Feature) else load(feature)
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
    job = _Job(subject, loaded, variants, chosen, origin, progress, budget, baseline, cards)
    with _run_folder(subject.folder, origin) as run, lock_run(run), subject.lender.serving(subject):
        return _run(run, job)


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


class _Job(NamedTuple):
    """What to run, read and found to be right."""

    feature: Feature
    suites: list[Suite]
    variants: dict[str, Feature]
    options: EvalOptions
    origin: Origin | None
    progress: Progress | None
    budget: Budget | None
    baseline: Baseline | None
    cards: Cards


def load_suites(root: Path, names: Iterable[str] | None = None, lend: Lend | None = None) -> list[Suite]:
    """`lend` gives the models that checks ask. Raises SpecError with the mistakes of every suite file at once."""
    problems: list[Problem] = []
    suites: dict[str, Suite] = {}
    for path in find_suites(root, names):
        try:
            suite = load_suite(path, root=root, lend=lend)
        except SpecError as error:
            problems.extend(error.problems)
            continue
        first = suites.setdefault(suite.name, suite)
        if first is not suite:
            what = f"the suite {suite.name!r} stands twice"
            problems.append(Problem(what=what, file=suite.file, line=suite.lines["suite"], got=f"{first.file} has it"))
    if problems:
        raise SpecError(problems)
    return list(suites.values())


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


def _run(run: RunFolder, job: _Job) -> Run:
    started = perf_counter()
    options = job.options
    keep = _keep(job.feature.folder, run, options)
    plan = make_plan(run, job.suites, job.variants, keep=keep, sample=options.sample, seed=options.seed)
    watch = None
    if options.until_decided:
        order, places = in_random_order(run.cases(), options.seed)
        plan = msgspec.structs.replace(plan, order=tuple(order))
        watch = Watch(plan.suites, plan.variants, places)
    if plan.total == 0 and options.filter:
        raise SpecError("no case fits the filter", got=", ".join(options.filter), hint="a glob over names, or tag:NAME")
    judges = judge_models(plan.suites.values())
    if job.budget is not None:
        refuse_unbounded(job.feature, judges)
    if options.rejudge is None:
        prepare(judges.values())
    with recorded(job.feature, job.variants, answering(judges)) if options.record else nullcontext():
        run.write_record(_record(run, job, plan))
        run.unfinish()
        if job.progress is not None:
            job.progress.begin(plan)
        runner = run_sync(_work(plan, job, watch))
    if options.rejudge is not None and runner.skipped and not any(t.cases.cases for t in runner.tallies.values()):
        shutil.rmtree(run.path, ignore_errors=True)  # a run without a result would only be in the way
        raise SpecError(f"no answer of {options.rejudge} fits these suites", hint="judge again what the run has asked")
    complete = not (options.filter or options.failed or runner.skipped or runner.beyond_budget)
    if job.baseline is not None:
        job.baseline.read(run)
    seconds = perf_counter() - started
    summary = _summary(plan, runner, job, complete=complete, seconds=seconds)
    if watch is not None:
        summary = _with_outcomes(summary, watch)
    run.write_summary(summary, hint=_disk_hint(options))
    return Run(run, summary, runner)


def _keep(root: Path, run: RunFolder, options: EvalOptions) -> Keep | None:
    keeps: list[Keep] = []
    if options.filter:
        keeps.append(by_pattern(options.filter))
    if options.failed:
        earlier = [each for each in list_runs(root) if each.id < run.id and next(each.stored_keys(), None)]
        if not earlier:
            raise SpecError("there is no run yet", file=str(root), hint="--failed runs what failed last time")
        keeps.append(not_passed(earlier[-1]))
    return (lambda case: all(keep(case) for keep in keeps)) if keeps else None


async def _work(plan: Plan, job: _Job, watch: Watch | None) -> Runner:
    options, origin = job.options, job.origin
    resumes = origin is not None and origin.resumes
    if resumes:
        plan.run.keep_only(plan.keys())
    with (
        LineWriter(plan.run.path / RESULTS, append=resumes, hint=_disk_hint(options)) as out,
        origin.past() if origin is not None else nullcontext() as past,
        ledger(job.budget, plan.run, append=resumes, hint=_disk_hint(options)),
    ):
        runner = Runner(
            plan,
            out,
            cards=job.cards,
            past=past,
            replay_only=options.rejudge is not None,
            ask_judges=options.ask_judges,
            repeats_in_order=options.record,
            max_failures=options.max_failures,
            budget=job.budget,
            watch=watch,
            on_result=job.progress.result if job.progress is not None else None,
        )
        try:
            await runner.run(options.concurrency)
        finally:
            await close_client()
    return runner


def _disk_hint(options: EvalOptions) -> str:
    """What can be done where the disk does not take a result: a run that records or judges again is not resumed."""
    return DISK if options.record or options.rejudge is not None else RESUMABLE


def _record(run: RunFolder, job: _Job, plan: Plan) -> RunRecord:
    options, origin = job.options, job.origin
    variants = {name: variant_record(name, each) for name, each in plan.variants.items()}
    started = datetime.now(UTC).isoformat(timespec="seconds")
    return RunRecord(
        id=run.id,
        feature=job.feature.name,
        description=job.feature.spec.description,
        started=origin.record.started if origin is not None and origin.resumes else started,
        variants=tuple((origin.variants(variants) if origin is not None else variants).values()),
        suites=tuple(_suite_record(suite, plan.cases[suite.name]) for suite in plan.suites.values()),
        options=msgspec.to_builtins(msgspec.structs.replace(options, resume=None)),
        seed=options.seed,
        package_version=metadata.version("seatrial"),
        python_version=platform.python_version(),
        git_commit=git(job.feature.folder, "rev-parse", "HEAD"),
        git_branch=git_branch(job.feature.folder),
        rejudged=origin.run.id if origin is not None and not origin.resumes else None,
        judges=judge_records(judge_models(plan.suites.values())),
    )


def _suite_record(suite: Suite, cases: int) -> SuiteRecord:
    bound = [suite.binder.bind(entry) for entry in suite.checks]
    return SuiteRecord(
        suite=suite.name,
        file=suite.file,
        hash=suite.hash,
        cases=cases,
        checks={check.id: check.version for check in bound},
        gate=suite.gate.as_data() if suite.gate is not None else None,
    )


def _summary(plan: Plan, runner: Runner, job: _Job, *, complete: bool, seconds: float) -> RunSummary:
    costs = [tally.cost_nusd for tally in runner.tallies.values()]
    known = [cost for cost in costs if cost is not None]
    judging = [tally.judges.cost_nusd for tally in runner.tallies.values() if tally.judges.asked]
    priced = [cost for cost in judging if cost is not None]
    judges = judge_models(plan.suites.values()).values()
    return RunSummary(
        run=str(plan.run.path),
        feature=job.feature.name,
        suites=tuple(
            tally.summary(complete=complete, against=job.baseline.of(tally.variant) if job.baseline else None)
            for tally in runner.tallies.values()
        ),
        seconds=round(seconds, 3),
        cost_usd=usd(sum(known)) if len(known) == len(costs) else None,
        left_out=_left_out(plan, runner, job.options),
        budget=summarise(job.budget, len(runner.beyond_budget)) if job.budget is not None else None,
        comparisons=job.baseline.comparisons() if job.baseline is not None else (),
        judging_usd=usd(sum(priced)) if judging and len(priced) == len(judging) else None,
        notes=tuple(own_family(plan.variants.values(), judges)),
    )


def _with_outcomes(summary: RunSummary, watch: Watch) -> RunSummary:
    """With the gates' outcomes from what was watched: ordinary bounds do not hold for a run that stops by them."""
    suites = [
        msgspec.structs.replace(suite, gate=watch.outcome(suite.suite, suite.variant)) for suite in summary.suites
    ]
    return msgspec.structs.replace(summary, suites=tuple(suites))


def _left_out(plan: Plan, runner: Runner, options: EvalOptions) -> str | None:
    """What did not run, in words; None when everything did."""
    said = []
    if options.filter:
        said.append(f"only cases that fit {', '.join(options.filter)}")
    if options.failed:
        said.append("only what did not pass last time" if plan.total else "nothing had failed last time")
    if plan.chosen is not None:
        said.append(f"a sample of {len(plan.chosen)} of {plan.total} cases, seed {options.seed}")
    if runner.skipped and options.rejudge is not None:
        said.append(f"{runner.skipped} answers are not in the run that was judged again")
    elif runner.skipped and options.until_decided:
        said.append(f"{runner.skipped} not asked, since every gate was decided")
    elif runner.skipped:
        said.append(f"{runner.skipped} not asked after {runner.failures} failures")
    if runner.beyond_budget:
        said.append(f"{len(runner.beyond_budget)} not asked within the budget of {options.budget}")
    return "; ".join(said) or None
