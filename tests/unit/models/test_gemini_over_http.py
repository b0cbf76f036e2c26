"""The Gemini wire over sockets, against the provider simulator, as the Gemini API and as Vertex AI."""

import asyncio
from typing import Any

import pytest

from seatrial.core.answer import Answer
from seatrial.core.conversation import Message, ModelRequest, Tool
from seatrial.core.exchange import Attempt, Usage
from seatrial.core.parts import Image, Text, ToolCall, ToolResult
from seatrial.models.http import HttpTransport
from seatrial.models.provider import http_model
from seatrial.testing import ProviderServer, Reply

CALLS = Reply(
    text="so",
    reasoning="hm hm",
    tool_calls=(ToolCall("i", "f", '{"n":1}'), ToolCall("j", "f", '{"n":2}')),
    usage=Usage(30, 9, cache_read=10, reasoning=4),
)


def ask(
    server: ProviderServer, *requests: ModelRequest, provider: str = "gemini", **settings: Any
) -> list[tuple[Answer, Attempt]]:
    async def drain() -> list[tuple[Answer, Attempt]]:
        transport = HttpTransport()
        base_url = {"gemini": server.gemini_url, "vertex": server.url}[provider]
        if provider == "vertex":
            settings["options"] = {"region": "europe-west4", "project": "sea"}
        model = http_model(
            "m", f"{provider}/gemini-x", base_url=base_url, transport=lambda: transport, **{"key": "k"} | settings
        )
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


@pytest.mark.parametrize("provider", ["gemini", "vertex"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_conversation_with_tools_that_goes_back(stream: bool, provider: str) -> None:
    tools: dict[str, Any] = {"tools": (Tool("f", "does f"),), "stream": stream}
    asked = Message("user", (Text("look"), Image("image/png", b"\x89PNG")))
    with ProviderServer(answers=[CALLS, "done"], key="k") as server:
        ((answer, attempt),) = ask(server, ModelRequest((Message("system", "be"), asked), **tools), provider=provider)
        said = Message("assistant", answer.parts)
        results = [Message("tool", (ToolResult(call.id, "f", "42"),)) for call in answer.tool_calls]
        ((last, ended),) = ask(server, ModelRequest((asked, said, *results), **tools), provider=provider)
        sent = [call.json for call in server.calls]
    assert (answer.text, answer.reasoning) == ("so", "hm hm")
    assert [call.arguments for call in answer.tool_calls] == ['{"n":1}', '{"n":2}']
    assert (attempt.finish, attempt.usage, attempt.served_by) == ("tool_calls", CALLS.usage, "gemini-x")
    assert sent[0]["systemInstruction"] == {"parts": [{"text": "be"}]}
    assert [part for part in sent[1]["contents"][1]["parts"] if "functionCall" in part] == [
        part for part in sent[1]["contents"][1]["parts"] if "text" not in part
    ]
    assert len(sent[1]["contents"][2]["parts"]) == 2
    assert (last.text, ended.finish) == ("done", "stop")


def test_an_answer_held_to_a_schema() -> None:
    with ProviderServer(answers='{"n": 1}', key="k") as server:
        ((answer, attempt),) = ask(server, ModelRequest((Message("user", "x"),), schema={"type": "object"}))
    assert (answer.text, attempt.finish) == ('{"n": 1}', "stop")


@pytest.mark.parametrize("stream", [False, True])
def test_a_blocked_prompt(stream: bool) -> None:
    with ProviderServer(answers=Reply(finish="blocked"), key="k") as server:
        ((answer, attempt),) = ask(server, ModelRequest((Message("user", "x"),), stream=stream))
    assert (answer.text, attempt.finish, attempt.error) == ("", "content_filter", None)


def test_a_wrong_key_is_told_as_one() -> None:
    with ProviderServer(key="k") as server:
        ((_, attempt),) = ask(server, ModelRequest((Message("user", "x"),)), key="wrong", key_name="GEMINI_API_KEY")
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.error.status) == ("auth", 400)
    assert attempt.error.hint == "check the key in GEMINI_API_KEY"
