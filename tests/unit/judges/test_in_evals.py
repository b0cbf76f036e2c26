"""Judges in a run: what they cost, what is recorded and judged again, and what a gate makes of them."""

from __future__ import annotations

import json

import pytest

from seatrial.cli.app import run as seatrial
from seatrial.core.errors import SpecError
from seatrial.evals.run import evaluate
from seatrial.feature.feature import load

FEATURE = """\
feature: demo
models:
  main: {use: scripted/script.yaml}
  judge: {use: scripted/judge.yaml, params: {max_tokens: 20}, price: {input: 1, output: 1}}
prompt: prompts/chat.md
"""
SUITE = """\
suite: demo
checks: [{llm-rubric: Is kind.}]
GATE
cases:
  - {ask: one}
  - {ask: two}
"""
GATE = 'gate: {pass_rate: ">= 0.1"}'
PASS, FAIL = (json.dumps({"reason": "why", "verdict": word}) for word in ("pass", "fail"))
USAGE = "usage: {input_total: 100, output_total: 10}"
COST_USD = 110e-6


@pytest.fixture
def demo(project):
    def write(suite=SUITE, gate="", reply=PASS):
        project.write("feature.yaml", FEATURE)
        project.write("judge.yaml", f"rules: []\ndefault: {{reply: {json.dumps(reply)}, {USAGE}}}\n")
        project.suite(suite.replace("GATE", gate))
        return project

    return write


def test_what_judging_cost_stands_beside_what_answers_cost(demo):
    run = evaluate(demo().root)
    assert (run.summary.judging_usd, run.summary.cost_usd) == (pytest.approx(2 * COST_USD), None)


def test_a_budget_holds_judges_too_and_a_resumed_run_judges_what_was_left(demo):
    project = demo()
    run = evaluate(project.root, budget="0.000001USD", concurrency=1)
    assert (run.exit_code, run.suites[0].passed, run.summary.budget.left_out) == (1, 0, 2)
    resumed = evaluate(project.root, resume="newest", budget="1USD")
    assert (resumed.exit_code, resumed.suites[0].passed) == (0, 2)
    assert resumed.summary.budget.spent_usd == pytest.approx(2 * COST_USD)


def test_a_budget_wants_a_bound_for_judges_too(demo):
    project = demo()
    project.write("feature.yaml", FEATURE.replace("params: {max_tokens: 20}, ", ""))
    with pytest.raises(SpecError, match=r"judge .scripted/judge[.]yaml. sets no limit"):
        evaluate(project.root, budget="1USD")


def test_recorded_judges_answer_again_without_a_model(demo):
    project = demo()
    evaluate(project.root, record=True)
    replayed = FEATURE.replace("scripted/judge.yaml", "recording/recordings/judge.jsonl")
    project.write("feature.yaml", replayed)
    assert evaluate(project.root).suites[0].passed == 2


def test_a_judge_that_changed_is_asked_when_answers_are_judged_again(demo):
    project = demo()
    evaluate(project.root)
    project.write("judge.yaml", f"rules: []\ndefault: {json.dumps(FAIL)}\n")
    # A script's content is part of the judge's version, so the verdicts of the old one are no longer its own.
    assert evaluate(project.root, rejudge="latest").suites[0].failed == 2


def test_a_stored_verdict_of_the_same_judge_is_not_asked_for_again(demo, monkeypatch):
    project = demo()
    evaluate(project.root)
    feature = load(project.root)

    class Silent:
        async def stream(self, request):
            raise AssertionError("nobody is to be asked")
            yield

    feature.use_model("judge", Silent())
    assert evaluate(feature, rejudge="latest").suites[0].passed == 2
    assert evaluate(feature, rejudge="latest", ask_judges=True).suites[0].errors == 2


def test_asking_judges_goes_with_judging_again(demo):
    with pytest.raises(SpecError, match="goes with --rejudge"):
        evaluate(demo().root, ask_judges=True)


def test_a_gate_that_rests_on_an_uncalibrated_judge_is_not_held(demo, capsys):
    project = demo(gate=GATE)
    code = seatrial(["eval", str(project.root)])
    said = capsys.readouterr().out
    assert code == 1
    assert "uncalibrated: llm-rubric: it has no card" in said


def test_a_gate_may_be_told_to_trust_an_uncalibrated_judge(demo):
    run = evaluate(demo(gate=GATE.replace("}", ", uncalibrated: allow}")).root)
    assert (run.suites[0].gate.held, run.exit_code) == (True, 0)


def test_a_judge_without_weight_never_blocks(demo):
    suite = SUITE.replace("{llm-rubric: Is kind.}", "{llm-rubric: {rubric: Is kind., weight: 0}}, {contains: fine}")
    run = evaluate(demo(suite=suite, gate=GATE).root)
    assert (run.suites[0].gate.held, run.suites[0].uncalibrated) == (True, {})


def test_a_judge_inside_a_group_is_a_judge(demo):
    suite = SUITE.replace("{llm-rubric: Is kind.}", "{any: [{contains: nothing}, {llm-rubric: Is kind.}]}")
    run = evaluate(demo(suite=suite, gate=GATE).root)
    assert (run.suites[0].passed, run.suites[0].gate.held) == (2, False)


def test_without_a_gate_an_uncalibrated_judge_is_told_and_decides(demo, capsys):
    assert seatrial(["eval", str(demo().root)]) == 0
    assert "uncalibrated: llm-rubric" in capsys.readouterr().out


def test_no_other_word_lets_a_judge_pass(demo):
    with pytest.raises(SpecError, match="uncalibrated is not right"):
        evaluate(demo(gate=GATE.replace("}", ", uncalibrated: yes}")).root)


TURNS = """\
suite: demo
cases:
  - turns: [{user: one}, {user: two}, {user: three}]
    checks: [{conversation: Is kind.}, {llm-rubric: Is kind.}]
"""


def test_a_conversation_is_judged_once_at_its_end(demo):
    [result] = evaluate(demo(suite=TURNS).root).results()
    assert [(verdict.check, verdict.turn) for verdict in result.verdicts] == [
        ("llm-rubric", 0),
        ("llm-rubric", 1),
        ("llm-rubric", 2),
        ("conversation", 2),
    ]
    assert "> one" in result.verdicts[-1].calls[0].messages[-1].text


@pytest.mark.parametrize(("kind", "code"), [("server", 3), ("auth", 1)])
def test_a_judge_that_does_not_answer_is_an_error_of_who_can_mend_it(demo, court, said, kind, code):
    feature = load(demo().root)
    feature.use_model("judge", court(lambda request: said("", error=kind)).models["judge"])
    run = evaluate(feature)
    assert (run.suites[0].errors, run.exit_code) == (2, code)


@pytest.mark.parametrize(
    ("main", "judge", "warned"),
    [
        ("openai/gpt-4o-mini, key: SOME_KEY", "openai/gpt-4o, key: SOME_KEY", True),
        ("openai/gpt-4o-mini, key: SOME_KEY", "anthropic/claude-sonnet-4-5, key: SOME_KEY", False),
        ("openai/gpt-4o-mini, key: SOME_KEY", "openai-compatible/ours, base_url: 'http://x.test'", False),
        (
            "openai/gpt-4o-mini, key: SOME_KEY",
            "openai-compatible/x, base_url: 'http://x.test', facts: {family: gpt}",
            True,
        ),
        ("scripted/script.yaml", "scripted/judge.yaml", False),
    ],
)
def test_a_judge_of_the_candidates_own_family_is_warned_about(demo, court, monkeypatch, main, judge, warned):
    project = demo()
    monkeypatch.setenv("SOME_KEY", "x")
    project.write("feature.yaml", FEATURE.replace("scripted/script.yaml", main).replace("scripted/judge.yaml", judge))
    feature = load(project.root)
    for name, reply in (("main", "fine"), ("judge", PASS)):
        feature.use_model(name, court(lambda request, reply=reply: reply).models["judge"])
    notes = evaluate(feature).summary.notes
    assert [("of the same family as main" in note) for note in notes] == [True] * warned


def test_a_run_says_which_models_judged(demo):
    run = evaluate(demo().root)
    assert run.folder.record().judges["judge"].use == "scripted/judge.yaml"


def test_a_judge_without_its_key_stops_the_run_before_it_begins(demo):
    project = demo()
    project.write("feature.yaml", FEATURE.replace("scripted/judge.yaml", "openai/gpt-4o, key: NO_SUCH_KEY"))
    with pytest.raises(SpecError, match="NO_SUCH_KEY"):
        evaluate(project.root)
    assert not list((project.root / ".seatrial").glob("runs/*"))


def test_a_template_may_name_a_reference_of_each_row(demo, project):
    project.rows("data/rows.jsonl", [{"q": "one", "ref": "It is red."}, {"q": "two", "ref": "It is blue."}])
    case = '{from: ../data/rows.jsonl, map: {ask: "{{ q }}"}, checks: [{factuality: "{{ ref }}"}]}'
    suite = f"suite: demo\ncases:\n  - {case}\n"
    run = evaluate(demo(suite=suite, reply=json.dumps({"reason": "", "verdict": "same"})).root)
    shown = sorted(result.verdicts[0].calls[0].messages[-1].text.count("> It is red.") for result in run.results())
    assert (run.suites[0].passed, shown) == (2, [0, 1])
