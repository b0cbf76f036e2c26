"""Access tokens for Google Cloud, fetched through google-auth from a token server on this machine."""

import asyncio
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from bytes_transport import BytesTransport, ask, json_answer

from seatrial.core.errors import ModelError, OutsideError, SpecError
from seatrial.models import google_account
from seatrial.models.google_account import GoogleAccount
from seatrial.models.provider import http_model

pytest.importorskip("google.auth", reason="the extra  vertex  is not installed")


class TokenServer:
    """Gives one token after the other, or refuses; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                outer.asked += 1
                token = {"access_token": f"token-{outer.asked}", "expires_in": 3600, "token_type": "Bearer"}
                refusal = {"error": "invalid_grant", "error_description": "the account is gone"}
                body = json.dumps(token if outer.status == 200 else refusal).encode()
                self.send_response(outer.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *parts: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/token"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> "TokenServer":
        self.thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture(scope="session")
def private_key() -> str:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(65537, 1024)  # small, to be quick; it signs nothing but what this test reads
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


@pytest.fixture
def tokens(private_key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenServer]:
    """A service account whose tokens come from the server."""
    with TokenServer() as server:
        account = {
            "type": "service_account",
            "client_email": "trial@example.iam.gserviceaccount.com",
            "private_key": private_key,
            "token_uri": server.url,
            "quota_project_id": "who-pays",
        }
        file = tmp_path / "account.json"
        file.write_text(json.dumps(account))
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(file))
        yield server


def headers(account: GoogleAccount) -> dict[str, str]:
    return dict(asyncio.run(account.headers("https://x", b"")))


def test_a_token_from_the_environment_is_used_as_it_is() -> None:
    account = GoogleAccount("GOOGLE_OAUTH_ACCESS_TOKEN", "ya29.secret")
    assert headers(account) == {"authorization": "Bearer ya29.secret"}
    assert account.secrets == ("ya29.secret",)


def test_application_default_credentials_give_a_token_that_is_kept(tokens: TokenServer) -> None:
    account = GoogleAccount("GOOGLE_OAUTH_ACCESS_TOKEN", None)
    assert headers(account)["authorization"] == "Bearer token-1"
    assert headers(account)["authorization"] == "Bearer token-1"
    assert tokens.asked == 1
    assert account.secrets == ("token-1",)


def test_the_project_that_pays_is_named(tokens: TokenServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_QUOTA_PROJECT", "who-pays")
    assert headers(GoogleAccount(None, None))["x-goog-user-project"] == "who-pays"


def test_a_token_about_to_expire_is_replaced(tokens: TokenServer) -> None:
    account = GoogleAccount(None, None)
    headers(account)
    account._credentials.expiry -= timedelta(minutes=58)
    assert headers(account)["authorization"] == "Bearer token-2"
    assert account.secrets == ("token-2",)


def test_many_calls_at_once_fetch_one_token(tokens: TokenServer) -> None:
    account = GoogleAccount(None, None)

    async def many() -> set[Any]:
        return set(await asyncio.gather(*(account.headers("https://x", b"") for _ in range(20))))

    assert len(asyncio.run(many())) == 1
    assert tokens.asked == 1


def test_a_refused_login_says_what_to_do(tokens: TokenServer) -> None:
    tokens.status = 400
    with pytest.raises(ModelError) as caught:
        headers(GoogleAccount("TOKEN", None))
    assert (caught.value.info.kind, caught.value.retryable, caught.value.switchable) == ("auth", False, True)
    assert "the account is gone" in str(caught.value)
    assert "export TOKEN=$(gcloud auth print-access-token)" in str(caught.value)


def test_a_token_server_that_cannot_be_reached_may_be_asked_again(tokens: TokenServer) -> None:
    account = GoogleAccount(None, None)
    headers(account)
    account._credentials.expiry -= timedelta(hours=2)
    account._credentials._token_uri = "http://127.0.0.1:1/token"
    with pytest.raises(ModelError) as caught:
        headers(account)
    assert (caught.value.info.kind, caught.value.retryable) == ("connect", True)


def test_a_login_that_takes_too_long_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    given_up = threading.Event()
    monkeypatch.setattr(google_account, "LONGEST_LOGIN", 0.01)
    monkeypatch.setattr(GoogleAccount, "_refresh", lambda self: given_up.wait(10))
    account = GoogleAccount(None, None)

    async def wait() -> None:
        try:
            with pytest.raises(ModelError) as caught:
                await account.headers("https://x", b"")
            assert (caught.value.info.kind, caught.value.retryable) == ("timeout", True)
        finally:
            given_up.set()

    asyncio.run(wait())


def test_no_credentials_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOME", "CLOUDSDK_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(ModelError, match="no Google access token") as caught:
        headers(GoogleAccount(None, None))
    assert caught.value.info.kind == "auth"
    assert "gcloud auth application-default login" in str(caught.value)


@pytest.mark.parametrize("found", [None, ModuleNotFoundError("google")])
def test_without_the_library_the_install_command_is_shown(found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> None:
        if found is not None:
            raise found

    monkeypatch.setattr(google_account, "find_spec", find)
    with pytest.raises(OutsideError, match=r"pip install 'seatrial\[vertex\]'"):
        GoogleAccount("TOKEN", None)
    GoogleAccount("TOKEN", "ya29")


GEMINI = {"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("europe-west4", "europe-west4-aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ],
)
def test_where_a_model_of_vertex_is(region: str, host: str) -> None:
    transport = BytesTransport(json_answer(GEMINI))
    options = {"region": region, "project": "sea"}
    model = http_model("main", "vertex/gemini-2.5-flash", transport=lambda: transport, key="ya29", options=options)
    _, attempt = ask(model)
    assert attempt.finish == "stop"
    (sent,) = transport.sent
    path = f"v1/projects/sea/locations/{region}/publishers/google/models/gemini-2.5-flash"
    assert sent.url == f"https://{host}/{path}:streamGenerateContent?alt=sse"
    assert dict(sent.headers)["authorization"] == "Bearer ya29"


def test_a_base_url_of_ones_own_stands_for_the_host() -> None:
    transport = BytesTransport(json_answer(GEMINI))
    options = {"region": "global", "project": "sea"}
    ask(
        http_model(
            "main", "vertex/g", transport=lambda: transport, key="k", base_url="http://gate/vertex", options=options
        )
    )
    assert transport.sent[0].url.startswith("http://gate/vertex/v1/projects/sea/locations/global/")


def test_a_model_without_its_region_or_project_has_no_address() -> None:
    for options in ({}, {"region": "global"}, {"project": "sea"}):
        with pytest.raises(SpecError, match=r"needs (region|project):"):
            http_model("main", "vertex/g", transport=BytesTransport, key="k", options=options)


def test_a_failed_login_is_a_failed_attempt_of_the_model(tokens: TokenServer) -> None:
    tokens.status = 400
    options = {"region": "global", "project": "sea"}
    _, attempt = ask(http_model("main", "vertex/g", transport=BytesTransport, options=options))
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.error.billable) == ("auth", False)
    assert attempt.error.message.startswith("vertex/g: no Google access token: ")
