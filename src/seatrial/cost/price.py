"""The price of a model and what a usage costs at it. Money is integer nano-dollars: sums are exact and order-free.

Unknown is unknown, never 0: a part of the usage without a rate of its own is charged as the part it belongs to (cached
input as input, reasoning as output, as providers without such a rate do), and where that has no rate either, the cost
is None.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext

import msgspec

from seatrial.core.exchange import Usage

NANO = 1_000_000_000
MILLION = 1_000_000

_EXACT = Context(prec=80)
"""More digits than any count times any rate has, so that the one rounding is the only one."""


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """USD per million tokens, and `request` per thousand requests; None is unknown. `tiers` are (above, price), least
    first: a request with more than `above` input tokens is charged by that price as a whole, and the last that fits
    wins.
    """

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    request: Decimal = Decimal(0)
    tiers: tuple[tuple[int, Price], ...] = ()

    def of_size(self, input_total: int) -> Price:
        """The price of a request with this many input tokens."""
        fitting = [price for above, price in self.tiers if input_total > above]
        return fitting[-1] if fitting else self

    def cost_nusd(self, usage: Usage) -> int | None:
        """Nano-dollars for one request, rounded half to even once; None when a part that was used has no rate, and for
        a usage whose parts are more than their whole.
        """
        price = self.of_size(usage.input_total)
        parts = (
            (usage.input_plain, price.input),
            (usage.cache_read, price.input if price.cache_read is None else price.cache_read),
            (usage.cache_write, price.input if price.cache_write is None else price.cache_write),
            (usage.output_plain, price.output),
            (usage.reasoning, price.output if price.reasoning is None else price.reasoning),
        )
        with localcontext(_EXACT):
            total = price.request * (NANO // 1000)
            for count, rate in parts:
                if count < 0 or (count and rate is None):
                    return None
                if count and rate is not None:
                    total += count * rate * (NANO // MILLION)
            return int(total.to_integral_value(ROUND_HALF_EVEN))

    def most_nusd(self, input_total: int, output_total: int) -> int | None:
        """The most that a request of this size can cost, however its tokens fall into parts and tiers; None when a
        rate of plain input or output is unknown.
        """
        prices = [self, *(price for above, price in self.tiers if input_total > above)]
        costs = [price._all_at_the_highest(input_total, output_total) for price in prices]
        known = [cost for cost in costs if cost is not None]
        return max(known) if len(known) == len(costs) else None

    def _all_at_the_highest(self, input_total: int, output_total: int) -> int | None:
        if self.input is None or self.output is None:
            return None
        highest_in = max(rate for rate in (self.input, self.cache_read, self.cache_write) if rate is not None)
        highest_out = max(rate for rate in (self.output, self.reasoning) if rate is not None)
        flat = Price(input=highest_in, output=highest_out, request=self.request)
        return flat.cost_nusd(Usage(input_total, output_total))


def price_of(
    input: float,  # noqa: A002 - the word of feature.yaml
    output: float,
    cache_read: float | None = None,
    cache_write: float | None = None,
) -> Price:
    """The price a person wrote, in USD per million tokens: exactly the decimal number they see."""
    cached = [None if rate is None else Decimal(str(rate)) for rate in (cache_read, cache_write)]
    return Price(input=Decimal(str(input)), output=Decimal(str(output)), cache_read=cached[0], cache_write=cached[1])


def usd(nusd: int) -> float:
    return nusd / NANO
