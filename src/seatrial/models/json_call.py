"""Sends JSON to a provider and reads what comes back: what chat, embeddings and moderations have in common.

An `Endpoint` knows the address, who asks and for how long. Whatever goes wrong becomes one ErrorInfo, here and nowhere
else; secrets are cut out of its message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import msgspec

from seatrial.core.errors import ErrorInfo, ModelError
from seatrial.models.accounts import Account
from seatrial.models.faults import (
    from_error_object,
    from_status,
    from_transport,
    protocol_fault,
    request_fault,
    shown_body,
    without_secrets,
)
from seatrial.models.transport import HttpRequest, HttpResponse, Timeouts, Transport, TransportError
from seatrial.models.wire import Call, ErrorObject

T = TypeVar("T")

UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""What a reader of bytes raises for an answer that is not what its format promises."""

FAULTS = (TransportError, ModelError, ErrorObject, *UNREADABLE)
"""What a call may raise on its way there and back; `Endpoint.error` reads each."""


class Endpoint:
    """One base URL of one provider. `use` is `provider/model`, for messages; `sends` are headers of the wire format."""

    def __init__(
        self,
        use: str,
        *,
        account: Account,
        base_url: str,
        transport: Callable[[], Transport],
        timeouts: Timeouts,
        sends: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.use = use
        self.timeouts = timeouts
        self._account = account
        self._base_url = base_url.rstrip("/")
        self._transport = transport
        accept = ("accept", "application/json, text/event-stream")
        agent = ("user-agent", "seatrial")  # some gateways refuse a client without a name
        self._headers = (("content-type", "application/json"), accept, agent, *sends)
        self._encode = msgspec.json.Encoder().encode

    async def ask(self, call: Call, read: Callable[[bytes], T]) -> T:
        """What `read` makes of the answer to one call. Raises ModelError."""
        response: HttpResponse | None = None
        try:
            response = await self.send(call)
            await self.accept(response)
            return self.read(await response.read(), response.headers, read)
        except FAULTS as fault:
            raise ModelError(self.error(fault)) from fault
        finally:
            if response is not None:
                await response.aclose()

    async def send(self, call: Call, *, streams: bool = False) -> HttpResponse:
        """The answer, when its headers are in, whatever its status. `streams` is what was asked for, and puts the
        limit on the first token in force. Raises TransportError, and ModelError for what cannot be sent.
        """
        limits = self.timeouts
        try:
            url, body = self._base_url + call.path, self._encode(call.body)
            http = HttpRequest(
                "POST",
                url,
                self._headers + await self._proof(url, body),
                body,
                limits.total,
                limits.connect,
                limits.first_token if streams else None,
            )
            return await self._transport().send(http)
        except ValueError as fault:  # a URL or a key that may not be written into a request
            raise ModelError(request_fault(fault, use=self.use)) from fault

    async def _proof(self, url: str, body: bytes) -> tuple[tuple[str, str], ...]:
        """The account's headers; an account does not know for which model it is asked."""
        try:
            return await self._account.headers(url, body)
        except ModelError as fault:
            named = msgspec.structs.replace(fault.info, message=f"{self.use}: {fault.info.message}")
            raise ModelError(named) from fault

    async def accept(self, response: HttpResponse) -> None:
        """Raises ModelError, with the provider's own words, for an answer that is not 200."""
        if response.status != 200:
            body = await response.read()
            raise ModelError(from_status(response.status, response.headers, body, use=self.use, key=self._account.name))

    def read(self, body: bytes, headers: Mapping[str, str], read: Callable[[bytes], T]) -> T:
        """What `read` makes of a whole body. Raises ModelError when there is none, or none that can be read."""
        if not body.strip():
            raise ModelError(protocol_fault("the answer is empty", use=self.use))
        try:
            return read(body)
        except UNREADABLE as fault:
            kind = headers.get("content-type") or "no content type"
            what = f"the answer cannot be read: {fault}; it is {kind}: {shown_body(body)}"
            raise ModelError(protocol_fault(what, use=self.use)) from fault

    def error(self, fault: Exception) -> ErrorInfo:
        """What one of `FAULTS` means."""
        if isinstance(fault, ModelError):
            return self.masked(fault.info)
        if isinstance(fault, TransportError):
            return self.masked(from_transport(fault, use=self.use, url=self._base_url))
        if isinstance(fault, ErrorObject):
            return self.masked(from_error_object(fault.error, use=self.use, key=self._account.name))
        return self.masked(protocol_fault(f"the answer cannot be read: {fault}", use=self.use))

    def masked(self, error: ErrorInfo) -> ErrorInfo:
        return without_secrets(error, self._account.secrets)
