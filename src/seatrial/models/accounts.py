"""Who asks: the headers that prove it. An account knows a key and how it is shown, and no wire format."""

from __future__ import annotations

from typing import Protocol


class Account(Protocol):
    """`name` is the environment variable to check when the provider refuses; `secrets` never appear in a message."""

    name: str | None
    secrets: tuple[str, ...]

    async def headers(self, url: str, body: bytes) -> tuple[tuple[str, str], ...]:
        """The headers for one request. Raises ModelError where they cannot be had (an expired login, say)."""


class KeyHeader:
    """A key in a header: `authorization: Bearer KEY` unless said otherwise; nothing without a key."""

    def __init__(
        self, name: str | None, key: str | None, *, header: str = "authorization", prefix: str = "Bearer "
    ) -> None:
        self.name = name
        self.secrets: tuple[str, ...] = (key,) if key else ()
        self._headers: tuple[tuple[str, str], ...] = ((header, prefix + key),) if key else ()

    async def headers(self, url: str, body: bytes) -> tuple[tuple[str, str], ...]:
        return self._headers
