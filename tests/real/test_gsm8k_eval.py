"""GSM8K (Cobbe et al. 2021): two recorded solvers, judged by the number they arrive at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.evals.run import Run, evaluate

SOLVERS = ("6b_verification", "175b_verification")

DISAGREEMENTS: dict[str, dict[int, str]] = {"6b_verification": {}, "175b_verification": {}}
"""Problem (from 1) to why the check sees it otherwise than the data's own `is_correct`. There is none: all 2,638
solutions of both solvers are judged as the data judges them.
"""

SUITE = """\
suite: {solver}
about: Arrives at the right number.
cases:
  - from: {data}
    map: {{ask: "{{{{ question }}}}", answer: "{{{{ row['{solver}'].solution }}}}"}}
    checks: [{{number-equals: "{{{{ ground_truth }}}}"}}]
"""


@pytest.fixture(scope="module")
def problems(data: Path) -> list[dict[str, Any]]:
    with (data / "gsm8k" / "solutions.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def run(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    root = tmp_path_factory.mktemp("gsm8k")
    files = {
        "feature.yaml": "feature: gsm8k\nmodels:\n  main: {use: scripted/none.yaml}\nprompt: chat.md\n",
        "none.yaml": "rules: []\n",
        "chat.md": "---\ninputs:\n  question: string\n---\nuser:\n{{ question }}\n",
    }
    path = (data / "gsm8k" / "solutions.jsonl").as_posix()
    for solver in SOLVERS:
        files[f"evals/{solver}.yaml"] = SUITE.format(solver=solver, data=path)
    (root / "evals").mkdir()
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    return evaluate(root)


@pytest.mark.parametrize(("solver", "percent"), [("6b_verification", 39.0), ("175b_verification", 56.3)])
def test_the_accuracy_is_that_of_the_data(
    run: Run, problems: list[dict[str, Any]], solver: str, percent: float
) -> None:
    (suite,) = (each for each in run.suites if each.suite == solver)
    assert (suite.cases, suite.errors, suite.unscored) == (1319, 0, 0)
    assert suite.passed == sum(problem[solver]["is_correct"] for problem in problems)
    assert suite.pass_rate.estimate is not None
    assert round(100 * suite.pass_rate.estimate, 1) == percent


@pytest.mark.parametrize("solver", SOLVERS)
def test_every_disagreement_with_the_data_is_explained(run: Run, problems: list[dict[str, Any]], solver: str) -> None:
    rows = {(case.suite, case.id): int(case.source.rpartition(":")[2]) for case in run.folder.cases()}
    judged = {
        rows[result.suite, result.case]: result.state == "pass" for result in run.results() if result.suite == solver
    }
    truth = {number: problem[solver]["is_correct"] for number, problem in enumerate(problems, 1)}
    assert {number for number in truth if judged[number] != truth[number]} == set(DISAGREEMENTS[solver])


def test_no_model_was_asked(run: Run) -> None:
    assert all(not exchange.attempts for result in run.results() for exchange in result.exchanges)
