"""What a check says (`Verdict`) and where in the text it says it (`Span`)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from seatrial.core.attempt import Usage

State = Literal["pass", "fail", "unscored", "error"]
On = Literal["answer", "raw", "input", "context", "tools"]


class Span(msgspec.Struct, frozen=True, omit_defaults=True):
    """Half-open range of the judged text in code points; `label` is the entity or rule that was found there."""

    start: int
    end: int
    label: str = ""


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One judgement. A check function returns one with `state`, and `score`, `label`, `reason`, `spans` where it has
    them; `check`, `version`, `on` and `turn` are filled in by the bound check that called it.
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


def total_usage(verdicts: Iterable[Verdict]) -> Usage | None:
    """What judging cost in all; None when none of it cost anything."""
    used = [verdict.usage for verdict in verdicts if verdict.usage is not None]
    return sum(used[1:], used[0]) if used else None
