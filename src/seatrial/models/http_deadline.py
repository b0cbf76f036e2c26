"""How long one connection waits for the other side: until the request's timeout, or a shorter limit within it.

There is one timer for a connection. It stays when an exchange ends and is moved on when it fires: to make and cancel
one per request is measurable (see benchmarks/README.md).
"""

import asyncio
from collections.abc import Callable

from seatrial.models.transport import Limit

_CLOCK_GRAIN = 0.002  # seconds; uvloop counts in whole milliseconds, so its timers may fire this much early


class Deadline:
    """`on_over` is told which limit is over, and how many seconds it had."""

    def __init__(self, on_over: Callable[[Limit, float], None]) -> None:
        self._on_over = on_over
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._is_waiting = False
        self._total_at = self._total = 0.0
        self._at = 0.0
        self._limit: Limit = "total"
        self._seconds = 0.0

    def begin(self, at: float, seconds: float) -> None:
        """An exchange begins whose timeout of `seconds` is over `at`, in loop time."""
        self._is_waiting = True
        self._total_at, self._total = at, seconds
        self.only_total()
        self._be_there_by(at)

    def expect_within(self, seconds: float, limit: Limit) -> None:
        """Wait until `seconds` from now and no longer; the timeout holds all the same."""
        at = self._loop.time() + seconds
        if at >= self._total_at:
            self.only_total()
        else:
            self._at, self._limit, self._seconds = at, limit, seconds
            self._be_there_by(at)

    def only_total(self) -> None:
        """Nothing but the timeout of the exchange holds from here on."""
        self._at, self._limit, self._seconds = self._total_at, "total", self._total

    def end(self) -> None:
        """The exchange is over; the timer is left to the next one."""
        self._is_waiting = False

    def cancel(self) -> None:
        """The connection is over."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _be_there_by(self, at: float) -> None:
        if self._timer is None or self._timer_at > at:
            self.cancel()
            self._arm()

    def _arm(self) -> None:
        self._timer_at = self._at
        self._timer = self._loop.call_at(self._at, self._fire)

    def _fire(self) -> None:
        self._timer = None
        if not self._is_waiting:
            return
        if self._at - self._loop.time() > _CLOCK_GRAIN:
            self._arm()
        else:
            self._on_over(self._limit, self._seconds)
