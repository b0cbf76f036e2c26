"""What usage costs."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.exchange import Usage
from seatrial.cost.price import Price, price_of, usd

RATES = st.decimals(0, 1000, places=9)
COUNTS = st.integers(0, 10**9)


@st.composite
def usages(draw: st.DrawFn, most: int = 10**9) -> Usage:
    plain, read, write, output, reasoning = (draw(st.integers(0, most)) for _ in range(5))
    return Usage(plain + read + write, output + reasoning, cache_read=read, cache_write=write, reasoning=reasoning)


def prices() -> st.SearchStrategy[Price]:
    known = {"input": RATES, "output": RATES}
    maybe = {name: st.none() | RATES for name in ("cache_read", "cache_write", "reasoning")}
    flat = st.builds(Price, **known, **maybe, request=RATES)
    tiers = st.lists(st.tuples(st.integers(1, 10**9), flat), max_size=3, unique_by=lambda tier: tier[0])
    return st.builds(Price, **known, **maybe, request=RATES, tiers=tiers.map(lambda found: tuple(sorted(found))))


def test_a_cost_is_whole_nano_dollars() -> None:
    cost = price_of(0.15, 0.60).cost_nusd(Usage(1_000_000, 1_000_000))
    assert (cost, type(cost)) == (750_000_000, int)
    assert usd(750_000_000) == 0.75
    assert price_of(0.15, 0.60).cost_nusd(Usage(1, 0)) == 150


def test_cached_tokens_without_a_rate_of_their_own_are_charged_as_input_and_reasoning_as_output() -> None:
    usage = Usage(10, 10, cache_read=3, cache_write=2, reasoning=5)
    assert price_of(1, 2).cost_nusd(usage) == price_of(1, 2).cost_nusd(Usage(10, 10))


def test_parts_with_a_rate_of_their_own_are_charged_by_it() -> None:
    price = Price(
        input=Decimal(1),
        output=Decimal(10),
        cache_read=Decimal("0.1"),
        cache_write=Decimal("1.25"),
        reasoning=Decimal(7),
        request=Decimal(5),
    )
    usage = Usage(1_000, 300, cache_read=200, cache_write=100, reasoning=40)
    assert price.cost_nusd(usage) == 1000 * (700 * 1 + 260 * 10 + 40 * 7) + 200 * 100 + 100 * 1_250 + 5_000_000


def test_above_a_threshold_the_whole_request_is_charged_by_its_tier() -> None:
    price = Price(
        input=Decimal(1),
        output=Decimal(1),
        tiers=(
            (200, Price(input=Decimal(2), output=Decimal(3))),
            (500, Price(input=Decimal(4), output=Decimal(5))),
        ),
    )
    costs = [price.cost_nusd(Usage(tokens, 10)) for tokens in (200, 201, 500, 501)]
    assert costs == [210_000, 432_000, 1_030_000, 2_054_000]


@pytest.mark.parametrize(
    ("price", "usage", "known"),
    [
        (Price(input=Decimal(1)), Usage(10, 0), True),
        (Price(input=Decimal(1)), Usage(10, 1), False),
        (Price(input=Decimal(1), reasoning=Decimal(1)), Usage(10, 5, reasoning=5), True),
        (Price(output=Decimal(1)), Usage(0, 5), True),
        (Price(output=Decimal(1)), Usage(5, 5), False),
        (Price(output=Decimal(1), cache_read=Decimal(1)), Usage(5, 5, cache_read=5), True),
        (Price(), Usage(), True),
        (Price(input=Decimal(0), output=Decimal(0)), Usage(10, 10), True),
    ],
)
def test_what_was_used_without_a_rate_makes_the_cost_unknown_and_never_0(
    price: Price, usage: Usage, known: bool
) -> None:
    assert (price.cost_nusd(usage) is not None) is known


@pytest.mark.parametrize("usage", [Usage(5, 0, cache_read=6), Usage(0, 3, reasoning=4), Usage(-1, 0)])
def test_a_usage_whose_parts_are_more_than_the_whole_has_no_cost(usage: Usage) -> None:
    assert price_of(1, 1).cost_nusd(usage) is None


@given(prices(), usages())
def test_the_cost_is_exact_and_rounded_half_to_even_once(price: Price, usage: Usage) -> None:
    chosen = price.of_size(usage.input_total)
    parts = [
        (usage.input_plain, chosen.input),
        (usage.cache_read, chosen.cache_read if chosen.cache_read is not None else chosen.input),
        (usage.cache_write, chosen.cache_write if chosen.cache_write is not None else chosen.input),
        (usage.output_plain, chosen.output),
        (usage.reasoning, chosen.reasoning if chosen.reasoning is not None else chosen.output),
    ]
    exact = sum((count * Fraction(rate or 0) * 1000 for count, rate in parts), Fraction(chosen.request) * 10**6)
    assert price.cost_nusd(usage) == round(exact)


@given(RATES, RATES, COUNTS, COUNTS)
def test_a_price_as_written_is_the_decimal_number_one_sees(
    rate_in: Decimal, rate_out: Decimal, tokens_in: int, tokens_out: int
) -> None:
    written = price_of(float(rate_in), float(rate_out))
    exact = Price(input=Decimal(str(float(rate_in))), output=Decimal(str(float(rate_out))))
    assert written == exact
    assert written.cost_nusd(Usage(tokens_in, tokens_out)) == exact.cost_nusd(Usage(tokens_in, tokens_out))


@given(prices(), usages(10**6))
def test_no_usage_of_a_size_costs_more_than_the_most_of_that_size(price: Price, usage: Usage) -> None:
    most = price.most_nusd(usage.input_total, usage.output_total)
    cost = price.cost_nusd(usage)
    assert most is not None
    assert cost is not None
    assert cost <= most


@pytest.mark.parametrize("price", [Price(), Price(input=Decimal(1)), Price(output=Decimal(1))])
def test_the_most_is_unknown_where_a_rate_is(price: Price) -> None:
    assert price.most_nusd(10, 10) is None
    assert price_of(1, 1).most_nusd(10, 10) == 20_000
