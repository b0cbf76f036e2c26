"""`ProviderServer`: the simulator as an object, for tests that talk to a provider over a real socket."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from types import TracebackType

import uvloop

from seatrial.core.errors import BugError, OutsideError, SpecError
from seatrial.testing.simulator.answers import Answers, source_of
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.connection import Connection
from seatrial.testing.simulator.pace import Pace
from seatrial.testing.simulator.provider import Provider
from seatrial.testing.simulator.schedule import Faults, Schedule, Then, schedule_of

_BACKLOG = 1024
_START_SECONDS = 30.0


class ProviderServer:
    """Serves from its own thread while its `with` block runs, so that tests of both kinds can use it.

    `answers`: a text, a `Reply`, a list of them that goes round, a `Path` of a script or a recording, a function of
    what was asked, or None for an echo. `faults`: a list whose k-th entry is done to the k-th call (`then` what
    becomes of the calls after it), or rates, drawn with `seed`. `key`: what clients must send, or sign
    with. `models`: the names there are; without it every name is one. `max_calls`: after so many no more are taken.
    `kept`: how many of the last calls `calls` keeps. `watch` is called with every call that ended, on the server's
    thread.

    Raises SpecError for answers or faults that are not right, OutsideError when the port cannot be had.
    """

    def __init__(
        self,
        *,
        answers: Answers = None,
        faults: Faults | Schedule = (),
        then: Then = "fine",
        seed: int = 0,
        pace: Pace = Pace(),  # noqa: B008 - frozen
        key: str | None = None,
        models: Sequence[str] = (),
        host: str = "127.0.0.1",
        port: int = 0,
        max_calls: int | None = None,
        kept: int = 10_000,
        watch: Callable[[Call], None] | None = None,
    ) -> None:
        if not 0 <= port <= 65535:
            raise SpecError("port is not right", expected="a number from 0 to 65535", got=str(port))
        schedule = schedule_of(faults, then=then, seed=seed)
        self._provider = Provider(source_of(answers), schedule, pace=pace, seed=seed, key=key, models=models)
        self._host, self._port = host, port
        self._max_calls = max_calls
        self._watch = watch
        self._calls: deque[Call] = deque(maxlen=kept)
        self._changed = threading.Condition()
        self._began = self._open = 0
        self._connections: set[Connection] = set()
        self._connected = 0
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._alone = asyncio.Event()  # no connection is open

    # Where it is: what stands under `base_url:` of a model. The official clients of Anthropic and Google add the
    # version themselves and want `url`.

    @property
    def url(self) -> str:
        """`http://HOST:PORT`, without a slash at the end."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def openai_url(self) -> str:
        """The base URL of `openai/…` and all that are compatible, and of OpenAI's own clients."""
        return f"{self.url}/v1"

    @property
    def azure_url(self) -> str:
        """The base URL of `azure/…`; paths go on with /openai/v1 or /openai/deployments/NAME."""
        return self.url

    @property
    def anthropic_url(self) -> str:
        """The base URL of `anthropic/…`."""
        return f"{self.url}/v1"

    @property
    def gemini_url(self) -> str:
        """The base URL of `gemini/…`."""
        return f"{self.url}/v1beta"

    @property
    def vertex_url(self) -> str:
        """The base URL of `vertex/…`; paths go on with /v1/projects/P/locations/L/publishers/google/models/NAME."""
        return self.url

    @property
    def bedrock_url(self) -> str:
        """The base URL of `bedrock/…`, and the `endpoint_url` of AWS's own clients; paths go on with /model/NAME."""
        return self.url

    @property
    def port(self) -> int:
        return self._port

    # What happened.

    @property
    def calls(self) -> list[Call]:
        """The calls so far, in the order they came; of very many the last."""
        with self._changed:
            return list(self._calls)

    def wait_idle(self, calls: int = 0, *, timeout: float = 10.0) -> None:
        """Return when at least so many calls have come in all and none is open: the server learns in its own thread
        that a client has gone. Raises TimeoutError after so many seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._began >= calls and not self._open, timeout):
                raise TimeoutError(f"{self._open} calls are open after {timeout:g} s, {self._began} came in all")

    async def idle(self, calls: int = 0, *, timeout: float = 10.0) -> None:  # noqa: ASYNC109 - the limit of wait_idle
        """`wait_idle` for a test that is asynchronous."""
        await asyncio.to_thread(self.wait_idle, calls, timeout=timeout)

    # Its life.

    def __enter__(self) -> ProviderServer:
        if self._thread is not None:
            raise BugError("a ProviderServer can be entered once")
        listener = _listen(self._host, self._port)
        self._port = listener.getsockname()[1]
        ready = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(listener, ready), name="seatrial-simulator", daemon=True
        )
        self._thread.start()
        if not ready.wait(_START_SECONDS):
            raise OutsideError(
                f"the simulator did not start in {_START_SECONDS:g} s", hint="is the machine overloaded?"
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every call that is open. Raises what a function given as `answers` raised, if it did."""
        if self._loop is not None and self._stop is not None:
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join()
        if error is None and self._provider.failure is not None:
            raise self._provider.failure

    async def __aenter__(self) -> ProviderServer:
        return self.__enter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, trace)

    # What connections tell; on the server's thread.

    def began(self, call: Call) -> bool:
        with self._changed:
            if self._is_spent:
                return False
            self._began += 1
            self._open += 1
            call.number = self._began
            self._calls.append(call)
        return True

    def ended(self, call: Call) -> None:
        if self._watch is not None:
            self._watch(call)
        with self._changed:
            self._open -= 1
            if not self._open:
                self._changed.notify_all()
        if self._is_spent:
            for connection in list(self._connections):
                connection.retire()

    def joined(self, connection: Connection) -> int:
        self._connections.add(connection)
        self._alone.clear()
        self._connected += 1
        return self._connected

    def left(self, connection: Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._alone.set()

    @property
    def _is_spent(self) -> bool:
        return self._max_calls is not None and self._began >= self._max_calls

    def _run(self, listener: socket.socket, ready: threading.Event) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(self._serve(listener, ready))

    async def _serve(self, listener: socket.socket, ready: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        make = partial(Connection, self._provider, self)
        server = await self._loop.create_server(make, sock=listener, backlog=_BACKLOG)
        ready.set()
        await self._stop.wait()
        server.close()
        tasks = [connection.task for connection in self._connections if connection.task is not None]
        for connection in list(self._connections):
            connection.shut()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._connections:
            await self._alone.wait()
        await server.wait_closed()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        raise OutsideError(
            f"the simulator cannot listen on {host}:{port}: {'the port is taken' if taken else error.strerror}",
            hint="take another port; 0 takes a free one" if taken else "is that an address of this machine?",
        ) from error
