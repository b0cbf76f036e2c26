"""What went wrong with a call, as data: HTTP statuses and transport faults turned into ErrorInfo."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any

import msgspec

from seatrial.core.errors import ErrorInfo
from seatrial.core.exchange import UNANSWERED
from seatrial.models.transport import TransportError

MOST_SHOWN = 300
MOST_READ = 4000

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_TITLE = re.compile(r"<title[^>]*>([^<]*)</title>", re.IGNORECASE)


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
    return _refusal(status, said, code, use=use, key=key, retry_after=retry_after_seconds(headers.get("retry-after")))


def from_error_object(error: Any, *, use: str, key: str | None) -> ErrorInfo:
    """An error inside an answer of status 200 or inside a stream; its `code` may be the status it would have had."""
    said, code = _said_in(error)
    status = int(code) if code is not None and code.isdecimal() and len(code) == 3 else 500
    fault = _refusal(status, said, code, use=use, key=key)
    return msgspec.structs.replace(fault, message=f"{use}: {said or 'an error without a message'}", billable=True)


def _refusal(
    status: int, said: str, code: str | None, *, use: str, key: str | None, retry_after: float | None = None
) -> ErrorInfo:
    quota = code == "insufficient_quota" or status == 402
    kinds = {401: "auth", 402: "rate_limit", 403: "auth", 404: "not_found", 408: "timeout", 429: "rate_limit"}
    kind = kinds.get(status, "server" if status >= 500 else "bad_request")
    hints = {
        "auth": f"check the key in {key}" if key else "the server wants a key: add  key: ENV_NAME  to the model",
        "not_found": "check the model's name and base_url:",
        "rate_limit": "the account's quota is used up" if quota else "lower --concurrency, or wait",
        "bad_request": "check base_url: it answers with a redirect" if 300 <= status < 400 else None,
    }
    return ErrorInfo(
        kind=kind,
        message=f"{use}: HTTP {status}" + (f": {said}" if said else ""),
        hint=hints.get(kind),
        status=status,
        retryable=(status in (408, 409, 425, 429) and not quota) or status >= 500,
        switchable=kind != "bad_request",
        retry_after=retry_after,
    )


def protocol_fault(what: str, *, use: str, billable: bool = True) -> ErrorInfo:
    """The answer came, but is not what the wire format promises."""
    return ErrorInfo(kind="protocol", message=f"{use}: {what}", switchable=True, billable=billable)


def without_key(error: ErrorInfo, key: str | None) -> ErrorInfo:
    """The error with the key cut out of its message: some servers repeat what was sent."""
    if not key or key not in error.message:
        return error
    return msgspec.structs.replace(error, message=error.message.replace(key, "[key]"))


def replayed_fault(finish: str, where: str) -> ErrorInfo | None:
    """The error of a replayed answer whose finish reason says that there was none."""
    if finish not in UNANSWERED:
        return None
    return ErrorInfo(kind="cancelled" if finish == "cancelled" else "server", message=f"{where} says {finish}")


def retry_after_seconds(value: str | None) -> float | None:
    """The `Retry-After` header: seconds, or an HTTP date (RFC 9110, section 10.2.3); None when it says neither."""
    if value is None:
        return None
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time())
    except (ValueError, TypeError, OverflowError, LookupError):  # LookupError, TypeError: dates with parts missing
        return None


def _said(body: bytes) -> tuple[str, str | None]:
    """The provider's message and code, from the shapes the compatible servers use."""
    try:
        data: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _first_words(body.decode("utf-8", "replace")), None
    return _said_in(data.get("error") or data if isinstance(data, dict) else data)


def _said_in(error: Any) -> tuple[str, str | None]:
    if isinstance(error, dict):
        message = error.get("message") or error.get("detail") or ""
        code = error.get("code") or error.get("type")
        return _first_words(str(message)), str(code) if code is not None else None
    return _first_words(str(error)), None


def _first_words(text: str) -> str:
    """One short line; of an HTML error page its title."""
    title = _TITLE.search(text[:MOST_READ])
    if text.lstrip()[:1] == "<":
        text = title[1] if title else "an HTML page"
    return " ".join(text[:MOST_READ].split())[:MOST_SHOWN]
