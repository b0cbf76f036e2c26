"""Every built-in check does what its reference entry shows, and is described there."""

from __future__ import annotations

import pytest

from seatrial.checks.bind import bind_entry
from seatrial.checks.define import CHECKS, check
from seatrial.core.errors import SpecError
from seatrial.core.view import View
from seatrial.spec.yaml import parse_yaml

NAMES = [name for name in CHECKS if CHECKS.get(name).function.__module__.startswith("seatrial.checks.")]
WITH_ANSWERS = [name for name in NAMES if name != "python" and not CHECKS.get(name).calls_model]
POLITE = 'def polite(text):\n    return "please" in text\n'


def cases(kind):
    return [
        pytest.param(CHECKS.get(name).example.write, answer, id=f"{name}-{number}")
        for name in WITH_ANSWERS
        for number, answer in enumerate(getattr(CHECKS.get(name).example, kind))
    ]


def entry(write):
    return parse_yaml(write, file="example.yaml").plain()


@pytest.mark.parametrize(("write", "answer"), cases("passes"))
def test_an_example_passes_as_it_says(judge, write, answer):
    verdict = judge(entry(write), answer)
    assert verdict.state == "pass", verdict.reason


@pytest.mark.parametrize(("write", "answer"), cases("fails"))
def test_an_example_fails_as_it_says_and_gives_the_reason(judge, write, answer):
    verdict = judge(entry(write), answer)
    assert verdict.state == "fail"
    assert verdict.reason


def test_the_example_of_python_judges_with_the_users_function(exchange_of, tmp_path):
    (tmp_path / "my_checks.py").write_text(POLITE)
    check = bind_entry(entry(CHECKS.get("python").example.write), tmp_path)
    states = [check.check(View.of(exchange_of(answer))).state for answer in ("yes please", "yes")]
    assert states == ["pass", "fail"]


@pytest.mark.parametrize("name", WITH_ANSWERS)
def test_every_check_has_an_example_with_answers_that_pass_and_fail(name):
    example = CHECKS.get(name).example
    assert example.passes
    assert example.fails


@pytest.mark.parametrize("name", NAMES)
def test_every_check_has_a_meaning_of_one_line(name):
    summary = CHECKS.get(name).summary
    assert summary.endswith(".")
    assert len(summary) <= 160


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_has_a_meaning(name):
    assert [parameter.name for parameter in CHECKS.get(name).parameters if not parameter.meaning] == []


@pytest.mark.parametrize(("write", "answer"), [*cases("passes"), *cases("fails")])
def test_spans_lie_within_the_text_that_was_judged(judge, exchange_of, write, answer):
    verdict = judge(entry(write), answer)
    length = len(exchange_of(answer).text)
    assert all(0 <= span.start < span.end <= length for span in verdict.spans)


@pytest.mark.parametrize(("write", "answer"), [*cases("passes"), *cases("fails")])
def test_not_in_front_of_a_name_swaps_the_verdict_and_keeps_the_evidence(judge, write, answer):
    written = entry(write)
    swapped = f"not-{written}" if isinstance(written, str) else {f"not-{name}": own for name, own in written.items()}
    one, other = judge(written, answer), judge(swapped, answer)
    assert {one.state, other.state} == {"pass", "fail"}
    assert one.score + other.score == pytest.approx(1)
    assert (one.spans, one.reason) == (other.spans, other.reason) or not one.reason


@pytest.mark.parametrize(
    ("name", "nearest"), [("contain", "contains"), ("not-contain", "not-contains"), ("max-word", "max-words")]
)
def test_an_unknown_name_is_refused_with_the_nearest(judge, name, nearest):
    with pytest.raises(SpecError, match=f"did you mean {nearest}"):
        judge(name, "x")


def test_an_unknown_parameter_is_refused_with_the_nearest(judge):
    with pytest.raises(SpecError, match="did you mean limit"):
        judge({"max-words": {"limitt": 3}}, "x")


def test_a_value_for_a_check_that_takes_none_is_refused(judge):
    with pytest.raises(SpecError, match="starts-lowercase takes no value"):
        judge({"starts-lowercase": 5}, "x")


def test_weight_and_metric_reach_the_verdict(judge):
    verdict = judge({"contains": {"value": "x", "weight": 2, "metric": "style"}}, "x")
    assert (verdict.weight, verdict.metric, verdict.check) == (2.0, "style", "contains")


def test_a_threshold_is_held_against_the_score(judge):
    entry = {"contains-all": {"values": ["a", "b", "c"], "threshold": 0.6}}
    assert [judge(entry, answer).state for answer in ("ab", "a")] == ["pass", "fail"]


@pytest.mark.parametrize(("on", "state"), [("answer", "fail"), ("raw", "pass"), ("input", "fail"), ("context", "fail")])
def test_on_says_which_text_is_judged(judge, on, state):
    exchange = {"message": {"role": "assistant", "content": "Hello"}, "raw": "hello", "context": ["Notes"]}
    verdict = judge({"contains": {"value": "hello", "on": on}}, exchange)
    assert (verdict.state, verdict.on) == (state, on)


def test_a_decorator_without_parentheses_is_a_mistake():
    with pytest.raises(SpecError, match="@check has no parentheses"):

        @check
        def polite(text):
            return "please" in text
