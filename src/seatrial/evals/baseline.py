"""The run that a new one is compared with: `--against RUN`, `last`, or `main`."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from seatrial.core.errors import SpecError
from seatrial.evals.compare import PairedRuns, compare_paired, matched_sides, read_paired
from seatrial.store.comparisons import Comparison
from seatrial.store.runs import RunFolder, find_run, list_runs

LAST, MAIN = "last", "main"

_CI_BRANCH = ("GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME")
"""Where GitHub and GitLab say which branch is built; what is checked out there is a commit and no branch."""


class Baseline:
    """An earlier run, and its comparison with a new one by variant."""

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self._read: dict[str, PairedRuns] = {}

    def read(self, run: RunFolder) -> None:
        """Pair the results of a run that has ended with those of this one. Raises SpecError when they share no case
        that was judged on both sides.
        """
        self._read = {b.variant: read_paired(a, b) for a, b in matched_sides(self.run, run)}

    def of(self, variant: str) -> PairedRuns | None:
        """None where this run has no such variant."""
        return self._read.get(variant)

    def comparisons(self) -> tuple[Comparison, ...]:
        return tuple(compare_paired(runs) for runs in self._read.values())


def find_baseline(folder: Path, name: str) -> Baseline:
    """`last` is the newest finished run, `main` the newest finished one of the branch main. Raises SpecError."""
    if name not in (LAST, MAIN):
        return Baseline(find_run(folder, name))
    for run in reversed(list_runs(folder)):
        if run.finished and (name == LAST or run.record().git_branch == MAIN):
            return Baseline(run)
    if name == LAST:
        raise SpecError("there is no finished run to compare with", file=str(folder), hint="seatrial eval makes one")
    raise SpecError(
        "there is no finished run of the branch main",
        file=str(folder),
        hint="run seatrial eval on main, and in CI restore .seatrial/runs of main from its cache",
    )


def git_branch(folder: Path) -> str | None:
    """The branch checked out, or what CI says it builds; None where there is none."""
    for name in _CI_BRANCH:
        if os.environ.get(name):
            return os.environ[name]
    return git(folder, "symbolic-ref", "--short", "--quiet", "HEAD")


def git(folder: Path, *arguments: str) -> str | None:
    """What git says, or None where there is no git, no repository or no answer."""
    try:
        done = subprocess.run(  # noqa: S603 - arguments are ours
            ["git", *arguments],  # noqa: S607 - whichever git the user has
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
