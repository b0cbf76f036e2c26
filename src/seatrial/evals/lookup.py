"""Finds results in a stored run: its failures, or all of one case; only what is wanted is decoded whole."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.core.case import Case
from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name
from seatrial.core.verdict import State
from seatrial.store.records import Result, ResultKey
from seatrial.store.runs import RunFolder


def last_states(run: RunFolder) -> dict[ResultKey, tuple[int, State]]:
    """Offset and state of the winning line of every key, in the order the keys were first written."""
    return {(key.suite, key.case, key.variant, key.repeat): (offset, key.state) for offset, key in run.stored_keys()}


def not_passed_results(run: RunFolder) -> Iterator[Result]:
    """The results that did not pass, in the order they were written."""
    yield from read_results(run, [offset for offset, state in last_states(run).values() if state != "pass"])


def case_results(run: RunFolder, name: str) -> list[tuple[Case, Result]]:
    """Every result of the cases with this id or name, under each variant and repeat. Raises SpecError when the run has
    no such case, or has no result of it yet.
    """
    cases = {(case.suite, case.id): case for case in run.cases() if name in (case.id, case.name)}
    if not cases:
        known = [each for case in run.cases() for each in (case.name, case.id) if each]
        nearest = nearest_name(name, known)
        raise SpecError(
            f"the run has no case {name!r}",
            file=str(run.path),
            nearest=nearest,
            hint=None if nearest else "`seatrial runs show --all` lists them",
        )
    offsets = [offset for key, (offset, _) in last_states(run).items() if key[:2] in cases]
    found = [(cases[result.suite, result.case], result) for result in read_results(run, offsets)]
    if not found:
        raise SpecError(f"the case {name!r} was not asked", file=str(run.path), hint="the run left it out or stopped")
    return found


def read_results(run: RunFolder, offsets: list[int]) -> Iterator[Result]:
    """The results at these places of results.jsonl, in the order of the file."""
    if not offsets:
        return
    with run.reader() as read:
        for offset in sorted(offsets):
            yield read(offset)
