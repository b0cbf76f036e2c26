"""What went wrong with a call, as data: HTTP statuses and transport faults turned into ErrorInfo."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, NamedTuple

import msgspec

from seatrial.core.errors import ErrorInfo
from seatrial.core.exchange import UNANSWERED
from seatrial.models.transport import TransportError

MOST_SHOWN = 300
MOST_READ = 4000
MOST_QUOTED = 80

NAMED: dict[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "timeout_error": 408,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "insufficient_quota": 429,
    "requests": 429,
    "tokens": 429,
    "api_error": 500,
    "server_error": 500,
    "overloaded_error": 529,
    "validationException": 400,
    "accessDeniedException": 403,
    "resourceNotFoundException": 404,
    "modelTimeoutException": 408,
    "modelErrorException": 424,
    "modelStreamErrorException": 424,
    "modelNotReadyException": 429,
    "throttlingException": 429,
    "internalServerException": 500,
    "serviceUnavailableException": 503,
}
"""The status that an error inside an answer would have had, by its code or type; the first letter may be a capital.
Sources: the error pages of the OpenAI, Anthropic and Amazon Bedrock API references.
"""

KINDS = {
    401: "auth",
    402: "rate_limit",
    403: "auth",
    404: "not_found",
    408: "timeout",
    424: "server",  # AWS: the model behind the API failed
    429: "rate_limit",
}
"""`ErrorInfo.kind` by status; of the others those from 500 on are `server`, the rest `bad_request`."""

_KEY_REFUSED = "API_KEY_INVALID"
_QUOTA_USED_UP = "insufficient_quota"
_SPENT = "spend_limit_reached"  # ends the codes of Anthropic's errors that pass when money is added, not with time
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
_TITLE = re.compile(r"<title[^>]*>([^<]*)</title>", re.IGNORECASE)


def from_transport(error: TransportError, *, use: str, url: str) -> ErrorInfo:
    """A fault below HTTP. A call that was cut or timed out after it was sent may be billed all the same."""
    sent = error.phase in ("headers", "body")
    hints = {
        "connect": f"is the server at {url} running?",
        "timeout": f"raise  timeout: {{{error.limit}: …}}  or ask for a shorter answer",
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
    said = _said(body)
    told = retry_after_seconds(headers.get("retry-after"))
    return _refusal(
        status, said.message, said.code, use=use, key=key, retry_after=said.retry_after if told is None else told
    )


def from_error_object(error: Any, *, use: str, key: str | None) -> ErrorInfo:
    """An error inside an answer of status 200 or inside a stream; its `code` may be the status it would have had."""
    said, code, wait = _said_in(error)
    fault = _refusal(_status_of(code or ""), said, code, use=use, key=key, retry_after=wait)
    return msgspec.structs.replace(fault, message=f"{use}: {said or 'an error without a message'}", billable=True)


def _status_of(code: str) -> int:
    if code.isdecimal() and len(code) == 3:
        return int(code)
    return NAMED.get(code[:1].lower() + code[1:], 500)


def _refusal(
    status: int, said: str, code: str | None, *, use: str, key: str | None, retry_after: float | None = None
) -> ErrorInfo:
    quota = code == _QUOTA_USED_UP or status == 402
    kind = "auth" if code == _KEY_REFUSED else KINDS.get(status, "server" if status >= 500 else "bad_request")
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
        retryable=(status in (408, 409, 424, 425, 429) and not quota) or status >= 500,
        switchable=kind != "bad_request",
        retry_after=retry_after,
    )


def request_fault(fault: ValueError, *, use: str) -> ErrorInfo:
    """What cannot be asked, or not be written into a request; the fault's text may end in a line `hint: …`."""
    what, _, hint = str(fault).partition("\nhint: ")
    return ErrorInfo(kind="bad_request", message=f"{use}: {what}", hint=hint or None)


def protocol_fault(what: str, *, use: str, billable: bool = True) -> ErrorInfo:
    """The answer came, but is not what the wire format promises."""
    return ErrorInfo(kind="protocol", message=f"{use}: {what}", switchable=True, billable=billable)


def cut_fault(*, use: str) -> ErrorInfo:
    """The stream ended without saying that its answer is complete."""
    return ErrorInfo(
        kind="cut",
        message=f"{use}: the stream ended before the answer did",
        retryable=True,
        switchable=True,
        billable=True,
    )


def without_secrets(error: ErrorInfo, secrets: Iterable[str]) -> ErrorInfo:
    """The error with keys cut out of its message: some servers repeat what was sent."""
    message = error.message
    for secret in secrets:
        message = message.replace(secret, "[key]")
    return error if message == error.message else msgspec.structs.replace(error, message=message)


def shown_body(body: bytes) -> str:
    """The beginning of what came, for an error message."""
    return _first_words(body[:MOST_READ].decode("utf-8", "replace"))[:MOST_QUOTED]


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


class _Said(NamedTuple):
    """The provider's message and code, and in how many seconds to try again."""

    message: str
    code: str | None = None
    retry_after: float | None = None


def _said(body: bytes) -> _Said:
    """What the provider says, from the shapes that are in use."""
    try:
        data: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _Said(_first_words(body.decode("utf-8", "replace")))
    return _said_in(data.get("error") or data if isinstance(data, dict) else data)


def _said_in(error: Any) -> _Said:
    if isinstance(error, dict):
        message = error.get("message") or error.get("detail") or error.get("Message") or ""
        code = error.get("code") or error.get("type")
        details = error.get("details")
        known, wait = _google_details(details) if isinstance(details, list) else (None, None)
        if isinstance(details, dict) and str(details.get("error_code", "")).endswith(_SPENT):
            known = _QUOTA_USED_UP
        return _Said(_first_words(str(message)), known or (str(code) if code is not None else None), wait)
    return _Said(_first_words(str(error)))


def _google_details(details: list[Any]) -> tuple[str | None, float | None]:
    """What matters of the details of a Google API's error: a code that says more than the status, and when to try
    again. Source: google.rpc.ErrorInfo, QuotaFailure and RetryInfo. A wrong key has the status 400 there, and a daily
    quota comes with a delay of seconds.
    """
    code, wait = None, None
    for detail in details:
        if not isinstance(detail, dict):
            continue
        if detail.get("reason") == _KEY_REFUSED:
            code = _KEY_REFUSED
        violations = detail.get("violations")
        if isinstance(violations, list) and any("PerDay" in str(each) for each in violations):
            code = _QUOTA_USED_UP
        wait = retry_after_seconds(str(detail.get("retryDelay", "")).removesuffix("s")) if wait is None else wait
    return code, wait


def _first_words(text: str) -> str:
    """One short line; of an HTML error page its title."""
    title = _TITLE.search(text[:MOST_READ])
    if text.lstrip()[:1] == "<":
        text = title[1] if title else "an HTML page"
    return " ".join(text[:MOST_READ].split())[:MOST_SHOWN]
