"""The Anthropic messages wire. What is answered is read in anthropic_answer.py.

Sources: the Claude platform documentation, "Messages", "Structured outputs" and "Thinking", and the types of the
official Python client.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from seatrial.core.conversation import ModelRequest, Tool
from seatrial.core.parts import AnyPart, File, Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.models.anthropic_answer import WIRE, AnthropicReader
from seatrial.models.facts import Facts, allowed
from seatrial.models.schema_tool import held_as_claude, require_native, rung_of, tools_of
from seatrial.models.turns import Turn, arguments_of, turns_of
from seatrial.models.wire import Call, Framing

VERSION = "2023-06-01"


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
