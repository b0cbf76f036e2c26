"""`examples/format_tax`: one table of four ways to ask, with the figures of its recordings; a server gives another."""

from __future__ import annotations

import json
import re
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.checks.define import CHECKS
from seatrial.stats.proportion import wilson
from seatrial.store.runs import list_runs
from seatrial.testing.simulator.asked import Asked
from seatrial.testing.simulator.server import ProviderServer

EXAMPLES = Path(__file__).parents[2] / "examples"
FORMS = ("free text", "JSON mode", "schema", "two-step")


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(CHECKS, "_loaded", dict(CHECKS._loaded))  # the check of the example ends with the test
    for name in ("format_tax", "triage"):
        shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=shutil.ignore_patterns(".seatrial", "__pycache__"))
    return tmp_path / "format_tax"


@pytest.fixture
def table(example: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, list[str]]]:
    def show(*arguments: str) -> dict[str, list[str]]:
        assert runpy.run_path(str(example / "compare.py"))["main"](list(arguments)) == 0
        lines = capsys.readouterr().out.splitlines()
        rows = [re.split(r"\s{2,}", line) for line in lines if line.startswith(FORMS)]
        return {row[0]: row[1:] for row in rows}

    return show


def test_the_table_has_the_figures_of_the_recordings(table: Any) -> None:
    rows = table()
    assert tuple(rows) == FORMS
    labels = [row["intent"] for row in rows_of(EXAMPLES / "triage" / "data" / "messages.jsonl")]
    for form, right in recorded(labels).items():
        interval = wilson(right, 48)
        shown = [f"{right}/48", f"{right / 48:.1%}", f"{interval.low:.1%} to {interval.high:.1%}"]
        assert rows[form][:3] == shown
    assert rows["two-step"][-4] == "2.00"
    assert all(row[-2] == "unknown" for row in rows.values())


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def recorded(labels: list[str]) -> dict[str, int]:
    """How often the last name of an intent in each recorded answer is the label."""
    folder = EXAMPLES / "format_tax"
    lines = {
        name: [row["answer"].lower() for row in rows_of(folder / name / "recordings" / "answers.jsonl")]
        for name in ("free", "json", "schema")
    }
    schema, two_step = lines["schema"][:48], lines["schema"][48:]
    named = dict(zip(FORMS, (lines["free"], lines["json"], schema, two_step), strict=True))
    return {
        form: sum(
            re.findall(r"\w+", answer.replace("intent", ""))[-1] == label
            for answer, label in zip(said, labels, strict=True)
        )
        for form, said in named.items()
    }


def test_on_a_server_each_form_is_asked_as_it_says(example: Path, table: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")

    def answers(asked: Asked) -> str:
        return '{"intent": "invoice"}' if asked.schema or "JSON Schema" in str(asked.messages) else "intent: invoice"

    with ProviderServer(answers=answers) as server:
        for name in ("free", "json", "schema"):
            path = example / name / "feature.yaml"
            text = path.read_text()
            text = text.replace(
                "use: openai/gpt-4o-mini,", f"use: openai/gpt-4o-mini, base_url: '{server.openai_url}',"
            )
            text = text.replace(
                "use: openai/gpt-4o-mini\n", f"use: openai/gpt-4o-mini\n    base_url: '{server.openai_url}'\n"
            )
            path.write_text(text)
        rows = table("--model", "real", "--sample", "6")
    assert [row[-4] for row in rows.values()] == ["1.00", "1.00", "1.00", "2.00"]
    assert all(float(row[-2]) >= 0 for row in rows.values())
    rungs = {
        name: {
            tuple(attempt.rung for attempt in exchange.attempts)
            for run in list_runs(example / name)
            for result in run.results()
            for exchange in result.exchanges
        }
        for name in ("free", "json", "schema")
    }
    assert rungs == {"free": {(None,)}, "json": {("json",)}, "schema": {("native",), (None, "native")}}


def test_without_a_key_the_real_model_says_what_it_needs(
    example: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert runpy.run_path(str(example / "compare.py"))["main"](["--model", "real"]) == 2
    assert "OPENAI_API_KEY" in capsys.readouterr().err
