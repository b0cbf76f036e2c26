"""The binary event stream of AWS: bytes split anywhere in, JSON payloads out.

A message is: total length, length of the headers, CRC-32 of both (4 bytes each, big-endian), headers, payload, CRC-32
of all before it. Source: the AWS event stream encoding, in the Smithy specification, "Amazon Event Stream".

The payload handed out is a JSON object whose only key is the event's type, so that a reader sees what the other wires
show it too. What is no event is handed out as `{"exception": {"name": …, "body": …}}`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from struct import Struct

import msgspec

from seatrial.models.sse import MAX_EVENT_BYTES, EventTooLarge

_PRELUDE = Struct(">III")
_TRAILER = 4
_LENGTH = 2
_TEXT = 7
_FIXED = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}
"""Sizes of header values by their type: true, false, 1 to 8 bytes, a time, a UUID. Types 6 (bytes) and 7 (text) say
their own.
"""


class AwsStreamDecoder:
    """Feed it chunks; it gives the payloads that became complete. Raises ValueError for what is not this format."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Read one by one, so that nothing is lost of what stands before an event that is broken."""
        buffer = self._buffer
        buffer += chunk
        start = 0
        while len(buffer) - start >= _PRELUDE.size:
            total, headers, checksum = _PRELUDE.unpack_from(buffer, start)
            _check(total, headers, is_right=zlib.crc32(buffer[start : start + 8]) == checksum)
            if len(buffer) - start < total:
                break
            yield _payload(bytes(buffer[start : start + total]), headers)
            start += total
        del buffer[:start]

    def close(self) -> list[bytes]:
        """Nothing: an event that is not whole has no meaning. Raises ValueError when one had begun."""
        if self._buffer:
            raise ValueError("the event stream ended inside an event")
        return []


def _check(total: int, headers: int, *, is_right: bool) -> None:
    """Raises ValueError for lengths that cannot be."""
    if not is_right:
        raise ValueError("the event stream is broken: the checksum of an event's length is wrong")
    if total > MAX_EVENT_BYTES:
        raise EventTooLarge(f"an event of more than {MAX_EVENT_BYTES // 2**20} MiB")
    if total < _PRELUDE.size + headers + _TRAILER:
        raise ValueError("the event stream is broken: an event is shorter than its headers")


def _payload(message: bytes, header_bytes: int) -> bytes:
    body_end = len(message) - _TRAILER
    if zlib.crc32(message[:body_end]) != int.from_bytes(message[body_end:], "big"):
        raise ValueError("the event stream is broken: the checksum of an event is wrong")
    body_start = _PRELUDE.size + header_bytes
    headers = _headers(message[_PRELUDE.size : body_start])
    body = message[body_start:body_end] or b"{}"
    kind = headers.get(":message-type")
    if kind == "event" and ":event-type" in headers:
        return b"{%b:%b}" % (msgspec.json.encode(headers[":event-type"]), body)
    if kind == "exception" and ":exception-type" in headers:
        return _exception(headers[":exception-type"], msgspec.Raw(body))
    if kind == "error":
        return _exception(headers.get(":error-code", "error"), {"message": headers.get(":error-message", "")})
    raise ValueError(f"the event stream is broken: an event is of no known type ({kind})")


def _exception(name: str, body: msgspec.Raw | dict[str, str]) -> bytes:
    return msgspec.json.encode({"exception": {"name": name, "body": body}})


def _headers(data: bytes) -> dict[str, str]:
    """The headers with text values; the others say nothing we read."""
    headers: dict[str, str] = {}
    at = 0
    try:
        while at < len(data):
            name_end = at + 1 + data[at]
            name, kind = data[at + 1 : name_end].decode(), data[name_end]
            start = name_end + 1
            if kind in (6, _TEXT):
                start, size = start + _LENGTH, int.from_bytes(data[start : start + _LENGTH], "big")
            else:
                size = _FIXED[kind]
            at = start + size
            if kind == _TEXT:
                headers[name] = data[start:at].decode()
    except (IndexError, KeyError, UnicodeDecodeError) as error:
        raise ValueError("the event stream is broken: an event's headers cannot be read") from error
    if at != len(data):
        raise ValueError("the event stream is broken: an event's headers are cut")
    return headers
