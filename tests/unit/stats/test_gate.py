"""A rate is held, missed or undecided exactly as the exact bounds say, with the least number of cases that decide."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from seatrial.stats.gate import Decision, Operator, decide
from seatrial.stats.proportion import exact_lower, exact_upper

operators: st.SearchStrategy[Operator] = st.sampled_from([">=", "<="])
tallies = st.one_of(st.integers(0, 60), st.integers(0, 5000))
limits = st.one_of(st.sampled_from([0.01, 0.05, 0.1, 0.5, 0.8, 0.9, 0.95, 0.99]), st.floats(0.001, 0.999))
confidences = st.one_of(st.sampled_from([0.9, 0.95, 0.99]), st.floats(0.5, 0.9999))


def with_further_right(passed: int, failed: int, operator: Operator, further: int) -> tuple[int, int]:
    return (passed + further, failed) if operator == ">=" else (passed, failed + further)


@pytest.mark.parametrize(("failed", "needed"), [(0, 29), (1, 46), (2, 61)])
def test_nine_in_ten_takes_29_cases_or_46_or_61(failed: int, needed: int) -> None:
    assert decide(needed - failed, failed, ">=", 0.9).held is True
    short = decide(needed - failed - 1, failed, ">=", 0.9)
    assert (short.held, short.further) == (None, 1)


@pytest.mark.parametrize(("events", "needed"), [(0, 299), (1, 473)])
def test_at_most_one_in_a_hundred_takes_299_cases_or_473(events: int, needed: int) -> None:
    assert decide(events, needed - events, "<=", 0.01).held is True
    short = decide(events, needed - events - 1, "<=", 0.01)
    assert (short.held, short.further) == (None, 1)


@pytest.mark.parametrize(("operator", "limit", "needed"), [(">=", 0.9, 29), ("<=", 0.01, 299)])
def test_no_case_at_all_decides_nothing_and_says_what_would(operator: Operator, limit: float, needed: int) -> None:
    decision = decide(0, 0, operator, limit)
    assert (decision.held, decision.further, decision.unreachable) == (None, needed, False)


@settings(deadline=None)
@given(passed=tallies, failed=tallies, operator=operators, limit=limits, confidence=confidences)
def test_held_is_what_the_bounds_of_statsmodels_say(
    passed: int, failed: int, operator: Operator, limit: float, confidence: float
) -> None:
    from statsmodels.stats.proportion import proportion_confint

    assume(passed + failed > 0)
    alpha = 2.0 * (1.0 - confidence)
    lower, upper = proportion_confint(passed, passed + failed, alpha=alpha, method="beta")
    assume(min(abs(lower - limit), abs(upper - limit)) > 1e-10)
    if operator == ">=":
        expected = True if lower >= limit else False if upper < limit else None
    else:
        expected = True if upper <= limit else False if lower > limit else None
    assert decide(passed, failed, operator, limit, confidence).held is expected


@settings(deadline=None)
@given(passed=tallies, failed=tallies, operator=operators, limit=limits)
def test_bound_is_the_one_to_be_held_and_opposite_the_other(
    passed: int, failed: int, operator: Operator, limit: float
) -> None:
    n = passed + failed
    bounds = [exact_lower(passed, n), exact_upper(passed, n)]
    if operator == "<=":
        bounds.reverse()
    decision = decide(passed, failed, operator, limit)
    assert [decision.bound, decision.opposite] == pytest.approx(bounds, abs=1e-12)


@settings(deadline=None)
@given(
    n=tallies,
    deviations=st.floats(-1.0, 1.0),
    operator=operators,
    limit=limits,
    confidence=st.sampled_from([0.9, 0.95, 0.99, 0.9999]),
)
def test_further_cases_decide_and_one_less_does_not(
    n: int, deviations: float, operator: Operator, limit: float, confidence: float
) -> None:
    # Within a standard deviation of the limit nearly every count is undecided.
    passed = round(n * limit + deviations * math.sqrt(n * limit * (1.0 - limit)))
    passed = min(max(passed, 0), n)
    failed = n - passed
    further = decide(passed, failed, operator, limit, confidence).further
    assume(further is not None)
    assert further is not None
    enough = with_further_right(passed, failed, operator, further)
    short = with_further_right(passed, failed, operator, further - 1)
    assert decide(*enough, operator, limit, confidence).held is True
    assert decide(*short, operator, limit, confidence).held is None


@settings(deadline=None)
@given(passed=tallies, failed=tallies, operator=operators, limit=limits)
def test_only_the_undecided_are_told_how_many_more(passed: int, failed: int, operator: Operator, limit: float) -> None:
    decision = decide(passed, failed, operator, limit)
    assert (decision.further is not None) == (decision.held is None)
    assert decision.unreachable is False


@settings(deadline=None)
@given(passed=tallies, failed=tallies, numerator=st.integers(1, 63), confidence=confidences)
def test_an_upper_limit_is_a_lower_limit_on_the_other_outcome(
    passed: int, failed: int, numerator: int, confidence: float
) -> None:
    limit = numerator / 64
    at_most = decide(passed, failed, "<=", limit, confidence)
    at_least = decide(failed, passed, ">=", 1.0 - limit, confidence)
    assert (at_most.held, at_most.further) == (at_least.held, at_least.further)
    assert at_most.bound == pytest.approx(1.0 - at_least.bound, abs=1e-14)


@settings(deadline=None)
@given(count=tallies)
def test_perfection_is_never_proved(count: int) -> None:
    for decision in (decide(count, 0, ">=", 1.0), decide(0, count, "<=", 0.0)):
        assert (decision.held, decision.further, decision.unreachable) == (None, None, True)


@settings(deadline=None)
@given(passed=tallies, failed=st.integers(1, 100))
def test_perfection_is_disproved_by_one_case(passed: int, failed: int) -> None:
    for decision in (decide(passed, failed, ">=", 1.0), decide(failed, passed, "<=", 0.0)):
        assert (decision.held, decision.further, decision.unreachable) == (False, None, False)


@settings(deadline=None)
@given(passed=tallies, failed=tallies)
def test_a_limit_that_asks_nothing_is_held(passed: int, failed: int) -> None:
    assert decide(passed, failed, ">=", 0.0).held is True
    assert decide(passed, failed, "<=", 1.0).held is True


@settings(deadline=None)
@given(limit=st.floats(1e-4, 0.5), confidence=confidences)
def test_with_no_case_gone_wrong_the_number_is_the_one_of_the_closed_form(limit: float, confidence: float) -> None:
    # (1 - limit)^n <= 1 - confidence.
    needed = math.log(1.0 - confidence) / math.log1p(-limit)
    assume(abs(needed - round(needed)) > 1e-6)
    assert decide(0, 0, "<=", limit, confidence).further == math.ceil(needed)


def test_a_limit_beyond_ten_million_cases_is_called_unreachable() -> None:
    assert decide(0, 0, "<=", 3e-7).further == 9_985_773
    beyond = decide(0, 0, "<=", 2.9e-7)
    assert (beyond.held, beyond.further, beyond.unreachable) == (None, None, True)


@pytest.mark.parametrize(("operator", "limit", "passed", "failed"), [(">=", 0.1, 1, 0), ("<=", 0.9, 0, 1)])
def test_a_bound_equal_to_the_limit_holds_it_though_fractions_round(
    operator: Operator, limit: float, passed: int, failed: int
) -> None:
    # One case at confidence 0.9 puts the bound at exactly 0.1 or 0.9, but 1.0 - 0.9 is less than 0.1 in binary.
    decision = decide(passed, failed, operator, limit, confidence=0.9)
    assert decision.held is True
    assert decision.bound == pytest.approx(limit, abs=1e-15)
    assert decision.bound >= limit if operator == ">=" else decision.bound <= limit


def test_a_decision_reads_as_data() -> None:
    assert decide(0, 0, ">=", 0.9) == Decision(held=None, bound=0.0, opposite=1.0, further=29, unreachable=False)


@pytest.mark.parametrize(
    ("passed", "failed", "limit", "confidence", "names"),
    [
        (-1, 0, 0.9, 0.95, "passed: expected a count of 0 or more, got -1"),
        (0, -2, 0.9, 0.95, "failed: expected a count of 0 or more, got -2"),
        (1, 1, 90.0, 0.95, "limit: expected a rate from 0 to 1, got 90.0"),
        (1, 1, float("nan"), 0.95, "limit: expected a rate from 0 to 1, got nan"),
        (1, 1, 0.9, 0.49, "confidence: expected a number from 0.5 to below 1, got 0.49"),
        (1, 1, 0.9, 1.0, "confidence: expected a number from 0.5 to below 1, got 1.0"),
    ],
)
def test_impossible_questions_are_refused(
    passed: int, failed: int, limit: float, confidence: float, names: str
) -> None:
    with pytest.raises(ValueError, match=names):
        decide(passed, failed, ">=", limit, confidence)
