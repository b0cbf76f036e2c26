"""What a moderator says of a text."""

from __future__ import annotations

import msgspec


class Moderation(msgspec.Struct, frozen=True, omit_defaults=True):
    """`flagged` by any of the `categories`, whose names are the provider's; `scores` are 0 to 1. A category that was
    not judged is in neither.
    """

    flagged: bool
    categories: dict[str, bool] = {}
    scores: dict[str, float] = {}
