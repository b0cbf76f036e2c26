"""One case whole on a terminal: the conversation, every verdict, every attempt at a model."""

from __future__ import annotations

from collections.abc import Iterator

import click
import msgspec

from seatrial.cli.reply import value_lines
from seatrial.cli.show import one_line
from seatrial.cli.terminal import visible
from seatrial.core.case import Case
from seatrial.core.conversation import Message
from seatrial.core.exchange import Attempt, Exchange, Rejected
from seatrial.core.verdict import Verdict
from seatrial.store.records import Result

STATES = {"pass": ("PASS", "green"), "fail": ("FAIL", "red"), "error": ("ERROR", "red")}


def show_case(case: Case, result: Result) -> None:
    """Print everything the run knows about one result of `case`."""
    word, colour = STATES.get(result.state, ("UNSCORED", "yellow"))
    repeat = f"  repeat {result.repeat}" if case.repeat.times > 1 else ""
    title = click.style(visible(f"{result.suite} › {case.title}"), bold=True)
    click.echo(f"{click.style(word, fg=colour, bold=True)} {title}  {result.variant}{repeat}")
    said = [f"id {case.id}", case.source, *([f"tags {', '.join(case.tags)}"] if case.tags else [])]
    click.echo(click.style(visible("  " + "  ".join(said)), dim=True))
    if case.vars:
        click.echo(f"  vars  {visible(msgspec.json.encode(case.vars).decode())}")
    click.echo("\nconversation")
    for message in _conversation(result):
        _show_message(message)
    if result.error is not None:
        click.echo(f"\n  error  {visible(result.error.message)}")
        if result.error.hint:
            click.echo(f"  hint   {visible(result.error.hint)}")
    click.echo("\nverdicts" if result.verdicts else "\nno verdict: there was no answer to judge")
    for verdict in result.verdicts:
        _show_verdict(verdict, turns=len(result.exchanges) > 1)
    click.echo("\nattempts" if any(each.attempts for each in result.exchanges) else "\nno attempt: no model was called")
    for number, exchange in enumerate(result.exchanges, 1):
        _show_attempts(exchange, f"turn {number}  " if len(result.exchanges) > 1 else "")
    click.echo()


def _conversation(result: Result) -> Iterator[Message]:
    """What was said, in order: the last exchange holds all that went before it."""
    if result.exchanges:
        last = result.exchanges[-1]
        yield from last.request.messages
        yield last.message
    else:
        yield from result.input


def _show_message(message: Message) -> None:
    lines = message.text.splitlines() or [""]
    role = click.style(f"{message.role:<10}", bold=True)
    click.echo(f"  {role}{visible(lines[0])}")
    for line in lines[1:]:
        click.echo(f"  {'':<10}{visible(line)}")


def _show_verdict(verdict: Verdict, *, turns: bool) -> None:
    word, colour = STATES.get(verdict.state, ("UNSCORED", "yellow"))
    parts = [
        click.style(f"{word:<8}", fg=colour),
        verdict.check,
        f"turn {verdict.turn + 1}" if turns else "",
        f"on {verdict.on}" if verdict.on != "answer" else "",
        f"score {verdict.score:.2f}" if verdict.score is not None and 0 < verdict.score < 1 else "",
        "weight 0" if verdict.weight == 0 else "",
        visible(verdict.reason),
    ]
    click.echo("  " + "  ".join(part for part in parts if part))


def _show_attempts(exchange: Exchange, before: str) -> None:
    for place, attempt in enumerate(exchange.attempts):
        click.echo(f"  {before}{visible(_attempt(attempt))}")
        for rejected in exchange.rejected:
            if rejected.attempt == place:
                _show_rejected(rejected, before)
    for line in value_lines(exchange):
        click.echo(f"  {before}{visible(line)}")


def _show_rejected(rejected: Rejected, before: str) -> None:
    click.echo(f"  {before}  {visible(f'asked again: {rejected.outcome}: {one_line(rejected.text)}')}")
    for error in rejected.errors:
        click.echo(f"  {before}    {visible(one_line(error))}")
    for repair in rejected.repairs:
        click.echo(f"  {before}    {visible(f'tried {repair.name} at {repair.path}')}")


def _attempt(attempt: Attempt) -> str:
    usage = attempt.usage
    parts = [
        f"{attempt.model} ({attempt.use})",
        f"served by {attempt.served_by}" if attempt.served_by else "",
        "second request" if attempt.hedged else "",
        attempt.finish,
        f"waited {attempt.queued_ms:,.0f} ms for its limits" if attempt.queued_ms else "",
        f"{attempt.latency_ms:,.0f} ms",
        f"first token {attempt.first_token_ms:,.0f} ms" if attempt.first_token_ms is not None else "",
        f"{usage.input_total:,} + {usage.output_total:,} tokens" if usage is not None else "",
        f"schema by {attempt.rung}" if attempt.rung is not None else "",
        _cost(attempt),
        f"{attempt.error.kind}: {attempt.error.message}" if attempt.error is not None else "",
    ]
    return "  ".join(part for part in parts if part)


def _cost(attempt: Attempt) -> str:
    if attempt.cost_nusd is not None:
        return f"{attempt.cost_nusd / 1e9:.6f} USD"
    return "cost unknown" if attempt.error is not None and attempt.error.billable else ""
