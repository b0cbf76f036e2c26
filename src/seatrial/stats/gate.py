"""What counts decide about a required rate: held, missed, or not enough evidence and how much more would do.

The tail probability at the limit is compared, not the bound: `exact_lower >= limit` and `P(passed or more |
limit) <= 1 - confidence` are the same statement (Clopper & Pearson 1934), and the second takes no root
finding, which keeps the search for the number of further cases quick at millions of cases. Rejected:
sequential tests, whose error rates assume a stopping rule that people who add cases by hand do not follow.
"""

from dataclasses import dataclass
from typing import Literal, assert_never

from seatrial.stats.beta import incomplete_beta
from seatrial.stats.least import least_count
from seatrial.stats.proportion import exact_lower, exact_upper

Operator = Literal[">=", "<="]

# A bound that equals the limit holds it, also where binary fractions put the two a rounding apart.
_TIE = 1e-12


@dataclass(frozen=True, slots=True)
class Decision:
    """What the counts say about the limit.

    `held` is None where the evidence decides nothing. `bound` is the one that must be on the right side of
    the limit, `opposite` the other one-sided bound. `further` is given with held = None only: the least
    number of further cases, all going the right way, that would hold the limit. `unreachable` says that this
    takes more than 10 million, or, with a limit of 1 for `>=` or 0 for `<=`, more than any number.
    """

    held: bool | None
    bound: float
    opposite: float
    further: int | None
    unreachable: bool


def decide(passed: int, failed: int, operator: Operator, limit: float, confidence: float = 0.95) -> Decision:
    """Hold the rate passed / (passed + failed) against `limit` by its exact one-sided bounds.

    For `<=` the rate is usually that of something unwanted: `passed` counts the cases in which it happened,
    and a case goes the right way when it does not. `held` is True when the bound (`exact_lower` for `>=`,
    `exact_upper` for `<=`) is on the right side of the limit or on it, False when the opposite bound is on
    the wrong side.

    ValueError for a negative count, a limit outside 0..1, or a confidence outside 0.5..1 (below a half the
    two bounds may pass each other, and both answers be right).
    """
    _require(passed, failed, limit, confidence)
    n = passed + failed
    lower, upper = exact_lower(passed, n, confidence), exact_upper(passed, n, confidence)
    # An upper limit on one outcome is a lower limit on the other.
    if operator == ">=":
        wanted = _Wanted(passed, failed, limit, 1.0 - confidence)
        bound, opposite = lower, upper
    elif operator == "<=":
        wanted = _Wanted(failed, passed, 1.0 - limit, 1.0 - confidence)
        bound, opposite = upper, lower
    else:
        assert_never(operator)
    if wanted.held_after(0):
        # Within the tie the bound may sit a rounding short of the limit; a report must not contradict itself.
        bound = max(bound, limit) if operator == ">=" else min(bound, limit)
        return Decision(held=True, bound=bound, opposite=opposite, further=None, unreachable=False)
    if wanted.missed():
        return Decision(held=False, bound=bound, opposite=opposite, further=None, unreachable=False)
    further = wanted.further()
    return Decision(held=None, bound=bound, opposite=opposite, further=further, unreachable=further is None)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A lower limit on the rate of cases that went right."""

    right: int
    wrong: int
    limit: float
    alpha: float

    def held_after(self, further: int) -> bool:
        """Whether the limit is held once this many further cases went right."""
        right = self.right + further
        if right == 0:
            return self.limit == 0.0
        return incomplete_beta(right, self.wrong + 1, self.limit) <= self.alpha * (1.0 + _TIE)

    def missed(self) -> bool:
        """Whether the upper bound on the rate is below the limit."""
        if self.wrong == 0:
            return False
        return incomplete_beta(self.wrong, self.right + 1, 1.0 - self.limit) < self.alpha * (1.0 - _TIE)

    def further(self) -> int | None:
        """The least number of further cases that hold a limit not held yet, None where no number searched does: each
        further case that goes right makes the tail smaller.
        """
        return least_count(self.held_after)


def _require(passed: int, failed: int, limit: float, confidence: float) -> None:
    for name, count in (("passed", passed), ("failed", failed)):
        if count < 0:
            raise ValueError(f"{name}: expected a count of 0 or more, got {count!r}")
    if not 0.0 <= limit <= 1.0:
        raise ValueError(f"limit: expected a rate from 0 to 1, got {limit!r}")
    if not 0.5 <= confidence < 1.0:
        raise ValueError(f"confidence: expected a number from 0.5 to below 1, got {confidence!r}")
