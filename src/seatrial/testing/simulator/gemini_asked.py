"""Reads what a request on the Gemini wire asks.

Source: the Gemini API reference, "Generating content".
"""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.core.conversation import Message, Role, Tool
from seatrial.core.parts import AnyPart, File, Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.testing.simulator.asked import Asked, Refused
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.wire import GOOGLE_NOT_JSON, camel, convert, decode_base64, decode_object, encode

_NOT_PARAMS = frozenset({"contents", "systemInstruction", "tools", "toolConfig", "model"})


class _Content(msgspec.Struct):
    parts: list[dict[str, Any]] = []
    role: str = "user"


class _Declared(msgspec.Struct, rename="camel"):
    name: str
    description: str = ""
    parameters: dict[str, Any] | None = None
    parameters_json_schema: dict[str, Any] | None = None


class _Tools(msgspec.Struct, rename="camel"):
    function_declarations: list[_Declared] = []


class _Calling(msgspec.Struct, rename="camel"):
    mode: str = "AUTO"
    allowed_function_names: list[str] = []


class _ToolConfig(msgspec.Struct, rename="camel"):
    function_calling_config: _Calling = msgspec.field(default_factory=_Calling)


class _Config(msgspec.Struct, rename="camel"):
    max_output_tokens: int | None = None
    response_mime_type: str = "text/plain"
    response_schema: dict[str, Any] | None = None
    response_json_schema: dict[str, Any] | None = None
    response_logprobs: bool = False


class _Body(msgspec.Struct, rename="camel"):
    contents: list[_Content]
    system_instruction: _Content | None = None
    tools: list[_Tools] = []
    tool_config: _ToolConfig = msgspec.field(default_factory=_ToolConfig)
    generation_config: _Config = msgspec.field(default_factory=_Config)


def read_asked(call: Call, model: str, *, wire: str, stream: bool) -> Asked:
    """Raises Refused, as the provider would refuse the request."""
    data = camel(decode_object(call.body, GOOGLE_NOT_JSON))
    if not data.get("contents"):
        raise Refused(400, "* GenerateContentRequest.contents: contents is not specified")
    body = convert(data, _Body)
    config = body.generation_config
    schema = config.response_json_schema or config.response_schema
    said = [each for content in body.contents for each in _messages(content)]
    system = body.system_instruction
    return Asked(
        wire=wire,
        model=model,
        messages=(*([_message("system", system.parts)] if system is not None else []), *said),
        params={key: value for key, value in data.items() if key not in _NOT_PARAMS},
        tools=tuple(_tool(each) for tools in body.tools for each in tools.function_declarations),
        tool_choice=_choice(body.tool_config.function_calling_config),
        schema=schema if config.response_mime_type == "application/json" else None,
        most=config.max_output_tokens,
        stream=stream,
        array=stream and call.query.get("alt") != "sse",
        logprobs=config.response_logprobs,
    )


def _messages(content: _Content) -> list[Message]:
    if content.role not in ("user", "model", "function"):
        raise Refused(400, "Please use a valid role: user, model.")
    results = [part for part in content.parts if "functionResponse" in part]
    others = [part for part in content.parts if "functionResponse" not in part]
    found = [Message("tool", tuple(map(_part, results)))] if results else []
    if others or not results:
        found.append(_message("assistant" if content.role == "model" else "user", others))
    return found


def _message(role: Role, parts: list[dict[str, Any]]) -> Message:
    read = tuple(map(_part, parts))
    texts = [part.text for part in read if isinstance(part, Text)]
    return Message(role, "".join(texts) if len(texts) == len(read) else read)


def _part(part: dict[str, Any]) -> AnyPart:
    if "text" in part:
        return Reasoning(str(part["text"])) if part.get("thought") else Text(str(part["text"]))
    for key in ("inlineData", "inline_data"):
        if key in part:
            data = part[key]
            kind = str(data.get("mimeType") or data.get("mime_type") or "")
            make = Image if kind.startswith("image/") else File
            return make(media_type=kind, data=decode_base64(str(data.get("data", ""))))
    if "fileData" in part:
        data = part["fileData"]
        return File(media_type=str(data.get("mimeType", "")), url=str(data.get("fileUri", "")))
    if "functionCall" in part:
        call = part["functionCall"]
        return ToolCall(str(call.get("id", "")), str(call.get("name", "")), encode(call.get("args") or {}).decode())
    if "functionResponse" in part:
        result = part["functionResponse"]
        text = encode(result.get("response")).decode()
        return ToolResult(str(result.get("id", "")), str(result.get("name", "")), text)
    raise Refused(400, "* GenerateContentRequest.contents.parts: contents.parts must not be empty")


def _tool(declared: _Declared) -> Tool:
    return Tool(declared.name, declared.description, declared.parameters_json_schema or declared.parameters or {})


def _choice(calling: _Calling) -> str:
    if calling.mode == "ANY":
        return calling.allowed_function_names[0] if len(calling.allowed_function_names) == 1 else "required"
    return "none" if calling.mode == "NONE" else "auto"
