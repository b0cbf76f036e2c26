"""`seatrial compare` and `eval --against` as people and programs see them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from stored_runs import Told, stored_run

from seatrial.cli.app import run as seatrial
from seatrial.store.records import RunSummary

METRIC = {"a", "b", "difference", "low", "high", "p", "p_adjusted", "test", "verdict", "needed"}
BESIDE = {"n", "groups", "interval", "warning"}
WHOLE = {"pairs", "metrics", "newly_failing", "newly_passing"}
MORE = {"a", "b", "left_out", "family", "still_failing"}
BEFORE = {f"c{n}": Told("fail" if n < 12 else "pass", latency_ms=100.0 + n) for n in range(40)}
AFTER = {f"c{n}": Told("fail" if n == 39 else "pass", latency_ms=90.0 + n) for n in range(40)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    runs = tmp_path / ".seatrial" / "runs"
    stored_run(runs / "20260101T000000Z-aaaaaa", BEFORE, version="f1")
    stored_run(runs / "20260102T000000Z-bbbbbb", AFTER, version="f2")
    return tmp_path


@pytest.fixture
def compare(folder: Path, capsys: pytest.CaptureFixture[str]):
    def call(*arguments: str) -> tuple[int, str, str]:
        code = seatrial(["compare", *arguments, "--feature", str(folder)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_json_has_the_documented_keys(compare) -> None:
    code, out, _ = compare("20260101", "20260102", "--json")
    shown = json.loads(out)
    assert code == 0
    assert set(shown) == WHOLE | MORE
    assert {frozenset(each) for each in shown["metrics"].values()} == {frozenset(METRIC | BESIDE)}
    assert shown["pairs"] == 40
    rate = shown["metrics"]["pass_rate"]
    assert (rate["a"], rate["b"], rate["difference"]) == (0.7, 0.975, pytest.approx(0.275))
    assert (rate["test"], rate["verdict"], rate["needed"]) == ("exact McNemar", "better", None)
    assert 0 < rate["low"] < 0.275 < rate["high"]
    assert rate["p"] == rate["p_adjusted"] == pytest.approx(2 * 14 / 2**13)
    assert [case["case"] for case in shown["newly_failing"]] == ["c39"]
    assert len(shown["newly_passing"]) == 12
    assert shown["metrics"]["latency_ms"]["verdict"] == "better"


def test_every_documented_key_is_in_the_help_and_the_other_way_round(compare) -> None:
    _, out, _ = compare("--help")
    missing = [key for key in METRIC | BESIDE | WHOLE | MORE if f'"{key}"' not in out]
    assert missing == []


def test_a_person_reads_the_answer_first_and_then_the_cases(compare) -> None:
    code, out, _ = compare("20260101", "latest")
    assert code == 0
    places = [
        out.index(text)
        for text in (
            "B is better: 97.5 % against 70.0 %, +27.5 points",
            "newly failing  1",
            "newly passing  12",
            "p adj",
        )
    ]
    assert places == sorted(places)
    assert "40 pairs" in out
    assert "next    seatrial runs diff 20260101T000000Z-aaaaaa 20260102T000000Z-bbbbbb" in out


def test_worse_is_told_and_exits_with_0_too_since_it_informs(compare) -> None:
    code, out, _ = compare("20260102", "20260101")
    assert code == 0
    assert "B is worse" in out


def test_the_report_is_markdown_for_a_pull_request(compare, tmp_path: Path) -> None:
    report = tmp_path / "comparison.md"
    code, out, _ = compare("20260101", "20260102", "--report", str(report))
    text = report.read_text()
    assert code == 0
    assert f"report  {report}" in out
    assert text.startswith("🟢 **B is better: 97.5 % against 70.0 %")
    assert "<details open><summary>newly failing: 1</summary>" in text
    assert "\n| pass\\_rate | 40 |" in text or "\n| pass_rate | 40 |" in text


@pytest.mark.parametrize(
    ("path", "said"), [("report.pdf", "a report of an unknown kind"), ("nowhere/report.md", "there is no folder")]
)
def test_a_report_that_cannot_be_written_is_refused_before_anything_is_read(compare, path: str, said: str) -> None:
    code, out, err = compare("no such run", "20260102", "--report", path)
    assert (code, out) == (2, "")
    assert said in err


OTHER = {"c1": Told("pass", suite="other")}
UNKNOWN = {"d1": Told("pass")}
UNSCORED = {name: Told("unscored") for name in BEFORE}


@pytest.mark.parametrize(
    ("told", "said", "hint"),
    [
        (OTHER, "the runs are of different suites", "a case is the same where its suite and id are"),
        (UNKNOWN, "the runs have no case in common", "a case is the same where its suite and id are"),
        (UNSCORED, "no case was judged on both sides", "`seatrial runs show` says why"),
    ],
)
def test_runs_that_cannot_be_compared_get_an_answer_and_no_number(
    folder: Path, compare, told: dict[str, Told], said: str, hint: str
) -> None:
    stored_run(folder / ".seatrial/runs/20260103T000000Z-cccccc", told)
    code, out, err = compare("20260101", "20260103")
    assert (code, out) == (2, "")
    assert f"error: {said}" in err
    assert f"hint: {hint}" in err
    code, out, _ = compare("20260101", "20260103", "--json")
    error = json.loads(out)
    assert (code, set(error), error["error"]["kind"]) == (2, {"error"}, "spec")
    assert said in error["error"]["message"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("20260101",), "Missing argument 'RUN_B'"),
        (("20260101", "2027"), "no run is named '2027'"),
        (("20260101", "2026"), "2 runs begin or end with '2026'"),
        (("20260101", "20260102:mian"), "has no variant 'mian'"),
        (("20260101", "20260102", "--jsn"), "No such option"),
    ],
)
def test_a_run_that_is_not_there_is_wrong_input(compare, arguments: tuple[str, ...], said: str) -> None:
    code, out, err = compare(*arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_a_run_of_several_variants_wants_one_named(folder: Path, compare) -> None:
    stored_run(folder / ".seatrial/runs/20260103T000000Z-cccccc", AFTER, variants=("main", "local"))
    assert "has 2 variants: which one?" in compare("20260101", "20260103")[2]
    assert "B is better" in compare("20260101", "20260103:local")[1]


GATED = """\
suite: tone
checks: [{contains: fine}]
gate: {pass_rate: ">= 0.1", not_worse: {by: 0.2}}
cases:
"""


@pytest.fixture
def against(project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Runs an eval of 20 cases beside stored runs: of main (all fail), and a later one of a branch (all pass)."""
    monkeypatch.setenv("GITHUB_REF_NAME", "feature-branch")
    project.suite(GATED + "".join(f"  - {{id: c{n}, ask: question {n}}}\n" for n in range(20)))
    for name, state, branch in (("20260101", "fail", "main"), ("20260102", "pass", "other")):
        told = {f"c{n}": Told(state) for n in range(20)}
        run = stored_run(project.root / f".seatrial/runs/{name}T000000Z-aaaaaa", told, git_branch=branch)
        run.write_summary(RunSummary(run=str(run.path), feature="demo", suites=(), seconds=0.0, cost_usd=None))

    def call(name: str, *arguments: str) -> tuple[int, str, str]:
        code = seatrial(["eval", str(project.root), "--against", name, *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.mark.parametrize(
    ("name", "beside", "difference", "verdict", "held"),
    [
        ("main", "20260101", 1.0, "better", True),
        ("last", "20260102", 0.0, "undecided", True),
        ("20260101", "20260101", 1.0, "better", True),
    ],
)
def test_an_eval_is_compared_with_a_run_the_last_one_or_the_newest_of_main(
    against, name: str, beside: str, difference: float, verdict: str, held: bool
) -> None:
    code, out, _ = against(name, "--json")
    shown = json.loads(out)
    (found,) = shown["comparisons"]
    assert found["a"].startswith(beside)
    assert (found["metrics"]["pass_rate"]["difference"], found["metrics"]["pass_rate"]["verdict"]) == (
        difference,
        verdict,
    )
    assert shown["suites"][0]["gate"]["held"] is held
    assert f"in {beside}" in shown["suites"][0]["gate"]["reason"]
    assert code == 0


def test_a_run_that_is_worse_than_claimed_exits_with_1_and_says_so_in_the_report(
    against, project, tmp_path: Path
) -> None:
    project.write("script.yaml", "rules: [{when: '7', reply: fine}]\ndefault: bad\n")
    code, out, _ = against("last", "--report", str(tmp_path / "report.md"))
    assert code == 1
    assert "B is worse" in out
    text = (tmp_path / "report.md").read_text()
    assert "🔴 **B is worse" in text
    assert "newly failing: 18" in text


@pytest.mark.parametrize(
    ("name", "said"), [("main", "no finished run of the branch main"), ("last", "no finished run to compare with")]
)
def test_without_that_run_nothing_is_asked(against, project, name: str, said: str) -> None:
    for summary in (project.root / ".seatrial").rglob("summary.json"):
        summary.unlink()
    code, out, err = against(name)
    assert (code, out) == (2, "")
    assert said in err
    assert len(list((project.root / ".seatrial/runs").iterdir())) == 2


def test_a_run_that_shares_no_case_is_a_clear_answer(against, project) -> None:
    project.suite(GATED + "  - {id: other, ask: something else}\n")
    code, out, err = against("last")
    assert (code, out) == (2, "")
    assert "the runs have no case in common" in err


def test_flakes_lists_cases_that_flip_at_one_version_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = tmp_path / ".seatrial" / "runs"
    for number, (flips, changes, version) in enumerate(
        [("pass", "pass", "f1"), ("fail", "pass", "f1"), ("pass", "fail", "f2")]
    ):
        told = {"flips": Told(flips), "changes": Told(changes), "steady": Told("pass")}
        stored_run(runs / f"2026010{number}T000000Z-aaaaaa", told, version=version)
    assert seatrial(["runs", "flakes", "--feature", str(tmp_path), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["case"], found["passed"], found["not_passed"]) == ("flips", 1, 1)
    assert seatrial(["runs", "flakes", "--feature", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "flips" in out
    assert "1/2" in out
    assert "steady" not in out


def test_repeats_of_one_run_alone_can_flip(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = {"c1": Told("pass", "fail", "pass"), "c2": Told("pass", "pass", "pass")}
    stored_run(tmp_path / ".seatrial/runs/20260101T000000Z-aaaaaa", told)
    seatrial(["runs", "flakes", "--feature", str(tmp_path), "--json"])
    assert [(each["case"], each["passed"]) for each in json.loads(capsys.readouterr().out)] == [("c1", 2)]
