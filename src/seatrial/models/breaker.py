"""A circuit breaker: a target that keeps failing is not asked for a while, and then asked once to see how it is.

Closed, calls go through and failures in a row are counted; open, no call is made; after a cool-down one call goes
through as a probe, whose success closes the circuit and whose failure opens it again, for longer. Source: M. Nygard,
"Release It!", 2007, "Circuit Breaker". Only errors that speak of the target's health count: one that answers with 429
or with a mistake of the caller's is alive.

The check stands twice. `Breaker`, next to the model, counts, and lets no call through that stood in the line of the
model's limits while the circuit opened. `Skip`, in front of the line, spares those who come later the wait.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from time import monotonic

import msgspec

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import UNSENT, ErrorInfo
from seatrial.core.events import AttemptEnded, Event
from seatrial.core.exchange import Attempt
from seatrial.core.shapes import Model

UNHEALTHY = frozenset({"connect", "timeout", "reset", "cut", "protocol", "server"})
"""Kinds of errors that speak of the target's health."""

LONGEST_COOL_DOWN = 600.0
"""Seconds."""

_GROWTH = 2.0

Clock = Callable[[], float]


class Ticket(msgspec.Struct, eq=False):
    """A call the circuit let through, in its `era`: calls of an earlier one say nothing about the present."""

    era: int
    probe: bool


class Circuit:
    """The state of one model's circuit. `failures` in a row open it; `cool_down` is in seconds, and doubles with each
    failed probe, up to LONGEST_COOL_DOWN.
    """

    def __init__(
        self,
        name: str,
        use: str,
        *,
        failures: int,
        cool_down: float,
        clock: Clock = monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._name = name
        self._use = use
        self._failures = failures
        self._first_cool_down = self._cool_down = cool_down
        self._clock = clock
        self._now = now
        self._era = 0
        self._in_a_row = 0
        self._last: ErrorInfo | None = None
        self._opened: datetime | None = None
        self._until = 0.0
        self._probe: Ticket | None = None

    @property
    def is_open(self) -> bool:
        """Whether a call would be refused now."""
        return self._opened is not None and (self._probe is not None or self._clock() < self._until)

    def enter(self) -> Ticket | None:
        """A ticket for one call, or None while there is to be none."""
        if self.is_open:
            return None
        ticket = Ticket(self._era, probe=self._opened is not None)
        if ticket.probe:
            self._probe = ticket
        return ticket

    def left(self, ticket: Ticket, attempt: Attempt | None) -> None:
        """Take note of a call that is over; `attempt` is None when it was broken off, which says nothing of the target
        and lets the next call be the probe. Later calls with the same ticket do nothing.
        """
        if ticket.era != self._era:
            return
        if ticket.probe:
            if ticket is not self._probe:
                return
            self._probe = None
        error = attempt.error if attempt is not None else None
        if attempt is None or (error is not None and error.kind in UNSENT):
            return
        if error is not None and error.kind in UNHEALTHY:
            self._failed(error, probe=ticket.probe)
        elif ticket.probe:
            self._close()
        elif error is None:
            self._in_a_row = 0

    def refusal(self, request: ModelRequest) -> AttemptEnded:
        """The attempt of a call that is not made."""
        wait = None if self._probe is not None else max(self._until - self._clock(), 0.0)
        until = "a probe is out" if wait is None else f"until {_time(self._now() + timedelta(seconds=wait))}"
        since = _time(self._opened or self._now())
        last = f", the last: {self._last.message}" if self._last is not None else ""
        error = ErrorInfo(
            kind="open",
            message=f"{self._use}: not asked, its circuit is open since {since}, {until},"
            f" after {self._in_a_row} failures in a row{last}",
            hint="one call then tries it; the model's line  circuit:  says after how many failures, and for how long",
            switchable=True,
            retry_after=wait,
        )
        return AttemptEnded(
            Attempt(model=self._name, use=self._use, params=request.params, finish="error", error=error)
        )

    def _failed(self, error: ErrorInfo, *, probe: bool) -> None:
        self._in_a_row += 1
        self._last = error
        if probe:
            self._cool_down = min(self._cool_down * _GROWTH, LONGEST_COOL_DOWN)
        elif self._in_a_row < self._failures:
            return
        if self._opened is None:
            self._opened = self._now()
        self._until = self._clock() + self._cool_down
        self._era += 1

    def _close(self) -> None:
        self._opened, self._in_a_row, self._cool_down = None, 0, self._first_cool_down
        self._era += 1


def _time(moment: datetime) -> str:
    return f"{moment:%H:%M:%S} UTC"


class Breaker:
    """Counts what comes of calls and lets none through while the circuit is open; wraps a Model and is a Model."""

    def __init__(self, model: Model, circuit: Circuit) -> None:
        self._model = model
        self._circuit = circuit

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        ticket = self._circuit.enter()
        if ticket is None:
            yield self._circuit.refusal(request)
            return
        try:
            async with aclosing(self._model.stream(request)) as events:
                async for event in events:
                    if isinstance(event, AttemptEnded):
                        self._circuit.left(ticket, event.attempt)
                    yield event
        finally:
            self._circuit.left(ticket, None)


class Skip:
    """Refuses at once while the circuit is open, in front of the line for the model; wraps a Model and is a Model."""

    def __init__(self, model: Model, circuit: Circuit) -> None:
        self._model = model
        self._circuit = circuit

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        if self._circuit.is_open:
            yield self._circuit.refusal(request)
            return
        async with aclosing(self._model.stream(request)) as events:
            async for event in events:
                yield event
