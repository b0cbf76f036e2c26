"""Our HTTP client over TLS: whom it trusts, and what ends an answer."""

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from http_peer import PLAIN, Peer, Run, Server, always, body_of, client, failure_of, once, post

from seatrial.models.transport import TransportError

# TLS


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 with its key, made anew for each session."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make a certificate")
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    certificate = path.with_suffix(".crt")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost"
    files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", str(certificate)]
    subprocess.run([*command.split(), *files], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + certificate.read_bytes())
    return path


@pytest.fixture
def tls_server(authority: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority)
    return context


def test_https_trusts_the_authorities_of_ssl_cert_file(
    run: Run, authority: Path, tls_server: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.with_suffix(".crt")))

    async def main() -> None:
        async with Server(always(PLAIN), tls_server) as server, client() as transport:
            for _ in range(3):
                assert await body_of(transport, post(server.url)) == b"hello"
            assert server.connections == 1

    run(main())


def test_https_refuses_a_certificate_nobody_vouches_for(run: Run, tls_server: ssl.SSLContext) -> None:
    error = run(failure_of(Server(always(PLAIN), tls_server)))
    assert (error.kind, error.phase) == ("connect", "connect")
    assert "SSL_CERT_FILE" in error.message


@pytest.mark.parametrize("signed", [True, False])
def test_over_tls_only_a_signed_close_ends_a_body(
    run: Run, authority: Path, tls_server: ssl.SSLContext, signed: bool
) -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\n\r\nhello")
        if not signed:
            peer.writer.transport.abort()

    async def main() -> None:
        context = ssl.create_default_context(cafile=str(authority.with_suffix(".crt")))
        async with Server(script, tls_server) as server, client(context=context) as transport:
            response = await transport.send(post(server.url))
            if signed:
                assert await response.read() == b"hello"
            else:
                with pytest.raises(TransportError) as caught:
                    await response.read()
                assert (caught.value.kind, caught.value.phase) == ("cut", "body")

    run(main())


def test_https_to_a_plain_port_says_so(run: Run) -> None:
    async def script(peer: Peer, number: int) -> None:
        await peer.send(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")
        await peer.closed()

    async def main() -> None:
        async with Server(script) as server, client() as transport:
            with pytest.raises(TransportError, match="plain http://") as caught:
                await transport.send(post(server.url.replace("http:", "https:")))
            assert caught.value.kind == "connect"

    run(main())


def test_http_to_a_tls_port_says_so(run: Run) -> None:
    error = run(failure_of(Server(once(b"\x15\x03\x01\x00\x02\x02\x46"))))
    assert (error.kind, "use https://" in error.message) == ("protocol", True)
