"""The Gemini generateContent wire, as the Gemini API and Vertex AI speak it: how a request is written.

Sources: the Gemini API reference, "Generating content" and "Function calling"; the Gemini API documentation, "Thought
signatures"; the Vertex AI reference, "GenerateContentResponse".

A signature may stand on a part of any kind, and wants to go back on that part, joined with no other. A tool call keeps
its own. Text comes in pieces that are joined, so its signature is kept behind it, in a Reasoning part without text that
says for how many characters it is.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

import msgspec

from seatrial.core.conversation import Message, ModelRequest, Tool
from seatrial.core.parts import AnyPart, File, Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.models.facts import Facts, allowed
from seatrial.models.gemini_answer import WIRE, GeminiReader
from seatrial.models.schema_tool import rung_of, tools_of
from seatrial.models.wire import Call, Framing

NAMES = {
    "max_tokens": "maxOutputTokens",
    "max_completion_tokens": "maxOutputTokens",
    "top_p": "topP",
    "top_k": "topK",
    "stop": "stopSequences",
    "frequency_penalty": "frequencyPenalty",
    "presence_penalty": "presencePenalty",
    "top_logprobs": "logprobs",
}
"""Our names of parameters that are called otherwise here. All stand in `generationConfig`, but for `BESIDE`."""

BESIDE = frozenset({"safetySettings", "cachedContent", "labels", "serviceTier", "service_tier", "store"})
"""Parameters that stand in the request itself."""


class Gemini:
    """The wire for one model; `path` is put behind the base URL, and the method behind it."""

    framing: Framing = "sse"
    sends: tuple[tuple[str, str], ...] = ()

    def __init__(self, model: str, facts: Facts, *, path: str = "") -> None:
        self._facts = facts
        self._path = path or f"/models/{model}"

    def call(self, request: ModelRequest) -> Call:
        system, contents = self._contents(request.messages)
        body: dict[str, Any] = {"contents": contents}
        if system:
            body["systemInstruction"] = {"parts": system}
        body.update((name, value) for name, value in request.params.items() if name in BESIDE)
        config = self._config(request)
        if config:
            body["generationConfig"] = config
        tools, choice = tools_of(request, self._facts)
        if tools:
            allowed(self._facts.tools, "tools")
            body["tools"] = [{"functionDeclarations": [_declaration(tool) for tool in tools]}]
        if choice != "auto":
            body["toolConfig"] = {"functionCallingConfig": _calling(choice)}
        method = "streamGenerateContent?alt=sse" if request.stream else "generateContent"
        return Call(f"{self._path}:{method}", body, rung_of(request, self._facts))

    def reader(self) -> GeminiReader:
        return GeminiReader()

    def _config(self, request: ModelRequest) -> dict[str, Any]:
        config: dict[str, Any] = {}
        if self._facts.default_max_tokens is not None:
            config["maxOutputTokens"] = self._facts.default_max_tokens
        for name, value in request.params.items():
            if name in BESIDE:
                continue
            if name == "reasoning_effort":
                config["thinkingConfig"] = self._thinking(value) | config.get("thinkingConfig", {})
            elif name == "thinkingConfig":
                config["thinkingConfig"] = config.get("thinkingConfig", {}) | value
            elif name == "stop" and isinstance(value, str):
                config["stopSequences"] = [value]
            elif name == "logprobs" and isinstance(value, bool):
                config["responseLogprobs"] = value
            else:
                config[NAMES.get(name, name)] = value
        if config.get("responseLogprobs"):
            allowed(self._facts.logprobs, "log-probabilities")
        if request.schema is not None and self._facts.schema != "tool":
            config.update(self._response_format(request.schema))
        return config

    def _thinking(self, effort: Any) -> dict[str, Any]:
        budgets = self._facts.reasoning_budgets
        if budgets is None:
            return {"thinkingLevel": effort}
        if effort not in budgets:
            raise ValueError(f"this model takes no reasoning_effort {effort!r}\nhint: it takes {', '.join(budgets)}")
        return {"thinkingBudget": budgets[effort]}

    def _response_format(self, schema: dict[str, Any]) -> dict[str, Any]:
        if self._facts.schema == "none":
            raise ValueError("this model cannot be held to a JSON Schema")
        if self._facts.schema == "json":
            return {"responseMimeType": "application/json"}
        return {"responseMimeType": "application/json", "responseJsonSchema": schema}

    def _contents(self, messages: tuple[Message, ...]) -> tuple[list[Any], list[Any]]:
        """The parts of the system instruction, and the conversation. Answers of tools that follow each other are one
        message, since their number must be that of the calls.
        """
        system: list[Any] = []
        contents: list[Any] = []
        given = _given_ids(messages)
        after_tools = False
        for message in messages:
            if message.role == "tool":
                results = [_tool_result(part, given) for part in message.parts if isinstance(part, ToolResult)]
                if after_tools:
                    contents[-1]["parts"] += results
                else:
                    contents.append({"role": "user", "parts": results})
            elif message.role == "assistant":
                said = self._said(message)
                if said:  # a message without parts is refused; there is nothing to say in it
                    contents.append({"role": "model", "parts": said})
            elif message.role == "system" and self._facts.system != "user":
                system += [self._part(part) for part in message.parts]
            else:
                parts = [self._part(part) for part in message.parts] or [{"text": ""}]
                contents.append({"role": "user", "parts": parts})
            after_tools = message.role == "tool"
        return system, contents

    def _said(self, message: Message) -> list[Any]:
        written: list[Any] = []
        for part in message.parts:
            if isinstance(part, ToolCall):
                written.append(_tool_call(part))
            elif isinstance(part, Reasoning):
                _write_reasoning(part, written)
            else:
                written.append(self._part(part))
        calls = [part for part in written if "functionCall" in part]
        if calls and self._facts.unsigned_call and not any("thoughtSignature" in part for part in calls):
            calls[0]["thoughtSignature"] = self._facts.unsigned_call
        return written

    def _part(self, part: AnyPart) -> dict[str, Any]:
        if isinstance(part, Text):
            return {"text": part.text}
        if isinstance(part, Image):
            allowed(self._facts.images, "images")
            return _media(part)
        if isinstance(part, File):
            allowed(self._facts.files, "files")
            return _media(part)
        raise ValueError(f"a {type(part).__name__} cannot stand in a user's message")


def _given_ids(messages: Iterable[Message]) -> dict[str, str]:
    """The ids of calls that this API gave; those that were made up, here or by another wire, are not sent to it."""
    calls = [part for message in messages for part in message.parts if isinstance(part, ToolCall)]
    return {call.id: call.opaque["id"] for call in calls if _ours(call.opaque) and call.opaque and "id" in call.opaque}


def _ours(opaque: dict[str, Any] | None) -> bool:
    return opaque is not None and opaque.get("wire") == WIRE


def _tool_call(call: ToolCall) -> dict[str, Any]:
    try:
        arguments = msgspec.json.decode(call.arguments or "{}")
    except msgspec.DecodeError as error:
        raise ValueError(f"the call of {call.name} has arguments that are not JSON: {error}") from error
    if not isinstance(arguments, dict):
        raise ValueError(f"the arguments of the call of {call.name} are no JSON object: {call.arguments[:80]}")
    function = {"name": call.name, "args": arguments}
    opaque = call.opaque if call.opaque is not None and _ours(call.opaque) else {}
    if "id" in opaque:
        function["id"] = opaque["id"]
    written: dict[str, Any] = {"functionCall": function}
    if "thoughtSignature" in opaque:
        written["thoughtSignature"] = opaque["thoughtSignature"]
    return written


def _tool_result(result: ToolResult, given: dict[str, str]) -> dict[str, Any]:
    response = {"name": result.name, "response": {"error" if result.is_error else "output": result.text}}
    if result.id in given:
        response["id"] = given[result.id]
    return {"functionResponse": response}


def _write_reasoning(part: Reasoning, written: list[Any]) -> None:
    """Reasoning goes back where it is signed; without a signature, or from another wire, it has no use."""
    if part.opaque is None or not _ours(part.opaque):
        return
    signature = part.opaque["thoughtSignature"]
    if "text" not in part.opaque:
        written.append({"text": part.text, "thought": True, "thoughtSignature": signature})
        return
    length, before = part.opaque["text"], written[-1] if written else {}
    if not length:
        written.append({"text": "", "thoughtSignature": signature})
    elif "thoughtSignature" not in before and len(before.get("text", "")) >= length:
        text = written.pop()["text"]
        if text[:-length]:
            written.append({"text": text[:-length]})
        written.append({"text": text[-length:], "thoughtSignature": signature})


def _media(part: Image | File) -> dict[str, Any]:
    if part.url is not None:
        return {"fileData": {"mimeType": part.media_type, "fileUri": part.url}}
    return {"inlineData": {"mimeType": part.media_type, "data": b64encode(part.data or b"").decode()}}


def _declaration(tool: Tool) -> dict[str, Any]:
    declared = {"name": tool.name, "description": tool.description}
    if tool.parameters.get("properties"):  # an object without properties is refused; leaving it out means the same
        return declared | {"parametersJsonSchema": tool.parameters}
    return declared


def _calling(choice: str) -> dict[str, Any]:
    if choice in ("none", "required"):
        return {"mode": {"none": "NONE", "required": "ANY"}[choice]}
    return {"mode": "ANY", "allowedFunctionNames": [choice]}
