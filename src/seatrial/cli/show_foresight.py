"""What a person reads before a run: what it could show, and what it would cost."""

from __future__ import annotations

import click

from seatrial.cli.show import dollars, show_table
from seatrial.cli.terminal import visible
from seatrial.evals.foresight import SUPPOSED, Foresight, SeenDifference


def show_foresight(found: Foresight, folder: str) -> None:
    asks = sum(suite.asks for suite in found.suites)
    click.echo(f"{found.feature}: {asks:,} asks planned, nothing was asked\n")
    click.echo("the smallest difference of pass rates that would show (80 % power, two-sided 5 %), if the two")
    click.echo("versions differ on this share of the cases:\n")
    heads = ["suite", "variant", "cases", "groups", *(f"{share:.0%}" for share in SUPPOSED), "as last", "cost"]
    rows = []
    for suite in found.suites:
        groups = str(suite.units) if suite.units < suite.cases else ""
        known = f"{_points(suite.known)} ({suite.known.differing:.0%} differ)" if suite.known is not None else ""
        rows.append(
            [
                visible(suite.suite),
                visible(suite.variant),
                str(suite.cases),
                groups,
                *map(_points, suite.supposed),
                known,
                _cost(suite.most_usd, suite.likely_usd),
            ]
        )
    show_table([heads, *rows])
    for suite in found.suites:
        if suite.gate_needs is not None:
            short = (
                "" if suite.cases >= suite.gate_needs else f", {suite.gate_needs - suite.cases:,} more than there are"
            )
            click.echo(f"  gate of {visible(suite.suite)}: takes {suite.gate_needs:,} cases, none going wrong{short}")
    click.echo(f"\nnext    seatrial eval{'' if folder == '.' else f' {folder}'}")


def _points(seen: SeenDifference) -> str:
    return "none" if seen.difference is None else f"{100 * seen.difference:.1f} points"


def _cost(most: float | None, likely: float | None) -> str:
    said = "unknown" if most is None else "free" if most == 0 else f"at most {dollars(most)} USD"
    return f"{said}, as last {dollars(likely)}" if likely else said
