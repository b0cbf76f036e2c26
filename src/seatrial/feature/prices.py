"""What a model of feature.yaml costs: by its `price:`, else by the listed price of the day.

A listed price is one of the provider's standard service: with a `service_tier` that is charged otherwise, and for
servers of one's own, it is unknown until `price:` says it. Replays cost nothing, and have a cost only when priced.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from seatrial.core.exchange import Attempt
from seatrial.cost.price import Price
from seatrial.cost.table import find_price
from seatrial.feature.models_spec import ModelSpec
from seatrial.models.catalogue import find_provider

STANDARD_TIERS = frozenset({"default", "standard", "standard_only", "on_demand"})
"""Values of `service_tier` that ask for the listed price: OpenAI and Gemini, Anthropic, Groq. Others cost more or less,
and `auto` leaves it to the account.
"""

LENGTH_PARAMS = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""Parameters that limit how long an answer may be."""

PriceOf = Callable[[Attempt], int | None]


def _now() -> datetime:
    return datetime.now(UTC)


def is_replayed(spec: ModelSpec) -> bool:
    """Whether answers come from a file, so that no one is to be paid."""
    return find_provider(spec.use)[0].wire in ("recording", "scripted")


def pricing(spec: ModelSpec, *, now: Callable[[], datetime] = _now) -> PriceOf:
    """A function that gives what an attempt cost, in nano-dollars; None when usage or price is unknown."""

    def price(attempt: Attempt) -> int | None:
        if attempt.usage is None:
            return None
        for model in (attempt.served_by, None):
            found = price_at(spec, now(), model)
            cost = None if found is None else found.cost_nusd(attempt.usage)
            if cost is not None:
                return cost
        return None

    return price


def price_at(spec: ModelSpec, at: datetime, served_by: str | None = None) -> Price | None:
    """The price of a model at a moment; that of the model that the provider says answered, else the one asked for."""
    if spec.price is not None:
        return spec.price
    if is_replayed(spec) or spec.params.get("service_tier", "default") not in STANDARD_TIERS:
        return None
    provider, _, model = spec.use.partition("/")
    return find_price(provider, served_by or model, at)


def longest_answer(spec: ModelSpec) -> int | None:
    """The most tokens that `params` let an answer have; None without a limit."""
    limits = [spec.params[name] for name in LENGTH_PARAMS if spec.params.get(name) is not None]
    return max(int(limit) for limit in limits) if limits else None
