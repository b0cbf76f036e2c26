"""Embeddings, as each wire asks for them and gives them.

Sources: the OpenAI API reference ("Embeddings"), the Gemini API reference ("Embeddings"), and the Vertex AI reference
("Text embeddings API").
"""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.testing.simulator.asked import Refused
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.reply import count_tokens
from seatrial.testing.simulator.vectors import as_base64, vector
from seatrial.testing.simulator.wire import GOOGLE_NOT_JSON, NOT_JSON, camel, convert, decode_object, encode

DIMENSIONS = 64
"""Of an embedding, where the client asks for no number: few, so that tests read and send little."""


class _OpenAI(msgspec.Struct):
    input: str | list[str | int | list[int]]
    model: str = ""
    dimensions: int | None = None
    encoding_format: str = "float"


def embed_openai(call: Call, model: str) -> bytes:
    asked = convert(decode_object(call.body, NOT_JSON), _OpenAI)
    texts = _texts_of(asked.input)
    if not texts:
        raise Refused(400, "'$.input' is invalid: it is empty.", param="input")
    made = [vector(text, _size(asked.dimensions)) for text in texts]
    packed = asked.encoding_format == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": as_base64(each) if packed else each}
        for index, each in enumerate(made)
    ]
    used = sum(map(count_tokens, texts))
    usage = {"prompt_tokens": used, "total_tokens": used}
    return encode({"object": "list", "data": data, "model": model or asked.model, "usage": usage})


def _texts_of(given: str | list[str | int | list[int]]) -> list[str]:
    """One text, or several, or the tokens of one, or the tokens of several."""
    if isinstance(given, str):
        return [given]
    if all(isinstance(each, int) for each in given):
        return [" ".join(map(str, given))] if given else []
    return [" ".join(map(str, each)) if isinstance(each, list) else str(each) for each in given]


class _Content(msgspec.Struct):
    parts: list[dict[str, Any]] = []


class _Gemini(msgspec.Struct, rename="camel"):
    content: _Content
    output_dimensionality: int | None = None


class _GeminiBatch(msgspec.Struct):
    requests: list[_Gemini]


class _Instance(msgspec.Struct):
    content: str


class _Sizes(msgspec.Struct, rename="camel"):
    output_dimensionality: int | None = None


class _Predict(msgspec.Struct):
    instances: list[_Instance]
    parameters: _Sizes = msgspec.field(default_factory=_Sizes)


def embed_gemini(call: Call, model: str) -> bytes:
    asked = convert(camel(decode_object(call.body, GOOGLE_NOT_JSON)), _Gemini)
    return encode({"embedding": {"values": _values(asked)}})


def embed_gemini_batch(call: Call, model: str) -> bytes:
    asked = convert(decode_object(call.body, GOOGLE_NOT_JSON), _GeminiBatch)
    return encode({"embeddings": [{"values": _values(each)} for each in asked.requests]})


def _values(asked: _Gemini) -> list[float]:
    text = "".join(str(part.get("text", "")) for part in asked.content.parts)
    return vector(text, _size(asked.output_dimensionality))


def _size(asked: int | None) -> int:
    return DIMENSIONS if asked is None else asked


def embed_vertex(call: Call, model: str) -> bytes:
    """Text embeddings as Vertex AI has them."""
    asked = convert(decode_object(call.body, GOOGLE_NOT_JSON), _Predict)
    size = _size(asked.parameters.output_dimensionality)
    made = [
        {
            "values": vector(each.content, size),
            "statistics": {"token_count": count_tokens(each.content), "truncated": False},
        }
        for each in asked.instances
    ]
    return encode({"predictions": [{"embeddings": each} for each in made]})
