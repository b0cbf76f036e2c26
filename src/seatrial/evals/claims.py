"""What a gate claims of a run beside another: `better`, `not_worse: {by: 0.02}`, `same: {within: 0.02}`.

Each is a claim the shared cases must carry by themselves at 95 %; "no significant difference" carries none of them. No
correction is made across claims that must all hold, which only makes holding them harder; of several measures of
which one is to win, Holm's is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from seatrial.evals.compare import LESS_IS_BETTER, PairedRuns
from seatrial.evals.measures import CHECK, COST, LATENCY, METRIC, PASS_RATE
from seatrial.spec.nodes import Node
from seatrial.stats.cluster import clusters
from seatrial.stats.multiple import holm
from seatrial.stats.questions import Finding, Kind, Question, decide_pairs, decide_scores
from seatrial.store.records import GateOutcome

CLAIMS: tuple[Kind, ...] = ("better", "not_worse", "same")
MARGIN_KEYS = {"not_worse": "by", "same": "within"}
NO_BASELINE = "there is no run to compare with: seatrial eval --against RUN, last or main"
_LEVEL = 0.05


class Claim(msgspec.Struct, frozen=True):
    """`of` names the measures; of several, which only `better` takes, one has to win."""

    kind: Kind
    margin: float = 0.0
    of: tuple[str, ...] = (PASS_RATE,)

    @property
    def text(self) -> str:
        measures = " or ".join(self.of)
        if self.kind == "better":
            return f"{measures} better"
        if self.kind == "same":
            return f"{measures} the same within {self.margin:g}"
        return f"{measures} not worse by more than {self.margin:g}"

    def as_data(self) -> Any:
        """The value of its key in a gate."""
        if self.kind == "better":
            return list(self.of)
        return {MARGIN_KEYS[self.kind]: self.margin, "of": self.of[0]}


def read_claims(fields: Mapping[str, Node]) -> tuple[Claim, ...]:
    """The claims among the keys of a gate; mistakes are noted."""
    read = (_read_claim(kind, fields[kind]) for kind in CLAIMS if kind in fields)
    return tuple(claim for claim in read if claim is not None)


def _read_claim(kind: Kind, node: Node) -> Claim | None:
    if kind == "better":
        if node.value is True:
            return Claim("better")
        names = node.texts("better") if node.kind == "list" else [node.text("better, if not true,")]
        known = [name for name in names or () if name is not None and _is_measure(node, name)]
        return Claim("better", of=tuple(known)) if known else None
    key = MARGIN_KEYS[kind]
    fields = node.fields(kind, (key, "of"), required=(key,))
    if fields is None or key not in fields:
        return None
    margin = fields[key].number(f"{kind}: {key}")
    if margin is not None and not margin > 0:
        fields[key].wanted(f"{kind}: {key}", "a number above 0, like 0.02 for 2 points")
        return None
    of = fields["of"].text(f"{kind}: of") if "of" in fields else PASS_RATE
    if margin is None or of is None or not _is_measure(fields.get("of", node), of):
        return None
    return Claim(kind, margin, (of,))


def _is_measure(node: Node, name: str) -> bool:
    if name in (PASS_RATE, LATENCY, COST) or name.startswith((CHECK, METRIC)):
        return True
    node.problem(
        f"{name!r} is no measure",
        expected=f"{PASS_RATE}, {LATENCY}, {COST}, {CHECK}NAME or {METRIC}NAME",
        hint="`seatrial compare` prints them",
    )
    return False


def decide_claim(claim: Claim, runs: PairedRuns, suite: str) -> GateOutcome:
    """What the shared cases of a suite say to the claim."""
    found = [_ask(claim, runs, suite, measure) for measure in claim.of]
    held = _held(claim, found)
    said = "; ".join(_said(measure, finding) for measure, finding in zip(claim.of, found, strict=True))
    beside = "as" if claim.kind == "same" else "than"
    return GateOutcome(held, found[0].low, f"{claim.text} {beside} in {runs.a.name}: {said}")


def _ask(claim: Claim, runs: PairedRuns, suite: str, measure: str) -> Finding:
    values = runs.values(measure, [pair for pair in runs.pairs if pair.case.suite == suite])
    question = Question(claim.kind, claim.margin)
    less = measure in LESS_IS_BETTER
    data = clusters([-each if less else each for each in values.differences], values.groups)
    if less or not values.binary:
        return decide_scores(question, data)
    return decide_pairs(question, values.pairs, data)


def _held(claim: Claim, found: list[Finding]) -> bool | None:
    if len(found) == 1:
        return found[0].held
    adjusted = holm([finding.p if finding.p is not None else 1.0 for finding in found])
    if min(adjusted) <= _LEVEL:
        return True
    return False if all(finding.held is False for finding in found) else None


def _said(measure: str, finding: Finding) -> str:
    if finding.difference is None:
        return f"{measure}: {finding.warning or 'nothing to go by'}"
    bounds = ""
    if finding.low is not None and finding.high is not None:
        bounds = f", {finding.low:+.3g} to {finding.high:+.3g} at 95 % each"
    shown = f"{measure} {finding.difference:+.3g}{bounds} ({finding.test}, n {finding.n})"
    return "; ".join([shown, *_missing(finding)])


def _missing(finding: Finding) -> Iterator[str]:
    if finding.warning:
        yield finding.warning
    if finding.held is None and finding.unreachable:
        yield "no number of cases within reach would decide it"
    elif finding.held is None and finding.further is not None:
        yield f"{finding.further} further cases like these would decide it"


def nothing_to_compare() -> GateOutcome:
    return GateOutcome(None, None, NO_BASELINE)
