"""What a check says (`Verdict`) and where in the text it says it (`Span`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from seatrial.core.attempt import Attempt, Usage, cost_of
from seatrial.core.conversation import Message

State = Literal["pass", "fail", "unscored", "error"]
On = Literal["answer", "raw", "input", "context", "tools"]


class Span(msgspec.Struct, frozen=True, omit_defaults=True):
    """Half-open range of the judged text in code points; `label` is the entity or rule that was found there."""

    start: int
    end: int
    label: str = ""


class Compared(msgspec.Struct, frozen=True):
    """A field of an answer beside its label, for counting over many cases. Both are written as classes: a text as it
    is, other data as JSON; `(missing)` and `(no value)` stand for an answer without the field, and without a value.
    """

    field: str
    expected: str
    got: str

    @property
    def right(self) -> bool:
        return self.expected == self.got


class ModelCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a check asked a model, what it said, and the attempts that took."""

    messages: tuple[Message, ...]
    reply: str
    attempts: tuple[Attempt, ...] = ()


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One judgement. A check function returns one with `state`, and `score`, `label`, `reason`, `spans` where it has
    them; `check`, `version`, `on` and `turn` are filled in by the bound check that called it. With `compared` the
    summary of a run counts the verdict by class.

    `calls` are those of a check that asks a model, and `usage` is what they took. `card` names the calibration card
    that vouches for the judge, `uncalibrated` says why none does; both are absent where no model was to judge.
    """

    state: State
    check: str = ""
    version: str = ""
    on: On = "answer"
    turn: int = 0
    score: float | None = None
    label: str | None = None
    reason: str = ""
    spans: tuple[Span, ...] = ()
    usage: Usage | None = None
    weight: float = 1.0
    metric: str | None = None
    compared: Compared | None = None
    calls: tuple[ModelCall, ...] = ()
    card: str | None = None
    uncalibrated: str | None = None

    @property
    def cost_nusd(self) -> int | None:
        """What judging cost, in nano-dollars; None where that is not known, and where no model was asked."""
        return cost_of([attempt for call in self.calls for attempt in call.attempts])


def made_of(verdict: Verdict, inner: Iterable[Verdict]) -> Verdict:
    """The verdict of a check made of checks, with what judging took in all of them."""
    inner = list(inner)
    used = [each.usage for each in inner if each.usage is not None]
    calls = tuple(call for each in inner for call in each.calls)
    if not used and not calls:
        return verdict
    return msgspec.structs.replace(verdict, usage=sum(used[1:], used[0]) if used else None, calls=calls)
