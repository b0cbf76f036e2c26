"""`seatrial chat`: talk to a feature in a terminal or through a pipe, and see what the checks say of each reply."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import click
import msgspec

from seatrial.checks.bind import BoundCheck, bind_entry
from seatrial.cli.conversation import Conversation, Reply
from seatrial.cli.reply import show_reply
from seatrial.cli.terminal import visible
from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name
from seatrial.evals.run import load_suites
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
    checks = [_bind(entry) for entry in entries] if entries else suite_checks(feature)
    conversation = Conversation(feature, read_variables(variables, inputs), checks)
    chat = _Chat(conversation, as_json=as_json, place="" if folder == "." else f" {folder}")
    try:
        return chat.run()
    finally:
        run_sync(close_client())


def suite_checks(feature: Feature) -> list[BoundCheck]:
    """The checks that suites put on every answer, each once; without those that need a case to compare with."""
    if not any((feature.folder / "evals").glob("*.y*ml")):
        return []
    bound = [suite.binder.bind(entry) for suite in load_suites(feature.folder) for entry in suite.checks]
    return list({check.version: check for check in bound if "case" not in check.definition.wants}.values())


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


def _bind(entry: str) -> BoundCheck:
    node = parse_yaml(entry, file="--check")
    node.problems.raise_any()
    try:
        return bind_entry(node.plain())
    except SpecError as error:
        raise SpecError([msgspec.structs.replace(each, file=each.file or "--check") for each in error.problems]) from error


class _Chat:
    """The loop: one line, one reply."""

    def __init__(self, conversation: Conversation, *, as_json: bool, place: str) -> None:
        self._conversation = conversation
        self._feature = conversation.feature
        self._as_json = as_json
        self._place = place
        self._terminal = sys.stdin.isatty()
        self._faults: set[str] = set()

    def run(self) -> int:
        """Talk until the lines end; the exit code."""
        if not self._as_json:
            self._greet()
        for line in self._lines():
            if line in ("/quit", "/exit"):
                break
            if line.startswith("/") and not line.startswith("//") and "/" not in line[1:].split()[0:1]:
                self._obey(line)
            elif line.strip():
                self._reply(line.removeprefix("/") if line.startswith("//") else line)
        if not self._as_json:
            click.echo(f"\nnext    seatrial eval{self._place}")
        if self._terminal or not self._faults:
            return 0
        return 1 if self._faults & OWN_FAULTS else 3
