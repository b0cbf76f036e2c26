"""The folder of a feature: whether one is there, and the Python of its own that it brings along."""

from __future__ import annotations

from pathlib import Path

from seatrial.core.errors import SpecError
from seatrial.feature.models_spec import FILE
from seatrial.spec.code import load_file

OWN_CHECKS = "checks.py"
"""A file of this name in the feature's folder is imported at load, so that its `@check` functions have their names."""


def find_feature(folder: Path | None) -> Path | None:
    """The folder that was named, or the one we are in if it is a feature's. Raises SpecError when the one that was
    named is none.
    """
    root = folder or Path()
    if (root / FILE).is_file():
        return root
    if folder is not None:
        raise SpecError(f"there is no {FILE} here", file=str(folder), hint="name the feature's folder")
    return None


def load_own_checks(root: Path) -> None:
    """Raises SpecError when the file breaks as it is imported."""
    if (root / FILE).is_file() and (root / OWN_CHECKS).is_file():
        load_file(root / OWN_CHECKS)
