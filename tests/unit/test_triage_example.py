"""`examples/triage`: it runs as its README says, and its figures are those of its own files."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from seatrial.cli.app import run as cli
from seatrial.evals.run import Run, evaluate
from seatrial.feature.feature import load

EXAMPLE = Path(__file__).parents[2] / "examples" / "triage"


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("example") / "triage"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".seatrial", "__pycache__"))
    return folder


@pytest.fixture(scope="module")
def done(example: Path) -> Run:
    return evaluate(example)


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (EXAMPLE / name).read_text(encoding="utf-8").splitlines()]


def test_it_is_green_offline_and_says_which_suites_hold(done: Run) -> None:
    fields, must = done.suites
    assert done.exit_code == 0
    assert fields.gate is not None
    assert fields.gate.held
    assert (fields.cases, fields.errors, fields.unscored) == (48, 0, 0)
    assert (must.passed, must.cases) == (6, 6)


@pytest.mark.parametrize("field", ["intent", "urgency", "order"])
def test_the_figures_are_those_counted_from_the_files(done: Run, field: str) -> None:
    def said(line: dict[str, Any]) -> Any:
        """The field as a person reads it from the recorded text, whatever stands around it."""
        match = re.search(rf"""["']{field}["']:\s*(?:null|["']([^"']*)["'])""", line["answer"])
        assert match is not None
        return "null" if match[1] is None else match[1].lower()

    pairs = Counter()
    for row, line in zip(lines("data/messages.jsonl"), lines("recordings/answers.jsonl"), strict=True):
        assert line["messages"] == [{"role": "user", "content": row["message"]}]
        got = "(no value)" if line["finish_reason"] == "length" else said(line)
        pairs["null" if row[field] is None else row[field], got] += 1
    found = done.suites[0].fields["entities.order" if field == "order" else field]
    assert found.confusion is not None
    assert {
        (a.strip('"'), b.strip('"')): count for a, row in found.confusion.items() for b, count in row.items()
    } == pairs
    assert found.accuracy.n == 48


def test_the_readme_counts_right(done: Run) -> None:
    words = " ".join((EXAMPLE / "README.md").read_text(encoding="utf-8").split())
    fields = done.suites[0]
    assert f"{fields.failed} of the 48 recorded answers have a field wrong" in words
    assert fields.repairs is not None
    assert f"{round((fields.repairs.repair_rate.estimate or 0) * 48)} had to be mended" in words
    assert f"{sum(suite.cases for suite in done.suites)} cases, offline" in words


def test_most_answers_that_had_to_be_mended_give_their_value(done: Run) -> None:
    assert done.suites[0].repairs is not None
    assert {"fence", "prose", "trailing-comma", "single-quotes", "enum-case"} <= done.suites[0].repairs.names.keys()


def test_a_message_of_the_example_can_be_sorted_in_a_chat(
    example: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("Where's my order 50231? It was meant to come on Monday.\n"))
    assert cli(["chat", str(example)]) == 0
    assert 'value {"intent":"where_is_my_order","urgency":"normal"' in capsys.readouterr().out


def test_the_lines_for_real_models_are_right(example: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "real"
    shutil.copytree(example, folder)
    text = (folder / "feature.yaml").read_text()
    recorded = next(line for line in text.splitlines() if "recording/" in line)
    commented = [line for line in text.splitlines() if line.strip().startswith("# main:")]
    assert commented
    monkeypatch.setenv("OPENAI_API_KEY", "a key")
    for line in commented:
        (folder / "feature.yaml").write_text(text.replace(recorded, line.replace("# main:", "main:")))
        load(folder).prepare()
