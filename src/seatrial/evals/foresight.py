"""`eval --plan`: before anything is asked, what a run could show and what it would cost.

How small a difference is seen depends on how many cases two versions answer differently, which nobody knows before. So
the answer is given for three shares of such cases, and for the share that the last two runs of the suite had. Cases
that share a group are counted as one, as if they all went the same way: a careful answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from seatrial.core.case import Case
from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import SpecError
from seatrial.cost.estimate import estimate_tokens
from seatrial.cost.price import usd
from seatrial.evals.asking import requests
from seatrial.evals.compare import matched_sides, read_paired
from seatrial.evals.gate import Gate
from seatrial.evals.measures import PASS_RATE
from seatrial.evals.options import read_options
from seatrial.evals.plan import Plan, make_plan
from seatrial.evals.selection import by_pattern
from seatrial.evals.suites import load_suites
from seatrial.evals.variants import make_variants
from seatrial.feature.feature import Feature, load
from seatrial.feature.models_spec import ModelSpec
from seatrial.feature.prices import is_replayed, longest_answer, price_at
from seatrial.stats.gate import decide
from seatrial.stats.power import smallest_paired_difference
from seatrial.store.runs import RunFolder, list_runs

SUPPOSED = (0.1, 0.2, 0.4)
"""Shares of cases on which two versions differ."""

_REFUSED = ("resume", "rejudge", "failed", "record")


class SeenDifference(msgspec.Struct, frozen=True):
    """Where two versions differ on this share of the cases, the smallest difference of their pass rates that 80 % of
    such runs would show, at 5 % two-sided; None where none would.
    """

    differing: float
    difference: float | None


class SuiteForesight(msgspec.Struct, frozen=True, kw_only=True):
    """One suite under one variant. `units` are the cases, or their groups where cases share some. `known` is for the
    share of differing cases in the last two runs, None without them or where none differed. `gate_needs` is how many
    cases, none of them going wrong, hold the gate's pass rate. Costs are US dollars for the whole suite, None where
    unknown: `most_usd` by the length of the prompts and the longest answers allowed, `likely_usd` by what the newest
    run paid.
    """

    suite: str
    variant: str
    cases: int
    units: int
    asks: int
    supposed: tuple[SeenDifference, ...]
    known: SeenDifference | None
    gate: str | None
    gate_needs: int | None
    most_usd: float | None
    likely_usd: float | None


class Foresight(msgspec.Struct, frozen=True, kw_only=True):
    feature: str
    suites: tuple[SuiteForesight, ...]


def foresee(feature: Feature | str | Path, suites: Iterable[str] | None = None, **options: Any) -> Foresight:
    """What `evaluate` with these options could show. Nothing is asked and nothing written. Raises SpecError for all
    that would stop the run before it begins, and for options that need an earlier run.
    """
    chosen = read_options(options)
    for name in _REFUSED:
        if getattr(chosen, name):
            raise SpecError(f"--plan and --{name} exclude each other")
    subject = feature if isinstance(feature, Feature) else load(feature)
    loaded = load_suites(subject.folder, suites)
    variants = make_variants(subject, chosen.model, chosen.prompt, ready=False)
    keep = by_pattern(chosen.filter) if chosen.filter else None
    with TemporaryDirectory() as nowhere:
        plan = make_plan(RunFolder(Path(nowhere)), loaded, variants, keep=keep, sample=chosen.sample, seed=chosen.seed)
        counted = {(suite, variant): _Counted() for suite in plan.suites for variant in plan.variants}
        for item in plan.items():
            counted[item.case.suite, item.variant].add(item.case, item.repeat, plan.variants[item.variant])
        return Foresight(feature=subject.name, suites=tuple(_suites(plan, counted, subject.folder)))


def _suites(plan: Plan, counted: dict[tuple[str, str], _Counted], folder: Path) -> Iterator[SuiteForesight]:
    history = _History(folder)
    for (suite, variant), each in counted.items():
        gate = plan.suites[suite].gate
        differing = history.differing(suite)
        paid = history.mean_usd(suite, variant)
        yield SuiteForesight(
            suite=suite,
            variant=variant,
            cases=each.cases,
            units=len(each.units),
            asks=each.asks,
            supposed=tuple(_seen(len(each.units), share) for share in SUPPOSED),
            known=_seen(len(each.units), differing) if differing else None,
            gate=gate.text if gate is not None else None,
            gate_needs=_gate_needs(gate),
            most_usd=each.most_usd,
            likely_usd=paid * each.results if paid is not None else None,
        )


def _seen(units: int, differing: float) -> SeenDifference:
    return SeenDifference(differing, smallest_paired_difference(units, differing) if units else None)


def _gate_needs(gate: Gate | None) -> int | None:
    return decide(0, 0, gate.operator, gate.limit).further if gate is not None and gate.limit is not None else None


class _Counted:
    """What one suite under one variant will ask."""

    def __init__(self) -> None:
        self.cases = self.asks = self.results = 0
        self.units: set[tuple[str, str]] = set()
        self._most_nusd: int | None = 0

    @property
    def most_usd(self) -> float | None:
        return None if self._most_nusd is None else usd(self._most_nusd)

    def add(self, case: Case, repeat: int, feature: Feature) -> None:
        self.cases += repeat == 1
        self.results += 1
        self.units.add(("case", case.id) if case.group is None else ("group", case.group))
        spec = feature.spec.models[feature.spec.route[0]]
        for request in requests(case):
            self.asks += 1
            messages, _ = feature.prompt_for(spec.name).render(request)
            most = _most_nusd(spec, ModelRequest(messages, request.messages, spec.params))
            self._most_nusd = None if most is None or self._most_nusd is None else self._most_nusd + most


def _most_nusd(spec: ModelSpec, request: ModelRequest) -> int | None:
    """What one call to the model can cost; None where its price or its longest answer is not known."""
    if is_replayed(spec) and spec.price is None:
        return 0
    price, longest = price_at(spec, datetime.now(UTC)), longest_answer(spec)
    if price is None or longest is None:
        return None
    return price.most_nusd(estimate_tokens(request), longest)


class _History:
    """What the finished runs of the feature say of a suite."""

    def __init__(self, folder: Path) -> None:
        self._runs = [run for run in list_runs(folder) if run.finished]

    def differing(self, suite: str) -> float | None:
        """The share of cases on which the last two runs of the suite differ; None without two that share cases."""
        having = [run for run in self._runs if any(each.suite == suite for each in run.record().suites)]
        for a, b in matched_sides(having[-2], having[-1])[:1] if len(having) > 1 else ():
            try:
                runs = read_paired(a, b)
            except SpecError:
                return None
            values = runs.values(PASS_RATE, runs.of_suite(suite))
            return sum(each != 0 for each in values.differences) / len(values.a) if values.a else None
        return None

    def mean_usd(self, suite: str, variant: str) -> float | None:
        """What a result of the suite cost in the newest run of the variant; None where that is not known."""
        for run in reversed(self._runs):
            costs = [
                result.cost_nusd
                for result in run.results_as(_Cost)
                if (result.suite, result.variant) == (suite, variant)
            ]
            if costs:
                known = [cost for cost in costs if cost is not None]
                return usd(sum(known)) / len(known) if len(known) == len(costs) else None
        return None


class _Cost(msgspec.Struct, frozen=True, gc=False):
    suite: str
    variant: str
    cost_nusd: int | None = None
