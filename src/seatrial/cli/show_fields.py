"""What a person reads of fields counted by `field-accuracy`: how often right, the classes done worst, what is taken for
what.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from seatrial.cli.show import one_line, rate_cells, show_table
from seatrial.store.records import FieldAccuracy, Rate, SuiteSummary

CLASSES_SHOWN = 10
CONFUSED_SHOWN = 5
LONGEST_NAME = 40


def show_fields(suites: Sequence[SuiteSummary]) -> None:
    """Print every field of every suite and variant; nothing where none was counted."""
    counted = [(suite, name, field) for suite in suites for name, field in suite.fields.items()]
    if not counted:
        return
    rows = [["field", "suite", "variant", "right", "accuracy", "95 % interval", "macro recall", "macro precision", ""]]
    for suite, name, field in counted:
        right = f"{round((field.accuracy.estimate or 0) * field.accuracy.n)}/{field.accuracy.n}"
        means = [_mean(field.macro_recall), _mean(field.macro_precision)]
        absent = f"{field.without_value} without a value" if field.without_value else ""
        rows.append([_name(name), suite.suite, suite.variant, right, *rate_cells(field.accuracy), *means, absent])
    click.echo()
    show_table(rows)
    several = len({(suite.suite, suite.variant) for suite, _, _ in counted}) > 1
    for suite, name, field in counted:
        _show_classes(f"{_name(name)} ({suite.suite}, {suite.variant})" if several else _name(name), field)


def _show_classes(title: str, field: FieldAccuracy) -> None:
    """The classes that are not always right, by how many cases they cost."""
    if field.classes is None or field.confusion is None:
        click.echo(f"  {title}: too many different values to count by class")
        return
    missed = {name: (each.cases - each.right) + (each.given - each.right) for name, each in field.classes.items()}
    worst = sorted((name for name, count in missed.items() if count), key=lambda name: (-missed[name], name))
    if not worst:
        return
    rows = [["class", "cases", "recall", "95 % interval ", "answered", "precision", "95 % interval"]]
    for name in worst[:CLASSES_SHOWN]:
        each = field.classes[name]
        recall, precision = rate_cells(each.recall), rate_cells(each.precision)
        rows.append([_name(name), f"{each.right}/{each.cases}", *recall, f"{each.right}/{each.given}", *precision])
    click.echo(f"\n{title}: classes not always right")
    show_table(rows)
    if len(worst) > CLASSES_SHOWN:
        click.echo(f"  … and {len(worst) - CLASSES_SHOWN} more; --json and --report have them all")
    shown = list(confused(field))
    said = [f"{_name(expected)} → {_name(got)} {count}" for expected, got, count in shown[:CONFUSED_SHOWN]]
    more = f", {len(shown) - CONFUSED_SHOWN} more pairs" if len(shown) > CONFUSED_SHOWN else ""
    click.echo(f"  label → answer: {', '.join(said)}{more}")


def confused(field: FieldAccuracy) -> Iterator[tuple[str, str, int]]:
    """(expected, got, cases) of what was wrong, the commonest first."""
    pairs = [
        (expected, got, count)
        for expected, row in (field.confusion or {}).items()
        for got, count in row.items()
        if expected != got
    ]
    yield from sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1]))


def _mean(rate: Rate | None) -> str:
    if rate is None or rate.estimate is None or rate.low is None or rate.high is None:
        return "-"
    return f"{rate.estimate:.1%} ({rate.low:.1%} to {rate.high:.1%})"


def _name(text: str) -> str:
    return one_line(text, LONGEST_NAME)
