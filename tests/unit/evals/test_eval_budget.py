"""`eval --budget`: no call starts that could exceed it, and what was left out is said."""

from __future__ import annotations

import json

import msgspec
import pytest

from seatrial.cli.app import run as seatrial
from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.errors import SpecError
from seatrial.cost.estimate import estimate_tokens
from seatrial.evals.run import evaluate

FEATURE = """\
feature: demo
models:
  main: {use: scripted/script.yaml, params: {max_tokens: 50}, price: {input: 1, output: 2}}
  spare: {use: scripted/script.yaml, params: {max_tokens: 50}, price: {input: 1, output: 2}}
  free: {use: scripted/script.yaml}
prompt: prompts/chat.md
"""
COST = 100 * 1_000 + 10 * 2_000
"""Nano-dollars of one answer of the script."""

PROMPT = (Message("system", "You are in here."), Message("user", "q0"))
MOST = estimate_tokens(ModelRequest(PROMPT)) * 1_000 + 50 * 2_000
"""Nano-dollars that a call can cost."""


@pytest.fixture
def priced(project):
    """Ten cases for a scripted model whose answers cost as much as a priced one's."""
    project.write("feature.yaml", FEATURE)
    project.write("script.yaml", "rules: []\ndefault: {reply: fine, usage: {input_total: 100, output_total: 10}}\n")
    cases = "".join(f"  - {{ask: q{number}, name: q{number}}}\n" for number in range(10))
    project.suite(f"suite: demo\nchecks: [{{contains: fine}}]\ncases:\n{cases}")
    return project


def usd(nusd):
    """As it is written on the command line."""
    return f"{nusd / 1e9:.9f} USD"


def test_enough_is_enough_for_everything(priced):
    run = evaluate(priced.root, budget=usd(9 * COST + MOST))
    assert (run.suites[0].passed, run.summary.left_out, run.exit_code) == (10, None, 0)
    assert (run.summary.budget.left_out, run.summary.budget.limit_usd) == (0, pytest.approx((9 * COST + MOST) / 1e9))
    assert run.summary.budget.spent_usd == run.summary.cost_usd == pytest.approx(10 * COST / 1e9)


@pytest.mark.parametrize("concurrency", [1, 16])
def test_cases_beyond_it_are_left_out_and_are_neither_results_nor_errors(priced, concurrency):
    run = evaluate(priced.root, budget=usd(3 * COST + MOST), concurrency=concurrency)
    suite = run.suites[0]
    assert (suite.cases, suite.passed, suite.errors) == (4, 4, 0)
    assert len(list(run.results())) == 4
    assert run.summary.left_out == f"6 not asked within the budget of {usd(3 * COST + MOST)}"
    assert run.summary.budget.left_out == 6
    assert run.summary.budget.spent_usd == pytest.approx(4 * COST / 1e9)


def test_a_call_that_could_cost_more_than_all_of_it_is_not_made(priced):
    run = evaluate(priced.root, budget=usd(MOST - 1))
    assert (list(run.results()), run.summary.budget.left_out, run.summary.budget.spent_usd) == ([], 10, 0)


def test_a_gate_is_not_decided_by_what_the_budget_let_be_asked(priced):
    cases = "".join(f"  - {{ask: q{number}}}\n" for number in range(10))
    priced.suite(f'suite: demo\ngate: {{pass_rate: ">= 0.1"}}\nchecks: [{{contains: fine}}]\ncases:\n{cases}')
    assert evaluate(priced.root, budget="1 USD").suites[0].gate.held is True
    run = evaluate(priced.root, budget=usd(8 * COST + MOST))
    assert (run.suites[0].passed, run.suites[0].gate.held, run.exit_code) == (9, None, 1)


def test_a_case_is_one_whatever_its_repeats_and_turns(priced):
    priced.suite(
        "suite: demo\nchecks: [{contains: fine}]\n"
        "cases: [{ask: a, repeat: 3}, {turns: [{user: b}, {user: c}]}, {ask: d, repeat: 2}]\n"
    )
    run = evaluate(priced.root, budget=usd(3 * COST + MOST), concurrency=1)
    assert (run.suites[0].cases, run.summary.budget.left_out) == (1, 2)
    assert [result.case for result in run.results()] == [next(run.results()).case] * 3


def test_all_variants_share_it(priced):
    run = evaluate(priced.root, budget=usd(11 * COST + MOST), model=["main", "spare"])
    assert sum(suite.passed for suite in run.suites) == 12
    assert run.summary.budget.left_out == 8


def test_answers_from_files_cost_nothing_unless_priced(priced):
    run = evaluate(priced.root, budget="0.000000001 USD", model=["free"])
    assert (run.suites[0].passed, run.summary.budget.spent_usd, run.summary.budget.left_out) == (10, 0, 0)


def test_a_case_with_a_recorded_answer_is_judged_whatever_is_left(priced):
    priced.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: a}, {ask: b, answer: fine}, {ask: c}]\n")
    run = evaluate(priced.root, budget="0.000000001 USD", concurrency=1)
    assert (run.suites[0].passed, run.summary.budget.left_out) == (1, 2)


def test_a_larger_one_goes_on_where_the_run_stopped(priced):
    first = evaluate(priced.root, budget=usd(3 * COST + MOST))
    second = evaluate(priced.root, resume="newest", budget=usd(6 * COST + MOST))
    assert second.path == first.path
    assert (second.suites[0].passed, second.summary.budget.left_out) == (7, 3)
    assert second.summary.budget.spent_usd == pytest.approx(7 * COST / 1e9)
    third = evaluate(priced.root, resume="newest", budget="1USD")
    assert (third.suites[0].passed, third.summary.left_out) == (10, None)
    assert third.summary.budget.spent_usd == pytest.approx(10 * COST / 1e9)
    with pytest.raises(SpecError, match="no unfinished run"):
        evaluate(priced.root, resume="newest", budget="2USD")


def test_a_resumed_run_keeps_its_budget(priced):
    evaluate(priced.root, budget=usd(3 * COST + MOST))
    again = evaluate(priced.root, resume="newest")
    assert (again.suites[0].passed, again.summary.budget.left_out) == (4, 6)


def test_what_a_killed_run_had_reserved_counts_as_spent(priced):
    first = evaluate(priced.root, budget=usd(3 * COST + MOST))
    (first.path / "summary.json").unlink()
    ledger = first.path / "budget.jsonl"
    before, last = ledger.read_bytes().splitlines()[-2:]
    assert json.loads(last) == {"spent_nusd": 4 * COST, "reserved_nusd": 0}
    assert json.loads(before) == {"spent_nusd": 3 * COST, "reserved_nusd": MOST}
    kept = ledger.read_bytes().removesuffix(last + b"\n") + b'{"spent_nusd": 12'  # killed within a write
    ledger.write_bytes(kept)
    again = evaluate(priced.root, resume="newest", budget="1USD")
    assert again.summary.budget.spent_usd == pytest.approx((3 * COST + MOST + 6 * COST) / 1e9)


def test_a_run_that_began_without_one_counts_what_its_answers_cost(priced):
    first = evaluate(priced.root)
    lines = (first.path / "results.jsonl").read_bytes().splitlines(keepends=True)
    (first.path / "results.jsonl").write_bytes(b"".join(lines[:6]))
    (first.path / "summary.json").unlink()
    again = evaluate(priced.root, resume="newest", budget=usd(7 * COST + MOST))
    assert (again.suites[0].passed, again.summary.budget.left_out) == (8, 2)


def test_estimates_are_compared_with_what_was_counted(priced):
    priced.write("script.yaml", "rules: []\ndefault: {reply: fine, usage: {input_total: 5000, output_total: 50}}\n")
    summary = evaluate(priced.root, budget=usd(2 * MOST), concurrency=1).summary
    over = 5_000 * 1_000 + 50 * 2_000 - MOST
    assert summary.budget.left_out == 9
    assert summary.budget.spent_usd == pytest.approx((MOST + over) / 1e9)
    assert summary.budget.largest_overshoot_usd == pytest.approx(over / 1e9)
    assert summary.budget.actual_tokens == 5_000
    assert summary.budget.largest_overshoot_tokens == 5_000 - summary.budget.estimated_tokens


def test_a_call_whose_cost_is_not_known_keeps_its_reservation(priced):
    priced.write("script.yaml", "rules: []\ndefault: fine\n")
    summary = evaluate(priced.root, budget=usd(3 * MOST)).summary
    assert summary.budget.left_out == 7
    assert summary.budget.kept_usd == summary.budget.spent_usd == pytest.approx(3 * MOST / 1e9)
    assert summary.cost_usd is None


def test_every_model_that_cannot_be_bounded_is_named_and_nothing_ran(priced):
    priced.write(
        "feature.yaml",
        """\
        feature: demo
        models:
          main: {use: ollama/llama3.1, params: {max_tokens: 50}}
          long: {use: openai/gpt-4o-mini}
          both: {use: "openai-compatible/x", base_url: "http://127.0.0.1:9/v1"}
          good: {use: openai/gpt-4o-mini, params: {max_completion_tokens: 50}}
        prompt: prompts/chat.md
        route: [main, long, both, good]
        """,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "secret")
        with pytest.raises(SpecError) as caught:
            evaluate(priced.root, budget="2.00USD")
    said = [problem.what for problem in caught.value.problems]
    assert [what.split(")")[0] for what in said] == [
        "the model main (ollama/llama3.1",
        "the model long (openai/gpt-4o-mini",
        "the model both (openai-compatible/x",
        "the model both (openai-compatible/x",
    ]
    assert ["no known price" in what for what in said] == [True, False, False, True]
    assert not list((priced.root / ".seatrial").glob("runs/*"))


@pytest.mark.parametrize("budget", ["2", "USD", "-1 USD", "0 USD", "2 EUR", "2.0000000001 USD", ""])
def test_an_amount_that_is_none_is_refused(priced, budget):
    with pytest.raises(SpecError, match="--budget is not right"):
        evaluate(priced.root, budget=budget)


def test_judging_again_without_a_judge_spends_nothing_of_a_budget(priced):
    evaluate(priced.root)
    again = evaluate(priced.root, budget=usd(1), rejudge="latest")
    assert (again.suites[0].passed, again.summary.budget.spent_usd) == (10, 0)


def test_the_summary_says_what_was_spent_left_out_and_misjudged(priced, capsys):
    code = seatrial(["eval", str(priced.root), "--budget", usd(3 * COST + MOST).replace(" ", "")])
    said = capsys.readouterr().out.splitlines()
    assert code == 1
    assert said[1] == f"not everything ran: 6 not asked within the budget of {usd(3 * COST + MOST).replace(' ', '')}"
    assert said[2].startswith("budget 0.000")
    assert said[2].endswith(f"0.00048 spent; 6 cases left out, a further call could cost {MOST / 1e9:.6f}".rstrip("0"))
    estimated = (MOST - 100_000) // 1_000
    more = 100 - estimated
    assert said[3] == (
        f"prompts: estimated at {4 * estimated} tokens, were 400, of one call {more} more than estimated;"
        " no call cost more than was reserved"
    )
    assert f"seatrial eval {priced.root} --resume --budget AMOUNT" in said[-1]


def test_a_call_that_cost_more_than_reserved_is_said(priced, capsys):
    priced.write("script.yaml", "rules: []\ndefault: {reply: fine, usage: {input_total: 5000, output_total: 50}}\n")
    seatrial(["eval", str(priced.root), "--budget", "1USD"])
    over = 5_000 * 1_000 + 50 * 2_000 - MOST
    said = f"one call cost {over / 1e9:.6f}".rstrip("0")
    assert f"{said} USD more than was reserved" in capsys.readouterr().out


def test_json_has_the_budget_beside_the_other_keys(priced):
    plain = msgspec.to_builtins(evaluate(priced.root).summary)
    shown = msgspec.to_builtins(evaluate(priced.root, budget="1USD").summary)
    assert set(shown) - set(plain) == {"budget"}
    assert {"limit_usd", "spent_usd", "left_out"} <= set(shown["budget"])
    assert shown["budget"]["limit_usd"] == 1.0
