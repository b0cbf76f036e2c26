"""Embeddings out of nothing but the text: words in common make vectors near."""

from __future__ import annotations

import math
from base64 import b64encode
from functools import lru_cache
from hashlib import blake2b
from struct import pack

from seatrial.testing.simulator.asked import Refused

MOST_DIMENSIONS = 8192
_BLOCK = 64  # bytes of one hash


def vector(text: str, dimensions: int) -> list[float]:
    """A vector of length 1: the sum of a fixed random direction for each word (feature hashing: Weinberger et al. 2009,
    "Feature Hashing for Large Scale Multitask Learning").
    """
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        raise Refused(400, f"dimensions must be from 1 to {MOST_DIMENSIONS}", param="dimensions")
    total = [0.0] * dimensions
    for word in text.lower().split() or [""]:
        total = [a + b for a, b in zip(total, _direction(word, dimensions), strict=True)]
    length = math.sqrt(sum(value * value for value in total)) or 1.0
    return [round(value / length, 6) for value in total]


def as_base64(values: list[float]) -> str:
    """32-bit floats, little-endian, as `encoding_format: base64` has it."""
    return b64encode(pack(f"<{len(values)}f", *values)).decode()


@lru_cache(maxsize=4096)
def _direction(word: str, dimensions: int) -> tuple[float, ...]:
    hashed = b"".join(
        blake2b(word.encode("utf-8", "replace"), digest_size=_BLOCK, salt=block.to_bytes(16, "big")).digest()
        for block in range(math.ceil(dimensions / _BLOCK))
    )
    return tuple(byte - 127.5 for byte in hashed[:dimensions])
