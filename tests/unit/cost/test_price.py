"""What usage costs."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.exchange import Usage
from seatrial.cost.price import Price, usd


def test_a_cost_is_whole_nano_dollars() -> None:
    cost = Price(0.15, 0.60).cost_nusd(Usage(1_000_000, 1_000_000))
    assert (cost, type(cost)) == (750_000_000, int)
    assert usd(cost) == 0.75
    assert Price(0.15, 0.60).cost_nusd(Usage(1, 0)) == 150


def test_reasoning_and_cached_tokens_are_not_charged_twice() -> None:
    assert Price(1, 2).cost_nusd(Usage(10, 10, cache_read=5, reasoning=5)) == Price(1, 2).cost_nusd(Usage(10, 10))


@given(st.decimals(0, 1000, places=4), st.decimals(0, 1000, places=4), st.integers(0, 10**8), st.integers(0, 10**8))
def test_the_cost_is_right_to_the_nano_dollar(
    price_in: object, price_out: object, tokens_in: int, tokens_out: int
) -> None:
    exact = (Fraction(str(price_in)) * tokens_in + Fraction(str(price_out)) * tokens_out) * 1000
    cost = Price(float(str(price_in)), float(str(price_out))).cost_nusd(Usage(tokens_in, tokens_out))
    assert abs(cost - exact) <= Fraction(1, 2) + exact / 10**15
