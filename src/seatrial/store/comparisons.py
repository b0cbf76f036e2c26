"""What a comparison of two runs says, as it is printed, stored beside a run, and written into reports."""

from __future__ import annotations

from typing import Literal

import msgspec

from seatrial.core.verdict import State

MetricVerdict = Literal["better", "worse", "undecided"]


class MetricDifference(msgspec.Struct, frozen=True, kw_only=True):
    """One measure on both sides, over the `n` cases that have it on both, in `groups` groups.

    `difference` is B - A with its two-sided 95 % interval; `interval` and `test` name the methods. `verdict` is that of
    `p_adjusted` at 5 %; of latency and cost less is better. `needed` is how many further cases would decide if they
    came out like those so far: None where it is decided, or where no number up to 10 million would.
    """

    n: int
    groups: int
    a: float | None
    b: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    p_adjusted: float | None
    test: str
    interval: str
    verdict: MetricVerdict
    needed: int | None
    warning: str | None = None

    @property
    def changed(self) -> bool:
        """Whether anything came out otherwise on the two sides."""
        return self.p is None or self.p < 1.0 or self.difference != 0


class ChangedCase(msgspec.Struct, frozen=True, kw_only=True):
    """A case on both sides, its repeats counted together. `flips` says that it also flips at one version: how often it
    passed there, in words.
    """

    suite: str
    case: str
    name: str | None
    before: State
    after: State
    flips: str | None = None

    @property
    def title(self) -> str:
        return f"{self.suite} › {self.name or self.case}"


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """Cases that are no pair of the pass rate: on one side only, or in error or unscored on one side."""

    only_in_a: int
    only_in_b: int
    not_judged_in_a: int
    not_judged_in_b: int

    @property
    def total(self) -> int:
        return self.only_in_a + self.only_in_b + self.not_judged_in_a + self.not_judged_in_b


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """`a` and `b` are RUN:VARIANT. `pairs` counts the cases judged on both sides; `family` is how many measures beside
    the pass rate the adjusted p-values answer for.
    """

    a: str
    b: str
    pairs: int
    left_out: LeftOut
    family: int
    metrics: dict[str, MetricDifference]
    newly_failing: tuple[ChangedCase, ...]
    newly_passing: tuple[ChangedCase, ...]
    still_failing: tuple[ChangedCase, ...]


class Share(msgspec.Struct, frozen=True):
    """`count` of `n` with its two-sided 95 % Wilson interval."""

    count: int
    n: int
    estimate: float | None
    low: float | None
    high: float | None


class Repeatability(msgspec.Struct, frozen=True, kw_only=True):
    """Two runs of one version: `first` is the id of the other one. `flaked` are the cases that came out differently,
    `flake_rate` their share; `checks` the share for each check that did. `judges` says of each check that asks a model
    how often it judged the same answer otherwise when asked again. `replayed` names the models whose answers were
    recorded: they say the same twice, and nothing of how steady a model is.
    """

    first: str
    flake_rate: Share
    flaked: tuple[ChangedCase, ...]
    checks: dict[str, Share]
    judges: dict[str, Share]
    replayed: tuple[str, ...] = ()
