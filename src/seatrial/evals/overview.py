"""One line about a stored run: when it ran, on what, and how many cases passed."""

from __future__ import annotations

import msgspec

from seatrial.core.errors import SpecError
from seatrial.evals.recount import recount
from seatrial.store.runs import RunFolder


class RunOverview(msgspec.Struct, frozen=True, kw_only=True):
    """Counts are summed over suites and variants; those of a run that is not `finished` are of what came in so far.
    `problem` says why a run cannot be read; then only its id and path are known.
    """

    id: str
    path: str
    started: str = ""
    feature: str = ""
    finished: bool = False
    suites: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    cases: int = 0
    passed: int = 0
    failed: int = 0
    errors: int = 0
    unscored: int = 0
    problem: str | None = None


def overview(run: RunFolder) -> RunOverview:
    """Never raises for what is in the folder: a list of runs must not end at one that another version wrote."""
    try:
        record, summary = run.record(), run.summary()
        suites = summary.suites if summary is not None else recount(run).suites
    except SpecError as error:
        return RunOverview(id=run.id, path=str(run.path), problem=error.problems[0].what)
    return RunOverview(
        id=run.id,
        path=str(run.path),
        started=record.started,
        feature=record.feature,
        finished=summary is not None,
        suites=tuple(suite.suite for suite in record.suites),
        variants=tuple(variant.variant for variant in record.variants),
        cases=sum(suite.cases for suite in suites),
        passed=sum(suite.passed for suite in suites),
        failed=sum(suite.failed for suite in suites),
        errors=sum(suite.errors for suite in suites),
        unscored=sum(suite.unscored for suite in suites),
    )
