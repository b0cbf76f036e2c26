"""What a person reads of a comparison: the answer in a sentence, the cases that changed, then every measure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from seatrial.cli.show import show_table
from seatrial.cli.terminal import visible
from seatrial.evals.measures import PASS_RATE
from seatrial.evals.reports import figures
from seatrial.evals.reports.comparison import answer, left_out
from seatrial.store.comparisons import ChangedCase, Comparison, Repeatability, Share

CASES_SHOWN = 20
HEADING = ["measure", "n", "A", "B", "difference", "95 % interval", "p", "p adj", "verdict", "test"]
COLOURS = {"better": "green", "worse": "red", "undecided": "yellow"}


def show_comparison(found: Comparison) -> None:
    click.echo(f"A  {found.a}\nB  {found.b}")
    verdict = found.metrics[PASS_RATE].verdict
    click.echo("\n" + click.style(answer(found), fg=COLOURS[verdict], bold=True))
    said = left_out(found)
    if said:
        click.echo(click.style(said, fg="yellow"))
    _show_cases("newly failing", found.newly_failing, "red")
    _show_cases("newly passing", found.newly_passing, "green")
    _show_cases("still failing", found.still_failing, "yellow")
    click.echo()
    show_table([HEADING, *_rows(found)])
    if found.family:
        click.echo(
            f"  p adj: for looking through {found.family} measures beside the pass rate (Benjamini and Hochberg)"
        )
    for name, each in found.metrics.items():
        if each.warning:
            click.echo(click.style(f"  {visible(name)}: {each.warning}", fg="yellow"))


def _rows(found: Comparison) -> Iterator[list[str]]:
    for name, each in found.metrics.items():
        if name != PASS_RATE and not each.changed:
            continue  # nothing changed; --json has it
        yield [
            visible(name),
            str(each.n),
            figures.value(name, each.a),
            figures.value(name, each.b),
            figures.difference(name, each),
            figures.interval(name, each),
            figures.p_value(each.p),
            figures.p_value(each.p_adjusted) if name != PASS_RATE else "",
            each.verdict,
            each.test,
        ]


def _show_cases(title: str, cases: Sequence[ChangedCase], colour: str) -> None:
    if not cases:
        return
    click.echo(f"\n{click.style(title, fg=colour, bold=True)}  {len(cases):,}")
    for case in cases[:CASES_SHOWN]:
        states = "" if {case.before, case.after} <= {"pass", "fail"} else f"  {case.before} → {case.after}"
        click.echo("  " + visible(case.title) + states + (f"  flips: {case.flips}" if case.flips else ""))
    if len(cases) > CASES_SHOWN:
        click.echo(f"  … and {len(cases) - CASES_SHOWN:,} more; --json lists all")


def show_repeats(found: Repeatability) -> None:
    """What came out differently when nothing was changed."""
    click.echo(click.style(f"twice at one version (first: {found.first})", bold=True))
    if found.replayed:
        names = ", ".join(found.replayed)
        click.echo(click.style(f"  answers of {names} are recorded: they say the same twice", fg="yellow"))
    rows = [["", "differ", "rate", "95 % interval"], ["cases", *_share(found.flake_rate)]]
    rows += [[f"check {visible(name)}", *_share(each)] for name, each in found.checks.items()]
    rows += [[f"judge {visible(name)}, same answer", *_share(each)] for name, each in found.judges.items()]
    show_table(rows)
    _show_cases("came out differently", found.flaked, "yellow")


def _share(share: Share) -> list[str]:
    if share.estimate is None or share.low is None or share.high is None:
        return [f"{share.count}/{share.n}", "-", "-"]
    return [f"{share.count}/{share.n}", f"{share.estimate:.1%}", f"{share.low:.1%} to {share.high:.1%}"]
