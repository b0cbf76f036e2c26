"""Reads what the Converse wire of Amazon Bedrock answers, whole and streamed.

Sources: the Amazon Bedrock API reference, "Converse", "ConverseStream" and their data types; the Smithy specification,
"AWS restJson1 protocol", on how the type of an error is told.
"""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import FinishReason, Usage
from seatrial.models.schema_tool import ANSWER
from seatrial.models.wire import ErrorObject, Reader

WIRE = "bedrock-converse"

FINISH: dict[str, FinishReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
}
"""Any other stop reason is an error too: a failure is never reported as `stop`."""


class _ToolUse(msgspec.Struct, rename="camel"):
    """A call, whole or where its stream begins; there, or in a delta, `input` is a piece of text."""

    tool_use_id: str | None = None
    name: str | None = None
    input: msgspec.Raw = msgspec.Raw(b"{}")
    type: str | None = None


class _ReasoningText(msgspec.Struct):
    text: str | None = None
    signature: str | None = None


class _Reasoning(msgspec.Struct, rename="camel"):
    """Whole: `reasoning_text` or `redacted_content`. Streamed: one of the others."""

    reasoning_text: _ReasoningText | None = None
    redacted_content: str | None = None
    text: str | None = None
    signature: str | None = None


class _Cited(msgspec.Struct):
    text: str | None = None


class _Citations(msgspec.Struct):
    content: list[_Cited] | None = None


class _Block(msgspec.Struct, rename="camel"):
    """A content block, or what a delta adds to one; exactly one field is set."""

    text: str | None = None
    tool_use: _ToolUse | None = None
    reasoning_content: _Reasoning | None = None
    citations_content: _Citations | None = None


class _Usage(msgspec.Struct, rename="camel"):
    """`inputTokens` counts neither what was read from a cache nor what was written to one."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_write_input_tokens: int | None = None

    def canonical(self) -> Usage:
        read, written = self.cache_read_input_tokens or 0, self.cache_write_input_tokens or 0
        return Usage(
            input_total=(self.input_tokens or 0) + read + written,
            output_total=self.output_tokens or 0,
            cache_read=read,
            cache_write=written,
        )


class _Router(msgspec.Struct, rename="camel"):
    invoked_model_id: str | None = None


class _Trace(msgspec.Struct, rename="camel"):
    prompt_router: _Router | None = None


class _Message(msgspec.Struct):
    content: list[_Block] | None = None


class _Output(msgspec.Struct):
    message: _Message | None = None


class _Answer(msgspec.Struct, rename="camel"):
    """A whole answer; what ends a stream has fields of the same names. An error in its place has a type and a message,
    and no output.
    """

    output: _Output | None = None
    stop_reason: str | None = None
    usage: _Usage | None = None
    trace: _Trace | None = None
    error_type: str | None = msgspec.field(default=None, name="__type")
    message: str | None = None


class _BlockEvent(msgspec.Struct, rename="camel"):
    content_block_index: int = 0
    start: _Block | None = None
    delta: _Block | None = None


class _Exception(msgspec.Struct):
    name: str
    body: dict[str, Any]


class _Event(msgspec.Struct, rename="camel"):
    content_block_start: _BlockEvent | None = None
    content_block_delta: _BlockEvent | None = None
    content_block_stop: _BlockEvent | None = None
    message_stop: _Answer | None = None
    metadata: _Answer | None = None
    exception: _Exception | None = None


class BedrockReader(Reader):
    """Reads one answer."""

    _decode = msgspec.json.Decoder(_Event).decode
    _decode_whole = msgspec.json.Decoder(_Answer).decode
    _decode_text = msgspec.json.Decoder(str).decode

    def __init__(self) -> None:
        super().__init__()
        self._signatures: dict[int, str] = {}
        self._unsaid: set[int] = set()  # calls whose arguments have not begun
        self._calls: set[int] = set()
        self._answers: set[int] = set()  # the calls that are the answer itself

    def whole(self, body: bytes) -> list[Event]:
        answer = self._decode_whole(body)
        if answer.output is None and (answer.error_type or answer.message):
            raise _error(answer.error_type or "error", {"message": answer.message})
        message = answer.output.message if answer.output else None
        events: list[Event] = []
        for index, block in enumerate((message.content if message else None) or ()):
            events += self._block(index, block)
        self._noted(answer)
        return events

    def piece(self, payload: bytes) -> list[Event]:
        event = self._decode(payload)
        if event.content_block_delta is not None and event.content_block_delta.delta is not None:
            return self._grown(event.content_block_delta.content_block_index, event.content_block_delta.delta)
        if event.content_block_start is not None and event.content_block_start.start is not None:
            return self._begun(event.content_block_start.content_block_index, event.content_block_start.start)
        if event.content_block_stop is not None:
            return self._done(event.content_block_stop.content_block_index)
        if event.exception is not None:
            raise _error(event.exception.name, event.exception.body)
        if event.message_stop is not None:
            self._noted(event.message_stop)
        elif event.metadata is not None:
            self._noted(event.metadata)
            self.ended = True  # nothing follows
        return []

    def _block(self, index: int, block: _Block) -> list[Event]:
        """The events of a whole block."""
        call, thought = block.tool_use, block.reasoning_content
        if call is not None:
            arguments = bytes(call.input).decode()
            return [*self._begun(index, block), *self._arguments(index, arguments)]
        if thought is not None and thought.reasoning_text is not None:
            told = thought.reasoning_text
            opaque = {"wire": WIRE, "signature": told.signature} if told.signature else None
            return [ReasoningDelta(told.text or "", index, opaque)]
        if block.citations_content is not None:
            return [TextDelta(cited.text) for cited in block.citations_content.content or () if cited.text]
        return self._grown(index, block)

    def _begun(self, index: int, start: _Block) -> list[Event]:
        call = start.tool_use
        if call is None or call.type is not None:  # a typed one is a tool of the provider's own, which it calls itself
            return []
        self._unsaid.add(index)
        if call.name == ANSWER:
            self._answers.add(index)
            return []
        self._calls.add(index)
        return [ToolCallDelta(index, call.tool_use_id or "", call.name or "")]

    def _grown(self, index: int, delta: _Block) -> list[Event]:
        if delta.text:
            return [TextDelta(delta.text)]
        if delta.tool_use is not None:
            text = self._decode_text(bytes(delta.tool_use.input))
            return self._arguments(index, text) if text else []
        thought = delta.reasoning_content
        if thought is None:
            return []
        if thought.redacted_content is not None:
            return [ReasoningDelta("", index, {"wire": WIRE, "redacted": thought.redacted_content})]
        if thought.signature:
            self._signatures[index] = thought.signature
        return [ReasoningDelta(thought.text, index)] if thought.text else []

    def _done(self, index: int) -> list[Event]:
        signature = self._signatures.pop(index, "")
        if signature:
            return [ReasoningDelta("", index, {"wire": WIRE, "signature": signature})]
        return self._arguments(index, "{}") if index in self._unsaid else []

    def _arguments(self, index: int, text: str) -> list[Event]:
        self._unsaid.discard(index)
        if index in self._answers:
            return [TextDelta(text)]
        return [ToolCallDelta(index, arguments=text)] if index in self._calls else []

    def _noted(self, answer: _Answer) -> None:
        """What the end of an answer says about all of it."""
        if answer.usage is not None:
            self.usage = answer.usage.canonical()
        if answer.trace is not None and answer.trace.prompt_router is not None:
            self.served_by = answer.trace.prompt_router.invoked_model_id
        self.raw_finish = answer.stop_reason or self.raw_finish
        self.finish = FINISH.get(self.raw_finish or "")
        if self.finish == "tool_calls" and self._answers and not self._calls:
            self.finish = "stop"
        if self.finish == "error":
            what = f"what the model said cannot be read by the provider ({self.raw_finish})"
            self.failed = {"message": what, "code": "modelStreamErrorException"}


def _error(kind: str, body: dict[str, Any]) -> ErrorObject:
    """An exception, its name in front of its words. A type may stand between a namespace and an address."""
    name = kind.rpartition("#")[2].partition(":")[0]
    said = f"{name}: {body.get('message') or 'no message'}"
    original = body.get("originalMessage")
    return ErrorObject({"message": f"{said} ({original})" if original else said, "code": name})
