"""URLs and headers become bytes, or are refused, before anything is sent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.models.http_head import Origin, parse_url, render_head

ORIGIN = Origin("http", "example.com", 80)


@pytest.mark.parametrize(
    ("url", "authority", "target"),
    [
        ("http://example.com", "example.com", "/"),
        ("HTTP://Example.com:80/v1", "example.com", "/v1"),
        ("https://example.com:443/v1?a=b#c", "example.com", "/v1?a=b"),
        ("https://example.com:8443?a", "example.com:8443", "/?a"),
        ("http://[::1]:8000/v1", "[::1]:8000", "/v1"),
        ("http://[2001:DB8::1]/", "[2001:db8::1]", "/"),
        ("http://127.0.0.1:1/a//b", "127.0.0.1:1", "/a//b"),
        ("http://my_service.internal./x", "my_service.internal.", "/x"),
    ],
)
def test_a_url_is_taken_apart(url: str, authority: str, target: str) -> None:
    origin, found = parse_url(url)
    assert (origin.authority, found) == (authority, target)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com/v1",
        "ftp://example.com/",
        "http://",
        "http:///v1",
        "http://user@example.com/",
        "http://user:password@example.com/",
        "http://@example.com/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "http://example.com:port/",
        "http://[::1/",
        "http://[fe80::1%25eth0]/",
        "http://exa mple.com/",
        "http://example.com/a b",
        "http://example.com/a\r\nx: y",
        "http://example.com/\n",
        "http://exämple.com/",
        "http://a..b/",
        "http://" + "a" * 64 + "/",
        "http://example.com\\@other.example/",
    ],
)
def test_what_is_no_plain_http_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        parse_url(url)
    assert "password" not in str(caught.value).replace("user name or password", "")


@settings(deadline=None)
@given(url=st.text().map(lambda text: f"http://example.com/{text}"))
def test_a_target_never_breaks_the_request_line(url: str) -> None:
    try:
        _, target = parse_url(url)
    except ValueError:
        return
    assert render_head("POST", ORIGIN, target, ()).count(b"\r\n") == 3


@settings(deadline=None)
@given(name=st.text(max_size=12), value=st.text(max_size=12))
def test_a_header_is_one_line_or_refused(name: str, value: str) -> None:
    try:
        head = render_head("POST", ORIGIN, "/", ((name, value),))
    except ValueError:
        return
    assert head.splitlines()[3:] == [f"{name}: {value}".encode()]


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding", "Connection", "Accept-Encoding"])
def test_headers_of_the_transport_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="set by the transport"):
        render_head("POST", ORIGIN, "/", ((name, "1"),))


def test_a_refused_header_value_is_not_repeated() -> None:
    with pytest.raises(ValueError, match="'x-key'") as caught:
        render_head("POST", ORIGIN, "/", (("x-key", "secret\n"),))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("method", ["", "GET /", "GET\r\n", "gét"])
def test_what_is_no_method_is_refused(method: str) -> None:
    with pytest.raises(ValueError, match="not an HTTP method"):
        render_head(method, ORIGIN, "/", ())
