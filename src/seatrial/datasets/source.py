"""A data source: the rows of a file or of a Python generator, with the types the suite gives its columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from seatrial.core.errors import SpecError
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


class DataSource:
    """`rows()` reads anew each time it is called."""

    def __init__(self, open_rows: Callable[[], Iterator[Row]], types: Mapping[str, str]) -> None:
        self._open = open_rows
        self._types = types

    def rows(self) -> Iterator[Row]:
        """Raises SpecError with file and line at the first row that cannot be read or converted."""
        for row in self._open():
            yield self._typed(row) if self._types else row

    def _typed(self, row: Row) -> Row:
        values = dict(row.values)
        for column, type_ in self._types.items():
            if column not in values:
                raise SpecError(
                    f"row {row.number}: there is no column {column!r}",
                    file=row.file,
                    line=row.line,
                    nearest=nearest_name(column, values),
                    hint="types: names columns of the data",
                )
            values[column] = _convert(values[column], type_, row, column)
        return msgspec.structs.replace(row, values=values)


def _convert(cell: Any, type_: str, row: Row, column: str) -> Any:
    """Text is read as `type_`; a value that has the type already stays."""
    try:
        if isinstance(cell, str):
            return TYPES[type_](cell)
        return msgspec.convert(cell, {"bool": bool, "int": int, "number": float, "text": str}.get(type_, Any))
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise SpecError(
            f"row {row.number}: the cell {column!r} is not right",
            file=row.file,
            line=row.line,
            expected=EXPECTED[type_],
            got=describe_value(cell),
        ) from error


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
