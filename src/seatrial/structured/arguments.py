"""Reads what a model calls a tool with: the same reading as of an answer, by the schema of the tool's parameters."""

from __future__ import annotations

from seatrial.core.conversation import Tool
from seatrial.core.parts import ToolCall
from seatrial.structured.parse import Parsed, parse_output


def parse_arguments(call: ToolCall, tool: Tool) -> Parsed:
    """The arguments of a call as an object. No arguments are an empty object, which is how models and servers write a
    call of a tool without any; whether that fits, the tool's schema says.
    """
    return parse_output(call.arguments if call.arguments.strip() else "{}", tool.parameters)
