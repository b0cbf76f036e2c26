"""Writes the binary event stream of AWS, one message at a time.

A message is: total length, length of the headers, CRC-32 of both (4 bytes each, big-endian), headers, payload, CRC-32
of all before it. Source: the Smithy specification, "Amazon Event Stream Specification". The reader of the clients
(`models/aws_stream.py`) shares no line with it, so that neither hides a mistake of the other.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from struct import Struct
from typing import Literal

from seatrial.testing.simulator.plan import Framing

CONTENT_TYPE = "application/vnd.amazon.eventstream"

_TEXT = 7  # the type of a header's value
_LENGTHS = Struct(">II")
_NUMBER = Struct(">I")
_FRAME_BYTES = _LENGTHS.size + 2 * _NUMBER.size


def writer(name: str, kind: Literal["event", "exception"] = "event") -> Callable[[bytes], bytes]:
    """Makes messages of one type out of JSON payloads; an `exception` is how the service says that it failed."""
    headers = b"".join(
        _header(*each)
        for each in ((f":{kind}-type", name), (":content-type", "application/json"), (":message-type", kind))
    )

    def write(payload: bytes) -> bytes:
        lengths = _LENGTHS.pack(_FRAME_BYTES + len(headers) + len(payload), len(headers))
        whole = lengths + _NUMBER.pack(zlib.crc32(lengths)) + headers + payload
        return whole + _NUMBER.pack(zlib.crc32(whole))

    return write


def broken(payload: bytes) -> bytes:
    """A message whose checksum is not that of its bytes."""
    whole = writer("contentBlockDelta")(payload)
    return whole[:-1] + bytes([whole[-1] ^ 1])


def _header(name: str, value: str) -> bytes:
    return b"%c%b%c%b%b" % (len(name), name.encode(), _TEXT, len(value).to_bytes(2, "big"), value.encode())


FRAMING = Framing(
    content_type=CONTENT_TYPE,
    malformed=lambda text: broken(text.encode()),
    odd=writer("simulated")(b"{}"),
)
