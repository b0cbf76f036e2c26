"""What is asked: messages, the caller's `Request`, and the `ModelRequest` a prompt renders from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from seatrial.core.errors import SpecError
from seatrial.core.parts import AnyPart, Part, Text

Role = Literal["system", "user", "assistant", "tool"]


class Message(msgspec.Struct, frozen=True):
    """`content` is text, or parts in order. A `tool` message holds `ToolResult` parts."""

    role: Role
    content: str | tuple[AnyPart, ...]

    @property
    def text(self) -> str:
        """The text parts joined: what a person reads of it."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content if isinstance(part, Text))

    @property
    def parts(self) -> tuple[AnyPart, ...]:
        if isinstance(self.content, str):
            return (Text(self.content),) if self.content else ()
        return self.content


def instructions_of(messages: Sequence[Message]) -> tuple[str, ...]:
    """What the system messages among `messages` tell the model."""
    return tuple(message.text for message in messages if message.role == "system")


class Tool(msgspec.Struct, frozen=True, omit_defaults=True):
    """A function the model may ask for; `parameters` is a JSON Schema of its arguments, an object."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=lambda: {"type": "object", "properties": {}})


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
        return self.messages[-1].text if self.messages else ""


def check_request(request: Request) -> None:
    """Raises SpecError for a request whose messages are none: what is not read as words would pass every guard."""
    cohort: Any = request.cohort
    words = isinstance(cohort, dict) and all(isinstance(each, str) for pair in cohort.items() for each in pair)
    if not words:
        raise SpecError(
            "the cohort is not right", expected='words by name, like {"age": "13-15"}', got=repr(cohort)[:80]
        )
    messages: tuple[Any, ...] = request.messages
    for message in messages:
        if not isinstance(message, Message):
            raise SpecError(
                "a message is not right",
                expected="a Message",
                got=f"a {type(message).__name__}",
                hint='messages are a tuple: (Message("user", "hi"),)',
            )
        content: Any = message.content
        in_parts = isinstance(content, tuple | list) and all(map(_is_part, content))
        if not isinstance(content, str) and not in_parts:
            got = f"a {type(content).__name__}"
            raise SpecError(f"a {message.role} message is not right", expected="text, or parts in order", got=got)


def _is_part(part: Any) -> bool:
    """Whether it is a part whose words are text."""
    words = [getattr(part, name, "") for name in ("text", "name", "arguments")]
    return isinstance(part, Part) and all(isinstance(each, str) for each in words)


class ModelRequest(msgspec.Struct, frozen=True):
    """What a `Model` gets: the rendered messages with parameters, and the conversation as it was said.

    `tool_choice` is `auto` (as without it), `none`, `required` or the name of a tool; `schema` is the JSON Schema the
    answer is to follow.
    """

    messages: tuple[Message, ...]
    conversation: tuple[Message, ...] = ()
    params: dict[str, Any] = {}
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    schema: dict[str, Any] | None = None
    stream: bool = False
    repeat: int = 1
