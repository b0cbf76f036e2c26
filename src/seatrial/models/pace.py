"""How fast one may go: what a minute allows, and how many calls at once a server bears. No waiting here, and no clock:
who asks says what time it is, in seconds.

The number of calls at once adapts. A 429 halves it, and each answer while it is in use lets it grow, by one per round
of calls at most: additive increase, multiplicative decrease, as in TCP (V. Jacobson, "Congestion Avoidance and
Control", SIGCOMM 1988). Only the first 429 of the calls in flight counts, since all of them were started under the same
limit. Where the last 429 came, growth is ten times slower, so that a server of steady capacity is not run into all the
time. A 429 that says when to come back holds every call back until then; one to the only call in flight, which cannot
be halved, holds them back for a pause that doubles until there is an answer, and begins with half of what sufficed the
next time.
"""

from __future__ import annotations

from math import inf

MINUTE = 60.0
BURST_SHARE = 20
"""What may go at once after a pause is a twentieth of a minute's allowance: three seconds' worth."""

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds. A `Retry-After` up to it holds back every call; a longer one is left to each caller, who may switch."""

PROBING = 0.1
"""By how much a round of answers lets the limit grow at the number of calls that was last refused."""

_CLOSE = 1e-6
"""Rounding of the level of a bucket, in requests or tokens, that does not keep anyone waiting."""


class Bucket:
    """A token bucket: what may be taken in a minute, refilled evenly. Times are seconds of the caller's clock.

    Over any 60 seconds no more than `per_minute` is taken: the burst a full bucket allows is part of it, not on top of
    it. Who asks for more than the bucket ever holds is served when it is full and leaves a debt, which makes up for it
    over time.
    """

    def __init__(self, per_minute: int, now: float) -> None:
        self._most = float(max(1, per_minute // BURST_SHARE))
        self._rate = (per_minute - self._most + 1) / MINUTE
        self._level = self._most
        self._at = now

    def wait(self, amount: float, now: float) -> float:
        """Seconds until `amount` may be taken; 0 when it may be now."""
        missing = min(amount, self._most) - self._filled(now)
        return missing / self._rate if missing > _CLOSE else 0.0

    def take(self, amount: float, now: float) -> None:
        """Take `amount`, or give it back when it is negative."""
        self._level = min(self._filled(now) - amount, self._most)

    def _filled(self, now: float) -> float:
        if now > self._at:
            self._level = min(self._most, self._level + (now - self._at) * self._rate)
            self._at = now
        return self._level


class Adaptive:
    """How many calls may be made at once: `limit`, between 1 and the ceiling, and none before `paused_until`.

    Every call belongs to the `era` in which it started; a 429 that counts begins a new one.
    """

    def __init__(self, ceiling: float = inf, *, longest_pause: float = LONGEST_PAUSE) -> None:
        self._ceiling = self.limit = ceiling
        self._longest_pause = longest_pause
        self._refused_at = inf
        self._pause = FIRST_PAUSE
        self._pausing = False
        self.paused_until = -inf
        self.era = 0

    def answered(self, era: int, busy: int) -> None:
        """A call of `era` was answered, one of `busy` in flight. Only answers of the present era widen the limit,
        and only while at least half of it is in use: an unused one would grow past all that was ever tried.
        """
        self._pause = max(FIRST_PAUSE, self._pause * (0.25 if self._pausing else 0.95))
        self._pausing = False
        if era != self.era or busy * 2 < self.limit:
            return
        if busy >= self._refused_at:
            self._refused_at = inf
        step = 1.0 if self.limit + 1 < self._refused_at else PROBING
        self.limit = min(self._ceiling, self.limit + step / self.limit)

    def refused(self, era: int, busy: int, retry_after: float | None, now: float) -> None:
        """A call of `era` was refused with 429, one of `busy` in flight; `retry_after` is what the server said."""
        if era == self.era:
            self.era += 1
            self._refused_at = busy
            self.limit = max(1.0, min(self.limit, busy) / 2)
        pause = retry_after
        if pause is None and busy == 1:
            pause = self._pause
            self._pause, self._pausing = min(pause * 2, self._longest_pause), True
        if pause is not None and pause <= self._longest_pause:
            self.paused_until = max(self.paused_until, now + pause)
