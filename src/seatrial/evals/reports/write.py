"""Reports of a stored run, in the format its path names: `.html`, `.md` (for a pull request) or `.xml` (JUnit)."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from seatrial.evals.options import EvalOptions
from seatrial.evals.recount import recount
from seatrial.evals.reports.html import write_html
from seatrial.evals.reports.junit import write_junit
from seatrial.evals.reports.markdown import write_markdown
from seatrial.evals.reports.paths import check_paths
from seatrial.store.disk import disk_errors
from seatrial.store.records import RunRecord
from seatrial.store.runs import RunFolder

FORMATS = (".html", ".md", ".xml")


def check_report_paths(paths: Sequence[Path]) -> None:
    """Raises SpecError before anything ran for a report that could not be written."""
    check_paths(paths, FORMATS)


def write_report(path: Path, run: RunFolder) -> None:
    """Write the report of a run; rows are read from its folder one at a time."""
    report = report_head(run)
    with disk_errors(path), path.open("w", encoding="utf-8", errors="surrogatepass") as out:
        if path.suffix.lower() == ".xml":
            write_junit(out, report, lambda: report_rows(run))
        elif path.suffix.lower() == ".md":
            summary = run.summary()
            write_markdown(out, report, summary.comparisons if summary is not None else ())
        else:
            write_html(out, report, report_rows(run))


def report_head(run: RunFolder) -> dict[str, Any]:
    """What a report says about the whole run; the suites of an unfinished one are counted from what came in."""
    record, summary = run.record(), run.summary()
    suites = summary.suites if summary is not None else recount(run).suites
    return {
        "feature": record.feature,
        "description": record.description,
        "run": record.id,
        "started": record.started,
        "seconds": summary.seconds if summary else None,
        "cost_usd": summary.cost_usd if summary else None,
        "feature_version": record.variants[0].feature_version,
        "package_version": record.package_version,
        "git_commit": record.git_commit,
        "command": _command(record),
        "finished": summary is not None,
        "suites": msgspec.to_builtins(suites),
    }


def _command(record: RunRecord) -> str:
    """The command line that asks for the options of a run."""
    words = ["seatrial", "eval"]
    for field in msgspec.structs.fields(EvalOptions):
        value = record.options.get(field.name, field.default)
        if value and value != field.default:
            words.append("--" + field.name.replace("_", "-"))
            if value is not True:
                words.append(",".join(value) if isinstance(value, list | tuple) else str(value))
    return shlex.join(words)


def report_rows(run: RunFolder) -> Iterator[dict[str, Any]]:
    """Result lines joined with what the page shows of their cases."""
    cases = {(case.suite, case.id): (list(case.tags), case.source) for case in run.cases()}
    results: Iterable[Any] = run.results()
    for result in results:
        tags, source = cases.get((result.suite, result.case), ([], ""))
        yield {**msgspec.to_builtins(result), "tags": tags, "source": source}
