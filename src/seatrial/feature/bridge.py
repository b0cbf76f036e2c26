"""The one bridge from synchronous callers to the asynchronous inside: an event loop in a background thread.

One loop for the life of the process keeps connections open between calls, and works where a loop already runs (a
notebook); `asyncio.run` per call would do neither.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from seatrial.core.errors import BugError

T = TypeVar("T")

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def run_sync(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run to the end on the background loop and return the result. An interrupt cancels the coroutine, lets it clean
    up, and is raised again.
    """
    loop = _background_loop()
    if _running_loop() is loop:
        coroutine.close()
        raise BugError("a synchronous call from inside the event loop; await the asynchronous one")
    future: Future[T] = asyncio.run_coroutine_threadsafe(coroutine, loop)
    try:
        return future.result()
    except KeyboardInterrupt:
        future.cancel()
        asyncio.run_coroutine_threadsafe(_settled(), loop).result(timeout=10)
        raise


async def _settled() -> None:
    """Give cancelled tasks the turns of the loop they need to clean up."""
    current = asyncio.current_task()
    pending = [task for task in asyncio.all_tasks() if task is not current and task.cancelling()]
    await asyncio.wait(pending, timeout=5) if pending else None


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _background_loop() -> asyncio.AbstractEventLoop:
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            import uvloop

            _loop = uvloop.new_event_loop()
            threading.Thread(target=_serve, args=(_loop,), name="seatrial", daemon=True).start()
        return _loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    """Run until the process ends. A task that raises SystemExit stops its loop; the error is its caller's, and the loop
    goes on for the others.
    """
    while not loop.is_closed():
        with suppress(SystemExit, KeyboardInterrupt):
            loop.run_forever()


def _forget_loop() -> None:
    """A forked child has the loop, but not its thread."""
    global _loop, _lock
    _loop, _lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_loop)
