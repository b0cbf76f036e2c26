"""The Anthropic messages wire.

Sources: the Claude platform documentation ("Messages", "Streaming messages", "Errors") and the types of
anthropic-sdk-python. Input tokens are counted without those read from and written to the cache; thinking is part of
the output tokens.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from seatrial.core.conversation import Message, Role, Tool
from seatrial.core.exchange import FinishReason, Usage
from seatrial.core.parts import AnyPart, File, Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.testing.simulator.asked import Asked, Refused
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.plan import Framing, Send, SendKind, server_sent
from seatrial.testing.simulator.reply import Reply, tokens
from seatrial.testing.simulator.wire import bearer, convert, decode_base64, decode_object, encode, object_arguments

FINISH: dict[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "refused": "refusal",
    "blocked": "refusal",
}
ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
FRAMING = server_sent("text/event-stream; charset=utf-8")
SIGNATURE = "c2ltdWxhdGVkIHNpZ25hdHVyZQ=="
"""What stands for a thinking block's signature: opaque to clients, and to be sent back as it came."""

_NOT_PARAMS = frozenset({"model", "messages", "system", "stream", "tools", "tool_choice", "output_config"})
_MADE = "2023-11-14T22:13:20Z"


class _Tool(msgspec.Struct):
    name: str
    description: str = ""
    input_schema: dict[str, Any] = {}


class _Choice(msgspec.Struct):
    type: str = "auto"
    name: str = ""


class _Format(msgspec.Struct):
    schema: dict[str, Any] = {}


class _Output(msgspec.Struct):
    format: _Format | None = None


class _Said(msgspec.Struct):
    role: str
    content: str | list[dict[str, Any]]


class _Body(msgspec.Struct):
    model: str
    max_tokens: int
    messages: list[_Said]
    system: str | list[dict[str, Any]] = ""
    stream: bool = False
    tools: list[_Tool] = []
    tool_choice: _Choice = msgspec.field(default_factory=_Choice)
    output_config: _Output | None = None


class AnthropicWire:
    name = "anthropic"

    def read(self, call: Call, model: str, *, stream: bool) -> Asked:
        if "anthropic-version" not in call.headers:
            raise Refused(400, "anthropic-version: header is required")
        data = decode_object(call.body, "The request body is not valid JSON")
        for name in ("model", "max_tokens", "messages"):
            if name not in data:
                raise Refused(400, f"{name}: Field required")
        body = convert(data, _Body)
        if not body.messages:
            raise Refused(400, "messages: at least one message is required")
        output = body.output_config.format if body.output_config is not None else None
        return Asked(
            wire=self.name,
            model=body.model,
            messages=(*_system(body.system), *(each for said in body.messages for each in _messages(said))),
            params={key: value for key, value in data.items() if key not in _NOT_PARAMS},
            tools=tuple(Tool(tool.name, tool.description, tool.input_schema) for tool in body.tools),
            tool_choice={"any": "required", "tool": body.tool_choice.name}.get(
                body.tool_choice.type, body.tool_choice.type
            ),
            schema=output.schema if output is not None else None,
            most=body.max_tokens,
            stream=body.stream,
        )

    def whole(self, asked: Asked, reply: Reply, number: int) -> bytes:
        message = self._message(asked, reply, number)
        message["content"] = _blocks(reply)
        message |= {"stop_reason": reply.finish_in(FINISH), "stop_sequence": None}
        if reply.has_usage:
            message["usage"] = _usage(reply.counted(asked))
        return encode(message)

    def events(self, asked: Asked, reply: Reply, number: int) -> list[Send]:
        start = {**self._message(asked, reply, number), "content": [], "stop_reason": None, "stop_sequence": None}
        usage = reply.counted(asked)
        if reply.has_usage:
            start["usage"] = {**_usage(usage), "output_tokens": 1}
        sends = [Send(_event("message_start", message=start), "open"), Send(_event("ping"), "open")]
        for index, block in enumerate(_blocks(reply)):
            sends += _block_events(index, block)
        stop = reply.finish_in(FINISH)
        closing: dict[str, Any] = {"delta": {"stop_reason": stop, "stop_sequence": None}}
        if reply.has_usage:
            closing["usage"] = {"output_tokens": usage.output_total, **_thought(usage)}
        sends.append(Send(_event("message_delta", **closing), "finish"))
        sends.append(Send(_event("message_stop"), "done"))
        return sends

    def framing(self, asked: Asked) -> Framing:
        return FRAMING

    def token_event(self, asked: Asked, number: int) -> Callable[[str], bytes]:
        return _deltas(0, "text_delta", "text")

    def error(self, refused: Refused) -> bytes:
        default = "api_error" if refused.status >= 500 else "invalid_request_error"
        error = {"type": refused.code or ERRORS.get(refused.status, default), "message": refused.message}
        return encode({"type": "error", "error": error, "request_id": "req_simulated"})

    def error_event(self, asked: Asked, status: int, message: str) -> bytes:
        return b"event: error\ndata: " + self.error(Refused(status, message)) + b"\n\n"

    def check_key(self, call: Call, key: str) -> None:
        given = call.headers.get("x-api-key") or bearer(call)
        if not given:
            raise Refused(401, "x-api-key header is required")
        if given != key:
            raise Refused(401, "invalid x-api-key")

    def headers(self, number: int, refused: Refused | None = None) -> list[tuple[str, str]]:
        return [("request-id", f"req_{number}")]

    def models(self, names: Sequence[str]) -> bytes:
        data = [{"type": "model", "id": name, "display_name": name, "created_at": _MADE} for name in names]
        return encode({"data": data, "has_more": False, "first_id": names[0], "last_id": names[-1]})

    def operations(self) -> dict[str, Callable[[Call, str], bytes]]:
        return {}

    def _message(self, asked: Asked, reply: Reply, number: int) -> dict[str, Any]:
        said = {"id": f"msg_{number}", "type": "message", "role": "assistant", "model": reply.model or asked.model}
        return dict(said)


def _system(system: str | list[dict[str, Any]]) -> list[Message]:
    text = system if isinstance(system, str) else "".join(str(part.get("text", "")) for part in system)
    return [Message("system", text)] if text else []


def _messages(said: _Said) -> list[Message]:
    """One message, or two where the user's holds the results of tools and more."""
    if said.role not in ("user", "assistant"):
        raise Refused(400, 'messages: Unexpected role. Allowed roles are "user" or "assistant"')
    role: Role = "user" if said.role == "user" else "assistant"
    if isinstance(said.content, str):
        return [Message(role, said.content)]
    parts = [_part(part) for part in said.content]
    results = tuple(part for part in parts if isinstance(part, ToolResult))
    others = tuple(part for part in parts if not isinstance(part, ToolResult))
    texts = [part.text for part in others if isinstance(part, Text)]
    found = [Message("tool", results)] if results else []
    if others:  # text alone is a text, however many parts it came in
        found.append(Message(role, "".join(texts) if len(texts) == len(others) else others))
    return found


def _part(part: dict[str, Any]) -> AnyPart:
    kind, source = part.get("type"), part.get("source") or {}
    if kind == "text":
        return Text(str(part.get("text", "")))
    if kind in ("image", "document"):
        make = Image if kind == "image" else File
        if source.get("type") == "base64":
            return make(media_type=str(source.get("media_type", "")), data=decode_base64(str(source.get("data", ""))))
        return make(url=str(source.get("url") or source.get("file_id") or source.get("data") or ""))
    if kind == "tool_use":
        return ToolCall(str(part.get("id", "")), str(part.get("name", "")), encode(part.get("input")).decode())
    if kind == "tool_result":
        content = part.get("content") or ""
        text = content if isinstance(content, str) else "".join(str(each.get("text", "")) for each in content)
        return ToolResult(str(part.get("tool_use_id", "")), "", text, bool(part.get("is_error")))
    if kind in ("thinking", "redacted_thinking"):
        return Reasoning(str(part.get("thinking", "")))
    raise Refused(400, f"messages: Input tag '{kind}' found using 'type' does not match any of the expected tags")


def _blocks(reply: Reply) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if reply.reasoning:
        blocks.append({"type": "thinking", "thinking": reply.reasoning, "signature": SIGNATURE})
    if reply.text:
        blocks.append({"type": "text", "text": reply.text})
    calls = reply.tool_calls
    return [*blocks, *({"type": "tool_use", "id": c.id, "name": c.name, "input": object_arguments(c)} for c in calls)]


def _block_events(index: int, block: dict[str, Any]) -> list[Send]:
    pieces: list[bytes] = []
    if block["type"] == "tool_use":
        opened = {**block, "input": {}}
        text = bytes(block["input"]).decode()
        middle = math.ceil(len(text) / 2)
        make = _deltas(index, "input_json_delta", "partial_json")
        pieces = [make(piece) for piece in (text[:middle], text[middle:]) if piece]
    else:
        key = block["type"]
        name = "text" if key == "text" else "thinking"
        opened = {**block, name: ""}
        make = _deltas(index, f"{name}_delta", name)
        pieces = [make(token) for token in tokens(block[name])]
        if key == "thinking":
            opened["signature"] = ""
            pieces.append(_deltas(index, "signature_delta", "signature")(SIGNATURE))
    start = _event("content_block_start", index=index, content_block=opened)
    stop = _event("content_block_stop", index=index)
    opening: SendKind = "open" if index == 0 else "token"
    return [Send(start, opening), *(Send(piece, "token") for piece in pieces), Send(stop, "close")]


def _deltas(index: int, kind: str, key: str) -> Callable[[str], bytes]:
    """Events that differ in one text: all but that text is encoded once."""
    whole = _event("content_block_delta", index=index, delta={"type": kind, key: "\0"})
    before, after = whole.split(b'"\\u0000"')
    return lambda text: before + encode(text) + after


def _event(kind: str, **fields: Any) -> bytes:
    return b"event: " + kind.encode() + b"\ndata: " + encode({"type": kind, **fields}) + b"\n\n"


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input_plain,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output_total,
        **_thought(usage),
    }


def _thought(usage: Usage) -> dict[str, Any]:
    return {"output_tokens_details": {"thinking_tokens": usage.reasoning}} if usage.reasoning else {}
