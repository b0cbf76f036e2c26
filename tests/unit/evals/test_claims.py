"""Gates that claim something of a run beside another: better, not worse, the same."""

from __future__ import annotations

import json
from typing import Any

import pytest

SUITE = """\
suite: demo
checks: [{{contains: good}}]
gate: {gate}
cases:
{cases}
"""


def suite(project: Any, gate: str, count: int = 40) -> None:
    project.suite(SUITE.format(gate=gate, cases="\n".join(f"  - ask: question {n}" for n in range(count))))


def answers(good: int) -> Any:
    """A model that is right on the first `good` questions."""
    return lambda request: "good" if int(request.conversation[-1].text.split()[-1]) < good else "bad"


@pytest.mark.parametrize(
    ("gate", "before", "after", "held", "said"),
    [
        ("{better: true}", 20, 40, True, "pass_rate better than in"),
        ("{better: true}", 40, 20, False, "exact McNemar, n 40"),
        ("{better: true}", 38, 40, None, "further cases like these would decide it"),
        ("{better: true}", 30, 30, None, "no number of cases within reach would decide it"),
        ("{not_worse: {by: 0.1}}", 40, 40, True, "pass_rate not worse by more than 0.1"),
        ("{not_worse: {by: 0.1}}", 40, 20, False, "score (Tango)"),
        ("{not_worse: {by: 0.02}}", 40, 40, None, "further cases"),
        ("{same: {within: 0.1}}", 30, 30, True, "the same within 0.1 as in"),
        ("{same: {within: 0.1}}", 10, 40, False, "pass_rate +0.75"),
        ("{better: ['check:contains', pass_rate]}", 20, 40, True, "check:contains or pass_rate better"),
        ("{better: true, pass_rate: '>= 0.99'}", 20, 40, None, "pass rate at least"),
    ],
)
def test_a_claim_is_decided_on_the_shared_cases(
    project: Any, bench: Any, gate: str, before: int, after: int, held: bool | None, said: str
) -> None:
    suite(project, gate)
    bench.run(answers(before))
    run = bench.run(answers(after), against="last")
    (found,) = run.suites
    assert found.gate.held is held
    assert said in found.gate.reason
    assert run.exit_code == (0 if held else 1)
    (comparison,) = run.summary.comparisons
    assert comparison.pairs == 40


def test_without_a_run_to_compare_with_no_claim_holds(project: Any, bench: Any) -> None:
    suite(project, "{not_worse: {by: 0.5}}")
    run = bench.run(answers(40))
    assert run.suites[0].gate.held is None
    assert "--against" in run.suites[0].gate.reason
    assert run.exit_code == 1


def test_a_baseline_that_is_not_there_stops_everything(bench: Any, project: Any) -> None:
    suite(project, "{better: true}")
    (problem,) = bench.problems(against="last")
    assert problem.what == "there is no finished run to compare with"


def test_main_is_the_newest_run_of_that_branch(project: Any, bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    suite(project, "{not_worse: {by: 0.2}}")
    for branch, good in (("main", 40), ("main", 39), ("topic", 3)):
        monkeypatch.setenv("GITHUB_REF_NAME", branch)
        bench.run(answers(good))
    run = bench.run(answers(39), against="main")
    (comparison,) = run.summary.comparisons
    assert comparison.metrics["pass_rate"].a == 39 / 40
    assert run.suites[0].gate.held is True


@pytest.mark.parametrize(
    ("gate", "what"),
    [
        ("{better: 3}", "better, if not true, is not right"),
        ("{better: [speed]}", "'speed' is no measure"),
        ("{not_worse: 0.02}", "not_worse is not right"),
        ("{not_worse: {by: 0}}", "not_worse: by is not right"),
        ("{not_worse: {within: 0.1}}", "unknown key 'within' in not_worse"),
        ("{same: {within: a lot}}", "same: within is not right"),
        ("{same: {}}", "same has no 'within'"),
    ],
)
def test_a_claim_that_says_nothing_is_a_mistake(project: Any, bench: Any, gate: str, what: str) -> None:
    suite(project, gate)
    assert what in [problem.what for problem in bench.problems()]


def test_a_run_keeps_its_claims_and_can_be_counted_again(project: Any, bench: Any) -> None:
    suite(project, "{better: ['check:contains', latency_ms], not_worse: {by: 0.1, of: pass_rate}, same: {within: 1}}")
    run = bench.run(answers(40))
    record = json.loads((run.path / "run.json").read_text())
    assert record["suites"][0]["gate"] == {
        "allow_unjudged": 0,
        "better": ["check:contains", "latency_ms"],
        "not_worse": {"by": 0.1, "of": "pass_rate"},
        "same": {"within": 1, "of": "pass_rate"},
    }
    from seatrial.evals.recount import recount

    assert recount(run.folder).suites[0].gate.held is None
