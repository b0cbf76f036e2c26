"""The Converse wire of Amazon Bedrock, plain and streamed: one format for the models of many makers.

Sources: the Amazon Bedrock API reference, "Converse", "ConverseStream" and their data types; the user guide, "Inference
request parameters and response fields", "Prompt caching" and "Get validated JSON results from models".

Parameters the API does not know itself go to the model, under `additionalModelRequestFields`.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any
from urllib.parse import quote

import msgspec

from seatrial.core.conversation import ModelRequest, Tool
from seatrial.core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import FinishReason, Usage
from seatrial.core.parts import AnyPart, File, Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.models.facts import Facts, allowed
from seatrial.models.fitted_schema import CLAUDE, fitted
from seatrial.models.schema_tool import ANSWER, rung_of, tools_of
from seatrial.models.turns import Turn, arguments_of, turns_of
from seatrial.models.wire import Call, ErrorObject, Framing, Reader

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

STATUS = {
    "validationException": 400,
    "accessDeniedException": 403,
    "resourceNotFoundException": 404,
    "modelTimeoutException": 408,
    "modelStreamErrorException": 424,
    "throttlingException": 429,
    "internalServerException": 500,
    "serviceUnavailableException": 503,
}
"""The HTTP status each exception has; inside a stream it comes without one."""

INFERENCE = {"max_tokens": "maxTokens", "temperature": "temperature", "top_p": "topP", "stop": "stopSequences"}
"""The parameters every model is asked with, and their names in `inferenceConfig`."""

OWN = frozenset(
    {
        *("additionalModelRequestFields", "additionalModelResponseFieldPaths", "guardrailConfig", "inferenceConfig"),
        *("outputConfig", "performanceConfig", "promptVariables", "requestMetadata", "serviceTier"),
    }
)
"""Fields of the request itself, which `params` may set by their own names."""

IMAGES = {"image/png": "png", "image/jpeg": "jpeg", "image/gif": "gif", "image/webp": "webp"}
DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}
LONGEST_NAME = 200

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9 ()\[\]-]+")


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
    """A whole answer; what ends a stream has fields of the same names."""

    output: _Output | None = None
    stop_reason: str | None = None
    usage: _Usage | None = None
    trace: _Trace | None = None


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


class BedrockConverse:
    """The wire for one model: its id, an inference profile's, or the ARN of either."""

    framing: Framing = "aws"
    sends: tuple[tuple[str, str], ...] = ()

    def __init__(self, model: str, facts: Facts) -> None:
        self._path = f"/model/{quote(model, safe='')}/converse"
        self._facts = facts

    def call(self, request: ModelRequest) -> Call:
        facts, form = self._held(request.schema)
        instructions, turns = turns_of(request.messages, WIRE, facts.system)
        documents: dict[str, int] = {}
        messages = [
            {"role": turn.role, "content": [self._block(part, documents) for part in _in_order(turn)]} for turn in turns
        ]
        body: dict[str, Any] = {"messages": messages}
        if instructions:
            body["system"] = [{"text": text} for text in instructions]
        body.update(_params(request.params, facts.default_max_tokens))
        tools, choice = tools_of(request, facts)
        if tools:
            allowed(facts.tools, "tools")
            body.update(_tool_config(tools, choice, turns))
        if form is not None and facts.schema != "tool":
            body["outputConfig"] = {**body.get("outputConfig", {}), "textFormat": self._format(form)}
        return Call(self._path + ("-stream" if request.stream else ""), body, rung_of(request, facts))

    def reader(self) -> BedrockReader:
        return BedrockReader()

    def _held(self, schema: dict[str, Any] | None) -> tuple[Facts, dict[str, Any] | None]:
        """The facts to ask by, and the schema as it is sent: one that cannot be said natively goes with a tool."""
        facts = self._facts
        if schema is None or facts.schema != "native":
            return facts, schema
        form = fitted(schema, CLAUDE)
        return (facts, form) if form is not None else (msgspec.structs.replace(facts, schema="tool"), schema)

    def _format(self, schema: dict[str, Any]) -> dict[str, Any]:
        if self._facts.schema != "native":
            raise ValueError(
                f"this wire holds an answer to a JSON Schema natively or with a tool, not by {self._facts.schema!r}\n"
                "hint: facts: {schema: tool}  works with every model that can call tools"
            )
        text = msgspec.json.encode(schema).decode()
        return {"type": "json_schema", "structure": {"jsonSchema": {"name": "answer", "schema": text}}}

    def _block(self, part: AnyPart, documents: dict[str, int]) -> dict[str, Any]:
        if isinstance(part, Text):
            return {"text": part.text}
        if isinstance(part, Image):
            allowed(self._facts.images, "images")
            return {"image": {"format": _format(part, IMAGES), "source": _source(part)}}
        if isinstance(part, File):
            allowed(self._facts.files, "files")
            name = _document_name(part.name, documents)
            return {"document": {"format": _format(part, DOCUMENTS), "name": name, "source": _source(part)}}
        if isinstance(part, ToolCall):
            return {"toolUse": {"toolUseId": part.id, "name": part.name, "input": arguments_of(part)}}
        if isinstance(part, ToolResult):
            said: dict[str, Any] = {"toolUseId": part.id, "content": [{"text": part.text}] if part.text else []}
            # Only some models know the field, and success is what its absence means.
            return {"toolResult": said | {"status": "error"} if part.is_error else said}
        return _reasoning(part)


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
            raise _error(event.exception)
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
            self.failed = {"message": what, "code": STATUS["modelStreamErrorException"]}


def _in_order(turn: Turn) -> list[AnyPart]:
    """Results of tools come first; what the user said beside them came later anyway."""
    return sorted(turn.parts, key=lambda part: not isinstance(part, ToolResult))


def _params(params: dict[str, Any], default_max_tokens: int | None) -> dict[str, Any]:
    """Canonical names in their places; the API's own names at the top; what only the model knows apart."""
    written = {name: value for name, value in params.items() if name in OWN}
    for name, value in written.items():
        if name != "additionalModelResponseFieldPaths" and not isinstance(value, dict):
            raise ValueError(f"params: {name} must be a mapping on this wire, got {value!r}")
    asked = {name: value for name, value in params.items() if name not in OWN and value is not None}
    if default_max_tokens is not None:
        asked.setdefault("max_tokens", default_max_tokens)
    if isinstance(asked.get("stop"), str):
        asked["stop"] = [asked["stop"]]
    effort, tier = asked.pop("reasoning_effort", None), asked.pop("service_tier", None)
    inference = {INFERENCE[name]: asked.pop(name) for name in tuple(asked) if name in INFERENCE}
    places = {
        "inferenceConfig": inference,
        "additionalModelRequestFields": asked,
        "outputConfig": {"effort": effort} if effort is not None else {},
        "serviceTier": {"type": tier} if tier is not None else {},
    }
    for place, values in places.items():
        if values:
            written[place] = {**written.get(place, {}), **values}
    return written


def _tool_config(tools: tuple[Tool, ...], choice: str, turns: list[Turn]) -> dict[str, Any]:
    if choice == "none":
        if any(isinstance(part, ToolCall | ToolResult) for turn in turns for part in turn.parts):
            raise ValueError(
                "this wire cannot forbid tools in a conversation that has used them\nhint: leave tool_choice at auto"
            )
        return {}
    config: dict[str, Any] = {"tools": [{"toolSpec": _tool(tool)} for tool in tools]}
    if choice != "auto":
        config["toolChoice"] = {"any": {}} if choice == "required" else {"tool": {"name": choice}}
    return {"toolConfig": config}


def _tool(tool: Tool) -> dict[str, Any]:
    written = {"name": tool.name, "inputSchema": {"json": tool.parameters}}
    return written | {"description": tool.description} if tool.description else written


def _format(part: Image | File, formats: dict[str, str]) -> str:
    if part.media_type not in formats:
        raise ValueError(f"this wire takes {', '.join(formats.values())}, not {part.media_type}")
    return formats[part.media_type]


def _source(part: Image | File) -> dict[str, Any]:
    if part.url is None:
        return {"bytes": b64encode(part.data or b"").decode()}
    if not part.url.startswith("s3://"):
        raise ValueError("this wire takes addresses in Amazon S3 only (s3://…)\nhint: send the bytes instead")
    return {"s3Location": {"uri": part.url}}


def _document_name(name: str, taken: dict[str, int]) -> str:
    """A name of the characters the API takes, and one for each document of the conversation."""
    plain = " ".join(_NOT_IN_NAMES.sub(" ", name).split())[: LONGEST_NAME - 5].strip() or "document"
    taken[plain] = taken.get(plain, 0) + 1
    return plain if taken[plain] == 1 else f"{plain} ({taken[plain]})"


def _reasoning(part: Reasoning) -> dict[str, Any]:
    """Goes back as it came."""
    opaque = part.opaque or {}
    if "redacted" in opaque:
        return {"reasoningContent": {"redactedContent": opaque["redacted"]}}
    return {"reasoningContent": {"reasoningText": {"text": part.text, "signature": opaque.get("signature", "")}}}


def _error(error: _Exception) -> ErrorObject:
    """The exception with the status it would have had, its name in front of its words."""
    said = f"{error.name}: {error.body.get('message') or 'no message'}"
    original = error.body.get("originalMessage")
    return ErrorObject({"message": f"{said} ({original})" if original else said, "code": STATUS.get(error.name, 500)})
