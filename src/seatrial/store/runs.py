"""Run folders: `.seatrial/runs/<UTC time>-<6 hex>/` with run.json, cases.jsonl, results.jsonl and summary.json."""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from seatrial.core.case import Case
from seatrial.core.errors import OutsideError, SpecError
from seatrial.core.registry import nearest_name
from seatrial.core.verdict import State
from seatrial.store.disk import DISK, RESUMABLE, disk_errors
from seatrial.store.records import Result, ResultKey, RunRecord, RunSummary

STATE_FOLDER = ".seatrial"
CASES = "cases.jsonl"
RESULTS = "results.jsonl"

T = TypeVar("T")

_BLOCK = 1 << 16
"""So many bytes of lines are decoded at once."""


class StoredKey(msgspec.Struct, frozen=True):
    """The part of a result line that says which result it is; cheap to decode."""

    case: str
    suite: str
    variant: str
    repeat: int
    made_by: str
    state: State


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

    def write_summary(self, summary: RunSummary, *, hint: str = DISK) -> None:
        self._replace("summary.json", msgspec.json.format(msgspec.json.encode(summary), indent=2), hint)

    def unfinish(self) -> None:
        """A resumed run is unfinished until it ends again."""
        (self.path / "summary.json").unlink(missing_ok=True)

    def cases(self) -> Iterator[Case]:
        return (case for _, case in self._lines(CASES, msgspec.json.Decoder(Case).decode))

    def cases_at(self, places: Iterable[int]) -> Iterator[Case]:
        """The cases at these places of cases.jsonl, in the order asked for."""
        decode = msgspec.json.Decoder(Case).decode
        offsets = [offset for offset, _ in self._lines(CASES, bytes)]
        with (self.path / CASES).open("rb") as lines:
            for place in places:
                lines.seek(offsets[place])
                yield decode(lines.readline())

    def results(self) -> Iterator[Result]:
        """The winning results in the order they were written: of equal keys the last line wins."""
        offsets = sorted(offset for offset, _ in self.index().values())
        if not offsets:
            return
        with self.reader() as read:
            for offset in offsets:
                yield read(offset)

    def results_as(self, wanted: type[T]) -> Iterator[T]:
        """Every whole line of results.jsonl, decoded only as far as `wanted` has fields; of equal keys all lines."""
        return self._records(RESULTS, wanted)

    def cases_as(self, wanted: type[T]) -> Iterator[T]:
        """Every case, decoded only as far as `wanted` has fields."""
        return self._records(CASES, wanted)

    def index(self) -> dict[ResultKey, tuple[int, str]]:
        """Offset and `made_by` of the winning line of every key."""
        return {self._key(key): (offset, key.made_by) for offset, key in self.stored_keys()}

    def stored_keys(self) -> Iterator[tuple[int, StoredKey]]:
        """Every result line's offset and key, in order; a torn last line is left out."""
        return self._lines(RESULTS, msgspec.json.Decoder(StoredKey).decode)

    def keep_only(self, keys: Container[ResultKey]) -> None:
        """Take out the results of cases that a resumed run no longer has. Whole, or not at all."""
        if all(self._key(key) in keys for _, key in self.stored_keys()):
            return
        kept = sorted(offset for offset, key in self.stored_keys() if self._key(key) in keys)
        part = self.path / (RESULTS + ".part")
        with (
            disk_errors(part, hint=RESUMABLE),
            (self.path / RESULTS).open("rb") as lines,
            part.open("wb") as out,
        ):
            for offset in kept:
                lines.seek(offset)
                out.write(lines.readline())
            out.flush()
            part.replace(self.path / RESULTS)

    @staticmethod
    def _key(key: StoredKey) -> ResultKey:
        return (key.suite, key.case, key.variant, key.repeat)

    @contextmanager
    def reader(self) -> Iterator[Callable[[int], Result]]:
        """A function from a line's offset to its Result. Raises SpecError for a line that is no result."""
        decode = msgspec.json.Decoder(Result).decode
        path = self.path / RESULTS
        with path.open("rb") as file:

            def read(offset: int) -> Result:
                file.seek(offset)
                try:
                    return decode(file.readline())
                except msgspec.MsgspecError as error:
                    raise _unreadable(path, error) from error

            yield read

    def _lines(self, name: str, decode: Callable[[bytes], T]) -> Iterator[tuple[int, T]]:
        """Offset and content of every whole line."""
        path = self.path / name
        if not path.exists():
            return
        offset = 0
        with path.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if not line.endswith(b"\n"):
                    return
                try:
                    decoded = decode(line)
                except msgspec.MsgspecError as error:
                    raise _unreadable(path, error, number) from error
                yield offset, decoded
                offset += len(line)

    def _records(self, name: str, wanted: type[T]) -> Iterator[T]:
        """Every whole line, decoded by the block: one by one takes twice as long."""
        path = self.path / name
        if not path.exists():
            return
        decoder = msgspec.json.Decoder(wanted)
        before = 0
        with path.open("rb") as file:
            while lines := file.readlines(_BLOCK):
                if not lines[-1].endswith(b"\n"):
                    del lines[-1]
                try:
                    yield from decoder.decode_lines(b"".join(lines))
                except msgspec.MsgspecError as error:
                    raise _unreadable(path, error, _first_wrong(lines, decoder, before)) from error
                before += len(lines)

    def _decode(self, name: str, wanted: type[T]) -> T:
        path = self.path / name
        try:
            return msgspec.json.decode(path.read_bytes(), type=wanted)
        except FileNotFoundError as error:
            raise SpecError(
                f"the run has no {name}", file=str(self.path), hint="it was stopped before it began"
            ) from error
        except msgspec.MsgspecError as error:
            raise _unreadable(path, error) from error

    def _replace(self, name: str, content: bytes, hint: str = DISK) -> None:
        """Write whole or not at all."""
        with disk_errors(self.path, hint=hint):
            part = self.path / (name + ".part")
            part.write_bytes(content)
            part.replace(self.path / name)


def _first_wrong(lines: Iterable[bytes], decoder: msgspec.json.Decoder[Any], before: int) -> int | None:
    """The number of the line that cannot be decoded, `before` lines standing before these."""
    for number, line in enumerate(lines, before + 1):
        try:
            decoder.decode(line)
        except msgspec.MsgspecError:
            return number
    return None


def _unreadable(path: Path, error: msgspec.MsgspecError, line: int | None = None) -> SpecError:
    return SpecError(
        f"{path.name} cannot be read: {error}",
        file=str(path),
        line=line,
        hint="another version wrote it, or the disk lost a part; run anew",
    )


def create_run(feature_folder: Path) -> RunFolder:
    """A new, empty run folder. Raises OutsideError when the feature's folder takes none."""
    state = feature_folder / STATE_FOLDER
    with disk_errors(state, hint="runs are kept there: make the feature's folder one that may be written"):
        (state / "runs").mkdir(parents=True, exist_ok=True)
        ignore = state / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
        while True:
            path = state / "runs" / _new_id(datetime.now(UTC))
            try:
                path.mkdir()
            except FileExistsError:
                continue
            return RunFolder(path)


def _new_id(now: datetime) -> str:
    """Ids sort by time within a second too, since the newest run is found by its name: five of the six digits are the
    microsecond, the last is chance.
    """
    return f"{now:%Y%m%dT%H%M%SZ}-{now.microsecond * 16 + secrets.randbelow(16):06x}"


def list_runs(feature_folder: Path) -> list[RunFolder]:
    """Oldest first; folders that hold no run are left out."""
    return _runs_in(feature_folder / STATE_FOLDER / "runs")


def runs_beside(run: RunFolder) -> list[RunFolder]:
    """The runs in the folder in which this one stands, oldest first."""
    return _runs_in(run.path.absolute().parent)


def _runs_in(folder: Path) -> list[RunFolder]:
    if not folder.is_dir():
        return []
    return [RunFolder(path) for path in sorted(folder.iterdir()) if (path / "run.json").exists()]


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
    with disk_errors(run.path):
        file = (run.path / "lock").open("wb")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutsideError(f"{run.path}: another process is writing this run", hint="wait for it to end") from error
        yield
