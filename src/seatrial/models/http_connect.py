"""Opening a connection, and telling a person why it could not be opened."""

import asyncio
import socket
import ssl
from collections.abc import Callable

from seatrial.models.http_connection import Connection
from seatrial.models.http_head import Origin
from seatrial.models.transport import TransportError

__all__ = ["connect", "proxy_hint", "tls_context"]


def tls_context() -> ssl.SSLContext:
    """Verifies certificates and host names by the authorities of the system, or those SSL_CERT_FILE names."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


async def connect(origin: Origin, make: Callable[[], Connection], context: ssl.SSLContext | None) -> Connection:
    """A connection to the origin, TLS done where `context` is given. Raises TransportError of kind `connect`.

    Cancellation closes a half-open socket."""
    try:
        _, connection = await asyncio.get_running_loop().create_connection(make, origin.host, origin.port, ssl=context)
    except TimeoutError:
        raise
    except OSError as error:
        raise TransportError("connect", "connect", f"{_reason(origin, error)}{proxy_hint(origin)}") from error
    return connection


def _reason(origin: Origin, error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"{origin}: the certificate of the server is not trusted: {error.verify_message}\n"
            "hint: SSL_CERT_FILE names a file with further authorities"
        )
    if isinstance(error, ssl.SSLError):
        return (
            f"{origin}: no TLS connection: {error.reason or error}\n"
            "hint: does the server speak plain http:// on this port?"
        )
    if isinstance(error, socket.gaierror):
        return f"{origin}: the host name cannot be resolved: {error.strerror}"
    if isinstance(error, ConnectionRefusedError):
        return f"{origin}: nothing accepts connections there (connection refused)"
    return f"{origin}: no connection: {error}"


def proxy_hint(origin: Origin) -> str:
    """A hint for connect failures where the environment names a proxy for this origin, else empty."""
    import urllib.request  # slow to import, and wanted only when something failed

    proxies = urllib.request.getproxies_environment()
    proxy = proxies.get(origin.scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(f"{origin.host}:{origin.port}"):
        return ""
    return "\nhint: the environment names a proxy for this host, and proxies are not supported in this version"
