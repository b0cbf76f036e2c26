"""`llm-rubric` through `seatrial eval`: a judge of feature.yaml, scripted or recorded, judges what a model said."""

from __future__ import annotations

import json

import pytest

from seatrial.core.errors import SpecError
from seatrial.evals.run import evaluate

FEATURE = """\
feature: demo
models:
  main: {use: scripted/script.yaml}
  judge: {use: JUDGE}
prompt: prompts/chat.md
"""
SUITE = """\
suite: demo
cases:
  - ask: hi
    checks: [{llm-rubric: Sounds like a friend.}]
"""


def said(verdict, reason="because"):
    return json.dumps({"reason": reason, "verdict": verdict})


@pytest.fixture
def judged(project):
    """The one verdict of a run whose judge says this."""

    def run(reply, suite=SUITE, use="scripted/judge.yaml"):
        project.write("feature.yaml", FEATURE.replace("JUDGE", use))
        project.write("judge.yaml", f"rules: []\ndefault: {json.dumps(reply)}\n")
        project.suite(suite)
        [result] = evaluate(project.root).results()
        [verdict] = result.verdicts
        return verdict

    return run


@pytest.mark.parametrize("word", ["pass", "fail"])
def test_the_judges_word_is_the_verdict(judged, word):
    verdict = judged(said(word, "it reads well"))
    assert (verdict.state, verdict.label, verdict.reason) == (word, word, "it reads well")
    assert verdict.score == (word == "pass")


def test_a_recorded_judge_is_asked_with_the_criterion_and_the_answer(judged, project):
    asked = [{"role": "user", "content": "Sounds like a friend.\n\nfine, thanks"}]
    project.rows("judged.jsonl", [{"messages": asked, "answer": said("fail")}])
    assert judged("", use="recording/judged.jsonl").state == "fail"


def test_the_verdict_keeps_what_was_asked_and_said(judged):
    verdict = judged(said("pass"))
    [call] = verdict.calls
    assert call.reply == said("pass")
    assert call.attempts[0].model == "judge"
    assert "> fine, thanks" in call.messages[-1].text
    assert "> hi" in call.messages[-1].text


def test_without_a_judge_the_suite_is_refused_where_the_check_stands(project):
    project.suite(SUITE)
    with pytest.raises(SpecError) as error:
        evaluate(project.root)
    [problem] = error.value.problems
    assert problem.where == "evals/demo.yaml:4"
    assert "feature.yaml has no model 'judge' to ask" in problem.what
    assert "judge: {use: provider/model}" in problem.hint


@pytest.mark.parametrize("reply", ["looks good to me", "", '{"verdict": "maybe", "reason": "x"}', "pass"])
def test_what_cannot_be_read_is_no_verdict(judged, reply):
    verdict = judged(reply)
    assert (verdict.state, verdict.label) == ("unscored", "unparsable")
