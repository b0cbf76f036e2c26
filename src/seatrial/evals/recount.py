"""Counts a stored run again from its result lines: the summary of a run that never came to write its own."""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.core.case import Case, Repeat
from seatrial.cost.price import usd
from seatrial.evals.gate import Gate, read_gate
from seatrial.evals.selection import sample_of
from seatrial.evals.tally import SuiteTally
from seatrial.spec.yaml import parse_yaml
from seatrial.store.records import Result, RunRecord, SuiteSummary
from seatrial.store.runs import RunFolder


class Recount(msgspec.Struct, frozen=True, kw_only=True):
    """`asked` of `planned` answers are in the run, repeats counted each. A case whose repeats are not all in is not
    among the counts of `suites` yet, and no gate holds before everything planned is in.
    """

    suites: tuple[SuiteSummary, ...]
    cost_usd: float | None
    worst: tuple[Result, ...]
    asked: int
    planned: int


def recount(run: RunFolder) -> Recount:
    """Replay the results of a run, finished or not, through the tallies. Memory holds the keys of the results and the
    repeated cases. Raises SpecError when the run's files cannot be read.
    """
    record = run.record()
    tallies = {
        (suite.suite, variant.variant): SuiteTally(suite.suite, variant.variant, _gate(suite.gate))
        for suite in record.suites
        for variant in record.variants
    }
    repeats, planned = _planned(run, record)
    asked = 0
    for result in run.results():
        repeat = repeats.get((result.suite, result.case), Repeat())
        tallies[result.suite, result.variant].add(Case(id=result.case, repeat=repeat), result)
        asked += 1
    complete = asked == planned and not (record.options.get("filter") or record.options.get("failed"))
    costs = [tally.cost_nusd for tally in tallies.values()]
    known = [cost for cost in costs if cost is not None]
    return Recount(
        suites=tuple(tally.summary(complete=complete) for tally in tallies.values()),
        cost_usd=usd(sum(known)) if len(known) == len(costs) else None,
        worst=tuple(result for tally in tallies.values() for result in tally.worst),
        asked=asked,
        planned=planned,
    )


def _planned(run: RunFolder, record: RunRecord) -> tuple[dict[tuple[str, str], Repeat], int]:
    """The repeats of the cases asked more than once, and how many answers the run set out to get."""
    total = sum(suite.cases for suite in record.suites)
    sample = record.options.get("sample")
    chosen = sample_of(total, sample, record.seed) if sample is not None and sample < total else None
    repeats: dict[tuple[str, str], Repeat] = {}
    times = 0
    for place, case in enumerate(run.cases()):
        if case.repeat.times > 1:
            repeats[case.suite, case.id] = case.repeat
        if chosen is None or place in chosen:
            times += case.repeat.times
    return repeats, times * len(record.variants)


def _gate(data: dict[str, Any] | None) -> Gate | None:
    """The gate as `run.json` keeps it: plain data in the form a suite is written in."""
    if data is None:
        return None
    node = parse_yaml(msgspec.json.encode(data).decode(), file="run.json")
    gate = read_gate(node)
    node.problems.raise_any()
    return gate
