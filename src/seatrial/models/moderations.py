"""Moderations over HTTP, in the OpenAI format.

Source: the OpenAI API reference, "Create moderation". Some servers that speak it leave `flagged` out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from seatrial.core.moderation import Moderation
from seatrial.models.batches import Batch, Batches
from seatrial.models.facts import Facts
from seatrial.models.wire import Call, ErrorObject

MOST_TEXTS = 32
MOST_BYTES = 300_000
"""No limit is documented: large enough to save calls, small enough that one which fails costs little."""


class HttpModerator:
    """One moderation model behind one base URL; is a Moderator."""

    def __init__(self, batches: Batches[Moderation]) -> None:
        self.name = batches.name
        self.use = batches.use
        self._batches = batches

    async def moderate(self, texts: Sequence[str]) -> tuple[Moderation, ...]:
        """One for each text, in their order. Raises ModelError."""
        moderations, _ = await self._batches.ask(texts)
        return tuple(moderations)


class _Result(msgspec.Struct):
    """A category that the model does not judge is null."""

    categories: dict[str, bool | None]
    category_scores: dict[str, float | None] = {}
    flagged: bool | None = None

    def canonical(self) -> Moderation:
        categories = {name: found for name, found in self.categories.items() if found is not None}
        return Moderation(
            any(categories.values()) if self.flagged is None else self.flagged,
            categories,
            {name: score for name, score in self.category_scores.items() if score is not None},
        )


class _Answer(msgspec.Struct):
    results: list[_Result] | None = None
    model: str | None = None
    error: Any = None


class OpenAIModerations:
    """The format for one model."""

    sends: tuple[tuple[str, str], ...] = ()
    most_bytes = MOST_BYTES
    _decode = msgspec.json.Decoder(_Answer).decode

    def __init__(self, model: str, facts: Facts, params: dict[str, Any], *, path: str = "/moderations") -> None:
        self._path = path
        self._body = {"model": model} | params
        self.most_texts = facts.batch or MOST_TEXTS

    def call(self, texts: Sequence[str]) -> Call:
        return Call(self._path, self._body | {"input": list(texts)})

    def read(self, body: bytes) -> Batch[Moderation]:
        answer = self._decode(body)
        if answer.error is not None:
            raise ErrorObject(answer.error)
        return Batch([result.canonical() for result in answer.results or ()], served_by=answer.model)
