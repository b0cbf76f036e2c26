"""The arguments of a tool's call, read as an answer is."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.answer import Answer
from seatrial.core.conversation import Tool
from seatrial.core.events import ToolCallDelta
from seatrial.core.parts import ToolCall
from seatrial.structured.arguments import parse_arguments

TOOL = Tool("look_up", parameters={"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]})


@pytest.mark.parametrize(
    ("arguments", "tool", "outcome", "value"),
    [
        ('{"n": 1}', TOOL, "value", {"n": 1}),
        ("", Tool("now"), "value", {}),
        (" \n", Tool("now"), "value", {}),
        ("", TOOL, "invalid", None),
        ('{"n": "one"}', TOOL, "invalid", None),
        ('{"n": 1,}', TOOL, "value", {"n": 1}),
        ('"{\\"n\\": 1}"', TOOL, "value", {"n": 1}),
        ('{"n": 1', TOOL, "truncated", None),
        ('{"n": 1}{"n": 2}', TOOL, "ambiguous", None),
    ],
)
def test_arguments_are_read_by_the_parameters_of_the_tool(arguments: str, tool: Tool, outcome: str, value: Any) -> None:
    parsed = parse_arguments(ToolCall("1", tool.name, arguments), tool)
    assert (parsed.outcome, parsed.value) == (outcome, value)


@pytest.mark.parametrize("arguments", ["", '{"n": 1', "{"])
def test_the_arguments_of_a_cut_answer_are_truncated(arguments: str) -> None:
    parsed = parse_arguments(ToolCall("1", "look_up", arguments), TOOL, "length")
    assert parsed.outcome in ("truncated", "empty")
    assert parse_arguments(ToolCall("1", "look_up", '{"n": 1}'), TOOL, "length").value == {"n": 1}


@given(order=st.permutations([0] * 5 + [1] * 7))
def test_two_calls_whose_pieces_come_in_any_order_keep_their_own(order: list[int]) -> None:
    texts, answer, place = ['{"n": 1}', '{"n": 22}'], Answer(), [0, 0]
    cuts = {0: 5, 1: 7}
    for index in order:
        text, start = texts[index], place[index]
        end = len(text) if start == cuts[index] - 1 else start + 1
        answer.take(ToolCallDelta(index, f"id{index}" if not start else "", "look_up", text[start:end]))
        place[index] = start + 1
    assert [parse_arguments(call, TOOL).value for call in answer.tool_calls] == [{"n": 1}, {"n": 22}]
