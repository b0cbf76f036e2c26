"""`seatrial eval`: run a feature's suites and say what holds."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from seatrial.cli.options import json_option, struct_options
from seatrial.evals.options import NEWEST, EvalOptions
from seatrial.evals.run import evaluate


@click.command(short_help="Run a feature's suites and say what holds.")
@click.argument("folder", default=".", metavar="[DIR]")
@click.option("--suite", "suites", multiple=True, metavar="NAME", help="only this suite of evals/ (repeatable)")
@struct_options(EvalOptions, optional_values={"resume": NEWEST})
@click.option(
    "--report", "reports", multiple=True, metavar="PATH", help="write a report: .html, .md, or .xml for JUnit"
)
@click.option("--plan", is_flag=True, help="ask nothing: say what difference the run could show, and its cost")
@json_option()
def command(
    folder: str, suites: tuple[str, ...], reports: tuple[str, ...], plan: bool, as_json: bool, **options: Any
) -> int:
    """Run the suites of the feature in DIR (default: here) and say what holds.

    Exits with 0 when every gate is held and every case of a suite without a gate passed, 1 when not, 2 when
    something in the files is wrong (then nothing ran), 3 when only network or disk failed.
    """
    if plan:
        return _plan(folder, suites, as_json, options)
    paths = [Path(report) for report in reports]
    if paths:
        from seatrial.evals.reports.write import check_report_paths, write_report

        check_report_paths(paths)
    progress = None
    if sys.stderr.isatty():
        from seatrial.cli.progress import TerminalProgress

        progress = TerminalProgress()
    try:
        run = evaluate(folder, suites or None, progress=progress.hooks() if progress else None, **options)
    except KeyboardInterrupt:
        click.echo("\ninterrupted; what finished is kept: go on with  seatrial eval --resume", err=True)
        raise
    finally:
        if progress is not None:
            progress.close()
    for path in paths:
        write_report(path, run.folder)
    if as_json:
        click.echo(msgspec.json.encode(run.summary))
    else:
        from seatrial.cli.show import show_run

        show_run(run, folder=folder, reports=paths)
    return run.exit_code


def _plan(folder: str, suites: tuple[str, ...], as_json: bool, options: dict[str, Any]) -> int:
    from seatrial.evals.foresight import foresee

    found = foresee(folder, suites or None, **options)
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        from seatrial.cli.show_foresight import show_foresight

        show_foresight(found, folder)
    return 0
