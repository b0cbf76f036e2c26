"""The flake ledger: cases that pass and do not pass though nothing that is served or judged has changed.

It is read from the stored runs, so nothing has to be kept beside them. Results belong together where the version of
the feature, the suite with its data, and the versions of its checks are the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

import msgspec

from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.core.verdict import State
from seatrial.evals.measures import CaseKey
from seatrial.store.records import RunRecord
from seatrial.store.runs import RunFolder, list_runs

RUNS_READ = 20
"""The newest ones: an older flip says little of what is served now."""


class Flips(msgspec.Struct, frozen=True):
    """A case under one variant, at one version, of which some results passed and some did not."""

    suite: str
    case: str
    variant: str
    passed: int
    not_passed: int
    last_run: str

    @property
    def text(self) -> str:
        return f"passed {self.passed} of {self.passed + self.not_passed} times at one version"


def find_flips(folder: Path, only: Collection[CaseKey] | None = None) -> list[Flips]:
    """The cases that flipped in the newest runs of a feature, the most even first; `only` these cases. Memory holds two
    counts for every case and version.
    """
    return flips_in(list_runs(folder)[-RUNS_READ:], only)


def flips_in(runs: Iterable[RunFolder], only: Collection[CaseKey] | None = None) -> list[Flips]:
    counted: dict[tuple[str, str, str, str], Flips] = {}
    for run in runs:
        try:
            versions = _versions(run.record())
            last = {(key.suite, key.case, key.variant, key.repeat): key.state for _, key in run.stored_keys()}
        except SpecError:
            continue  # a run that another version wrote tells nothing; `runs list` says so
        for (suite, case, variant, _), state in last.items():
            version = versions.get((suite, variant))
            if version is None or state not in ("pass", "fail") or (only is not None and (suite, case) not in only):
                continue
            key = (suite, case, variant, version)
            counted[key] = _counted(counted.get(key) or Flips(suite, case, variant, 0, 0, run.id), state, run.id)
    flipped = [each for each in counted.values() if each.passed and each.not_passed]
    return sorted(flipped, key=lambda each: (-min(each.passed, each.not_passed), each.suite, each.case))


def _counted(flips: Flips, state: State, run: str) -> Flips:
    passed = state == "pass"
    return msgspec.structs.replace(
        flips, passed=flips.passed + passed, not_passed=flips.not_passed + (not passed), last_run=run
    )


def _versions(record: RunRecord) -> dict[tuple[str, str], str]:
    """What served and judged each suite under each variant, as one hash."""
    return {
        (suite.suite, variant.variant): digest([variant.feature_version, suite.hash, suite.checks])
        for suite in record.suites
        for variant in record.variants
    }
