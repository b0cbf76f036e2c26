"""The texts in a message that guards judge, and the message with others in their places."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from seatrial.core.conversation import Message, Request
from seatrial.core.parts import AnyPart, Reasoning, Text, ToolCall, ToolResult
from seatrial.guard.texts import WITHHELD

Kind = type[Text] | type[ToolResult]


def texts_of(message: Message, kind: Kind = Text) -> list[str]:
    """Of parts of this kind; a message that is text is one text."""
    if isinstance(message.content, str):
        return [message.content] if kind is Text else []
    return [part.text for part in message.content if isinstance(part, kind)]


def with_texts(message: Message, texts: Iterable[str], kind: Kind = Text) -> Message:
    """The message with these in the place of its texts."""
    given = iter(texts)
    if isinstance(message.content, str):
        return Message(message.role, next(given)) if kind is Text else message
    parts = [
        msgspec.structs.replace(part, text=next(given)) if isinstance(part, kind) else part for part in message.content
    ]
    return Message(message.role, tuple(parts))


def joined(message: Message, *, apart: bool) -> Message:
    """The message with its text parts as one, since they are read as one: those that follow each other, or all of them
    where a prompt takes nothing but their text (not `apart`).
    """
    if isinstance(message.content, str):
        return message
    parts: list[AnyPart] = []
    open_text: int | None = None
    for part in message.content:
        if not isinstance(part, Text):
            parts.append(part)
            open_text = None if apart else open_text
        elif open_text is None:
            open_text = len(parts)
            parts.append(part)
        else:
            before = parts[open_text]
            parts[open_text] = Text(before.text + part.text) if isinstance(before, Text) else part
    return Message(message.role, tuple(parts))


def without_reasoning(request: Request) -> Request:
    """The request without what models thought in earlier answers, which no guard judges."""
    messages = tuple(
        Message(each.role, tuple(part for part in each.content if not isinstance(part, Reasoning)))
        if not isinstance(each.content, str)
        else each
        for each in request.messages
    )
    return msgspec.structs.replace(request, messages=messages)


def withheld_message(message: Message) -> Message:
    """The message without its words; pictures and files, which no guard judges, stay."""
    if isinstance(message.content, str):
        return Message(message.role, WITHHELD)
    parts: list[AnyPart] = []
    for part in message.content:
        if isinstance(part, Text | ToolResult):
            parts.append(msgspec.structs.replace(part, text=WITHHELD))
        elif isinstance(part, ToolCall):
            parts.append(msgspec.structs.replace(part, arguments=WITHHELD))
        elif not isinstance(part, Reasoning):
            parts.append(part)
    return Message(message.role, tuple(parts))
