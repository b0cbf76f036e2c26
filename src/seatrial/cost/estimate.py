"""How many tokens a request may be, before it is sent: a careful guess from its characters, with no tokenizer.

Every provider counts with a vocabulary of its own, most of them not public, and the guess has to hold for all: it is
made to be too high rather than too low. Weights were set against six vocabularies (o200k, cl100k, the one published
for Claude 2, DeepSeek V3's, Mistral's v3 and Tekken) on prose in 26 languages, code and data, where it is never below
the highest of the six; for English it is one and a half times to twice that. What can exceed it, by about a half, is
text that is no language: random letters, rare characters. Nothing exceeds the number of bytes, since no vocabulary has
a token for less than one; the guess is not above that either.

A guess by average (four characters a token) was rejected: it is right for English and a third of the truth for Greek.
"""

from __future__ import annotations

import re

import msgspec

from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.parts import AnyPart, File, Image, Text

PER_REQUEST = 64
PER_MESSAGE = 8
"""What chat templates put around messages: up to five tokens each, and at the beginning up to a short system text."""

WITH_TOOLS = 600
"""What a provider adds to explain tool use, by its documentation up to 530 tokens (Claude 3 Opus)."""

PER_IMAGE = 5_000
"""Providers scale images down to at most 1,600 to 4,800 tokens; gpt-4o-mini alone charges up to 48,000 for a large one,
33 times what gpt-4o counts for the same.
"""

PER_REMOTE_FILE = 100_000
"""A document that only the provider fetches, of a size not known here: some 30 to 60 pages."""

_PIECES = re.compile(
    r"(?P<word>[A-Z]?[a-z]+|[A-Z]+)"
    r"|(?P<free>(?<! ) (?=[A-Za-z]))"
    r"|(?P<gap> +)"
    r"|(?P<one>[\x00-\x7f\u0400-\u052f])"
    r"|(?P<two>[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af])"
    r"|(?P<rest>[^\x00-\x7f\u0400-\u052f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]+)",
    re.DOTALL,
)
"""A single space belongs to the word behind it; digits, signs and line breaks count one each, as in vocabularies that
do not join them; so do Cyrillic letters. Han characters, kana and Hangul count two, everything else its bytes.
"""


def estimate_tokens(request: ModelRequest) -> int:
    """The tokens of messages, tools and schema."""
    tokens = PER_REQUEST + sum(map(_of_message, request.messages))
    if request.tools:
        tokens += WITH_TOOLS + estimate_text(msgspec.json.encode(request.tools).decode())
    if request.schema is not None:
        tokens += estimate_text(msgspec.json.encode(request.schema).decode())
    return tokens


def estimate_text(text: str) -> int:
    """The tokens of a text; one more than its bytes at most, since some vocabularies begin a text with a space."""
    return 1 + sum(_of_piece(piece) for piece in _PIECES.finditer(text))


def _of_piece(piece: re.Match[str]) -> int:
    length = piece.end() - piece.start()
    match piece.lastgroup:
        case "word":
            return max(1, length // 2)
        case "free":
            return 0
        case "gap":
            return (length + 3) // 4
        case "one":
            return 1
        case "two":
            return 2
        case _:
            return len(piece[0].encode("utf-8", "surrogatepass"))


def _of_message(message: Message) -> int:
    if isinstance(message.content, str):
        return PER_MESSAGE + estimate_text(message.content)
    return PER_MESSAGE + sum(map(_of_part, message.content))


def _of_part(part: AnyPart) -> int:
    if isinstance(part, Text):
        return estimate_text(part.text)
    if isinstance(part, Image):
        return PER_IMAGE
    if isinstance(part, File):
        return PER_REMOTE_FILE if part.data is None else len(part.data)
    return estimate_text(msgspec.json.encode(part).decode())
