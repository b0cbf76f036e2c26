"""The limits of a model: `Limited` wraps a Model and is a Model, a `Gate` holds what its calls share.

Who waits is served in order of arrival, the first in line holding back all others: a large request that is passed by
small ones might never have its turn.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from math import inf
from time import monotonic

import msgspec

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import UNSENT
from seatrial.core.events import AttemptEnded, Event
from seatrial.core.exchange import Attempt
from seatrial.core.shapes import Model
from seatrial.models.pace import LONGEST_PAUSE, Adaptive, Bucket
from seatrial.models.unsent import unsent

_SHORTEST_WAIT = 0.001
"""Seconds; a clock may not be able to tell less."""

Clock = Callable[[], float]


class Permit:
    """The right to one call, held until `leave`. `queued` is how long it was waited for, in seconds."""

    __slots__ = ("_gate", "era", "queued", "tokens")

    def __init__(self, gate: Gate, tokens: int, era: int, queued: float) -> None:
        self._gate: Gate | None = gate
        self.tokens = tokens
        self.era = era
        self.queued = queued

    def leave(self, attempt: Attempt | None = None) -> None:
        """The call is over, with what came of it, None when it was broken off. Later calls of `leave` do nothing."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.left(self, attempt)


class Gate:
    """The limits of one model, shared by all who ask it. `concurrency` is the ceiling of calls at once (None: as many
    as are asked for); the limit starts there, moves between 1 and there, and is never below 1.
    """

    def __init__(
        self,
        *,
        concurrency: int | None = None,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        longest_pause: float = LONGEST_PAUSE,
        clock: Clock = monotonic,
    ) -> None:
        self._adaptive = Adaptive(inf if concurrency is None else concurrency, longest_pause=longest_pause)
        self._clock = clock
        now = clock()
        self._requests = Bucket(requests_per_minute, now) if requests_per_minute is not None else None
        self._tokens = Bucket(tokens_per_minute, now) if tokens_per_minute is not None else None
        self.in_flight = 0
        self._line: deque[_Place] = deque()

    @property
    def limit(self) -> float:
        """How many calls may be made at once, for now."""
        return self._adaptive.limit

    @property
    def counts_tokens(self) -> bool:
        return self._tokens is not None

    def enter_now(self, tokens: int = 0) -> Permit | None:
        """A permit if there is room at once and nobody waits, else None."""
        return None if self._line or self._wait(tokens) > 0 else self._permit(tokens, 0.0)

    async def enter(self, tokens: int = 0) -> Permit:
        """Wait for one's turn and for room. `tokens` is what the call may use by estimate. A waiter who is cancelled
        gives its place back.
        """
        permit = self.enter_now(tokens)
        if permit is not None:
            return permit
        arrived, place = self._clock(), _Place()
        self._line.append(place)
        try:
            with unsent():
                while (wait := self._wait(tokens) if self._line[0] is place else inf) > 0:
                    await place.called(wait)
            return self._permit(tokens, self._clock() - arrived)
        finally:
            self._line.remove(place)
            self._call_first()

    def left(self, permit: Permit, attempt: Attempt | None) -> None:
        """Take note of a call that is over; called by its permit."""
        busy = self.in_flight
        self.in_flight -= 1
        if attempt is not None:
            self._take(-_unused(permit.tokens, attempt), requests=-1 if _unsent(attempt) else 0)
            if attempt.error is None:
                self._adaptive.answered(permit.era, busy)
            elif attempt.error.kind == "rate_limit" and attempt.error.retryable:  # a used-up quota says nothing of pace
                self._adaptive.refused(permit.era, busy, attempt.error.retry_after, self._clock())
        self._call_first()

    def _wait(self, tokens: int) -> float:
        """Seconds until the first in line may go: 0 is now, infinite until a call ends."""
        if self.in_flight + 1 > self.limit:
            return inf
        now = self._clock()
        wait = max(self._adaptive.paused_until - now, 0.0)
        if self._requests is not None:
            wait = max(wait, self._requests.wait(1, now))
        if self._tokens is not None:
            wait = max(wait, self._tokens.wait(tokens, now))
        return wait

    def _permit(self, tokens: int, queued: float) -> Permit:
        self.in_flight += 1
        self._take(tokens, requests=1)
        return Permit(self, tokens, self._adaptive.era, queued)

    def _take(self, tokens: int, *, requests: int) -> None:
        if self._requests is not None and requests:
            self._requests.take(requests, self._clock())
        if self._tokens is not None and tokens:
            self._tokens.take(tokens, self._clock())

    def _call_first(self) -> None:
        if self._line:
            self._line[0].call()


class _Place:
    """A place in the line."""

    def __init__(self) -> None:
        self._future: asyncio.Future[None] | None = None

    def call(self) -> None:
        """Let whoever stands here look again. They may wait in another event loop than the caller's."""
        future = self._future
        if future is not None and not future.get_loop().is_closed():
            future.get_loop().call_soon_threadsafe(_settle, future)

    async def called(self, within: float) -> None:
        """Return when called, or after `within` seconds."""
        loop = asyncio.get_running_loop()
        future = self._future = loop.create_future()
        timer = loop.call_later(max(within, _SHORTEST_WAIT), _settle, future) if within < inf else None
        try:
            await future
        finally:
            self._future = None
            if timer is not None:
                timer.cancel()


def _settle(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def _unsent(attempt: Attempt) -> bool:
    return attempt.error is not None and attempt.error.kind in UNSENT


def _unused(tokens: int, attempt: Attempt) -> int:
    """How many of the tokens reserved for a call were not used, negative when it used more. What is not known counts
    as used, but for an error that is not billed.
    """
    if attempt.usage is not None:
        return tokens - attempt.usage.total
    return tokens if attempt.error is not None and not attempt.error.billable else 0


class Limited:
    """Lets a call through when the gate does. `estimate` says how many tokens a request may use, prompt and answer;
    the gate puts it right by the usage of the answer.
    """

    def __init__(self, model: Model, gate: Gate, estimate: Callable[[ModelRequest], int] | None = None) -> None:
        self._model = model
        self._gate = gate
        self._estimate = estimate

    async def stream(
        self, request: ModelRequest, *, patient: bool = True, started: Callable[[float], None] | None = None
    ) -> AsyncGenerator[Event]:
        """`started` is called when the call is let through, with the seconds it waited. Without `patient` there is no
        wait: where there is no room at once the stream is empty, without an attempt.
        """
        gate = self._gate
        tokens = self._estimate(request) if self._estimate is not None and gate.counts_tokens else 0
        permit = await gate.enter(tokens) if patient else gate.enter_now(tokens)
        if permit is None:
            return
        try:
            if started is not None:
                started(permit.queued)
            async with aclosing(self._model.stream(request)) as events:
                async for event in events:
                    if isinstance(event, AttemptEnded):
                        permit.leave(event.attempt)
                        event = _with_queue(event, permit.queued)
                    yield event
        finally:
            permit.leave()


def _with_queue(event: AttemptEnded, seconds: float) -> AttemptEnded:
    if not seconds:
        return event
    queued = event.attempt.queued_ms + round(seconds * 1000, 3)  # a model in this process has a queue of its own
    return AttemptEnded(msgspec.structs.replace(event.attempt, queued_ms=queued))
