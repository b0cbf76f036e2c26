"""`guards:` of feature.yaml: what it may say, and every mistake at its line."""

import pytest
from guard_cases import output, policy_of

from seatrial.core.errors import SpecError


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("input: {}", 1, "guards: input is not right"),
        ("input: []", 1, "guards: input is empty"),
        ("inputs: []", 1, "unknown key 'inputs'"),
        ("tools: [{test-card: {action: retry, with: x}}]", 1, "retry asks the model again"),
        ("input: [{grounded: {action: flag}}]", 1, "grounded compares an answer"),
        ("tools: [{not: {checks: [system-prompt-leak], action: flag}}]", 1, "not compares an answer"),
        ("input:\n- test-card", 2, "a guard is not right"),
        ("input:\n- {test-card: {action: flag}, test-name: {action: flag}}", 2, "a guard is not right"),
        ("input:\n- test-card: {}", 2, "has no action"),
        ("input:\n- test-card: flag", 2, "has no action"),
        ("input:\n- test-crad: {action: flag}", 2, "no check named 'test-crad'"),
        ("input:\n- test-card:\n    action: redcat", 3, "action is not right"),
        ("input:\n- max-words: {action: flag}", 2, "max-words needs limit"),
        ("input:\n- max-words: {action: flag, limt: 3}", 2, "no parameter 'limt'"),
        ("input:\n- test-card:\n    action: refuse", 3, "refuse needs with:"),
        ("input:\n- test-card:\n    action: replace", 3, "replace needs with:"),
        ("input:\n- test-card:\n    action: escalate", 3, "escalate needs with:"),
        ("input:\n- test-card: {action: redact, with: x}", 2, "with: means nothing"),
        ("input:\n- test-card: {action: refuse, with: 5}", 2, "with is not right"),
        ("input:\n- test-card: {action: retry, with: x}", 2, "retry asks the model again"),
        (
            "input:\n- test-card: {action: escalate, with: {test-loud: {action: escalate, with: x}}}",
            2,
            "cannot escalate",
        ),
        ("input:\n- test-card: {action: flag, mode: off}", 2, "mode is not right"),
        ("input:\n- test-card: {action: flag, on_error: shut}", 2, "on_error is not right"),
        ("input:\n- test-card: {action: flag, timeout: 5}", 2, "timeout is not right"),
        ("input:\n- test-card: {action: flag, when: {}}", 2, "has no 'cohort'"),
        ("input:\n- test-card: {action: flag, when: {cohort: []}}", 2, "cohort is not right"),
        ("input:\n- test-card: {action: flag, when: {cohort: [5]}}", 2, "a value of cohort"),
        ("input:\n- test-card: {action: flag, window: 5}", 2, "window: is for guards of the output"),
        ("input:\n- test-card: {action: redact, speculative: true}", 2, "speculative: the model cannot be asked"),
        ("output:\n- test-card: {action: flag, speculative: true}", 2, "speculative: is for guards of the input"),
        ("output:\n- test-loud: {action: flag}", 2, "test-loud judges whole answers"),
        ("output:\n- test-loud: {action: redact, window: 5}", 2, "redact needs the whole answer"),
        ("output:\n- test-card: {action: flag, window: 0}", 2, "window is not right"),
        ("output:\n- test-card: {action: retry, with: {reply: x, times: 9}}", 2, "times is not right"),
        ("output:\n- test-card: {action: escalate, with: {test-loud: {action: mask}}}", 2, "cannot mask"),
        ("input:\n- latency: {max: 2s, action: flag}", 2, "judges no text"),
        ("input:\n- test-card: {action: flag, on: raw}", 2, "on: means nothing"),
        ("input:\n- test-card: {action: flag, weight: 2}", 2, "weight: means nothing"),
        ("input:\n- test-card: {action: flag, metric: cards}", 2, "metric: means nothing"),
        ("input:\n- test-card: {action: flag, when: {cohort: [{}]}}", 2, "a value of cohort is not right"),
        ("{}", 1, "guards has no guard"),
        ("budget: 300ms", 1, "guards has no guard"),
        ("input:\n- test-needs-case: {action: flag}", 2, "needs a case"),
        ("budget: 5", 1, "guards: budget is not right"),
        ("budget: {inptu: 5ms}", 1, "unknown key 'inptu'"),
    ],
)
def test_a_mistake_is_told_at_its_line(text, line, says):
    with pytest.raises(SpecError) as caught:
        policy_of(text)
    found = [problem for problem in caught.value.problems if says in problem.what]
    assert [problem.line for problem in found] == [line], caught.value


def test_every_mistake_is_told_at_once():
    with pytest.raises(SpecError) as caught:
        policy_of("input:\n- test-card: {}\n- test-crad: {action: flag}\noutput:\n- test-loud: {action: flag}\n")
    assert [problem.line for problem in caught.value.problems] == [2, 3, 5]


def test_a_guard_has_all_that_its_line_says():
    line = "{action: retry, with: {reply: sorry, times: 2}, mode: shadow, on_error: open, timeout: 2s, window: all}"
    (guard,) = output(f"{{test-loud: {line}}}")
    assert (guard.check.id, guard.action, guard.reply, guard.retries) == ("test-loud", "retry", "sorry", 2)
    assert (guard.shadow, guard.open, guard.timeout, guard.window) == (True, True, 2.0, "all")
    assert not guard.acts


def test_a_budget_is_one_for_all_stages_or_one_for_each():
    guards = "\ninput: [{test-card: {action: flag}}]"
    assert policy_of("budget: 300ms" + guards).budgets == dict.fromkeys(("input", "context", "tools", "output"), 0.3)
    assert policy_of("budget: {input: 20ms}" + guards).budgets == {"input": 0.02}


def test_the_version_is_of_all_that_a_guard_does():
    lines = ["{action: redact}", "{action: mask}", "{action: redact, mode: shadow}", "{action: redact, on_error: open}"]
    versions = {policy_of(f"input: [{{test-card: {line}}}]").version for line in [*lines, *lines]}
    assert len(versions) == len(lines)
