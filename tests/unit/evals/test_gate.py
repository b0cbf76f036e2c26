"""The gate: read from a suite, decided on exact bounds, and honest about evidence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.evals.gate import Gate
from seatrial.stats.proportion import exact_lower, exact_upper


@pytest.mark.parametrize(
    ("gate", "right", "wrong"),
    [
        (Gate(">=", 0.9), 29, 0),
        (Gate(">=", 0.9), 45, 1),
        (Gate(">=", 0.9), 59, 2),
        (Gate("<=", 0.01), 299, 0),
        (Gate("<=", 0.01), 472, 1),
    ],
)
def test_it_takes_exactly_so_many_cases(gate, right, wrong):
    def held(right):
        passed, failed = (right, wrong) if gate.operator == ">=" else (wrong, right)
        return gate.decide(passed, failed, 0, complete=True).held

    assert (held(right), held(right - 1)) == (True, None)


@given(
    passed=st.integers(0, 200),
    failed=st.integers(0, 200),
    unjudged=st.integers(0, 3),
    allowed=st.integers(0, 3),
    complete=st.booleans(),
    operator=st.sampled_from([">=", "<="]),
    limit=st.sampled_from([0.0, 0.01, 0.5, 0.8, 0.9, 0.99, 1.0]),
)
@settings(deadline=None)
def test_held_false_and_null_are_what_the_bounds_say(passed, failed, unjudged, allowed, complete, operator, limit):
    outcome = Gate(operator, limit, allowed).decide(passed, failed, unjudged, complete=complete)
    lower, upper = exact_lower(passed, passed + failed), exact_upper(passed, passed + failed)
    right = lower >= limit - 1e-9 if operator == ">=" else upper <= limit + 1e-9
    wrong = upper < limit - 1e-9 if operator == ">=" else lower > limit + 1e-9
    expected = False if wrong else True if right and complete and unjudged <= allowed else None
    assert outcome.held is expected
    assert outcome.bound == pytest.approx(lower if operator == ">=" else upper, abs=1e-9)
    assert f"{outcome.bound:.3f}" in outcome.reason


def test_the_number_of_further_cases_is_printed_and_is_enough(project, bench):
    cases = "".join(f"  - ask: q{number}\n" for number in range(20))
    text = "suite: demo\ngate: {{pass_rate: '>= 0.9'}}\nchecks: [{{contains: fine}}]\ncases:\n{}"
    project.suite(text.format(cases))
    run = bench.run()
    assert run.suites[0].gate.held is None
    assert "9 further cases, all passing" in run.suites[0].gate.reason
    assert run.exit_code == 1
    project.suite(text.format(cases + "".join(f"  - ask: more{number}\n" for number in range(9))))
    run = bench.run()
    assert (run.suites[0].gate.held, run.exit_code) == (True, 0)


@pytest.mark.parametrize(
    ("n", "failing", "held"),
    [(29, 0, True), (28, 0, None), (46, 1, True), (61, 2, True), (60, 2, None), (30, 9, False)],
)
def test_a_suite_of_n_cases_end_to_end(project, bench, n, failing, held):
    project.rows(
        "evals/d.jsonl", [{"q": f"q{number}", "a": "no" if number < failing else "yes"} for number in range(n)]
    )
    project.suite(
        "suite: demo\ngate: {pass_rate: '>= 0.9'}\nchecks: [{contains: 'yes'}]\n"
        'cases: [{from: d.jsonl, map: {ask: "{{ q }}", answer: "{{ a }}"}}]\n'
    )
    run = bench.run()
    assert run.suites[0].gate.held is held
    assert run.exit_code == (0 if held else 1)


@pytest.mark.parametrize(("n", "bad"), [(299, 0), (473, 1)])
def test_a_rate_of_something_unwanted_end_to_end(project, bench, n, bad):
    project.rows("evals/d.jsonl", [{"q": f"q{number}", "a": "harm" if number < bad else "good"} for number in range(n)])
    project.suite(
        "suite: demo\ngate: {pass_rate: '<= 0.01'}\nchecks: [{contains: harm}]\n"
        'cases: [{from: d.jsonl, map: {ask: "{{ q }}", answer: "{{ a }}"}}]\n'
    )
    assert bench.run().suites[0].gate.held is True
    project.rows(
        "evals/d.jsonl", [{"q": f"q{number}", "a": "harm" if number < bad else "good"} for number in range(n - 1)]
    )
    assert bench.run().suites[0].gate.held is None


def reply_with_one_error(bench):
    def reply(request):
        if request.conversation[-1].content == "q0":
            raise bench.failure("miss")
        return "fine"

    return reply


@pytest.mark.parametrize(("allowed", "held"), [(0, None), (1, True)])
def test_what_was_not_judged_holds_no_gate_unless_it_may(project, bench, allowed, held):
    cases = "".join(f"  - ask: q{number}\n" for number in range(30))
    gate = f"{{pass_rate: '>= 0.9', allow_unjudged: {allowed}}}"
    project.suite(f"suite: demo\ngate: {gate}\nchecks: [{{contains: fine}}]\ncases:\n{cases}")
    run = bench.run(reply_with_one_error(bench))
    assert run.suites[0].gate.held is held
    if held is None:
        assert "1 not judged" in run.suites[0].gate.reason


@pytest.mark.parametrize(
    ("options", "held"),
    [({}, True), ({"sample": 30}, True), ({"filter": ["q*"]}, None), ({"suites": ["demo"]}, True)],
)
def test_only_a_whole_suite_or_a_seeded_sample_of_it_holds_a_gate(project, bench, options, held):
    cases = "".join(f"  - {{ask: q{number}, name: q{number}}}\n" for number in range(40))
    project.suite(f"suite: demo\ngate: {{pass_rate: '>= 0.9'}}\nchecks: [{{contains: fine}}]\ncases:\n{cases}")
    assert bench.run(**options).suites[0].gate.held is held


def test_a_run_that_stopped_early_holds_no_gate_but_may_show_that_it_cannot_hold(project, bench):
    cases = "".join(f"  - ask: q{number}\n" for number in range(40))
    project.suite(f"suite: demo\ngate: {{pass_rate: '>= 0.9'}}\nchecks: [{{contains: fine}}]\ncases:\n{cases}")
    run = bench.run(lambda request: "bad", max_failures=30, concurrency=1)
    assert run.suites[0].gate.held is False


@pytest.mark.parametrize(
    "gate",
    [
        "0.9",
        "{pass_rate: 0.9}",
        "{pass_rate: '> 0.9'}",
        "{pass_rate: '>= 90'}",
        "{pass_rate: '>= 1.01'}",
        "{pass_rate: '>= -0.1'}",
        "{pass_rate: high}",
        "{passrate: '>= 0.9'}",
        "{pass_rate: '>= 0.9', allow_unjudged: -1}",
        "{pass_rate: '>= 0.9', allow_unjudged: 0.5}",
        "{}",
    ],
)
def test_a_gate_that_cannot_be_read_is_a_mistake_at_its_line(project, bench, gate):
    project.suite(f"suite: demo\ngate: {gate}\nchecks: [{{contains: fine}}]\ncases: [{{ask: q}}]\n")
    assert {problem.where for problem in bench.problems()} == {"evals/demo.yaml:2"}


@pytest.mark.parametrize("written", [">= 0.8", ">=0.8", " >= .8 ", "'>= 0.80'"])
def test_a_bound_may_be_written_with_and_without_spaces(project, bench, written):
    quoted = written if written.startswith("'") else f"'{written}'"
    project.suite(f"suite: demo\ngate: {{pass_rate: {quoted}}}\nchecks: [{{contains: fine}}]\ncases: [{{ask: q}}]\n")
    run = bench.run()
    assert "asked for >= 0.8" in run.suites[0].gate.reason


def test_a_limit_no_number_of_cases_reaches_says_so():
    assert "no number of cases" in Gate(">=", 1.0).decide(50, 0, 0, complete=True).reason
