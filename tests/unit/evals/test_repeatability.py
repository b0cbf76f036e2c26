"""The same version run twice: what of its results is noise."""

from __future__ import annotations

from collections import Counter
from typing import Any

from seatrial.cli.app import run as seatrial
from seatrial.evals.flakes import find_flips

SUITE = """\
suite: demo
checks: [{{contains: good}}, {{max-words: 5}}]
cases:
{cases}
"""


def suite(project: Any, count: int = 20) -> None:
    project.suite(SUITE.format(cases="\n".join(f"  - ask: question {n}" for n in range(count))))


def every_fourth_flips() -> Any:
    """A model that answers every fourth question well the first time only."""
    asked: Counter[str] = Counter()

    def reply(request: Any) -> str:
        text = request.conversation[-1].text
        asked[text] += 1
        return "bad" if int(text.split()[-1]) % 4 == 0 and asked[text] > 1 else "good"

    return reply


def test_cases_that_come_out_differently_are_counted_and_named(project: Any, bench: Any) -> None:
    suite(project)
    found = bench.run(every_fourth_flips(), aa=True).summary.repeatability
    assert (found.flake_rate.count, found.flake_rate.n) == (5, 20)
    assert found.flake_rate.low < 0.25 < found.flake_rate.high
    assert {(case.before, case.after) for case in found.flaked} == {("pass", "fail")}
    assert {name: share.count for name, share in found.checks.items()} == {"contains": 5}
    assert found.judges == {}


def test_a_steady_model_has_no_flakes(project: Any, bench: Any) -> None:
    suite(project)
    run = bench.run(aa=True)
    assert run.summary.repeatability.flake_rate.count == 0
    assert run.summary.repeatability.checks == {}


def test_the_ledger_remembers_what_flipped(project: Any, bench: Any) -> None:
    suite(project)
    bench.run(every_fourth_flips(), aa=True)
    flips = find_flips(project.root)
    assert len(flips) == 5
    assert {(each.passed, each.not_passed) for each in flips} == {(1, 1)}


def test_recorded_answers_are_said_to_be_the_same_twice(tmp_path: Any, capsys: Any) -> None:
    assert seatrial(["init", "demo", "--dir", str(tmp_path / "demo")]) == 0
    seatrial(["eval", str(tmp_path / "demo"), "--aa"])
    assert "are recorded: they say the same twice" in capsys.readouterr().out
