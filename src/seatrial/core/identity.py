"""Identity by content: one canonical hash for versions, case ids and recording keys."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

canonical = msgspec.json.Encoder(order="deterministic", enc_hook=repr).encode
"""The canonical JSON of a value, as bytes: keys sorted, no white space."""


def digest(value: Any) -> str:
    """16 hex digits (64 bits of SHA-256) of the canonical JSON of `value`: keys sorted, no white space."""
    return hashlib.sha256(canonical(value)).hexdigest()[:16]
