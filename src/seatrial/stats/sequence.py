"""A confidence sequence: an interval on a mean that may be looked at after every case, and stopped at by what it says.

An ordinary interval is right once, at an n fixed before. Watched until it says something, it will say something: of
two equal versions "better" is found sooner or later. This one covers the true mean at all times at once, with the
confidence asked for, for values inside known bounds and of any distribution.

It bets: against each candidate mean a gambler stakes money on the next value lying above it, another on below. If the
candidate is true, neither grows rich but by luck (Ville's inequality says how seldom), so candidates against
which one of them did are ruled out, for good. A candidate ruled out is no longer bet against, which keeps an added
value cheap: the interval narrows, and with it the number of candidates. Rejected: the empirical Bernstein form, which
needs no candidates but is wider by a fifth at 50 cases (simulated; by 1,000 the two are alike).

Values must come in an order that does not depend on them (shuffled, seeded), and cases of one group as one value.
"""

from math import log, sqrt

from seatrial.stats.proportion import Interval, require_confidence

RESOLUTION = 1_000
_LARGEST_STAKE = 0.5


class ConfidenceSequence:
    """Bounds on the mean of values from `low` to `high`, valid after every one; `confidence` is two-sided.

    One side alone holds with (1 + confidence) / 2. The bounds lie on a grid of `resolution` steps and are rounded
    outwards. ValueError for bounds that are not increasing, a confidence outside 0..1 or a resolution under 2.

    Source: I. Waudby-Smith & A. Ramdas, J. R. Statist. Soc. B 86 (2024) 1, theorem 3 (hedged capital) with its
    predictable plug-in bets, truncated at half of what could be lost, a gambler on each side with half the risk, and
    the running intersection.
    """

    def __init__(
        self, low: float = 0.0, high: float = 1.0, *, confidence: float = 0.95, resolution: int = RESOLUTION
    ) -> None:
        require_confidence(confidence)
        if not low < high:
            raise ValueError(f"low: expected less than high = {high!r}, got {low!r}")
        if resolution < 2:
            raise ValueError(f"resolution: expected 2 or more steps, got {resolution!r}")
        self._low, self._width = low, high - low
        self._enough = 2.0 / (1.0 - confidence)
        self._resolution = resolution
        self._n = 0
        self._sum = 0.0
        # One value of a half and a variance of a quarter are supposed, as before the first value nothing is known.
        self._guess_sum, self._guess_squares = 0.5, 0.25
        # Candidates step / resolution from _first on, and the capital of the gamblers on above and on below each.
        self._first = 0
        self._above = [1.0] * (resolution + 1)
        self._below = [1.0] * (resolution + 1)

    @property
    def n(self) -> int:
        """How many values were added."""
        return self._n

    @property
    def interval(self) -> Interval:
        """The mean so far and the bounds, in the unit of the values; before the first value the mean is None."""
        estimate = self._unscaled(self._sum / self._n) if self._n else None
        last = self._first + len(self._above) - 1
        return Interval(
            estimate=estimate,
            low=self._unscaled(max(0, self._first - 1) / self._resolution),
            high=self._unscaled(min(self._resolution, last + 1) / self._resolution),
            n=self._n,
        )

    def add(self, value: float) -> None:
        """Take one more value; ValueError outside the bounds."""
        x = (value - self._low) / self._width
        if not 0.0 <= x <= 1.0:
            raise ValueError(f"value: expected from {self._low!r} to {self._low + self._width!r}, got {value!r}")
        self._bet(x, self._stake())
        self._n += 1
        self._sum += x
        self._guess_sum += x
        centre = self._guess_sum / (self._n + 1)
        self._guess_squares += (x - centre) ** 2

    def _stake(self) -> float:
        """What to bet on the next value, from those before it and the two guesses alone."""
        t = self._n + 1
        variance = self._guess_squares / t
        return sqrt(2 * log(self._enough) / (variance * t * log(t + 1)))

    def _bet(self, x: float, stake: float) -> None:
        steps, first = self._resolution, self._first
        above, below = self._above, self._below
        for index in range(len(above)):
            candidate = (first + index) / steps
            distance = x - candidate
            on_above = stake if stake * candidate <= _LARGEST_STAKE else _LARGEST_STAKE / candidate
            rest = 1.0 - candidate
            on_below = stake if stake * rest <= _LARGEST_STAKE else _LARGEST_STAKE / rest
            above[index] *= 1.0 + on_above * distance
            below[index] *= 1.0 - on_below * distance
        self._drop_ruled_out()

    def _drop_ruled_out(self) -> None:
        """The gambler on above grows less rich the higher the candidate, so what is ruled out lies at the ends."""
        start, end = 0, len(self._above)
        while start < end - 1 and self._above[start] >= self._enough:
            start += 1
        while end > start + 1 and self._below[end - 1] >= self._enough:
            end -= 1
        if start or end < len(self._above):
            self._first += start
            self._above = self._above[start:end]
            self._below = self._below[start:end]

    def _unscaled(self, x: float) -> float:
        return self._low + x * self._width
