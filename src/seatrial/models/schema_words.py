"""Asks for JSON in words, where a model is not held to a schema by its server, or only to JSON of any form.

The instruction is written here, next to the wires, and not into the prompt: what was asked stays the same for every
model, so that an answer recorded from one replays for another.
"""

from __future__ import annotations

import msgspec

from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.parts import Text
from seatrial.models.facts import Facts
from seatrial.models.wire import Call, Framing, Reader, Wire

INSTRUCTION = """\
Answer with one JSON value and nothing else: no words around it, no code fence, no comments.
It must fit this JSON Schema:

{schema}"""


def with_words(request: ModelRequest, facts: Facts) -> ModelRequest:
    """The request with the instruction at the end of its system text; without the schema where the model cannot be
    held to JSON at all.
    """
    if request.schema is None or facts.schema not in ("json", "none"):
        return request
    instruction = INSTRUCTION.format(schema=msgspec.json.encode(request.schema).decode())
    return msgspec.structs.replace(
        request,
        messages=_instructed(request.messages, instruction),
        schema=request.schema if facts.schema == "json" else None,
    )


def _instructed(messages: tuple[Message, ...], instruction: str) -> tuple[Message, ...]:
    places = [place for place, message in enumerate(messages) if message.role == "system"]
    if not places:
        return (Message("system", instruction), *messages)
    last = messages[places[-1]]
    if isinstance(last.content, str):
        told = Message("system", f"{last.content}\n\n{instruction}")
    else:
        told = Message("system", (*last.content, Text(f"\n\n{instruction}")))
    return (*messages[: places[-1]], told, *messages[places[-1] + 1 :])


class InWords:
    """A wire that asks for JSON in words as well; is a Wire."""

    def __init__(self, wire: Wire, facts: Facts) -> None:
        self.framing: Framing = wire.framing
        self.sends = wire.sends
        self._wire = wire
        self._facts = facts

    def call(self, request: ModelRequest) -> Call:
        call = self._wire.call(with_words(request, self._facts))
        return call if request.schema is None or call.rung is not None else msgspec.structs.replace(call, rung="prompt")

    def reader(self) -> Reader:
        return self._wire.reader()
