"""`seatrial chat`: talk to a feature in a terminal or through a pipe, and see what the checks say of each reply."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any

import click
import msgspec
from msgspec.structs import replace

from seatrial.checks.bind import BoundCheck, bind_entry
from seatrial.cli.conversation import Conversation
from seatrial.cli.reply import show_reply
from seatrial.cli.terminal import visible
from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name
from seatrial.evals.suites import load_suites
from seatrial.evals.tally import OWN_FAULTS
from seatrial.feature.assemble import close_client
from seatrial.feature.bridge import run_sync
from seatrial.feature.feature import Feature, load
from seatrial.prompts.inputs import Input
from seatrial.spec.yaml import parse_yaml

PROMPT = "› "
COMMANDS = {"/reset": "forget what was said", "/help": "this list", "/quit": "end, as does Ctrl-D"}
HELP = "\n".join(
    [
        *(f"  {name:8}{said}" for name, said in COMMANDS.items()),
        "  Ctrl-C  stops a reply; at the prompt it ends the chat",
        "  //…     says a text that begins with a slash",
    ]
)


@click.command(short_help="Talk to a feature; see latency, tokens and checks of each reply.")
@click.argument("folder", default=".", metavar="[DIR]")
@click.option("--model", metavar="NAME", help="talk to this model of feature.yaml")
@click.option("--prompt", metavar="FILE", help="with this prompt file")
@click.option("--var", "variables", multiple=True, metavar="NAME=VALUE", help="an input of the prompt (repeatable)")
@click.option("--check", "entries", multiple=True, metavar="ENTRY", help="judge by this check instead (repeatable)")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object a reply, for machines")
def command(
    folder: str, model: str | None, prompt: str | None, variables: Sequence[str], entries: Sequence[str], as_json: bool
) -> int:
    """Talk to the feature in DIR (default: here). Each reply is streamed; below it stand latency, tokens, cost where
    the price is known, and what the checks say: those of the suites in evals/ that judge every answer, or the entries
    given with --check, written as in a suite ("max-words: 60").

    From a pipe, each line is one ask. Then the exit code is 1 when an ask had no answer for a reason to be mended in
    the feature, 3 when only network or provider failed; at a terminal it is 0.
    """
    feature = load(folder).variant(model, prompt)
    feature.prepare()
    inputs = {name: each for use in feature.spec.route for name, each in feature.prompt_for(use).inputs.items()}
    checks = [_bind(entry, feature) for entry in entries] if entries else suite_checks(feature)
    chat = _Chat(
        _begin(feature, read_variables(variables, inputs), checks),
        as_json=as_json,
        place="" if folder == "." else f" {folder}",
    )
    try:
        return chat.run()
    finally:
        run_sync(close_client())


def suite_checks(feature: Feature) -> list[BoundCheck]:
    """The checks that suites put on every answer, each once; without those that need a case to compare with, and those
    that ask a model, which would cost and take as long as the answer.
    """
    if not any((feature.folder / "evals").glob("*.y*ml")):
        return []
    suites = load_suites(feature.folder, lend=feature.lend)
    bound = [suite.binder.bind(entry) for suite in suites for entry in suite.checks]
    return list({check.version: check for check in bound if not (check.needs_case or check.calls_model)}.values())


def read_variables(given: Sequence[str], inputs: Mapping[str, Input]) -> dict[str, Any]:
    """`name=value` as values: text for an input of type string, else read as YAML."""
    values = {}
    for each in given:
        name, equals, text = each.partition("=")
        if not equals or not name:
            raise SpecError("--var is not right", expected="NAME=VALUE", got=repr(each))
        is_text = name not in inputs or inputs[name].type == "string"
        values[name] = text if is_text else parse_yaml(text, file=f"--var {name}").plain()
    return values


def _begin(feature: Feature, values: Mapping[str, Any], checks: Sequence[BoundCheck]) -> Conversation:
    try:
        return Conversation(feature, values, checks)
    except SpecError as error:
        how = "give inputs of the prompt with  --var NAME=VALUE"
        hinted = [replace(each, hint=each.hint or (None if each.nearest else how)) for each in error.problems]
        raise SpecError(hinted) from error


def _bind(entry: str, feature: Feature) -> BoundCheck:
    """An entry of the command line; paths in it are relative to where the command runs."""
    node = parse_yaml(entry, file="--check")
    node.problems.raise_any()
    try:
        bound = bind_entry(node.plain(), lend=feature.lend)
    except SpecError as error:
        raise SpecError([replace(each, file=each.file or "--check") for each in error.problems]) from error
    if bound.needs_case:
        raise SpecError(f"{bound.id} needs a case, and a chat has none", file="--check", hint="leave it to the suites")
    return bound


class _Chat:
    """The loop: one line, one reply."""

    def __init__(self, conversation: Conversation, *, as_json: bool, place: str) -> None:
        self._conversation = conversation
        self._preferred = conversation.feature.spec.route[0]
        self._as_json = as_json
        self._place = place
        self._terminal = sys.stdin.isatty()
        self._faults: set[str] = set()
        self._line_open = False

    def run(self) -> int:
        """Talk until the lines end; the exit code."""
        self._greet()
        for line in self._lines():
            if line.startswith("//"):
                self._reply(line[1:])
            elif not (command_ := re.fullmatch(r"/\w+", line.strip())):
                self._reply(line)
            elif command_[0] == "/quit":
                break
            else:
                self._obey(command_[0])
        if not self._as_json:
            click.echo(f"next    seatrial eval{self._place}")
        if self._terminal or not self._faults:
            return 0
        return 1 if self._faults & OWN_FAULTS else 3

    def _greet(self) -> None:
        talk = self._conversation
        if self._terminal and not self._as_json:
            use = talk.feature.spec.models[self._preferred].use
            click.echo(click.style(f"{talk.feature.name}: {self._preferred} ({use}) · /help · Ctrl-D ends", dim=True))
            if talk.checks:
                names = ", ".join(dict.fromkeys(check.id for check in talk.checks))
                click.echo(click.style(f"judged by {names}", dim=True))
            click.echo()
        if talk.alone:
            note = f"Each ask stands alone: {talk.alone[0]} has no line  history:  for what was said before."
            click.echo(note + "\n", err=self._as_json)

    def _lines(self) -> Iterator[str]:
        """What the person says, without empty lines. At a terminal Ctrl-C raises KeyboardInterrupt."""
        lines: Iterable[str] = _typed("" if self._as_json else PROMPT) if self._terminal else sys.stdin
        try:
            for line in lines:
                line.encode()
                if line.strip():
                    yield line.rstrip("\r\n")
        except UnicodeError as error:
            raise SpecError("what was said is not UTF-8 text", hint="save the file as UTF-8") from error

    def _obey(self, name: str) -> None:
        if name == "/reset":
            self._conversation.reset()
            said = "forgotten: the next ask starts a new conversation"
        elif name == "/help":
            said = HELP
        else:
            nearest = nearest_name(name, COMMANDS)
            said = f"there is no command {name}; " + (f"did you mean {nearest}?" if nearest else "see /help")
        click.echo(said + "\n", err=self._as_json)

    def _reply(self, text: str) -> None:
        if not self._terminal and not self._as_json:
            click.echo(PROMPT + visible(text))
        reply = self._conversation.ask(text, self._pass_over if self._as_json else self._say)
        if not reply.answered and reply.exchange.error is not None:
            self._faults.add(reply.exchange.error.kind)
        if self._as_json:
            # In ASCII: what steers a terminal is escaped, and a program reads it as the model said it.
            click.echo(json.dumps(msgspec.to_builtins({"exchange": reply.exchange, "verdicts": reply.verdicts})))
        else:
            if reply.interrupted or self._line_open:
                click.echo()
            elif reply.answered and not reply.exchange.text:
                click.echo("(the reply is empty)")
            self._line_open = False
            show_reply(reply, preferred=self._preferred)
            click.echo()
        if reply.interrupted and not self._terminal:
            raise KeyboardInterrupt

    def _say(self, piece: str) -> None:
        click.echo(visible(piece), nl=False)
        self._line_open = not piece.endswith("\n")

    def _pass_over(self, piece: str) -> None:
        """The JSON line has the whole text."""


def _typed(prompt: str) -> Iterator[str]:
    """Lines typed at the terminal, with line editing where Python has it."""
    with suppress(ImportError):
        import_module("readline")  # input() uses it once it is imported
    try:
        while True:
            yield input(prompt)
    except EOFError:
        click.echo()
