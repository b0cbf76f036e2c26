"""Holds a judge against people: asks it about everything that is labelled, and says on a card how well it agrees.

The labels are split by what was asked: each ask falls into train, dev or test by its own hash, so that labels that are
added later move none of the others. What is on the card comes from test alone; train and dev are there to look at while
the rubric is being written.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import msgspec

from seatrial.checks.bind import BoundCheck
from seatrial.checks.parameters import NamedModel
from seatrial.core.case import Case
from seatrial.core.conversation import Message, ModelRequest, Request
from seatrial.core.errors import SpecError
from seatrial.core.events import Event
from seatrial.core.exchange import Exchange
from seatrial.core.identity import digest
from seatrial.core.shapes import Model
from seatrial.core.verdict import State, Verdict
from seatrial.core.view import View
from seatrial.evals.binding import CheckBinder
from seatrial.evals.judging import judge
from seatrial.feature.assemble import close_client
from seatrial.feature.bridge import run_sync
from seatrial.feature.feature import Feature
from seatrial.judges.cards import Card, JudgeModel, Measures, Share, hash_of, load_cards, rubric_hash
from seatrial.judges.cards import Labels as LabelsOfCard
from seatrial.judges.labels import Decided, Item, read_labels
from seatrial.models.recording import exact_key
from seatrial.spec.files import shown_from
from seatrial.spec.templates import compile_data
from seatrial.stats.agreement import agreement, kappa, rates, table
from seatrial.stats.proportion import Interval

Part = Literal["train", "dev", "test"]
PARTS: dict[Part, float] = {"train": 0.2, "dev": 0.6, "test": 1.0}
"""Up to where on 0..1 each part reaches."""

AT_ONCE = 8


class AlignOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`rounds` is how often the judge is asked about every item; `days` how long the card counts."""

    rounds: int = 2
    days: int = 90
    seed: int = 0


class Disagreement(msgspec.Struct, frozen=True):
    """An item of train or dev that people and the judge see differently."""

    part: Part
    item: Item
    passes: bool
    verdict: Verdict


class Aligned(msgspec.Struct, frozen=True, kw_only=True):
    """`disputed` counts items that people do not agree on, which are in no number; `errors` those for which the judge
    did not answer, with what the first said.
    """

    card: Card
    disagreements: tuple[Disagreement, ...]
    disputed: int
    errors: int
    first_error: str | None


def part_of(item: Item, seed: int) -> Part:
    """Where an item falls, by the hash of what was asked."""
    place = int(digest([seed, item.asked]), 16) / 2**64
    return next(part for part, end in PARTS.items() if place < end)


def align(feature: Feature, entry: Any, labels: Path, options: AlignOptions, *, today: date | None = None) -> Aligned:
    """Ask the judge of `entry`, a check as in a suite, about every labelled item; templates in it are read from the
    items' rows. Raises SpecError when the check asks no model, or nothing is labelled.
    """
    known = read_labels(labels)
    decided = known.decided()
    if not decided:
        raise SpecError("nothing here is labelled", file=str(labels), hint="seatrial judge label  makes labels")
    rounds = Rounds(feature)
    checks = _bound(entry, [each.item for each in decided], CheckBinder(feature.folder, rounds.lend))
    verdicts = run_sync(_ask(checks, decided, rounds, options.rounds))
    first = verdicts[0]
    parts: dict[Part, Measures] = {part: _measures(decided, first, part, options.seed) for part in PARTS}
    made = today or datetime.now(UTC).date()
    check = checks[0]
    rubric, file = rubric_hash(check), shown_from(labels, feature.folder)
    card = Card(
        check=check.id,
        entry=entry,
        rubric=rubric,
        judges=tuple(_model(model, verdicts) for model in check.models),
        labels=LabelsOfCard(file=file, hash=hash_of(labels), items=len(decided), people=len(known.people)),
        made=made.isoformat(),
        expires=(made + timedelta(days=options.days)).isoformat(),
        seed=options.seed,
        looks=_looks_before(feature.folder, check.id, hash_of(labels)) + 1,
        parts={str(part): measures for part, measures in parts.items()},
        self_agreement=_self_agreement(verdicts),
        people_kappa=_share(kappa(table(known.pairs()))),
        people_agreement=_share(agreement(table(known.pairs()))),
    )
    broken = [verdict for verdict in first if verdict.state == "error"]
    return Aligned(
        card=card,
        disagreements=tuple(_disagreements(decided, first, options.seed)),
        disputed=len(known.disputed()),
        errors=len(broken),
        first_error=broken[0].reason if broken else None,
    )


def _bound(entry: Any, items: Sequence[Item], binder: CheckBinder) -> list[BoundCheck]:
    """The check for each item. Raises SpecError when it asks no model, or another rubric for each item: what holds for
    many is on no single card.
    """
    template = compile_data(entry)
    checks = [binder.bind(entry if template is None else template(item.row)) for item in items]
    if not checks[0].definition.calls_model:
        raise SpecError(
            f"{checks[0].id} asks no model",
            hint="`seatrial checks measure` holds any other check against labelled data",
        )
    if len({rubric_hash(check) for check in checks}) > 1:
        raise SpecError(
            f"{checks[0].id} asks something else of every item",
            expected="one rubric for all, with templates only in parameters that are data of a case",
        )
    return checks


class Rounds:
    """Lends a feature's models so that what is asked again in a later round is the next repeat of it, which a recording
    answers with its next line.
    """

    def __init__(self, feature: Feature) -> None:
        self._feature = feature
        self._before: dict[str, int] = {}
        self._now: dict[str, int] = {}

    def begin(self) -> None:
        """A new round: all that was asked until now was asked before."""
        self._before = dict(self._now)

    def lend(self, name: str) -> NamedModel:
        lent = self._feature.lend(name)
        return NamedModel(
            lent.name,
            lent.use,
            lent.version,
            lent.params,
            model=lambda: _Repeated(lent.model(), self),
            embedder=lent.embedder,
            moderator=lent.moderator,
            logprobs=lent.logprobs,
            family=lent.family,
        )

    def numbered(self, request: ModelRequest) -> ModelRequest:
        key = exact_key(request)
        repeat = self._before.get(key, 0) + request.repeat
        self._now[key] = max(repeat, self._now.get(key, 0))
        return msgspec.structs.replace(request, repeat=repeat)


class _Repeated:
    def __init__(self, model: Model, rounds: Rounds) -> None:
        self._model = model
        self._rounds = rounds

    def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        return self._model.stream(self._rounds.numbered(request))


async def _ask(
    checks: Sequence[BoundCheck], decided: Sequence[Decided], rounds: Rounds, times: int
) -> list[list[Verdict]]:
    """The verdicts of each round, in the order of the items."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(check: BoundCheck, item: Item) -> Verdict:
        async with gate:
            [verdict] = await judge([check], view_of(item))
            return verdict

    found: list[list[Verdict]] = []
    try:
        for _ in range(times):
            rounds.begin()
            asks = [one(check, each.item) for check, each in zip(checks, decided, strict=True)]
            found.append(list(await asyncio.gather(*asks)))
    finally:
        await close_client()
    return found


def view_of(item: Item) -> View:
    """The item as a check sees an answer."""
    exchange = Exchange(
        id=item.id,
        request=Request(item.messages),
        message=Message("assistant", item.text),
        finish="stop",
        context=item.context,
    )
    return View.of(exchange, case=Case(id=item.id, answer=item.text, row=item.row))


def _measures(decided: Sequence[Decided], verdicts: Sequence[Verdict], part: Part, seed: int) -> Measures:
    pairs = [
        (each.passes, verdict.state)
        for each, verdict in zip(decided, verdicts, strict=True)
        if part_of(each.item, seed) == part
    ]
    judged = [(passes, state == "pass") for passes, state in pairs if state in ("pass", "fail")]
    tp, fn = judged.count((True, True)), judged.count((True, False))
    tn, fp = judged.count((False, False)), judged.count((False, True))
    found, counted = rates(tp, fn, tn, fp), table(judged)
    return Measures(
        tp=tp,
        fn=fn,
        tn=tn,
        fp=fp,
        unscored=len(pairs) - len(judged),
        kappa=_share(kappa(counted)),
        agreement=_share(agreement(counted)),
        sensitivity=_share(found.sensitivity),
        specificity=_share(found.specificity),
        base_rate=_share(found.base_rate),
    )


def _share(interval: Interval) -> Share:
    return Share(interval.estimate, interval.low, interval.high, interval.n)


def _self_agreement(rounds: Sequence[Sequence[Verdict]]) -> Share:
    """How often the judge said the same of the same item in two rounds, the first with each other; items it did not
    judge twice do not count.
    """
    judged: set[State] = {"pass", "fail"}
    pairs = [
        (one.state, other.state)
        for later in rounds[1:]
        for one, other in zip(rounds[0], later, strict=True)
        if {one.state, other.state} <= judged
    ]
    return _share(agreement(table(pairs)))


def _model(model: NamedModel, rounds: Sequence[Sequence[Verdict]]) -> JudgeModel:
    served = {
        attempt.served_by
        for verdicts in rounds
        for verdict in verdicts
        for call in verdict.calls
        for attempt in call.attempts
        if attempt.model == model.name and attempt.served_by is not None
    }
    return JudgeModel(model.name, model.use, model.params, model.version, tuple(sorted(served)))


def _disagreements(decided: Sequence[Decided], verdicts: Sequence[Verdict], seed: int) -> list[Disagreement]:
    found = []
    for each, verdict in zip(decided, verdicts, strict=True):
        part = part_of(each.item, seed)
        if part != "test" and verdict.state in ("pass", "fail") and (verdict.state == "pass") != each.passes:
            found.append(Disagreement(part, each.item, each.passes, verdict))
    return found


def _looks_before(root: Path, check: str, labels: str) -> int:
    """How often the test part of these labels was looked at for this check, by the cards that are there."""
    cards: list[Card] = [card for card in load_cards(root) if card.check == check and card.labels.hash == labels]
    return max((card.looks for card in cards), default=0)


def as_data(found: Aligned) -> Mapping[str, Any]:
    """What `judge align --json` prints, without the card's path."""
    return {
        "card": msgspec.to_builtins(found.card),
        "disputed": found.disputed,
        "errors": found.errors,
        "disagreements": len(found.disagreements),
    }
