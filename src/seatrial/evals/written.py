"""What an eval writes of itself: what is about to run, and what came of it."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib import metadata

import msgspec

from seatrial.cost.price import usd
from seatrial.evals.baseline import git, git_branch
from seatrial.evals.job import Job
from seatrial.evals.judges import judge_models, judge_records, own_family
from seatrial.evals.options import EvalOptions
from seatrial.evals.plan import Plan
from seatrial.evals.runner import Runner
from seatrial.evals.spending import summarise
from seatrial.evals.stopping import Watch
from seatrial.evals.suite import Suite
from seatrial.evals.variants import variant_record
from seatrial.store.records import RunRecord, RunSummary, SuiteRecord
from seatrial.store.runs import RunFolder


def run_record(run: RunFolder, job: Job, plan: Plan) -> RunRecord:
    """What is written before anything is asked."""
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


def run_summary(plan: Plan, runner: Runner, job: Job, watch: Watch | None, seconds: float) -> RunSummary:
    """What is written at the end, with the bounds of the gates, or, of a run that was watched, their outcomes."""
    options = job.options
    complete = not (options.filter or options.failed or runner.skipped or runner.beyond_budget)
    costs = [tally.cost_nusd for tally in runner.tallies.values()]
    known = [cost for cost in costs if cost is not None]
    judging = [tally.judges.cost_nusd for tally in runner.tallies.values() if tally.judges.asked]
    priced = [cost for cost in judging if cost is not None]
    judges = judge_models(plan.suites.values()).values()
    summary = RunSummary(
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
    return _with_outcomes(summary, watch) if watch is not None else summary


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
