"""Going on with a run, judging one again, and recording one: nothing is asked twice and nothing is mixed."""

from __future__ import annotations

import json

import pytest

from seatrial.core.errors import SpecError
from seatrial.evals.run import evaluate
from seatrial.store.runs import list_runs, lock_run

SUITE = "suite: demo\nchecks: [{contains: fine}]\ncases:\n"


class Killed(BaseException):
    """Stands for the end of the process: nothing of ours may catch it."""


def was_killed(error: BaseException) -> bool:
    return isinstance(error, Killed) or error.split(Killed)[1] is None


def cases_of(count, more=""):
    return "".join(f"  - {{ask: q{number}, name: q{number}{more}}}\n" for number in range(count))


@pytest.fixture
def killed(project, bench):
    """Start a run that is killed as case number `at` is asked; gives the folder it leaves."""

    def start(at, **options):
        def reply(request):
            if request.conversation[-1].content == f"q{at}":
                raise Killed
            return "fine"

        with pytest.raises((Killed, BaseExceptionGroup), check=was_killed):
            bench.run(reply, concurrency=1, **options)
        return list_runs(project.root)[-1]

    return start


def test_what_finished_before_the_end_is_not_asked_again(project, bench, killed):
    project.suite(SUITE + cases_of(6))
    run = killed(4)
    assert not run.finished
    model = bench.model(lambda request: "fine")
    resumed = bench.run(model, resume="newest")
    assert model.asked == ["q4", "q5"]
    assert resumed.path == run.path
    assert (resumed.suites[0].cases, resumed.passed, run.finished) == (6, True, True)


def test_a_torn_last_line_is_as_if_it_was_never_written(project, bench, killed):
    project.suite(SUITE + cases_of(6))
    run = killed(4)
    results = run.path / "results.jsonl"
    results.write_bytes(results.read_bytes()[:-20])
    assert len(list(run.results())) == 3
    model = bench.model(lambda request: "fine")
    resumed = bench.run(model, resume="newest")
    assert model.asked == ["q3", "q4", "q5"]
    assert [result.name for result in resumed.results()] == [f"q{number}" for number in range(6)]


def test_an_answer_that_did_not_come_is_asked_for_again(project, bench):
    project.suite(SUITE + cases_of(3))

    def reply(request):
        if request.conversation[-1].content == "q1":
            raise bench.failure("timeout")
        return "fine"

    run = bench.run(reply)
    model = bench.model(lambda request: "fine")
    resumed = bench.run(model, resume=run.folder.id)
    assert model.asked == ["q1"]
    assert (resumed.suites[0].passed, resumed.suites[0].errors) == (3, 0)
    assert len(list(resumed.results())) == 3


def test_a_changed_check_judges_the_answers_again_and_asks_for_none(project, bench, killed):
    project.suite(SUITE + cases_of(3))
    killed(2)
    project.suite("suite: demo\nchecks: [{not-contains: fine}]\ncases:\n" + cases_of(3))
    model = bench.model(lambda request: "other")
    run = bench.run(model, resume="newest")
    assert model.asked == ["q2"]
    assert {result.name: result.state for result in run.results()} == {"q0": "fail", "q1": "fail", "q2": "pass"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{contains: bad}", "{contains: {value: bad, weight: 0}}"),
        ("{contains: {value: bad, weight: 0}}", "{contains: bad}"),
    ],
)
def test_a_changed_weight_decides_the_case_anew(project, bench, killed, before, after):
    text = "suite: demo\nchecks: [%s]\ncases:\n" + cases_of(2)
    project.suite(text % before)
    killed(1)
    project.suite(text % after)
    resumed = bench.run(resume="newest")
    expected = evaluate(project.root)
    assert [result.state for result in resumed.results()] == [result.state for result in expected.results()]


def test_a_changed_threshold_decides_the_case_anew(project, bench, killed):
    checks = "suite: demo\nchecks: [{contains: fine}, {contains: bad}]\ncases:\n"
    project.suite(checks + cases_of(2))
    killed(1)
    project.suite(checks + cases_of(2, ", threshold: 0.5"))
    assert bench.run(resume="newest").suites[0].passed == 2


def test_a_check_that_broke_is_called_again(project, bench, killed):
    project.write(
        "evals/own.py", "from pathlib import Path\n\ndef own(text):\n    return Path('ok').exists() or 1 / 0\n"
    )
    code = project.root / "evals" / "own.py"
    code.write_text(code.read_text(encoding="utf-8").replace("'ok'", repr(str(project.root / "ok"))), encoding="utf-8")
    project.suite("suite: demo\nchecks: [{python: own.py:own}]\ncases:\n" + cases_of(2))
    assert [result.state for result in killed(1).results()] == ["error"]
    project.write("ok", "")
    model = bench.model(lambda request: "fine")
    assert bench.run(model, resume="newest").suites[0].passed == 2
    assert model.asked == ["q1"]


def test_cases_that_changed_are_asked_and_those_that_are_gone_do_not_count(project, bench, killed):
    project.suite(SUITE + cases_of(4))
    killed(3)
    project.suite(SUITE + cases_of(2) + "  - {ask: new, name: new}\n")
    model = bench.model(lambda request: "fine")
    run = bench.run(model, resume="newest")
    assert model.asked == ["new"]
    assert [result.name for result in run.results()] == ["q0", "q1", "new"]
    assert run.suites[0].cases == 3


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        ("script.yaml", "rules: []\ndefault: something else\n", "a model changed"),
        ("prompts/chat.md", "---\ninputs:\n  question: string\n---\nuser:\n{{ question }}!\n", "the feature changed"),
    ],
)
def test_another_feature_or_model_is_not_mixed_into_a_run(project, bench, killed, file, text, said):
    project.suite(SUITE + cases_of(3))
    run = killed(2)
    before = sorted((path.name, path.read_bytes()) for path in run.path.iterdir())
    project.write(file, text)
    model = bench.model(lambda request: "fine")
    with pytest.raises(SpecError, match=said) as caught:
        bench.run(model, resume="newest")
    assert "seatrial eval" in str(caught.value.problems[0].hint)
    assert model.requests == []
    assert sorted((path.name, path.read_bytes()) for path in run.path.iterdir()) == before


def test_a_suite_that_broke_meanwhile_leaves_the_run_as_it_is(project, bench, killed):
    project.rows("evals/d.jsonl", [{"q": f"q{number}"} for number in range(4)])
    project.suite('suite: demo\nchecks: [{contains: fine}]\ncases: [{from: d.jsonl, map: {ask: "{{ q }}"}}]\n')
    run = killed(2)
    project.rows("evals/d.jsonl", [{"q": f"q{number}"} for number in range(3)] + [{"q": 5}])
    with pytest.raises(SpecError):
        bench.run(resume="newest")
    assert len(list(run.cases())) == 4
    assert len(list(run.results())) == 2


def test_a_resumed_run_keeps_the_options_it_began_with(project, bench, killed):
    project.suite(SUITE + cases_of(12))
    project.suite("suite: other\nchecks: [{contains: fine}]\ncases: [{ask: z}]\n", "evals/other.yaml")
    run = killed(7, filter=["q*"], suites=["demo"], seed=3)
    model = bench.model(lambda request: "fine")
    resumed = bench.run(model, resume="newest")
    assert model.asked == [f"q{number}" for number in range(7, 12)]
    assert [suite.suite for suite in resumed.suites] == ["demo"]
    assert resumed.summary.left_out == "only cases that fit q*"
    record = run.record()
    assert (record.options["filter"], record.options["resume"], record.seed) == (["q*"], None, 3)


def test_a_resumed_sample_is_the_same_sample(project, bench, killed):
    project.suite(SUITE + cases_of(30))
    full = bench.run(sample=8, seed=5)
    names = [result.name for result in full.results()]
    run = killed(names[4][1:], sample=8, seed=5)
    resumed = bench.run(resume="newest")
    assert resumed.path == run.path
    assert sorted(result.name for result in resumed.results()) == sorted(names)


def test_a_resumed_run_keeps_its_variants(project, bench):
    project.models(main="fine", other="bad")
    project.suite(SUITE + cases_of(2))
    run = evaluate(project.root, model=["main", "other"])
    (run.path / "summary.json").unlink()
    resumed = evaluate(project.root, resume="newest")
    assert [suite.variant for suite in resumed.suites] == ["main", "other"]


def test_a_resumed_run_of_what_failed_keeps_to_it(project, bench, killed):
    project.suite(SUITE + cases_of(4))
    bench.run(lambda request: "fine" if request.conversation[-1].content == "q0" else "bad")
    killed(2, failed=True)
    model = bench.model(lambda request: "fine")
    run = bench.run(model, resume="newest")
    assert model.asked == ["q2", "q3"]
    assert run.suites[0].cases == 3
    assert run.summary.left_out == "only what did not pass last time"


@pytest.mark.parametrize("options", [{"filter": ["q1"]}, {"sample": 1}, {"suites": ["other"]}, {"seed": 4}])
def test_options_that_would_make_it_another_run_are_refused(project, bench, killed, options):
    project.suite(SUITE + cases_of(3))
    project.suite("suite: other\nchecks: [{contains: fine}]\ncases: [{ask: z}]\n", "evals/other.yaml")
    killed(1, suites=["demo"])
    with pytest.raises(SpecError, match="the run began with"):
        bench.run(resume="newest", **options)


def test_the_same_options_again_are_fine(project, bench, killed):
    project.suite(SUITE + cases_of(3))
    killed(1, filter=["q*"])
    assert bench.run(resume="newest", filter=["q*"], suites=["demo"], concurrency=2).suites[0].cases == 3


def test_a_run_that_another_process_writes_is_not_resumed(project, bench, killed):
    from seatrial.core.errors import OutsideError

    project.suite(SUITE + cases_of(3))
    run = killed(1)
    with lock_run(run), pytest.raises(OutsideError, match="another process"):
        bench.run(resume="newest")


def test_nothing_to_resume_says_so(project, bench):
    project.suite(SUITE + cases_of(1))
    bench.run()
    with pytest.raises(SpecError, match="no unfinished run"):
        bench.run(resume="newest")


def never(request):
    raise AssertionError("no model may be called")


def test_judging_again_calls_no_model_and_makes_a_run_of_its_own(project, bench):
    project.suite(SUITE + cases_of(3))
    first = bench.run()
    project.suite("suite: demo\nchecks: [{not-contains: fine}]\ncases:\n" + cases_of(3))
    model = bench.model(never)
    again = bench.run(model, rejudge=first.folder.id)
    assert model.requests == []
    assert again.path != first.path
    assert [result.state for result in first.results()] == ["pass"] * 3
    assert [result.state for result in again.results()] == ["fail"] * 3
    assert again.folder.record().rejudged == first.folder.id
    assert [result.exchanges for result in again.results()] == [result.exchanges for result in first.results()]


def test_the_newest_run_can_be_judged_again_by_that_name(project, bench):
    project.suite(SUITE + cases_of(2))
    first = bench.run()
    again = bench.run(never, rejudge="latest")
    assert again.folder.record().rejudged == first.folder.id
    assert again.suites[0].passed == 2


def test_judging_again_says_what_the_answers_were_made_by(project, bench):
    project.suite(SUITE + cases_of(2))
    first = bench.run()
    project.write("prompts/chat.md", "---\ninputs:\n  question: string\n---\nuser:\n{{ question }}!\n")
    again = bench.run(never, rejudge=first.folder.id)
    assert again.folder.record().variants == first.folder.record().variants
    assert again.suites[0].passed == 2


def test_judging_again_needs_no_key(project, bench, monkeypatch):
    monkeypatch.setenv("DEMO_KEY", "x")
    project.write(
        "feature.yaml", "feature: demo\nmodels:\n  main: {use: openai/gpt-x, key: DEMO_KEY}\nprompt: prompts/chat.md\n"
    )
    project.suite(SUITE + cases_of(2))
    first = bench.run()
    monkeypatch.delenv("DEMO_KEY")
    assert evaluate(project.root, rejudge=first.folder.id).suites[0].passed == 2


def test_all_variants_are_judged_again(project, bench):
    project.models(main="fine", other="bad")
    project.suite(SUITE + cases_of(2))
    first = evaluate(project.root, model=["main", "other"])
    again = evaluate(project.root, rejudge=first.folder.id)
    assert [(suite.variant, suite.passed) for suite in again.suites] == [("main", 2), ("other", 0)]
    only = evaluate(project.root, rejudge=first.folder.id, model=["other"])
    assert [suite.variant for suite in only.suites] == ["other"]


def test_a_variant_that_was_not_asked_cannot_be_judged_again(project, bench):
    project.models(main="fine", other="fine")
    project.suite(SUITE + cases_of(2))
    first = evaluate(project.root, model=["main"])
    with pytest.raises(SpecError, match="no answers of other"):
        evaluate(project.root, rejudge=first.folder.id, model=["other"])


def test_cases_the_stored_run_does_not_have_are_left_out_and_hold_no_gate(project, bench):
    project.suite(SUITE + cases_of(30))
    first = bench.run()
    project.suite("suite: demo\ngate: {pass_rate: '>= 0.5'}\nchecks: [{contains: fine}]\ncases:\n" + cases_of(31))
    again = bench.run(never, rejudge=first.folder.id)
    assert again.suites[0].cases == 30
    assert again.suites[0].gate.held is None
    assert again.summary.left_out == "1 answers are not in the run that was judged again"


JUDGE = """\
from pathlib import Path
from seatrial.checks.define import check

CALLS = Path(__file__).with_name("calls.txt")

@check("model-says", version={version}, calls_model=True)
async def model_says(text):
    CALLS.write_text(CALLS.read_text() + "x" if CALLS.exists() else "x")
    return True

@check("plain", version={version})
def plain(text):
    CALLS.write_text(CALLS.read_text() + "p" if CALLS.exists() else "p")
    return True
"""


@pytest.mark.parametrize(
    "entry",
    [
        "model-says",
        "{all: [model-says, {max-chars: 99}]}",
        "{any: [{contains: nothing}, {all: [model-says]}]}",
        "{json-path: {path: $.said, check: model-says}}",
    ],
)
@pytest.mark.parametrize(("version", "calls"), [(1, "p"), (2, "px")])
def test_verdicts_that_cost_a_model_call_are_used_again_while_their_version_is_the_same(
    project, bench, entry, version, calls
):
    project.write("checks.py", JUDGE.format(version=1))
    project.suite(f"suite: demo\nchecks: [{entry}, plain]\n" + """cases: [{ask: q0, answer: '{"said": "a"}'}]""")
    first = bench.run()
    (project.root / "calls.txt").unlink()
    project.write("checks.py", JUDGE.format(version=version))
    again = bench.run(never, rejudge=first.folder.id)
    assert again.passed
    assert "".join(sorted((project.root / "calls.txt").read_text(encoding="utf-8"))) == calls


def replayed(root):
    """Put the recording in the place of the model."""
    (root / "feature.yaml").write_text(
        "feature: demo\nmodels:\n  main: {use: recording/recordings/main.jsonl}\nprompt: prompts/chat.md\n",
        encoding="utf-8",
    )


def answers(run):
    return {(r.case, r.repeat): (r.output, r.state, [v.state for v in r.verdicts]) for r in run.results()}


def test_a_recording_replays_to_the_same_results(project, bench):
    project.suite(
        "suite: demo\nchecks: [{not-contains: '7'}]\ncases:\n"
        + cases_of(5, ", repeat: 4")
        + "  - turns: [{user: a}, {user: b, vars: {place: there}}]\n"
    )
    numbers = iter(range(1000))

    async def reply(request):
        await bench.next_turns(next(numbers) % 7)
        return f"answer {next(numbers)}"

    recorded = bench.run(reply, record=True)
    replayed(project.root)
    again = evaluate(project.root)
    assert answers(again) == answers(recorded)
    assert len(answers(again)) == 21


def test_a_recording_that_is_there_is_never_written_over(project, bench):
    project.suite(SUITE + cases_of(1))
    path = project.write("recordings/main.jsonl", "mine\n")
    (problem,) = bench.problems(record=True)
    assert str(path) == problem.file
    assert path.read_text(encoding="utf-8") == "mine\n"


def test_a_run_that_could_not_be_planned_records_nothing(project, bench):
    project.suite(SUITE + "  - {ask: a, vars: {unknown: x}}\n")
    bench.problems(record=True)
    assert not (project.root / "recordings" / "main.jsonl").exists()


def test_recording_ends_with_the_run(project, bench):
    from seatrial.feature.feature import load

    project.suite(SUITE + cases_of(1))
    feature = load(project.root)
    evaluate(feature, record=True)
    feature.ask("more")
    lines = (project.root / "recordings" / "main.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["messages"][-1]["content"] for line in lines] == ["q0"]


def test_a_run_that_records_or_judges_again_is_not_resumed(project, bench, killed):
    project.suite(SUITE + cases_of(3))
    killed(1, record=True)
    with pytest.raises(SpecError, match="records is not resumed"):
        bench.run(resume="newest")


def test_an_answer_that_did_not_come_stays_an_error_when_judged_again(project, bench):
    project.suite(SUITE + cases_of(2))

    def reply(request):
        if request.conversation[-1].content == "q1":
            raise bench.failure("timeout")
        return "fine"

    first = bench.run(reply)
    again = bench.run(never, rejudge=first.folder.id)
    assert [result.state for result in again.results()] == ["pass", "error"]
    assert again.exit_code == 3


def test_judging_again_that_was_cut_off_is_started_anew(project, bench):
    project.suite(SUITE + cases_of(2))
    first = bench.run()
    again = bench.run(never, rejudge=first.folder.id)
    (again.path / "summary.json").unlink()
    with pytest.raises(SpecError, match=f"--rejudge {first.folder.id}"):
        bench.run(resume="newest")


def test_a_run_that_was_stopped_before_its_first_answer_has_nothing_to_judge(project, bench):
    project.suite(SUITE + cases_of(2))
    first = bench.run()
    (first.path / "results.jsonl").unlink()
    with pytest.raises(SpecError, match="no answers to judge"):
        bench.run(never, rejudge=first.folder.id)
