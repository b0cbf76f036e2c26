"""One guard's judgement, and the time it may take."""

import asyncio

import pytest
from guard_cases import output, setting

from seatrial.core.view import View
from seatrial.guard.deciding import decision
from seatrial.guard.judging import Clock, judged


def judge(guard, text, clock=None):
    view = View(text, setting().exchange)
    return asyncio.run(judged(guard, view, clock or Clock(None)))


def test_a_budget_runs_only_while_guards_are_awaited():
    clock = Clock(5.0)
    assert clock.left(None) == 5.0
    assert clock.left(2.0) == 2.0
    with clock, clock:
        assert clock.left(None) < 5.0
    left = clock.left(None)
    assert left < 5.0
    assert clock.left(None) == left
    assert Clock(None).left(None) is None


def test_a_spent_budget_cuts_off_what_is_awaited_and_nothing_else():
    (quick,), (slow,) = output("{test-card: {action: flag}}"), output("{test-slow: {action: flag, window: all}}")
    assert judge(quick, "1233", Clock(0.0)).verdict.state == "fail"
    given = judge(slow, "text", Clock(0.0))
    assert (given.verdict.state, given.verdict.reason) == ("error", "the check could not judge: no verdict within 0 ms")


def test_what_a_broken_check_says_is_not_told():
    (guard,) = output("{test-broken: {action: flag}}")
    verdict = judge(guard, "the secret!").verdict
    assert (verdict.state, verdict.reason) == ("error", "the check could not judge: ValueError")


def test_of_a_model_that_did_not_answer_the_kind_is_told():
    (guard,) = output("{test-asks: {action: flag, window: all}}")
    verdict = judge(guard, "the secret!").verdict
    assert (verdict.state, verdict.reason) == ("error", "the check could not judge: rate_limit, HTTP 429")


@pytest.mark.parametrize(
    ("entry", "text", "reason"),
    [
        ("{not-regex: {pattern: 'secret \\w{1,9}', action: flag}}", "a secret word", "1 place: not-regex"),
        ("{equals: {value: hello, action: flag, window: all}}", "my secret", "equals does not hold"),
        ("{equals: {value: hello, action: flag, window: all}}", "hello", ""),
        ("{personal-data: {action: flag}}", "a@example.com", "has personal data: email"),
        ("{test-card: {action: flag}}", "1233", "1 place: card"),
    ],
)
def test_a_decision_repeats_nothing_of_the_text(entry, text, reason):
    (guard,) = output(entry)
    assert decision(guard, judge(guard, text)).verdict.reason == reason
