"""One call as the simulator saw it: what was asked, what was done to it, how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from seatrial.testing.simulator.fault import Fault

Ended = Literal["open", "whole", "broken", "client_closed", "server_closed"]
"""`whole`: all of it was sent. `broken`: a fault ended the connection. `client_closed`: the client closed it before the
answer was whole. `server_closed`: the simulator ended while the call was open.
"""


@dataclass(slots=True, kw_only=True)
class Call:
    """`number` counts from 1; header names are in lower case; `sent` counts bytes of the body that were written;
    `status` is 0 where none was sent; `seconds` is from the whole request to the end of the answer, `latency` what of
    it was waited on purpose before the headers; `connection` counts from 1 too.
    """

    number: int
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    wire: str = ""
    operation: str = ""
    model: str = ""
    stream: bool = False
    faults: tuple[Fault, ...] = ()
    status: int = 0
    sent: int = 0
    ended: Ended = "open"
    seconds: float = 0.0
    latency: float = 0.0
    connection: int = 0

    @property
    def json(self) -> Any:
        """The body read as JSON. Raises msgspec.DecodeError where it is none."""
        return msgspec.json.decode(self.body)

    @property
    def fault(self) -> Fault | None:
        """The first fault that was done to it."""
        return self.faults[0] if self.faults else None

    @property
    def client_closed(self) -> bool:
        return self.ended == "client_closed"
