"""A model behind HTTP, whatever its wire format: sends, reads, keeps the time limits, and says truthfully how it ended.

Whether an answer is streamed is read off its content type, not off what was asked: some servers ignore `stream`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from time import perf_counter
from typing import Protocol

import msgspec

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import ErrorInfo, ModelError
from seatrial.core.events import AttemptEnded, Event
from seatrial.core.exchange import Attempt, Rung
from seatrial.models.aws_stream import AwsStreamDecoder
from seatrial.models.faults import cut_fault, protocol_fault, request_fault
from seatrial.models.json_call import FAULTS, Endpoint
from seatrial.models.sse import SseDecoder
from seatrial.models.transport import HttpResponse, TransportError
from seatrial.models.wire import Call, ErrorObject, Framing, Reader, Wire

_STREAMS = ("text/event-stream", "application/vnd.amazon.eventstream")


class Decoder(Protocol):
    """Bytes split anywhere in, whole payloads out: all that came before what cannot be read."""

    def feed(self, chunk: bytes) -> Iterable[bytes]: ...

    def close(self) -> list[bytes]: ...


_DECODERS: dict[Framing, Callable[[], Decoder]] = {"sse": SseDecoder, "aws": AwsStreamDecoder}


class HttpModel:
    """One model behind one base URL; is a Model. Made of a wire format and the endpoint that speaks it."""

    def __init__(self, name: str, *, wire: Wire, endpoint: Endpoint) -> None:
        self.name = name
        self.use = endpoint.use
        self._wire = wire
        self._endpoint = endpoint

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        attempt = _Attempt(self._wire.reader())
        endpoint, response = self._endpoint, None
        try:
            call = self._call(request)
            attempt.rung = call.rung
            response = await endpoint.send(call, streams=request.stream)
            await endpoint.accept(response)
            if _is_stream(response.headers):
                async with aclosing(self._streamed(response, attempt)) as events:
                    async for event in events:
                        yield event
            else:
                for event in endpoint.read(await response.read(), response.headers, attempt.reader.whole):
                    yield event
        except FAULTS as fault:
            attempt.error = endpoint.error(fault)
        finally:
            if response is not None:
                await response.aclose()
        yield AttemptEnded(self._ended(request, attempt))

    def _call(self, request: ModelRequest) -> Call:
        try:
            return self._wire.call(request)
        except ValueError as fault:  # what this wire or this model cannot be asked
            raise ModelError(request_fault(fault, use=self.use)) from fault

    async def _streamed(self, response: HttpResponse, attempt: _Attempt) -> AsyncGenerator[Event]:
        decoder, reader, limits = _DECODERS[self._wire.framing](), attempt.reader, self._endpoint.timeouts
        if limits.first_token is not None:
            spent = perf_counter() - attempt.started
            response.expect_within(max(limits.first_token - spent, 0.001), "first_token")
        is_empty = True
        try:
            async for chunk in response.chunks():
                is_empty = False
                for payload in decoder.feed(chunk):
                    events = reader.piece(payload)
                    if events and attempt.first_token is None:
                        attempt.first_token = perf_counter()
                    if events and limits.between_tokens is not None:
                        response.expect_within(limits.between_tokens, "between_tokens")
                    for event in events:
                        yield event
        except TransportError:
            if not reader.ended:  # an answer that said it is complete is complete, whatever becomes of the connection
                raise
        if is_empty:
            raise ModelError(protocol_fault("the answer is empty", use=self.use))
        for event in self._last(decoder, reader):
            yield event
        if reader.raw_finish is None and not reader.ended:
            raise ModelError(cut_fault(use=self.use))

    def _last(self, decoder: Decoder, reader: Reader) -> list[Event]:
        """What stood at the end without what ends an event: all of it, or cut."""
        try:
            return [event for payload in decoder.close() for event in reader.piece(payload)]
        except (msgspec.DecodeError, ValueError) as fault:
            raise ModelError(cut_fault(use=self.use)) from fault

    def _ended(self, request: ModelRequest, attempt: _Attempt) -> Attempt:
        reader, error = attempt.reader, attempt.error
        if error is None and reader.failed is not None:
            error = self._endpoint.error(ErrorObject(reader.failed))
        if error is None and (reader.finish is None or reader.finish == "cancelled"):
            said = f"an unknown finish reason {reader.raw_finish!r}" if reader.raw_finish else "no finish reason"
            error = protocol_fault(f"the answer has {said}", use=self.use)
        if error is not None:
            error = self._endpoint.masked(error)
        first = attempt.first_token
        return Attempt(
            model=self.name,
            use=self.use,
            params=request.params,
            rung=attempt.rung,
            served_by=reader.served_by,
            finish="error" if error is not None or reader.finish is None else reader.finish,
            raw_finish=reader.raw_finish,
            usage=reader.usage if error is None or reader.raw_finish is not None else None,  # a part is no count
            first_token_ms=None if first is None else (first - attempt.started) * 1000,
            latency_ms=(perf_counter() - attempt.started) * 1000,
            error=error,
        )


class _Attempt:
    """One try while it runs."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.started = perf_counter()
        self.first_token: float | None = None
        self.error: ErrorInfo | None = None
        self.rung: Rung | None = None


def _is_stream(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").lower().startswith(_STREAMS)
