"""What a message is made of when it is more than text. One form for every provider; the wires translate.

`opaque` is what a provider wants back unchanged (a signature, encrypted reasoning): kept as it came, never read, and
given only to the wire that made it, whose name it carries under `wire`.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Part(msgspec.Struct, frozen=True, tag_field="type", omit_defaults=True, forbid_unknown_fields=True):
    """One piece of a message's content."""


class Text(Part, frozen=True, tag="text"):
    text: str


class Image(Part, frozen=True, tag="image"):
    """A picture: its bytes with their media type, or an address the provider can reach. Exactly one of both."""

    media_type: str = "image/png"
    data: bytes | None = None
    url: str | None = None

    def __post_init__(self) -> None:
        _one_of(self.data, self.url, "an image")


class File(Part, frozen=True, tag="file"):
    """A document, mostly application/pdf: its bytes, or an address. Exactly one of both."""

    media_type: str = "application/pdf"
    data: bytes | None = None
    url: str | None = None
    name: str = ""

    def __post_init__(self) -> None:
        _one_of(self.data, self.url, "a file")


class ToolCall(Part, frozen=True, tag="tool_call"):
    """A tool the model asks to be called; `arguments` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str
    opaque: dict[str, Any] | None = None


class ToolResult(Part, frozen=True, tag="tool_result"):
    """What the call `id` of the tool `name` gave; `is_error` when the tool failed and the text says how."""

    id: str
    name: str
    text: str
    is_error: bool = False


class Reasoning(Part, frozen=True, tag="reasoning"):
    """What the model thought before it spoke, as far as it is shown; never part of the answer."""

    text: str
    opaque: dict[str, Any] | None = None


AnyPart = Text | Image | File | ToolCall | ToolResult | Reasoning


def _one_of(data: bytes | None, url: str | None, what: str) -> None:
    if (data is None) == (url is None):
        raise ValueError(f"{what} needs data or url, and not both")
