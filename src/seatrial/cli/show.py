"""What a person reads after an eval: suites with intervals, gates, checks, the worst failures, the next step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from seatrial.cli.terminal import visible
from seatrial.evals.run import Run
from seatrial.store.comparisons import Comparison, Repeatability
from seatrial.store.records import BudgetSummary, CorrectedRate, Counts, Rate, Result, SuiteSummary

WORST_SHOWN = 5
WIDTH = 100


def show_run(run: Run, *, folder: str, reports: Sequence[Path]) -> None:
    """Print the summary of a run that just ended."""
    summary = run.summary
    click.echo(headline(summary.feature, summary.suites, summary.seconds, summary.cost_usd))
    open_gates = [suite.suite for suite in summary.suites if suite.gate is not None and not suite.gate.held]
    if open_gates:
        click.echo(click.style(f"gate not held: {', '.join(dict.fromkeys(open_gates))}", fg="red", bold=True))
    if summary.left_out:
        click.echo(click.style(f"not everything ran: {summary.left_out}", fg="yellow"))
    if summary.judging_usd:
        click.echo(f"judges cost {dollars(summary.judging_usd)} USD more")
    for note in summary.notes:
        click.echo(click.style(f"note: {visible(note)}", fg="yellow"))
    if summary.budget is not None:
        show_budget(summary.budget)
    click.echo()
    show_counts(summary.suites)
    if summary.repeatability is None:
        show_comparisons(summary.comparisons)
    show_repeatability(summary.repeatability)
    show_failures(run.worst, sum(suite.cases - suite.passed for suite in summary.suites))
    click.echo()
    for path in reports:
        click.echo(f"report  {path}")
    click.echo(f"run     {run.path}")
    click.echo(f"next    {_next_step(run, folder, reports)}")


def show_repeatability(found: Repeatability | None) -> None:
    if found is not None:
        from seatrial.cli.show_comparison import show_repeats

        click.echo()
        show_repeats(found)


def show_comparisons(found: Sequence[Comparison]) -> None:
    if found:
        from seatrial.cli.show_comparison import show_comparison
    for comparison in found:
        click.echo()
        show_comparison(comparison)


def show_counts(suites: Sequence[SuiteSummary]) -> None:
    """Everything counted: suites and gates, checks, fields, repairs."""
    show_suites(suites)
    show_checks(suites)
    show_judges(suites)
    if any(suite.fields for suite in suites):
        from seatrial.cli.show_fields import show_fields

        show_fields(suites)
    show_repairs(suites)


def headline(feature: str, suites: Sequence[SuiteSummary], seconds: float | None, cost_usd: float | None) -> str:
    """`harbor: 58 of 60 cases passed, 2 failed`, with errors and unscored beside, never counted as passes."""
    cases, passed = sum(suite.cases for suite in suites), sum(suite.passed for suite in suites)
    parts = [
        f"{count} {word}"
        for count, word in (
            (sum(suite.failed for suite in suites), "failed"),
            (sum(suite.errors for suite in suites), "in error"),
            (sum(suite.unscored for suite in suites), "unscored"),
        )
        if count
    ]
    colour = "green" if passed == cases else "red"
    text = click.style(
        f"{feature}: {passed:,} of {cases:,} {'case' if cases == 1 else 'cases'} passed", fg=colour, bold=True
    )
    said = [text, *parts]
    if seconds is not None:
        said.append(f"{seconds:.1f} s")
    if cost_usd:
        said.append(f"{cost_usd:.4f} USD")
    return ", ".join(said)


def show_budget(budget: BudgetSummary) -> None:
    """What was spent, and how far off the estimates were by which it was held."""
    kept = f", {dollars(budget.kept_usd)} of it reserved for calls whose cost is not known" if budget.kept_usd else ""
    left_out = (
        f"; {budget.left_out:,} {'case' if budget.left_out == 1 else 'cases'} left out" if budget.left_out else ""
    )
    further = f", a further call could cost {dollars(budget.next_usd)}" if budget.next_usd is not None else ""
    click.echo(f"budget {dollars(budget.limit_usd)} USD: {dollars(budget.spent_usd)} spent{kept}{left_out}{further}")
    if budget.actual_tokens:
        over = budget.largest_overshoot_tokens
        beyond = f", of one call {over:,} more than estimated" if over else ""
        more = f"one call cost {dollars(budget.largest_overshoot_usd)} USD more"
        click.echo(
            f"prompts: estimated at {budget.estimated_tokens:,} tokens, were {budget.actual_tokens:,}{beyond};"
            f" {more if budget.largest_overshoot_usd else 'no call cost more'} than was reserved"
        )


def dollars(usd: float) -> str:
    """At least two digits after the point, and no more than are needed for a millionth."""
    whole, _, part = f"{usd:,.6f}".partition(".")
    return f"{whole}.{part.rstrip('0').ljust(2, '0')}"


def show_suites(suites: Sequence[SuiteSummary]) -> None:
    suites = [suite for suite in suites if suite.cases or suite.gate is not None]  # a filter leaves suites out
    several = len({suite.variant for suite in suites}) > 1
    rows = [["suite", *(["variant"] if several else []), "passed", "rate", "95 % interval", "other"]]
    for suite in suites:
        variant = [suite.variant] if several else []
        rows.append(
            [suite.suite, *variant, f"{suite.passed}/{suite.cases}", *rate_cells(suite.pass_rate), _other(suite)]
        )
    show_table(rows)
    for suite in suites:
        if suite.gate is not None:
            held = {True: ("held", "green"), False: ("not held", "red"), None: ("not enough evidence", "yellow")}
            word, colour = held[suite.gate.held]
            click.echo(f"  gate of {suite.suite}: {click.style(word, fg=colour)}: {suite.gate.reason}")
        for name, metric in suite.metrics.items():
            if metric.mean is not None:
                interval = f" ({metric.low:.3f} to {metric.high:.3f})" if metric.low is not None else ""
                click.echo(f"  {suite.suite}: {name} {metric.mean:.3f}{interval}, n {metric.n}")


def rate_cells(rate: Rate) -> list[str]:
    if rate.estimate is None or rate.low is None or rate.high is None:
        return ["-", "-"]
    return [f"{rate.estimate:.1%}", f"{rate.low:.1%} to {rate.high:.1%}"]


def show_checks(suites: Sequence[SuiteSummary]) -> None:
    """The checks that did not always pass, per suite and variant."""
    rows = [["check", "suite", "variant", "passed", "rate", "95 % interval", "other"]]
    for suite in suites:
        for name, counts in suite.checks.items():
            if counts.passed < counts.cases:
                counted = f"{counts.passed}/{counts.cases}"
                rows.append([name, suite.suite, suite.variant, counted, *rate_cells(counts.pass_rate), _other(counts)])
    if len(rows) > 1:
        click.echo("\nchecks that did not always pass")
        show_table(rows)


def show_judges(suites: Sequence[SuiteSummary]) -> None:
    """The rate behind that of each calibrated judge, and the judges for which nothing vouches."""
    rows = [["judge", "suite", "variant", "rate", "corrected", "95 % interval", "card"]]
    for suite in suites:
        for name, counts in suite.checks.items():
            found = counts.corrected
            if found is not None:
                rate = rate_cells(counts.pass_rate)[0]
                shown = corrected_cells(found)
                rows.append([name, suite.suite, suite.variant, rate, *shown, found.card])
    if len(rows) > 1:
        click.echo("\nwhat calibrated judges counted, corrected for how they err")
        show_table(rows)
    lacking = dict.fromkeys((name, why) for suite in suites for name, why in suite.uncalibrated.items())
    for name, why in lacking:
        click.echo(click.style(f"uncalibrated: {name}: {visible(why)}", fg="yellow"))


def corrected_cells(found: CorrectedRate) -> list[str]:
    if found.estimate is None or found.low is None or found.high is None:
        return ["unmeasurable", found.reason or ""]
    return [f"{found.estimate:.1%}", f"{found.low:.1%} to {found.high:.1%}"]


def show_repairs(suites: Sequence[SuiteSummary]) -> None:
    """How many structured answers had to be mended, in all and by field; nothing where none had to."""
    rows = [["mended", "suite", "variant", "cases", "rate", "95 % interval"]]
    for suite in suites:
        if suite.repairs is None:
            continue
        rates = {
            "any field": suite.repairs.repair_rate,
            **suite.repairs.fields,
            "asked again": suite.repairs.asked_again,
        }
        if len(suite.repairs.models) > 1:
            rates |= {f"by {each.model}": each.repair_rate for each in suite.repairs.models}
        for name, rate in rates.items():
            if rate.estimate:
                counted = f"{round(rate.estimate * rate.n)}/{rate.n}"
                rows.append([visible(name), suite.suite, suite.variant, counted, *rate_cells(rate)])
    if len(rows) > 1:
        click.echo()
        show_table(rows)


def show_table(rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their cells; the first row is a heading."""
    kept = [column for column in range(len(rows[0])) if any(row[column] for row in rows[1:])]
    widths = {column: max(len(row[column]) for row in rows) for column in kept}
    for number, row in enumerate(rows):
        line = "  " + "  ".join(row[column].ljust(widths[column]) for column in kept)
        click.echo(click.style(line.rstrip(), dim=True) if number == 0 else line.rstrip())


def show_failures(worst: Sequence[Result], total: int) -> None:
    for result in worst[:WORST_SHOWN]:
        click.echo()
        show_result(result)
    if total > WORST_SHOWN:
        click.echo(f"\n… and {total - min(len(worst), WORST_SHOWN):,} more")


def show_result(result: Result) -> None:
    """One result that did not pass: what was asked, what came, and why that is not good."""
    mark = {"fail": ("FAIL", "red"), "error": ("ERROR", "red"), "unscored": ("UNSCORED", "yellow")}
    word, colour = mark.get(result.state, ("PASS", "green"))
    asked = one_line(result.input[-1].text, 60) if result.input else result.case
    title = f"{result.suite} › {result.name or asked}"
    repeat = f"  repeat {result.repeat}" if result.repeat > 1 else ""
    click.echo(f"{click.style(word, fg=colour, bold=True)} {click.style(title, bold=True)}  {result.variant}{repeat}")
    if result.input:
        click.echo(f"  asked   {one_line(result.input[-1].text)}")
    if result.output:
        click.echo(f"  got     {one_line(result.output)}")
    if result.error is not None:
        click.echo(f"  error   {visible(result.error.message)}")
        if result.error.hint:
            click.echo(f"  hint    {visible(result.error.hint)}")
    said = result.error.message if result.error is not None else None
    for verdict in result.verdicts:
        if verdict.state != "pass" and verdict.reason != said:
            click.echo(f"  {click.style(verdict.check, fg=colour)}  {one_line(verdict.reason, 2 * WIDTH)}")


def one_line(text: str, width: int = WIDTH) -> str:
    """The text on one line, without control characters, shortened."""
    flat = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"


def _other(counts: SuiteSummary | Counts) -> str:
    parts = [(counts.errors, "in error"), (counts.unscored, "unscored")]
    return ", ".join(f"{count} {word}" for count, word in parts if count)


def _next_step(run: Run, folder: str, reports: Iterable[Path]) -> str:
    place = "" if folder == "." else f" {folder}"
    if run.summary.budget is not None and run.summary.budget.left_out:
        return f"seatrial eval{place} --resume --budget AMOUNT   goes on, with more for the whole run"
    if any(suite.failed or suite.errors for suite in run.suites):
        again = f"seatrial eval{place} --failed   runs only what did not pass"
        return again if list(reports) else f"seatrial eval{place} --report report.html   shows every answer"
    if any(suite.gate is not None and suite.gate.held is None for suite in run.suites):
        return "add cases: the gate line above says how many would decide"
    return f"seatrial chat{place}"
