"""Run folders: `.seatrial/runs/<UTC time>-<6 hex>/` with run.json, cases.jsonl, results.jsonl and summary.json."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import msgspec

from seatrial.core.case import Case
from seatrial.core.errors import OutsideError, SpecError
from seatrial.core.registry import nearest_name
from seatrial.store.records import Result, ResultKey, RunRecord, RunSummary

STATE_FOLDER = ".seatrial"

T = TypeVar("T")


class StoredKey(msgspec.Struct, frozen=True):
    """The part of a result line that says which result it is; cheap to decode. `offset` is the line's place."""

    case: str
    suite: str
    variant: str
    repeat: int
    made_by: str
    state: str


class RunFolder:
    """One run on disk. Reading works while it is being written and after it was killed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def finished(self) -> bool:
        return (self.path / "summary.json").exists()

    def record(self) -> RunRecord:
        return self._decode("run.json", RunRecord)

    def summary(self) -> RunSummary | None:
        return self._decode("summary.json", RunSummary) if self.finished else None

    def write_record(self, record: RunRecord) -> None:
        self._replace("run.json", msgspec.json.format(msgspec.json.encode(record), indent=2))

    def write_summary(self, summary: RunSummary) -> None:
        self._replace("summary.json", msgspec.json.format(msgspec.json.encode(summary), indent=2))

    def unfinish(self) -> None:
        """A resumed run is unfinished until it ends again."""
        (self.path / "summary.json").unlink(missing_ok=True)

    def cases(self) -> Iterator[Case]:
        decode = msgspec.json.Decoder(Case).decode
        return self._lines("cases.jsonl", decode)

    def results(self) -> Iterator[Result]:
        """The winning results in the order they were written: of equal keys the last line wins."""
        index = self.index()
        with self.reader() as read:
            for offset, _ in sorted(index.values()):
                yield read(offset)

    def index(self) -> dict[ResultKey, tuple[int, str]]:
        """Offset and `made_by` of the winning line of every key."""
        return {
            (key.suite, key.case, key.variant, key.repeat): (offset, key.made_by) for offset, key in self.stored_keys()
        }

    def stored_keys(self) -> Iterator[tuple[int, StoredKey]]:
        """Every result line's offset and key, in order; a torn last line is left out."""
        decode = msgspec.json.Decoder(StoredKey).decode
        offset = 0
        for line in self._raw_lines("results.jsonl"):
            yield offset, decode(line)
            offset += len(line)

    @contextmanager
    def reader(self) -> Iterator[Callable[[int], Result]]:
        """A function from a line's offset to its Result."""
        decode = msgspec.json.Decoder(Result).decode
        with (self.path / "results.jsonl").open("rb") as file:

            def read(offset: int) -> Result:
                file.seek(offset)
                return decode(file.readline())

            yield read

    def _lines(self, name: str, decode: Callable[[bytes], T]) -> Iterator[T]:
        return (decode(line) for line in self._raw_lines(name))

    def _raw_lines(self, name: str) -> Iterator[bytes]:
        path = self.path / name
        if not path.exists():
            return
        with path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    yield line

    def _decode(self, name: str, wanted: type[T]) -> T:
        path = self.path / name
        try:
            return msgspec.json.decode(path.read_bytes(), type=wanted)
        except FileNotFoundError as error:
            raise SpecError(
                f"the run has no {name}", file=str(self.path), hint="it was stopped before it began"
            ) from error
        except msgspec.MsgspecError as error:
            raise SpecError(
                f"{name} cannot be read: {error}", file=str(path), hint="it was written by another version; run anew"
            ) from error

    def _replace(self, name: str, content: bytes) -> None:
        """Write whole or not at all."""
        with disk_errors(self.path):
            part = self.path / (name + ".part")
            part.write_bytes(content)
            part.replace(self.path / name)


class LineWriter:
    """Appends one JSON line at a time, each in one write, so that a killed process leaves whole lines."""

    def __init__(self, path: Path, *, append: bool) -> None:
        self.path = path
        self._encode = msgspec.json.Encoder().encode
        with disk_errors(path):
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | (0 if append else os.O_TRUNC), 0o644)
            if append:
                self._cut_torn_line()

    def _cut_torn_line(self) -> None:
        """A process killed inside a write may have left half a line at the end."""
        content_end = 0
        with self.path.open("rb") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    content_end += len(line)
        os.ftruncate(self._file, content_end)
        os.lseek(self._file, content_end, os.SEEK_SET)

    def write(self, record: Any) -> None:
        line = self._encode(record) + b"\n"
        with disk_errors(self.path):
            written = os.write(self._file, line)
            while written < len(line):
                written += os.write(self._file, line[written:])

    def __enter__(self) -> LineWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._file)


def create_run(feature_folder: Path) -> RunFolder:
    """A new, empty run folder."""
    state = feature_folder / STATE_FOLDER
    with disk_errors(state):
        state.mkdir(exist_ok=True)
        ignore = state / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        path = state / "runs" / name
        path.mkdir(parents=True)
    return RunFolder(path)


def list_runs(feature_folder: Path) -> list[RunFolder]:
    """Oldest first; folders that hold no run are left out."""
    runs = feature_folder / STATE_FOLDER / "runs"
    if not runs.is_dir():
        return []
    return [RunFolder(path) for path in sorted(runs.iterdir()) if (path / "run.json").exists()]


def find_run(feature_folder: Path, name: str | None = None) -> RunFolder:
    """A run by its id, the beginning of it, or its path; without a name the newest. Raises SpecError when none fits."""
    runs = list_runs(feature_folder)
    if name is None or name == "latest":
        if not runs:
            raise SpecError("there is no run yet", file=str(feature_folder), hint="seatrial eval makes one")
        return runs[-1]
    if (Path(name) / "run.json").exists():
        return RunFolder(Path(name))
    found = [run for run in runs if run.id.startswith(name) or run.id.endswith(name)]
    if len(found) == 1:
        return found[0]
    ids = [run.id for run in runs]
    raise SpecError(
        f"no run is named {name!r}" if not found else f"{len(found)} runs begin or end with {name!r}",
        file=str(feature_folder),
        nearest=nearest_name(name, ids),
        hint="`seatrial runs list` shows them",
    )


@contextmanager
def lock_run(run: RunFolder) -> Iterator[None]:
    """Hold the run for this process. Raises OutsideError when another process writes it."""
    with disk_errors(run.path), (run.path / "lock").open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutsideError(f"{run.path}: another process is writing this run", hint="wait for it to end") from error
        yield


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the file system says into one clear error; what was written before it stays."""
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        raise OutsideError(
            f"{error.filename or path}: {said}",
            hint="nothing finished is lost; `seatrial eval --resume` goes on from there",
        ) from error
