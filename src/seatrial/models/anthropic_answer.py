"""Reads what the Anthropic messages wire answers, plain and streamed.

Sources: the Claude platform documentation, "Messages", "Streaming messages", "Thinking" and "Errors", and the types of
the official Python client.

Usage of a stream is what its last event says: before that the output tokens are only those at the start, and a stream
that was cut would be counted too cheap.
"""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import FinishReason, Usage
from seatrial.models.schema_tool import ANSWER
from seatrial.models.wire import ErrorObject, Reader

WIRE = "anthropic"

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
