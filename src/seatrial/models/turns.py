"""Messages as turns that alternate, for wires that take instructions apart from the conversation and know no role of
tools: what tools gave is said by the user there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

import msgspec

from seatrial.core.conversation import Message
from seatrial.core.parts import AnyPart, Reasoning, Text, ToolCall

INVALID = "INVALID_JSON"
"""The key under which arguments go back that are no JSON object. Source: the Claude platform documentation,
"Fine-grained tool streaming".
"""


class Turn(NamedTuple):
    """What one side said until the other spoke. `parts` is never empty."""

    role: Literal["user", "assistant"]
    parts: list[AnyPart]


def turns_of(messages: Iterable[Message], wire: str, system: str = "system") -> tuple[list[str], list[Turn]]:
    """The instructions, and the turns. With `system="user"` instructions are the beginning of the user's turns.

    Blank texts of the assistant's are left out, for both Anthropic and AWS refuse them: an answer may have been empty.
    Those of the user's stay, so that a blank question is refused and not answered without having been asked. Reasoning
    goes back only where it came over `wire`: without a signature, or with that of another, it would be refused. Raises
    ValueError for instructions that are more than text.
    """
    instructions: list[str] = []
    turns: list[Turn] = []
    for message in messages:
        if message.role == "system" and system != "user":
            instructions += _instructions(message)
            continue
        role: Literal["user", "assistant"] = "assistant" if message.role == "assistant" else "user"
        parts = [part for part in message.parts if role == "user" or _is_said(part, wire)]
        if not parts and role == "assistant":
            continue
        if not turns or turns[-1].role != role:
            turns.append(Turn(role, []))
        turns[-1].parts.extend(parts or [Text("")])
    return instructions, turns


def arguments_of(call: ToolCall) -> msgspec.Raw | dict[str, str]:
    """The arguments of a call as the JSON object these wires want, as the model wrote it."""
    try:
        is_object = isinstance(msgspec.json.decode(call.arguments or "{}"), dict)
    except (msgspec.DecodeError, RecursionError):
        is_object = False
    return msgspec.Raw((call.arguments or "{}").encode()) if is_object else {INVALID: call.arguments}


def _instructions(message: Message) -> list[str]:
    if not all(isinstance(part, Text) for part in message.parts):
        raise ValueError("instructions are only text on this wire\nhint: put images and files into a user's message")
    return [message.text] if message.text.strip() else []


def _is_said(part: AnyPart, wire: str) -> bool:
    """Whether a part of an answer can go back."""
    if isinstance(part, Reasoning):
        return part.opaque is not None and part.opaque.get("wire") == wire
    return not isinstance(part, Text) or bool(part.text.strip())
