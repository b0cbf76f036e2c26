"""What our HTTP client says of answers that are not complete, too large, or never come."""

import pytest
from http_peer import (
    CHUNKED_HEAD,
    PLAIN,
    Peer,
    Run,
    Server,
    always,
    body_of,
    chunked,
    client,
    failure_of,
    once,
    post,
    silent,
)

from seatrial.models.http import Limits
from seatrial.models.transport import TransportError

# Failures


@pytest.mark.parametrize(
    ("answer", "kind", "phase"),
    [
        (b"", "reset", "headers"),
        (b"HTTP/1.1 200 OK\r\ncontent-le", "cut", "headers"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", "cut", "headers"),
        (PLAIN[:-1], "cut", "body"),
        (PLAIN[:-5], "cut", "body"),
        (CHUNKED_HEAD, "cut", "body"),
        (CHUNKED_HEAD + b"5\r\nhel", "cut", "body"),
        (CHUNKED_HEAD + b"5\r\nhello\r\n", "cut", "body"),
        (CHUNKED_HEAD + b"5\r\nhello\r\n0\r\n", "cut", "body"),
        (CHUNKED_HEAD + b"5\r\nhelloo\r\n", "protocol", "body"),
        (CHUNKED_HEAD + b"fffffffffffffffff\r\nhello", "protocol", "body"),
        (b"SSH-2.0-OpenSSH_9\r\n", "protocol", "headers"),
        (b"HTTP/1.1 20x OK\r\n\r\n", "protocol", "headers"),
        (b"HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n", "protocol", "headers"),
        (b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", "protocol", "headers"),
        (PLAIN.replace(b"\r\n\r\n", b"\r\ncontent-length: 4\r\n\r\n"), "protocol", "headers"),
        (CHUNKED_HEAD[:-2] + b"content-length: 5\r\n\r\n" + chunked(b"hello"), "protocol", "headers"),
        (PLAIN.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"), "protocol", "body"),
        (CHUNKED_HEAD.replace(b"chunked", b"gzip, chunked") + chunked(b"hello"), "protocol", "body"),
    ],
)
def test_what_is_not_a_complete_answer_is_an_error(run: Run, answer: bytes, kind: str, phase: str) -> None:
    error = run(failure_of(Server(once(answer))))
    assert (error.kind, error.phase) == (kind, phase)


def test_a_reset_never_ends_a_body_that_ends_with_the_connection(run: Run) -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
        peer.reset()

    error = run(failure_of(Server(script)))
    assert (error.kind, error.phase) == ("cut", "body")


def test_what_arrived_is_handed_out_before_the_failure(run: Run) -> None:
    async def main() -> None:
        async with Server(once(CHUNKED_HEAD + b"5\r\nhello\r\n")) as server, client() as transport:
            response = await transport.send(post(server.url))
            pieces = response.chunks()
            assert await anext(pieces) == b"hello"
            for _ in range(2):
                with pytest.raises(TransportError, match="before the response was complete"):
                    await anext(pieces)
            with pytest.raises(TransportError):
                await response.read()

    run(main())


@pytest.mark.parametrize(
    ("answer", "phase", "message"),
    [
        (b"HTTP/1.1 200 OK\r\nx: " + b"a" * 2000 + b"\r\ncontent-length: 0\r\n\r\n", "headers", "bytes of headers"),
        (b"HTTP/1.1 200 OK\r\n" + b"a" * 2000, "headers", "bytes of headers"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n" + b"a" * 5000, "body", "2000 bytes of body"),
        (CHUNKED_HEAD + chunked(*[b"a" * 10] * 500), "body", "2000 bytes of body"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 5000, "body", "2000 bytes of body"),
        (CHUNKED_HEAD + b"1\r\na\r\n0\r\n", "body", "bytes of headers"),
    ],
    ids=["headers", "one-header", "length", "chunked", "close", "trailers"],
)
def test_too_large_an_answer_is_given_up(run: Run, answer: bytes, phase: str, message: str) -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.send(answer)
        while not peer.writer.transport.is_closing():
            await peer.send(b"a" * 500)

    error = run(failure_of(Server(script), limits=Limits(header_bytes=1000, body_bytes=2000)))
    assert (error.kind, error.phase) == ("too_large", phase)
    assert message in error.message


def test_answers_up_to_the_limits_are_taken(run: Run) -> None:
    async def main() -> None:
        answer = b"HTTP/1.1 200 OK\r\nx: " + b"a" * 900 + b"\r\ncontent-length: 2000\r\n\r\n" + b"a" * 2000
        async with Server(always(answer)) as server, client(Limits(header_bytes=1000, body_bytes=2000)) as transport:
            assert len(await body_of(transport, post(server.url))) == 2000

    run(main())


def test_a_refused_connection_says_where(run: Run) -> None:
    async def main() -> None:
        async with Server(silent) as server:
            pass
        async with client() as transport:
            with pytest.raises(TransportError, match=rf"127\.0\.0\.1:{server.port}.*refused") as caught:
                await transport.send(post(server.url))
        assert (caught.value.kind, caught.value.phase) == ("connect", "connect")

    run(main())


@pytest.mark.parametrize(("exempt", "hinted"), [("", True), ("127.0.0.1", False)])
def test_a_failed_connection_mentions_an_unused_proxy(
    run: Run, monkeypatch: pytest.MonkeyPatch, exempt: str, hinted: bool
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", exempt)

    async def main() -> None:
        async with Server(silent) as server:
            pass
        async with client() as transport:
            with pytest.raises(TransportError) as caught:
                await transport.send(post(server.url))
        assert ("proxies are not supported" in str(caught.value)) is hinted

    run(main())


def test_an_early_answer_is_given_and_its_connection_not_used_again(run: Run) -> None:
    async def main() -> None:
        async def script(peer: Peer, number: int) -> None:
            await peer.reader.readuntil(b"\r\n\r\n")
            await peer.send(PLAIN.replace(b"200 OK", b"413 Too Large"))
            await peer.closed()

        async with Server(script) as server, client() as transport:
            for _ in range(2):
                response = await transport.send(post(server.url, b"x" * 2**23))
                assert (response.status, await response.read()) == (413, b"hello")
            assert server.connections == 2

    run(main())
