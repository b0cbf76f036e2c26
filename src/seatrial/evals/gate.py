"""A suite's gate: `gate: {pass_rate: ">= 0.8", repair_rate: "<= 0.05"}` read from YAML and decided on exact one-sided
bounds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from seatrial.spec.nodes import Node
from seatrial.stats.gate import Decision, decide
from seatrial.store.records import GateOutcome

Operator = Literal[">=", "<="]
LATER = ("better", "not_worse", "same")
"""Keys of the design that later versions read."""

ALLOW = "allow"
_BOUND = re.compile(r"\s*(?P<operator>>=|<=)\s*(?P<limit>\d+(?:\.\d+)?|\.\d+)\s*\Z")


class Gate(msgspec.Struct, frozen=True):
    """`allow_unjudged` is how many cases may be error or unscored; `repair_limit` the share of the cases with a
    structured answer in which something may have been mended. `uncalibrated` lets judges decide for which no
    calibration card vouches.
    """

    operator: Operator
    limit: float
    allow_unjudged: int = 0
    repair_limit: float | None = None
    uncalibrated: bool = False

    @property
    def text(self) -> str:
        said = f"pass_rate {self.operator} {self.limit:g}"
        return said if self.repair_limit is None else f"{said}, repair_rate <= {self.repair_limit:g}"

    def as_data(self) -> dict[str, Any]:
        repairs = {} if self.repair_limit is None else {"repair_rate": f"<= {self.repair_limit:g}"}
        return {
            "pass_rate": f"{self.operator} {self.limit:g}",
            "allow_unjudged": self.allow_unjudged,
            **repairs,
            **({"uncalibrated": ALLOW} if self.uncalibrated else {}),
        }

    def with_judges(self, outcome: GateOutcome, uncalibrated: Mapping[str, str]) -> GateOutcome:
        """The outcome where it rests on judges for which nothing vouches: not held, unless that is allowed."""
        if self.uncalibrated or not uncalibrated:
            return outcome
        why = "; ".join(f"{check}: {reason}" for check, reason in uncalibrated.items())
        return GateOutcome(False, outcome.bound, f"uncalibrated: {why}; {outcome.reason}")

    def with_repairs(self, outcome: GateOutcome, mended: int, read: int) -> GateOutcome:
        """The outcome with that of the repair rate: both have to hold. `read` counts cases with a structured answer."""
        if self.repair_limit is None:
            return outcome
        decision = decide(mended, read - mended, "<=", self.repair_limit)
        shown = f"repair rate at most {decision.bound:.3f} at 95 %, asked for <= {self.repair_limit:g}"
        if decision.held is None:
            shown += f"; {_further(decision, '<=', 'without a repair')}"
        held = False if False in (outcome.held, decision.held) else (outcome.held and decision.held) or None
        return GateOutcome(held, outcome.bound, f"{outcome.reason}; {shown}")

    def decide(self, passed: int, failed: int, unjudged: int, *, complete: bool) -> GateOutcome:
        """The outcome on these counts of cases. An incomplete run is never enough evidence to hold."""
        decision = decide(passed, failed, self.operator, self.limit)
        side = "at least" if self.operator == ">=" else "at most"
        shown = f"pass rate {side} {decision.bound:.3f} at 95 %, asked for {self.operator} {self.limit:g}"
        if decision.held is False:
            return GateOutcome(
                False, decision.bound, f"{shown}; the bound of the other side is {decision.opposite:.3f}"
            )
        missing = []
        if unjudged > self.allow_unjudged:
            missing.append(f"{unjudged} not judged, {self.allow_unjudged} allowed")
        if not complete:
            missing.append("not the whole suite ran")
        if decision.held is None:
            missing.append(_further(decision, self.operator))
        return GateOutcome(None if missing else True, decision.bound, "; ".join([shown, *missing]))


def _further(decision: Decision, operator: Operator, kind: str = "") -> str:
    if decision.unreachable:
        return "no number of cases within reach would decide it"
    kind = kind or ("passing" if operator == ">=" else "failing")
    return f"{decision.further} further cases, all {kind}, would decide it"


def read_gate(node: Node) -> Gate | None:
    """None after a mistake was noted."""
    known = ("pass_rate", "allow_unjudged", "repair_rate", "uncalibrated")
    fields = node.fields("gate", known, later=LATER, required=("pass_rate",))
    if fields is None or "pass_rate" not in fields:
        return None
    written = fields["pass_rate"].value
    match = _BOUND.match(written) if isinstance(written, str) else None
    if match is None or float(match["limit"]) > 1:
        fields["pass_rate"].wanted("pass_rate", 'a bound from 0 to 1 like ">= 0.8"')
        return None
    allowed = fields["allow_unjudged"].integer("allow_unjudged", least=0) if "allow_unjudged" in fields else 0
    operator: Operator = ">=" if match["operator"] == ">=" else "<="
    repairs = _read_repair_rate(fields["repair_rate"]) if "repair_rate" in fields else None
    trusts = "uncalibrated" in fields and fields["uncalibrated"].choice("uncalibrated", (ALLOW,)) == ALLOW
    return Gate(operator, float(match["limit"]), allowed or 0, repairs, trusts)


def _read_repair_rate(node: Node) -> float | None:
    match = _BOUND.match(node.value) if isinstance(node.value, str) else None
    if match is None or match["operator"] != "<=" or float(match["limit"]) > 1:
        node.wanted("repair_rate", 'a bound from 0 to 1 like "<= 0.05"')
        return None
    return float(match["limit"])
