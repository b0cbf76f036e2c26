"""Two recorded solvers and two recorded models on the same problems, compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from seatrial.cost.estimate import estimate_text
from seatrial.cost.table import find_price
from seatrial.evals.claims import Claim, decide_claim
from seatrial.evals.compare import Side, compare, read_paired
from seatrial.evals.run import Run, evaluate
from seatrial.stats.paired import unpaired_difference
from seatrial.stats.questions import Question
from seatrial.store.comparisons import Comparison

FEATURE = "feature: real\nmodels:\n  main: {use: scripted/none.yaml}\nprompt: chat.md\n"
PROMPT = "---\ninputs:\n  question: string\n---\nuser:\n{{ question }}\n"
SUITE = """\
suite: problems
gate: {gate}
cases:
  - from: {rows}
    map: {{ask: "{{{{ question }}}}", answer: "{{{{ answer }}}}", id: "{{{{ id }}}}"}}
    checks: [{{contains: "right"}}]
"""


@pytest.fixture
def runs(tmp_path: Path) -> Callable[..., tuple[Run, Run]]:
    """Runs A and B of one suite on recorded outcomes, B against A."""

    def run(rows: list[tuple[str, bool, bool]], gate: str) -> tuple[Run, Run]:
        (tmp_path / "evals").mkdir()
        for name, text in {"feature.yaml": FEATURE, "none.yaml": "rules: []\n", "chat.md": PROMPT}.items():
            (tmp_path / name).write_text(text)
        (tmp_path / "evals" / "problems.yaml").write_text(SUITE.format(gate=gate, rows="../rows.jsonl"))
        done = []
        for side in (1, 2):
            lines = [
                {"id": f"p{number}", "question": row[0], "answer": "right" if row[side] else "wrong"}
                for number, row in enumerate(rows)
            ]
            (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(line) for line in lines) + "\n")
            done.append(evaluate(tmp_path, against="last" if done else None))
        return done[0], done[1]

    return run


def gsm8k(data: Path) -> list[tuple[str, bool, bool]]:
    with (data / "gsm8k" / "solutions.jsonl").open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        (row["question"], row["6b_verification"]["is_correct"], row["175b_verification"]["is_correct"]) for row in rows
    ]


@pytest.mark.slow
def test_the_large_gsm8k_solver_beats_the_small_one(data: Path, runs: Any) -> None:
    a, b = runs(gsm8k(data), "{better: true}")
    found: Comparison = compare(Side(a.folder, "main"), Side(b.folder, "main"))
    assert len(found.newly_passing) == 306
    assert len(found.newly_failing) == 79
    rate = found.metrics["pass_rate"]
    assert round(100 * rate.difference, 1) == 17.2
    unpaired = unpaired_difference(a.suites[0].passed, 1319, b.suites[0].passed, 1319)
    assert rate.high - rate.low < unpaired.high - unpaired.low
    print(f"paired {rate.low:.4f} to {rate.high:.4f}, unpaired {unpaired.low:.4f} to {unpaired.high:.4f}")
    assert b.suites[0].gate.held is True


WEAK, STRONG = "mistralai/Mixtral-8x7B-Instruct-v0.1", "gpt-4-1106-preview"
TWO_MODELS = """\
feature: two models
models:
  weak: {use: recording/recordings/weak.jsonl, price: {input: 0.7, output: 0.7}}
  strong: {use: recording/recordings/strong.jsonl, price: {input: 10, output: 30}}
prompt: chat.md
"""
"""USD per million tokens: the list's for open-mixtral-8x7b at Mistral and for gpt-4-1106-preview; a test holds them."""

LISTED = (("mistral", "open-mixtral-8x7b"), ("openai", "gpt-4-1106-preview"))

LABELLED = '''\
from seatrial import check

MODELS = ("{weak}", "{strong}")


@check("labelled-right")
def labelled_right(text: str, case) -> bool:
    """Whether the data says that this answer is right."""
    return any(case.row[model + "_response"] == text and case.row[model] == "True" for model in MODELS)
'''
LABELLED_SUITE = """\
suite: problems
cases:
  - from: {rows}
    map: {{ask: "{{{{ prompt }}}}"}}
    checks: [labelled-right]
"""


@pytest.fixture(scope="module")
def two_models(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[dict[str, Any]]]:
    root = tmp_path_factory.mktemp("routellm")
    path = data / "routellm_gsm8k.jsonl"
    rows = [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]
    (root / "evals").mkdir()
    (root / "recordings").mkdir()
    for name, text in {
        "feature.yaml": TWO_MODELS,
        "chat.md": PROMPT,
        "checks.py": LABELLED.format(weak=WEAK, strong=STRONG),
        "evals/problems.yaml": LABELLED_SUITE.format(rows=path.as_posix()),
        "recordings/weak.jsonl": _recording(rows, WEAK),
        "recordings/strong.jsonl": _recording(rows, STRONG),
    }.items():
        (root / name).write_text(text, encoding="utf-8")
    return evaluate(root, model=("weak", "strong")), rows


def _recording(rows: list[dict[str, Any]], model: str) -> str:
    """The answers of one model, with their tokens as we estimate them: the data does not have them."""
    lines = [
        {
            "messages": [{"role": "user", "content": row["prompt"]}],
            "answer": row[f"{model}_response"],
            "usage": {
                "input_total": estimate_text(row["prompt"]),
                "output_total": estimate_text(row[f"{model}_response"]),
            },
        }
        for row in rows
    ]
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_gpt_4_beside_mixtral_with_what_it_costs(two_models: tuple[Run, list[dict[str, Any]]]) -> None:
    run, rows = two_models
    found = compare(Side(run.folder, "weak"), Side(run.folder, "strong"))
    right = [(row[WEAK] == "True", row[STRONG] == "True") for row in rows]
    assert found.pairs == len(rows) == 659
    assert len(found.newly_passing) == right.count((False, True))
    assert len(found.newly_failing) == right.count((True, False))
    rate, cost = found.metrics["pass_rate"], found.metrics["cost_usd"]
    assert rate.difference == pytest.approx((right.count((False, True)) - right.count((True, False))) / 659)
    assert (rate.verdict, cost.verdict) == ("better", "worse")
    times = cost.b / cost.a
    print(f"gpt-4 {rate.b:.3f} against {rate.a:.3f}, {rate.low:+.3f} to {rate.high:+.3f}; {times:.0f} times the cost")
    known = {name: find_price(*name, date(2026, 1, 1)).most_nusd(1_000_000, 0) for name in LISTED}
    assert known == {LISTED[0]: 700_000_000, LISTED[1]: 10_000_000_000}


@pytest.mark.parametrize(
    ("question", "held"),
    [(Question("better"), True), (Question("not_worse", 0.02), True), (Question("same", 0.05), False)],
)
def test_the_three_questions_of_gpt_4_beside_mixtral(
    two_models: tuple[Run, list[dict[str, Any]]], question: Question, held: bool
) -> None:
    run, _ = two_models
    claim = Claim(question.kind, question.margin)
    paired = read_paired(Side(run.folder, "weak"), Side(run.folder, "strong"))
    assert decide_claim(claim, paired, "problems").held is held
