"""`eval --until-decided`: watch a run, and stop as soon as its gates are decided, without the error of peeking.

A gate read again and again on ordinary bounds is sooner or later held by luck. Here each gate has a confidence
sequence, which holds at all looks together, and gives the gate's outcome. Two things make that true of a run: cases are
asked in a seeded random order, and they are looked at in that order, whichever answer comes first; quick answers
differ from slow ones. Cases that share a group are asked one after the other and count as one value, their mean.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from seatrial.core.case import Case
from seatrial.core.errors import Problem, SpecError
from seatrial.core.verdict import State
from seatrial.evals.gate import Gate
from seatrial.evals.suite import Suite
from seatrial.stats.sequence import ConfidenceSequence
from seatrial.store.records import GateOutcome

CONFIDENCE = 0.9
"""Two-sided, so that each side alone holds at 95 %, as a gate's bound does."""


class Place(NamedTuple):
    """Where a case stands in the order: the how-manieth draw, of how many cases."""

    draw: int
    size: int


def in_random_order(cases: Iterable[Case], seed: int) -> tuple[list[int], dict[tuple[str, str], Place]]:
    """The places of the cases in a seeded random order, groups together, and each case's draw within its suite."""
    units: dict[tuple[str, str, str], list[int]] = {}
    keys: list[tuple[str, str]] = []
    for place, case in enumerate(cases):
        kind, name = ("case", case.id) if case.group is None else ("group", case.group)
        units.setdefault((case.suite, kind, name), []).append(place)
        keys.append((case.suite, case.id))
    order = list(units)
    random.Random(seed).shuffle(order)  # noqa: S311 - an order, not a secret
    drawn: dict[str, int] = {}
    places: dict[tuple[str, str], Place] = {}
    for unit in order:
        draw = drawn[unit[0]] = drawn.get(unit[0], -1) + 1
        for place in units[unit]:
            places[keys[place]] = Place(draw, len(units[unit]))
    return [place for unit in order for place in units[unit]], places


def refuse_undecidable(suites: Iterable[Suite]) -> None:
    """Raises SpecError where there is no gate that early stopping could decide."""
    problems = []
    gates = 0
    for suite in suites:
        if suite.gate is None:
            continue
        gates += 1
        others = suite.gate.beside_pass_rate
        if others:
            asked = ", ".join(others)
            what = f"--until-decided decides a gate on the pass rate, and that of {suite.name} asks for {asked}"
            problems.append(Problem(what=what, file=suite.file, hint="run it without --until-decided"))
    if not gates:
        problems.append(
            Problem(what="--until-decided: no suite has a gate", hint='give one  gate: {pass_rate: ">= 0.9"}')
        )
    if problems:
        raise SpecError(problems)


class Watch:
    """The gates of a run as its cases come in."""

    def __init__(
        self, suites: Mapping[str, Suite], variants: Iterable[str], places: Mapping[tuple[str, str], Place]
    ) -> None:
        self._places = places
        self._gates = {
            (name, variant): _Watched(suite.gate)
            for name, suite in suites.items()
            for variant in variants
            if suite.gate is not None
        }

    @property
    def decided(self) -> bool:
        """Whether nothing is left to find out."""
        return all(watched.held is not None for watched in self._gates.values())

    def add(self, case: Case, variant: str, state: State) -> None:
        watched = self._gates.get((case.suite, variant))
        if watched is not None:
            watched.add(self._places[case.suite, case.id], state)

    def outcome(self, suite: str, variant: str) -> GateOutcome | None:
        """None for a suite without a gate."""
        watched = self._gates.get((suite, variant))
        return watched.outcome() if watched is not None else None


class _Watched:
    """One gate, with what came in before its turn."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._sequence = ConfidenceSequence(confidence=CONFIDENCE)
        self._waiting: dict[int, list[State]] = {}
        self._sizes: dict[int, int] = {}
        self._next = 0
        self._cases = 0
        self._unjudged = 0
        self.held: bool | None = None

    def add(self, place: Place, state: State) -> None:
        """Take a case; what came before its turn waits for it."""
        self._waiting.setdefault(place.draw, []).append(state)
        self._sizes[place.draw] = place.size
        while self._next in self._waiting and len(self._waiting[self._next]) == self._sizes[self._next]:
            self._look(self._waiting.pop(self._next))
            del self._sizes[self._next]
            self._next += 1

    def _look(self, states: list[State]) -> None:
        """One draw: a case, or the mean of a group. What was not judged is no evidence, and is counted."""
        if self.held is not None:
            return
        judged = [float(state == "pass") for state in states if state in ("pass", "fail")]
        self._cases += len(states)
        self._unjudged += len(states) - len(judged)
        if judged:
            self._sequence.add(sum(judged) / len(judged))
        low, high = self._bounds
        limit = self._gate.limit or 0.0
        right, wrong = (low >= limit, high < limit) if self._gate.operator == ">=" else (high <= limit, low > limit)
        if wrong:
            self.held = False
        elif right and self._unjudged <= self._gate.allow_unjudged:
            self.held = True

    @property
    def _bounds(self) -> tuple[float, float]:
        interval = self._sequence.interval
        return interval.low or 0.0, 1.0 if interval.high is None else interval.high

    def outcome(self) -> GateOutcome:
        low, high = self._bounds
        side, bound = ("at least", low) if self._gate.operator == ">=" else ("at most", high)
        asked = f"asked for {self._gate.operator} {self._gate.limit:g}"
        shown = f"pass rate {side} {bound:.3f} at every look together, at 95 % (confidence sequence), {asked}"
        if self.held is None:
            why = [f"not decided after all {self._cases} cases"]
            if self._unjudged > self._gate.allow_unjudged:
                why.append(f"{self._unjudged} not judged, {self._gate.allow_unjudged} allowed")
            return GateOutcome(None, bound, "; ".join([shown, *why]))
        if self.held is False:
            opposite = high if self._gate.operator == ">=" else low
            shown += f"; the bound of the other side is {opposite:.3f}"
        return GateOutcome(self.held, bound, f"{shown}; decided after {self._cases} cases")
