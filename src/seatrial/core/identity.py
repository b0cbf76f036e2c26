"""Identity by content: one canonical hash for versions, case ids and recording keys."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

_encode = msgspec.json.Encoder(order="deterministic", enc_hook=repr).encode


def digest(value: Any) -> str:
    """16 hex digits (64 bits of SHA-256) of the canonical JSON of `value`: keys sorted, no white space."""
    return hashlib.sha256(_encode(value)).hexdigest()[:16]
