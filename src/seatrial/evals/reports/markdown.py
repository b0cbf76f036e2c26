"""The summary of a run as Markdown: what a pull request or a job summary shows. Cases are left to the other reports.

What people and models wrote stands in tables as text alone: whatever Markdown or HTML would read in it is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from seatrial.evals.reports.as_text import as_text
from seatrial.evals.reports.comparison import markdown
from seatrial.evals.reports.html import headline
from seatrial.store.comparisons import Comparison

CLASSES_SHOWN = 20
CONFUSED_SHOWN = 10


def write_markdown(out: TextIO, report: Mapping[str, Any], compared: Sequence[Comparison] = ()) -> None:
    """Write the summary of one run to `out`; `report` is that of the HTML page, `compared` stands before the tables."""
    suites = report.get("suites") or ()
    out.write(f"# {as_text(report.get('feature') or 'feature')}: {headline(report)}\n\n")
    if not report.get("finished", True):
        out.write("This run did not finish: the figures cover only the cases that were recorded.\n\n")
    out.write(markdown(compared))
    for title, heads, rows in (
        ("", ("suite", "variant", "passed", "rate", "95 % interval", "errors", "unscored"), _suites(suites)),
        ("Gates", ("suite", "variant", "gate", "why"), _gates(suites)),
        (
            "Checks that did not always pass",
            ("check", "suite", "variant", "passed", "rate", "95 % interval"),
            _checks(suites),
        ),
        ("Metrics", ("metric", "suite", "variant", "mean", "95 % interval", "n"), _metrics(suites)),
        ("Fields", _FIELD_HEADS, _fields(suites)),
        ("Mended answers", ("mended", "suite", "variant", "share", "95 % interval", "n"), _repairs(suites)),
    ):
        out.writelines(_section(title, heads, list(rows)))
    for suite in suites:
        for name, field in (suite.get("fields") or {}).items():
            out.writelines(_classes(f"{name} ({suite['suite']}, {suite['variant']})", field))
    out.write(f"Run `{report.get('run')}`, feature version `{report.get('feature_version')}`\n")


Rows = Iterator[Sequence[str]]
_FIELD_HEADS = ("field", "suite", "variant", "right", "accuracy", "95 % interval", "macro recall", "macro precision")


def _suites(suites: Iterable[Mapping[str, Any]]) -> Rows:
    for suite in suites:
        counted = f"{suite['passed']}/{suite['cases']}"
        yield (*_named(suite), counted, *_rate(suite["pass_rate"]), f"{suite['errors']}", f"{suite['unscored']}")


def _gates(suites: Iterable[Mapping[str, Any]]) -> Rows:
    words = {True: "held", False: "**not held**", None: "**not enough evidence**"}
    for suite in suites:
        if suite.get("gate"):
            yield (*_named(suite), words[suite["gate"]["held"]], as_text(suite["gate"]["reason"]))


def _checks(suites: Iterable[Mapping[str, Any]]) -> Rows:
    for suite in suites:
        for name, counts in suite["checks"].items():
            if counts["passed"] < counts["cases"]:
                yield (
                    as_text(name),
                    *_named(suite),
                    f"{counts['passed']}/{counts['cases']}",
                    *_rate(counts["pass_rate"]),
                )


def _metrics(suites: Iterable[Mapping[str, Any]]) -> Rows:
    for suite in suites:
        for name, metric in suite["metrics"].items():
            known = metric["low"] is not None
            interval = f"{metric['low']:.3f} to {metric['high']:.3f}" if known else "-"
            mean = "-" if metric["mean"] is None else f"{metric['mean']:.3f}"
            yield (as_text(name), *_named(suite), mean, interval, f"{metric['n']}")


def _fields(suites: Iterable[Mapping[str, Any]]) -> Rows:
    for suite in suites:
        for name, field in (suite.get("fields") or {}).items():
            accuracy = field["accuracy"]
            means = [_with_interval(field.get(key)) for key in ("macro_recall", "macro_precision")]
            yield (as_text(name), *_named(suite), _counted(accuracy), *_rate(accuracy), *means)


def _repairs(suites: Iterable[Mapping[str, Any]]) -> Rows:
    for suite in suites:
        found = suite.get("repairs")
        if not found:
            continue
        named = {"any field": found["repair_rate"], **found["fields"], "asked again": found["asked_again"]}
        for name, rate in named.items():
            if rate["estimate"]:
                yield (as_text(name), *_named(suite), *_rate(rate), f"{rate['n']}")


def _classes(title: str, field: Mapping[str, Any]) -> Iterator[str]:
    """The classes of a field that are not always right, and what they are taken for."""
    classes, confusion = field.get("classes") or {}, field.get("confusion") or {}
    missed = {name: each["cases"] + each["given"] - 2 * each["right"] for name, each in classes.items()}
    worst = sorted((name for name in missed if missed[name]), key=lambda name: (-missed[name], name))
    rows = [
        (as_text(name), *(_with_interval(classes[name][key]) for key in ("recall", "precision")))
        for name in worst[:CLASSES_SHOWN]
    ]
    heads = ("class", "recall, of the cases labelled so", "precision, of the answers that say so")
    yield from _section(f"{as_text(title)}: classes not always right", heads, rows)
    pairs = [(count, label, got) for label, row in confusion.items() for got, count in row.items() if label != got]
    shown = sorted(pairs, key=lambda pair: (-pair[0], *pair[1:]))[:CONFUSED_SHOWN]
    taken = [(as_text(label), as_text(got), f"{count}") for count, label, got in shown]
    yield from _section(f"{as_text(title)}: what is taken for what", ("label", "answer", "cases"), taken)


def _section(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    if title:
        yield f"## {title}\n\n"
    yield f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}\n"
    for row in rows:
        yield f"| {' | '.join(row)} |\n"
    yield "\n"


def _named(suite: Mapping[str, Any]) -> tuple[str, str]:
    return as_text(suite["suite"]), as_text(suite["variant"])


def _rate(rate: Mapping[str, Any]) -> tuple[str, str]:
    if rate["estimate"] is None:
        return "-", "-"
    return f"{rate['estimate']:.1%}", f"{rate['low']:.1%} to {rate['high']:.1%}"


def _counted(rate: Mapping[str, Any]) -> str:
    return f"{round((rate['estimate'] or 0) * rate['n'])}/{rate['n']}"


def _with_interval(rate: Mapping[str, Any] | None) -> str:
    if rate is None or rate["estimate"] is None:
        return "-"
    share, interval = _rate(rate)
    return f"{share} ({interval}), n {rate['n']}"
