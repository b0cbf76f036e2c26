"""Reads what a model calls a tool with: the same reading as of an answer, by the schema of the tool's parameters."""

from __future__ import annotations

from seatrial.core.conversation import Tool
from seatrial.core.exchange import FinishReason
from seatrial.core.parts import ToolCall
from seatrial.structured.parse import Parsed, parse_output

_CALLED: frozenset[FinishReason] = frozenset({"stop", "tool_calls", "refused", "blocked"})


def parse_arguments(call: ToolCall, tool: Tool, finish_reason: FinishReason = "tool_calls") -> Parsed:
    """The arguments of a call as an object. No arguments are an empty object, which is how models and servers write a
    call of a tool without any; whether that fits, the tool's schema says. In an answer that was cut they are
    `truncated`. A call is no refusal, whatever the answer around it ended in. Raises SpecError for parameters that are
    no JSON Schema.
    """
    finish: FinishReason = "stop" if finish_reason in _CALLED else finish_reason
    if not call.arguments.strip():
        return parse_output("{}" if finish == "stop" else "", tool.parameters, finish)
    return parse_output(call.arguments, tool.parameters, finish)
