"""`eval --budget`: one ledger over all models of a run, kept in its folder so that a resumed run goes on with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import msgspec

from seatrial.core.errors import Problem, SpecError
from seatrial.core.shapes import Model
from seatrial.cost.budget import Budget, Budgeted, Standing
from seatrial.cost.price import usd
from seatrial.evals.options import EvalOptions
from seatrial.feature.feature import Feature
from seatrial.feature.models_spec import FILE, ModelSpec
from seatrial.feature.prices import LENGTH_PARAMS, is_replayed, longest_answer, price_at
from seatrial.spec.units import parse_money
from seatrial.store.disk import LineWriter
from seatrial.store.records import BudgetSummary
from seatrial.store.runs import RunFolder

LEDGER = "budget.jsonl"
"""The standing of the ledger after every change, a line each."""


def open_budget(options: EvalOptions, resumed: RunFolder | None) -> Budget | None:
    """The ledger of a run with a budget, with what a resumed run has spent."""
    limit_nusd = parse_money(options.budget) if options.budget is not None else None
    if limit_nusd is None:
        return None
    return Budget(limit_nusd, spent_nusd=_spent_before(resumed) if resumed is not None else 0)


def refuse_unbounded(feature: Feature, names: Iterable[str]) -> None:
    """Raises SpecError with every model of these names for which the most that a call can cost is not known."""
    specs = [feature.spec.models[name] for name in dict.fromkeys(names)]
    problems = [problem for spec in specs if not _is_free(spec) for problem in _unbounded(spec)]
    if problems:
        raise SpecError(problems)


def budgeted(feature: Feature, budget: Budget) -> Feature:
    """The feature with every call held to the budget."""
    return feature.around_calls(partial(_hold, budget))


@contextmanager
def ledger(budget: Budget | None, run: RunFolder, *, append: bool, hint: str) -> Iterator[None]:
    """Writes every change of the budget to the run's folder, for as long as the context lasts."""
    if budget is None:
        yield
        return
    with LineWriter(run.path / LEDGER, append=append, hint=hint) as lines:
        budget.note = lines.write
        yield


def _spent_before(run: RunFolder) -> int:
    """Nano-dollars: what the run's ledger says was spent, with what was reserved for calls that never came back. A run
    that began without a budget has no ledger; then what its answers are known to have cost.
    """
    path = run.path / LEDGER
    if path.exists():
        whole = path.read_bytes().rpartition(b"\n")[0].rpartition(b"\n")[2]
        standing = msgspec.json.decode(whole, type=Standing) if whole else Standing(0, 0)
        return standing.spent_nusd + standing.reserved_nusd
    return sum(
        (result.cost_nusd or 0) + sum(verdict.cost_nusd or 0 for verdict in result.verdicts) for result in run.results()
    )


def summarise(budget: Budget, left_out: int) -> BudgetSummary:
    """`left_out` counts the cases that were not asked."""
    estimates = budget.estimates
    return BudgetSummary(
        limit_usd=usd(budget.limit_nusd),
        spent_usd=usd(budget.spent_nusd),
        left_out=left_out,
        next_usd=None if budget.refused_nusd is None else usd(budget.refused_nusd),
        kept_usd=usd(budget.kept_nusd),
        estimated_tokens=estimates.estimated_tokens,
        actual_tokens=estimates.actual_tokens,
        largest_overshoot_tokens=estimates.largest_overshoot_tokens,
        largest_overshoot_usd=usd(estimates.largest_overshoot_nusd),
    )


def _is_free(spec: ModelSpec) -> bool:
    return is_replayed(spec) and spec.price is None


def _unbounded(spec: ModelSpec) -> Iterator[Problem]:
    model = f"the model {spec.name} ({spec.use})"
    if longest_answer(spec) is None:
        yield Problem(
            what=f"{model} sets no limit on its answers, so a budget cannot be held",
            file=FILE,
            expected=" or ".join(LENGTH_PARAMS[:2]) + " under params:",
            hint="for example  params: {max_tokens: 500}",
        )
    price = price_at(spec, datetime.now(UTC))
    if price is None or price.most_nusd(1, 1) is None:
        yield Problem(
            what=f"{model} has no known price, so a budget cannot be held",
            file=FILE,
            hint="write it in USD per million tokens:  price: {input: 0.15, output: 0.6}  (0 for one of your own)",
        )


def _hold(budget: Budget, spec: ModelSpec, model: Model) -> Model:
    if _is_free(spec):
        return model
    return Budgeted(model, budget, partial(_most_nusd, spec), name=spec.name, use=spec.use)


def _most_nusd(spec: ModelSpec, prompt_tokens: int) -> int:
    """What a call can cost at the price of this moment. Raises SpecError where the price has become unknown."""
    price = price_at(spec, datetime.now(UTC))
    most = price.most_nusd(prompt_tokens, longest_answer(spec) or 0) if price is not None else None
    if most is None:
        raise SpecError(list(_unbounded(spec)))
    return most
