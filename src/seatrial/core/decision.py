"""What a guard decided about one text of an ask, and what it did."""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from seatrial.core.verdict import Verdict

Stage = Literal["input", "context", "tools", "output"]
Action = Literal["flag", "redact", "mask", "pseudonymise", "replace", "retry", "refuse", "escalate"]
_Changed = Literal["redacted", "masked", "pseudonymised"]
CHANGED: frozenset[str] = frozenset(get_args(_Changed))
Deed = _Changed | Literal["passed", "flagged", "replaced", "retried", "refused", "escalated", "shadowed", "let through"]
"""`shadowed`: it would have acted, and only watches. `let through`: it could not judge, and `on_error` is open."""

SUBSTITUTED: frozenset[Stage] = frozenset({"context", "tools"})
"""Stages with many texts, of which one can be replaced: the ask goes on."""


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`verdict` is the check's own, with its spans in the text as it is kept; those of a text that is not kept are left
    out. `fingerprints` are keyed hashes of what was matched: equal ones are equal texts, and only who has the key can
    tell which. `latency_ms` is what judging took.
    """

    stage: Stage
    action: Action
    did: Deed
    verdict: Verdict
    fingerprints: tuple[str, ...] = ()
    latency_ms: float = 0.0

    @property
    def stops(self) -> bool:
        """Whether it ended the ask."""
        return self.did == "refused" or (self.did == "replaced" and self.stage not in SUBSTITUTED)
