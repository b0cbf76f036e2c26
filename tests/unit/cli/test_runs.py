"""`seatrial runs`: what it prints about stored runs, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from seatrial.cli.app import run
from seatrial.store.runs import list_runs

FEATURE = """\
feature: demo
models:
  main: {use: scripted/model.yaml, params: {temperature: 0.5}}
  other: {use: scripted/model.yaml}
prompt: prompts/chat.md
"""
PROMPT = """\
---
inputs: {question: string}
---
system:
Be kind.
history:
user:
{{ question }}
"""
MODEL = """\
rules:
  - {when: weather, reply: "Sunny, I guess"}
  - {when: name, reply: your name is ada}
default: hey there
"""
SUITE = """\
suite: tone
checks: [starts-lowercase]
cases:
  - {name: greets, ask: hello}
  - {name: talks about the weather, ask: hows the weather, tags: [small]}
  - name: remembers
    turns: [{user: im ada}, {user: whats my name, checks: [{icontains: ada}]}]
"""


class Folder:
    """A feature on disk, and the command line over it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root = root
        self._capsys = capsys
        files = {
            "feature.yaml": FEATURE,
            "prompts/chat.md": PROMPT,
            "model.yaml": MODEL,
            "evals/tone.yaml": SUITE,
        }
        for name, text in files.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def eval(self, *options: str) -> str:
        """Run the suites; the id of the run."""
        self.call("eval", str(self.root), *options)
        return list_runs(self.root)[-1].id

    def call(self, *arguments: str) -> tuple[int, str, str]:
        code = run(arguments)
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def runs(self, *arguments: str) -> str:
        code, out, err = self.call("runs", *arguments, "--feature", str(self.root))
        assert code == 0, err
        return out

    def data(self, *arguments: str) -> Any:
        return json.loads(self.runs(*arguments, "--json"))

    def stop(self, run_id: str, keep: int) -> None:
        """Make a run look as if it was killed after `keep` results."""
        path = self.root / ".seatrial" / "runs" / run_id
        lines = (path / "results.jsonl").read_bytes().splitlines(keepends=True)
        (path / "results.jsonl").write_bytes(b"".join(lines[:keep]) + lines[keep][:20])
        (path / "summary.json").unlink()


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Folder:
    return Folder(tmp_path / "demo", capsys)


def test_a_folder_without_runs_says_how_to_make_one(folder: Folder) -> None:
    assert "seatrial eval" in folder.runs("list")
    assert folder.data("list") == {"total": 0, "runs": []}


def test_list_shows_runs_newest_first_with_what_passed(folder: Folder) -> None:
    ids = {folder.eval(), folder.eval()}
    listed = folder.data("list")
    assert listed["total"] == 2
    assert [each["id"] for each in listed["runs"]] == sorted(ids, reverse=True)
    newest = listed["runs"][0]
    assert (newest["feature"], newest["suites"], newest["variants"]) == ("demo", ["tone"], ["main"])
    assert (newest["passed"], newest["failed"], newest["cases"], newest["finished"]) == (2, 1, 3, True)
    assert "2/3" in folder.runs("list")


def test_list_is_bounded_and_says_that_there_is_more(folder: Folder) -> None:
    folder.eval()
    folder.eval()
    assert len(folder.data("list", "--limit", "1")["runs"]) == 1
    assert "1 older" in folder.runs("list", "--limit", "1")


def test_list_marks_an_unfinished_run_and_counts_what_came_in(folder: Folder) -> None:
    folder.stop(folder.eval("--concurrency", "1"), keep=1)
    (listed,) = folder.data("list")["runs"]
    assert (listed["finished"], listed["cases"]) == (False, 1)
    assert "unfinished" in folder.runs("list")


def test_list_goes_on_past_a_run_it_cannot_read(folder: Folder) -> None:
    broken = folder.eval()
    (folder.root / ".seatrial" / "runs" / broken / "run.json").write_text("{}")
    folder.eval()
    problems = {each["id"]: each["problem"] for each in folder.data("list")["runs"]}
    assert "cannot be read" in problems.pop(broken)
    assert list(problems.values()) == [None]


def test_show_gives_the_summary_then_what_did_not_pass(folder: Folder) -> None:
    folder.eval()
    said = folder.runs("show")
    assert "2 of 3 cases passed" in said
    assert "tone › talks about the weather" in said
    assert "starts with the upper-case" in said
    assert "greets" not in said


def test_show_all_gives_every_result(folder: Folder) -> None:
    folder.eval()
    said = folder.runs("show", "--all")
    assert "greets" in said
    assert "remembers" in said


def test_show_json_is_the_summary_of_the_eval_with_its_failures(folder: Folder) -> None:
    _, out, _ = folder.call("eval", str(folder.root), "--json")
    shown = folder.data("show")
    assert [each["name"] for each in shown.pop("results")] == ["talks about the weather"]
    assert {"id", "started", "finished"} <= set(shown)
    assert {key: shown[key] for key in json.loads(out)} == json.loads(out)
    assert len(folder.data("show", "--all")["results"]) == 3


def test_show_takes_a_run_by_the_beginning_of_its_id(folder: Folder) -> None:
    first = folder.eval()
    folder.eval()
    assert folder.data("show", first)["id"] == first


def test_show_case_is_the_whole_conversation_with_verdicts_and_attempts(folder: Folder) -> None:
    folder.eval()
    said = folder.runs("show", "--case", "remembers")
    for part in ("im ada", "hey there", "whats my name", "your name is ada"):
        assert part in said
    assert "icontains" in said
    assert said.count("scripted/model.yaml") == 2
    assert "evals/tone.yaml:6" in said


def test_show_case_finds_a_case_by_its_id_as_well(folder: Folder) -> None:
    folder.eval()
    (result,) = folder.data("show")["results"]
    (same,) = folder.data("show", "--case", result["case"])["results"]
    assert same["name"] == "talks about the weather"


def test_show_case_cannot_steer_the_terminal(folder: Folder) -> None:
    folder.write("model.yaml", 'rules: []\ndefault: "\\x1b[2Jhey"\n')
    folder.eval()
    assert "\x1b" not in folder.runs("show", "--case", "greets")


def test_show_names_the_nearest_case(folder: Folder) -> None:
    folder.eval()
    code, _, err = folder.call("runs", "show", "--feature", str(folder.root), "--case", "remember")
    assert code == 2
    assert "did you mean remembers?" in err


def test_show_of_an_unfinished_run_counts_again_and_offers_to_resume(folder: Folder) -> None:
    stopped = folder.eval("--concurrency", "1")
    folder.stop(stopped, keep=2)
    said = folder.runs("show")
    assert "1 of 2 cases passed" in said
    assert "2 of 3 answers came in" in said
    assert f"--resume {stopped}" in said
    shown = folder.data("show")
    assert (shown["finished"], shown["seconds"]) == (False, None)
    assert shown["suites"][0]["cases"] == 2


def test_show_writes_reports_also_of_an_unfinished_run(folder: Folder, tmp_path: Path) -> None:
    folder.stop(folder.eval("--concurrency", "1"), keep=2)
    page, junit = tmp_path / "report.html", tmp_path / "report.xml"
    assert str(junit) in folder.runs("show", "--report", str(page), "--report", str(junit))
    assert "1 of 2 cases passed" in page.read_text(encoding="utf-8").replace("\u00a0", " ").replace("&nbsp;", " ")
    assert ElementTree.parse(junit).getroot().get("tests") == "2"


def test_a_report_of_an_unknown_kind_is_refused(folder: Folder) -> None:
    folder.eval()
    code, _, err = folder.call("runs", "show", "--feature", str(folder.root), "--report", "report.pdf")
    assert code == 2
    assert ".html, .md or .xml" in err


def test_diff_of_the_same_feature_says_so(folder: Folder) -> None:
    folder.eval()
    folder.eval()
    said = folder.runs("diff")
    assert "Both runs served and judged the same" in said
    assert "still failing  1" in said


def test_diff_shows_the_prompt_text_that_changed_and_the_cases_it_turned(folder: Folder) -> None:
    before = folder.eval()
    folder.write("prompts/chat.md", PROMPT.replace("Be kind.", "Be short."))
    folder.write("model.yaml", MODEL.replace("Sunny", "sunny").replace("hey", "Hey"))
    after = folder.eval()
    said = folder.runs("diff", before, after)
    assert "-Be kind." in said
    assert "+Be short." in said
    assert "newly failing  2" in said
    assert "newly passing  1\n  tone › talks about the weather" in said
    found = folder.data("diff", before, after)
    assert [each["name"] for each in found["cases"]["newly_failing"]] == ["greets", "remembers"]
    assert found["prompts"][0]["after"] == "prompts/chat.md"


def test_diff_shows_models_and_checks_that_changed(folder: Folder) -> None:
    folder.eval()
    folder.write("feature.yaml", FEATURE.replace("0.5", "0.9"))
    folder.write("evals/tone.yaml", SUITE.replace("[starts-lowercase]", "[starts-lowercase, {max-words: 2}]"))
    folder.eval()
    said = folder.runs("diff")
    assert "model main: temperature 0.5 → 0.9" in said
    assert "check max-words added" in said


def test_diff_compares_two_models_case_by_case(folder: Folder) -> None:
    folder.eval("--model", "main")
    folder.eval("--model", "other")
    found = folder.data("diff")
    assert found["cases"]["both"] == 3
    assert [each["model"] for each in found["models"]] == ["main", "other"]


def test_diff_of_a_cases_text_is_another_case(folder: Folder) -> None:
    folder.eval()
    folder.write("evals/tone.yaml", SUITE.replace("ask: hello", "ask: hello friend"))
    folder.eval()
    cases = folder.data("diff")["cases"]
    assert [each["name"] for each in cases["only_in_a"]] == ["greets"]
    assert [each["name"] for each in cases["only_in_b"]] == ["greets"]


def test_diff_needs_an_earlier_run(folder: Folder) -> None:
    folder.eval()
    code, _, err = folder.call("runs", "diff", "--feature", str(folder.root))
    assert code == 2
    assert "no earlier run" in err


def test_a_run_that_is_not_there_is_a_mistake_with_a_hint(folder: Folder) -> None:
    folder.eval()
    code, out, err = folder.call("runs", "show", "nothing", "--feature", str(folder.root), "--json")
    assert code == 2
    assert json.loads(out)["error"]["kind"] == "spec"
    assert "seatrial runs list" in err
