"""A data source: the rows of a file or of a Python generator, with the types the suite gives its columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from seatrial.core.errors import Problem, SpecError
from seatrial.core.registry import nearest_name
from seatrial.spec.code import load_function
from seatrial.spec.nodes import Node, describe_value
from seatrial.spec.rows import SUFFIXES, Row, read_rows


def _bool(cell: str) -> bool:
    value = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}.get(cell.strip().lower())
    if value is None:
        raise ValueError
    return value


def _int(cell: str) -> int:
    if not _WHOLE.fullmatch(cell.strip()):
        raise ValueError
    return int(cell)


def _number(cell: str) -> float:
    """What Python reads beside it (`nan`, `1_000`, other scripts' digits) is more often a mistake than a number."""
    number = float(cell)
    if not isfinite(number) or "_" in cell or not cell.isascii():
        raise ValueError
    return number


_WHOLE = re.compile(r"[-+]?[0-9]{1,4000}")

TYPES: dict[str, Callable[[str], Any]] = {
    "bool": _bool,
    "int": _int,
    "number": _number,
    "text": str,
    "json": msgspec.json.decode,
}
EXPECTED = {"bool": "true or false", "int": "a whole number", "number": "a number", "text": "text", "json": "JSON"}

MOST_CELLS = 20
"""So many bad cells of one reading are told; the others are counted."""

_FAULTS = (KeyError, ValueError, RecursionError, msgspec.MsgspecError)
"""A column that is not in the row, and what reading a cell raises."""


class DataSource:
    """`rows()` reads anew each time it is called."""

    def __init__(self, open_rows: Callable[[], Iterator[Row]], types: Mapping[str, str]) -> None:
        self._open = open_rows
        self._types = types

    def rows(self) -> Iterator[Row]:
        """Raises SpecError with file and line at the first row that cannot be read, and after the last row with the
        cells that could not be converted; their rows are left out.
        """
        return _Typing(self._types).rows(self._open()) if self._types else self._open()


class _Typing:
    """Converts the columns of one reading of the data, and keeps what could not be converted."""

    def __init__(self, types: Mapping[str, str]) -> None:
        self._types = dict(types)
        self._columns_there = True
        self._bad: list[Problem] = []
        self._more = 0

    def rows(self, rows: Iterator[Row]) -> Iterator[Row]:
        try:
            for row in rows:
                typed = self._typed(row)
                if typed is not None:
                    yield typed
        except SpecError as error:
            raise SpecError([*self._problems(), *error.problems]) from error
        if self._bad:
            raise SpecError(self._problems())

    def _problems(self) -> list[Problem]:
        if not self._more:
            return self._bad
        what = f"{self._more:,} more cells are not right" if self._more > 1 else "one more cell is not right"
        return [*self._bad, Problem(what=what, file=self._bad[-1].file)]

    def _typed(self, row: Row) -> Row | None:
        if row.number == 1:
            self._check_columns(row)
        values = dict(row.values)
        sound = self._columns_there
        for column, type_ in self._types.items():
            try:
                values[column] = _convert(values[column], type_)
            except _FAULTS:
                got = describe_value(values[column]) if column in values else "no such column"
                self._note(row, f"the cell {column!r} is not right", expected=EXPECTED[type_], got=got)
                sound = False
        return msgspec.structs.replace(row, values=values) if sound else None

    def _check_columns(self, row: Row) -> None:
        """A column that the first row lacks is a mistake in `types:`, told once and not for every row."""
        for column in [column for column in self._types if column not in row.values]:
            nearest = nearest_name(column, row.values)
            hint = "types: names columns of the data"
            self._note(row, f"there is no column {column!r}", nearest=nearest, hint=hint)
            del self._types[column]
            self._columns_there = False

    def _note(self, row: Row, what: str, **more: Any) -> None:
        if len(self._bad) < MOST_CELLS:
            self._bad.append(Problem(what=f"row {row.number}: {what}", file=row.file, line=row.line, **more))
        else:
            self._more += 1


def _convert(cell: Any, type_: str) -> Any:
    """Text is read as `type_`; a value that has the type already stays. Raises one of _FAULTS."""
    if isinstance(cell, str):
        return TYPES[type_](cell)
    return msgspec.convert(cell, {"bool": bool, "int": int, "number": float, "text": str}.get(type_, Any))


def read_source(node: Node, types: Node | None, folder: Path) -> DataSource | None:
    """`from:` is a data file relative to `folder`, or `module:function` (or `file.py:function`) that gives rows."""
    name = node.text("from")
    columns = _read_types(types)
    if name is None:
        return None
    if Path(name).suffix.lower() in SUFFIXES:
        path = folder / name
        if not path.is_file():
            siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
            node.problem(
                f"there is no file {name!r}", nearest=nearest_name(path.name, siblings), hint=f"looked in {path.parent}"
            )
            return None
        return DataSource(lambda: read_rows(path, file=name), columns)
    if ":" not in name:
        node.problem("from: is not right", expected=f"a {', '.join(SUFFIXES)} file, or module:function", got=repr(name))
        return None
    try:
        function, _ = load_function(name.removeprefix("python ").strip(), folder)
    except SpecError as error:
        for problem in error.problems:
            node.problem(problem.what, expected=problem.expected, nearest=problem.nearest, hint=problem.hint)
        return None
    return DataSource(lambda: _generated(function, name), columns)


def _generated(function: Callable[..., Iterable[Any]], name: str) -> Iterator[Row]:
    """The rows a function gives; what it raises is shown as the user's."""
    try:
        for number, values in enumerate(function(), 1):
            if not isinstance(values, Mapping):
                raise SpecError(
                    f"row {number} is no mapping", file=name, expected="a mapping", got=type(values).__name__
                )
            unnamed = next((key for key in values if not isinstance(key, str)), None)
            if unnamed is not None:
                raise SpecError(
                    f"row {number} has a column whose name is no text",
                    file=name,
                    expected="text",
                    got=repr(unnamed),
                )
            yield Row(dict(values), name, number, number)
    except SpecError:
        raise
    except Exception as error:
        raise SpecError(f"the data function broke: {type(error).__name__}: {error}", file=name) from error


def _read_types(node: Node | None) -> dict[str, str]:
    entries = node.entries("types") if node is not None else None
    read = {column: value.choice(f"the type of {column}", TYPES) for column, value in (entries or {}).items()}
    return {column: type_ for column, type_ in read.items() if type_ is not None}
