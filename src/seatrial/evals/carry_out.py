"""How a run goes: planned whole, worked through by one runner, and written at its end."""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path
from time import perf_counter

import msgspec

from seatrial.checks.parameters import prepare_models
from seatrial.core.errors import SpecError
from seatrial.evals.job import Job
from seatrial.evals.judges import answering, guard_models, judge_models
from seatrial.evals.options import EvalOptions
from seatrial.evals.plan import Plan, make_plan
from seatrial.evals.recorders import recorded
from seatrial.evals.runner import Runner
from seatrial.evals.selection import Keep, by_pattern, not_passed
from seatrial.evals.spending import ledger, refuse_unbounded
from seatrial.evals.stopping import Watch, in_random_order
from seatrial.evals.written import run_record, run_summary
from seatrial.feature.assemble import close_client
from seatrial.feature.bridge import run_sync
from seatrial.store.disk import LineWriter
from seatrial.store.records import RunSummary
from seatrial.store.runs import RESULTS, RunFolder, list_runs


def carry_out(run: RunFolder, job: Job) -> tuple[RunSummary, Runner]:
    """Plan the run, work through it, and write what came of it. Raises SpecError for what the plan finds wrong."""
    started = perf_counter()
    options = job.options
    plan, watch = _planned(run, job)
    judges = judge_models(plan.suites.values())
    if job.budget is not None:
        refuse_unbounded(job.feature, judges)
    if not job.replays:
        prepare_models(judges.values())
    beside = [*answering(judges), *answering(guard_models(job.feature))]
    with recorded(job.feature, job.variants, beside) if options.record else nullcontext():
        run.write_record(run_record(run, job, plan))
        run.unfinish()
        if job.progress is not None:
            job.progress.begin(plan)
        runner = run_sync(_work(plan, job, watch))
    if job.replays and runner.skipped and not any(t.cases.cases for t in runner.tallies.values()):
        shutil.rmtree(run.path, ignore_errors=True)  # a run without a result would only be in the way
        raise SpecError(f"no answer of {options.rejudge} fits these suites", hint="judge again what the run has asked")
    if job.baseline is not None:
        job.baseline.read(run)
    summary = run_summary(plan, runner, job, watch, perf_counter() - started)
    run.write_summary(summary, hint=job.disk_hint)
    return summary, runner


def _planned(run: RunFolder, job: Job) -> tuple[Plan, Watch | None]:
    """The plan; of a run that stops when it is decided in random order, and with what watches it."""
    keep = _keep(job.feature.folder, run, job.options)
    plan = make_plan(run, job.suites, job.variants, keep=keep, sample=job.options.sample, seed=job.options.seed)
    watch = None
    if job.options.until_decided:
        order, places = in_random_order(run.cases(), job.options.seed)
        plan = msgspec.structs.replace(plan, order=tuple(order))
        watch = Watch(plan.suites, plan.variants, places)
    if plan.total == 0 and job.options.filter:
        asked = ", ".join(job.options.filter)
        raise SpecError("no case fits the filter", got=asked, hint="a glob over names, or tag:NAME")
    return plan, watch


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


async def _work(plan: Plan, job: Job, watch: Watch | None) -> Runner:
    origin = job.origin
    resumes = origin is not None and origin.resumes
    if resumes:
        plan.run.keep_only(plan.keys())
    with (
        LineWriter(plan.run.path / RESULTS, append=resumes, hint=job.disk_hint) as out,
        origin.past() if origin is not None else nullcontext() as past,
        ledger(job.budget, plan.run, append=resumes, hint=job.disk_hint),
    ):
        runner = Runner(plan, job, out, past=past, watch=watch)
        try:
            await runner.run()
        finally:
            await close_client()
    return runner
