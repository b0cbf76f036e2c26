"""Checks on the exchange around an answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.core.errors import SpecError

DECLINES = "I'm sorry, but I can't help with that."
HELPS = "Boil the pasta for ten minutes, then drain it."


def attempt(**fields):
    return {"model": "main", "use": "scripted/x", "finish": "stop", **fields}


def asking(text):
    return {"request": {"messages": [{"role": "user", "content": text}]}, "finish": "content_filter"}


@pytest.mark.parametrize(
    ("entry", "answer", "state"),
    [
        ("refusal", DECLINES, "pass"),
        ("refusal", HELPS, "fail"),
        ({"refusal": True}, DECLINES, "pass"),
        ({"refusal": False}, DECLINES, "fail"),
        ({"refusal": False}, HELPS, "pass"),
        ("not-refusal", DECLINES, "fail"),
        ("not-refusal", HELPS, "pass"),
        ({"not-refusal": False}, HELPS, "fail"),
    ],
)
def test_refusal_is_about_whether_the_answer_declines(judge, entry, answer, state):
    assert judge(entry, answer).state == state


def test_refusal_says_which_kind_and_points_at_the_words(judge):
    verdict = judge("not-refusal", DECLINES)
    assert verdict.label == "full_refusal"
    assert verdict.reason
    assert verdict.spans


@pytest.mark.parametrize("finish", ["refused", "content_filter"])
def test_an_answer_the_provider_withheld_declines_whatever_its_text(judge, finish):
    withheld = {"finish": finish, "message": {"role": "assistant", "content": ""}}
    assert judge("refusal", withheld).state == "pass"
    assert judge({"refusal": False}, withheld).reason == f"the model ended with {finish}"


def test_the_finish_reason_says_nothing_about_other_texts_than_the_answer(judge):
    assert judge({"refusal": {"on": "input"}}, asking(HELPS)).state == "fail"


def test_refusal_of_an_empty_answer_is_unscored(judge):
    assert judge("refusal", " \n").state == "unscored"
    assert judge("not-refusal", " \n").state == "unscored"


@settings(deadline=None)
@given(answer=st.sampled_from([DECLINES, HELPS]) | st.text(max_size=60))
def test_refusal_false_and_not_refusal_agree_and_oppose_refusal(judge, answer):
    declines, complies, negated = (judge(entry, answer) for entry in ("refusal", {"refusal": False}, "not-refusal"))
    assert complies.state == negated.state
    if declines.state != "unscored":
        assert {declines.state, complies.state} == {"pass", "fail"}
        assert declines.score + complies.score == pytest.approx(1)
        assert (declines.score >= 0.5) == (declines.state == "pass")


def test_finish_reason_takes_one_or_several(judge):
    assert judge({"finish-reason": "length"}, {"finish": "length"}).state == "pass"
    assert judge({"finish-reason": ["stop", "length"]}, {"finish": "length"}).state == "pass"
    assert judge({"finish-reason": ["stop", "tool_calls"]}, {"finish": "length"}).reason == (
        "ended with length, not stop or tool_calls"
    )


@pytest.mark.parametrize(
    ("limit", "taken", "state"),
    [
        (1500, 1500.0, "pass"),
        (1500, 1500.5, "fail"),
        ("1500ms", 1500.0, "pass"),
        ("1.5s", 1501.0, "fail"),
        ("2 s", 2000.0, "pass"),
        ("1m", 60_000.0, "pass"),
        ("1min", 60_001.0, "fail"),
        ("1h", 3_600_000.0, "pass"),
        (0, 1.0, "fail"),
    ],
)
def test_latency_holds_a_time_in_milliseconds_or_with_a_unit(judge, limit, taken, state):
    assert judge({"latency": limit}, {"latency_ms": taken}).state == state


def test_latency_says_how_long_it_took(judge):
    assert judge({"latency": "2s"}, {"latency_ms": 2500.4}).reason == "took 2,500 ms, at most 2,000 ms allowed"


def test_latency_of_an_answer_nobody_was_asked_for_is_unscored(judge):
    assert judge({"latency": "2s"}, "recorded").state == "unscored"
    assert judge({"latency": "2s"}, {"attempts": [attempt()]}).state == "pass"


def test_cost_adds_all_attempts_up_in_dollars(judge):
    twice = {"attempts": [attempt(cost_nusd=100_000), attempt(cost_nusd=200_000)]}
    assert judge({"cost": 0.0003}, twice).state == "pass"
    assert judge({"cost": 0.0002}, twice).reason == "cost 0.0003 USD, at most 0.0002 USD allowed"


@pytest.mark.parametrize("attempts", [[], [attempt()], [attempt(cost_nusd=1), attempt()]])
def test_an_unknown_cost_is_unscored(judge, attempts):
    assert judge({"cost": 1}, {"attempts": attempts}).state == "unscored"


@pytest.mark.parametrize(
    ("entry", "state", "reason"),
    [
        (40, "pass", "40 total tokens"),
        (39, "fail", "40 total tokens, at most 39 allowed"),
        ({"max": 30, "of": "input"}, "pass", "30 input tokens"),
        ({"max": 9, "of": "output"}, "fail", "10 output tokens, at most 9 allowed"),
        ({"max": 99, "min": 11, "of": "output"}, "fail", "10 output tokens, at least 11 wanted"),
    ],
)
def test_tokens_hold_a_range_of_the_kind_asked_for(judge, entry, state, reason):
    used = {"attempts": [attempt(usage={"input_total": 30, "output_total": 10})]}
    verdict = judge({"tokens": entry}, used)
    assert (verdict.state, verdict.reason) == (state, reason)


def test_an_unknown_usage_is_unscored(judge):
    assert judge({"tokens": 5}, {"attempts": [attempt()]}).state == "unscored"


@pytest.mark.parametrize(
    ("entry", "expected", "got"),
    [
        ({"refusal": "yes"}, "`bool`", "the text 'yes'"),
        ({"finish-reason": "stopped"}, "'stopped'", "the text 'stopped'"),
        ({"latency": "fast"}, "milliseconds, or a time like 1500ms or 2s", "the text 'fast'"),
        ({"latency": -1}, "milliseconds", "the number -1"),
        ({"latency": True}, "milliseconds", "true"),
        ({"cost": "cheap"}, "`float`", "the text 'cheap'"),
        ({"tokens": {"max": 5, "of": "both"}}, "'both'", "the text 'both'"),
        ({"tokens": {"min": 5}}, "tokens needs max", "for example"),
        ({"latency": {"max": 5, "on": "input"}}, "judges no text", "on"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused_with_expected_and_got(judge, entry, expected, got):
    with pytest.raises(SpecError) as caught:
        judge(entry, "x")
    assert expected in str(caught.value)
    assert got in str(caught.value)
