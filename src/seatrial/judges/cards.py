"""Calibration cards: what held a judge against people, on which labels, and until when it counts.

A card is bound to the judge's models (with their parameters), to the rubric (the check with all of its parameters but
those that are data of a case) and to the labels it was measured on. Where one of them changes, it is the card of
another judge. It is a file of the feature, so that evidence is reviewed and versioned like the rest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from seatrial.checks.bind import BoundCheck
from seatrial.checks.parameters import Converted, NamedModel
from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.stats.correction import youden_index

FOLDER = "calibration"
"""Where a feature keeps its cards."""

DATA_PARAMETERS = frozenset({"reference", "against", "context"})
"""Parameters that are data of a case, and no part of what a judge is calibrated for."""


class Share(msgspec.Struct, frozen=True):
    """A share, or a kappa, with its 95 % interval."""

    estimate: float | None
    low: float | None
    high: float | None
    n: int


class JudgeModel(msgspec.Struct, frozen=True):
    name: str
    use: str
    params: dict[str, Any]
    version: str
    served_by: tuple[str, ...] = ()


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """`file` is relative to the feature's folder; `hash` is that of its bytes. `items` counts what is labelled and
    decided, `people` those who labelled.
    """

    file: str
    hash: str
    items: int
    people: int


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """The judge against people on one part of the labels. Positive is what passes; unscored items are in no count."""

    tp: int
    fn: int
    tn: int
    fp: int
    unscored: int
    kappa: Share
    agreement: Share
    sensitivity: Share
    specificity: Share
    base_rate: Share


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """`parts` has the measures of train, dev and test; only those of test say how good the judge is, since the others
    may have shaped the rubric. `looks` counts how often these labels' test part was looked at for this check. Dates are
    YYYY-MM-DD.
    """

    check: str
    entry: Any
    rubric: str
    judges: tuple[JudgeModel, ...]
    labels: Labels
    made: str
    expires: str
    seed: int
    looks: int
    parts: dict[str, Measures]
    self_agreement: Share
    people_kappa: Share
    people_agreement: Share

    @property
    def test(self) -> Measures:
        return self.parts["test"]

    @property
    def id(self) -> str:
        return f"{self.check}-{digest([self.rubric, [judge.version for judge in self.judges]])[:8]}"


class Standing(msgspec.Struct, frozen=True):
    """Whether a judge's word counts: the card that vouches for it, or why none does."""

    card: Card | None = None
    why: str | None = None


def rubric_hash(check: BoundCheck) -> str:
    """The hash of what the check asks, whatever model it asks and whatever case it judges."""
    converted = {p.name for p in check.definition.parameters if _is_converted(p.plain_type)}
    left_out = converted | DATA_PARAMETERS
    asked = {name: value for name, value in check.params.items() if name not in left_out}
    contents = [item.version for item in check.converted if not isinstance(item, NamedModel)]
    form = [check.negated, check.threshold, check.on]
    return digest([check.definition.name, check.definition.code_version, asked, contents, form])


def _is_converted(type_: Any) -> bool:
    """Whether a parameter is more than data (a model, a file): its content counts, not how it is written."""
    inner = getattr(type_, "__args__", (type_,))
    return any(isinstance(each, type) and issubclass(each, Converted) for each in (*inner, type_))


def judges_of(check: BoundCheck) -> list[BoundCheck]:
    """The checks that ask a model and decide something: itself, or those inside it that have a weight."""
    own = [check] if check.definition.calls_model else []
    return own + [judge for each in check.inner if each.weight > 0 for judge in judges_of(each)]


class Cards:
    """The cards of a feature. `today` decides what has expired."""

    def __init__(self, root: Path, today: date) -> None:
        self._root = root
        self._today = today
        self._cards = list(load_cards(root))
        self._known: dict[str, Standing] = {}

    @property
    def by_id(self) -> dict[str, Card]:
        return {card.id: card for card in self._cards}

    def standing(self, check: BoundCheck) -> Standing | None:
        """None for a check that asks no model. For a group it is that of the first judge in it that lacks a card."""
        if not check.calls_model:
            return None
        if check.version not in self._known:
            found = [self._of(judge) for judge in judges_of(check)]
            lacking = next((each for each in found if each.why is not None), None)
            own = found[0] if check.definition.calls_model and found else Standing()
            self._known[check.version] = lacking or own
        return self._known[check.version]

    def _of(self, check: BoundCheck) -> Standing:
        rubric, versions = rubric_hash(check), sorted(model.version for model in check.models)
        same_check = [card for card in self._cards if card.check == check.id]
        same_rubric = [card for card in same_check if card.rubric == rubric]
        fitting = [card for card in same_rubric if sorted(judge.version for judge in card.judges) == versions]
        for card in sorted(fitting, key=lambda each: each.expires, reverse=True):
            why = self._stale(card)
            return Standing(card) if why is None else Standing(why=why)
        if same_rubric:
            return Standing(why=f"its card {same_rubric[0].id} is of another judge model")
        return Standing(why=f"its card {same_check[0].id} is of another rubric" if same_check else "it has no card")

    def _stale(self, card: Card) -> str | None:
        if date.fromisoformat(card.expires) < self._today:
            return f"its card {card.id} expired on {card.expires}"
        labels = self._root / card.labels.file
        if labels.is_file() and hash_of(labels) != card.labels.hash:
            return f"the labels of its card {card.id} changed since ({card.labels.file})"
        why = weakness(card)
        return f"its card {card.id} does not vouch for it: {why}" if why is not None else None


def weakness(card: Card) -> str | None:
    """Why a card does not vouch for its judge, whatever the day; None where it does."""
    test = card.test
    index = youden_index((test.tp, test.tp + test.fn), (test.tn, test.tn + test.fp))
    if index.low is None:
        missing = "pass" if test.tp + test.fn == 0 else "fail"
        return f"its test part has no answer that people say should {missing}"
    if index.low <= 0:
        return f"sensitivity + specificity - 1 is at least {index.low:.2f}: it may be no better than chance"
    return None


def hash_of(path: Path) -> str:
    """16 hex digits of the SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def load_cards(root: Path) -> Iterable[Card]:
    """Every card of a feature. Raises SpecError for a file that is none."""
    for path in sorted((root / FOLDER).glob("*.json")):
        try:
            yield msgspec.json.decode(path.read_bytes(), type=Card)
        except msgspec.MsgspecError as error:
            shown = path.relative_to(root).as_posix()
            raise SpecError(
                f"this is no calibration card: {error}",
                file=shown,
                hint="seatrial judge align writes them; keep nothing else in this folder that ends in .json",
            ) from error


def write_card(root: Path, card: Card) -> Path:
    """Write a card into its feature, in the place of an earlier one of the same judge."""
    path = root / FOLDER / f"{card.id}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(card), indent=2) + b"\n")
    return path
