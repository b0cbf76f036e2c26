"""Writes the binary event stream of AWS, as the service does."""

from __future__ import annotations

import json
import zlib
from struct import pack
from typing import Any

from bytes_transport import Answer

from seatrial.models.transport import TransportError


def header(name: str, value: str) -> bytes:
    return bytes([len(name.encode())]) + name.encode() + b"\x07" + pack(">H", len(value.encode())) + value.encode()


def message(headers: bytes, body: bytes) -> bytes:
    prelude = pack(">II", 16 + len(headers) + len(body), len(headers))
    whole = prelude + pack(">I", zlib.crc32(prelude)) + headers + body
    return whole + pack(">I", zlib.crc32(whole))


def event(name: str, body: Any, kind: str = "event") -> bytes:
    """One message; `kind` `exception` is how the service says that it failed. What is not bytes becomes JSON."""
    headers = {f":{kind}-type": name, ":content-type": "application/json", ":message-type": kind}
    written = body if isinstance(body, bytes) else json.dumps(body).encode()
    return message(b"".join(header(*each) for each in headers.items()), written)


def aws(*chunks: bytes | TransportError) -> Answer:
    return Answer(*chunks, content_type="application/vnd.amazon.eventstream")
