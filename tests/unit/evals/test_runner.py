"""How a run goes: in parallel within a bound, appending what is finished, and never stopped by one case."""

from __future__ import annotations

import asyncio
import errno
import os
import sys
import threading
from pathlib import Path

import pytest

from seatrial.core.errors import OutsideError
from seatrial.evals.job import Progress
from seatrial.evals.run import evaluate


def suite_of(project, count, more=""):
    cases = "".join(f"  - {{ask: q{number}, name: q{number}}}\n" for number in range(count))
    project.suite(f"suite: demo\n{more}checks: [{{contains: fine}}]\ncases:\n{cases}")


def waits(bench):
    """A reply that lets every other task go on first, so that as many cases are open as may be."""

    async def reply(request):
        await bench.next_turns()
        return "fine"

    return reply


@pytest.mark.parametrize(("concurrency", "most"), [(1, 1), (3, 3), (64, 10)])
def test_no_more_cases_are_open_than_allowed_and_no_fewer(project, bench, concurrency, most):
    suite_of(project, 10)
    model = bench.model(waits(bench))
    assert bench.run(model, concurrency=concurrency).passed
    assert model.most_open == most


def test_conversations_run_beside_each_other_and_their_turns_in_order(project, bench):
    turns = "[{user: %s1}, {user: %s2}, {user: %s3}]"
    cases = "".join(f"  - turns: {turns % (name, name, name)}\n" for name in "abc")
    project.suite(f"suite: demo\nchecks: [{{contains: fine}}]\ncases:\n{cases}")
    model = bench.model(waits(bench))
    assert bench.run(model).passed
    assert model.most_open == 3
    for name in "abc":
        assert [asked for asked in model.asked if asked[0] == name] == [f"{name}{turn}" for turn in (1, 2, 3)]


def test_a_slow_synchronous_check_does_not_stall_the_loop(project, bench):
    """The check of the first case returns only after the second case was asked, which needs the loop."""
    project.write(
        "checks.py",
        """\
        import threading
        from seatrial.checks.define import check

        asked = threading.Event()

        @check("waits-for-the-other")
        def waits(text):
            return asked.wait(timeout=30) if text == "first" else True
        """,
    )
    project.suite("suite: demo\nchecks: [waits-for-the-other]\ncases: [{ask: first}, {ask: second}]\n")
    first_judged = threading.Event()

    async def reply(request):
        if request.conversation[-1].content == "first":
            first_judged.set()
            return "first"
        await asyncio.get_running_loop().run_in_executor(None, first_judged.wait)
        own = str(project.root / "checks.py")
        (module,) = (each for each in list(sys.modules.values()) if getattr(each, "__file__", None) == own)
        await bench.next_turns()
        module.asked.set()
        return "second"

    assert bench.run(reply, concurrency=2).passed


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise ValueError('no good')", "ValueError: no good"),
        ("raise SystemExit(3)", "SystemExit"),
        ("return 'yes'", "no verdict"),
        ("return float('nan')", "no verdict"),
        ("return Verdict(state='pass', score=7.0)", "from 0 to 1"),
        ("return Verdict(state='pass', score=float('nan'))", "from 0 to 1"),
        ("return Verdict(state='maybe')", "maybe"),
        ("return Verdict(state='fail', reason=5)", "str"),
        ("return Verdict(state='fail', reason='\\ud800')", "surrogates"),
        ("raise ValueError('\\ud800')", "ValueError"),
    ],
)
def test_a_check_that_breaks_is_an_error_verdict_and_the_run_goes_on(project, bench, body, said):
    project.write("evals/own.py", f"from seatrial.core.verdict import Verdict\n\ndef broken(text):\n    {body}\n")
    project.suite("suite: demo\nchecks: [{contains: fine}, {python: own.py:broken}]\ncases: [{ask: a}, {ask: b}]\n")
    run = bench.run()
    suite = run.suites[0]
    assert (suite.errors, suite.checks["contains"].passed, suite.pass_rate.n) == (2, 2, 0)
    result = next(run.results())
    assert [verdict.state for verdict in result.verdicts] == ["pass", "error"]
    assert said in result.verdicts[1].reason
    assert run.exit_code == 1


def test_checks_of_the_features_own_file_have_their_names_and_may_be_asynchronous(project, bench):
    project.write(
        "checks.py",
        """\
        import asyncio
        from seatrial.checks.define import check

        @check()
        def sounds_fine(text):
            return text == "fine"

        @check("later", calls_model=True)
        async def later(text, *, word: str):
            await asyncio.sleep(0)
            return 1.0 if word in text else 0.25
        """,
    )
    project.suite(
        """\
        suite: demo
        checks: [sounds-fine, {later: fine}, {later: {word: bad, metric: badness, weight: 0}}]
        cases: [{ask: a}]
        """
    )
    run = bench.run()
    assert run.passed
    assert run.suites[0].metrics["badness"].mean == 0.25


def test_an_answer_that_does_not_come_is_an_error_and_the_others_go_on(project, bench):
    suite_of(project, 3)

    def reply(request):
        if request.conversation[-1].content == "q1":
            raise bench.failure("timeout")
        return "fine"

    run = bench.run(reply)
    states = {result.name: result.state for result in run.results()}
    assert states == {"q0": "pass", "q1": "error", "q2": "pass"}
    assert (run.suites[0].errors, run.suites[0].pass_rate.estimate) == (1, 1.0)


@pytest.mark.parametrize(
    ("kinds", "code"),
    [
        ([], 0),
        (["timeout"], 3),
        (["server", "connect"], 3),
        (["miss"], 1),
        (["timeout", "miss"], 1),
    ],
)
def test_only_what_failed_outside_exits_with_3(project, bench, kinds, code):
    suite_of(project, 4)

    def reply(request):
        number = int(request.conversation[-1].content[1:])
        if number < len(kinds):
            raise bench.failure(kinds[number])
        return "fine"

    assert bench.run(reply).exit_code == code


def test_a_broken_check_is_not_hidden_behind_repeats_that_failed_outside(project, bench):
    project.write("evals/own.py", "def broken(text):\n    raise ValueError\n")
    project.suite(
        "suite: demo\ncases:\n"
        "  - {ask: a, repeat: 3, checks: [{contains: fine}]}\n"
        "  - {ask: b, checks: [{python: own.py:broken}]}\n"
    )

    def reply(request):
        if request.conversation[-1].content == "a":
            raise bench.failure("timeout")
        return "fine"

    run = bench.run(reply)
    assert (run.suites[0].errors, run.exit_code) == (2, 1)


def test_an_unscored_case_exits_with_1(project, bench):
    project.write(
        "evals/own.py",
        "from seatrial.checks.define import unscored\n\ndef none(text):\n    return unscored('no evidence')\n",
    )
    project.suite("suite: demo\nchecks: [{python: own.py:none}]\ncases: [{ask: a}]\n")
    run = bench.run()
    assert (run.suites[0].unscored, run.exit_code) == (1, 1)


def test_each_result_is_on_disk_before_the_next_case_is_asked(project, bench):
    suite_of(project, 3)
    lines = []

    def reply(request):
        (results,) = (project.root / ".seatrial" / "runs").glob("*/results.jsonl")
        lines.append(results.read_bytes().count(b"\n"))
        return "fine"

    bench.run(reply, concurrency=1)
    assert lines == [0, 1, 2]


def test_a_run_stops_after_so_many_cases_that_did_not_pass(project, bench):
    suite_of(project, 20)
    model = bench.model(lambda request: "bad")
    run = bench.run(model, max_failures=3, concurrency=1)
    assert len(model.requests) == 3
    assert run.summary.left_out == "17 not asked after 3 failures"


def test_repeats_that_fail_within_a_case_that_passes_are_no_failures(project, bench):
    project.suite(
        "suite: demo\nchecks: [{contains: fine}]\n"
        "cases: [{ask: a, repeat: {times: 4, need: 1}}, {ask: b, repeat: {times: 4, need: 1}}, {ask: c}]\n"
    )
    model = bench.model(
        lambda request: "fine" if request.repeat == 4 or request.conversation[-1].content == "c" else "bad"
    )
    run = bench.run(model, max_failures=1, concurrency=1)
    assert (run.suites[0].passed, run.summary.left_out) == (3, None)


def test_progress_is_told_what_is_to_come_and_every_result(project, bench):
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: a}, {ask: b, repeat: 3}, {ask: c}]\n")
    told = []
    bench.run(progress=Progress(lambda plan: told.append(plan.items_total), lambda result: told.append(result.case)))
    assert told[0] == len(told[1:]) == 5


def full_disk(monkeypatch, after):
    """os.write takes `after` more lines of results, then half of one, then nothing."""
    real, left = os.write, [after]

    def write(file, data):
        if b'"made_by"' in data[:400]:
            left[0] -= 1
            if left[0] < 0:
                real(file, bytes(data[: len(data) // 2]))
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, data)

    monkeypatch.setattr(os, "write", write)


def test_a_full_disk_ends_the_run_with_one_clear_error_and_keeps_what_was_written(project, bench, monkeypatch):
    suite_of(project, 30)
    with monkeypatch.context() as patched:
        full_disk(patched, 5)
        with pytest.raises(OutsideError, match="No space left on device"):
            bench.run(concurrency=8)
    (results,) = (project.root / ".seatrial" / "runs").glob("*/results.jsonl")
    content = results.read_bytes()
    assert content.count(b"\n") == 5
    assert content.endswith(b"\n")
    model = bench.model(lambda request: "fine")
    run = bench.run(model, resume="newest")
    assert len(model.requests) == 25
    assert (run.suites[0].passed, run.passed) == (30, True)


@pytest.mark.parametrize("options", [{}, {"record": True}, {"rejudge": True}])
def test_a_full_disk_offers_to_go_on_only_where_that_can_be(project, bench, monkeypatch, options):
    suite_of(project, 3)
    if "rejudge" in options:
        options = {"rejudge": bench.run().folder.id}
    full_disk(monkeypatch, 1)
    with pytest.raises(OutsideError) as caught:
        bench.run(**options)
    assert ("--resume" in caught.value.hint) is (options == {})


@pytest.mark.parametrize("name", ["cases.jsonl.part", "run.json.part"])
def test_a_disk_that_is_full_before_anything_is_asked_offers_nothing_to_go_on_with(project, bench, monkeypatch, name):
    suite_of(project, 1)
    real = Path.replace

    def replace(path, target):
        if path.name == name:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(OutsideError) as caught:
        bench.run()
    assert "--resume" not in str(caught.value)
    assert "is there room on the disk" in caught.value.hint
    assert list((project.root / ".seatrial" / "runs").iterdir()) == []


def test_a_feature_folder_that_cannot_be_written_is_an_outside_error(project, bench):
    suite_of(project, 1)
    project.write(".seatrial", "a file where the folder should be")
    with pytest.raises(OutsideError, match=r"\.seatrial"):
        bench.run()


def test_a_run_folder_is_ignored_by_git(project, bench):
    suite_of(project, 1)
    bench.run()
    assert (project.root / ".seatrial" / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_the_record_says_what_ran(project, bench):
    suite_of(project, 2)
    run = bench.run(seed=7, sample=1)
    record = run.folder.record()
    assert (record.feature, record.seed, record.options["sample"]) == ("demo", 7, 1)
    assert [suite.suite for suite in record.suites] == ["demo"]
    assert set(record.suites[0].checks) == {"contains"}
    (variant,) = record.variants
    assert variant.variant == "main"
    assert variant.models["main"].use == "scripted/script.yaml"
    assert "You are in" in variant.prompts["prompts/chat.md"]
    assert [case.name for case in run.folder.cases()] == ["q0", "q1"]


def test_a_result_keeps_all_that_the_contract_names(project, bench):
    project.write(
        "feature.yaml",
        """\
        feature: demo
        models:
          main: {use: scripted/script.yaml, price: {input: 1, output: 2}}
        prompt: prompts/chat.md
        """,
    )
    project.write("script.yaml", "rules: []\ndefault: {reply: fine, usage: {input_total: 10, output_total: 5}}\n")
    project.suite(
        """\
        suite: demo
        checks: [{contains: {value: fine, metric: m, weight: 2}}]
        cases: [{turns: [{user: a}, {user: b}]}]
        """
    )
    run = evaluate(project.root)
    (result,) = run.results()
    assert (result.suite, result.variant, result.repeat, result.state, result.output) == (
        "demo",
        "main",
        1,
        "pass",
        "fine",
    )
    assert [message.content for message in result.input] == ["a", "fine", "b"]
    assert len(result.exchanges) == 2
    assert (result.usage.input_total, result.usage.output_total) == (20, 10)
    assert result.cost_nusd == 2 * (10 * 1000 + 5 * 2000)
    assert run.summary.cost_usd == pytest.approx(4e-5)
    assert [(v.check, v.turn, v.metric, v.weight) for v in result.verdicts] == [
        ("contains", 0, "m", 2),
        ("contains", 1, "m", 2),
    ]


def test_cost_is_unknown_where_a_price_is_not_given(project, bench):
    suite_of(project, 1)
    assert bench.run().summary.cost_usd is None
