"""The OpenAI chat wire, plain and streamed.

Sources: the OpenAI API reference ("Chat", "Models") and the types of openai-python; `reasoning_content` is what vLLM
and others add.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from seatrial.core.conversation import Message, Role, Tool
from seatrial.core.exchange import FinishReason, Usage
from seatrial.core.parts import AnyPart, File, Text, ToolCall, ToolResult
from seatrial.testing.simulator.asked import Asked, Refused
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.embeddings import embed_openai
from seatrial.testing.simulator.moderations import moderate
from seatrial.testing.simulator.plan import Framing, Send, server_sent
from seatrial.testing.simulator.reply import Reply, tokens
from seatrial.testing.simulator.wire import CREATED, LOGPROB, NOT_JSON, bearer, convert, decode_object, encode, image_of

FINISH: dict[FinishReason, str] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "blocked": "content_filter",
    "refused": "stop",  # said in `refusal`, not in the finish reason
}
_ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
FRAMING = server_sent("text/event-stream; charset=utf-8")
_NOT_PARAMS = frozenset({"model", "messages", "stream", "stream_options", "tools", "tool_choice", "response_format"})
_TYPES = {429: "requests", 401: "invalid_request_error"}
_CODES = {401: "invalid_api_key", 429: "rate_limit_exceeded"}


class _Function(msgspec.Struct):
    name: str
    arguments: str = ""
    description: str = ""
    parameters: dict[str, Any] = {}


class _Call(msgspec.Struct):
    function: _Function
    id: str = ""


class _Message(msgspec.Struct):
    role: str
    content: str | list[dict[str, Any]] | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str = ""
    name: str = ""


class _Tool(msgspec.Struct):
    function: _Function


class _Schema(msgspec.Struct):
    schema: dict[str, Any] = {}


class _Format(msgspec.Struct):
    type: str = "text"
    json_schema: _Schema | None = None


class _StreamOptions(msgspec.Struct):
    include_usage: bool = False


class _Chat(msgspec.Struct):
    messages: list[_Message]
    model: str = ""
    stream: bool | None = False
    stream_options: _StreamOptions | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | _Tool | None = None
    response_format: _Format | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    logprobs: bool | None = False


class OpenAIWire:
    name = "openai"

    def read(self, call: Call, model: str, *, stream: bool) -> Asked:
        data = decode_object(call.body, NOT_JSON)
        if not model and not data.get("model"):
            raise Refused(400, "you must provide a model parameter")
        if "messages" not in data:
            raise Refused(
                400, "Missing required parameter: 'messages'.", code="missing_required_parameter", param="messages"
            )
        chat = convert(data, _Chat)
        form = chat.response_format
        return Asked(
            wire=self.name,
            model=model or chat.model,
            messages=tuple(map(_message, chat.messages)),
            params={key: value for key, value in data.items() if key not in _NOT_PARAMS},
            tools=tuple(_tool(tool.function) for tool in chat.tools or ()),
            tool_choice=_choice(chat.tool_choice),
            schema=form.json_schema.schema if form is not None and form.json_schema is not None else None,
            most=chat.max_completion_tokens or chat.max_tokens,
            stream=bool(chat.stream),
            usage_wanted=chat.stream_options is not None and chat.stream_options.include_usage,
            logprobs=bool(chat.logprobs),
        )

    def whole(self, asked: Asked, reply: Reply, number: int) -> bytes:
        refused = reply.ended == "refused"
        message: dict[str, Any] = {"role": "assistant"}
        message["content"] = None if refused or not (reply.text or not reply.tool_calls) else reply.text
        if reply.reasoning:
            message["reasoning_content"] = reply.reasoning
        if reply.tool_calls:
            message["tool_calls"] = [_said_call(each) for each in reply.tool_calls]
        message["refusal"] = reply.text if refused else None
        logprobs = {"content": _logprobs(reply.text)} if asked.logprobs else None
        choice: dict[str, Any] = {"index": 0, "message": message, "logprobs": logprobs, **_finish(reply)}
        answer = self._frame(asked, reply, number, "chat.completion")
        answer["choices"] = [self._judged(choice)]
        if reply.has_usage:
            answer["usage"] = _usage(reply.counted(asked))
        return encode(answer)

    def events(self, asked: Asked, reply: Reply, number: int) -> list[Send]:
        say = self._sayer(asked, reply, number)
        refused = reply.ended == "refused"
        sends = [*self._opening(asked, reply, number), Send(say({"role": "assistant", "content": ""}), "open")]
        for key, text in (("reasoning_content", reply.reasoning), ("refusal" if refused else "content", reply.text)):
            wants = asked.logprobs and key == "content"
            make = self._texts(asked, reply, number, key) if not wants else None
            for token in tokens(text):
                data = make(token) if make else say({key: token}, {"content": _logprobs(token)})
                sends.append(Send(data, "token"))
        for index, each in enumerate(reply.tool_calls):
            sends += [Send(say({"tool_calls": [delta]}), "token") for delta in _call_deltas(index, each)]
        finish = _finish(reply)
        if finish:
            sends.append(Send(say({}, None, **finish), "finish"))
        if asked.usage_wanted and reply.has_usage:
            frame = self._frame(asked, reply, number, "chat.completion.chunk")
            sends.append(Send(event({**frame, "choices": [], "usage": _usage(reply.counted(asked))}), "usage"))
        sends.append(Send(b"data: [DONE]\n\n", "done"))
        return sends

    def framing(self, asked: Asked) -> Framing:
        return FRAMING

    def token_event(self, asked: Asked, number: int) -> Callable[[str], bytes]:
        return self._texts(asked, Reply(), number, "content")

    def error(self, refused: Refused) -> bytes:
        kind = "server_error" if refused.status >= 500 else _TYPES.get(refused.status, "invalid_request_error")
        code = refused.code or _CODES.get(refused.status)
        if code == "insufficient_quota":
            kind = code
        return encode({"error": {"message": refused.message, "type": kind, "param": refused.param, "code": code}})

    def error_event(self, asked: Asked, status: int, message: str) -> bytes:
        return b"data: " + self.error(Refused(status, message)) + b"\n\n"

    def check_key(self, call: Call, key: str) -> None:
        given = bearer(call)
        if not given:
            raise Refused(401, "You didn't provide an API key in an Authorization header.")
        if given != key:
            raise Refused(401, f"Incorrect API key provided: {given[:3]}…")

    def headers(self, number: int, refused: Refused | None = None) -> list[tuple[str, str]]:
        return [("x-request-id", f"req_{number}")]

    def models(self, names: Sequence[str]) -> bytes:
        data = [{"id": name, "object": "model", "created": CREATED, "owned_by": "seatrial"} for name in names]
        return encode({"object": "list", "data": data})

    def operations(self) -> dict[str, Callable[[Call, str], bytes]]:
        return {"embed": embed_openai, "moderate": moderate}

    def _frame(self, asked: Asked, reply: Reply, number: int, kind: str) -> dict[str, Any]:
        return {"id": f"chatcmpl-{number}", "object": kind, "created": CREATED, "model": reply.model or asked.model}

    def _judged(self, choice: dict[str, Any]) -> dict[str, Any]:
        """A choice with what the provider's filter says of it, where it has one."""
        return choice

    def _opening(self, asked: Asked, reply: Reply, number: int) -> list[Send]:
        return []

    def _sayer(self, asked: Asked, reply: Reply, number: int) -> Callable[..., bytes]:
        frame = self._frame(asked, reply, number, "chat.completion.chunk")

        def say(delta: dict[str, Any], logprobs: Any = None, finish_reason: str | None = None) -> bytes:
            choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
            return event({**frame, "choices": [self._judged(choice)]})

        return say

    def _texts(self, asked: Asked, reply: Reply, number: int, key: str) -> Callable[[str], bytes]:
        """Events that differ in one text: all but that text is encoded once."""
        before, after = self._sayer(asked, reply, number)({key: "\0"}).split(b'"\\u0000"')
        return lambda text: before + encode(text) + after


def event(data: Any) -> bytes:
    return b"data: " + encode(data) + b"\n\n"


def _message(message: _Message) -> Message:
    role = _ROLES.get(message.role)
    if role is None:
        raise Refused(400, f"Invalid value: '{message.role}'.", code="invalid_value", param="messages")
    if role == "tool":
        content = _plain(message.content)
        return Message("tool", (ToolResult(message.tool_call_id, message.name, content),))
    if isinstance(message.content, str) and not message.tool_calls:
        return Message(role, message.content)
    parts: list[AnyPart] = [_part(part) for part in message.content] if isinstance(message.content, list) else []
    if isinstance(message.content, str) and message.content:
        parts.append(Text(message.content))
    parts += [ToolCall(each.id, each.function.name, each.function.arguments) for each in message.tool_calls or ()]
    return Message(role, tuple(parts))


def _plain(content: str | list[dict[str, Any]] | None) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content)
    return content or ""


def _part(part: dict[str, Any]) -> AnyPart:
    kind = part.get("type")
    if kind == "image_url":
        address = part.get("image_url")
        return image_of(str(address.get("url", "") if isinstance(address, dict) else address))
    if kind == "file":
        file = part.get("file") or {}
        return File(name=str(file.get("filename", "")), url=str(file.get("file_data") or file.get("file_id") or ""))
    if kind in ("text", "refusal"):
        return Text(str(part.get(kind, "")))
    raise Refused(400, f"Invalid value: '{kind}'.", code="invalid_value", param="messages")


def _tool(function: _Function) -> Tool:
    return Tool(function.name, function.description, function.parameters)


def _choice(choice: str | _Tool | None) -> str:
    return choice.function.name if isinstance(choice, _Tool) else choice or "auto"


def _finish(reply: Reply) -> dict[str, str]:
    """The finish reason, or nothing where it is to be left out."""
    word = reply.finish_in(FINISH)
    return {"finish_reason": word} if word is not None else {}


def _said_call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _call_deltas(index: int, call: ToolCall) -> list[dict[str, Any]]:
    """A call in two or three pieces, as providers stream it: its name, then its arguments in parts."""
    head = {"index": index, **_said_call(ToolCall(call.id, call.name, ""))}
    middle = math.ceil(len(call.arguments) / 2)
    texts = [text for text in (call.arguments[:middle], call.arguments[middle:]) if text]
    return [head, *({"index": index, "function": {"arguments": text}} for text in texts)]


def _usage(usage: Usage) -> dict[str, Any]:
    written = {"cache_write_tokens": usage.cache_write} if usage.cache_write else {}
    return {
        "prompt_tokens": usage.input_total,
        "completion_tokens": usage.output_total,
        "total_tokens": usage.total,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read, **written},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


def _logprobs(text: str) -> list[dict[str, Any]]:
    return [
        {"token": token, "logprob": LOGPROB, "bytes": list(token.encode()), "top_logprobs": []}
        for token in tokens(text)
    ]
