"""One try at one model, and what it used and cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from seatrial.core.errors import ErrorInfo

FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "refused", "blocked", "cancelled", "error"]

Rung = Literal["native", "tool", "json", "prompt"]
"""How a model was held to a JSON Schema: by its server, as the arguments of a tool, to any JSON, or only by words."""


class Usage(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Tokens, inclusive: `input_total` contains what was read from and written to a cache, `output_total`
    contains reasoning. The parts are disjoint: input_total = input_plain + cache_read + cache_write.
    """

    input_total: int = 0
    output_total: int = 0
    cache_read: int = 0
    cache_write: int = 0
    reasoning: int = 0

    @property
    def input_plain(self) -> int:
        return self.input_total - self.cache_read - self.cache_write

    @property
    def output_plain(self) -> int:
        return self.output_total - self.reasoning

    @property
    def total(self) -> int:
        return self.input_total + self.output_total

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_total + other.input_total,
            self.output_total + other.output_total,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            self.reasoning + other.reasoning,
        )


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One try at one model, successful or not.

    `model` is the name in feature.yaml, `use` its provider/model, `served_by` what the provider said answered.
    Times are milliseconds; `first_token_ms` is None when the answer came in one piece. `cost_nusd` is nano-dollars,
    None when the price or the usage is unknown (never 0 for unknown). `queued_ms` is how long the model's limits, or
    with a model in this process other requests, held the call back before it was made, and no part of `latency_ms`.
    `hedged` marks a second call, made beside one that was slow to begin: the two overlap in time. `cached` marks an
    answer given before to an equal request: nobody was asked, nothing was used and nothing paid. `rung` is how the
    answer was held to a JSON Schema; None without one, and for a replay, which is held to nothing.
    """

    model: str
    use: str
    params: dict[str, Any] = {}
    rung: Rung | None = None
    served_by: str | None = None
    finish: FinishReason
    raw_finish: str | None = None
    usage: Usage | None = None
    cost_nusd: int | None = None
    first_token_ms: float | None = None
    latency_ms: float = 0.0
    queued_ms: float = 0.0
    hedged: bool = False
    cached: bool = False
    error: ErrorInfo | None = None


def usage_of(attempts: Sequence[Attempt]) -> Usage | None:
    """The sum over the attempts; None when none reported any."""
    known = [attempt.usage for attempt in attempts if attempt.usage is not None]
    if not known:
        return None
    total = known[0]
    for usage in known[1:]:
        total = total + usage
    return total


def cost_of(attempts: Sequence[Attempt]) -> int | None:
    """Nano-dollars for the attempts; None when one that may be billed has no known cost, and when there are none."""
    total = 0
    for attempt in attempts:
        if attempt.cost_nusd is not None:
            total += attempt.cost_nusd
        elif attempt.error is None or attempt.error.billable:
            return None
    return total if attempts else None
