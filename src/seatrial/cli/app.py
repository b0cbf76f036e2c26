"""The `seatrial` command: a table of commands, errors turned into messages and exit codes.

`--help` reads the table and imports no command, so that it answers in less than a tenth of a second.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, NamedTuple, NoReturn

import click

OK, NOT_HELD, WRONG_INPUT, OUTSIDE, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 130
UNREAD = 141
"""Nobody reads what is printed (`| head`): what a shell says of a process that SIGPIPE ended. Not 0, since the answer
may have been among the rest, and not click's 1, which says that something did not hold.
"""


class Entry(NamedTuple):
    section: str
    module: str
    help: str


COMMANDS: dict[str, Entry] = {
    "init": Entry("Build", "init", "Start a new feature in a folder of its own."),
    "chat": Entry("Build", "chat", "Talk to a feature; see latency, tokens and checks of each reply."),
    "eval": Entry("Prove", "eval", "Run a feature's suites and say what holds."),
    "compare": Entry("Prove", "compare", "Say whether run B is better than run A, and how sure that is."),
    "checks": Entry("Prove", "checks", "List and explain checks; measure them against labelled data."),
    "judge": Entry("Prove", "judge", "Label answers, hold a judge against people, attack it."),
    "guard": Entry("Prove", "guard", "Try guards on a text: what each sees and does."),
    "runs": Entry("Prove", "runs", "List, show and compare past runs."),
    "simulate": Entry("Run", "simulate", "Serve a simulated provider that fails on schedule."),
}


@contextmanager
def _unread() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise click.exceptions.Exit(UNREAD) from error


class LazyGroup(click.Group):
    """Lists commands from the table, in its order and sections, and imports one when it is called. A broken pipe is an
    exit with UNREAD before click can make one with 1 of it.
    """

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        with _unread():
            return super().make_context(*args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        with _unread():
            return super().invoke(ctx)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"seatrial.cli.{COMMANDS[cmd_name].module}").command
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            from difflib import get_close_matches

            nearest = get_close_matches(args[0], COMMANDS, n=1)
            more = f" Did you mean {nearest[0]}?" if nearest else f" Commands: {', '.join(COMMANDS)}."
            raise click.UsageError(f"there is no command {args[0]!r}.{more}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for section in dict.fromkeys(entry.section for entry in COMMANDS.values()):
            with formatter.section(section):
                formatter.write_dl([(name, entry.help) for name, entry in COMMANDS.items() if entry.section == section])


def _version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        from importlib import metadata

        click.echo(f"seatrial {metadata.version('seatrial')}")
        ctx.exit()


@click.group(cls=LazyGroup, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, callback=_version, expose_value=False, is_eager=True, help="Print the version."
)
@click.pass_context
def app(ctx: click.Context) -> int:
    """Build, prove and launch features built on language models.

    \b
    Without a command: where you are, and the next useful step.
    """
    if ctx.invoked_subcommand is None:
        from seatrial.cli.status import show_status

        show_status()
    return OK


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(given))


def run(arguments: Sequence[str]) -> int:
    """The exit code: 2 the input is wrong, 1 a gate or case did not hold, 3 something outside failed, 4 a bug of ours,
    130 interrupted, 141 nobody reads what is printed, else 0.
    """
    try:
        return _run(arguments)
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())  # what still is in their buffers cannot be told to anyone
        return UNREAD


def _run(arguments: Sequence[str]) -> int:
    try:
        code = app.main(list(arguments), prog_name="seatrial", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else OK
    except click.ClickException as error:
        return _usage(error, arguments)
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - the outermost place: whatever happened becomes a message and a code
        return _failed(error, as_json="--json" in arguments)


def _usage(error: click.ClickException, arguments: Sequence[str]) -> int:
    if "--json" in arguments:
        _print_json_error("usage", error.format_message())
    click.echo(f"error: {error.format_message()}", err=True)
    context = getattr(error, "ctx", None)
    if context is not None:
        click.echo(f"\nhint: {context.command_path} --help", err=True)
    return WRONG_INPUT


def _failed(error: Exception, *, as_json: bool) -> int:
    from seatrial.core.errors import BugError, ModelError, OutsideError, SpecError

    kinds: dict[type[Exception], tuple[str, int]] = {
        SpecError: ("spec", WRONG_INPUT),
        ModelError: ("model", OUTSIDE),
        OutsideError: ("outside", OUTSIDE),
        OSError: ("outside", OUTSIDE),
        BugError: ("bug", BUG),
    }
    kind, code = next((each for type_, each in kinds.items() if isinstance(error, type_)), ("bug", BUG))
    if as_json:
        _print_json_error(kind, str(error))
    if code == BUG:
        import traceback

        traceback.print_exception(error)
        click.echo("\nerror: this is a bug of Seatrial; please report it with the lines above", err=True)
    else:
        problems = error.problems if isinstance(error, SpecError) else [error]
        click.echo("\n\n".join(f"{click.style('error', fg='red')}: {problem}" for problem in problems), err=True)
    return code


def _print_json_error(kind: str, message: str) -> None:
    import json

    click.echo(json.dumps({"error": {"kind": kind, "message": message}}))
