"""Writing to a disk that may be full, by a process that may be killed: whole lines, and one clear error."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from seatrial.core.errors import OutsideError

DISK = "is there room on the disk, and may the folder be written?"
RESUMABLE = "nothing finished is lost; `seatrial eval --resume` goes on from there"
"""Hints for a disk that does not take what is written; the second only for results of a run that can be resumed."""


class LineWriter:
    """Appends one JSON line at a time, each in one write, so that a killed process leaves whole lines; a line that does
    not fit on the disk is taken back, and `hint` says what then can be done.
    """

    def __init__(self, path: Path, *, append: bool, hint: str = DISK) -> None:
        self.path = path
        self._hint = hint
        self._encode = msgspec.json.Encoder().encode
        with disk_errors(path, hint=hint):
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | (0 if append else os.O_TRUNC), 0o644)
            self._end = self._cut_torn_line() if append else 0

    def _cut_torn_line(self) -> int:
        """Where the whole lines end: a process killed inside a write may have left half a line behind them."""
        content_end = 0
        with self.path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    content_end += len(line)
        self._cut(content_end)
        return content_end

    def _cut(self, end: int) -> None:
        os.ftruncate(self._file, end)
        os.lseek(self._file, end, os.SEEK_SET)

    def write(self, record: Any) -> None:
        """Raises OutsideError when the disk does not take the line."""
        line = self._encode(record) + b"\n"
        with disk_errors(self.path, hint=self._hint):
            try:
                written = os.write(self._file, line)
                while written < len(line):
                    written += os.write(self._file, line[written:])
            except OSError:
                self._cut(self._end)
                raise
        self._end += len(line)

    def close(self) -> None:
        os.close(self._file)

    def __enter__(self) -> LineWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def disk_errors(path: Path, *, hint: str = DISK) -> Iterator[None]:
    """Turn what the file system says into one clear error; what was written before it stays."""
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        raise OutsideError(f"{error.filename or path}: {said}", hint=hint) from error
