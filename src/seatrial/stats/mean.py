"""The mean of a metric with its interval, from a stream of values that is never kept."""

from math import sqrt

from seatrial.stats.normal import two_sided_t_quantile
from seatrial.stats.proportion import Interval, require_confidence

# Squares of what is accepted cannot overflow, whatever the number of values.
_LARGEST_VALUE = 1e140


class RunningMean:
    """Count, mean and variance of the values added so far, in constant memory and without cancellation.

    Source: B. P. Welford, Technometrics 4 (1962) 419; merging: T. F. Chan, G. H. Golub & R. J. LeVeque
    (1979).
    """

    __slots__ = ("_centre", "_n", "_squares")

    def __init__(self) -> None:
        self._n = 0
        self._centre = 0.0
        self._squares = 0.0

    @property
    def n(self) -> int:
        """How many values were added."""
        return self._n

    @property
    def mean(self) -> float | None:
        """The mean in the unit of the values; None before the first."""
        return self._centre if self._n else None

    @property
    def variance(self) -> float | None:
        """The sample variance (divisor n - 1) in the squared unit of the values; None before the second."""
        return self._squares / (self._n - 1) if self._n > 1 else None

    def add(self, x: float) -> None:
        """Take one more value; ValueError if it is not a number, infinite or beyond 1e140 in size."""
        if not -_LARGEST_VALUE <= x <= _LARGEST_VALUE:
            raise ValueError(f"x: expected a finite number of at most {_LARGEST_VALUE:g} in size, got {x!r}")
        self._n += 1
        before = x - self._centre
        self._centre += before / self._n
        self._squares += before * (x - self._centre)

    def merge(self, other: "RunningMean") -> None:
        """Take every value that `other` took, as if each had been added here; `other` stays as it is."""
        n = self._n + other._n
        if n == 0:
            return
        difference = other._centre - self._centre
        self._squares += other._squares + difference * difference * (self._n * other._n / n)
        self._centre += difference * (other._n / n)
        self._n = n


def mean_interval(running: RunningMean, confidence: float = 0.95) -> Interval:
    """Two-sided Student interval on the mean; under two values `low` and `high` are None, under one all but `n`.

    ValueError unless 0 < confidence < 1.

    Source: Student, Biometrika 6 (1908) 1.
    """
    require_confidence(confidence)
    mean, variance, n = running.mean, running.variance, running.n
    if mean is None or variance is None:
        return Interval(estimate=mean, low=None, high=None, n=n)
    half_width = two_sided_t_quantile(n - 1, confidence) * sqrt(variance / n)
    return Interval(estimate=mean, low=mean - half_width, high=mean + half_width, n=n)
