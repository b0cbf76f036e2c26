"""A second request when the first is slow to begin: the first of the two to bring something is the answer.

Wraps a Limited and is a Model. Off unless asked for, since what it saves in waiting it costs in calls: the request that
lost is cut off, and may be billed for what nobody saw. Its attempt stands on the exchange with a cost that is unknown
unless it was known already. Source: J. Dean and L. A. Barroso, "The Tail at Scale", Communications of the ACM 56(2),
2013, "hedged requests".

Each request is read by a task of its own from beginning to end, since what a model does inside (a time limit, a lock)
may belong to the task that began it. A task is never far ahead of who reads: a caller who reads slowly slows the answer
down, as without a hedge.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from time import monotonic

import msgspec

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import ErrorInfo
from seatrial.core.events import AttemptEnded, Event
from seatrial.core.exchange import Attempt
from seatrial.models.limits import Limited
from seatrial.models.unsent import note_unsent

AHEAD = 32
"""How many events a request may be ahead of its reader. Each one alone would cost two changes of task."""

Clock = Callable[[], float]


class Hedge:
    """`after` is in seconds, from the moment the first request was let through by the model's limits. The second goes
    out only where the limits have room for it at once: under load there is nothing to win by asking more.
    """

    def __init__(self, model: Limited, name: str, use: str, *, after: float, clock: Clock = monotonic) -> None:
        self._model = model
        self._name = name
        self._use = use
        self._after = after
        self._clock = clock

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        race = _Race(self._model, request, self._after, self._clock)
        winner: _Runner | None = None
        try:
            while (said := await race.next()) is not None:
                runner, event = said
                if winner is None and _is_answer(event):
                    winner = runner
                    for other in race.cut_off_all_but(winner):
                        yield AttemptEnded(self._lost(other, request))
                yield event
        except asyncio.CancelledError as error:
            if not race.is_under_way:
                note_unsent(error)
            raise
        finally:
            await race.close()

    def _lost(self, runner: _Runner, request: ModelRequest) -> Attempt:
        """The attempt of a request that was cut off. What it used is known only if its answer had just ended."""
        ended = runner.ended
        if ended is not None and ended.error is not None:
            return ended
        message = f"{self._use}: cut off, since the other of two requests answered first"
        return Attempt(
            model=self._name,
            use=self._use,
            params=request.params,
            served_by=ended.served_by if ended is not None else None,
            finish="cancelled",
            usage=ended.usage if ended is not None else None,
            cost_nusd=ended.cost_nusd if ended is not None else None,
            latency_ms=(self._clock() - runner.started) * 1000,
            queued_ms=runner.queued * 1000,
            hedged=runner.hedged,
            error=ErrorInfo(kind="cancelled", message=message, billable=True),
        )


def _is_answer(event: Event) -> bool:
    """Whether a request has begun to answer, or has answered with nothing."""
    return not isinstance(event, AttemptEnded) or event.attempt.error is None


class _Runner:
    """One of the two requests. Until the limits let it through it is not `sent`; then `started` says when that was, and
    `queued` how long it took, in seconds. `told` is whether its attempt has been passed on.
    """

    def __init__(self, *, hedged: bool) -> None:
        self.hedged = hedged
        self.sent = False
        self.started = self.queued = 0.0
        self.told = False
        self.ended: Attempt | None = None
        self._ahead = 0
        self._room = asyncio.Event()

    async def said(self) -> None:
        """An event was handed over; waits while the reader has too many before them."""
        self._ahead += 1
        if self._ahead == AHEAD:
            self._room.clear()
            await self._room.wait()

    def read(self) -> None:
        """An event was read. The runner goes on when half are read, so that tasks change once for many events."""
        self._ahead -= 1
        if self._ahead == AHEAD // 2:
            self._room.set()


class _Race:
    """Runs the first request, and the second when it is time, and brings what they say together."""

    def __init__(self, model: Limited, request: ModelRequest, after: float, clock: Clock) -> None:
        self._model = model
        self._request = request
        self._after = after
        self._clock = clock
        self._said: asyncio.Queue[tuple[_Runner, Event | None]] = asyncio.Queue()
        self._running: dict[_Runner, asyncio.Task[None]] = {}
        self._cut_off: list[asyncio.Task[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._start(_Runner(hedged=False))

    async def next(self) -> tuple[_Runner, Event] | None:
        """The next event, and whose it is; None when all requests have ended. Raises what the model raised."""
        while self._running:
            runner, event = await self._said.get()
            if runner not in self._running:
                continue
            if event is not None:
                runner.read()
                runner.told = isinstance(event, AttemptEnded)
                return runner, event
            self._running.pop(runner).result()
        return None

    @property
    def is_under_way(self) -> bool:
        """Whether a request was sent that has not ended."""
        return any(runner.sent and not runner.told for runner in self._running)

    def cut_off_all_but(self, winner: _Runner) -> list[_Runner]:
        """Stop the others, and say which of them were sent and are owed an attempt."""
        others = [runner for runner in self._running if runner is not winner]
        for runner in others:
            task = self._running.pop(runner)
            task.cancel()
            self._cut_off.append(task)
        return [runner for runner in others if runner.sent and not runner.told]

    async def close(self) -> None:
        """Stop everything, and wait until it has let go of its connections."""
        self._stop_timer()
        for task in self._running.values():
            task.cancel()
        if tasks := [*self._running.values(), *self._cut_off]:
            await asyncio.wait(tasks)

    def _start(self, runner: _Runner) -> None:
        task = asyncio.create_task(self._run(runner))
        self._running[runner] = task
        task.add_done_callback(lambda done: self._ended(runner, done))

    def _ended(self, runner: _Runner, task: asyncio.Task[None]) -> None:
        if not task.cancelled():
            task.exception()  # taken note of: one that was cut off has nobody who would ask
        self._said.put_nowait((runner, None))

    async def _run(self, runner: _Runner) -> None:
        stream = self._model.stream(
            self._request, patient=not runner.hedged, started=lambda queued: self._let_through(runner, queued)
        )
        async with aclosing(stream) as events:
            async for event in events:
                self._stop_timer()
                if isinstance(event, AttemptEnded):
                    runner.ended = msgspec.structs.replace(event.attempt, hedged=runner.hedged)
                    event = AttemptEnded(runner.ended)
                self._said.put_nowait((runner, event))
                await runner.said()

    def _let_through(self, runner: _Runner, queued: float) -> None:
        runner.sent, runner.started, runner.queued = True, self._clock(), queued
        if not runner.hedged:
            self._timer = asyncio.get_running_loop().call_later(self._after, self._start, _Runner(hedged=True))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
