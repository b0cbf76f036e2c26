"""Holds an answer to a JSON Schema where the provider cannot: the answer is the argument of a tool that must be called.

The model of a feature with tools of its own must then call one of them or give its answer; without that it could talk
instead. A reader that meets a call of `ANSWER` gives its arguments out as text, so that nobody else learns of it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.core.conversation import ModelRequest, Tool
from seatrial.core.exchange import Rung
from seatrial.models.facts import Facts
from seatrial.models.fitted_schema import CLAUDE, fitted

ANSWER = "give_answer"


def tools_of(request: ModelRequest, facts: Facts) -> tuple[tuple[Tool, ...], str]:
    """The tools and the tool choice to send, with that of the answer where the facts want it."""
    if request.schema is None or facts.schema != "tool":
        return request.tools, request.tool_choice
    answer = Tool(ANSWER, "Gives the answer. Call it once, when the answer is known.", request.schema)
    forced = "required" if request.tools and request.tool_choice in ("auto", "required") else ANSWER
    choice = request.tool_choice if request.tool_choice not in ("auto", "required", "none") else forced
    return (*request.tools, answer), choice


def held_as_claude(schema: dict[str, Any] | None, facts: Facts) -> tuple[Facts, dict[str, Any] | None]:
    """The facts to ask by, and the schema as it is sent: one that cannot be said natively goes with a tool."""
    if schema is None or facts.schema != "native":
        return facts, schema
    form = fitted(schema, CLAUDE)
    return (facts, form) if form is not None else (msgspec.structs.replace(facts, schema="tool"), schema)


def require_native(facts: Facts) -> None:
    """ValueError where an answer is to be held to its schema in another way than the wires of Claude have."""
    if facts.schema != "native":
        raise ValueError(
            f"this wire holds an answer to a JSON Schema natively or with a tool, not by {facts.schema!r}\n"
            "hint: facts: {schema: tool}  works with every model that can call tools"
        )


def rung_of(request: ModelRequest, facts: Facts) -> Rung | None:
    """How the answer to a request is held to its schema; None where it has none."""
    if request.schema is None:
        return None
    return "prompt" if facts.schema == "none" else facts.schema
