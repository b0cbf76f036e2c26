"""Where a report goes: refused before anything ran where it could not be written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from seatrial.core.errors import SpecError


def check_paths(paths: Sequence[Path], suffixes: Sequence[str]) -> None:
    """Raises SpecError for a path of another suffix, or in a folder that is not there."""
    for path in paths:
        if path.suffix.lower() not in suffixes:
            raise SpecError(
                f"a report of an unknown kind: {path}",
                expected=" or ".join(filter(None, [", ".join(suffixes[:-1]), suffixes[-1]])),
                got=path.suffix or "no suffix",
            )
        if not path.absolute().parent.is_dir():
            raise SpecError(f"there is no folder {path.parent} to write the report to")
