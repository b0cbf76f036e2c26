"""The judges of a run: which models they are, what they cost, which cards vouch for them, and what rate lies behind
theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from seatrial.checks.bind import BoundCheck
from seatrial.checks.parameters import NamedEmbedder, NamedModel, NamedModerator
from seatrial.core.verdict import Verdict
from seatrial.cost.budget import REFUSED
from seatrial.evals.suite import Suite
from seatrial.feature.feature import Feature
from seatrial.feature.lending import family
from seatrial.judges.cards import Card, Cards
from seatrial.stats.correction import rogan_gladen
from seatrial.store.records import CorrectedRate, Counts, ModelRecord


def judge_models(suites: Iterable[Suite]) -> dict[str, NamedModel]:
    """The models that the checks of the suites ask, by name; known once every case was bound."""
    return {name: model for suite in suites for name, model in suite.binder.models.items()}


def guard_models(feature: Feature) -> dict[str, NamedModel]:
    """The models that the guards of a feature ask, by name."""
    return {model.name: model for guard in feature.spec.guards.every for model in guard.asks()}


def answering(models: Mapping[str, NamedModel]) -> list[str]:
    """The names of those that answer in words, and not in vectors or scores."""
    return [name for name, model in models.items() if not isinstance(model, NamedEmbedder | NamedModerator)]


def judge_records(models: Mapping[str, NamedModel]) -> dict[str, ModelRecord]:
    return {name: ModelRecord(model.use, model.params, model.version) for name, model in models.items()}


def vouched(check: BoundCheck, verdict: Verdict, cards: Cards) -> Verdict:
    """The verdict with the card that vouches for its judge, or why none does; of another check it stays as it is."""
    standing = cards.standing(check)
    if standing is None:
        return verdict
    card = standing.card.id if standing.card is not None else None
    return msgspec.structs.replace(verdict, card=card, uncalibrated=standing.why)


def is_refused(verdict: Verdict) -> bool:
    """Whether a judge was not asked because of the budget."""
    return cause_of(verdict) == REFUSED


def cause_of(verdict: Verdict) -> str | None:
    """The kind of error for which a judge gave no verdict; None for any other verdict."""
    if verdict.state != "error":
        return None
    ended = [call.attempts[-1].error for call in verdict.calls if call.attempts]
    return next((error.kind for error in ended if error is not None), None)


def own_family(variants: Iterable[Feature], judges: Iterable[NamedModel]) -> list[str]:
    """A sentence for each judge of the same family as a model it judges.

    Judges favour what their own family wrote: A. Panickssery et al., LLM Evaluators Recognize and Favor Their Own
    Generations, NeurIPS 2024; L. Zheng et al., Judging LLM-as-a-Judge, NeurIPS 2023, section 3.3.
    """
    notes = []
    candidates = {name: each.spec.models[name] for each in variants for name in each.spec.route}
    for judge in judges:
        same = [spec for spec in candidates.values() if judge.family is not None and family(spec) == judge.family]
        if same:
            judged = ", ".join(f"{spec.name} ({spec.use})" for spec in same)
            notes.append(
                f"the judge {judge.name} ({judge.use}) is of the same family as {judged}: judges favour their own;"
                " take one of another family, or hold it against people with  seatrial judge align"
            )
    return notes


class JudgeTally:
    """What the judges of a suite did under one variant."""

    def __init__(self, cards: Mapping[str, Card]) -> None:
        self._cards = cards
        self._used: dict[str, set[str | None]] = {}
        self.uncalibrated: dict[str, str] = {}
        self.asked = False
        self.cost_nusd: int | None = 0

    def add(self, verdicts: Sequence[Verdict]) -> None:
        for verdict in verdicts:
            if verdict.calls:
                self.asked = True
                cost = verdict.cost_nusd
                self.cost_nusd = None if cost is None or self.cost_nusd is None else self.cost_nusd + cost
            if verdict.card is not None or verdict.uncalibrated is not None:
                self._used.setdefault(verdict.check, set()).add(verdict.card)
            if verdict.uncalibrated is not None and verdict.weight > 0:
                self.uncalibrated.setdefault(verdict.check, verdict.uncalibrated)

    def corrected(self, check: str, counts: Counts) -> Counts:
        """The counts with the rate behind them, where one and the same card vouched for every verdict."""
        used = self._used.get(check, set())
        card = self._cards.get(next(iter(used)) or "") if len(used) == 1 else None
        if card is None:
            return counts
        test = card.test
        found = rogan_gladen(
            counts.passed, counts.passed + counts.failed, (test.tp, test.tp + test.fn), (test.tn, test.tn + test.fp)
        )
        rate = CorrectedRate(card=card.id, estimate=found.estimate, low=found.low, high=found.high, reason=found.reason)
        return msgspec.structs.replace(counts, corrected=rate)
