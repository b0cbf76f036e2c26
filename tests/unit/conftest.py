"""No unit test reaches the network or finds a provider's key."""

import ipaddress
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvloop

from seatrial.models.catalogue import PROVIDERS

KEYS = tuple(
    name
    for provider in PROVIDERS.values()
    for name in (
        provider.key,
        *provider.variables,
        *provider.more_variables,
        *sum(provider.option_variables.values(), ()),
    )
    if name
)


def _is_here(host: object) -> bool:
    if host in (None, "", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _refuse(host: object) -> None:
    raise AssertionError(f"a unit test reached for {host!r}: pass in a fake transport, or use a server on 127.0.0.1")


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family != socket.AF_UNIX and not _is_here(address[0]):
            _refuse(address[0])
        return connect(self, address)

    return guarded


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Sockets of Python, and the connections of uvloop, which opens its own below Python."""
    connect_over_uvloop = uvloop.Loop.create_connection

    async def create_connection(self: Any, factory: Any, host: Any = None, *more: Any, **options: Any) -> Any:
        if options.get("sock") is None and not _is_here(host):
            _refuse(host)
        return await connect_over_uvloop(self, factory, host, *more, **options)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, _guarded(getattr(socket.socket, name)))
        patch.setattr(uvloop.Loop, "create_connection", create_connection)
        yield


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name, raising=False)
