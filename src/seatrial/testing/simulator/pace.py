"""How long a provider takes when nothing is wrong with it."""

from __future__ import annotations

from random import Random

import msgspec

from seatrial.testing.simulator.plan import Plan, Wait


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """All in seconds: `latency` before the headers, give or take up to `jitter`; `first_token` between the headers and
    the first token; `between_tokens` between any two.
    """

    latency: float = 0.0
    jitter: float = 0.0
    first_token: float = 0.0
    between_tokens: float = 0.0

    @property
    def is_instant(self) -> bool:
        return not (self.latency or self.jitter or self.first_token or self.between_tokens)

    def draw(self, random: Random) -> float:
        """How many seconds before the headers this call waits."""
        return max(0.0, self.latency + (random.uniform(-self.jitter, self.jitter) if self.jitter else 0.0))

    def apply(self, plan: Plan, wait: float) -> None:
        if self.between_tokens:
            plan.between_tokens(self.between_tokens)
        if self.first_token and plan.is_stream:
            plan.insert(0, Wait(self.first_token))
        if wait:
            plan.steps.insert(0, Wait(wait))
