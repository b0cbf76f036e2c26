"""A suite's gate: `gate: {pass_rate: ">= 0.8"}` read from YAML and decided on exact one-sided bounds."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from seatrial.spec.nodes import Node
from seatrial.stats.gate import Decision, decide
from seatrial.store.records import GateOutcome

Operator = Literal[">=", "<="]
LATER = ("better", "not_worse", "same", "uncalibrated")
"""Keys of the design that later versions read."""

_BOUND = re.compile(r"\s*(?P<operator>>=|<=)\s*(?P<limit>\d+(?:\.\d+)?|\.\d+)\s*\Z")


class Gate(msgspec.Struct, frozen=True):
    """`allow_unjudged` is how many cases may be error or unscored."""

    operator: Operator
    limit: float
    allow_unjudged: int = 0

    @property
    def text(self) -> str:
        return f"pass_rate {self.operator} {self.limit:g}"

    def as_data(self) -> dict[str, Any]:
        return {"pass_rate": f"{self.operator} {self.limit:g}", "allow_unjudged": self.allow_unjudged}

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


def _further(decision: Decision, operator: Operator) -> str:
    if decision.unreachable:
        return "no number of cases within reach would decide it"
    kind = "passing" if operator == ">=" else "failing"
    return f"{decision.further} further cases, all {kind}, would decide it"


def read_gate(node: Node) -> Gate | None:
    """None after a mistake was noted."""
    fields = node.fields("gate", ("pass_rate", "allow_unjudged"), later=LATER, required=("pass_rate",))
    if fields is None or "pass_rate" not in fields:
        return None
    written = fields["pass_rate"].value
    match = _BOUND.match(written) if isinstance(written, str) else None
    if match is None or float(match["limit"]) > 1:
        fields["pass_rate"].wanted("pass_rate", 'a bound from 0 to 1 like ">= 0.8"')
        return None
    allowed = fields["allow_unjudged"].integer("allow_unjudged", least=0) if "allow_unjudged" in fields else 0
    operator: Operator = ">=" if match["operator"] == ">=" else "<="
    return Gate(operator, float(match["limit"]), allowed or 0)
