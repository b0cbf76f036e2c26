"""What people said of answers: labels as lines of a file, and what they come to together.

Every line is one act of one person and stands for itself: what was judged is in it, so that the file is all that a
calibration needs. Nothing is overwritten: of the labels of one person for one item the last counts, and an adjudication
outweighs all labels.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any, Literal

import msgspec

from seatrial.core.conversation import Message
from seatrial.core.errors import Problem, SpecError
from seatrial.core.identity import digest
from seatrial.spec.nodes import Problems
from seatrial.spec.rows import read_rows

Word = Literal["pass", "fail", "unsure"]
Kind = Literal["label", "adjudication"]


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something to label: the conversation up to the user's last message, the answer, and the context it was given.
    `row` is the data row it came from, for checks whose parameters are templates over one.
    """

    messages: tuple[Message, ...] = ()
    text: str
    context: tuple[str, ...] = ()
    row: dict[str, Any] = {}

    @property
    def id(self) -> str:
        """The hash of what a person sees, so that the same answer of two variants is one item."""
        return digest([[(message.role, message.text) for message in self.messages], self.text, self.context])

    @property
    def asked(self) -> str:
        """What decides the part of a split it falls into: answers to one ask stay together."""
        return digest([(message.role, message.text) for message in self.messages])


class Label(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line: what a person (`by`) said of an item, when (UTC), and why. `item` is the item's id."""

    item: str
    judged: Item
    label: Word
    by: str
    at: str
    kind: Kind = "label"
    note: str = ""


class Decided(msgspec.Struct, frozen=True):
    """An item with what it is taken to be, and what each person said of it."""

    item: Item
    passes: bool
    said: dict[str, Word]


class Labels:
    """All labels of a file, put together."""

    def __init__(self, lines: Iterable[Label]) -> None:
        self._items: dict[str, Item] = {}
        self._said: dict[str, dict[str, Label]] = {}
        self._ruled: dict[str, Label] = {}
        for line in lines:
            self.add(line)

    def add(self, line: Label) -> None:
        self._items.setdefault(line.item, line.judged)
        if line.kind == "adjudication":
            self._ruled[line.item] = line
        else:
            self._said.setdefault(line.item, {})[line.by] = line

    @property
    def items(self) -> dict[str, Item]:
        return dict(self._items)

    @property
    def people(self) -> list[str]:
        return sorted({name for said in self._said.values() for name in said})

    def said_by(self, person: str) -> set[str]:
        """The ids of the items that this person has labelled."""
        return {item for item, said in self._said.items() if person in said}

    def of(self, item: str) -> list[Label]:
        """The labels of an item, one a person, without adjudications; in the order of their names."""
        return [label for _, label in sorted(self._said.get(item, {}).items())]

    def disputed(self) -> list[Item]:
        """Items on which people do not agree, or of which nobody was sure, that nobody has ruled on."""
        return [self._items[item] for item in self._said if item not in self._ruled and self._truth(item) is None]

    def decided(self) -> list[Decided]:
        """Items that people agree on, or that were ruled on, by their ids."""
        found = []
        for item in sorted(self._items):
            truth = self._truth(item)
            if truth is not None:
                said = {label.by: label.label for label in self.of(item)}
                found.append(Decided(self._items[item], truth == "pass", said))
        return found

    def _truth(self, item: str) -> Word | None:
        if item in self._ruled:
            word = self._ruled[item].label
            return None if word == "unsure" else word
        words = {label.label for label in self.of(item)} - {"unsure"}
        return next(iter(words)) if len(words) == 1 else None

    def pairs(self) -> list[tuple[Word, Word]]:
        """What every two people said of the same item, where both were sure; before anybody ruled."""
        found: list[tuple[Word, Word]] = []
        for item in self._said:
            sure = [label.label for label in self.of(item) if label.label != "unsure"]
            found += list(combinations(sure, 2))
        return found


def read_labels(path: Path, *, file: str | None = None) -> Labels:
    """The labels of a file; of one that does not exist there are none. Raises SpecError with every bad line."""
    if not path.exists():
        return Labels(())
    lines = []
    problems = Problems()
    for row in read_rows(path, file=file):
        try:
            line = msgspec.convert(row.values, Label)
        except msgspec.ValidationError as error:
            problems.add(Problem(what=f"this is no label: {error}", file=row.file, line=row.line))
            continue
        if line.item != line.judged.id:
            what = "the label's item is not the hash of what it judges"
            problems.add(Problem(what=what, file=row.file, line=row.line, hint="labels are not edited by hand"))
        lines.append(line)
    problems.raise_any()
    return Labels(lines)


def label_of(item: Item, word: Word, *, by: str, at: str, kind: Kind = "label", note: str = "") -> Label:
    if not by.strip():
        raise SpecError("a label needs somebody who says it", hint="--by NAME")
    return Label(item=item.id, judged=item, label=word, by=by, at=at, kind=kind, note=note)
