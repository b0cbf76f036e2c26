"""The connections to one origin: at most so many, idle ones used last-in first-out, waiting requests served in turn.

Last-in first-out keeps few connections warm and lets the rest grow old; those too old are dropped when the pool is
next used rather than by a timer of their own.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from seatrial.models.http_connection import Connection, Limits
from seatrial.models.http_head import Origin
from seatrial.models.transport import TransportError

__all__ = ["Pool"]

Connect = Callable[[Origin, Callable[[], Connection]], Awaitable[Connection]]


class Pool:
    """Requests wait only while no connection is idle and every slot is taken; a freed slot goes to the first."""

    def __init__(self, origin: Origin, limits: Limits, connect: Connect) -> None:
        self.origin = origin
        self._limits = limits
        self._connect = connect
        self._loop = asyncio.get_running_loop()
        self._connections: set[Connection] = set()
        self._connecting = 0
        self._idle: deque[Connection] = deque()
        self._waiters: deque[asyncio.Future[Connection | None]] = deque()  # None: a slot to connect in
        self._emptied: asyncio.Event = asyncio.Event()
        self._is_closed = False

    def __str__(self) -> str:
        taken = len(self._connections) + self._connecting
        return (
            f"{taken} of {self._limits.connections_per_origin} connections open, {len(self._waiters)} requests waiting"
        )

    def take(self, now: float) -> Connection | None:
        """An idle connection that is still good, if there is one. `now` is loop time."""
        idle = self._idle
        while idle:
            connection = idle.pop()
            if now - connection.idle_since <= self._limits.idle_seconds and not connection.is_closing:
                return connection
            connection.close()
        return None

    async def acquire(self, connect_timeout: float | None = None) -> Connection:
        """A connection to write on, new or just set free by another request; waits in turn for it.

        `connect_timeout` is in seconds, for making one; waiting in turn is not counted. Raises TransportError of kind
        `connect`, or `timeout`."""
        connection = self.take(self._loop.time())
        while connection is None or connection.is_closing:
            connection = await self._new_in_turn(connect_timeout, behind=connection is None)
        return connection

    async def acquire_fresh(self, connect_timeout: float | None = None) -> Connection:
        """A connection nothing was written on yet. Idle ones are closed: they are older than the one found stale."""
        while self._idle:
            self._idle.pop().close()
        connection = await self._new_in_turn(connect_timeout, behind=True)
        while connection.served or connection.is_closing:
            connection.close()
            connection = await self._new_in_turn(connect_timeout, behind=False)
        return connection

    async def aclose(self) -> None:
        """Close every connection, fail the exchanges on them and the requests that wait for one."""
        self._is_closed = True
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_exception(self._closed_error())
        self._waiters.clear()
        self._idle.clear()
        for connection in list(self._connections):
            connection.fail("cut", "the transport was closed")
        while self._connections:
            self._emptied.clear()
            await self._emptied.wait()

    async def _new_in_turn(self, connect_timeout: float | None, *, behind: bool) -> Connection:
        if len(self._connections) + self._connecting < self._limits.connections_per_origin:
            self._connecting += 1
            return await self._open(connect_timeout)
        connection = await self._wait_in_turn(behind=behind)
        return connection if connection is not None else await self._open(connect_timeout)

    async def _wait_in_turn(self, *, behind: bool) -> Connection | None:
        waiter: asyncio.Future[Connection | None] = self._loop.create_future()
        if behind:
            self._waiters.append(waiter)
        else:
            self._waiters.appendleft(waiter)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.cancelled():
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
            elif waiter.exception() is None:  # it was our turn: pass it on
                self._give_back(waiter.result())
            raise

    async def _open(self, connect_timeout: float | None) -> Connection:
        try:
            async with asyncio.timeout(connect_timeout):
                connection = await self._connect(self.origin, self._make)
        except BaseException as error:
            self._connecting -= 1
            self._free_slot()
            if isinstance(error, TimeoutError) and connect_timeout is not None:
                message = f"{self.origin}: no connection within {connect_timeout:g} s"
                raise TransportError("timeout", "connect", message, "connect") from error
            raise
        self._connecting -= 1
        if connection.is_closing:
            self._free_slot()
            raise TransportError("reset", "connect", f"{self.origin}: the server closed the connection as it was made")
        self._connections.add(connection)
        if self._is_closed:
            connection.close()
            raise self._closed_error()
        return connection

    def _make(self) -> Connection:
        return Connection(self.origin, self._limits, self._on_idle, self._on_lost)

    def _on_idle(self, connection: Connection) -> None:
        now = self._loop.time()
        connection.idle_since = now
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                waiter.set_result(connection)
                return
        self._idle.append(connection)
        oldest = self._idle[0]
        if now - oldest.idle_since > self._limits.idle_seconds:
            self._idle.popleft()
            oldest.close()

    def _on_lost(self, connection: Connection) -> None:
        if connection not in self._connections:
            return  # lost before it was ours: _open sees to it
        self._connections.remove(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._free_slot()
        if not self._connections:
            self._emptied.set()

    def _give_back(self, connection: Connection | None) -> None:
        if connection is None:
            self._connecting -= 1
            self._free_slot()
        elif not connection.is_closing:
            self._on_idle(connection)

    def _free_slot(self) -> None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                self._connecting += 1
                waiter.set_result(None)
                return

    def _closed_error(self) -> TransportError:
        return TransportError("connect", "connect", f"{self.origin}: the transport was closed")
