"""Counting, held to a slow model that says each rule in its own words."""

from __future__ import annotations

from collections import Counter
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.core.case import Case, Repeat
from seatrial.core.errors import ErrorInfo
from seatrial.core.verdict import Verdict
from seatrial.evals.gate import Gate
from seatrial.evals.repeats import over_repeats
from seatrial.evals.tally import SuiteTally, case_state, mean_score
from seatrial.store.records import Result

STATES = ("pass", "fail", "unscored", "error")
NO_ANSWER = ErrorInfo(kind="timeout", message="no answer")

verdicts = st.builds(
    Verdict,
    state=st.sampled_from(STATES),
    check=st.sampled_from(["a", "b", "c"]),
    version=st.just("v"),
    turn=st.integers(0, 2),
    score=st.none() | st.sampled_from([0.0, 0.25, 0.5, 1.0]),
    weight=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    metric=st.sampled_from([None, "m", "n"]),
)
errors = st.sampled_from([None, None, None, NO_ANSWER])


def result(case: Case, given: list[Verdict], error: ErrorInfo | None = None, repeat: int = 1) -> Result:
    state = case_state(given, case.threshold, error)
    return Result(
        case=case.id,
        suite="s",
        variant="main",
        repeat=repeat,
        made_by="m",
        state=state,
        verdicts=tuple(given),
        error=error,
    )


def state_by_the_book(given: list[Verdict], threshold: float | None, error: ErrorInfo | None) -> str:
    deciding = [verdict for verdict in given if verdict.weight > 0]
    if error is not None or any(verdict.state == "error" for verdict in deciding):
        return "error"
    if threshold is None and any(verdict.state == "fail" for verdict in deciding):
        return "fail"
    if any(verdict.state == "unscored" for verdict in deciding):
        return "unscored"
    if threshold is None or not deciding:
        return "pass"
    weights = sum(verdict.weight for verdict in deciding)
    mean = sum(score_by_the_book(verdict) * verdict.weight for verdict in deciding) / weights
    return "pass" if mean >= threshold else "fail"


def score_by_the_book(verdict: Verdict) -> float:
    return verdict.score if verdict.score is not None else float(verdict.state == "pass")


@given(given=st.lists(verdicts, max_size=6), threshold=st.none() | st.floats(0, 1), error=errors)
@settings(deadline=None)
def test_the_state_of_a_case_follows_its_verdicts(given, threshold, error):
    assert case_state(given, threshold, error) == state_by_the_book(given, threshold, error)


@pytest.mark.parametrize(
    ("state", "threshold", "expected"),
    [("fail", None, "pass"), ("error", None, "pass"), ("unscored", None, "pass"), ("fail", 1.0, "pass")],
)
def test_a_check_of_weight_0_decides_nothing(state, threshold, expected):
    silent = Verdict(state=state, check="a", score=0.0, weight=0)
    assert case_state([silent, Verdict(state="pass", check="b", score=1.0)], threshold, None) == expected


@pytest.mark.parametrize(("threshold", "expected"), [(0.75, "pass"), (0.76, "fail")])
def test_a_threshold_lets_the_mean_by_weight_decide_instead(threshold, expected):
    given = [Verdict(state="pass", score=1.0, weight=3), Verdict(state="fail", score=0.0, weight=1)]
    assert case_state(given, threshold, None) == expected


def test_a_verdict_without_a_score_counts_as_its_state_says():
    assert mean_score([Verdict(state="fail"), Verdict(state="pass")]) == 0.5


@given(states=st.lists(st.sampled_from(STATES), min_size=1, max_size=7), data=st.data())
@settings(deadline=None)
def test_a_repeated_case_passes_and_fails_only_when_nothing_unjudged_could_change_it(states, data):
    need = data.draw(st.integers(1, len(states)))
    open_ = [state for state in states if state in ("error", "unscored")]
    best = states.count("pass") + len(open_)
    if states.count("pass") >= need:
        expected = "pass"
    elif best < need:
        expected = "fail"
    else:
        expected = "error" if "error" in states else "unscored"
    assert over_repeats(states, need) == expected


def tally_of(cases: list[tuple[Case, list[list[Verdict]]]], order: list[int]) -> SuiteTally:
    tally = SuiteTally("s", "main", None)
    items = [(case, repeat, given) for case, repeats in cases for repeat, given in enumerate(repeats, 1)]
    for place in order:
        case, repeat, given = items[place]
        tally.add(case, result(case, given, None, repeat))
    return tally


@st.composite
def repeated_cases(draw: Any) -> tuple[list[tuple[Case, list[list[Verdict]]]], list[int]]:
    cases = []
    for number in range(draw(st.integers(0, 5))):
        times = draw(st.integers(1, 3))
        repeat = Repeat(times, draw(st.integers(1, times)))
        case = Case(id=str(number), repeat=repeat)
        cases.append((case, [draw(st.lists(verdicts, max_size=4)) for _ in range(times)]))
    places = list(range(sum(len(repeats) for _, repeats in cases)))
    return cases, draw(st.permutations(places))


@given(given=repeated_cases())
@settings(deadline=None)
def test_n_counts_cases_whatever_the_repeats_turns_and_the_order_they_finish_in(given):
    cases, order = given
    summary = tally_of(cases, order).summary(complete=True)
    states = Counter(
        over_repeats([state_by_the_book(each, None, None) for each in repeats], case.repeat.need)  # type: ignore[arg-type]
        for case, repeats in cases
    )
    assert (summary.cases, summary.passed, summary.failed) == (len(cases), states["pass"], states["fail"])
    assert (summary.errors, summary.unscored) == (states["error"], states["unscored"])
    judged = states["pass"] + states["fail"]
    assert summary.pass_rate.n == judged
    assert summary.pass_rate.estimate == (states["pass"] / judged if judged else None)


@given(given=repeated_cases())
@settings(deadline=None)
def test_a_row_of_a_check_counts_each_case_it_judged_once(given):
    cases, order = given
    checks = tally_of(cases, order).summary(complete=True).checks
    for name in ("a", "b", "c"):
        rows = Counter()
        for case, repeats in cases:
            found = [[v.state for v in each if v.check == name] for each in repeats]
            states = [min(each, key=("error", "fail", "unscored", "pass").index) for each in found if each]
            if states:
                rows[over_repeats(states, min(case.repeat.need, len(states)))] += 1
        if not rows:
            assert name not in checks
            continue
        counts = checks[name]
        assert counts.cases == rows.total()
        assert (counts.passed, counts.failed, counts.errors, counts.unscored) == tuple(
            rows[state] for state in ("pass", "fail", "error", "unscored")
        )
        assert counts.pass_rate.n == rows["pass"] + rows["fail"]


@given(given=repeated_cases())
@settings(deadline=None)
def test_a_metric_is_the_mean_over_cases_of_their_mean_score(given):
    cases, order = given
    metrics = tally_of(cases, order).summary(complete=True).metrics
    for name in ("m", "n"):
        means = []
        for _, repeats in cases:
            judged = [v for each in repeats for v in each if v.metric == name and v.state in ("pass", "fail")]
            if judged:
                means.append(fmean(score_by_the_book(v) for v in judged))
        if not means:
            assert name not in metrics
        else:
            assert metrics[name].n == len(means)
            assert metrics[name].mean == pytest.approx(fmean(means))


def test_errors_and_unscored_stand_beside_the_rate_and_never_in_it():
    tally = SuiteTally("s", "main", None)
    for number, state in enumerate(STATES):
        tally.add(Case(id=str(number)), result(Case(id=str(number)), [Verdict(state=state, check="a")]))  # type: ignore[arg-type]
    summary = tally.summary(complete=True)
    assert (summary.cases, summary.passed, summary.failed, summary.errors, summary.unscored) == (4, 1, 1, 1, 1)
    assert (summary.pass_rate.estimate, summary.pass_rate.n) == (0.5, 2)


def test_repeats_that_did_not_all_run_are_no_case_and_hold_no_gate():
    case = Case(id="1", repeat=Repeat(3, 2))
    tally = SuiteTally("s", "main", Gate(">=", 0.0))
    for repeat in (1, 2):
        tally.add(case, result(case, [Verdict(state="pass", check="a")], repeat=repeat))
    summary = tally.summary(complete=True)
    assert summary.cases == 0
    assert summary.gate is not None
    assert summary.gate.held is None


def test_the_worst_are_errors_then_the_lowest_scores_and_of_equals_the_first():
    tally = SuiteTally("s", "main", None)
    given = [("a", "fail", 0.4), ("b", "unscored", None), ("c", "fail", 0.1), ("d", "error", None), ("e", "fail", 0.1)]
    for id_, state, score in given:
        tally.add(Case(id=id_), result(Case(id=id_), [Verdict(state=state, score=score)]))  # type: ignore[arg-type]
    assert [each.case for each in tally.worst] == ["d", "c", "e", "a", "b"]


def test_of_a_repeated_case_the_worst_repeat_alone_is_kept():
    tally = SuiteTally("s", "main", None)
    for id_, repeat, states in (("a", Repeat(3, 3), "fef"), ("b", Repeat(3, 2), "fpp"), ("c", Repeat(3, 3), "eee")):
        case = Case(id=id_, repeat=repeat)
        for number in (3, 2, 1):
            state = {"f": "fail", "e": "error", "p": "pass"}[states[number - 1]]
            tally.add(case, result(case, [Verdict(state=state)], repeat=number))  # type: ignore[arg-type]
    assert [(each.case, each.repeat) for each in tally.worst] == [("a", 2), ("c", 1)]


def test_only_the_worst_are_kept():
    tally = SuiteTally("s", "main", None)
    for number in range(500):
        case = Case(id=str(number))
        tally.add(case, result(case, [Verdict(state="fail", score=(number % 97) / 100)]))
    assert len(tally.worst) == 10
    assert {mean_score(each.verdicts) for each in tally.worst} == {0.0, 0.01}
