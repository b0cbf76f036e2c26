"""Which path belongs to which wire."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from seatrial.testing.simulator.anthropic import AnthropicWire
from seatrial.testing.simulator.asked import Operation, Refused
from seatrial.testing.simulator.azure import AzureWire
from seatrial.testing.simulator.bedrock import BedrockWire
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.gemini import GeminiWire, VertexWire
from seatrial.testing.simulator.openai import OpenAIWire
from seatrial.testing.simulator.wire import Wire

OPENAI, AZURE, ANTHROPIC, GEMINI, VERTEX = OpenAIWire(), AzureWire(), AnthropicWire(), GeminiWire(), VertexWire()
BEDROCK = BedrockWire()


@dataclass(slots=True, frozen=True)
class Route:
    """`model` is the name in the path, where it stands there; `stream` that the path asks for a stream."""

    wire: Wire
    operation: Operation
    model: str = ""
    stream: bool = False

    @property
    def method(self) -> str:
        return "GET" if self.operation in ("models", "health") else "POST"


_FIXED: dict[str, Route] = {
    "/v1/chat/completions": Route(OPENAI, "chat"),
    "/v1/embeddings": Route(OPENAI, "embed"),
    "/v1/moderations": Route(OPENAI, "moderate"),
    "/v1/models": Route(OPENAI, "models"),
    "/v1/messages": Route(ANTHROPIC, "chat"),
    "/openai/v1/chat/completions": Route(AZURE, "chat"),
    "/openai/v1/embeddings": Route(AZURE, "embed"),
    "/v1beta/models": Route(GEMINI, "models"),
    "/foundation-models": Route(BEDROCK, "models"),
    "/health": Route(OPENAI, "health"),
}
_AZURE = re.compile(r"/openai/deployments/(?P<model>[^/]+)/(?P<what>chat/completions|embeddings)")
_GEMINI = re.compile(r"/v1(?:beta|alpha)?/models/(?P<model>[^/:]+):(?P<what>\w+)")
_VERTEX = re.compile(
    r"/v1(?:beta1)?/projects/[^/]+/locations/[^/]+/publishers/google/models/(?P<model>[^/:]+):(?P<what>\w+)"
)
_BEDROCK = re.compile(r"/model/(?P<model>.+)/(?P<what>converse|converse-stream)")  # an ARN has slashes
_OPERATIONS: dict[str, tuple[Operation, bool]] = {
    "chat/completions": ("chat", False),
    "embeddings": ("embed", False),
    "generateContent": ("chat", False),
    "streamGenerateContent": ("chat", True),
    "embedContent": ("embed", False),
    "batchEmbedContents": ("embed_batch", False),
    "predict": ("predict", False),
    "converse": ("chat", False),
    "converse-stream": ("chat", True),
}


@lru_cache(maxsize=1024)
def find_route(path: str) -> Route | None:
    """None for a path that nobody serves."""
    fixed = _FIXED.get(path)
    if fixed is not None:
        return fixed
    decoded = unquote(path)
    for pattern, wire in ((_AZURE, AZURE), (_GEMINI, GEMINI), (_VERTEX, VERTEX), (_BEDROCK, BEDROCK)):
        match = pattern.fullmatch(decoded)
        found = _OPERATIONS.get(match["what"]) if match else None
        if match and found:
            operation, stream = found
            return Route(wire, operation, match["model"], stream)
    return None


def speaker_of(call: Call) -> Wire:
    """Who would answer a path that nobody serves."""
    if call.path.startswith("/openai/"):
        return AZURE
    if call.path.startswith(("/model/", "/foundation-models")):
        return BEDROCK
    if "/projects/" in call.path:
        return VERTEX
    if call.path.startswith("/v1beta"):
        return GEMINI
    return ANTHROPIC if "anthropic-version" in call.headers else OPENAI


def wrong_path(call: Call) -> Refused:
    return Refused(404, f"Invalid URL ({call.method} {call.path})", code="not_found")
