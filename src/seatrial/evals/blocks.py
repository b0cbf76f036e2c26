"""What guards stopped in a suite: a blocked answer passes some checks and fails others, so it is counted by itself.

Too high, it is over-refusal on a suite of harmless questions; too low, an attack got through on a suite of attacks.
"""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.core.decision import Decision
from seatrial.core.exchange import UNANSWERED, Exchange
from seatrial.stats.proportion import wilson
from seatrial.store.records import Blocks, Rate, Result


class BlockTally:
    """Counts cases by whether a guard blocked an answer. A case with several answers counts once, and as blocked when
    one of them was. Answers that never came, and recorded ones, which no guard sees, are not counted.
    """

    def __init__(self) -> None:
        self.answered = 0
        self.blocked = 0
        self._guarded = False
        self._guards: dict[str, int] = {}

    def add(self, results: Iterable[Result]) -> None:
        """All results of one case."""
        exchanges = [each for result in results for each in result.exchanges if _was_answered(each)]
        if not exchanges:
            return
        stopped = [each for each in exchanges if each.finish == "blocked"]
        self.answered += 1
        self.blocked += bool(stopped)
        self._guarded = self._guarded or any(each.guards for each in exchanges)
        for name in {_name(made) for each in stopped for made in each.guards if made.stops}:
            self._guards[name] = self._guards.get(name, 0) + 1

    def summary(self) -> Blocks | None:
        """None where no guard stood before or behind any answer."""
        if not self._guarded:
            return None
        guards = {name: self._rate(count) for name, count in sorted(self._guards.items())}
        return Blocks(block_rate=self._rate(self.blocked), guards=guards)

    def _rate(self, count: int) -> Rate:
        interval = wilson(count, self.answered)
        return Rate(interval.estimate, interval.low, interval.high, interval.n)


def _was_answered(exchange: Exchange) -> bool:
    return exchange.finish not in UNANSWERED and bool(exchange.attempts or exchange.guards)


def _name(made: Decision) -> str:
    return f"{made.stage} {made.verdict.check}"
