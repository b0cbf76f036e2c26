"""What stands in `guards:` of feature.yaml, read and bound: guards in their stages, and who they are for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

import msgspec

from seatrial.checks.bind import BoundCheck
from seatrial.checks.parameters import NamedModel
from seatrial.core.decision import SUBSTITUTED, Action, Stage
from seatrial.core.identity import digest

CHANGING: frozenset[Action] = frozenset({"redact", "mask", "pseudonymise"})
"""Actions after which the text goes on, changed where the check points."""

ENDING: frozenset[Action] = frozenset({"refuse", "replace", "retry"})
"""Actions after which the text does not go on."""

WHOLE: Literal["all"] = "all"
"""The window of a guard that judges the whole answer, all of it held back until then."""

Window = int | Literal["all"]

CohortRule = str | dict[str, str]
"""A value that any of the request's cohort may have, or names with their values, all of which it must have."""


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """A bound check with what to do when it fails. `reply` is the canned reply of an ending action; where it
    `substitutes` it is what stands in the text's place. `timeout` is in seconds; `open` lets a text through that could
    not be judged. `then` is the costlier guard that `escalate` asks. `retries` is how often `retry` asks again.
    """

    check: BoundCheck
    stage: Stage
    action: Action
    reply: str = ""
    retries: int = 0
    shadow: bool = False
    open: bool = False
    cohort: tuple[CohortRule, ...] = ()
    timeout: float | None = None
    window: Window | None = None
    speculative: bool = False
    then: Guard | None = None

    @property
    def changes(self) -> bool:
        """Whether what comes after it may see another text than it."""
        acts = self.action in CHANGING or (self.then is not None and self.then.changes)
        return acts and not self.shadow

    @property
    def ends(self) -> bool:
        return self.action in ENDING and not self.shadow

    @property
    def acts(self) -> bool:
        """Whether it does more than to say what it found."""
        return self.action != "flag" and not self.shadow

    @property
    def substitutes(self) -> bool:
        """Whether its reply stands in the place of the text that failed, and the ask goes on."""
        return self.action == "replace" and self.stage in SUBSTITUTED and bool(self.reply)

    def asks(self) -> Iterator[NamedModel]:
        """The models its checks ask, also those of the costlier guard behind it."""
        yield from self.check.asks()
        if self.then is not None:
            yield from self.then.asks()

    def is_for(self, cohort: Mapping[str, str]) -> bool:
        return not self.cohort or any(_holds(rule, cohort) for rule in self.cohort)

    def as_data(self) -> dict[str, Any]:
        """All that shapes what it does, for the feature's version."""
        fields = {name: getattr(self, name) for name in self.__struct_fields__ if name not in ("check", "then")}
        return fields | {"check": self.check.version, "then": None if self.then is None else self.then.as_data()}


def _holds(rule: CohortRule, cohort: Mapping[str, str]) -> bool:
    if isinstance(rule, str):
        return rule in cohort.values()
    return all(cohort.get(name) == value for name, value in rule.items())


class Policy(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The guards of a feature, by stage in the order written, and the seconds each stage may take."""

    stages: dict[Stage, tuple[Guard, ...]] = {}
    budgets: dict[Stage, float] = {}

    def of(self, stage: Stage, cohort: Mapping[str, str]) -> tuple[Guard, ...]:
        """The guards of a stage that stand for a request of this cohort."""
        return tuple(guard for guard in self.stages.get(stage, ()) if guard.is_for(cohort))

    @property
    def every(self) -> tuple[Guard, ...]:
        return tuple(guard for guards in self.stages.values() for guard in guards)

    def __bool__(self) -> bool:
        return any(self.stages.values())

    @cached_property
    def version(self) -> str:
        stages = {stage: [guard.as_data() for guard in guards] for stage, guards in self.stages.items()}
        return digest([stages, self.budgets])
