"""The one door to the network: what a request and a response are, and how an exchange can fail.

A wire (how a provider speaks) is written against `Transport` and never learns what carries its bytes, so a test passes
in answers made of bytes, and a site with a proxy passes in another client. There is one error class with a `kind`, not
a tree: callers turn every failure into a model error of their own by two fields, and nobody catches half a tree.
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = ["ErrorKind", "HttpRequest", "HttpResponse", "Limit", "Phase", "Timeouts", "Transport", "TransportError"]

ErrorKind = Literal["connect", "timeout", "reset", "cut", "protocol", "too_large"]
Phase = Literal["connect", "send", "headers", "body"]
Limit = Literal["total", "connect", "first_token", "between_tokens"]
"""Which of the time limits ended an exchange."""


@dataclass(slots=True, frozen=True)
class Timeouts:
    """Seconds. `total` is from waiting for a connection to the last byte; None is no limit but the total.

    `first_token` and `between_tokens` hold on streams only, where something arrives before the answer is whole.
    """

    total: float = 60.0
    connect: float | None = 10.0
    first_token: float | None = None
    between_tokens: float | None = None


@dataclass(slots=True, frozen=True)
class HttpRequest:
    """One request. `headers` are (name, value) pairs; `timeout` is in seconds, for everything from waiting for a
    connection to the last byte of the body. `connect_timeout` and `headers_timeout` are tighter limits, from the start
    too, until there is a connection and until the headers are in."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout: float
    connect_timeout: float | None = None
    headers_timeout: float | None = None


class HttpResponse(Protocol):
    """An answer whose headers are in and whose body may still be arriving."""

    @property
    def status(self) -> int:
        """The final status code, 200 to 999; interim ones (1xx) are never seen here."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Header values by lower-case name; of a repeated header the last value."""

    async def read(self) -> bytes:
        """The body, or what `chunks` has not handed out of it. Raises `TransportError` unless it is complete."""

    def chunks(self) -> AsyncIterator[bytes]:
        """The body in non-empty pieces as they arrive; where they are cut means nothing. What arrived before a failure
        is handed out first, then `TransportError` is raised; the iterator ends only after a complete body."""

    def expect_within(self, seconds: float, limit: Limit) -> None:
        """From now on wait for more of the body no longer than `seconds` from now; the request's timeout holds all the
        same. `limit` is what a TransportError will name."""

    async def aclose(self) -> None:
        """Give up the rest of the body and close its connection; does nothing when the body is complete."""


class Transport(Protocol):
    """Sends requests; knows nothing of models."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send, and return when the headers are in. Every status code is a response, none an error.

        Raises `TransportError` when there is no response to give, ValueError for a request not fit to be written."""

    async def aclose(self) -> None:
        """Close every connection; exchanges under way fail."""


class TransportError(Exception):
    """An exchange that did not end in a complete response.

    `kind`: `connect` (no connection could be had), `timeout`, `reset` (the server closed the connection before any byte
    of the response), `cut` (it was closed inside the response, or by us), `protocol` (what came is not the HTTP asked
    for), `too_large`. `phase` is what was going on: `connect` (waiting for a connection included), `send`,
    `headers` or `body`. `limit` is the time limit that was reached, of a timeout.
    """

    def __init__(self, kind: ErrorKind, phase: Phase, message: str, limit: Limit = "total") -> None:
        super().__init__(kind, phase, message)
        self.limit: Limit = limit
        self.kind: ErrorKind = kind
        self.phase: Phase = phase
        self.message = message

    def __str__(self) -> str:
        return self.message
