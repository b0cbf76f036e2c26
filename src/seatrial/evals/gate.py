"""A suite's gate: `gate: {pass_rate: ">= 0.8", repair_rate: "<= 0.05", field_accuracy: {intent: ">= 0.9"}}` read from
YAML and decided on exact one-sided bounds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from seatrial.checks.jsonpath import field_name
from seatrial.evals.claims import CLAIMS, Claim, decide_claim, nothing_to_compare, read_claims
from seatrial.evals.compare import PairedRuns
from seatrial.spec.nodes import Node
from seatrial.stats.gate import Decision, decide
from seatrial.store.records import GateOutcome

Operator = Literal[">=", "<="]
ALLOW = "allow"
_BOUND = re.compile(r"\s*(?P<operator>>=|<=)\s*(?P<limit>\d+(?:\.\d+)?|\.\d+)\s*\Z")


class Bound(msgspec.Struct, frozen=True):
    operator: Operator
    limit: float

    def __str__(self) -> str:
        return f"{self.operator} {self.limit:g}"


class Gate(msgspec.Struct, frozen=True):
    """`operator` and `limit` bound the pass rate; without a limit it is free. `allow_unjudged` is how many cases may be
    error or unscored; `repairs` bounds, by field (`*` is any), the share of the cases with a structured answer in which
    something had to be mended; `fields` the accuracy of fields that `field-accuracy` counts; `claims` are those on
    another run. `uncalibrated` lets judges decide for which no calibration card vouches.
    """

    operator: Operator = ">="
    limit: float | None = None
    allow_unjudged: int = 0
    repairs: Mapping[str, Bound] = {}
    fields: Mapping[str, Bound] = {}
    claims: tuple[Claim, ...] = ()
    uncalibrated: bool = False

    @property
    def text(self) -> str:
        said = [f"pass_rate {self.operator} {self.limit:g}"] if self.limit is not None else []
        said += [f"{_repairs_of(name)} {bound}" for name, bound in self.repairs.items()]
        said += [f"accuracy of {name} {bound}" for name, bound in self.fields.items()]
        return ", ".join([*said, *(claim.text for claim in self.claims)])

    @property
    def beside_pass_rate(self) -> list[str]:
        """The keys of what it asks for but the pass rate."""
        others = {"repair_rate": bool(self.repairs), "field_accuracy": bool(self.fields)}
        return [*(key for key, asked in others.items() if asked), *(claim.kind for claim in self.claims)]

    def as_data(self) -> dict[str, Any]:
        passes = {} if self.limit is None else {"pass_rate": f"{self.operator} {self.limit:g}"}
        repairs = {"repair_rate": {name: str(bound) for name, bound in self.repairs.items()}} if self.repairs else {}
        fields = {"field_accuracy": {name: str(bound) for name, bound in self.fields.items()}} if self.fields else {}
        claims: dict[str, Any] = {claim.kind: claim.as_data() for claim in self.claims}
        trusts = {"uncalibrated": ALLOW} if self.uncalibrated else {}
        return {**passes, "allow_unjudged": self.allow_unjudged, **repairs, **fields, **claims, **trusts}

    def with_claims(self, outcome: GateOutcome, suite: str, runs: PairedRuns | None) -> GateOutcome:
        """The outcome with those of the claims on another run: all have to hold; without that run none does."""
        for claim in self.claims:
            answer = decide_claim(claim, runs, suite) if runs is not None else nothing_to_compare()
            outcome = _both(outcome, answer.held, answer.reason)
        return outcome

    def with_judges(self, outcome: GateOutcome, uncalibrated: Mapping[str, str]) -> GateOutcome:
        """The outcome where it rests on judges for which nothing vouches: not held, unless that is allowed."""
        if self.uncalibrated or not uncalibrated:
            return outcome
        why = "; ".join(f"{check}: {reason}" for check, reason in uncalibrated.items())
        return GateOutcome(False, outcome.bound, f"uncalibrated: {why}; {outcome.reason}")

    def with_repairs(self, outcome: GateOutcome, mended: Callable[[str], tuple[int, int]]) -> GateOutcome:
        """The outcome with those of the repair rates: all have to hold. `mended(field)` counts the cases in which the
        field was mended, and those with a structured answer.
        """
        for name, bound in self.repairs.items():
            outcome = _also(outcome, _repairs_of(name), *mended(name), bound, "without a repair")
        return outcome

    def with_fields(self, outcome: GateOutcome, right: Callable[[str], tuple[int, int]]) -> GateOutcome:
        """The outcome with those of the fields: all have to hold. `right(field)` counts the cases in which it is right,
        and those in which it was judged.
        """
        for name, bound in self.fields.items():
            kind = "with it right" if bound.operator == ">=" else "with it wrong"
            outcome = _also(outcome, f"accuracy of {name}", *right(name), bound, kind)
        return outcome

    def decide(self, passed: int, failed: int, unjudged: int, *, complete: bool) -> GateOutcome:
        """The outcome on these counts of cases. An incomplete run is never enough evidence to hold."""
        unfinished = self._unfinished(unjudged, complete=complete)
        if self.limit is None:
            return GateOutcome(None if unfinished else True, None, "; ".join(unfinished))
        decision = decide(passed, failed, self.operator, self.limit)
        side = "at least" if self.operator == ">=" else "at most"
        shown = f"pass rate {side} {decision.bound:.3f} at 95 %, asked for {self.operator} {self.limit:g}"
        if decision.held is False:
            return GateOutcome(
                False, decision.bound, f"{shown}; the bound of the other side is {decision.opposite:.3f}"
            )
        missing = [*unfinished, *([_further(decision, self.operator)] if decision.held is None else [])]
        return GateOutcome(None if missing else True, decision.bound, "; ".join([shown, *missing]))

    def _unfinished(self, unjudged: int, *, complete: bool) -> list[str]:
        said = [f"{unjudged} not judged, {self.allow_unjudged} allowed"] if unjudged > self.allow_unjudged else []
        return [*said, *([] if complete else ["not the whole suite ran"])]


def _also(outcome: GateOutcome, what: str, counted: int, n: int, bound: Bound, kind: str) -> GateOutcome:
    """The outcome with that of one more rate, `counted` of `n`."""
    decision = decide(counted, n - counted, bound.operator, bound.limit)
    side = "at least" if bound.operator == ">=" else "at most"
    shown = f"{what} {side} {decision.bound:.3f} at 95 %, asked for {bound}"
    if n == 0:
        shown += "; no case has it"
    elif decision.held is False:
        shown += f"; the bound of the other side is {decision.opposite:.3f}"
    if decision.held is None:
        shown += f"; {_further(decision, bound.operator, kind)}"
    return _both(outcome, decision.held, shown)


def _both(outcome: GateOutcome, held: bool | None, reason: str) -> GateOutcome:
    """The outcome with that of one more rule: held where both are, not held where one is not."""
    joined = False if False in (outcome.held, held) else (outcome.held and held) or None
    return GateOutcome(joined, outcome.bound, f"{outcome.reason}; {reason}" if outcome.reason else reason)


def _further(decision: Decision, operator: Operator, kind: str = "") -> str:
    if decision.unreachable:
        return "no number of cases within reach would decide it"
    kind = kind or ("passing" if operator == ">=" else "failing")
    return f"{decision.further} further cases, all {kind}, would decide it"


def read_gate(node: Node) -> Gate | None:
    """None after a mistake was noted."""
    fields = node.fields("gate", (*_ASKED, "allow_unjudged", "uncalibrated"))
    if fields is None:
        return None
    before = len(node.problems.found)
    if not set(fields) & set(_ASKED):
        node.problem(
            "the gate asks for nothing", expected=", or ".join(_ASKED), hint='for example  pass_rate: ">= 0.8"'
        )
    passes = _read_bound(fields["pass_rate"], "pass_rate") if "pass_rate" in fields else None
    allowed = fields["allow_unjudged"].integer("allow_unjudged", least=0) if "allow_unjudged" in fields else 0
    repairs = _read_repairs(fields["repair_rate"]) if "repair_rate" in fields else {}
    by_field = _read_fields(fields["field_accuracy"], "field_accuracy") if "field_accuracy" in fields else {}
    trusts = "uncalibrated" in fields and fields["uncalibrated"].choice("uncalibrated", (ALLOW,)) == ALLOW
    if len(node.problems.found) > before:
        return None
    return Gate(
        passes.operator if passes is not None else ">=",
        passes.limit if passes is not None else None,
        allowed or 0,
        repairs,
        by_field,
        read_claims(fields),
        trusts,
    )


_ASKED = ("pass_rate", "repair_rate", "field_accuracy", *CLAIMS)
ANY_FIELD = "*"


def _repairs_of(field: str) -> str:
    return "repair rate" if field == ANY_FIELD else f"repair rate of {field}"


def _read_repairs(node: Node) -> dict[str, Bound]:
    """One bound for any field, or bounds by field."""
    if node.kind == "mapping":
        return _read_fields(node, "repair_rate", ("<=",))
    bound = _read_bound(node, "repair_rate", ("<=",))
    return {ANY_FIELD: bound} if bound is not None else {}


def _read_fields(node: Node, what: str, operators: tuple[Operator, ...] = (">=", "<=")) -> dict[str, Bound]:
    entries = node.entries(what) or {}
    read = {name: _read_bound(entry, f"{what}: {name}", operators) for name, entry in entries.items()}
    return {field_name(str(name)): bound for name, bound in read.items() if bound is not None}


def _read_bound(node: Node, what: str, operators: tuple[Operator, ...] = (">=", "<=")) -> Bound | None:
    match = _BOUND.match(node.value) if isinstance(node.value, str) else None
    if match is None or match["operator"] not in operators or float(match["limit"]) > 1:
        example = "<= 0.05" if operators == ("<=",) else ">= 0.8"
        node.wanted(what, f'a bound from 0 to 1 like "{example}"')
        return None
    return Bound(">=" if match["operator"] == ">=" else "<=", float(match["limit"]))
