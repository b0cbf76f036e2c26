"""Which cases run: filters over names and tags, the failed ones of a run, a seeded sample."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from seatrial.core.case import Case
from seatrial.store.runs import RunFolder

Keep = Callable[[Case], bool]


def by_pattern(patterns: Iterable[str]) -> Keep:
    """Cases that fit one of the patterns: `tag:GLOB` for a tag, else a glob over name, id, suite and suite/name. Text
    without a wildcard also fits as a part of the name. Case does not matter.
    """
    wanted = [pattern.lower() for pattern in patterns]
    return lambda case: any(_fits(case, pattern) for pattern in wanted)


def _fits(case: Case, pattern: str) -> bool:
    if pattern.startswith("tag:"):
        return any(fnmatchcase(tag.lower(), pattern[4:]) for tag in case.tags)
    name = (case.name or "").lower()
    if not any(mark in pattern for mark in "*?[") and name and pattern in name:
        return True
    candidates = (name, case.id.lower(), case.suite.lower(), f"{case.suite}/{case.name or case.id}".lower())
    return any(fnmatchcase(candidate, pattern) for candidate in candidates if candidate)


def not_passed(run: RunFolder) -> Keep:
    """Cases that did not pass in `run`, under any variant and repeat."""
    last = {(key.suite, key.case, key.variant, key.repeat): key.state for _, key in run.stored_keys()}
    bad = {(suite, case) for (suite, case, _, _), state in last.items() if state != "pass"}
    return lambda case: (case.suite, case.id) in bad


def sample_of(total: int, size: int, seed: int) -> frozenset[int]:
    """`size` places out of `total`, the same for the same seed."""
    return frozenset(random.Random(seed).sample(range(total), min(size, total)))  # noqa: S311 - a sample, not a secret
