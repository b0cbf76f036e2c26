"""A comparison in words, and as Markdown for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seatrial.evals.measures import PASS_RATE
from seatrial.evals.reports import figures
from seatrial.evals.reports.as_text import as_text
from seatrial.evals.reports.paths import check_paths
from seatrial.store.comparisons import ChangedCase, Comparison
from seatrial.store.disk import disk_errors

SUFFIX = ".md"
CASES_LISTED = 30
"""A comment on a pull request holds 65,536 characters."""


def answer(found: Comparison) -> str:
    """The answer to the one question asked, with n, interval and test."""
    rate = found.metrics[PASS_RATE]
    shown = (
        f"{figures.value(PASS_RATE, rate.b)} against {figures.value(PASS_RATE, rate.a)}, "
        f"{figures.difference(PASS_RATE, rate)} ({figures.interval(PASS_RATE, rate)}), "
        f"{rate.n:,} pairs, p {figures.p_value(rate.p)}, {rate.test}"
    )
    if rate.verdict != "undecided":
        return f"B is {rate.verdict}: {shown}"
    more = f"; {rate.needed:,} further cases like these would show it" if rate.needed is not None else ""
    return f"No difference shown: {shown}{more}"


def left_out(found: Comparison) -> str | None:
    """Which cases are no pair; None where all are."""
    counts = found.left_out
    parts = [
        (counts.only_in_a, "only in A"),
        (counts.only_in_b, "only in B"),
        (counts.not_judged_in_a, "in error or unscored in A"),
        (counts.not_judged_in_b, "in error or unscored in B"),
    ]
    said = ", ".join(f"{count:,} {word}" for count, word in parts if count)
    return f"cases left out of the pairs: {said}" if said else None


def check_comparison_paths(paths: Sequence[Path]) -> None:
    """Raises SpecError for a report that could not be written."""
    check_paths(paths, [SUFFIX])


def write_comparison(path: Path, found: Comparison) -> None:
    with disk_errors(path):
        path.write_text(markdown([found]), encoding="utf-8", errors="backslashreplace")


def markdown(found: Sequence[Comparison]) -> str:
    """One section a comparison; without any, nothing."""
    return "".join("\n".join(_comparison(each, titled=len(found) > 1)) + "\n" for each in found)


def _comparison(found: Comparison, *, titled: bool) -> list[str]:
    marks = {"better": "🟢", "worse": "🔴", "undecided": "⚪"}
    lines = [f"### {as_text(found.b)}", ""] if titled else []
    lines += [f"{marks[found.metrics[PASS_RATE].verdict]} **{as_text(answer(found))}**", ""]
    lines += [f"A is {as_text(found.a)}, B is {as_text(found.b)}.", ""]
    said = left_out(found)
    lines += [f"> {said}", ""] if said else []
    lines += _cases("newly failing", found.newly_failing, opened=True)
    lines += _cases("newly passing", found.newly_passing)
    lines += _cases("still failing", found.still_failing)
    return [*lines, *_table(found)]


def _cases(title: str, cases: Sequence[ChangedCase], *, opened: bool = False) -> list[str]:
    if not cases:
        return []
    listed = [
        f"- {as_text(f'{case.suite} › {case.name or case.case}')}" + _states(case) for case in cases[:CASES_LISTED]
    ]
    more = [f"- … and {len(cases) - CASES_LISTED:,} more"] if len(cases) > CASES_LISTED else []
    summary = f"<details{' open' if opened else ''}><summary>{title}: {len(cases):,}</summary>"
    return [summary, "", *listed, *more, "", "</details>", ""]


def _states(case: ChangedCase) -> str:
    states = "" if {case.before, case.after} <= {"pass", "fail"} else f" ({case.before} → {case.after})"
    return states + (f" (flips: {case.flips})" if case.flips else "")


def _table(found: Comparison) -> list[str]:
    lines = [
        "<details><summary>by suite, tag, check and metric</summary>",
        "",
        "| measure | n | A | B | difference | 95 % interval | p | p adjusted | verdict | test |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    same = sum(not each.changed for each in found.metrics.values())
    for name, each in found.metrics.items():
        if name != PASS_RATE and not each.changed:
            continue
        cells = [
            as_text(name),
            f"{each.n:,}",
            figures.value(name, each.a),
            figures.value(name, each.b),
            figures.difference(name, each),
            figures.interval(name, each),
            figures.p_value(each.p),
            figures.p_value(each.p_adjusted) if name != PASS_RATE else "",
            each.verdict,
            each.test,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    notes = [f"{same} measures are the same on both sides."] if same else []
    if found.family:
        notes.append(f"p adjusted: for looking through {found.family} measures (Benjamini and Hochberg).")
    return [*lines, "", " ".join(notes), "", "</details>", ""]
