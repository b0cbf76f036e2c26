"""The OpenAI chat completions wire, plain and streamed, as most providers and servers speak it.

Source: the OpenAI API reference, "Create chat completion" and "Streaming". Whether an answer is streamed is read off
its content type, not off what was asked: some servers ignore `stream`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from time import perf_counter
from typing import Any

import msgspec

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import ErrorInfo
from seatrial.core.events import AttemptEnded, Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import Attempt, FinishReason, Usage
from seatrial.models.faults import from_error_object, from_status, from_transport, protocol_fault, without_key
from seatrial.models.sse import SseDecoder
from seatrial.models.transport import HttpRequest, HttpResponse, Transport, TransportError

FINISH: dict[str, FinishReason] = {
    "stop": "stop",
    "eos": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "model_length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
    "cancelled": "cancelled",
}
"""Finish reasons seen on this wire. Any other is an error: a failure is never reported as `stop`."""


class _Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class _ToolCall(msgspec.Struct):
    index: int | None = None
    id: str | None = None
    function: _Function | None = None


class _Delta(msgspec.Struct):
    """A streamed `delta` or a whole `message`: the same fields."""

    content: str | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: list[_ToolCall] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None


class _CompletionDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None

    def canonical(self) -> Usage:
        cached, reasoning = self.prompt_tokens_details, self.completion_tokens_details
        return Usage(
            input_total=self.prompt_tokens or 0,
            output_total=self.completion_tokens or 0,
            cache_read=(cached.cached_tokens or 0) if cached else 0,
            reasoning=(reasoning.reasoning_tokens or 0) if reasoning else 0,
        )


class _Answer(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    model: str | None = None
    error: Any = None


class _Tally(msgspec.Struct):
    """What one attempt has shown so far."""

    started: float
    first_token: float | None = None
    raw_finish: str | None = None
    refused: bool = False
    usage: Usage | None = None
    served_by: str | None = None
    calls: list[str] = []

    def index_of(self, call: _ToolCall, position: int) -> int:
        """Which call a piece belongs to. Whole answers and some servers' streams leave the index out: there a new id
        starts a new call, and a piece without one belongs to the last.
        """
        if call.index is not None:
            return call.index
        if call.id and call.id not in self.calls:
            self.calls.append(call.id)
        elif not call.id and position >= len(self.calls):
            self.calls.append("")
        return self.calls.index(call.id) if call.id else len(self.calls) - 1


class OpenAIChat:
    """One model behind one base URL; is a Model. `timeout` is in seconds for one whole attempt."""

    def __init__(
        self,
        name: str,
        use: str,
        *,
        base_url: str,
        model: str,
        transport: Callable[[], Transport],
        timeout: float,
        key_name: str | None = None,
        key: str | None = None,
        usage_option: bool = True,
    ) -> None:
        self.name = name
        self.use = use
        self._url = base_url.rstrip("/") + "/chat/completions"
        self._model = model
        self._transport = transport
        self._timeout = timeout
        self._key_name = key_name
        self._key = key
        self._usage_option = usage_option
        accept = ("accept", "application/json, text/event-stream")
        agent = ("user-agent", "seatrial")  # some gateways refuse a client without a name
        authorization = (("authorization", f"Bearer {key}"),) if key else ()
        self._headers = (("content-type", "application/json"), accept, agent, *authorization)
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(_Answer).decode

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        tally = _Tally(perf_counter())
        error: ErrorInfo | None = None
        response: HttpResponse | None = None
        try:
            response = await self._send(request)
            if response.status == 200 and _is_stream(response.headers):
                async with aclosing(self._streamed(response, tally)) as events:
                    async for event in events:
                        yield event
            elif response.status == 200:
                for event in self._whole(await response.read(), tally):
                    yield event
            else:
                body = await response.read()
                error = from_status(response.status, response.headers, body, use=self.use, key=self._key_name)
        except TransportError as fault:
            error = from_transport(fault, use=self.use, url=self._url, timeout=self._timeout)
        except (msgspec.DecodeError, ValueError, RecursionError) as fault:
            error = protocol_fault(f"the answer cannot be read: {fault}", use=self.use)
        except _ProviderFault as fault:
            error = fault.info
        finally:
            if response is not None:
                await response.aclose()
        yield AttemptEnded(self._attempt(request, tally, error))

    async def _send(self, request: ModelRequest) -> HttpResponse:
        http = HttpRequest("POST", self._url, self._headers, self._body(request), self._timeout)
        try:
            return await self._transport().send(http)
        except ValueError as fault:  # a URL or a key that may not be written into a request
            what, _, hint = str(fault).partition("\nhint: ")
            error = ErrorInfo(kind="bad_request", message=f"{self.use}: {what}", hint=hint or None)
            raise _ProviderFault(error) from fault

    def _body(self, request: ModelRequest) -> bytes:
        body: dict[str, Any] = {"model": self._model, "messages": request.messages, **request.params}
        if request.stream:
            body["stream"] = True
            if self._usage_option:
                body["stream_options"] = {"include_usage": True}
        return self._encode(body)

    def _whole(self, body: bytes, tally: _Tally) -> list[Event]:
        if not body.strip():
            raise _ProviderFault(protocol_fault("the answer is empty", use=self.use))
        return self._events(self._decode(body), tally)

    async def _streamed(self, response: HttpResponse, tally: _Tally) -> AsyncGenerator[Event]:
        decoder, ended = SseDecoder(), False
        try:
            async for chunk in response.chunks():
                for payload in decoder.feed(chunk):
                    ended = ended or payload == b"[DONE]"
                    for event in self._piece(payload, tally):
                        yield event
        except TransportError:
            if not ended:  # an answer that said it is complete is complete, whatever becomes of the connection
                raise
        for payload in decoder.close():
            ended = ended or payload == b"[DONE]"
            for event in self._last_piece(payload, tally):
                yield event
        if tally.raw_finish is None and not ended:
            raise _ProviderFault(self._cut())

    def _piece(self, payload: bytes, tally: _Tally) -> list[Event]:
        if payload == b"[DONE]":
            return []
        events = self._events(self._decode(payload), tally)
        if events and tally.first_token is None:
            tally.first_token = perf_counter()
        return events

    def _last_piece(self, payload: bytes, tally: _Tally) -> list[Event]:
        """What stood at the end without the empty line that ends an event: all of it, or cut."""
        try:
            return self._piece(payload, tally)
        except (msgspec.DecodeError, ValueError) as fault:
            raise _ProviderFault(self._cut()) from fault

    def _cut(self) -> ErrorInfo:
        return ErrorInfo(
            kind="cut",
            message=f"{self.use}: the stream ended before the answer did",
            retryable=True,
            switchable=True,
            billable=True,
        )

    def _events(self, answer: _Answer, tally: _Tally) -> list[Event]:
        """The events in one payload, with what it says about the whole answer noted in `tally`."""
        if answer.error is not None:
            raise _ProviderFault(from_error_object(answer.error, use=self.use, key=self._key_name))
        if answer.usage is not None:
            tally.usage = answer.usage.canonical()
        tally.served_by = answer.model or tally.served_by
        events: list[Event] = []
        for choice in (answer.choices or ())[:1]:
            tally.raw_finish = choice.finish_reason or tally.raw_finish
            part = choice.delta or choice.message
            if part is not None:
                tally.refused = tally.refused or bool(part.refusal)
                events += _parts(part, tally)
        return events

    def _attempt(self, request: ModelRequest, tally: _Tally, error: ErrorInfo | None) -> Attempt:
        finish = "refused" if tally.refused else FINISH.get(tally.raw_finish or "")
        if error is None and (finish is None or finish == "cancelled"):
            said = f"an unknown finish reason {tally.raw_finish!r}" if tally.raw_finish else "no finish reason"
            error = protocol_fault(f"the answer has {said}", use=self.use)
        if error is not None:
            error = without_key(error, self._key)
        first = tally.first_token
        return Attempt(
            model=self.name,
            use=self.use,
            params=request.params,
            served_by=tally.served_by,
            finish="error" if error is not None or finish is None else finish,
            raw_finish=tally.raw_finish,
            usage=tally.usage,
            first_token_ms=None if first is None else (first - tally.started) * 1000,
            latency_ms=(perf_counter() - tally.started) * 1000,
            error=error,
        )


class _ProviderFault(Exception):
    """Carries an ErrorInfo from where the fact is known to the end of the attempt."""

    def __init__(self, info: ErrorInfo) -> None:
        super().__init__(info.message)
        self.info = info


def _is_stream(headers: Mapping[str, str]) -> bool:
    return headers.get("content-type", "").lower().startswith("text/event-stream")


def _parts(part: _Delta, tally: _Tally) -> list[Event]:
    events: list[Event] = []
    reasoning = part.reasoning_content or part.reasoning
    if reasoning:
        events.append(ReasoningDelta(reasoning))
    if part.content:
        events.append(TextDelta(part.content))
    if part.refusal:
        events.append(TextDelta(part.refusal))
    for position, call in enumerate(part.tool_calls or ()):
        function, index = call.function or _Function(), tally.index_of(call, position)
        events.append(ToolCallDelta(index, call.id or "", function.name or "", function.arguments or ""))
    return events
