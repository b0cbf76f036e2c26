"""The OpenAI chat completions wire, plain and streamed, as most providers and servers speak it.

Source: the OpenAI API reference, "Create chat completion" and "Streaming".
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import msgspec

from seatrial.core.conversation import Message, ModelRequest, Tool
from seatrial.core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import FinishReason, TokenLogprob, Usage
from seatrial.core.parts import AnyPart, File, Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.models.facts import Facts, allowed
from seatrial.models.fitted_schema import OPENAI_STRICT, fitted
from seatrial.models.schema_tool import ANSWER, rung_of, tools_of
from seatrial.models.wire import Call, ErrorObject, Framing, Reader

WIRE = "openai-chat"

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


_decode_text = msgspec.json.Decoder(str).decode


class _Function(msgspec.Struct):
    """Some servers give the arguments as an object, not as the text of one."""

    name: str | None = None
    arguments: msgspec.Raw = msgspec.Raw(b"null")

    @property
    def text(self) -> str:
        written = bytes(self.arguments)
        if written == b"null":
            return ""
        return _decode_text(written) if written.startswith(b'"') else written.decode()


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
    reasoning_details: list[Any] | None = None
    tool_calls: list[_ToolCall] | None = None


class _TopLogprob(msgspec.Struct):
    token: str
    logprob: float


class _Logprob(msgspec.Struct):
    token: str
    logprob: float
    top_logprobs: list[_TopLogprob] | None = None


class _Logprobs(msgspec.Struct):
    content: list[_Logprob] | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    message: _Delta | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


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
            cache_write=(cached.cache_write_tokens or 0) if cached else 0,
            reasoning=(reasoning.reasoning_tokens or 0) if reasoning else 0,
        )


class _Answer(msgspec.Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    model: str | None = None
    error: Any = None


class OpenAIChat:
    """The wire for one model; `path` is put behind the base URL (Azure's holds the API version)."""

    framing: Framing = "sse"
    sends: tuple[tuple[str, str], ...] = ()

    def __init__(self, model: str, facts: Facts, *, path: str = "/chat/completions") -> None:
        self._model = model
        self._facts = facts
        self._path = path

    def call(self, request: ModelRequest) -> Call:
        facts = self._facts
        body: dict[str, Any] = {"model": self._model, "messages": self._messages(request.messages)}
        body.update(request.params)
        limit = body.pop("max_tokens", facts.default_max_tokens)
        if limit is not None:
            body[facts.max_tokens_name] = limit
        tools, choice = tools_of(request, facts)
        if tools:
            allowed(facts.tools, "tools")
            body["tools"] = [_tool(tool) for tool in tools]
        if choice != "auto":
            body["tool_choice"] = _tool_choice(choice)
        if request.schema is not None and facts.schema != "tool":
            body["response_format"] = self._response_format(request.schema)
        if body.get("logprobs"):
            allowed(facts.logprobs, "log-probabilities")
        if request.stream:
            body["stream"] = True
            if facts.usage_option:
                body["stream_options"] = {"include_usage": True}
        return Call(self._path, body, rung_of(request, facts))

    def reader(self) -> OpenAIChatReader:
        return OpenAIChatReader()

    def _messages(self, messages: tuple[Message, ...]) -> list[dict[str, Any]]:
        written: list[dict[str, Any]] = []
        for message in messages:
            if message.role == "tool":
                written += [_tool_result(part) for part in message.parts if isinstance(part, ToolResult)]
            elif message.role == "assistant":
                written.append(self._assistant(message))
            elif isinstance(message.content, str):
                role = self._facts.system if message.role == "system" else message.role
                written.append({"role": role, "content": message.content})
            else:
                written.append({"role": message.role, "content": [self._part(part) for part in message.content]})
        return written

    def _assistant(self, message: Message) -> dict[str, Any]:
        if isinstance(message.content, str):
            return {"role": "assistant", "content": message.content}
        said: dict[str, Any] = {"role": "assistant", "content": message.text or None}
        calls = [_call(part) for part in message.content if isinstance(part, ToolCall)]
        if calls:
            said["tool_calls"] = calls
        thoughts = [part for part in message.content if isinstance(part, Reasoning)]
        details = [each for part in thoughts for each in _details(part)]
        if details:
            said["reasoning_details"] = details
        elif thoughts and self._facts.reasoning_back is not None:
            said[self._facts.reasoning_back] = "".join(part.text for part in thoughts)
        return said

    def _part(self, part: AnyPart) -> dict[str, Any]:
        if isinstance(part, Text):
            return {"type": "text", "text": part.text}
        if isinstance(part, Image):
            allowed(self._facts.images, "images")
            return {"type": "image_url", "image_url": {"url": part.url or _data_url(part.media_type, part.data)}}
        if isinstance(part, File):
            allowed(self._facts.files, "files")
            if part.data is None:
                raise ValueError("this wire takes files by their bytes, not by an address\nhint: read the file first")
            data = _data_url(part.media_type, part.data)
            return {"type": "file", "file": {"filename": part.name or "file", "file_data": data}}
        raise ValueError(f"a {type(part).__name__} cannot stand in a user's message")

    def _response_format(self, schema: dict[str, Any]) -> dict[str, Any]:
        if self._facts.schema == "none":
            raise ValueError("this model cannot be held to a JSON Schema")
        if self._facts.schema == "json":
            return {"type": "json_object"}
        strict = fitted(schema, OPENAI_STRICT)
        form = {"name": "answer", "schema": schema if strict is None else strict, "strict": strict is not None}
        return {"type": "json_schema", "json_schema": form}


class OpenAIChatReader(Reader):
    """Reads one chat completion."""

    _decode = msgspec.json.Decoder(_Answer).decode

    def __init__(self) -> None:
        super().__init__()
        self._refused = False
        self._calls: list[str] = []
        self._tools: set[int] = set()
        self._answers: set[int] = set()  # the calls that are the answer itself

    def whole(self, body: bytes) -> list[Event]:
        return self._events(self._decode(body))

    def piece(self, payload: bytes) -> list[Event]:
        if payload == b"[DONE]":
            self.ended = True
            return []
        return self._events(self._decode(payload))

    def _events(self, answer: _Answer) -> list[Event]:
        if answer.error is not None:
            raise ErrorObject(answer.error)
        if answer.usage is not None:
            self.usage = answer.usage.canonical()
        self.served_by = answer.model or self.served_by
        if not answer.choices:
            return []
        choice = answer.choices[0]
        part = choice.delta or choice.message
        events = self._parts(part, choice.logprobs) if part is not None else []
        if choice.finish_reason is not None:
            self.raw_finish = choice.finish_reason or self.raw_finish
        self.finish = "refused" if self._refused else FINISH.get(self.raw_finish or "")
        if self.finish == "tool_calls" and self._answers and not self._tools:
            self.finish = "stop"
        return events

    def _parts(self, part: _Delta, logprobs: _Logprobs | None) -> list[Event]:
        events: list[Event] = []
        reasoning = part.reasoning_content or part.reasoning
        if reasoning or part.reasoning_details:
            opaque = {"wire": WIRE, "details": part.reasoning_details} if part.reasoning_details else None
            events.append(ReasoningDelta(reasoning or "", 0, opaque))
        if part.content:
            events.append(TextDelta(part.content, _canonical(logprobs)) if logprobs else TextDelta(part.content))
        if part.refusal:
            self._refused = True
            events.append(TextDelta(part.refusal))
        for position, call in enumerate(part.tool_calls or ()):
            function, index = call.function or _Function(), self._index_of(call, position)
            (self._answers if function.name == ANSWER or index in self._answers else self._tools).add(index)
            if index not in self._answers:
                events.append(ToolCallDelta(index, call.id or "", function.name or "", function.text))
            elif function.text:
                events.append(TextDelta(function.text))
        return events

    def _index_of(self, call: _ToolCall, position: int) -> int:
        """Which call a piece belongs to. Whole answers and some servers' streams leave the index out: there a new id
        starts a new call, and a piece without one belongs to the last.
        """
        if call.index is not None:
            return call.index
        if call.id and call.id not in self._calls:
            self._calls.append(call.id)
        elif not call.id and position >= len(self._calls):
            self._calls.append("")
        return self._calls.index(call.id) if call.id else len(self._calls) - 1


def _data_url(media_type: str, data: bytes | None) -> str:
    return f"data:{media_type};base64,{b64encode(data or b'').decode()}"


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
    return {"type": "function", "function": function}


def _tool_choice(choice: str) -> Any:
    return choice if choice in ("none", "required") else {"type": "function", "function": {"name": choice}}


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments or "{}"}
    return {"id": call.id, "type": "function", "function": function}


def _tool_result(result: ToolResult) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": result.id, "content": result.text}


def _details(part: Reasoning) -> list[Any]:
    """What the provider wants back unchanged, where it was given over this wire."""
    return part.opaque["details"] if part.opaque and part.opaque.get("wire") == WIRE else []


def _canonical(logprobs: _Logprobs) -> tuple[TokenLogprob, ...]:
    return tuple(
        TokenLogprob(each.token, each.logprob, {top.token: top.logprob for top in each.top_logprobs or ()})
        for each in logprobs.content or ()
    )
