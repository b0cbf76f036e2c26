"""What went wrong with a call, as data: HTTP statuses and transport faults turned into ErrorInfo."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

import msgspec

from seatrial.core.errors import ErrorInfo
from seatrial.models.transport import TransportError

MOST_SHOWN = 300


def from_transport(error: TransportError, *, use: str, url: str, timeout: float) -> ErrorInfo:
    """A fault below HTTP. A call that was cut or timed out after it was sent may be billed all the same."""
    sent = error.phase in ("headers", "body")
    hints = {
        "connect": f"is the server at {url} running?",
        "timeout": f"raise  timeout:  (now {timeout:g}s) or ask for a shorter answer",
    }
    return ErrorInfo(
        kind={"too_large": "protocol"}.get(error.kind, error.kind),
        message=f"{use}: {error}",
        hint=hints.get(error.kind),
        retryable=error.kind in ("connect", "timeout", "reset", "cut"),
        switchable=True,
        billable=sent,
    )


def from_status(status: int, headers: Mapping[str, str], body: bytes, *, use: str, key: str | None) -> ErrorInfo:
    """An HTTP answer that is not 200, by its status and the provider's own words."""
    said, code = _said(body)
    quota = code == "insufficient_quota"
    kinds = {401: "auth", 403: "auth", 404: "not_found", 408: "timeout", 429: "rate_limit"}
    kind = kinds.get(status, "server" if status >= 500 else "bad_request")
    hints = {
        "auth": f"check the key in {key}" if key else "the server wants a key: add  key: ENV_NAME  to the model",
        "not_found": "check the model's name and base_url:",
        "rate_limit": "the account's quota is used up" if quota else "lower --concurrency, or wait",
    }
    return ErrorInfo(
        kind=kind,
        message=f"{use}: HTTP {status}" + (f": {said}" if said else ""),
        hint=hints.get(kind),
        status=status,
        retryable=(status in (408, 409, 425, 429) and not quota) or status >= 500,
        switchable=kind != "bad_request",
        retry_after=retry_after_seconds(headers.get("retry-after")),
    )


def protocol_fault(what: str, *, use: str, billable: bool = True) -> ErrorInfo:
    """The answer came, but is not what the wire format promises."""
    return ErrorInfo(kind="protocol", message=f"{use}: {what}", switchable=True, billable=billable)


def retry_after_seconds(value: str | None) -> float | None:
    """The `Retry-After` header: seconds, or an HTTP date (RFC 9110, section 10.2.3); None when it says neither."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time()
        except ValueError:
            return None
    return max(0.0, seconds) if seconds == seconds else None


def _said(body: bytes) -> tuple[str, str | None]:
    """The provider's message and code, from the shapes the compatible servers use."""
    try:
        data: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body[:MOST_SHOWN].decode("utf-8", "replace").strip(), None
    error = data.get("error", data) if isinstance(data, dict) else data
    if isinstance(error, dict):
        message = error.get("message") or error.get("detail") or ""
        code = error.get("code") or error.get("type")
        return str(message)[:MOST_SHOWN], str(code) if code is not None else None
    return str(error)[:MOST_SHOWN], None
