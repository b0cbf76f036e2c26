"""What people are given to label: answers of a run, or rows of a file, in an order of their own and without a name of
who answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from seatrial.core.conversation import Message
from seatrial.core.errors import SpecError
from seatrial.core.exchange import UNANSWERED
from seatrial.core.identity import digest
from seatrial.judges.labels import Item, Labels
from seatrial.spec.nodes import describe_value
from seatrial.spec.rows import Row, read_rows
from seatrial.spec.templates import compile_expression
from seatrial.store.runs import RunFolder


def items_of_run(run: RunFolder, suite: str | None = None) -> Iterator[Item]:
    """The last answer of every result that has one."""
    rows = {(case.suite, case.id): case.row for case in run.cases() if suite in (None, case.suite)}
    for result in run.results():
        if suite not in (None, result.suite) or not result.exchanges:
            continue
        last = result.exchanges[-1]
        if last.finish not in UNANSWERED:
            row = rows.get((result.suite, result.case), {})
            yield Item(messages=last.request.messages, text=last.text, context=last.context, row=row)


def items_of_rows(path: Path, *, text: str, asked: str | None = None, context: str | None = None) -> Iterator[Item]:
    """An item for every row; the columns are names, or expressions over the row. Raises SpecError at a row without
    them.
    """
    for row in read_rows(path):
        question = _column(row, asked) if asked is not None else None
        found = _column(row, context) if context is not None else ()
        yield Item(
            messages=(Message("user", _text(row, question)),) if question is not None else (),
            text=_text(row, _column(row, text)),
            context=tuple(_text(row, each) for each in (found if isinstance(found, list | tuple) else [found])),
            row=row.values,
        )


def _column(row: Row, name: str) -> Any:
    if name in row.values:
        return row.values[name]
    return compile_expression(name, file=row.file, line=row.line)(row.values)


def _text(row: Row, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise SpecError(
        f"row {row.number}: this is no text to label",
        file=row.file,
        line=row.line,
        expected="text",
        got=describe_value(value),
    )


def to_label(items: Iterable[Item], labels: Labels, *, by: str, sample: int | None, seed: int) -> list[Item]:
    """What `by` has not labelled yet, each item once. The sample is the same for everybody, so that people meet on it;
    the order is each person's own, so that nobody's tiredness falls on the same items as another's.
    """
    found = {item.id: item for item in items}
    chosen = sorted(found, key=lambda each: digest([seed, each]))[:sample]
    done = labels.said_by(by)
    left = [each for each in chosen if each not in done]
    return [found[each] for each in sorted(left, key=lambda each: digest([seed, by, each]))]
