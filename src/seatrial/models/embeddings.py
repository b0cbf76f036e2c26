"""Embeddings over HTTP: the OpenAI-compatible and the Gemini format.

Sources: the OpenAI API reference, "Create embeddings"; the Gemini API reference, "Embeddings" (batchEmbedContents). Its
limit of 100 texts is what the service answers when it is passed.
"""

from __future__ import annotations

import sys
from array import array
from base64 import b64decode
from collections.abc import Sequence
from math import isfinite
from typing import Any

import msgspec

from seatrial.core.embeddings import Embeddings
from seatrial.core.errors import ErrorInfo, ModelError
from seatrial.core.exchange import Usage
from seatrial.models.batches import Batch, Batches, in_order
from seatrial.models.facts import Facts
from seatrial.models.faults import protocol_fault
from seatrial.models.wire import Call, ErrorObject

OPENAI_MOST_TEXTS = 2048
OPENAI_MOST_BYTES = 300_000
"""The API takes 300,000 tokens in a request, and a token is at least one byte."""

GEMINI_MOST_TEXTS = 100
GEMINI_MOST_BYTES = 1_000_000
"""Keeps a request small; each text has a limit of its own there."""


class HttpEmbedder:
    """One embedding model behind one base URL; is an Embedder."""

    def __init__(self, batches: Batches[array[float]]) -> None:
        self.name = batches.name
        self.use = batches.use
        self._batches = batches

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """One vector for each text. Raises ModelError for a text that is empty, a call that failed for good, and
        vectors that are not all of one length.
        """
        for number, text in enumerate(texts, 1):
            if not text:
                what = f"{self.use}: text {number} of {len(texts)} is empty"
                raise ModelError(ErrorInfo(kind="bad_request", message=what, hint="leave it out: it has no vector"))
        vectors, attempts = await self._batches.ask(texts)
        lengths = sorted({len(vector) for vector in vectors})
        if len(lengths) > 1:
            what = f"vectors of one length were expected, and their lengths are {', '.join(map(str, lengths))}"
            raise ModelError(protocol_fault(what, use=self.use))
        return Embeddings(tuple(vectors), attempts)


class _Embedding(msgspec.Struct):
    embedding: list[float] | str
    index: int | None = None


class _OpenAIUsage(msgspec.Struct):
    prompt_tokens: int | None = None
    total_tokens: int | None = None


class _OpenAIAnswer(msgspec.Struct):
    data: list[_Embedding] | None = None
    model: str | None = None
    usage: _OpenAIUsage | None = None
    error: Any = None


class OpenAIEmbeddings:
    """Reads floats and base64, whichever comes: servers differ in what they heed."""

    sends: tuple[tuple[str, str], ...] = ()
    most_bytes = OPENAI_MOST_BYTES
    _decode = msgspec.json.Decoder(_OpenAIAnswer).decode

    def __init__(self, model: str, facts: Facts, params: dict[str, Any], *, path: str = "/embeddings") -> None:
        self._path = path
        self._body = {"model": model} | ({"encoding_format": "base64"} if facts.base64_vectors else {}) | params
        self.most_texts = facts.batch or OPENAI_MOST_TEXTS

    def call(self, texts: Sequence[str]) -> Call:
        return Call(self._path, self._body | {"input": list(texts)})

    def read(self, body: bytes) -> Batch[array[float]]:
        answer = self._decode(body)
        if answer.error is not None:
            raise ErrorObject(answer.error)
        data = answer.data or []
        vectors = in_order([_vector(each.embedding) for each in data], [each.index for each in data])
        usage = answer.usage
        tokens = (usage.prompt_tokens if usage.prompt_tokens is not None else usage.total_tokens) if usage else None
        return Batch(vectors, None if tokens is None else Usage(input_total=tokens), answer.model)


class _Values(msgspec.Struct):
    values: list[float]


class _GeminiUsage(msgspec.Struct, rename="camel"):
    prompt_token_count: int | None = None


class _GeminiAnswer(msgspec.Struct, rename="camel"):
    embeddings: list[_Values] | None = None
    usage_metadata: _GeminiUsage | None = None
    error: Any = None


class GeminiEmbeddings:
    """`dimensions` is called `outputDimensionality` here; other parameters (`taskType`) go along as they are."""

    sends: tuple[tuple[str, str], ...] = ()
    most_bytes = GEMINI_MOST_BYTES
    _decode = msgspec.json.Decoder(_GeminiAnswer).decode

    def __init__(self, model: str, facts: Facts, params: dict[str, Any], *, path: str = "") -> None:
        self._path = f"{path or f'/models/{model}'}:batchEmbedContents"
        names = {"dimensions": "outputDimensionality"}
        self._each = {"model": f"models/{model}"} | {names.get(name, name): value for name, value in params.items()}
        self.most_texts = facts.batch or GEMINI_MOST_TEXTS

    def call(self, texts: Sequence[str]) -> Call:
        return Call(self._path, {"requests": [self._each | {"content": {"parts": [{"text": text}]}} for text in texts]})

    def read(self, body: bytes) -> Batch[array[float]]:
        answer = self._decode(body)
        if answer.error is not None:
            raise ErrorObject(answer.error)
        usage = answer.usage_metadata
        tokens = usage.prompt_token_count if usage is not None else None
        vectors = [_vector(each.values) for each in answer.embeddings or ()]
        return Batch(vectors, None if tokens is None else Usage(input_total=tokens))


def _vector(numbers: list[float] | str) -> array[float]:
    """Base64 holds little-endian 32-bit floats. Raises ValueError for a vector that is empty or holds no numbers."""
    vector = array("f")
    if isinstance(numbers, str):
        vector.frombytes(b64decode(numbers, validate=True))
        if sys.byteorder == "big":
            vector.byteswap()
    else:
        vector.extend(numbers)
    if not vector:
        raise ValueError("a vector is empty")
    if not isfinite(sum(vector)):
        raise ValueError("a vector holds something that is no finite number")
    return vector
