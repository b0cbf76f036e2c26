"""What reading a structured answer came to: the outcome, and what was mended on the way."""

from __future__ import annotations

from typing import Literal

import msgspec

Outcome = Literal["value", "truncated", "refusal", "empty", "ambiguous", "invalid"]
"""Only `value` is an answer. `truncated` was cut, `refusal` is the model declining, `empty` is blank, `ambiguous` holds
several values that differ, and `invalid` fits no reading of the schema.
"""


class Repair(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that was mended: its name, the JSON path (`$` is the whole answer), and what stood there."""

    name: str
    path: str = "$"
    detail: str = ""
