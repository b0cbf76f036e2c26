"""The Converse wire of Amazon Bedrock: one format for the models of many makers. What is answered is read in
bedrock_answer.py.

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
from seatrial.core.parts import AnyPart, File, Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.models.bedrock_answer import WIRE, BedrockReader
from seatrial.models.facts import Facts, allowed
from seatrial.models.schema_tool import held_as_claude, require_native, rung_of, tools_of
from seatrial.models.turns import Turn, arguments_of, turns_of
from seatrial.models.wire import Call, Framing

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


class BedrockConverse:
    """The wire for one model: its id, an inference profile's, or the ARN of either."""

    framing: Framing = "aws"
    sends: tuple[tuple[str, str], ...] = ()

    def __init__(self, model: str, facts: Facts) -> None:
        self._path = f"/model/{quote(model, safe='')}/converse"
        self._facts = facts

    def call(self, request: ModelRequest) -> Call:
        facts, form = held_as_claude(request.schema, self._facts)
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

    def _format(self, schema: dict[str, Any]) -> dict[str, Any]:
        require_native(self._facts)
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
