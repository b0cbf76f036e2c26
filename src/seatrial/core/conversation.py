"""What is asked: messages, the caller's `Request`, and the `ModelRequest` a prompt renders from it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Role = Literal["system", "user", "assistant", "tool"]


class Message(msgspec.Struct, frozen=True):
    role: Role
    content: str


class ToolCall(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tool the model asks to be called; `arguments` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


class Request(msgspec.Struct, frozen=True, omit_defaults=True):
    """One ask. `messages` is the conversation as said and as delivered; its last message is the user's,
    or there is none when the prompt takes only `vars`.

    `stream` says the caller wants text as it is generated; `repeat` counts repetitions of the same ask from 1,
    so that a recording can answer each differently. Neither changes what is asked.
    """

    messages: tuple[Message, ...] = ()
    vars: dict[str, Any] = {}
    user: str | None = None
    session: str | None = None
    cohort: dict[str, str] = {}
    tags: tuple[str, ...] = ()
    stream: bool = False
    repeat: int = 1

    @property
    def ask(self) -> str:
        """The user's text, as said; empty when the request has only vars."""
        return self.messages[-1].content if self.messages else ""


class ModelRequest(msgspec.Struct, frozen=True):
    """What a `Model` gets: the rendered messages with parameters, and the conversation as it was said."""

    messages: tuple[Message, ...]
    conversation: tuple[Message, ...] = ()
    params: dict[str, Any] = {}
    tools: tuple[dict[str, Any], ...] = ()
    schema: dict[str, Any] | None = None
    stream: bool = False
    repeat: int = 1
