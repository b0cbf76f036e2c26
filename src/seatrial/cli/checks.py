"""`seatrial checks`: list and explain checks, and hold them against labelled data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from seatrial.checks.signature import COMMON
from seatrial.cli.options import feature_option, json_option

if TYPE_CHECKING:
    from seatrial.checks.describe import CheckDescription
    from seatrial.evals.measure import CheckOfRow, Measured, Measurement, Positive
    from seatrial.stats.proportion import Interval

RULES_SHOWN = 5
"""Of each check, in the summary for people; --json has all."""


_in_feature = feature_option("also the checks of this feature's checks.py (default: here)", default=None)


@click.group(short_help="List and explain checks; measure them against labelled data.", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> int:
    """List and explain checks, and measure them against labelled data; alone it lists them."""
    return 0 if ctx.invoked_subcommand else ctx.invoke(list_, folder=None, as_json=False)


@command.command("list")
@_in_feature
@json_option()
def list_(folder: Path | None, as_json: bool) -> int:
    """List every check with what it means.

    \b
    --json: {"checks": [{"name", "group", "kind": "property" or "detector", "meaning"}]}
    """
    from seatrial.checks.describe import groups, list_checks

    _load_own(folder)
    checks = list_checks()
    if as_json:
        rows = [{key: getattr(check, key) for key in ("name", "group", "kind", "meaning")} for check in checks]
        click.echo(msgspec.json.encode({"checks": rows}))
        return 0
    width = max(len(check.name) for check in checks)
    for name, members in groups(checks):
        click.echo(click.style(name, bold=True))
        for check in members:
            click.echo(f"  {check.name:<{width}}  {check.meaning}")
        click.echo()
    click.echo("Before each name not- swaps pass and fail: not-contains.")
    click.echo("\nnext    seatrial checks explain NAME")
    return 0


def _load_own(folder: Path | None) -> None:
    """Import the checks of a feature: of the folder given, or of the one we are in if it is a feature."""
    import seatrial.feature.lending  # noqa: F401 - joins the checks that ask a model to the table
    from seatrial.feature.folder import find_feature, load_own_checks

    root = find_feature(folder)
    if root is not None:
        load_own_checks(root)


@command.command()
@click.argument("name")
@_in_feature
@json_option()
def explain(name: str, folder: Path | None, as_json: bool) -> int:
    """Explain the check NAME: what it means, its parameters, and an example of what passes and fails.

    \b
    --json: {"name", "group", "kind", "negated", "meaning", "details", "judges_text",
    "parameters": [{"name", "type", "required", "default", "meaning"}],
    "example": {"write", "passes": [...], "fails": [...]} or null}
    """
    from seatrial.checks.describe import describe_check

    _load_own(folder)
    check = describe_check(name)
    if as_json:
        click.echo(msgspec.json.encode(check, enc_hook=str))
    else:
        _print_check(check)
    return 0


def _print_check(check: CheckDescription) -> None:
    from seatrial.checks.describe import judged_words
    from seatrial.cli.show import show_table

    click.echo(f"{click.style(check.name, bold=True)}  {check.meaning}")
    if check.details:
        click.echo(f"\n{check.details}")
    if check.negated:
        click.echo("\nnot- turns the score as well (1 - score); unscored and error stay what they are.")
    if check.kind == "detector":
        click.echo("\nA detector: it passes on text that is clean of what it looks for.")
    click.echo("\nparameters" if check.parameters else "\nIt has no parameters of its own.")
    if check.parameters:
        rows = [
            [each.name, each.type, "required" if each.required else _default(each.default), each.meaning]
            for each in check.parameters
        ]
        show_table([["name", "type", "default", "meaning"], *rows])
    common = [name for name in COMMON if name != "on" or check.judges_text]
    click.echo(f"and those of every check: {', '.join(common)}")
    example = check.example
    if example is not None:
        click.echo(f"\nexample\n  {example.write}")
        for word, judged in (("passes", example.passes), ("fails", example.fails)):
            for each in judged:
                click.echo(f"  {word:<7} {judged_words(each)}")
    if check.judges_text:
        click.echo(f"\nnext    seatrial checks measure {check.name} DATA.jsonl --text COLUMN --label EXPRESSION")


def _default(value: Any) -> str:
    return "none" if value is None else msgspec.json.encode(value, enc_hook=str).decode()


@command.command()
@click.argument("check", metavar="CHECK[,CHECK…]")
@click.argument("data", type=click.Path(path_type=Path), metavar="DATA")
@click.option("--text", required=True, metavar="FIELD", help="the column, or an expression, that holds the text")
@click.option("--label", metavar="EXPR", help="an expression: whether the row truly is positive (default: only count)")
@click.option(
    "--positive",
    type=click.Choice(["pass", "fail"]),
    default="fail",
    show_default=True,
    help="the state by which a check calls a row positive",
)
@click.option(
    "--param",
    "params",
    multiple=True,
    metavar="K=V",
    help='a parameter of the check, its value as in YAML, or "{{ EXPR }}" to read it from the row (repeatable)',
)
@_in_feature
@click.option("--show", is_flag=True, help="print the texts of the rows they disagree on")
@json_option()
def measure(
    check: str,
    data: Path,
    text: str,
    label: str | None,
    positive: Positive,
    params: tuple[str, ...],
    folder: Path | None,
    show: bool,
    as_json: bool,
) -> int:
    """Hold CHECK against labelled rows of DATA (.jsonl, .csv or .yaml).

    CHECK is a name (also not-NAME), an entry as in a suite ('max-words: 60', '{regex: {pattern: x}}'), or
    python:FILE.py:FUNCTION. FIELD and EXPR read a row as a suite's templates do: columns by name, or row["any name"].
    Several checks, as names with commas between them or as a YAML list of entries, are held each for itself and
    together: a row is positive where one of them says so.

    \b
    seatrial checks measure refusal answers.jsonl --text answer --label 'label == "refused"' --positive pass
    seatrial checks measure number-equals sums.jsonl --text answer --label correct --positive pass \\
        --param 'value={{ expected }}'
    seatrial checks measure personal-data,secrets chats.jsonl --text message --label leaks

    \b
    --json: {"n", "tp", "fp", "tn", "fn": counts of judged rows, "accuracy", "precision", "recall",
    "kappa" (Cohen's): numbers or null, "unscored", "errors": counts of rows that were not judged,
    "flagged": rows called positive, "rate": their share, of all checks together;
    "checks": {NAME: {the same of each, "rules": [{"rule", "fp", "tp"}]}}: rows by what was found in
    them, the causes of false positives first}; without --label {"n", "flagged", "rate"}
    """
    from seatrial.evals.measure import measure as hold
    from seatrial.spec.rows import read_rows

    found = hold(_read_checks(check, params, folder), read_rows(data), text=text, label=label, positive=positive)
    if as_json:
        click.echo(msgspec.json.encode(found.as_data()))
        _print_not_judged(found.union, err=True)
    else:
        _print_measurement(found, str(data), positive, show)
    return 1 if found.union.errors and not found.union.n else 0


def _read_checks(check: str, params: tuple[str, ...], folder: Path | None) -> list[CheckOfRow]:
    """One or several checks as the command line names them, with the models of the feature they may ask."""
    from seatrial.checks.written import read_several
    from seatrial.evals.measure import read_check
    from seatrial.feature.lending import lending_from

    _load_own(folder)
    lend = lending_from(folder or Path())
    return [read_check(entry, Path(), lend) for entry in read_several(check, params)]


def _print_measurement(found: Measurement, data: str, positive: Positive, show: bool) -> None:
    title = f"{', '.join(found.checks)} against {data}"
    if found.union.labelled:
        _print_measured(found.union, title, positive, show)
    else:
        click.echo(f"{click.style(title, bold=True)}: {_rows(found.union.n)} judged; positive is {positive}")
        _print_not_judged(found.union)
    if len(found.checks) > 1 or not found.union.labelled:
        _print_each(found)
    _print_rules(found)


def _rows(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


def _print_each(found: Measurement) -> None:
    """How often each check calls a row positive, and with labels how rightly."""
    from seatrial.cli.show import show_table

    together = {"all together": found.union} if len(found.checks) > 1 else {}
    rows = [["", "flagged", "of", "rate", "95 % interval"]]
    for name, each in {**found.checks, **together}.items():
        wrong = f"{each.fp:,} wrongly" if each.labelled and each.fp else ""
        rows.append([name, f"{each.flagged:,}", f"{each.n:,}", *_share("", each.rate)[1:3], wrong])
    click.echo()
    show_table(rows)


def _print_rules(found: Measurement) -> None:
    """What was found most often, where a check tells."""
    from seatrial.cli.show import show_table

    rows = [
        [rule.rule, name, f"{rule.fp:,}", *([f"{rule.tp:,}"] if found.union.labelled else [])]
        for name, each in found.checks.items()
        for rule in each.rules[:RULES_SHOWN]
    ]
    if rows:
        click.echo()
        heads = ["wrongly", "rightly"] if found.union.labelled else ["rows"]
        show_table([["found", "by", *heads], *rows])


def _print_measured(found: Measured, title: str, positive: Positive, show: bool) -> None:
    from seatrial.cli.show import show_table

    click.echo(f"{click.style(title, bold=True)}: {_rows(found.n)} judged; positive is {positive}\n")
    show_table(
        [
            ["", "labelled positive", "labelled negative"],
            ["check: positive", f"{found.tp:,}", f"{found.fp:,}"],
            ["check: negative", f"{found.fn:,}", f"{found.tn:,}"],
        ]
    )
    click.echo()
    shares = [_share(name, getattr(found, name)) for name in ("accuracy", "precision", "recall")]
    kappa = "undefined" if found.kappa is None else f"{found.kappa:.3f}"
    show_table([["", "", "95 % interval", "of"], *shares, ["kappa", kappa, "", ""]])
    _print_not_judged(found)
    if found.disagreements:
        _print_disagreements(found, show)
    if not show and found.disagreements:
        click.echo("\nnext    the same with --show prints their texts")


def _share(name: str, share: Interval) -> list[str]:
    if share.estimate is None or share.low is None or share.high is None:
        return [name, "undefined", "", "0"]
    return [name, f"{share.estimate:.1%}", f"{share.low:.1%} to {share.high:.1%}", f"{share.n:,}"]


def _print_not_judged(found: Measured, *, err: bool = False) -> None:
    for count, words in ((found.unscored, "unscored: nothing to judge by"), (found.errors, "in error")):
        if count:
            rows = "row is" if count == 1 else "rows are"
            click.echo(click.style(f"\n{count:,} {rows} {words}; not among the counts", fg="yellow"), err=err)
    if found.first_error is not None:
        click.echo(f"  {found.first_error}", err=err)


def _print_disagreements(found: Measured, show: bool) -> None:
    from seatrial.cli.show import one_line

    total = found.fp + found.fn
    numbers = ", ".join(f"{each.number}" for each in found.disagreements)
    more = f" … {total:,} in all" if total > len(found.disagreements) else ""
    click.echo(f"\nthey disagree on rows {numbers}{more}")
    for each in found.disagreements if show else ():
        labelled = "positive" if each.labelled else "negative"
        click.echo(f"\n  row {each.number}, line {each.line}: labelled {labelled}, check: {each.verdict.state}")
        click.echo(f"    {one_line(each.text, 300)}")
        click.echo(f"    {one_line(each.verdict.reason)}")
