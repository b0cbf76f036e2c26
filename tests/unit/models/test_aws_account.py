"""Signatures of AWS: held to the published examples and to AWS's own signer."""

import asyncio
from datetime import UTC, datetime

import pytest
from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import SpecError
from seatrial.models.accounts import KeyHeader
from seatrial.models.aws_account import AccessKey, aws_account

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AT = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwth"
    "Ax7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAki"
    "Y9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="
)
LETTERS = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FORM = ("content-type", "application/x-www-form-urlencoded")


def key(token: str | None = None) -> AccessKey:
    return AccessKey("AKIDEXAMPLE", SECRET, token, region="us-east-1", service="service", now=lambda: AT)


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "signature"),
    [
        ("GET", "/", (), b"", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "/", (), b"", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET",
            "/",
            tuple(("My-Header1", value) for value in ("value2", "value2", "value1")),
            b"",
            "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        ),
        (
            "GET",
            "/",
            (("My-Header1", " value1"), ("My-Header2", ' "a   b   c"')),
            b"",
            "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
        (
            "POST",
            "/",
            (("My-Header1", "VALUE1"),),
            b"",
            "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d",
        ),
        ("GET", f"/{LETTERS}", (), b"", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"),
        (
            "GET",
            "/?Param2=value2&Param1=value1",
            (),
            b"",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
        (
            "GET",
            f"/?{LETTERS}={LETTERS}",
            (),
            b"",
            "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        ),
        ("GET", "/?%E1%88%B4=bar", (), b"", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"),
        ("POST", "/?Param1=value1", (), b"", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"),
        (
            "POST",
            "/",
            (FORM,),
            b"Param1=value1",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
        ),
    ],
)
def test_the_published_examples(
    method: str, target: str, headers: tuple[tuple[str, str], ...], body: bytes, signature: str
) -> None:
    """The AWS Signature Version 4 test suite."""
    signed = dict(key().signed(method, f"https://example.amazonaws.com{target}", headers, body))
    names = ";".join(sorted({"host", "x-amz-date", *(name.lower() for name, _ in headers)}))
    scope = "AKIDEXAMPLE/20150830/us-east-1/service/aws4_request"
    assert signed == {
        "x-amz-date": "20150830T123600Z",
        "authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}",
    }


def test_a_session_token_is_sent_and_signed() -> None:
    """Of the same suite, "post-sts-header-before"."""
    signed = dict(key(TOKEN).signed("POST", "https://example.amazonaws.com/", (), b""))
    assert signed["x-amz-security-token"] == TOKEN
    assert "SignedHeaders=host;x-amz-date;x-amz-security-token" in signed["authorization"]
    assert signed["authorization"].endswith("85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead")


@given(
    st.sampled_from(
        ["anthropic.claude-v1%3A0", "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.x", "a~b"]
    ),
    st.binary(max_size=20),
    st.none() | st.text("abc/+=", min_size=1),
    st.sampled_from(["", ":8443"]),
    st.integers(10**9, 4 * 10**9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
)
def test_the_official_signer_comes_to_the_same(
    model: str, body: bytes, token: str | None, port: str, at: datetime
) -> None:
    url = f"https://bedrock-runtime.us-east-1.amazonaws.com{port}/model/{model}/converse"
    official = SigV4Auth(Credentials("AKID", SECRET, token), "bedrock", "us-east-1")
    request = AWSRequest("POST", url, data=body)
    request.headers["X-Amz-Date"] = request.context["timestamp"] = at.strftime(SIGV4_TIMESTAMP)
    if token:
        request.headers["X-Amz-Security-Token"] = token
    signature = official.signature(official.string_to_sign(request, official.canonical_request(request)), request)
    ours = AccessKey("AKID", SECRET, token, region="us-east-1", now=lambda: at)
    assert dict(asyncio.run(ours.headers(url, body)))["authorization"].endswith(f"Signature={signature}")


def test_the_secrets_are_known_and_the_variables_named() -> None:
    assert set(key("a-token").secrets) == {"AKIDEXAMPLE", SECRET, "a-token"}
    assert key().name == "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


def test_a_bedrock_key_goes_before_an_access_key() -> None:
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}
    shown = aws_account("AWS_BEARER_TOKEN_BEDROCK", "k", options={"region": "r"}, environment=keys)
    assert isinstance(shown, KeyHeader)
    assert asyncio.run(shown.headers("https://x", b"")) == (("authorization", "Bearer k"),)
    assert isinstance(aws_account("X", None, options={"region": "r"}, environment=keys), AccessKey)


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "region"])
def test_nothing_is_signed_with_less_than_it_takes(missing: str) -> None:
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s", missing: ""}
    with pytest.raises(SpecError, match=f"cannot be signed without {missing}"):
        aws_account("X", None, options={} if missing == "region" else {"region": "r"}, environment=keys)
