"""The price of a model and what a usage costs at it. Money is integer nano-dollars: sums are exact and order-free."""

from __future__ import annotations

import msgspec

from seatrial.core.exchange import Usage

NANO = 1_000_000_000


class Price(msgspec.Struct, frozen=True):
    """USD per million tokens. Cached input is charged as input: this version knows no cache price."""

    input: float
    output: float

    def cost_nusd(self, usage: Usage) -> int:
        """Nano-dollars, rounded half to even once for the whole usage."""
        per_token = NANO / 1_000_000
        return round(usage.input_total * self.input * per_token + usage.output_total * self.output * per_token)


def usd(nusd: int) -> float:
    return nusd / NANO
