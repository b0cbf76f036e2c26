"""A model of Bedrock in feature.yaml: its region and its account, from the line or the environment."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import SpecError
from seatrial.core.events import AttemptEnded
from seatrial.core.shapes import Model
from seatrial.feature import assemble as assembling
from seatrial.feature.feature import load
from seatrial.feature.spec import read_feature
from seatrial.models.transport import HttpRequest, HttpResponse, TransportError

KEYS = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "s3cret", "AWS_SESSION_TOKEN": " a-token\n"}


class Nowhere:
    """A transport that reaches nobody and keeps what it was given."""

    def __init__(self) -> None:
        self.sent: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        raise TransportError("reset", "send", "nobody is there")

    async def aclose(self) -> None: ...


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> Nowhere:
    made = Nowhere()
    monkeypatch.setattr(assembling, "client_of_loop", lambda: made)
    return made


def model(folder: Any, line: str) -> Model:
    text = f"feature: x\nprompt: chat.md\nmodels:\n  main: {{use: bedrock/m-v1:0, retries: 0{line}}}\n"
    root: Path = folder(**{"feature.yaml": text})
    feature = load(root)
    feature.prepare()
    return feature.model("main")


def sent_by(made: Model, nowhere: Nowhere) -> tuple[str, dict[str, str]]:
    async def drain() -> list[Any]:
        return [event async for event in made.stream(ModelRequest(()))]

    assert isinstance(asyncio.run(drain())[-1], AttemptEnded)
    (request,) = nowhere.sent
    return request.url, dict(request.headers)


def environment(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize(
    ("line", "variables", "host"),
    [
        (", region: eu-west-1", {}, "bedrock-runtime.eu-west-1.amazonaws.com"),
        (", region: eu-west-1", {"AWS_REGION": "us-east-1"}, "bedrock-runtime.eu-west-1.amazonaws.com"),
        ("", {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "x"}, "bedrock-runtime.us-east-1.amazonaws.com"),
        ("", {"AWS_REGION": " ", "AWS_DEFAULT_REGION": "us-east-1"}, "bedrock-runtime.us-east-1.amazonaws.com"),
        (", region: eu-west-1, base_url: 'https://inside'", {}, "inside"),
    ],
)
def test_the_region_is_that_of_the_line_or_of_the_environment(
    folder: Any, nowhere: Nowhere, monkeypatch: pytest.MonkeyPatch, line: str, variables: dict[str, str], host: str
) -> None:
    environment(monkeypatch, **KEYS, **variables)
    url, headers = sent_by(model(folder, line), nowhere)
    assert url == f"https://{host}/model/m-v1%3A0/converse"
    region = variables.get("AWS_REGION", "").strip() or variables.get("AWS_DEFAULT_REGION", "")
    assert f"/{'eu-west-1' if 'eu-west-1' in line else region}/bedrock/aws4_request" in headers["authorization"]
    assert headers["x-amz-security-token"] == "a-token"


@pytest.mark.parametrize(
    ("line", "variable"), [("", "AWS_BEARER_TOKEN_BEDROCK"), (", key: OUR_BEDROCK_KEY", "OUR_BEDROCK_KEY")]
)
def test_a_bedrock_key_needs_no_signature(
    folder: Any, nowhere: Nowhere, monkeypatch: pytest.MonkeyPatch, line: str, variable: str
) -> None:
    environment(monkeypatch, **KEYS, **{variable: "bedrock-key"})
    _, headers = sent_by(model(folder, f", region: eu-west-1{line}"), nowhere)
    assert headers["authorization"] == "Bearer bedrock-key"
    assert "x-amz-date" not in headers


@pytest.mark.parametrize(
    ("line", "variables", "says"),
    [
        ("", KEYS, "needs region:"),
        ("", {**KEYS, "AWS_REGION": "us east"}, "AWS_REGION='us east'"),
        (", region: us-east-1", {}, "no AWS_ACCESS_KEY_ID and no AWS_SECRET_ACCESS_KEY"),
        (", region: us-east-1", {"AWS_ACCESS_KEY_ID": "AKID"}, "got no AWS_SECRET_ACCESS_KEY"),
        (", region: us-east-1, key: OUR_KEY", KEYS, "needs a key"),
        (", region: 'evil.example/'", KEYS, "region is not right"),
    ],
)
def test_what_is_missing_is_told_before_anything_is_asked(
    folder: Any, monkeypatch: pytest.MonkeyPatch, line: str, variables: dict[str, str], says: str
) -> None:
    environment(monkeypatch, **variables)
    with pytest.raises(SpecError) as caught:
        model(folder, line)
    assert says in str(caught.value)
    assert "feature.yaml" in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_region_means_nothing_elsewhere(folder: Any) -> None:
    text = "feature: x\nprompt: chat.md\nmodels:\n  main: {use: anthropic/m, region: us-east-1}\n"
    with pytest.raises(SpecError, match="region: means nothing for 'anthropic/m'"):
        read_feature(folder(**{"feature.yaml": text}))
