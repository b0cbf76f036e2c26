"""Which cases run: filters over names and tags, the failed ones of a run, a seeded sample."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from seatrial.core.case import Case
from seatrial.core.verdict import State
from seatrial.evals.repeats import over_repeats
from seatrial.store.runs import RunFolder

Keep = Callable[[Case], bool]


def by_pattern(patterns: Iterable[str]) -> Keep:
    """Cases that fit one of the patterns: `tag:GLOB` for a tag, else a glob over name, id, suite, suite/name and tags.
    Text without a wildcard also fits as a part of the name. Upper and lower case are the same.
    """
    wanted = [pattern.lower() for pattern in patterns]
    return lambda case: any(_fits(case, pattern) for pattern in wanted)


def _fits(case: Case, pattern: str) -> bool:
    tags = [tag.lower() for tag in case.tags]
    if pattern.startswith("tag:"):
        return _any_fits(tags, pattern[4:])
    name = (case.name or "").lower()
    if not any(mark in pattern for mark in "*?[") and name and pattern in name:
        return True
    return _any_fits([name, case.id.lower(), case.suite.lower(), f"{case.suite}/{case.title}".lower(), *tags], pattern)


def _any_fits(texts: Iterable[str], pattern: str) -> bool:
    """A text that is the pattern itself fits too, though it may hold the marks of a glob."""
    return any(text == pattern or fnmatchcase(text, pattern) for text in texts if text)


def not_passed(run: RunFolder) -> Keep:
    """Cases that did not pass in `run` under some variant, of their repeats as many as they need."""
    last = {(key.suite, key.case, key.variant, key.repeat): key.state for _, key in run.stored_keys()}
    states: dict[tuple[str, str], dict[str, list[State]]] = {}
    for (suite, case, variant, _), state in last.items():
        states.setdefault((suite, case), {}).setdefault(variant, []).append(state)

    def keep(case: Case) -> bool:
        found = states.get((case.suite, case.id), {})
        return any(over_repeats(each, case.repeat.need) != "pass" for each in found.values())

    return keep


def sample_of(total: int, size: int, seed: int) -> frozenset[int]:
    """`size` places out of `total`, the same for the same seed."""
    return frozenset(random.Random(seed).sample(range(total), min(size, total)))  # noqa: S311 - a sample, not a secret
