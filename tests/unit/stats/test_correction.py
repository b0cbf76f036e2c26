"""The rate behind a judge that errs: corrected with the calibration's own uncertainty, or not measurable."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.stats.correction import Corrected, rogan_gladen, youden_index
from seatrial.stats.proportion import wilson


@st.composite
def counts(draw: st.DrawFn, least: int = 1) -> tuple[int, int]:
    n = draw(st.integers(least, 300))
    return draw(st.integers(0, n)), n


def test_known_figures() -> None:
    # A judge that finds 28 of 30 and clears 55 of 60 calls 60 of 200: (0.3 + 0.9167 - 1) / (0.9333 + 0.9167 - 1).
    found = rogan_gladen(60, 200, (28, 30), (55, 60))
    assert found.estimate == pytest.approx(0.25490, abs=1e-5)
    # Lang & Reiczigel 2014 by hand: 0.3038, 56 of 62 and 29 of 32 with their variances, shifted by 0.0029.
    assert (found.low, found.high) == pytest.approx((0.1448, 0.3609), abs=1e-4)
    assert found.raw == wilson(60, 200)


@given(judged=counts(), sensitivity=counts(), specificity=counts())
def test_a_rate_is_inside_its_interval_inside_its_scale(
    judged: tuple[int, int], sensitivity: tuple[int, int], specificity: tuple[int, int]
) -> None:
    found = rogan_gladen(*judged, sensitivity, specificity)
    youden = youden_index(sensitivity, specificity)
    assert youden.low is not None
    assert youden.low > 0.0 or not found.measurable
    if not found.measurable:
        assert (found.estimate, found.low, found.high) == (None, None, None)
        assert found.reason is not None
        return
    assert found.estimate is not None
    assert found.low is not None
    assert found.high is not None
    assert 0.0 <= found.low <= found.estimate <= found.high <= 1.0
    assert found.low < found.high
    assert found.reason is None


@given(judged=counts(), sensitivity=counts(20), specificity=counts(20))
def test_calling_yes_no_turns_the_rate_around(
    judged: tuple[int, int], sensitivity: tuple[int, int], specificity: tuple[int, int]
) -> None:
    yes, n = judged
    found, turned = rogan_gladen(yes, n, sensitivity, specificity), rogan_gladen(n - yes, n, specificity, sensitivity)
    assert found.measurable == turned.measurable
    if found.measurable:
        assert turned.estimate == pytest.approx(1 - (found.estimate or 0.0), abs=1e-9)
        assert turned.low == pytest.approx(1 - (found.high or 0.0), abs=1e-9)


@given(judged=counts(50))
def test_a_judge_known_not_to_err_leaves_the_rate_alone(judged: tuple[int, int]) -> None:
    yes, n = judged
    found, plain = rogan_gladen(yes, n, (100_000, 100_000), (100_000, 100_000)), wilson(yes, n)
    assert found.estimate == pytest.approx(yes / n, abs=1e-9)
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high), abs=0.02)


@given(judged=st.integers(140, 260), misses=st.integers(0, 12), alarms=st.integers(0, 12))
def test_fewer_labels_make_a_wider_interval(judged: int, misses: int, alarms: int) -> None:
    few = rogan_gladen(judged, 400, (40 - misses, 40), (40 - alarms, 40))
    many = rogan_gladen(judged, 400, (4000 - 100 * misses, 4000), (4000 - 100 * alarms, 4000))
    assert width(many) < width(few)


def width(found: Corrected) -> float:
    assert found.low is not None
    assert found.high is not None
    return found.high - found.low


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((0, 0, (28, 30), (55, 60)), "no answer was judged"),
        ((0, 99, (80, 80), (20, 80)), "the calibration does not fit: its false alarms alone exceed what was judged"),
        ((99, 99, (20, 80), (80, 80)), "the calibration does not fit: its misses alone exceed what was judged"),
        ((5, 20, (0, 0), (55, 60)), "the calibration has no answer that people call a yes"),
        ((5, 20, (28, 30), (0, 0)), "the calibration has no answer that people call a no"),
        (
            (5, 20, (3, 5), (3, 6)),
            "sensitivity + specificity - 1 is at least -0.38: this judge may be no better than chance",
        ),
    ],
)
def test_what_cannot_be_measured_says_why(arguments: tuple, reason: str) -> None:  # type: ignore[type-arg]
    found = rogan_gladen(*arguments)
    assert (found.measurable, found.estimate, found.reason) == (False, None, reason)


def test_a_worthless_judge_stays_unmeasurable_however_many_labels() -> None:
    assert not rogan_gladen(500, 1000, (5_000, 10_000), (5_000, 10_000)).measurable
    # Better than chance by a hair, and known to be.
    assert rogan_gladen(500, 1000, (5_300, 10_000), (5_000, 10_000)).measurable


def test_impossible_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="passed: expected a count from 0 to n"):
        rogan_gladen(5, 4, (1, 2), (1, 2))
    with pytest.raises(ValueError, match="passed: expected a count from 0 to n"):
        rogan_gladen(1, 4, (3, 2), (1, 2))
