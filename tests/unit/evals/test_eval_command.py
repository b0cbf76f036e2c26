"""`seatrial eval` as other programs see it: one JSON object and an exit code."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from seatrial.cli.app import run as seatrial

COUNT = {"type": "integer", "minimum": 0}
SHARE = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
NUMBER = {"type": ["number", "null"]}


def record(**fields):
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


RATE = record(estimate=SHARE, low=SHARE, high=SHARE, n=COUNT)
COUNTS = {"cases": COUNT, "passed": COUNT, "failed": COUNT, "errors": COUNT, "unscored": COUNT, "pass_rate": RATE}
SUITE = record(
    suite={"type": "string"},
    variant={"type": "string"},
    **COUNTS,
    checks={"type": "object", "additionalProperties": record(**COUNTS)},
    metrics={"type": "object", "additionalProperties": record(mean=NUMBER, low=NUMBER, high=NUMBER, n=COUNT)},
    gate={
        "oneOf": [
            {"type": "null"},
            record(held={"type": ["boolean", "null"]}, bound=SHARE, reason={"type": "string", "minLength": 1}),
        ]
    },
)
WHOLE = record(
    run={"type": "string"},
    feature={"type": "string"},
    suites={"type": "array", "items": SUITE},
    seconds={"type": "number", "minimum": 0},
    cost_usd={"type": ["number", "null"], "minimum": 0},
)

MIXED = """\
suite: mixed
checks: [{contains: {value: fine, metric: fineness}}, {max-words: {limit: 60, weight: 0}}]
cases:
  - {ask: one}
  - {ask: two, answer: not so good}
  - turns: [{user: a}, {user: b}]
    repeat: 2
"""

GATED = """\
suite: gated
gate: {pass_rate: ">= 0.5"}
checks: [{contains: fine}]
cases: [{ask: one}, {ask: two}, {ask: three}, {ask: four}, {ask: five}]
"""


@pytest.fixture
def printed(project, capsys):
    def call(*options, code):
        assert seatrial(["eval", str(project.root), "--json", *options]) == code
        out = capsys.readouterr().out
        return json.loads(out)

    return call


def test_json_is_one_object_of_the_documented_shape(project, printed):
    project.suite(MIXED, "evals/mixed.yaml")
    project.suite(GATED, "evals/gated.yaml")
    shown = printed(code=1)
    jsonschema_rs.validator_for(WHOLE).validate(shown)
    assert [suite["suite"] for suite in shown["suites"]] == ["gated", "mixed"]
    gated, mixed = shown["suites"]
    assert (gated["gate"]["held"], mixed["gate"]) == (True, None)
    assert gated["gate"]["bound"] == pytest.approx(0.05**0.2)
    assert (mixed["cases"], mixed["passed"], mixed["failed"]) == (3, 2, 1)
    assert mixed["pass_rate"]["n"] == mixed["checks"]["contains"]["pass_rate"]["n"] == 3
    assert mixed["metrics"]["fineness"] == pytest.approx({"mean": 2 / 3, "low": 0, "high": 1, "n": 3}, abs=1e-4)
    assert shown["feature"] == "demo"
    assert (Path(shown["run"]) / "results.jsonl").is_file()
    assert shown["cost_usd"] is None


def test_what_was_left_out_is_said_beside_the_documented_fields(project, printed):
    project.suite(GATED)
    shown = printed("--sample", "3", "--filter", "gated", code=1)
    said = shown.pop("left_out")
    jsonschema_rs.validator_for(WHOLE).validate(shown)
    assert "a sample of 3 of 5 cases" in said
    assert "only cases that fit gated" in said


def test_the_summary_that_is_kept_is_the_one_that_was_printed(project, printed):
    project.suite(GATED)
    shown = printed(code=0)
    assert json.loads((Path(shown["run"]) / "summary.json").read_bytes()) == shown


ERROR = record(error=record(kind={"type": "string"}, message={"type": "string"}))


@pytest.mark.parametrize(
    ("suite", "options", "code"),
    [
        ("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: q}]\n", [], 0),
        ("suite: demo\nchecks: [{contains: bad}]\ncases: [{ask: q}]\n", [], 1),
        ("suite: demo\ngate: {pass_rate: '>= 0.9'}\nchecks: [{contains: bad}]\ncases: [{ask: q}]\n", [], 1),
        ("suite: demo\ngate: {pass_rate: '>= 0.9'}\nchecks: [{contains: fine}]\ncases: [{ask: q}]\n", [], 1),
        ("suite: demo\nchekcs: []\ncases: [{ask: q}]\n", [], 2),
        ("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: q, vars: {x: 1}}]\n", [], 2),
        ("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: q}]\n", ["--resume"], 2),
        ("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: q}]\n", ["--model", "none"], 2),
        ("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: q}]\n", ["--concurrency", "0"], 2),
        ("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: q}]\n", ["--concurency", "3"], 2),
    ],
)
def test_exit_codes(project, capsys, suite, options, code):
    project.suite(suite)
    assert seatrial(["eval", str(project.root), *options]) == code
    said = capsys.readouterr()
    if code == 2:
        assert said.err.startswith("error: ")
        assert not list((project.root / ".seatrial" / "runs").glob("*"))
    else:
        assert said.out


def test_a_model_that_cannot_be_reached_exits_with_3(project):
    project.write(
        "feature.yaml",
        "feature: demo\nmodels:\n  main: {use: openai-compatible/x, base_url: 'http://127.0.0.1:1/v1', retries: 0}\n"
        "prompt: prompts/chat.md\n",
    )
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: q}]\n")
    assert seatrial(["eval", str(project.root), "--json"]) == 3


def test_a_place_that_cannot_be_written_exits_with_3(project, capsys):
    project.suite(GATED)
    project.write(".seatrial", "a file")
    assert seatrial(["eval", str(project.root)]) == 3
    said = capsys.readouterr().err
    assert ".seatrial" in said
    assert "hint: runs are kept there" in said


def test_a_mistake_is_one_json_object_too(project, printed):
    project.suite("suite: demo\nchekcs: []\ncases: [{ask: q}]\n")
    shown = printed(code=2)
    jsonschema_rs.validator_for(ERROR).validate(shown)
    assert "evals/demo.yaml:2" in shown["error"]["message"]


def test_resume_takes_the_newest_unfinished_run_or_the_one_named(project, printed):
    project.suite(GATED)
    first = Path(printed(code=0)["run"])
    (first / "summary.json").unlink()
    assert printed("--resume", code=0)["run"] == str(first)
    assert printed("--resume", first.name, code=0)["run"] == str(first)


def test_a_recording_miss_is_printed_once_a_case_however_often_it_is_repeated(project, capsys):
    project.write("feature.yaml", "feature: demo\nmodels:\n  main: {use: recording/r.jsonl}\nprompt: prompts/chat.md\n")
    project.rows("r.jsonl", [{"messages": [{"role": "user", "content": "hello"}], "answer": "fine"}])
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: q, repeat: 3}, {ask: r, repeat: 3}]\n")
    assert seatrial(["eval", str(project.root)]) == 1
    said = capsys.readouterr().out
    assert said.count("ERROR") == 2
    assert "… and" not in said


def test_a_report_the_disk_does_not_take_says_nothing_of_going_on(project, capsys, tmp_path):
    project.suite(GATED)
    report = tmp_path / "report.html"
    report.symlink_to("/dev/full")
    assert seatrial(["eval", str(project.root), "--report", str(report)]) == 3
    said = capsys.readouterr().err
    assert "No space left on device" in said
    assert "--resume" not in said


def test_options_of_several_names_take_commas(project, printed):
    project.models(one="fine", two="fine")
    project.suite(GATED)
    assert [suite["variant"] for suite in printed("--model", "two,one", code=0)["suites"]] == ["two", "one"]
