"""Reading the user's files whole: bounded size, UTF-8, and one clear error when a file cannot be read."""

from __future__ import annotations

from pathlib import Path

from seatrial.core.errors import Problem, SpecError
from seatrial.core.registry import nearest_name

MAX_BYTES = 64 * 1024 * 1024


def read_text(path: Path, *, file: str | None = None) -> str:
    """The text of a file without its byte order mark. `file` is the name to use in messages."""
    shown = file or str(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SpecError(
                Problem(
                    what="the file is too large to read whole",
                    file=shown,
                    expected=f"at most {MAX_BYTES // 2**20} MiB",
                    got=f"{path.stat().st_size / 2**20:.0f} MiB",
                    hint="keep large data in JSONL or CSV files and read them with from:",
                )
            )
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(
            Problem(
                what="the file is not UTF-8 text",
                file=shown,
                line=error.object[: error.start].count(b"\n") + 1,
                expected="UTF-8",
                got=f"the byte 0x{error.object[error.start]:02x}",
                hint="save it as UTF-8 in your editor",
            )
        ) from error
    except OSError as error:
        raise cannot_read(path, error, file=shown) from error


def shown_from(path: Path, root: Path) -> str:
    """The path from `root` with slashes; as it stands where it lies elsewhere."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return str(path)


def cannot_read(path: Path, error: OSError, *, file: str | None = None) -> SpecError:
    """The SpecError for a file that is not there or not readable, with the nearest name in its folder."""
    nearest = None
    if isinstance(error, FileNotFoundError) and path.parent.is_dir():
        nearest = nearest_name(path.name, [entry.name for entry in path.parent.iterdir()])
    reasons = {
        FileNotFoundError: "there is no such file",
        IsADirectoryError: "this is a folder, not a file",
        PermissionError: "the file may not be read",
        NotADirectoryError: "a part of the path is not a folder",
    }
    what = reasons.get(type(error), f"the file cannot be read: {error.strerror}")
    return SpecError(Problem(what=what, file=file or str(path), nearest=nearest))
