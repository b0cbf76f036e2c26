"""Every wire: what a whole answer says of itself, tools, and a caller who goes away."""

from __future__ import annotations

import asyncio

import pytest
from tests.conformance.conftest import Asker

from seatrial.core.conversation import Message, Tool
from seatrial.core.exchange import FinishReason, Usage
from seatrial.core.parts import Text, ToolCall, ToolResult

TOOLS = (
    Tool("tide", "When the water is high", {"type": "object", "properties": {"place": {"type": "string"}}}),
    Tool("moon"),
)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("asked", "finish", "text"),
    [
        ("hi", "stop", None),
        ("cut me short", "length", "this is where it"),
        ("something forbidden", "content_filter", ""),
    ],
)
def test_the_reason_an_answer_ended_is_the_same_on_every_wire(
    ask: Asker, asked: str, finish: FinishReason, text: str | None, stream: bool
) -> None:
    outcome = ask(asked=asked, stream=stream)
    assert outcome.attempt.error is None
    refuses = finish == "content_filter" and ask.provider == "anthropic"  # this wire has no other word for it
    assert outcome.attempt.finish == ("refused" if refuses else finish)
    assert text is None or outcome.text == text


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("faults", ["", "split", "split; into=utf8"])
def test_tool_calls_come_whole_and_in_order(ask: Asker, faults: str, stream: bool) -> None:
    outcome = ask(faults, "what is the tide", stream=stream, tools=TOOLS)
    assert outcome.attempt.finish == "tool_calls"
    assert outcome.attempt.usage == Usage(input_total=50, output_total=30)
    calls = [(call.name, call.arguments.replace(" ", "")) for call in outcome.answer.tool_calls]
    assert calls == [("tide", '{"place":"Elbe⚓","days":[1,2]}'), ("moon", "{}")]
    assert all(call.id for call in outcome.answer.tool_calls)
    assert len({call.id for call in outcome.answer.tool_calls}) == 2


def test_first_token_and_total_are_timed(ask: Asker) -> None:
    attempt = ask("slow-first-token; seconds=0.03, slow-tokens; seconds=0.001").attempt
    assert attempt.first_token_ms is not None
    assert 25 < attempt.first_token_ms < attempt.latency_ms


def test_an_answer_in_one_piece_has_no_first_token(ask: Asker) -> None:
    assert ask(stream=False).attempt.first_token_ms is None


def test_a_caller_who_goes_away_closes_the_socket(ask: Asker) -> None:
    if ask.server is None:
        pytest.skip("needs to see the server's side")
    before = len(ask.server.calls)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(ask.ask("endless; every=0.001", stream=True, stop_after=3))
    ask.server.wait_idle(before + 1)
    assert ask.server.calls[-1].client_closed


def test_a_call_that_is_cancelled_before_its_answer_closes_the_socket(ask: Asker) -> None:
    if ask.server is None:
        pytest.skip("needs to see the server's side")

    server, before = ask.server, len(ask.server.calls)

    async def give_up() -> None:
        asking = asyncio.create_task(ask.ask("hang", stream=False))
        while len(server.calls) == before and not asking.done():  # noqa: ASYNC110 - the server lives in another thread
            await asyncio.sleep(0.005)
        asking.cancel()
        await asking

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(give_up())
    server.wait_idle(before + 1)
    assert server.calls[-1].client_closed


def test_a_tool_result_and_the_call_it_answers_go_back(ask: Asker) -> None:
    call = ToolCall("call_a", "tide", '{"place":"x"}')
    messages = (
        Message("user", "when is high water?"),
        Message("assistant", (Text("let me see"), call)),
        Message("tool", (ToolResult("call_a", "tide", "at six"),)),
    )
    outcome = ask(stream=True, tools=TOOLS, messages=messages)
    assert outcome.attempt.error is None
