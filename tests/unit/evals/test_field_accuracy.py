"""Fields counted over many cases: the figures, the gate on them, and where they are shown."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import seatrial.evals.fields as fields_module
from seatrial.cli.app import run as cli
from seatrial.core.errors import ErrorInfo, SpecError
from seatrial.core.verdict import Compared, Verdict
from seatrial.evals.fields import FieldTally
from seatrial.evals.gate import Bound, Gate
from seatrial.evals.recount import recount
from seatrial.evals.reports.write import write_report
from seatrial.evals.run import Run, evaluate
from seatrial.feature.feature import load
from seatrial.stats.proportion import exact_lower, wilson
from seatrial.store.records import GateOutcome, Result


def compared(expected: str, got: str, *, turn: int = 0, field: str = "intent", state: Any = None) -> Verdict:
    pair = Compared(field, expected, got)
    return Verdict(state=state or ("pass" if pair.right else "fail"), turn=turn, compared=pair)


def result(*verdicts: Verdict, error: str | None = None) -> Result:
    info = None if error is None else ErrorInfo(kind=error, message="x")
    given = {"made_by": "m", "state": "pass", "verdicts": verdicts, "error": info}
    return Result(case="c", suite="s", variant="v", repeat=1, **given)


CLASSES = st.sampled_from(["a", "b", "c", "d"])
ANSWERS = CLASSES | st.sampled_from(["e", "(no value)", "(missing)"])


@given(st.lists(st.tuples(CLASSES, ANSWERS), min_size=1, max_size=60))
def test_the_figures_are_those_of_an_independent_count(pairs: list[tuple[str, str]]) -> None:
    tally = FieldTally()
    for expected, got in pairs:
        tally.add([result(compared(expected, got))])
    found = tally.summary()["intent"]
    right = sum(expected == got for expected, got in pairs)
    answered = [got for _, got in pairs if not got.startswith("(")]
    assert (found.accuracy.estimate, found.accuracy.n) == (right / len(pairs), len(pairs))
    assert found.accuracy.low == wilson(right, len(pairs)).low
    assert found.without_value == len(pairs) - len(answered)
    assert (found.precision.n, found.precision.estimate) == (len(answered), right / len(answered) if answered else None)
    assert found.confusion is not None
    assert {(a, b): n for a, row in found.confusion.items() for b, n in row.items()} == Counter(pairs)
    assert found.classes is not None
    labels, given = Counter(label for label, _ in pairs), Counter(answered)
    assert found.classes.keys() == labels.keys() | given.keys()
    for name, each in found.classes.items():
        true = sum(label == got == name for label, got in pairs)
        assert (each.cases, each.given, each.right) == (labels[name], given[name], true)
        assert each.recall.estimate == (true / labels[name] if labels[name] else None)
        assert each.precision.estimate == (true / given[name] if given[name] else None)
    assert found.macro_recall is not None
    recalls = [sum(a == b == name for a, b in pairs) / labels[name] for name in labels]
    assert found.macro_recall.estimate == pytest.approx(sum(recalls) / len(recalls))
    assert found.macro_precision is not None
    precisions = [sum(a == b == name for a, b in pairs) / (given[name] or 1) for name in labels]
    assert found.macro_precision.estimate == pytest.approx(sum(precisions) / len(precisions))


def counted(*cases: tuple[list[Result], int]) -> tuple[int, int]:
    tally = FieldTally()
    for results, need in cases:
        tally.add(results, need)
    return tally.right("intent")


@pytest.mark.parametrize(
    ("repeats", "need", "expected"),
    [
        ("aaa", 3, (1, 1)),
        ("aab", 3, (0, 1)),
        ("aab", 2, (1, 1)),
        ("abb", 2, (0, 1)),
        ("ab?", 2, (0, 0)),
        ("a??", 1, (1, 1)),
        ("bb?", 2, (0, 1)),
    ],
)
def test_a_repeated_case_counts_once_and_only_where_its_answers_decide(
    repeats: str, need: int, expected: tuple[int, int]
) -> None:
    results = [result(error="server") if got == "?" else result(compared("a", got)) for got in repeats]
    assert counted((results, need)) == expected


def test_of_repeats_the_commonest_mistake_and_of_turns_the_first_is_shown() -> None:
    tally = FieldTally()
    tally.add([result(compared("a", got)) for got in "bccab"[:4]], 4)
    tally.add([result(compared("a", "a"), compared("b", "c", turn=1), compared("d", "e", turn=2))])
    assert tally.summary()["intent"].confusion == {"a": {"c": 1}, "b": {"c": 1}}


def test_what_could_not_be_judged_and_what_has_no_answer_is_not_counted() -> None:
    assert counted(([result(compared("a", "b", state="error"))], 1)) == (0, 0)
    assert counted(([result(compared("a", "a"), error="server")], 1)) == (0, 0)
    assert counted(([result(compared("a", "(no value)"), error="output")], 1)) == (0, 1)


def test_a_field_of_too_many_values_keeps_its_accuracy_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields_module, "MOST_CLASSES", 10)
    tally = FieldTally()
    for number in range(20):
        tally.add([result(compared(f"x{number}", f"x{number % 15}"))])
    found = tally.summary()["intent"]
    assert (found.accuracy.estimate, found.accuracy.n) == (0.75, 20)
    assert (found.classes, found.confusion, found.macro_recall) == (None, None, None)


@pytest.mark.parametrize(
    ("passes", "right", "n", "held"),
    [(True, 29, 29, True), (True, 20, 20, None), (True, 10, 29, False), (None, 29, 29, None), (False, 29, 29, False)],
)
def test_a_gate_holds_the_accuracy_of_a_field_too(passes: bool | None, right: int, n: int, held: bool | None) -> None:
    gate = Gate(">=", 0.9, fields={"intent": Bound(">=", 0.9)})
    outcome = gate.with_fields(GateOutcome(passes, 0.9, "x"), lambda field: (right, n))
    assert outcome.held is held
    assert f"accuracy of intent at least {exact_lower(right, n):.3f} at 95 %, asked for >= 0.9" in outcome.reason
    assert gate.text == "pass_rate >= 0.9, accuracy of intent >= 0.9"


SCHEMA = {"type": "object", "properties": {"intent": {"enum": ["card", "cash", "other"]}}, "required": ["intent"]}
SCRIPT = """rules:
- {when: "^never", reply: 'nothing that fits'}
- {when: "^no", reply: I cannot help with that., finish_reason: refused}
- {when: card, reply: '{"intent": "card"}'}
- {when: cash, reply: "```json\\n{\\"intent\\": \\"cash\\",}\\n```"}
default: '{"intent": "other"}'
"""
ROWS = [
    ("my card", "card"),
    ("a card", "cash"),
    ("cash", "cash"),
    ("never", "card"),
    ("no", "card"),
    ("hi | <b>", "other"),
]


def made(tmp_path: Path, gate: str = "", check: str = "", **options: Any) -> Run:
    check = check or 'field-accuracy: {field: intent, expected: "{{ intent }}"}'
    files = {
        "feature.yaml": "feature: f\nmodels: {main: {use: scripted/main.yaml}}\nprompt: p.md\n"
        "output: {schema: out.json, retries: 0}\n",
        "p.md": "---\ninputs: {question: string}\n---\nuser:\n{{ question }}\n",
        "out.json": json.dumps(SCHEMA),
        "main.yaml": SCRIPT,
        "rows.jsonl": "".join(json.dumps({"ask": ask, "intent": intent}) + "\n" for ask, intent in ROWS),
        "evals/s.yaml": f"suite: s\n{gate}\ncases:\n"
        f"- {{from: ../rows.jsonl, map: {{ask: '{{{{ ask }}}}'}}, checks: [{check}]}}\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return evaluate(load(tmp_path), **options)


def test_an_answer_without_a_value_is_wrong_and_not_left_out(tmp_path: Path) -> None:
    done = made(tmp_path)
    (suite,) = done.suites
    assert (suite.passed, suite.failed, suite.errors) == (3, 3, 0)
    found = suite.fields["intent"]
    assert (found.accuracy.estimate, found.accuracy.n, found.without_value) == (0.5, 6, 2)
    assert found.confusion == {
        "card": {"(no value)": 2, "card": 1},
        "cash": {"card": 1, "cash": 1},
        "other": {"other": 1},
    }
    assert recount(done.folder).suites == done.suites
    again = evaluate(load(tmp_path), rejudge=done.folder.id)
    assert again.suites[0].fields == suite.fields


def test_with_weight_0_it_is_counted_and_fails_no_case(tmp_path: Path) -> None:
    entry = 'field-accuracy: {field: intent, expected: "{{ intent }}", weight: 0}'
    (suite,) = made(tmp_path, check=entry).suites
    assert suite.fields["intent"].accuracy.estimate == 0.5
    assert (suite.passed, suite.failed) == (5, 1)  # the one that fits no schema fails by that


@pytest.mark.parametrize(("limit", "held", "code"), [(">= 0.05", True, 0), (">= 0.99", False, 1), (">= 0.5", None, 1)])
def test_a_gate_on_a_field_alone_decides_the_suite(tmp_path: Path, limit: str, held: bool | None, code: int) -> None:
    done = made(tmp_path, f"gate: {{field_accuracy: {{$.intent: '{limit}'}}}}")
    (suite,) = done.suites
    assert suite.gate is not None
    assert (suite.gate.held, done.exit_code) == (held, code)
    assert suite.gate.reason.startswith("accuracy of intent at least")
    assert recount(done.folder).suites == done.suites


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ("{field_accuracy: {intnet: '>= 0.8'}}", "evals/s.yaml:2.*counts 'intnet'.*did you mean intent"),
        ("{field_accuracy: {urgency: '>= 0.8'}}", "fields it counts: intent"),
        ("{field_accuracy: {intent: 0.8}}", "field_accuracy: intent is not right"),
        ("{field_accuracy: '>= 0.8'}", "field_accuracy is not right"),
        ("{allow_unjudged: 1}", "the gate asks for nothing"),
    ],
)
def test_mistakes_in_a_gate_on_fields_are_found_before_anything_runs(tmp_path: Path, gate: str, said: str) -> None:
    with pytest.raises(SpecError, match=f"(?s){said}"):
        made(tmp_path, f"gate: {gate}")
    assert not list((tmp_path / ".seatrial" / "runs").glob("*"))


def test_a_person_sees_the_figures_with_n_and_interval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(tmp_path)
    assert cli(["runs", "show", "--feature", str(tmp_path)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    interval = wilson(3, 6)
    assert f"intent s main 3/6 50.0% {interval.low:.1%} to {interval.high:.1%}" in shown
    assert "2 without a value" in shown
    assert "label → answer: card → (no value) 2, cash → card 1" in shown
    assert "any field s main 1/6 16.7%" in shown


def test_the_markdown_report_holds_the_figures_and_nothing_that_markdown_reads(tmp_path: Path) -> None:
    done = made(tmp_path, "gate: {field_accuracy: {intent: '>= 0.9'}}")
    path = tmp_path / "report.md"
    write_report(path, done.folder)
    text = path.read_text()
    interval = wilson(3, 6)
    assert text.startswith("# f: 3 of 6 cases passed · 3 failed\n")
    assert f"| intent | s | main | 3/6 | 50.0% | {interval.low:.1%} to {interval.high:.1%} |" in text
    assert "| s | main | **not held** | accuracy of intent at least" in text
    assert "| card | (no value) | 2 |" in text
    for line in text.splitlines():
        assert not line.startswith("|") or line.replace("\\|", "").endswith("|")


def test_json_and_the_page_hold_the_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(tmp_path)
    cli(["eval", str(tmp_path), "--json", "--report", str(tmp_path / "r.html")])
    (suite,) = json.loads(capsys.readouterr().out)["suites"]
    assert suite["fields"]["intent"]["classes"]["card"]["recall"]["n"] == 3
    page = (tmp_path / "r.html").read_text()
    assert '"confusion":{"card":{"(no value)":2,"card":1}' in page
