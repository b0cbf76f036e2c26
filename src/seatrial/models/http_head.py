"""What is written in front of a body: the URL taken apart and the request line and headers put together, once per use.

An endpoint is called thousands of times with the same URL and headers, so the bytes before the body are made once and
looked up afterwards. Everything a second request could be smuggled in with (a line break in a header, in the URL, in
the method, a framing header of the caller's own) is refused here, where the text becomes bytes.
"""

import re
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

__all__ = ["Origin", "parse_url", "render_head"]

_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_LABEL = r"[A-Za-z0-9_-]{1,63}"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?|[0-9a-f:.]*:[0-9a-f:.]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Header names the transport answers for: two of any of these is how one request is read as two.
_OWN_HEADERS = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "expect", "upgrade"}
)


class Origin(NamedTuple):
    """Where connections go: they are shared by all requests with an equal origin."""

    scheme: str
    host: str  # an IPv6 address stands without its brackets
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """The value of the Host header: the port is left out where the scheme implies it (RFC 9110, section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def parse_url(url: str) -> tuple[Origin, str]:
    """The origin and the request target (path and query; a fragment is never sent) of an absolute URL.

    Raises ValueError for anything but http and https, for a user name or password in the URL, and for characters that
    have to be percent-encoded."""
    if not _PRINTABLE.fullmatch(url):  # before urlsplit, which silently drops line breaks
        raise ValueError(
            "the URL is empty or has a space, a control or a non-ASCII character in it\n"
            "hint: percent-encode the path, and write an international host name in its xn-- form"
        )
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS:
        raise ValueError(f"the URL must start with http:// or https://, got {parts.scheme or 'no scheme'}")
    if "@" in parts.netloc:
        raise ValueError("the URL holds a user name or password\nhint: send credentials in a header")
    if not parts.hostname or not _HOST.fullmatch(parts.hostname):
        raise ValueError(f"the URL needs a host name after {parts.scheme}://")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Origin(parts.scheme, parts.hostname, _port(parts)), target


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise ValueError(f"the port of the URL must be a number from 1 to 65535, got {parts.netloc}") from error
    if port == 0:
        raise ValueError(f"the port of the URL must be a number from 1 to 65535, got {parts.netloc}")
    return port or _DEFAULT_PORTS[parts.scheme]


def render_head(method: str, origin: Origin, target: str, headers: tuple[tuple[str, str], ...]) -> bytes:
    """The request line and headers, without Content-Length and the empty line, which depend on the body.

    Raises ValueError, which never repeats a header's value: it may be a key."""
    if not _TOKEN.fullmatch(method):
        raise ValueError(f"not an HTTP method: {method!r}")
    lines = [f"{method} {target} HTTP/1.1", f"host: {origin.authority}", "accept-encoding: identity"]
    for name, value in headers:
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"not a header name: {name!r}")
        if name.lower() in _OWN_HEADERS:
            raise ValueError(
                f"the header {name!r} is set by the transport\nhint: leave it out of the request's headers"
            )
        if not value.isascii() or not value.replace("\t", " ").isprintable():
            raise ValueError(
                f"the value of the header {name!r} has a line break, a control or a non-ASCII character in it\n"
                "hint: a key read from a file often ends in a line break"
            )
        lines.append(f"{name}: {value}")
    return "\r\n".join(lines).encode("ascii") + b"\r\n"
