"""Shared by tests of models around models: time that passes only when everyone waits, a model that acts a script. And
both kinds of event loop, for tests of the HTTP client.
"""

from __future__ import annotations

import asyncio
import gc
import selectors
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest
import uvloop

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import ErrorInfo
from seatrial.core.events import AttemptEnded, Event
from seatrial.core.exchange import Attempt, Usage
from seatrial.core.shapes import Model

T = TypeVar("T")


class _Jumping(selectors.SelectSelector):
    """Instead of sleeping, puts the loop's clock forward to the next timer."""

    now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("everyone waits, and nothing will ever happen")
        if not ready and timeout:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock stands still while anything can be done. It starts at 0."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def clock() -> float:
    return asyncio.get_running_loop().time()


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run in virtual time. Fails when a task is left over at the end."""

    async def alone() -> T:
        result = await main
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, left
        return result

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(alone())


def ended(error: ErrorInfo | None = None, usage: Usage | None = None) -> AttemptEnded:
    finish = "stop" if error is None else "error"
    return AttemptEnded(Attempt(model="m", use="x/m", finish=finish, error=error, usage=usage))


def fault(kind: str, **more: Any) -> ErrorInfo:
    """An error that may pass, unless said otherwise."""
    return ErrorInfo(kind=kind, message=f"{kind}!", **{"retryable": True, "switchable": True, **more})


class Acts:
    """A model that acts one script after the other, the last for ever: waits seconds, gives events, raises."""

    def __init__(self, *scripts: list[float | Event | BaseException]) -> None:
        self.scripts = list(scripts)
        self.calls: list[float] = []
        self.in_flight = self.most = self.closed = 0

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        self.calls.append(clock())
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            for step in script:
                if isinstance(step, int | float):
                    await asyncio.sleep(step)
                elif isinstance(step, BaseException):
                    raise step
                else:
                    yield step
        finally:
            self.in_flight -= 1
            self.closed += 1
            await asyncio.sleep(0)  # as letting go of a connection does


async def drain(model: Model, request: ModelRequest | None = None) -> list[Event]:
    return [event async for event in model.stream(request or ModelRequest(()))]


class Stage:
    Acts = Acts
    clock = staticmethod(clock)
    drain = staticmethod(drain)
    ended = staticmethod(ended)
    fault = staticmethod(fault)
    run = staticmethod(run)


@pytest.fixture(scope="session")  # property tests may not use what is made anew for each test
def stage() -> type[Stage]:
    return Stage


@pytest.fixture(name="run", params=["asyncio", "uvloop"])
def each_event_loop(request: pytest.FixtureRequest) -> Iterator[Callable[[Coroutine[Any, Any, Any]], Any]]:
    """Runs a coroutine on each kind of event loop; nothing may be left open behind it (warnings are errors)."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else None
    gc.freeze()  # so that the collection below looks only at what the test made
    with asyncio.Runner(loop_factory=factory) as runner:
        yield runner.run
    gc.collect()
    gc.unfreeze()
