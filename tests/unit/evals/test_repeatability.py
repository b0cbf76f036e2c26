"""The same version run twice: what of its results is noise."""

from __future__ import annotations

from collections import Counter
from typing import Any

from seatrial.cli.app import run as seatrial
from seatrial.cli.show_comparison import show_repeats
from seatrial.evals.flakes import find_flips
from seatrial.evals.run import evaluate
from seatrial.feature.feature import load

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


JUDGED = """\
feature: demo
models:
  main: {use: scripted/script.yaml}
  judge: {use: scripted/script.yaml}
prompt: prompts/chat.md
"""


def test_a_judge_that_disagrees_with_itself_is_told_apart_from_answers_that_differ(
    project: Any, bench: Any, capsys: Any
) -> None:
    project.write("feature.yaml", JUDGED)
    asks = "\n".join(f"  - ask: question {n}" for n in range(20))
    project.suite(f"suite: demo\nchecks: [{{llm-rubric: Is good.}}]\ncases:\n{asks}\n")
    judged: Counter[str] = Counter()

    def judge(request: Any) -> str:
        """Fails what is bad; and calls the fifth question bad when it is judged a third time, by the rejudging."""
        text = request.messages[-1].text
        judged[text] += 1
        fails = "very bad" in text or ("good 5" in text and judged[text] > 2)
        return '{"reason": "r", "verdict": "fail"}' if fails else '{"reason": "r", "verdict": "pass"}'

    flips = every_fourth_flips()

    def answer(request: Any) -> str:
        number = request.conversation[-1].text.split()[-1]
        return f"very {flips(request)} {number}"

    feature = load(project.root)
    feature.use_model("main", bench.model(answer))
    feature.use_model("judge", bench.model(judge))
    found = evaluate(feature, aa=True).summary.repeatability
    assert (found.flake_rate.count, found.flake_rate.n) == (5, 20)
    assert {name: (share.count, share.n) for name, share in found.judges.items()} == {"llm-rubric": (1, 20)}
    assert found.judges["llm-rubric"].low < 0.05 < found.judges["llm-rubric"].high
    show_repeats(found)
    said = capsys.readouterr().out
    assert "judge llm-rubric, same answer  1/20" in said
    assert "came out differently  5" in said
