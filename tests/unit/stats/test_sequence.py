"""A confidence sequence: the bets it makes are the published ones, and watching it costs nothing."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.stats.sequence import ConfidenceSequence

values = st.lists(st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0.0, 1.0)), max_size=60)


def bounds(sequence: ConfidenceSequence) -> tuple[float, float]:
    interval = sequence.interval
    assert interval.low is not None
    assert interval.high is not None
    return interval.low, interval.high


def ruled_out(numbers: list[float], steps: int, confidence: float) -> list[bool]:
    """By the definition: both gamblers' capital at every candidate after every value."""
    enough = 2 / (1 - confidence)
    out = [False] * (steps + 1)
    above, below = [1.0] * (steps + 1), [1.0] * (steps + 1)
    for t, x in enumerate(numbers, 1):
        centres = [(0.5 + sum(numbers[:i])) / (i + 1) for i in range(t)]
        squares = sum((numbers[i - 1] - centres[i]) ** 2 for i in range(1, t))
        stake = math.sqrt(2 * math.log(enough) / ((0.25 + squares) / t * t * math.log(t + 1)))
        for step in range(steps + 1):
            m = step / steps
            above[step] *= 1 + min(stake, 0.5 / m if m else math.inf) * (x - m)
            below[step] *= 1 - min(stake, 0.5 / (1 - m) if m < 1 else math.inf) * (x - m)
            out[step] |= above[step] >= enough or below[step] >= enough
    return out


@given(numbers=values, confidence=st.sampled_from([0.8, 0.9, 0.95]))
def test_what_is_left_is_what_no_gambler_grew_rich_against(numbers: list[float], confidence: float) -> None:
    steps = 20
    sequence = ConfidenceSequence(confidence=confidence, resolution=steps)
    for number in numbers:
        sequence.add(number)
    left = [step for step, out in enumerate(ruled_out(numbers, steps, confidence)) if not out]
    if left:
        expected = (max(0, left[0] - 1) / steps, min(steps, left[-1] + 1) / steps)
        assert bounds(sequence) == pytest.approx(expected)


@given(numbers=values)
def test_bounds_only_ever_narrow(numbers: list[float]) -> None:
    sequence = ConfidenceSequence(resolution=50)
    low, high = bounds(sequence)
    assert (low, high) == (0.0, 1.0)
    for n, number in enumerate(numbers, 1):
        sequence.add(number)
        after = bounds(sequence)
        assert low <= after[0] < after[1] <= high
        low, high = after
        assert sequence.n == sequence.interval.n == n
        assert sequence.interval.estimate == pytest.approx(sum(numbers[:n]) / n)


@given(numbers=values)
def test_any_unit_is_the_same_sequence(numbers: list[float]) -> None:
    plain, differences = ConfidenceSequence(resolution=20), ConfidenceSequence(-1.0, 1.0, resolution=20)
    for number in numbers:
        plain.add(number)
        differences.add(min(1.0, max(-1.0, 2 * number - 1)))
    low, high = bounds(plain)
    assert bounds(differences) == pytest.approx((2 * low - 1, 2 * high - 1), abs=0.1 + 1e-9)


def test_it_closes_in_on_the_mean_and_sooner_where_values_vary_little() -> None:
    drawn = random.Random(8)
    steady, wild = ConfidenceSequence(), ConfidenceSequence()
    for _ in range(1_000):
        steady.add(0.7 + drawn.uniform(-0.05, 0.05))
        wild.add(float(drawn.random() < 0.7))
    assert bounds(steady)[0] < 0.7 < bounds(steady)[1]
    assert bounds(wild)[0] < 0.7 < bounds(wild)[1]
    assert bounds(steady)[1] - bounds(steady)[0] < 0.03 < bounds(wild)[1] - bounds(wild)[0] < 0.13


def test_one_value_over_and_over_leaves_a_candidate() -> None:
    sequence = ConfidenceSequence(resolution=100)
    for _ in range(3_000):
        sequence.add(0.333)
    low, high = bounds(sequence)
    assert low <= 0.333 <= high
    assert high - low < 0.04


@pytest.mark.parametrize("value", [-0.01, 1.01, math.nan])
def test_a_value_out_of_bounds_is_refused_and_not_counted(value: float) -> None:
    sequence = ConfidenceSequence()
    with pytest.raises(ValueError, match="value: expected from 0"):
        sequence.add(value)
    assert sequence.n == 0


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"low": 1.0}, "low: expected less than high"),
        ({"confidence": 1.0}, "confidence: expected"),
        ({"resolution": 1}, "resolution: expected 2 or more"),
    ],
)
def test_impossible_sequences_are_refused(arguments: dict[str, float], names: str) -> None:
    with pytest.raises(ValueError, match=names):
        ConfidenceSequence(**arguments)  # type: ignore[arg-type]
