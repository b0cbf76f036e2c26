"""What an eval is to run: read, found to be right, and not begun yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from seatrial.cost.budget import Budget
from seatrial.evals.baseline import Baseline
from seatrial.evals.options import EvalOptions
from seatrial.evals.origin import Origin
from seatrial.evals.plan import Plan
from seatrial.evals.suite import Suite
from seatrial.feature.feature import Feature
from seatrial.judges.cards import Cards
from seatrial.store.disk import DISK, RESUMABLE
from seatrial.store.records import Result


class Progress(msgspec.Struct, frozen=True):
    """Told what is about to run, then every result."""

    begin: Callable[[Plan], None]
    result: Callable[[Result], None]


class Job(NamedTuple):
    """`variants` are the feature by the names they run under; `baseline` is the run to compare with."""

    feature: Feature
    suites: list[Suite]
    variants: dict[str, Feature]
    options: EvalOptions
    origin: Origin | None
    progress: Progress | None
    budget: Budget | None
    baseline: Baseline | None
    cards: Cards

    @property
    def replays(self) -> bool:
        """Whether no answer is asked for: those of a run are judged again."""
        return self.options.rejudge is not None

    @property
    def disk_hint(self) -> str:
        """What can be done where the disk does not take a result: a run that records or judges again is not resumed."""
        return DISK if self.options.record or self.replays else RESUMABLE
