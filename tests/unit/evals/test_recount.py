"""A stored run counted again equals what the run itself counted; a stopped one counts what came in."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.evals.recount import recount
from seatrial.evals.run import Run, evaluate
from seatrial.store.runs import RunFolder

FEATURE = """\
feature: demo
models:
  main: {use: scripted/model.yaml}
  loud: {use: scripted/loud.yaml}
prompt: chat.md
"""
SUITE = """\
suite: tone
checks: [{starts-lowercase: {metric: casual}}]
gate: {pass_rate: ">= 0.01", allow_unjudged: 1}
cases:
  - {name: one, ask: hello}
  - {name: two, ask: bye, repeat: {times: 3, need: 2}}
  - {name: three, ask: weather, checks: [{contains: rain}]}
"""


@pytest.fixture(scope="module")
def feature(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("demo")
    (root / "evals").mkdir()
    (root / "feature.yaml").write_text(FEATURE)
    (root / "chat.md").write_text("---\ninputs: {question: string}\n---\nuser:\n{{ question }}\n")
    (root / "model.yaml").write_text("rules: [{when: bye, reply: later}]\ndefault: hey\n")
    (root / "loud.yaml").write_text("rules: [{when: bye, reply: later}]\ndefault: HEY\n")
    (root / "evals" / "tone.yaml").write_text(SUITE)
    (root / "evals" / "other.yaml").write_text("suite: other\nchecks: [refusal]\ncases: [{ask: hi}]\n")
    return root


@pytest.fixture(scope="module")
def whole(feature: Path) -> Run:
    return evaluate(feature, model=("main", "loud"))


def stopped(run: RunFolder, path: Path, keep: int) -> RunFolder:
    """A copy of the run as it was after `keep` results."""
    path.mkdir()
    lines = (run.path / "results.jsonl").read_bytes().splitlines(keepends=True)
    (path / "results.jsonl").write_bytes(b"".join(lines[:keep]) + b'{"case":"torn')
    for name in ("run.json", "cases.jsonl"):
        (path / name).write_bytes((run.path / name).read_bytes())
    return RunFolder(path)


def test_a_finished_run_counts_to_its_own_summary(whole: Run) -> None:
    counted = recount(whole.folder)
    assert counted.suites == whole.summary.suites
    assert counted.cost_usd == whole.summary.cost_usd
    assert [result.key for result in counted.worst] == [result.key for result in whole.worst]
    assert counted.asked == counted.planned == 12


def test_a_run_of_some_cases_counts_to_its_own_summary(feature: Path) -> None:
    for options in ({"sample": 2, "seed": 3}, {"filter": ("one",)}):
        run = evaluate(feature, **options)
        counted = recount(run.folder)
        assert counted.suites == run.summary.suites
        assert counted.asked == counted.planned


def test_no_gate_of_a_stopped_run_holds(whole: Run, tmp_path: Path) -> None:
    counted = recount(stopped(whole.folder, tmp_path / "run", keep=11))
    gates = [suite.gate for suite in counted.suites if suite.gate is not None]
    assert len(gates) == 2
    assert not any(gate.held for gate in gates)


def test_a_case_counts_once_all_its_repeats_are_in(feature: Path, tmp_path: Path) -> None:
    run = evaluate(feature, ["tone"], concurrency=1)
    cases = [sum(s.cases for s in recount(stopped(run.folder, tmp_path / str(keep), keep)).suites) for keep in range(6)]
    assert cases == [0, 1, 1, 1, 2, 3]


@settings(deadline=None, max_examples=15)
@given(keep=st.integers(0, 12))
def test_what_is_counted_is_what_came_in(whole: Run, tmp_path_factory: pytest.TempPathFactory, keep: int) -> None:
    counted = recount(stopped(whole.folder, tmp_path_factory.mktemp("stopped") / "run", keep))
    assert (counted.asked, counted.planned) == (keep, 12)
    assert all(0 <= part.cases <= full.cases for part, full in zip(counted.suites, whole.suites, strict=True))
    assert all(part.passed <= full.passed for part, full in zip(counted.suites, whole.suites, strict=True))
