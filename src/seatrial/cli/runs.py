"""`seatrial runs`: list, show and compare past runs."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from shlex import quote
from typing import Any

import click
import msgspec

from seatrial.cli.options import feature_option, json_option
from seatrial.core.errors import SpecError
from seatrial.evals.difference import difference
from seatrial.evals.flakes import RUNS_READ, find_flips
from seatrial.evals.lookup import case_results, not_passed_results
from seatrial.evals.overview import RunOverview, overview
from seatrial.evals.recount import Recount, recount
from seatrial.evals.reports.write import check_report_paths, write_report
from seatrial.store.records import Result, RunSummary
from seatrial.store.runs import RunFolder, find_run, list_runs

FAILURES_SHOWN = 20


_in_feature = feature_option("the feature's folder")


@click.group(short_help="List, show and compare past runs.")
def command() -> None:
    """List, show and compare past runs of a feature.

    A RUN is a run's id, the beginning or the end of one, its path, or `latest`.
    """


@command.command("list")
@_in_feature
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="how many, newest first")
@json_option()
def list_(folder: Path, limit: int, as_json: bool) -> int:
    """List runs, newest first.

    \b
    --json: {"total": how many there are, "runs": [{"id", "path", "started" (UTC), "feature", "finished",
    "suites": [name], "variants": [name], "cases", "passed", "failed", "errors", "unscored",
    "problem": why it cannot be read, or null}]}
    """
    runs = list_runs(folder)
    shown = [overview(run) for run in reversed(runs[-limit:])]
    if as_json:
        click.echo(msgspec.json.encode({"total": len(runs), "runs": shown}))
    else:
        _print_list(shown, len(runs), folder)
    return 0


def _print_list(shown: list[RunOverview], total: int, folder: Path) -> None:
    from seatrial.cli.show import show_table

    if not shown:
        click.echo(f"There is no run yet.\n\nnext    seatrial eval{_place(folder, '')}")
        return
    show_table([["run", "when (UTC)", "feature", "passed", "suites", "variants", "note"], *map(_list_row, shown)])
    if total > len(shown):
        click.echo(f"  … and {total - len(shown):,} older; --limit {total} shows them")
    option = _place(folder, "--feature")
    more = f"seatrial runs diff{option}   compares the last two" if total > 1 else f"seatrial runs show{option}"
    click.echo(f"\nnext    {more}")


def _list_row(run: RunOverview) -> list[str]:
    if run.problem is not None:
        return [run.id, "", "", "", "", "", run.problem]
    passed = f"{run.passed:,}/{run.cases:,}"
    variants = ", ".join(run.variants) if len(run.variants) > 1 else ""
    note = "" if run.finished else "unfinished"
    return [run.id, _when(run.started), run.feature, passed, ", ".join(run.suites), variants, note]


def _when(started: str) -> str:
    return started[:16].replace("T", " ")


def _place(folder: Path, option: str) -> str:
    """How a suggested command names the feature; nothing for the folder we are in."""
    return "" if folder == Path() else " ".join(["", *filter(None, [option]), str(folder)])


@command.command()
@click.argument("run", required=False)
@_in_feature
@click.option("--all", "everything", is_flag=True, help="every result, not only what did not pass")
@click.option("--case", "case", metavar="ID|NAME", help="one case whole: conversation, verdicts, attempts")
@click.option(
    "--report", "reports", multiple=True, metavar="PATH", help="write a report: .html, .md, or .xml for JUnit"
)
@json_option()
def show(
    run: str | None, folder: Path, everything: bool, case: str | None, reports: tuple[str, ...], as_json: bool
) -> int:
    """Show RUN (default: the newest): its summary, then what did not pass.

    An unfinished run is counted from what came in before it stopped.

    \b
    --json: the object of `seatrial eval --json` ("seconds" is null for an unfinished run) with
    {"id", "started" (UTC), "finished", "results": [a line of results.jsonl each]}:
    the results that did not pass; with --all every one; with --case those of the case.
    """
    if everything and case is not None:
        raise click.UsageError("--all and --case exclude each other", click.get_current_context())
    paths = [Path(report) for report in reports]
    check_report_paths(paths)
    found = find_run(folder, run)
    summary = found.summary()
    counted = recount(found) if summary is None else None
    for path in paths:
        write_report(path, found)
    if as_json:
        _print_json(_head(found, summary, counted), _chosen(found, everything, case))
    elif case is not None:
        from seatrial.cli.show_case import show_case

        for each, result in case_results(found, case):
            show_case(each, result)
        _print_reports(paths)
    else:
        _print_run(found, summary, counted, everything)
        _print_reports(paths)
        _print_next(found, folder)
    return 0


def _chosen(run: RunFolder, everything: bool, case: str | None) -> Iterable[Result]:
    if case is not None:
        return [result for _, result in case_results(run, case)]
    return run.results() if everything else not_passed_results(run)


def _head(run: RunFolder, summary: RunSummary | None, counted: Recount | None) -> dict[str, Any]:
    record = run.record()
    known = {"id": run.id, "started": record.started, "finished": summary is not None}
    if summary is not None:
        return {**msgspec.to_builtins(summary), **known}
    assert counted is not None
    return {
        "run": str(run.path),
        "feature": record.feature,
        "suites": counted.suites,
        "seconds": None,
        "cost_usd": counted.cost_usd,
        "left_out": _stopped(counted),
        **known,
    }


def _stopped(counted: Recount) -> str:
    return f"the run was stopped: {counted.asked:,} of {counted.planned:,} answers came in"


def _print_json(head: dict[str, Any], results: Iterable[Result]) -> None:
    """One object, its results written as they are read."""
    out = sys.stdout
    encode = msgspec.json.encode
    out.write(encode(head).decode()[:-1] + ',"results":[')
    for number, result in enumerate(results):
        out.write(("," if number else "") + encode(result).decode())
    out.write("]}\n")


def _print_run(run: RunFolder, summary: RunSummary | None, counted: Recount | None, everything: bool) -> None:
    from seatrial.cli.show import headline, show_counts

    record = run.record()
    if summary is not None:
        suites, left_out = summary.suites, summary.left_out
        click.echo(headline(summary.feature, suites, summary.seconds, summary.cost_usd))
    else:
        assert counted is not None
        suites, left_out = counted.suites, _stopped(counted)
        click.echo(headline(record.feature, suites, None, counted.cost_usd))
    if left_out:
        click.echo(click.style(f"not everything ran: {left_out}", fg="yellow"))
    click.echo(f"{run.id}, {_when(record.started)} UTC\n")
    show_counts(suites)
    _print_results(run.results() if everything else not_passed_results(run), None if everything else FAILURES_SHOWN)


def _print_results(results: Iterator[Result], limit: int | None) -> None:
    from seatrial.cli.show import show_result

    more = 0
    for number, result in enumerate(results):
        if limit is None or number < limit:
            click.echo()
            show_result(result)
        else:
            more += 1
    if more:
        click.echo(f"\n… and {more:,} more; --all shows every result, --report report.html writes a page")


def _print_reports(paths: list[Path]) -> None:
    for path in paths:
        click.echo(f"\nreport  {path}")


def _print_next(run: RunFolder, folder: Path) -> None:
    option = _place(folder, "--feature")
    if not run.finished:
        click.echo(f"\nnext    seatrial eval{_place(folder, '')} --resume {run.id}")
        return
    first = next(not_passed_results(run), None)
    name = (first.name or first.case) if first is not None else None
    if name is not None:
        click.echo(f"\nnext    seatrial runs show {run.id}{option} --case {quote(name)}")
    else:
        click.echo(f"\nnext    seatrial runs diff{option}   compares the last two runs")


@command.command()
@click.argument("a", required=False)
@click.argument("b", required=False)
@_in_feature
@json_option()
def diff(a: str | None, b: str | None, folder: Path, as_json: bool) -> int:
    """Say what differs between run A (default: the one before B) and run B (default: the newest).

    Shows what was changed (prompt text, models, suites, checks), then which cases newly fail, newly pass and still
    fail. It informs and is no gate: it ends with 0 whatever it finds.

    \b
    --json: {"a", "b": run ids, "unfinished": [id],
    "versions": [{"variant_a", "variant_b", "feature": [before, after], "prompt": [before, after]}],
    "prompts": [{"before", "after": file or null, "diff": unified diff}],
    "models": [{"model", "before", "after": {"use", "params", "version"} or null}],
    "suites": [{"suite", "before", "after": the suite in run.json or null, "checks": [{"name", "before", "after"}]}],
    "settings": [{"name", "before", "after"}],
    "cases": {"both", "passed_before", "passed_after": counts,
    "newly_failing", "newly_passing", "still_failing", "only_in_a", "only_in_b":
    [{"suite", "case", "name", "variant", "repeat", "before", "after": state or null}]}}
    """
    before, after = _two_runs(folder, a, b)
    found = difference(before, after)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return 0
    from seatrial.cli.show_difference import show_difference

    show_difference(found)
    changed = (*found.cases.newly_failing, *found.cases.still_failing)
    if changed:
        name = quote(changed[0].name or changed[0].case)
        click.echo(f"\nnext    seatrial runs show {after.id}{_place(folder, '--feature')} --case {name}")
    else:
        click.echo(f"\nnext    seatrial eval{_place(folder, '')}")
    return 0


@command.command()
@_in_feature
@json_option()
def flakes(folder: Path, as_json: bool) -> int:
    """List the cases that pass and fail with no change of version, from the newest runs.

    \b
    --json: [{"suite", "case", "variant", "passed", "not_passed": counts, "last_run"}], the most even first
    """
    found = find_flips(folder)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return 0
    from seatrial.cli.show import show_table

    if not found:
        click.echo(f"In the newest {RUNS_READ} runs no case flips with no change of version.")
        click.echo(f"\nnext    seatrial eval{_place(folder, '')} --aa   runs everything twice to find out")
        return 0
    rows = [[each.suite, each.case, each.variant, f"{each.passed}/{each.passed + each.not_passed}"] for each in found]
    show_table([["suite", "case", "variant", "passed"], *rows])
    name = quote(found[0].case)
    click.echo(f"\nnext    seatrial runs show {found[0].last_run}{_place(folder, '--feature')} --case {name}")
    return 0


def _two_runs(folder: Path, a: str | None, b: str | None) -> tuple[RunFolder, RunFolder]:
    after = find_run(folder, b)
    if a is not None:
        return find_run(folder, a), after
    earlier = [run for run in list_runs(folder) if run.id < after.id]
    if not earlier:
        raise SpecError("there is no earlier run to compare with", file=str(folder), hint="seatrial eval makes one")
    return earlier[-1], after
