"""The Anthropic wire over sockets, against the provider simulator."""

import asyncio
from typing import Any

import pytest

from seatrial.core.answer import Answer
from seatrial.core.conversation import Message, ModelRequest, Tool
from seatrial.core.exchange import Attempt, Usage
from seatrial.core.parts import Image, Reasoning, Text, ToolCall, ToolResult
from seatrial.models.http import HttpTransport
from seatrial.models.provider import http_model
from seatrial.testing import ProviderServer, Reply

CALLS = Reply(
    text="so",
    reasoning="hm hm",
    tool_calls=(ToolCall("i", "f", '{"n":1}'),),
    usage=Usage(30, 9, cache_read=10, cache_write=5, reasoning=4),
)


def ask(server: ProviderServer, *requests: ModelRequest) -> list[tuple[Answer, Attempt]]:
    async def drain() -> list[tuple[Answer, Attempt]]:
        transport = HttpTransport()
        model = http_model("m", "anthropic/claude-x", base_url=f"{server.url}/v1", key="k", transport=lambda: transport)
        found = []
        for request in requests:
            answer = Answer()
            events = [event async for event in model.stream(request)]
            for event in events:
                answer.take(event)
            found.append((answer, events[-1].attempt))
        await transport.aclose()
        return found

    return asyncio.run(drain())


@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_with_a_tool_and_reasoning_that_goes_back(stream: bool) -> None:
    first: dict[str, Any] = {"tools": (Tool("f", "does f"),), "stream": stream}
    asked = Message("user", (Text("look"), Image("image/png", b"\x89PNG")))
    with ProviderServer(answers=[CALLS, "done"], key="k") as server:
        ((answer, attempt),) = ask(server, ModelRequest((Message("system", "be"), asked), **first))
        said = Message("assistant", answer.parts)
        result = Message("tool", (ToolResult("i", "f", "42"),))
        ((last, ended),) = ask(server, ModelRequest((asked, said, result), **first))
        sent = server.calls[1].json
    assert (answer.text, answer.reasoning, answer.tool_calls) == ("so", "hm hm", CALLS.tool_calls)
    assert (attempt.finish, attempt.usage, attempt.served_by) == ("tool_calls", CALLS.usage, "claude-x")
    assert isinstance(answer.parts[0], Reasoning)
    assert [block["type"] for block in sent["messages"][1]["content"]] == ["thinking", "text", "tool_use"]
    assert (last.text, ended.finish) == ("done", "stop")


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}


def test_an_answer_held_to_a_schema() -> None:
    with ProviderServer(answers='{"n": 1}', key="k") as server:
        ((answer, attempt),) = ask(server, ModelRequest((Message("user", "x"),), schema=SCHEMA))
        assert server.calls[0].json["output_config"]["format"]["type"] == "json_schema"
    assert (answer.text, attempt.finish) == ('{"n": 1}', "stop")
