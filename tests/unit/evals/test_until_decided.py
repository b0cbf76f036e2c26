"""A run that stops as soon as its gates are decided, without the error of peeking."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.case import Case
from seatrial.evals.gate import Gate
from seatrial.evals.stopping import Watch, in_random_order
from seatrial.stats.sequence import ConfidenceSequence

SUITE = """\
suite: demo
checks: [{{contains: good}}]
gate: {gate}
cases:
{cases}
"""


def suite(project: Any, gate: str = "{pass_rate: '>= 0.8'}", count: int = 300) -> None:
    project.suite(SUITE.format(gate=gate, cases="\n".join(f"  - ask: question {n}" for n in range(count))))


@pytest.mark.parametrize(("answer", "held"), [("good", True), ("bad", False)])
def test_it_stops_when_the_gate_is_decided(project: Any, bench: Any, answer: str, held: bool) -> None:
    suite(project)
    run = bench.run(lambda request: answer, until_decided=True, concurrency=1)
    (found,) = run.suites
    assert found.gate.held is held
    assert found.cases < 100
    assert f"decided after {found.cases} cases" in found.gate.reason
    assert run.summary.left_out == f"{300 - found.cases} not asked, since every gate was decided"
    assert run.exit_code == (0 if held else 1)


def test_what_stays_open_to_the_end_is_not_held(project: Any, bench: Any) -> None:
    suite(project, count=12)
    run = bench.run(lambda request: "good", until_decided=True)
    assert run.suites[0].gate.held is None
    assert "not decided after all 12 cases" in run.suites[0].gate.reason
    assert run.exit_code == 1


def test_the_order_is_random_and_the_same_for_a_seed(project: Any, bench: Any) -> None:
    suite(project, count=60)
    orders = []
    for seed in (1, 1, 2):
        model = bench.model(lambda request: "good" if hash(request.conversation[-1].text) % 2 else "bad")
        bench.run(model, until_decided=True, concurrency=1, seed=seed)
        orders.append(model.asked)
    shortest = min(map(len, orders))
    assert orders[0][:shortest] == orders[1][:shortest] != orders[2][:shortest]
    assert orders[0] != sorted(orders[0], key=lambda text: int(text.split()[-1]))


def test_what_cannot_be_judged_keeps_a_gate_open(project: Any, bench: Any) -> None:
    suite(project, count=80)

    def reply(request: Any) -> str:
        if request.conversation[-1].text == "question 7":
            raise bench.failure("server")
        return "good"

    run = bench.run(reply, until_decided=True)
    assert run.suites[0].gate.held is None
    assert "1 not judged, 0 allowed" in run.suites[0].gate.reason


@pytest.mark.parametrize(
    ("gate", "said"),
    [("{better: true}", "asks for better"), ("{pass_rate: '>= 0.5', repair_rate: '<= 0.1'}", "asks for repair_rate")],
)
def test_gates_on_something_else_are_refused(project: Any, bench: Any, gate: str, said: str) -> None:
    suite(project, gate, count=2)
    assert any(said in problem.what for problem in bench.problems(until_decided=True))


def test_without_a_gate_there_is_nothing_to_decide(project: Any, bench: Any) -> None:
    project.suite("suite: demo\nchecks: [{contains: a}]\ncases: [{ask: q}]\n")
    (problem,) = bench.problems(until_decided=True)
    assert problem.what == "--until-decided: no suite has a gate"


@pytest.mark.parametrize("other", [{"sample": 3}, {"filter": ("a",)}, {"failed": True}, {"resume": "x"}])
def test_it_excludes_what_chooses_other_cases(project: Any, bench: Any, other: dict[str, Any]) -> None:
    suite(project, count=2)
    (problem,) = bench.problems(until_decided=True, **other)
    assert "exclude each other" in problem.what


class _Suite:
    gate = Gate(">=", 0.5)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=1, max_size=60),
    st.randoms(use_true_random=False),
)
def test_whichever_answer_comes_first_the_outcome_is_that_of_the_order(drawn: Any, random: Any) -> None:
    cases = [
        Case(id=f"c{number}", suite="s", group=f"g{group}" if group else None)
        for number, (_, group) in enumerate(drawn)
    ]
    passed = {case.id: outcome for case, (outcome, _) in zip(cases, drawn, strict=True)}
    order, places = in_random_order(cases, seed=5)
    arrived = [cases[place] for place in order]
    random.shuffle(arrived)
    watch = Watch({"s": _Suite()}, ["main"], places)
    for case in arrived:
        watch.add(case, "main", "pass" if passed[case.id] else "fail")
    assert sorted(order) == list(range(len(cases)))
    assert watch.outcome("s", "main").held is _looked_at_in_order([cases[place] for place in order], passed)


def _looked_at_in_order(cases: list[Case], passed: dict[str, bool]) -> bool | None:
    draws: dict[str, list[float]] = {}
    for case in cases:
        draws.setdefault(case.group or case.id, []).append(float(passed[case.id]))
    sequence = ConfidenceSequence(confidence=0.9)
    for values in draws.values():
        sequence.add(sum(values) / len(values))
        if sequence.interval.low >= 0.5:
            return True
        if sequence.interval.high < 0.5:
            return False
    return None
