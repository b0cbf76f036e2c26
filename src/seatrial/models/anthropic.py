"""The Anthropic messages wire, plain and streamed.

Sources: the Claude platform documentation, "Messages", "Streaming messages", "Structured outputs", "Thinking" and
"Errors", and the types of the official Python client.

Usage of a stream is what its last event says: before that the output tokens are only those at the start, and a stream
that was cut would be counted too cheap.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import msgspec

from seatrial.core.conversation import ModelRequest, Tool
from seatrial.core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import FinishReason, Usage
from seatrial.core.parts import AnyPart, File, Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.models.facts import Facts, allowed
from seatrial.models.schema_tool import ANSWER, held_as_claude, require_native, rung_of, tools_of
from seatrial.models.turns import Turn, arguments_of, turns_of
from seatrial.models.wire import Call, ErrorObject, Framing, Reader

WIRE = "anthropic"
VERSION = "2023-06-01"

FINISH: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "length",  # the provider's own tools reached their limit of rounds: the answer is not complete
    "tool_use": "tool_calls",
    "refusal": "refused",
}
"""Any other stop reason is an error: a failure is never reported as `stop`."""


class _Block(msgspec.Struct):
    """A content block, at the start of its stream or whole."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = msgspec.Raw(b"{}")


class _Delta(msgspec.Struct):
    """What an event adds to a block, or to the message."""

    type: str | None = None
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None


class _Output(msgspec.Struct):
    thinking_tokens: int | None = None


class _Usage(msgspec.Struct):
    """`input_tokens` counts neither what was read from a cache nor what was written to one."""

    input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int | None = None
    output_tokens_details: _Output | None = None

    def onto(self, before: _Usage) -> _Usage:
        """What is left out here stays as it was said before."""
        said = {name: count for name, count in msgspec.structs.asdict(self).items() if count is not None}
        return msgspec.structs.replace(before, **said)

    def canonical(self) -> Usage:
        read, written = self.cache_read_input_tokens or 0, self.cache_creation_input_tokens or 0
        details = self.output_tokens_details
        return Usage(
            input_total=(self.input_tokens or 0) + read + written,
            output_total=self.output_tokens or 0,
            cache_read=read,
            cache_write=written,
            reasoning=(details.thinking_tokens or 0) if details else 0,
        )


class _Message(msgspec.Struct):
    content: list[_Block] | None = None
    model: str | None = None
    stop_reason: str | None = None
    usage: _Usage | None = None
    error: Any = None


class _Event(msgspec.Struct):
    type: str = ""
    index: int = 0
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: _Usage | None = None
    error: Any = None


class AnthropicMessages:
    """The wire for one model."""

    framing: Framing = "sse"
    sends: tuple[tuple[str, str], ...] = (("anthropic-version", VERSION),)

    def __init__(self, model: str, facts: Facts, *, path: str = "/messages") -> None:
        self._model = model
        self._facts = facts
        self._path = path

    def call(self, request: ModelRequest) -> Call:
        facts, form = held_as_claude(request.schema, self._facts)
        instructions, turns = turns_of(request.messages, WIRE, facts.system)
        body: dict[str, Any] = {"model": self._model, "messages": [self._message(turn) for turn in turns]}
        if instructions:
            body["system"] = "\n\n".join(instructions)
        if facts.default_max_tokens is not None:
            body["max_tokens"] = facts.default_max_tokens
        params = _params(request.params)
        parallel = params.pop("parallel_tool_calls", None)
        body.update(params)
        tools, choice = tools_of(request, facts)
        if tools:
            allowed(facts.tools, "tools")
            body["tools"] = [_tool(tool) for tool in tools]
            if form is not None and facts.schema == "tool" and _thinks(body):
                choice = "auto"  # thinking does not go with a forced tool: Claude documentation, "Extended thinking"
            body.update(_tool_choice(choice, parallel))
        if form is not None and facts.schema != "tool":
            body["output_config"] = {**body.get("output_config", {}), "format": self._format(form)}
        if request.stream:
            body["stream"] = True
        return Call(self._path, body, rung_of(request, facts))

    def reader(self) -> AnthropicReader:
        return AnthropicReader()

    def _format(self, schema: dict[str, Any]) -> dict[str, Any]:
        require_native(self._facts)
        return {"type": "json_schema", "schema": schema}

    def _message(self, turn: Turn) -> dict[str, Any]:
        if len(turn.parts) == 1 and isinstance(turn.parts[0], Text):
            return {"role": turn.role, "content": turn.parts[0].text}
        # Results of tools have to come first; what the user said beside them came later anyway.
        parts = sorted(turn.parts, key=lambda part: not isinstance(part, ToolResult))
        return {"role": turn.role, "content": [self._block(part) for part in parts]}

    def _block(self, part: AnyPart) -> dict[str, Any]:
        if isinstance(part, Text):
            return {"type": "text", "text": part.text}
        if isinstance(part, Image):
            allowed(self._facts.images, "images")
            return {"type": "image", "source": _source(part)}
        if isinstance(part, File):
            allowed(self._facts.files, "files")
            return _document(part)
        if isinstance(part, ToolCall):
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments_of(part)}
        if isinstance(part, ToolResult):
            said = {"type": "tool_result", "tool_use_id": part.id, "content": part.text}
            return said | {"is_error": True} if part.is_error else said
        return _thinking(part)


class AnthropicReader(Reader):
    """Reads one message."""

    _decode = msgspec.json.Decoder(_Event).decode
    _decode_whole = msgspec.json.Decoder(_Message).decode

    def __init__(self) -> None:
        super().__init__()
        self._counted = _Usage()
        self._signatures: dict[int, str] = {}
        self._unsaid: dict[int, str] = {}  # arguments that stand where a call begins, until a delta brings others
        self._calls: set[int] = set()
        self._answers: set[int] = set()  # the calls that are the answer itself

    def whole(self, body: bytes) -> list[Event]:
        message = self._decode_whole(body)
        if message.error is not None:
            raise ErrorObject(message.error)
        events = [
            event
            for index, block in enumerate(message.content or ())
            for event in (*self._begun(index, block), *self._done(index))
        ]
        self.served_by = message.model
        if message.usage is not None:
            self.usage = message.usage.canonical()
        self._stopped(message.stop_reason)
        return events

    def piece(self, payload: bytes) -> list[Event]:
        if self.ended:  # nothing of the answer comes after its end, whatever some server adds
            return []
        event = self._decode(payload)
        if event.type == "content_block_delta":
            return self._grown(event.index, event.delta or _Delta())
        if event.type == "content_block_start":
            return self._begun(event.index, event.content_block or _Block())
        if event.type == "content_block_stop":
            return self._done(event.index)
        if event.error is not None:
            raise ErrorObject(event.error)
        if event.type == "message_start" and event.message is not None:
            self.served_by = event.message.model
            self._counted = event.message.usage or self._counted
        elif event.type == "message_delta":
            if event.usage is not None:
                self._counted = event.usage.onto(self._counted)
                self.usage = self._counted.canonical()
            self._stopped(event.delta.stop_reason if event.delta else None)
        elif event.type == "message_stop":
            self.ended = True
        return []  # new types of events may come at any time and are to be passed over: "Streaming messages"

    def _begun(self, index: int, block: _Block) -> list[Event]:
        if block.type == "text":
            return [TextDelta(block.text)] if block.text else []
        if block.type == "thinking":
            self._signatures[index] = block.signature or ""
            return [ReasoningDelta(block.thinking, index)] if block.thinking else []
        if block.type == "redacted_thinking":
            return [ReasoningDelta("", index, {"wire": WIRE, "redacted": block.data or ""})]
        if block.type != "tool_use":
            return []
        self._unsaid[index] = bytes(block.input).decode()
        if block.name == ANSWER:
            self._answers.add(index)
            return []
        self._calls.add(index)
        return [ToolCallDelta(index, block.id or "", block.name or "")]

    def _grown(self, index: int, delta: _Delta) -> list[Event]:
        if delta.type == "text_delta":
            return [TextDelta(delta.text)] if delta.text else []
        if delta.type == "thinking_delta":
            return [ReasoningDelta(delta.thinking, index)] if delta.thinking else []
        if delta.type == "signature_delta":
            self._signatures[index] = delta.signature or ""
        elif delta.type == "input_json_delta" and delta.partial_json:
            self._unsaid.pop(index, None)
            return self._arguments(index, delta.partial_json)
        return []

    def _done(self, index: int) -> list[Event]:
        signature = self._signatures.pop(index, "")
        if signature:
            return [ReasoningDelta("", index, {"wire": WIRE, "signature": signature})]
        unsaid = self._unsaid.pop(index, "")
        return self._arguments(index, unsaid) if unsaid else []

    def _arguments(self, index: int, text: str) -> list[Event]:
        """Nothing for a tool of the provider's own, which it calls itself."""
        if index in self._answers:
            return [TextDelta(text)]
        return [ToolCallDelta(index, arguments=text)] if index in self._calls else []

    def _stopped(self, reason: str | None) -> None:
        self.raw_finish = reason or self.raw_finish
        self.finish = FINISH.get(self.raw_finish or "")
        if self.finish == "tool_calls" and self._answers and not self._calls:
            self.finish = "stop"


def _params(params: dict[str, Any]) -> dict[str, Any]:
    """Canonical names as this wire has them; the others as they are."""
    written = dict(params)
    stop, user = written.pop("stop", None), written.pop("user", None)
    effort = written.pop("reasoning_effort", None)
    if stop is not None:
        written["stop_sequences"] = [stop] if isinstance(stop, str) else stop
    for name, key, value in (("metadata", "user_id", user), ("output_config", "effort", effort)):
        given = written.get(name, {})
        if not isinstance(given, dict):
            raise ValueError(f"params: {name} must be a mapping on this wire, got {given!r}")
        if value is not None:
            written[name] = {**given, key: value}
    return written


def _thinks(body: dict[str, Any]) -> bool:
    thinking = body.get("thinking")
    return isinstance(thinking, dict) and thinking.get("type") != "disabled"


def _tool(tool: Tool) -> dict[str, Any]:
    written = {"name": tool.name, "input_schema": tool.parameters}
    return written | {"description": tool.description} if tool.description else written


def _tool_choice(choice: str, parallel: bool | None) -> dict[str, Any]:
    names = {"auto": {"type": "auto"}, "required": {"type": "any"}, "none": {"type": "none"}}
    written: dict[str, Any] = names.get(choice) or {"type": "tool", "name": choice}
    if parallel is False and choice != "none":
        written["disable_parallel_tool_use"] = True
    return {"tool_choice": written} if written != {"type": "auto"} else {}


def _source(part: Image | File) -> dict[str, Any]:
    if part.url is not None:
        return {"type": "url", "url": part.url}
    return {"type": "base64", "media_type": part.media_type, "data": b64encode(part.data or b"").decode()}


def _document(part: File) -> dict[str, Any]:
    if part.media_type.startswith("text/") and part.data is not None:
        try:
            source = {"type": "text", "media_type": "text/plain", "data": part.data.decode()}
        except UnicodeDecodeError as error:
            raise ValueError(f"the file {part.name!r} is {part.media_type}, but not UTF-8") from error
    elif part.media_type == "application/pdf":
        source = _source(part)
    else:
        raise ValueError(f"this wire takes PDF, and text by its bytes, not {part.media_type}")
    written = {"type": "document", "source": source}
    return written | {"title": part.name} if part.name else written


def _thinking(part: Reasoning) -> dict[str, Any]:
    """Goes back as it came."""
    opaque = part.opaque or {}
    if "redacted" in opaque:
        return {"type": "redacted_thinking", "data": opaque["redacted"]}
    return {"type": "thinking", "thinking": part.text, "signature": opaque.get("signature", "")}
