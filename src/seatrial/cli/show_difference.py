"""What a person reads about two runs: what was changed, then what that did to the cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click
import msgspec

from seatrial.cli.terminal import visible
from seatrial.evals.difference import (
    CaseChange,
    CaseChanges,
    Difference,
    ModelChange,
    PromptChange,
    SuiteChange,
    ValueChange,
    VersionChange,
)

CASES_SHOWN = 20


def show_difference(found: Difference) -> None:
    click.echo(f"A  {found.a}\nB  {found.b}")
    for run in found.unfinished:
        click.echo(click.style(f"{run} is unfinished: only what came in is compared", fg="yellow"))
    click.echo("\nchanged" if not found.same_setup else "\nBoth runs served and judged the same.")
    for line in _setup(found):
        click.echo(f"  {line}")
    _show_cases(found.cases)


def _setup(found: Difference) -> Iterator[str]:
    for setting in found.settings:
        yield _value(setting)
    for version in found.versions:
        yield from _version(version, found)
    for model in found.models:
        yield from _model(model)
    for suite in found.suites:
        yield from _suite(suite)
    for prompt in found.prompts:
        yield from _prompt(prompt)


def _version(change: VersionChange, found: Difference) -> Iterator[str]:
    same = change.variant_a == change.variant_b
    variant = change.variant_a if same else f"{change.variant_a} and {change.variant_b}"
    yield f"feature version of {variant}: {_arrow(*change.feature)}"
    if change.prompt[0] != change.prompt[1] and not (found.prompts or found.models):
        yield "  the prompt's text is the same: a file it includes, its examples or its parameters changed"


def _model(change: ModelChange) -> Iterator[str]:
    if change.before is None or change.after is None:
        there = change.after or change.before
        yield f"model {change.model}: only in {'B' if change.before is None else 'A'} ({there.use if there else ''})"
        return
    before, after = change.before, change.after
    parts = [f"use {_arrow(before.use, after.use)}"] if before.use != after.use else []
    params = [
        f"{name} {_arrow(before.params.get(name), after.params.get(name))}"
        for name in {**before.params, **after.params}
        if before.params.get(name) != after.params.get(name)
    ]
    yield f"model {change.model}: " + (", ".join([*parts, *params]) or "what it answers from (file or address)")


def _suite(change: SuiteChange) -> Iterator[str]:
    if change.before is None or change.after is None:
        yield f"suite {change.suite}: only in {'B' if change.before is None else 'A'}"
        return
    before, after = change.before, change.after
    parts = [f"check {check.name} {_presence(check)}" for check in change.checks]
    if before.gate != after.gate:
        parts.append(f"gate {_arrow(before.gate, after.gate)}")
    if before.cases != after.cases:
        parts.append(f"cases {_arrow(before.cases, after.cases)}")
    yield f"suite {change.suite}: " + (", ".join(parts) or "its cases or their checks")


def _presence(check: ValueChange) -> str:
    return "added" if check.before is None else "removed" if check.after is None else "changed"


def _prompt(change: PromptChange) -> Iterator[str]:
    if change.before is None or change.after is None:
        yield f"prompt {change.after or change.before}: only in {'B' if change.before is None else 'A'}"
    else:
        renamed = change.before != change.after
        yield f"prompt {_arrow(change.before, change.after) if renamed else change.after}"
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in change.diff.splitlines():
        yield "  " + click.style(visible(line), fg=colours.get(line[:1]))


def _value(change: ValueChange) -> str:
    return f"{change.name}: {_arrow(change.before, change.after)}"


def _arrow(before: Any, after: Any) -> str:
    return f"{_plain(before)} → {_plain(after)}"


def _plain(value: Any) -> str:
    if value is None:
        return "none"
    return visible(value if isinstance(value, str) else msgspec.json.encode(value).decode())


def _show_cases(cases: CaseChanges) -> None:
    click.echo(
        f"\n{cases.both:,} results in both: {cases.passed_before:,} passed in A, {cases.passed_after:,} in B"
        if cases.both
        else "\nNo case is in both runs."
    )
    _show_kind("newly failing", cases.newly_failing, "red")
    _show_kind("newly passing", cases.newly_passing, "green")
    _show_kind("still failing", cases.still_failing, "yellow")
    _show_kind("only in A", cases.only_in_a, None)
    _show_kind("only in B", cases.only_in_b, None)


def _show_kind(title: str, changes: Sequence[CaseChange], colour: str | None) -> None:
    if not changes:
        return
    click.echo(f"\n{click.style(title, fg=colour, bold=True)}  {len(changes):,}")
    variants = len({change.variant for change in changes}) > 1
    for change in changes[:CASES_SHOWN]:
        parts = [
            visible(f"{change.suite} › {change.name or change.case}"),
            change.variant if variants else "",
            f"repeat {change.repeat}" if change.repeat > 1 else "",
            _states(change),
        ]
        click.echo("  " + "  ".join(part for part in parts if part))
    if len(changes) > CASES_SHOWN:
        click.echo(f"  … and {len(changes) - CASES_SHOWN:,} more; --json lists all")


def _states(change: CaseChange) -> str:
    """The states, where the heading does not say them already."""
    said = {("pass", "fail"), ("fail", "pass"), ("fail", "fail")}
    if (change.before, change.after) in said:
        return ""
    return " → ".join(state for state in (change.before, change.after) if state is not None)
