"""The dim lines below a reply: how long it took, what it used, why it ended, and what the checks say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from shutil import get_terminal_size

import click
import msgspec

from seatrial.cli.conversation import Reply
from seatrial.cli.show import one_line
from seatrial.cli.terminal import visible
from seatrial.core.decision import Decision
from seatrial.core.exchange import UNANSWERED, Exchange
from seatrial.core.verdict import Verdict
from seatrial.cost.price import usd

_MARKS = {"pass": ("✓", "green"), "fail": ("✗", "red"), "unscored": ("?", "yellow"), "error": ("!", "red")}
_INDENT = "  "
_DEFAULT_WIDTH = 100


def show_reply(reply: Reply, *, preferred: str) -> None:
    """Print what is known of a reply whose text is already shown. `preferred` is the model that was asked first."""
    exchange = reply.exchange
    click.echo(click.style(_INDENT + " · ".join(facts(exchange, preferred=preferred)), dim=True))
    for line in value_lines(exchange):
        click.echo(_INDENT + visible(line))
    if not reply.answered and exchange.error is not None and exchange.finish != "cancelled":
        click.echo(f"{_INDENT}{click.style('error', fg='red')}: {visible(exchange.error.message)}")
        if exchange.error.hint:
            click.echo(f"{_INDENT}hint: {visible(exchange.error.hint)}")
    for made in reply.exchange.guards:
        if made.did != "passed":
            click.echo(_INDENT + visible(guard_text(made)))
    for line in packed(map(verdict_text, reply.verdicts), width=get_terminal_size((_DEFAULT_WIDTH, 24)).columns):
        click.echo(line)
    if reply.interrupted and reply.answered:
        click.echo(f"{_INDENT}the checks were stopped")


def facts(exchange: Exchange, *, preferred: str) -> list[str]:
    """`850 ms (first token 210 ms)`, `412 in, 96 out tokens`, and what else is worth a word."""
    first = exchange.first_token_ms
    said = [duration(exchange.latency_ms) + (f" (first token {duration(first)})" if first is not None else "")]
    answered = exchange.finish not in UNANSWERED
    usage = exchange.usage
    if usage is not None:
        said.append(f"{usage.input_total:,} in, {usage.output_total:,} out tokens")
    elif answered:
        said.append("tokens not reported")
    if answered and exchange.cost_nusd is not None:
        said.append(f"{usd(exchange.cost_nusd):.6f} USD")
    last = exchange.attempts[-1] if exchange.attempts else None
    if answered and last is not None and last.model != preferred:
        said.append(f"answered by {last.model} ({last.use})")
    if exchange.finish == "cancelled":
        said.append("cancelled, not kept in the conversation")
    elif exchange.finish == "error":
        said.append("no answer, not kept in the conversation")
    elif exchange.finish != "stop":
        said.append(f"ended by {exchange.finish}")
    return said


def value_lines(exchange: Exchange) -> Iterator[str]:
    """What was read from a structured answer, and what was mended for it; nothing where the output is text."""
    if exchange.outcome == "value":
        yield f"value {msgspec.json.encode(exchange.parsed).decode()}"
    elif exchange.outcome is not None:
        yield f"no value: {exchange.outcome}"
    for repair in exchange.repairs:
        yield f"repaired {repair.name} at {repair.path}" + (f": {one_line(repair.detail)}" if repair.detail else "")


def duration(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms" if milliseconds < 1000 else f"{milliseconds / 1000:.2f} s"


def verdict_text(verdict: Verdict) -> str:
    """`✓ starts-lowercase`, or with the reason: `✗ max-words: 61 words, at most 60 allowed`."""
    mark, colour = _MARKS[verdict.state]
    reason = f": {one_line(verdict.reason)}" if verdict.state != "pass" and verdict.reason else ""
    state = " unscored" if verdict.state == "unscored" else ""
    return click.style(f"{mark} {verdict.check}{state}", fg=colour) + reason


def guard_text(made: Decision) -> str:
    """`guard personal-data redacted the input: 1 place: email`."""
    what = {"input": "the input", "context": "the context", "tools": "a tool's result", "output": "the answer"}
    done = f"{made.did} {what[made.stage]}" if made.did != "shadowed" else f"would {made.action} {what[made.stage]}"
    reason = f": {one_line(made.verdict.reason)}" if made.verdict.reason else ""
    return f"guard {made.verdict.check} {done}{reason}"


def packed(texts: Iterable[str], *, width: int) -> Iterator[str]:
    """Indented lines of at most `width` columns, where whole texts allow it, so that no text is cut by a line's end."""
    line = ""
    for text in texts:
        if line and len(click.unstyle(line + _INDENT + text)) > width:
            yield line
            line = ""
        line += _INDENT + text
    if line:
        yield line
