"""Data rows with their line numbers, one at a time: JSON lines, CSV with a header, a YAML list of mappings."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from seatrial.core.errors import Problem, SpecError
from seatrial.spec.files import cannot_read
from seatrial.spec.nodes import describe_value
from seatrial.spec.yaml import read_yaml

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

SUFFIXES = (".jsonl", ".csv", ".yaml", ".yml")
MAX_LINE_BYTES = 16 * 1024 * 1024

JSON_FAULTS = (msgspec.DecodeError, ValueError, RecursionError)
"""What decoding raises: bad syntax, bad UTF-8 or a number of more digits than Python reads, and too deep nesting."""


class Row(msgspec.Struct, frozen=True):
    """One data row and where it stands; `line` counts from 1, `number` counts rows from 1."""

    values: dict[str, Any]
    file: str
    line: int
    number: int

    @property
    def source(self) -> str:
        return f"{self.file}:{self.line}"


def read_rows(path: Path, *, file: str | None = None) -> Iterator[Row]:
    """The rows of a file by its suffix. Raises SpecError with file and line at the first bad row."""
    shown = file or str(path)
    readers = {".jsonl": _jsonl, ".csv": _csv, ".yaml": _yaml, ".yml": _yaml}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise SpecError("a data file of an unknown kind", file=shown, expected=" or ".join(SUFFIXES), got=path.suffix)
    try:
        yield from reader(path, shown)
    except OSError as error:
        raise cannot_read(path, error, file=shown) from error
    except UnicodeDecodeError as error:
        raise SpecError(
            "the file is not UTF-8 text", file=shown, line=_first_undecodable(path), hint="save it as UTF-8"
        ) from error


def _first_undecodable(path: Path) -> int | None:
    with path.open("rb") as lines:
        for number, raw in enumerate(lines, 1):
            try:
                raw.decode()
            except UnicodeDecodeError:
                return number
    return None


def _jsonl(path: Path, shown: str) -> Iterator[Row]:
    decode = msgspec.json.Decoder().decode
    number = 0
    with path.open("rb") as lines:
        for line, raw in enumerate(iter(lambda: lines.readline(MAX_LINE_BYTES + 1), b""), 1):
            if len(raw) > MAX_LINE_BYTES:
                raise SpecError("the line is too long", file=shown, line=line, expected="at most 16 MiB a line")
            text = raw.removeprefix(b"\xef\xbb\xbf") if line == 1 else raw
            if not text.strip():
                continue
            try:
                values = decode(text)
            except UnicodeDecodeError:
                raise
            except JSON_FAULTS as error:
                raise SpecError(
                    f"this line is not JSON: {error}", file=shown, line=line, hint="one JSON object a line"
                ) from error
            number += 1
            yield Row(_object(values, shown, line), shown, line, number)


def _object(values: Any, shown: str, line: int) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise SpecError(
            "a row must be an object",
            file=shown,
            line=line,
            expected='{"column": value, …}',
            got=describe_value(values),
        )
    return values


def _csv(path: Path, shown: str) -> Iterator[Row]:
    csv.field_size_limit(MAX_LINE_BYTES)
    with path.open(encoding="utf-8-sig", newline="") as text:
        lines = _csv_lines(csv.reader(text, strict=True), shown)
        line, header = next(lines, (1, []))
        if not header:
            raise SpecError("the file is empty", file=shown, expected="a header line with column names")
        _check_header(header, shown, line)
        for number, (line, cells) in enumerate(lines, 1):
            if len(cells) != len(header):
                raise SpecError(
                    f"row {number} has {len(cells)} cells",
                    file=shown,
                    line=line,
                    expected=f"{len(header)} cells as in the header",
                    got=str(len(cells)),
                    hint='put a cell that holds a comma or a line break in "quotes"',
                )
            yield Row(dict(zip(header, cells, strict=True)), shown, line, number)


def _csv_lines(reader: CsvReader, shown: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that are not blank, each with the file line it starts on."""
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise SpecError(f"this is not CSV: {error}", file=shown, line=line) from error
        if cells is None:
            return
        if cells:
            yield line, cells


def _check_header(header: list[str], shown: str, line: int) -> None:
    problems = [
        Problem(what="a column has no name", file=shown, line=line, got=f"column {place} is empty")
        for place, name in enumerate(header, 1)
        if not name.strip()
    ]
    problems += [
        Problem(what=f"the column {name!r} stands twice", file=shown, line=line)
        for name in sorted({name for name in header if name.strip() and header.count(name) > 1})
    ]
    if problems:
        raise SpecError(problems)


def _yaml(path: Path, shown: str) -> Iterator[Row]:
    root = read_yaml(path, file=shown)
    root.problems.raise_any()
    if root.kind != "list":
        raise SpecError("a YAML data file must be a list", file=shown, line=root.line, expected="a list of mappings")
    for number, node in enumerate(root.value, 1):
        yield Row(_object(node.plain(), shown, node.line), shown, node.line, number)
