"""The Converse wire over a socket, to a server that checks signatures as AWS does and answers in an event stream."""

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aws_bytes import event
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.events import Event, TextDelta
from seatrial.models.http import HttpTransport
from seatrial.models.provider import http_model

ARN = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-5-20250929-v1:0"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TALK = (
    event("messageStart", {"role": "assistant"})
    + event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "héllo"}})
    + event("messageStop", {"stopReason": "end_turn"})
    + event("metadata", {"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}})
)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        right = self._signature(body) == self.headers["authorization"].partition("Signature=")[2]
        self.send_response(200 if right else 403)
        self.send_header("content-type", "application/vnd.amazon.eventstream")
        self.send_header("content-length", str(len(TALK)))
        self.end_headers()
        self.wfile.write(TALK)

    def _signature(self, body: bytes) -> Any:
        """What the official signer makes of the request as it came over the socket."""
        request = AWSRequest("POST", f"http://{self.headers['host']}{self.path}", data=body)
        request.headers["X-Amz-Date"] = request.context["timestamp"] = self.headers["x-amz-date"]
        signer = SigV4Auth(Credentials("AKID", SECRET), "bedrock", "us-east-1")
        return signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def ask(url: str, secret: str) -> list[Event]:
    transport = HttpTransport()
    model = http_model(
        "m",
        f"bedrock/{ARN}",
        base_url=url,
        transport=lambda: transport,
        options={"region": "us-east-1"},
        environment={"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": secret},
    )
    try:
        return [each async for each in model.stream(ModelRequest((Message("user", "hé"),), stream=True))]
    finally:
        await transport.aclose()


def test_what_arrives_is_what_was_signed(url: str) -> None:
    *events, ended = asyncio.run(ask(url, SECRET))
    assert events == [TextDelta("héllo")]
    assert (ended.attempt.finish, ended.attempt.usage.total) == ("stop", 3)


def test_another_secret_is_refused(url: str) -> None:
    (ended,) = asyncio.run(ask(url, "another"))
    assert ended.attempt.error.kind == "auth"
