"""What the simulator says on each wire, in the words of each provider."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.exchange import FinishReason, Usage
from seatrial.core.parts import ToolCall
from seatrial.testing import Asked, ProviderServer, Reply

GEMINI = "/v1beta/models/m"
VERTEX = "/v1/projects/p/locations/l/publishers/google/models/m"
AZURE = "/openai/deployments/m/chat/completions?api-version=2024-10-21"
VERSION = {"anthropic_version": "2023-06-01"}
USAGE = Usage(input_total=30, output_total=12, cache_read=20, cache_write=4, reasoning=5)


def openai_body(text: str = "hi", **more: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


def anthropic_body(text: str = "hi", **more: Any) -> dict[str, Any]:
    return {**openai_body(text), "max_tokens": 100_000, **more}


def gemini_body(text: str = "hi", **more: Any) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": text}]}], **more}


@pytest.fixture
def speaking() -> Iterator[Callable[[Any], ProviderServer]]:
    """Starts a server that says this."""
    started: list[ProviderServer] = []

    def start(answers: Any) -> ProviderServer:
        started.append(ProviderServer(answers=answers).__enter__())
        return started[-1]

    yield start
    for server in started:
        server.__exit__(None, None, None)


@pytest.fixture(scope="module")
def echo() -> Iterator[ProviderServer]:
    with ProviderServer() as server:
        yield server


def openai_text(received: Any) -> str:
    chunks = [event for event in received.events if event != "[DONE]"]
    return "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])


def anthropic_text(received: Any) -> str:
    return "".join(each["delta"].get("text", "") for each in received.events if each["type"] == "content_block_delta")


def gemini_text(received: Any, events: list[Any] | None = None) -> str:
    found = received.events if events is None else events
    return "".join(part["text"] for event in found for part in event["candidates"][0]["content"]["parts"])


STREAMS: dict[str, tuple[str, Callable[..., dict[str, Any]], Callable[..., str]]] = {
    "openai": ("/v1/chat/completions", lambda text: openai_body(text, stream=True), openai_text),
    "azure": (AZURE, lambda text: openai_body(text, stream=True), openai_text),
    "anthropic": ("/v1/messages", lambda text: anthropic_body(text, stream=True), anthropic_text),
    "gemini": (f"{GEMINI}:streamGenerateContent?alt=sse", gemini_body, gemini_text),
    "vertex": (f"{VERTEX}:streamGenerateContent?alt=sse", gemini_body, gemini_text),
}
SPLITS = st.one_of(
    st.sampled_from(["fine", "split", "split; into=utf8", "split; into=events", "line-ends", "line-ends; style=cr"]),
    st.integers(1, 50).map(lambda size: f"split; into={size}"),
    st.integers(0, 2000).map(lambda place: f"split-at; place={place}; seconds=0"),
    st.just("comments, split"),
)


@pytest.mark.parametrize("wire", STREAMS)
@given(text=st.text(max_size=60), split=SPLITS)
def test_any_text_streamed_in_any_pieces_arrives_whole(
    wire: str, text: str, split: str, echo: ProviderServer, ask: Any
) -> None:
    path, body, read = STREAMS[wire]
    received = ask(echo.url + path, body(text), x_simulate=split, **VERSION)
    assert (received.status, received.error) == (200, None)
    assert read(received) == text


@given(text=st.text(max_size=60))
def test_any_text_arrives_whole_in_a_json_array_and_in_one_piece(text: str, echo: ProviderServer, ask: Any) -> None:
    array = ask(f"{echo.url}{GEMINI}:streamGenerateContent", gemini_body(text))
    assert array.headers["content-type"] == "application/json"
    assert gemini_text(None, array.json) == text
    assert (
        ask(f"{echo.openai_url}/chat/completions", openai_body(text)).json["choices"][0]["message"]["content"] == text
    )
    blocks = ask(f"{echo.url}/v1/messages", anthropic_body(text), **VERSION).json["content"]
    assert "".join(block["text"] for block in blocks) == text


FINISHES: dict[FinishReason, tuple[str, str, str]] = {
    "stop": ("stop", "end_turn", "STOP"),
    "length": ("length", "max_tokens", "MAX_TOKENS"),
    "tool_calls": ("tool_calls", "tool_use", "STOP"),
    "content_filter": ("content_filter", "refusal", "SAFETY"),
    "refused": ("stop", "refusal", "PROHIBITED_CONTENT"),
}


@pytest.mark.parametrize("finish", FINISHES)
def test_each_wire_says_why_it_ended_in_its_own_words(finish: FinishReason, speaking: Any, ask: Any) -> None:
    server = speaking(Reply(text="no", finish=finish))
    plain = ask(f"{server.openai_url}/chat/completions", openai_body()).json["choices"][0]
    streamed = ask(f"{server.openai_url}/chat/completions", openai_body(stream=True)).events[-2]["choices"][0]
    message = ask(f"{server.url}/v1/messages", anthropic_body(), **VERSION).json
    events = ask(f"{server.url}/v1/messages", anthropic_body(stream=True), **VERSION).events
    candidate = ask(f"{server.url}{GEMINI}:generateContent", gemini_body()).json["candidates"][0]
    assert plain["finish_reason"] == streamed["finish_reason"] == FINISHES[finish][0]
    assert message["stop_reason"] == events[-2]["delta"]["stop_reason"] == FINISHES[finish][1]
    assert candidate["finishReason"] == FINISHES[finish][2]
    assert plain["message"]["refusal"] == ("no" if finish == "refused" else None)


def test_a_blocked_prompt_has_no_candidate_on_gemini_and_is_an_error_on_azure(speaking: Any, ask: Any) -> None:
    server = speaking(Reply(finish="blocked"))
    assert ask(f"{server.url}{GEMINI}:generateContent", gemini_body()).json["promptFeedback"] == {
        "blockReason": "SAFETY"
    }
    for stream in (False, True):
        refused = ask(server.url + AZURE, openai_body(stream=stream))
        assert refused.status == 400
        assert refused.json["error"]["code"] == "content_filter"
        assert refused.json["error"]["innererror"]["code"] == "ResponsibleAIPolicyViolation"


@pytest.mark.parametrize("finish", ["error", "cancelled"])
def test_an_answer_that_is_none_is_an_error_of_the_server(finish: FinishReason, speaking: Any, ask: Any) -> None:
    assert ask(f"{speaking(Reply(finish=finish)).openai_url}/chat/completions").status == 500


def test_each_wire_counts_cached_and_reasoning_tokens_in_its_own_way(speaking: Any, ask: Any) -> None:
    server = speaking(Reply(text="hm", usage=USAGE))
    openai = ask(f"{server.openai_url}/chat/completions", openai_body()).json["usage"]
    assert openai == {
        "prompt_tokens": 30,
        "completion_tokens": 12,
        "total_tokens": 42,
        "prompt_tokens_details": {"cached_tokens": 20, "cache_write_tokens": 4},
        "completion_tokens_details": {"reasoning_tokens": 5},
    }
    anthropic = ask(f"{server.url}/v1/messages", anthropic_body(), **VERSION).json["usage"]
    assert anthropic == {
        "input_tokens": 6,
        "cache_creation_input_tokens": 4,
        "cache_read_input_tokens": 20,
        "output_tokens": 12,
        "output_tokens_details": {"thinking_tokens": 5},
    }
    gemini = ask(f"{server.url}{GEMINI}:generateContent", gemini_body()).json["usageMetadata"]
    assert gemini == {
        "promptTokenCount": 30,
        "cachedContentTokenCount": 20,
        "candidatesTokenCount": 7,
        "thoughtsTokenCount": 5,
        "totalTokenCount": 42,
    }


def test_a_stream_has_usage_where_its_wire_has_it(speaking: Any, ask: Any) -> None:
    server = speaking(Reply(text="a b", usage=USAGE))
    url = f"{server.openai_url}/chat/completions"
    asked = ask(url, openai_body(stream=True, stream_options={"include_usage": True})).events
    assert asked[-2]["choices"] == []
    assert asked[-2]["usage"]["prompt_tokens"] == 30
    assert all("usage" not in event for event in ask(url, openai_body(stream=True)).events[:-1])
    events = ask(f"{server.url}/v1/messages", anthropic_body(stream=True), **VERSION).events
    assert events[0]["message"]["usage"]["input_tokens"] == 6
    assert events[-2]["usage"]["output_tokens"] == 12
    chunks = ask(f"{server.url}{GEMINI}:streamGenerateContent?alt=sse", gemini_body()).events
    assert [chunk["usageMetadata"]["totalTokenCount"] for chunk in chunks] == [30, 30, 42]


CALLED = Reply(
    text="let me see",
    reasoning="I should look",
    tool_calls=(ToolCall("c1", "find", '{"q": "münchen"}'), ToolCall("c2", "now", "{}")),
)


def test_tool_calls_and_reasoning_on_the_openai_wire(speaking: Any, ask: Any) -> None:
    url = f"{speaking(CALLED).openai_url}/chat/completions"
    message = ask(url, openai_body()).json["choices"][0]["message"]
    assert message["reasoning_content"] == "I should look"
    assert message["tool_calls"][0] == {
        "id": "c1",
        "type": "function",
        "function": {"name": "find", "arguments": '{"q": "münchen"}'},
    }
    deltas = [event["choices"][0]["delta"] for event in ask(url, openai_body(stream=True)).events[:-1]]
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == "I should look"
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    assert "".join(call["function"]["arguments"] for call in calls if call["index"] == 0) == '{"q": "münchen"}'
    assert [call["function"]["name"] for call in calls if "id" in call] == ["find", "now"]


def test_tool_calls_and_reasoning_on_the_anthropic_wire(speaking: Any, ask: Any) -> None:
    url = f"{speaking(CALLED).url}/v1/messages"
    blocks = ask(url, anthropic_body(), **VERSION).json["content"]
    assert [block["type"] for block in blocks] == ["thinking", "text", "tool_use", "tool_use"]
    assert blocks[0]["signature"]
    assert blocks[2] == {"type": "tool_use", "id": "c1", "name": "find", "input": {"q": "münchen"}}
    events = ask(url, anthropic_body(stream=True), **VERSION).events
    assert events[0]["type"] == "message_start"
    assert events[1] == {"type": "ping"}
    started = [event["content_block"]["type"] for event in events if event["type"] == "content_block_start"]
    assert started == [block["type"] for block in blocks]
    for index in (2, 3):
        deltas = [each["delta"] for each in events if each.get("index") == index and "delta" in each]
        assert json.loads("".join(delta["partial_json"] for delta in deltas)) == blocks[index]["input"]
    signed = [
        event["delta"]["signature"] for event in events if event.get("delta", {}).get("type") == "signature_delta"
    ]
    assert signed == [blocks[0]["signature"]]
    assert [event["index"] for event in events if event["type"] == "content_block_stop"] == [0, 1, 2, 3]


def test_tool_calls_and_reasoning_on_the_gemini_wire(speaking: Any, ask: Any) -> None:
    url = f"{speaking(CALLED).url}{GEMINI}"
    whole = ask(f"{url}:generateContent", gemini_body()).json["candidates"][0]["content"]["parts"]
    assert whole[0] == {"text": "I should look", "thought": True}
    assert whole[2]["functionCall"] == {"id": "c1", "name": "find", "args": {"q": "münchen"}}
    assert whole[2]["thoughtSignature"]
    events = ask(f"{url}:streamGenerateContent?alt=sse", gemini_body()).events
    parts = [part for event in events for part in event["candidates"][0]["content"]["parts"]]
    assert [part["functionCall"]["name"] for part in parts if "functionCall" in part] == ["find", "now"]
    assert "".join(part["text"] for part in parts if part.get("thought")) == "I should look"


def test_azure_says_what_its_filter_found(echo: ProviderServer, ask: Any) -> None:
    first = ask(echo.url + AZURE, openai_body(stream=True)).events[0]
    assert first["choices"] == []
    assert first["prompt_filter_results"][0]["content_filter_results"]["hate"]["severity"] == "safe"
    assert "content_filter_results" in ask(echo.url + AZURE, openai_body()).json["choices"][0]


def test_logprobs_come_where_they_are_asked_for(echo: ProviderServer, ask: Any) -> None:
    choice = ask(f"{echo.openai_url}/chat/completions", openai_body("a bé", logprobs=True)).json["choices"][0]
    assert [each["token"] for each in choice["logprobs"]["content"]] == ["a ", "bé"]
    assert choice["logprobs"]["content"][1]["bytes"] == list("bé".encode())
    body = gemini_body("a bé", generationConfig={"responseLogprobs": True})
    whole = ask(f"{echo.url}{GEMINI}:generateContent", body).json["candidates"]
    parts = [event["candidates"] for event in ask(f"{echo.url}{GEMINI}:streamGenerateContent?alt=sse", body).events[:2]]
    for (candidate,) in (whole, *parts):
        chosen = candidate["logprobsResult"]["chosenCandidates"]
        assert "".join(each["token"] for each in chosen) == candidate["content"]["parts"][0]["text"]


@pytest.mark.parametrize("packed", [False, True])
def test_openai_embeddings_are_of_length_one_and_near_for_like_texts(
    packed: bool, echo: ProviderServer, ask: Any
) -> None:
    body = {"model": "e", "input": ["red ship", "red ship at sea", "tax form"], "dimensions": 100}
    if packed:
        body["encoding_format"] = "base64"
    answer = ask(f"{echo.openai_url}/embeddings", body).json
    vectors = [each["embedding"] for each in answer["data"]]
    if packed:
        vectors = [struct.unpack("<100f", base64.b64decode(vector)) for vector in vectors]

    def near(a: int, b: int) -> float:
        return sum(x * y for x, y in zip(vectors[a], vectors[b], strict=True))

    assert near(0, 0) == pytest.approx(1, abs=1e-3)
    assert near(0, 1) > near(0, 2) + 0.2
    assert answer["usage"] == {"prompt_tokens": 8, "total_tokens": 8}


@pytest.mark.parametrize(("given", "count"), [("one text", 1), ([1, 2], 1), ([[1], [2, 3]], 2), (["a", "b"], 2)])
def test_openai_embeddings_take_text_and_tokens(given: Any, count: int, echo: ProviderServer, ask: Any) -> None:
    assert len(ask(f"{echo.openai_url}/embeddings", {"model": "e", "input": given}).json["data"]) == count


def test_gemini_and_vertex_embed_too(echo: ProviderServer, ask: Any) -> None:
    content = {"parts": [{"text": "red ship"}]}
    one = ask(f"{echo.url}{GEMINI}:embedContent", {"content": content, "outputDimensionality": 8}).json
    many = ask(
        f"{echo.url}{GEMINI}:batchEmbedContents", {"requests": [{"content": content, "outputDimensionality": 8}]}
    )
    instances = {"instances": [{"content": "red ship"}], "parameters": {"outputDimensionality": 8}}
    predicted = ask(f"{echo.url}{VERTEX}:predict", instances).json["predictions"][0]["embeddings"]
    assert many.json["embeddings"] == [one["embedding"]]
    assert predicted == {"values": one["embedding"]["values"], "statistics": {"token_count": 2, "truncated": False}}


def test_moderation_flags_a_text_that_names_a_category(echo: ProviderServer, ask: Any) -> None:
    results = ask(f"{echo.openai_url}/moderations", {"input": ["good day", "such violence"]}).json["results"]
    assert [result["flagged"] for result in results] == [False, True]
    assert results[1]["categories"]["violence"]
    assert not results[1]["categories"]["hate"]


def test_models_and_health(ask: Any) -> None:
    with ProviderServer(models=["small", "large"]) as server:
        openai = ask(f"{server.openai_url}/models", method="GET").json
        anthropic = ask(f"{server.url}/v1/models", method="GET", **VERSION).json
        gemini = ask(f"{server.gemini_url}/models", method="GET").json
        health = ask(f"{server.url}/health", method="GET")
    assert [each["id"] for each in openai["data"]] == [each["id"] for each in anthropic["data"]] == ["small", "large"]
    assert [each["name"] for each in gemini["models"]] == ["models/small", "models/large"]
    assert (health.status, health.json) == (200, {"status": "ok"})


def test_what_is_asked_is_read_the_same_from_every_wire(ask: Any) -> None:
    seen: list[Asked] = []

    def answer(asked: Asked) -> str:
        seen.append(asked)
        return "ok"

    schema = {"type": "object"}
    tool = {"name": "find", "description": "finds", "parameters": schema}
    with ProviderServer(answers=answer) as server:
        ask(
            f"{server.openai_url}/chat/completions",
            {
                "model": "m",
                "messages": [
                    {"role": "system", "content": "be kind"},
                    {"role": "user", "content": "find it"},
                    {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "find", "arguments": "{}"}}]},
                    {"role": "tool", "tool_call_id": "c", "name": "find", "content": "found"},
                ],
                "tools": [{"type": "function", "function": tool}],
                "max_completion_tokens": 9,
                "temperature": 0.5,
            },
        )
        ask(
            f"{server.url}/v1/messages",
            {
                "model": "m",
                "max_tokens": 9,
                "temperature": 0.5,
                "system": [{"type": "text", "text": "be kind"}],
                "messages": [
                    {"role": "user", "content": [{"type": "text", "text": "find it"}]},
                    {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "find", "input": {}}]},
                    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "found"}]},
                ],
                "tools": [{"name": "find", "description": "finds", "input_schema": schema}],
            },
            **VERSION,
        )
        ask(
            f"{server.url}{GEMINI}:generateContent",
            {
                "system_instruction": {"parts": [{"text": "be kind"}]},
                "contents": [
                    {"role": "user", "parts": [{"text": "find it"}]},
                    {"role": "model", "parts": [{"functionCall": {"id": "c", "name": "find", "args": {}}}]},
                    {"role": "user", "parts": [{"functionResponse": {"id": "c", "name": "find", "response": "found"}}]},
                ],
                "tools": [{"functionDeclarations": [tool]}],
                "generationConfig": {"maxOutputTokens": 9, "temperature": 0.5},
            },
        )
    assert [asked.wire for asked in seen] == ["openai", "anthropic", "gemini"]
    for asked in seen:
        assert (asked.model, asked.most, asked.text) == ("m", 9, "find it")
        assert [message.role for message in asked.messages] == ["system", "user", "assistant", "tool"]
        assert asked.messages[0].content == "be kind"
        assert asked.messages[2].content == (ToolCall("c", "find", "{}"),)
        assert asked.tools[0].name == "find"
        assert asked.tools[0].parameters == schema
