"""`seatrial guard`: put a text before guards and see what each of them does."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click
import msgspec

from seatrial.cli.options import feature_option, json_option
from seatrial.core.decision import Stage
from seatrial.core.errors import SpecError

if TYPE_CHECKING:
    from seatrial.core.verdict import Span
    from seatrial.guard.trial import Step, Trial

_COLOURS = {"passed": "green", "flagged": "yellow", "shadowed": "yellow", "let through": "yellow"}


@click.group(short_help="Try guards on a text: what each sees and does.")
def command() -> None:
    """Guards: checks in the line of fire. See docs/guides/guards.md."""


@command.command("try")
@click.argument("text")
@feature_option("the guards of this feature (default: here)", default=None)
@click.option("--stage", type=click.Choice(get_args(Stage)), default="input", help="whose guards")
@click.option("--cohort", multiple=True, metavar="NAME=VALUE", help="as a request of this cohort (repeatable)")
@json_option()
def try_(text: str, folder: Path | None, stage: Stage, cohort: Sequence[str], as_json: bool) -> int:
    """Put TEXT (or - for what comes in by a pipe) before the guards of a stage, one after the other, and show what each
    sees, finds and does. Without guards there the usual detectors only say what they find. An answer is judged whole.

    \b
    --json: {"stage", "text" or null, "reply" or null, "unasked": [...],
    "steps": [{"seen", "left", "decisions": [...]}]}
    """
    from seatrial.feature.bridge import run_sync
    from seatrial.feature.trial import try_guards

    given = _piped() if text == "-" else text
    trial, usual = run_sync(try_guards(folder, given, stage, _cohort(cohort)))
    if as_json:
        click.echo(msgspec.json.encode(trial))
    else:
        _show(trial, usual=usual)
    return 0


def _piped() -> str:
    try:
        text = sys.stdin.read()
        text.encode()
    except UnicodeError as error:
        raise SpecError("what comes in is not UTF-8 text", hint="save the file as UTF-8") from error
    return text


def _cohort(given: Sequence[str]) -> dict[str, str]:
    values = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name or not value:
            raise SpecError("--cohort is not right", expected="NAME=VALUE, like age=13-15", got=repr(each))
        values[name] = value
    return values


def _show(trial: Trial, *, usual: bool) -> None:
    if usual:
        click.echo(click.style(f"no guards of the {trial.stage} here: the usual detectors, which only say", dim=True))
    for step in trial.steps:
        _show_step(step)
    for name in trial.unasked:
        click.echo(click.style(f"- {name}: not asked any more", dim=True))
    click.echo()
    if trial.text is not None:
        from seatrial.cli.terminal import visible

        click.echo(f"goes on  {visible(trial.text)}")
    else:
        click.echo(f"blocked  {trial.reply}")


def _show_step(step: Step) -> None:
    from seatrial.cli.show import one_line
    from seatrial.cli.terminal import visible

    for made in step.decisions:
        reason = f": {one_line(made.verdict.reason)}" if made.verdict.reason else ""
        did = made.did if made.did != "shadowed" else f"would {made.action}"
        mark = "✓" if made.did == "passed" else "✗"
        name = click.style(f"{mark} {made.verdict.check}", fg=_COLOURS.get(made.did, "red"))
        click.echo(f"{name} {did}{visible(reason)} {click.style(f'({made.latency_ms:.2f} ms)', dim=True)}")
        if made.did != "passed":
            click.echo("    " + "".join(_marked(step.seen, made.verdict.spans)).replace("\n", "\n    "))


def _marked(text: str, spans: Sequence[Span]) -> list[str]:
    """The text with what was found in colours on a terminal, and between ⟦ and ⟧ with its label anywhere."""
    from seatrial.cli.terminal import visible

    pieces, done = [], 0
    for span in spans:
        if span.start < done:
            continue
        found = f"⟦{visible(text[span.start : span.end])}⟧" + (f"({span.label})" if span.label else "")
        pieces += [visible(text[done : span.start]), click.style(found, fg="red")]
        done = span.end
    return [*pieces, visible(text[done:])]
