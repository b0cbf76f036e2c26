"""Reads what is asked on the Converse wire of Amazon Bedrock.

Sources: the Amazon Bedrock API reference, "Converse" and its data types; what it refuses in its own words.
"""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.core.conversation import Message, Role, Tool
from seatrial.core.parts import AnyPart, File, Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.testing.simulator.asked import Asked, Refused
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.wire import convert, decode_base64, decode_object, encode

_NOT_PARAMS = frozenset({"messages", "system", "toolConfig"})
_ROLES: dict[str, Role] = {"user": "user", "assistant": "assistant", "system": "system"}
_START = "A conversation must start with a user message. Try again with a conversation that starts with a user message."
_TURNS = (
    "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user"
    " and assistant roles and try again."
)
_TOOLS = "The toolConfig field must be defined when using toolUse and toolResult content blocks."


class _Schema(msgspec.Struct):
    json: dict[str, Any] = {}


class _Spec(msgspec.Struct, rename="camel"):
    name: str
    input_schema: _Schema
    description: str = ""


class _Tool(msgspec.Struct, rename="camel"):
    """A place for the cache, or a tool of the provider's own, has no `toolSpec`."""

    tool_spec: _Spec | None = None


class _Named(msgspec.Struct):
    name: str


class _Choice(msgspec.Struct):
    any: dict[str, Any] | None = None
    tool: _Named | None = None


class _ToolConfig(msgspec.Struct, rename="camel"):
    tools: list[_Tool]
    tool_choice: _Choice = msgspec.field(default_factory=_Choice)


class _Definition(msgspec.Struct):
    schema: str


class _Structure(msgspec.Struct, rename="camel"):
    json_schema: _Definition


class _Format(msgspec.Struct):
    structure: _Structure


class _Output(msgspec.Struct, rename="camel"):
    text_format: _Format | None = None


class _Inference(msgspec.Struct, rename="camel"):
    max_tokens: int | None = None


class _Said(msgspec.Struct):
    role: str
    content: list[dict[str, Any]]


class _Body(msgspec.Struct, rename="camel"):
    messages: list[_Said] = []
    system: list[dict[str, Any]] = []
    inference_config: _Inference = msgspec.field(default_factory=_Inference)
    tool_config: _ToolConfig | None = None
    output_config: _Output = msgspec.field(default_factory=_Output)


def read_converse(call: Call, model: str, *, wire: str, stream: bool) -> Asked:
    """Raises Refused for what is no such request."""
    data = decode_object(call.body, "The request body is not valid JSON")
    body = convert(data, _Body)
    messages = tuple(each for said in body.messages for each in _messages(said))
    _check(body, messages)
    tools = body.tool_config.tools if body.tool_config is not None else []
    return Asked(
        wire=wire,
        model=model,
        messages=(*_system(body.system), *messages),
        params={key: value for key, value in data.items() if key not in _NOT_PARAMS},
        tools=tuple(_tool(tool.tool_spec) for tool in tools if tool.tool_spec is not None),
        tool_choice=_choice(body.tool_config),
        schema=_schema(body.output_config.text_format),
        most=body.inference_config.max_tokens,
        stream=stream,
    )


def _check(body: _Body, messages: tuple[Message, ...]) -> None:
    roles = [said.role for said in body.messages]
    if not roles or roles[0] != "user":
        raise Refused(400, _START)
    if any(role == before for role, before in zip(roles[1:], roles, strict=False)):
        raise Refused(400, _TURNS)
    parts = (part for message in messages if not isinstance(message.content, str) for part in message.content)
    if body.tool_config is None and any(isinstance(part, ToolCall | ToolResult) for part in parts):
        raise Refused(400, _TOOLS)


def _system(blocks: list[dict[str, Any]]) -> list[Message]:
    text = "".join(str(block.get("text", "")) for block in blocks)
    return [Message("system", text)] if text else []


def _messages(said: _Said) -> list[Message]:
    """One message, or two where the user's holds the results of tools and more."""
    if said.role not in _ROLES:
        raise Refused(400, f"Value '{said.role}' at 'messages.role' failed to satisfy constraint: [user, assistant]")
    parts = [part for block in said.content if (part := _part(block)) is not None]
    results = tuple(part for part in parts if isinstance(part, ToolResult))
    others = tuple(part for part in parts if not isinstance(part, ToolResult))
    texts = [part.text for part in others if isinstance(part, Text)]
    found = [Message("tool", results)] if results else []
    if others:  # text alone is a text, however many blocks it came in
        found.append(Message(_ROLES[said.role], "".join(texts) if len(texts) == len(others) else others))
    return found


def _part(block: dict[str, Any]) -> AnyPart | None:
    """None for a place of the cache, which says nothing."""
    if "text" in block:
        return Text(str(block["text"]))
    if "image" in block:
        return _media(Image, "image", block["image"])
    if "document" in block:
        return _media(File, "application", block["document"])
    if "toolUse" in block:
        call = block["toolUse"]
        return ToolCall(str(call.get("toolUseId", "")), str(call.get("name", "")), encode(call.get("input")).decode())
    if "toolResult" in block:
        return _result(block["toolResult"])
    if "reasoningContent" in block:
        return Reasoning(str(block["reasoningContent"].get("reasoningText", {}).get("text", "")))
    if "cachePoint" in block:
        return None
    raise Refused(400, f"The content block is of no known type: {', '.join(block) or 'it is empty'}")


def _media(make: type[Image] | type[File], kind: str, said: dict[str, Any]) -> Image | File:
    source, form = said.get("source") or {}, str(said.get("format", ""))
    if "s3Location" in source:
        return make(media_type=f"{kind}/{form}", url=str(source["s3Location"].get("uri", "")))
    return make(media_type=f"{kind}/{form}", data=decode_base64(str(source.get("bytes", ""))))


def _result(said: dict[str, Any]) -> ToolResult:
    texts = [
        str(block["text"]) if "text" in block else encode(block.get("json")).decode()
        for block in said.get("content", [])
    ]
    return ToolResult(str(said.get("toolUseId", "")), "", "".join(texts), said.get("status") == "error")


def _tool(spec: _Spec) -> Tool:
    return Tool(spec.name, spec.description, spec.input_schema.json)


def _choice(config: _ToolConfig | None) -> str:
    choice = config.tool_choice if config is not None else _Choice()
    if choice.tool is not None:
        return choice.tool.name
    return "required" if choice.any is not None else "auto"


def _schema(form: _Format | None) -> dict[str, Any] | None:
    """On this wire a schema comes as text."""
    if form is None:
        return None
    return decode_object(form.structure.json_schema.schema.encode(), "The JSON Schema of the output is not valid JSON")
