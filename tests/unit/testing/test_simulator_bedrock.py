"""The simulator's Converse wire, as AWS's own client reads it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from botocore.config import Config
from botocore.eventstream import ChecksumMismatch, EventStreamBuffer
from botocore.exceptions import ClientError, EventStreamError
from botocore.session import Session
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.exchange import FinishReason, Usage
from seatrial.core.parts import File, Image, ToolCall
from seatrial.models.aws_account import AccessKey
from seatrial.testing import Asked, Fault, ProviderServer, Reply

ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.some.model-v1:0"
ASKED = [{"role": "user", "content": [{"text": "one two three"}]}]
BODY = {"messages": ASKED}
PATH = "/model/m/converse"
USAGE = Usage(input_total=30, output_total=12, cache_read=20, cache_write=4)
CALLED = Reply(
    text="let me see",
    reasoning="I should look",
    tool_calls=(ToolCall("c1", "find", '{"q": "münchen"}'), ToolCall("c2", "now", "{}")),
)
SPLITS = st.one_of(
    st.sampled_from(["fine", "split", "split; into=utf8", "split; into=events", "comments", "line-ends", "odd-event"]),
    st.integers(1, 50).map(lambda size: f"split; into={size}"),
    st.integers(0, 2000).map(lambda place: f"split-at; place={place}; seconds=0"),
)


@pytest.fixture(scope="module")
def session() -> Session:
    session = Session()
    session.set_credentials("AKID", "s3cret/with+signs")
    return session


@pytest.fixture
def client(session: Session) -> Iterator[Callable[..., Any]]:
    """Makes clients of a server, which ask once and sign."""
    made: list[Any] = []

    def make(server: ProviderServer, service: str = "bedrock-runtime") -> Any:
        once = Config(retries={"total_max_attempts": 1, "mode": "standard"})
        made.append(
            session.create_client(service, region_name="us-east-1", endpoint_url=server.bedrock_url, config=once)
        )
        return made[-1]

    yield make
    for each in made:
        each.close()


@contextmanager
def streaming(client: Any) -> Iterator[Iterator[dict[str, Any]]]:
    """The events of an answer that will not be read to its end."""
    with closing(client.converse_stream(modelId="m", messages=ASKED)["stream"]) as stream:
        yield iter(stream)


@pytest.fixture(scope="module")
def echo() -> Iterator[ProviderServer]:
    with ProviderServer() as server:
        yield server


def joined(stream: Any) -> dict[str, Any]:
    """What a stream says, in the shape of an answer in one piece."""
    blocks: dict[int, dict[str, Any]] = {}
    answer: dict[str, Any] = {}
    for event in stream:
        ((name, said),) = event.items()
        if name == "contentBlockStart":
            blocks[said["contentBlockIndex"]] = {"toolUse": {**said["start"]["toolUse"], "input": ""}}
        elif name == "contentBlockDelta":
            _add(blocks.setdefault(said["contentBlockIndex"], {}), said["delta"])
        elif name in ("messageStop", "metadata"):
            answer.update(said)
    for block in blocks.values():
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"])
    return {"output": {"message": {"role": "assistant", "content": list(blocks.values())}}, **answer}


def _add(block: dict[str, Any], delta: dict[str, Any]) -> None:
    if "text" in delta:
        block["text"] = block.get("text", "") + delta["text"]
    elif "toolUse" in delta:
        block["toolUse"]["input"] += delta["toolUse"]["input"]
    else:
        thought = block.setdefault("reasoningContent", {"reasoningText": {}})["reasoningText"]
        for key, text in delta["reasoningContent"].items():
            thought[key] = thought.get(key, "") + text


def both(client: Any, **asked: Any) -> dict[str, Any]:
    """The answer in one piece; the streamed one is the same."""
    whole = client.converse(modelId=ARN, messages=ASKED, **asked)
    streamed = joined(client.converse_stream(modelId=ARN, messages=ASKED, **asked)["stream"])
    del whole["ResponseMetadata"]
    assert streamed == whole
    return whole


def test_the_client_of_aws_reads_an_answer_of_every_part(client: Any) -> None:
    with ProviderServer(answers=CALLED) as server:
        answer = both(client(server))
        assert [call.model for call in server.calls] == [ARN, ARN]
    thought, text, *calls = answer["output"]["message"]["content"]
    assert thought["reasoningContent"]["reasoningText"]["text"] == "I should look"
    assert thought["reasoningContent"]["reasoningText"]["signature"]
    assert text == {"text": "let me see"}
    assert [call["toolUse"] for call in calls] == [
        {"toolUseId": "c1", "name": "find", "input": {"q": "münchen"}},
        {"toolUseId": "c2", "name": "now", "input": {}},
    ]
    assert answer["stopReason"] == "tool_use"


@pytest.mark.parametrize(
    ("finish", "said"),
    [
        ("stop", "end_turn"),
        ("length", "max_tokens"),
        ("content_filter", "content_filtered"),
        ("refused", "content_filtered"),
        ("blocked", "guardrail_intervened"),
    ],
)
def test_it_says_why_it_ended_and_what_it_used(finish: FinishReason, said: str, client: Any) -> None:
    with ProviderServer(answers=Reply(text="no", finish=finish, usage=USAGE, model="routed")) as server:
        answer = both(client(server))
    assert answer["stopReason"] == said
    assert answer["usage"] == {
        "inputTokens": 6,
        "outputTokens": 12,
        "totalTokens": 42,
        "cacheReadInputTokens": 20,
        "cacheWriteInputTokens": 4,
    }
    assert answer["trace"]["promptRouter"]["invokedModelId"] == "routed"


def test_a_tool_that_must_be_called_is_called_and_a_schema_kept_to(echo: ProviderServer, client: Any) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    tools = [{"toolSpec": {"name": "f", "inputSchema": {"json": schema}}}, {"cachePoint": {"type": "default"}}]
    for choice in ({"any": {}}, {"tool": {"name": "f"}}):
        config = {"tools": tools, "toolChoice": choice}
        (block,) = both(client(echo), toolConfig=config)["output"]["message"]["content"]
        assert (block["toolUse"]["name"], block["toolUse"]["input"]) == ("f", {"n": 0})
    form = {"type": "json_schema", "structure": {"jsonSchema": {"name": "a", "schema": json.dumps(schema)}}}
    (block,) = both(client(echo), outputConfig={"textFormat": form})["output"]["message"]["content"]
    assert json.loads(block["text"]) == {"n": 0}
    assert both(client(echo), inferenceConfig={"maxTokens": 2})["stopReason"] == "max_tokens"


def test_what_the_client_of_aws_asks_is_read_whole(client: Any) -> None:
    seen: list[Asked] = []

    def answer(asked: Asked) -> str:
        seen.append(asked)
        return "ok"

    messages: list[Any] = [
        {
            "role": "user",
            "content": [
                {"text": "look"},
                {"image": {"format": "png", "source": {"bytes": b"png"}}},
                {"document": {"format": "pdf", "name": "d", "source": {"s3Location": {"uri": "s3://b/d.pdf"}}}},
                {"cachePoint": {"type": "default"}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
                {"toolUse": {"toolUseId": "c", "name": "f", "input": {"a": 1}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "toolResult": {
                        "toolUseId": "c",
                        "content": [{"text": "four"}, {"json": {"n": 4}}],
                        "status": "error",
                    }
                },
                {"text": "so?"},
            ],
        },
    ]
    tools = {"tools": [{"toolSpec": {"name": "f", "description": "d", "inputSchema": {"json": {}}}}]}
    with ProviderServer(answers=answer) as server:
        client(server).converse(modelId="m", system=[{"text": "Be short."}], messages=messages, toolConfig=tools)
    (asked,) = seen
    assert [message.role for message in asked.messages] == ["system", "user", "assistant", "tool", "user"]
    _, image, document = asked.messages[1].content
    assert image == Image(media_type="image/png", data=b"png")
    assert document == File(media_type="application/pdf", url="s3://b/d.pdf")
    assert asked.messages[2].content[1] == ToolCall("c", "f", '{"a":1}')
    (result,) = asked.messages[3].content
    assert (result.id, result.text, result.is_error) == ("c", 'four{"n":4}', True)
    assert (asked.text, asked.tools[0].description) == ("so?", "d")


@given(text=st.text(max_size=60), split=SPLITS)
def test_any_text_streamed_in_any_pieces_arrives_whole(text: str, split: str, echo: ProviderServer, ask: Any) -> None:
    asked = {"messages": [{"role": "user", "content": [{"text": text}]}]}
    received = ask(f"{echo.url}{PATH}-stream", asked, x_simulate=split)
    assert received.headers["content-type"] == "application/vnd.amazon.eventstream"
    buffer = EventStreamBuffer()
    for chunk in received.chunks:
        buffer.add_data(chunk)
    deltas = [
        json.loads(event.payload)["delta"]["text"]
        for event in buffer
        if event.headers[":event-type"] == "contentBlockDelta"
    ]
    assert "".join(deltas) == text
    whole = ask(echo.url + PATH, asked).json["output"]["message"]["content"]
    assert "".join(block["text"] for block in whole) == text


# What goes wrong.


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "ValidationException"),
        (403, "AccessDeniedException"),
        (404, "ResourceNotFoundException"),
        (408, "ModelTimeoutException"),
        (429, "ThrottlingException"),
        (500, "InternalServerException"),
        (503, "ServiceUnavailableException"),
        (529, "InternalServerException"),
    ],
)
def test_a_refusal_is_the_exception_of_its_status(status: int, name: str, client: Any) -> None:
    with ProviderServer(faults=[Fault(str(status), message="because")]) as server, pytest.raises(ClientError) as caught:
        client(server).converse(modelId="m", messages=ASKED)
    assert type(caught.value).__name__ == name
    assert caught.value.response["Error"] == {"Code": name, "Message": "because"}
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "validationException"),
        (424, "modelStreamErrorException"),
        (429, "throttlingException"),
        (500, "internalServerException"),
        (503, "serviceUnavailableException"),
        (404, "validationException"),
        (529, "internalServerException"),
    ],
)
def test_an_error_inside_a_stream_is_an_exception_event(status: int, name: str, client: Any) -> None:
    faults = [Fault("error-event", after=2, status=status, message="because")]
    with ProviderServer(faults=faults) as server, streaming(client(server)) as stream:
        said = [next(stream) for _ in range(3)]
        with pytest.raises(EventStreamError) as caught:
            next(stream)
    assert [event["contentBlockDelta"]["delta"]["text"] for event in said[1:]] == ["one ", "two "]
    assert caught.value.response["Error"] == {"Code": name, "Message": "because"}


def test_an_error_in_the_place_of_an_answer_says_what_it_is(echo: ProviderServer, ask: Any) -> None:
    received = ask(echo.url + PATH, BODY, x_simulate="error-event; status=429; message=slower")
    assert (received.status, received.json) == (200, {"__type": "ThrottlingException", "message": "slower"})


def test_a_malformed_event_has_a_wrong_checksum(client: Any) -> None:
    with ProviderServer(faults=[Fault("malformed", after=2)]) as server, streaming(client(server)) as stream:
        assert [next(stream) for _ in range(3)][-1]["contentBlockDelta"]["delta"]["text"] == "two "
        with pytest.raises(ChecksumMismatch):
            next(stream)


def events_of(received: Any) -> tuple[list[str], int]:
    """The types of the events that came whole, and the bytes that follow them."""
    buffer, size = EventStreamBuffer(), 0
    buffer.add_data(received.body)
    names: list[str] = []
    for event in buffer:
        names.append(event.headers[":event-type"])
        size += event.prelude.total_length
    return names, len(received.body) - size


@pytest.mark.parametrize("inside", [0, 1, 11, 12, 60, 10_000])
@pytest.mark.parametrize(("kind", "error"), [("cut", "cut"), ("reset-inside", "cut"), ("short", None)])
def test_a_stream_may_end_inside_an_event(
    kind: str, error: str | None, inside: int, echo: ProviderServer, ask: Any
) -> None:
    received = ask(f"{echo.url}{PATH}-stream", BODY, x_simulate=f"{kind}; after=2; inside={inside}")
    assert (received.error.kind if received.error else None) == error
    names, rest = events_of(received)
    assert names == ["messageStart", "contentBlockDelta", "contentBlockDelta"]
    assert rest == inside or (inside == 10_000 and rest > 60)  # never all of it


def test_what_a_stream_may_lack(echo: ProviderServer, ask: Any) -> None:
    def names(fault: str) -> list[str]:
        return events_of(ask(f"{echo.url}{PATH}-stream", BODY, x_simulate=fault))[0]

    said = ["messageStart", *["contentBlockDelta"] * 3, "contentBlockStop"]
    assert names("fine") == names("no-done") == [*said, "messageStop", "metadata"]
    assert names("no-usage") == [*said, "messageStop"]
    assert "simulated" in names("odd-event")
    assert "stopReason" not in ask(echo.url + PATH, BODY, x_simulate="no-finish").json
    assert "usage" not in ask(echo.url + PATH, BODY, x_simulate="no-usage").json
    plain = ask(f"{echo.url}{PATH}-stream", BODY, x_simulate="not-streamed")
    assert plain.json["output"]["message"]["content"] == [{"text": "one two three"}]


# Keys, models, paths.


def test_a_signature_is_checked(session: Session, client: Any) -> None:
    secret = session.get_credentials().secret_key
    with ProviderServer(key=secret, models=["m"]) as server:
        listed = client(server, "bedrock").list_foundation_models(byProvider="some one/else")
        assert [model["modelId"] for model in listed["modelSummaries"]] == ["m"]
        assert client(server).converse(modelId="m", messages=ASKED)["stopReason"] == "end_turn"
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            client(server).converse(modelId="n", messages=ASKED)
    with ProviderServer(key="another") as server, pytest.raises(ClientError, match="InvalidSignatureException"):
        client(server).converse(modelId="m", messages=ASKED)


SCOPE = "AWS4-HMAC-SHA256 Credential=AKID/20260101/r/bedrock/aws4_request"


@pytest.mark.parametrize(
    ("headers", "kind", "said"),
    [
        ({}, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        ({"authorization": "Bearer no"}, "AccessDeniedException", "make sure your API Key is valid"),
        ({"authorization": "k"}, "AccessDeniedException", "make sure your API Key is valid"),
        ({"authorization": SCOPE}, "IncompleteSignatureException", "requires"),
        ({"authorization": f"{SCOPE}, SignedHeaders=host, Signature=0"}, "InvalidSignatureException", "does not match"),
        (
            {"authorization": f"{SCOPE}, SignedHeaders=host, Signature=0", "x_amz_date": "noon"},
            "InvalidSignatureException",
            "does not match",
        ),
    ],
)
def test_who_has_no_key_is_told_so_as_aws_does(headers: dict[str, str], kind: str, said: str, ask: Any) -> None:
    with ProviderServer(key="k") as server:
        refused = ask(server.url + PATH, BODY, **headers)
    assert (refused.status, refused.headers["x-amzn-errortype"]) == (403, kind)
    assert said in refused.json["message"]


def test_an_api_key_and_a_key_that_expires_will_do(ask: Any) -> None:
    with ProviderServer(key="k") as server:
        assert ask(server.url + PATH, BODY, authorization="Bearer k").status == 200
        body = json.dumps(BODY).encode()
        signer = AccessKey("AKID", "k", "token", region="r")
        signed = dict(signer.signed("POST", server.url + PATH, (), body))
        named = {name.replace("-", "_"): value for name, value in signed.items()}
        assert ask(server.url + PATH, body, **named).status == 200
        assert ask(server.url + PATH, body, **{**named, "x_amz_security_token": "other"}).status == 403
        assert ask(server.url + PATH, body + b" ", **named).status == 403


@pytest.mark.parametrize(
    ("path", "body", "status", "kind", "said"),
    [
        (PATH, b"{", 400, "ValidationException", "not valid JSON"),
        (PATH, {"messages": "hi"}, 400, "ValidationException", "$.messages"),
        (PATH, {"messages": []}, 400, "ValidationException", "must start with a user message"),
        (PATH, {"messages": [*ASKED, *ASKED]}, 400, "ValidationException", "must alternate"),
        (PATH, {"messages": [{"role": "user", "content": [{"video": {}}]}]}, 400, "ValidationException", "video"),
        (PATH, {"messages": [*ASKED, {"role": "robot", "content": []}]}, 400, "ValidationException", "robot"),
        (
            PATH,
            {"messages": [{"role": "user", "content": [{"toolResult": {"toolUseId": "c", "content": []}}]}]},
            400,
            "ValidationException",
            "toolConfig field must be defined",
        ),
        ("/model/m/sing", {}, 404, "UnknownOperationException", "/model/m/sing"),
        ("/foundation-models", {}, 405, "ValidationException", "Not allowed to POST"),
    ],
)
def test_a_bad_request_is_refused(
    path: str, body: Any, status: int, kind: str, said: str, echo: ProviderServer, ask: Any
) -> None:
    refused = ask(echo.url + path, body)
    assert (refused.status, refused.headers["x-amzn-errortype"]) == (status, kind)
    assert said in refused.json["message"]


def test_arguments_that_are_not_json_have_no_place(ask: Any) -> None:
    with ProviderServer(answers=Reply(tool_calls=(ToolCall("c", "f", "{"),))) as server:
        refused = ask(server.url + PATH, BODY)
    assert (refused.status, "are not JSON" in refused.json["message"]) == (500, True)


def test_an_image_that_is_not_base64_is_refused(echo: ProviderServer, ask: Any) -> None:
    def image(data: str) -> Any:
        block = {"image": {"format": "png", "source": {"bytes": data}}}
        return {"messages": [{"role": "user", "content": [block]}]}

    assert ask(echo.url + PATH, image(base64.b64encode(b"png").decode())).status == 200
    assert ask(echo.url + PATH, image("~")).status == 400
