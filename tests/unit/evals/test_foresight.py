"""`eval --plan`: what a run could show and what it would cost, with nothing asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from stored_runs import Told, stored_run

from seatrial.cli.app import run as seatrial
from seatrial.core.errors import SpecError
from seatrial.evals.foresight import SUPPOSED, foresee
from seatrial.evals.run import evaluate
from seatrial.feature.feature import load
from seatrial.stats.gate import decide
from seatrial.stats.power import cases_for_paired_difference, smallest_paired_difference
from seatrial.store.records import RunSummary

PRICED = """\
feature: demo
models:
  main: {use: scripted/script.yaml, params: {max_tokens: 20}, price: {input: 10, output: 20}}
prompt: prompts/chat.md
"""
SUITE = """\
suite: tone
checks: [{contains: fine}]
gate: {pass_rate: ">= 0.95"}
cases:
"""
COUNT = 200


@pytest.fixture
def planned(project: Any) -> Any:
    project.suite(SUITE + "".join(f"  - {{id: c{n}, ask: question {n}}}\n" for n in range(COUNT)))
    return project


def test_the_smallest_difference_is_that_of_the_power(planned: Any) -> None:
    (suite,) = foresee(planned.root).suites
    assert (suite.cases, suite.units, suite.asks) == (COUNT, COUNT, COUNT)
    assert [each.differing for each in suite.supposed] == list(SUPPOSED)
    for each in suite.supposed:
        assert each.difference == smallest_paired_difference(COUNT, each.differing, power=0.8, alpha=0.05)
        assert cases_for_paired_difference(each.difference, each.differing) <= COUNT
    assert suite.gate_needs == decide(0, 0, ">=", 0.95).further == 59
    assert suite.known is None


def test_too_few_cases_show_nothing(project: Any) -> None:
    project.suite("suite: tone\nchecks: [{contains: fine}]\ncases: [{ask: a}, {ask: b}, {ask: c}]\n")
    (suite,) = foresee(project.root).suites
    assert [each.difference for each in suite.supposed] == [None, None, None]
    assert (suite.gate, suite.gate_needs) == (None, None)


def test_cases_of_a_group_count_once_and_turns_and_repeats_are_asks(project: Any) -> None:
    cases = "".join(f"  - {{ask: q{n}, group: g{n // 5}}}\n" for n in range(20))
    cases += "  - {turns: [{user: a}, {user: b}, {user: c, assistant: d}], repeat: 3}\n"
    project.suite(f"suite: tone\nchecks: [{{contains: fine}}]\ncases:\n{cases}")
    (suite,) = foresee(project.root).suites
    assert (suite.cases, suite.units, suite.asks) == (21, 5, 20 + 2 * 3)


def test_nothing_is_asked_and_nothing_is_left_behind(planned: Any, bench: Any) -> None:
    feature, model = load(planned.root), bench.model(lambda request: "fine")
    feature.use_model("main", model)
    foresee(feature)
    assert model.requests == []
    assert not (planned.root / ".seatrial").exists()


def test_the_cost_is_bounded_before_and_known_after_a_run(planned: Any) -> None:
    planned.suite(SUITE + "".join(f"  - ask: question {n}\n" for n in range(8)))
    planned.write("feature.yaml", PRICED)
    planned.write("script.yaml", "rules: []\ndefault: {reply: fine, usage: {input_total: 15, output_total: 4}}\n")
    (before,) = foresee(planned.root).suites
    assert before.likely_usd is None
    paid = evaluate(planned.root).summary.cost_usd
    (after,) = foresee(planned.root).suites
    assert paid == pytest.approx(8 * (15 * 10 + 4 * 20) / 1e6)
    assert after.likely_usd == pytest.approx(paid)
    assert after.most_usd == before.most_usd > paid
    assert before.most_usd > 8 * 20 * 20 / 1e6, "the longest answers are in it"


@pytest.mark.parametrize(
    ("models", "most"),
    [
        ("{use: scripted/script.yaml}", 0.0),
        ("{use: openai-compatible/x, base_url: 'http://127.0.0.1:1/v1'}", None),
        ("{use: openai-compatible/x, base_url: 'http://127.0.0.1:1/v1', price: {input: 1, output: 1}}", None),
    ],
)
def test_a_cost_that_is_not_known_is_not_zero(planned: Any, models: str, most: float | None) -> None:
    planned.write("feature.yaml", f"feature: demo\nmodels:\n  main: {models}\nprompt: prompts/chat.md\n")
    assert foresee(planned.root).suites[0].most_usd == most


def test_the_share_that_differed_between_the_last_two_runs_is_taken_up(planned: Any) -> None:
    for number, wrong in enumerate((0, 30)):
        told = {f"c{n}": Told("fail" if n < wrong else "pass") for n in range(COUNT)}
        run = stored_run(planned.root / f".seatrial/runs/2026010{number}T000000Z-aaaaaa", told)
        run.write_summary(RunSummary(run=str(run.path), feature="demo", suites=(), seconds=0.0, cost_usd=None))
    (suite,) = foresee(planned.root).suites
    assert suite.known.differing == 30 / COUNT
    assert suite.known.difference == smallest_paired_difference(COUNT, 30 / COUNT)


def test_it_is_printed_for_people_and_for_programs(planned: Any, capsys: Any) -> None:
    assert seatrial(["eval", str(planned.root), "--plan"]) == 0
    out = capsys.readouterr().out
    points = [100 * smallest_paired_difference(COUNT, share) for share in SUPPOSED]
    assert f"demo: {COUNT} asks planned, nothing was asked" in out
    assert all(f"{each:.1f} points" in out for each in points)
    assert "free" in out
    assert "gate of tone: takes 59 cases, none going wrong" in out
    assert f"next    seatrial eval {planned.root}" in out
    assert seatrial(["eval", str(planned.root), "--plan", "--json"]) == 0
    (shown,) = json.loads(capsys.readouterr().out)["suites"]
    assert [each["difference"] for each in shown["supposed"]] == pytest.approx([each / 100 for each in points])
    assert not (planned.root / ".seatrial").exists()


@pytest.mark.parametrize("option", [{"resume": "newest"}, {"failed": True}, {"record": True}, {"rejudge": "latest"}])
def test_what_needs_an_earlier_run_is_refused(planned: Any, option: dict[str, Any]) -> None:
    with pytest.raises(SpecError, match="exclude each other"):
        foresee(planned.root, **option)


def test_mistakes_of_a_suite_are_told_as_before_a_run(project: Any, capsys: Any) -> None:
    project.suite("suite: demo\nchekcs: []\ncases: [{ask: q}]\n")
    assert seatrial(["eval", str(project.root), "--plan"]) == 2
    assert "chekcs" in capsys.readouterr().err
