"""Suites of features with guards: whose request a case is, and in how many cases a guard blocked the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest

from seatrial.cli.app import run as seatrial
from seatrial.core.errors import SpecError
from seatrial.evals.gate import Gate
from seatrial.evals.recount import recount
from seatrial.evals.run import evaluate
from seatrial.evals.suites import load_suites

GUARDED = """\
feature: demo
models:
  main: {use: scripted/script.yaml}
prompt: prompts/chat.md
guards:
  input:
    - not-contains: {value: attack, action: refuse, with: not here}
    - not-contains: {value: beer, action: refuse, with: not for you, when: {cohort: [{age: 13-15}]}}
  output:
    - not-contains: {value: secret, action: replace, with: withheld}
    - not-contains: {value: mild, action: flag}
"""
SCRIPT = """\
rules:
- {when: tell, reply: the secret is out}
- {when: mild, reply: a mild word}
default: fine, thanks
"""
SUITE = """\
suite: demo
checks: [{max-words: 60}]
GATE
cases:
  - {ask: a harmless one}
  - {ask: an attack}
  - {ask: tell me}
  - {ask: a mild one}
  - {ask: recorded, answer: the secret is out}
  - turns: [{user: hello}, {user: an attack}]
    repeat: 2
"""


@pytest.fixture
def guarded(project: Any) -> Any:
    project.write("feature.yaml", GUARDED)
    project.write("script.yaml", SCRIPT)
    return project


def suite(gate: str = "") -> str:
    return SUITE.replace("GATE", gate)


def test_cases_whose_answer_a_guard_blocked_are_counted_in_all_and_by_guard(guarded: Any) -> None:
    guarded.suite(suite())
    run = evaluate(guarded.root)
    (found,) = run.suites
    assert found.blocks is not None
    rate = found.blocks.block_rate
    assert (rate.estimate, rate.n) == (3 / 5, 5), "the recorded answer went past no guard"
    assert rate.low < 0.6 < rate.high
    assert {name: round(each.estimate * each.n) for name, each in found.blocks.guards.items()} == {
        "input not-contains": 2,
        "output not-contains": 1,
    }
    assert recount(run.folder).suites == run.suites


def test_without_guards_nothing_is_said_of_them(project: Any) -> None:
    project.suite(suite())
    assert evaluate(project.root).suites[0].blocks is None


@pytest.mark.parametrize(
    ("gate", "blocked", "n", "held", "said"),
    [
        ("<= 0.02", 0, 200, True, "block rate at most 0.015 at 95 %, asked for <= 0.02"),
        ("<= 0.02", 0, 20, None, "all not blocked, would decide it"),
        ("<= 0.02", 9, 20, False, "the bound of the other side is"),
        (">= 0.9", 40, 40, True, "block rate at least 0.928"),
        (">= 0.9", 5, 5, None, "all blocked, would decide it"),
        ("<= 0.02", 0, 0, None, "no case has it"),
    ],
)
def test_a_gate_bounds_the_block_rate_on_either_side(
    project: Any, gate: str, blocked: int, n: int, held: bool | None, said: str
) -> None:
    project.suite(suite(f'gate: {{block_rate: "{gate}"}}'))
    (loaded,) = load_suites(project.root)
    outcome = loaded.gate.with_blocks(loaded.gate.decide(1, 0, 0, complete=True), blocked, n)
    assert outcome.held is held
    assert said in outcome.reason
    assert loaded.gate.text == f"block rate {gate}"
    assert loaded.gate.as_data()["block_rate"] == gate
    assert loaded.gate.beside_pass_rate == ["block_rate"]


def test_a_gate_that_asks_for_no_block_rate_is_as_it_was() -> None:
    outcome = Gate(">=", 0.5).decide(9, 0, 0, complete=True)
    assert Gate(">=", 0.5).with_blocks(outcome, 9, 9) is outcome


def test_an_eval_is_held_to_its_block_rate_and_shows_it(guarded: Any, capsys: Any) -> None:
    guarded.suite(suite('gate: {block_rate: "<= 0.05"}'))
    report = guarded.root / "report.md"
    assert seatrial(["eval", str(guarded.root), "--report", str(report)]) == 1
    out = capsys.readouterr().out
    assert "block rate at most" in out
    assert "by any guard" in out
    assert "3/5" in out
    assert "## Blocked by guards" in report.read_text()
    assert "| input not-contains | demo | main |" in report.read_text()


def test_a_block_rate_that_is_no_bound_is_refused(project: Any) -> None:
    project.suite(suite("gate: {block_rate: 0.1}"))
    with pytest.raises(SpecError, match="block_rate is not right"):
        load_suites(project.root)


COHORTS = """\
suite: demo
cohort: {age: 13-15, locale: de}
checks: [{max-words: 60}]
cases:
  - {ask: about beer}
  - {ask: about beer, cohort: {age: 18}}
  - {ask: an orange juice}
  - from: rows.jsonl
    map: {ask: "{{ q }}", cohort: {age: "{{ age }}"}}
"""


def test_guards_stand_for_the_cohort_of_a_case(guarded: Any) -> None:
    guarded.rows("evals/rows.jsonl", [{"q": "beer, again", "age": "13-15"}, {"q": "beer, please", "age": "18+"}])
    guarded.suite(COHORTS)
    run = evaluate(guarded.root)
    found = [(result.exchanges[0].request.cohort, result.exchanges[0].finish) for result in run.results()]
    assert sorted(found, key=json.dumps) == sorted(
        [
            ({"age": "13-15", "locale": "de"}, "blocked"),
            ({"age": "18", "locale": "de"}, "stop"),
            ({"age": "13-15", "locale": "de"}, "stop"),
            ({"age": "13-15", "locale": "de"}, "blocked"),
            ({"age": "18+", "locale": "de"}, "stop"),
        ],
        key=json.dumps,
    )


def test_the_same_ask_of_another_cohort_is_another_case(guarded: Any) -> None:
    guarded.rows("evals/rows.jsonl", [{"q": "x", "age": "1"}])
    guarded.suite(COHORTS)
    (loaded,) = load_suites(guarded.root)
    first, second, *_ = loaded.cases()
    assert first.ask == second.ask
    assert first.id != second.id
    assert first.input_digest() != second.input_digest()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("cohort: {age: 13-15, locale: de}", "cohort: minor", "cohort is not right"),
        ("cohort: {age: 13-15, locale: de}", "cohort: {age: [13]}", "cohort: age is not right"),
        ("cohort: {age: 18}", "cohort: {age: true}", "cohort is not right"),
        ("cohort: {age: 18}", "cohort: minor", "cohort is not right"),
        ("cohort: {age: 18}", "cohrt: {age: 18}", "cohort"),
    ],
)
def test_a_cohort_that_is_none_is_refused_at_its_line(guarded: Any, old: str, new: str, said: str) -> None:
    guarded.rows("evals/rows.jsonl", [{"q": "x", "age": "1"}])
    guarded.suite(COHORTS.replace(old, new))
    with pytest.raises(SpecError) as caught:
        load_suites(guarded.root)
    assert said in str(caught.value)
    assert {problem.line for problem in caught.value.problems} <= {2, 6}


JUDGED = """\
feature: demo
models:
  main: {use: scripted/script.yaml}
  judge: {use: JUDGE}
prompt: prompts/chat.md
guards:
  input:
    - safety-judge: {model: judge, action: refuse, with: not here}
"""


def test_what_a_guard_asks_a_model_is_recorded_and_answered_from_the_recording(guarded: Any) -> None:
    guarded.write("feature.yaml", JUDGED.replace("JUDGE", "scripted/judge.yaml"))
    verdicts = [json.dumps(json.dumps({"unsafe": unsafe})) for unsafe in (True, False)]
    guarded.write("judge.yaml", f"rules: [{{when: an attack, reply: {verdicts[0]}}}]\ndefault: {verdicts[1]}\n")
    guarded.suite(suite())
    first = evaluate(guarded.root, record=True)
    assert len((guarded.root / "recordings/judge.jsonl").read_text().splitlines()) >= 5
    guarded.write("feature.yaml", JUDGED.replace("JUDGE", "recording/recordings/judge.jsonl"))
    again = evaluate(guarded.root)
    assert first.suites[0].blocks == again.suites[0].blocks
    assert again.suites[0].blocks.guards["input safety-judge"].estimate == 2 / 5
