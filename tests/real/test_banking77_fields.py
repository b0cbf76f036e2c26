"""Banking77 (Casanueva et al. 2020): 200 customer messages, answered by rules in the many forms in which models give
JSON, evaluated by `seatrial eval`. The figures of `field-accuracy` are those of a plain count, and every answer is read
as the value that was put into it, or refused.

The rules measure the harness and no model: they guess by the words of a category's name, and are mostly wrong.
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from seatrial.cli.app import run as cli
from seatrial.stats.proportion import wilson

ROWS = 200
ABSENT = "(no value)"
URGENT = re.compile(r"(?i)\b(now|asap|urgent\w*|stolen|lost|immediately|right away|fraud\w*|not working)\b|!")


class Form(NamedTuple):
    """How a value is written, which repair that takes (None: none), and whether anybody could read it."""

    write: Callable[[dict[str, Any]], str]
    repair: str | None = None
    finish: str = "stop"
    readable: bool = True


def compact(value: dict[str, Any]) -> str:
    return json.dumps(value)


FORMS = (
    Form(compact),
    Form(lambda value: json.dumps(value, indent=2)),
    Form(compact),
    Form(lambda value: f"```json\n{json.dumps(value, indent=2)}\n```", "fence"),
    Form(lambda value: compact(value)[:-1] + ",}", "trailing-comma"),
    Form(lambda value: f"Sure, here is what I found:\n\n{compact(value)}\n\nAnything else?", "prose"),
    Form(lambda value: str(value), "single-quotes"),
    Form(lambda value: compact(value).replace(", ", ", /* as asked */ ", 1), "comment"),
    Form(lambda value: compact(value).replace('"', "\u201d"), "smart-quotes"),
    Form(lambda value: compact({**value, "intent": value["intent"].upper()}), "enum-case"),
    Form(lambda value: compact(value)[:25], finish="length", readable=False),
    Form(lambda value: "I'm sorry, but I can't help with that.", finish="refused", readable=False),
    Form(lambda value: f"{compact(value)}\n{compact({**value, 'urgent': not value['urgent']})}", readable=False),
)


class Answered(NamedTuple):
    text: str
    category: str
    guessed: str
    urgent: bool
    form: Form


def guess(text: str, categories: list[str]) -> str:
    """The category with most words in common with the message; of equal ones the first."""
    words = set(re.findall(r"[a-z]+", text.lower()))
    return max(categories, key=lambda name: len(words & set(name.lower().split("_"))) / len(name.split("_")))


@pytest.fixture(scope="module")
def answered(data: Path) -> list[Answered]:
    with (data / "banking77.jsonl").open(encoding="utf-8") as lines:
        rows = {row["text"]: row["category"] for row in map(json.loads, lines)}
    categories = sorted(set(rows.values()))
    chosen = random.Random(77).sample(sorted(rows.items()), ROWS)
    return [
        Answered(text, category, guess(text, categories), bool(URGENT.search(text)), FORMS[number % len(FORMS)])
        for number, (text, category) in enumerate(chosen)
    ]


@pytest.fixture(scope="module")
def summary(answered: list[Answered], data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What `seatrial eval --json` prints for the suite of these messages."""
    root = tmp_path_factory.mktemp("banking")
    with (data / "banking77.jsonl").open(encoding="utf-8") as lines:
        categories = sorted({json.loads(line)["category"] for line in lines})
    schema = {
        "type": "object",
        "properties": {"intent": {"enum": categories}, "urgent": {"type": "boolean"}},
        "required": ["intent", "urgent"],
        "additionalProperties": False,
    }
    files = {
        "feature.yaml": "feature: banking\nmodels: {main: {use: recording/answers.jsonl, match: conversation}}\n"
        "prompt: sort.md\noutput: {schema: out.json, retries: 0}\n",
        "sort.md": "---\ninputs: {message: string}\n---\nuser:\n{{ message }}\n",
        "out.json": json.dumps(schema),
        "answers.jsonl": "".join(json.dumps(line(each)) + "\n" for each in answered),
        "rows.jsonl": "".join(
            json.dumps({"text": each.text, "category": each.category, "urgent": each.urgent}) + "\n"
            for each in answered
        ),
        "evals/fields.yaml": """suite: fields
gate: {field_accuracy: {intent: ">= 0.05", urgent: ">= 0.5"}, repair_rate: "<= 0.9"}
cases:
  - from: ../rows.jsonl
    map: {ask: "{{ text }}"}
    checks:
      - field-accuracy: {field: intent, expected: "{{ category }}"}
      - field-accuracy: {field: urgent, expected: "{{ urgent }}"}
      - json-path: {path: $.urgent, check: {one-of: ["true", "false"]}}
""",
    }
    (root / "evals").mkdir()
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    printed = io.BytesIO()
    with contextlib.redirect_stdout(io.TextIOWrapper(printed, encoding="utf-8", write_through=True)):
        code = cli(["eval", str(root), "--json"])
    found: dict[str, Any] = json.loads(printed.getvalue())["suites"][0]
    assert code == (0 if found["gate"]["held"] else 1)
    return found


def line(each: Answered) -> dict[str, Any]:
    return {
        "messages": [{"role": "user", "content": each.text}],
        "answer": each.form.write({"intent": each.guessed, "urgent": each.urgent}),
        "finish_reason": each.form.finish,
    }


def test_every_message_is_judged_and_none_is_an_error(summary: dict[str, Any]) -> None:
    assert (summary["cases"], summary["errors"], summary["unscored"]) == (ROWS, 0, 0)


def test_the_confusion_is_that_of_a_plain_count(summary: dict[str, Any], answered: list[Answered]) -> None:
    pairs = Counter((each.category, each.guessed if each.form.readable else ABSENT) for each in answered)
    confusion = summary["fields"]["intent"]["confusion"]
    assert {(label, got): count for label, row in confusion.items() for got, count in row.items()} == pairs


def test_accuracy_precision_and_recall_are_those_of_a_plain_count(
    summary: dict[str, Any], answered: list[Answered]
) -> None:
    found = summary["fields"]["intent"]
    read = [each for each in answered if each.form.readable]
    right = Counter(each.category for each in read if each.guessed == each.category)
    labels, given = Counter(each.category for each in answered), Counter(each.guessed for each in read)
    total = right.total()
    assert found["without_value"] == ROWS - len(read)
    interval = wilson(total, ROWS)
    assert found["accuracy"] == {"estimate": total / ROWS, "low": interval.low, "high": interval.high, "n": ROWS}
    assert (found["precision"]["estimate"], found["precision"]["n"]) == (total / len(read), len(read))
    for name in labels | given:
        each = found["classes"][name]
        assert (each["cases"], each["given"], each["right"]) == (labels[name], given[name], right[name])
        assert each["recall"]["estimate"] == (right[name] / labels[name] if labels[name] else None)
        assert each["precision"]["estimate"] == (right[name] / given[name] if given[name] else None)
    recalls = [right[name] / labels[name] for name in labels]
    precisions = [right[name] / given[name] if given[name] else 0.0 for name in labels]
    assert found["macro_recall"]["estimate"] == pytest.approx(sum(recalls) / len(recalls))
    assert found["macro_precision"]["estimate"] == pytest.approx(sum(precisions) / len(precisions))
    assert 0.05 < total / ROWS < 0.9  # rules that were always or never right would show little


def test_a_field_the_rules_know_is_wrong_only_where_there_is_no_value(
    summary: dict[str, Any], answered: list[Answered]
) -> None:
    readable = sum(each.form.readable for each in answered)
    urgent = summary["fields"]["urgent"]
    assert (urgent["accuracy"]["estimate"], urgent["precision"]["estimate"]) == (readable / ROWS, 1.0)


def test_an_answer_is_counted_as_mended_exactly_where_its_form_needs_it(
    summary: dict[str, Any], answered: list[Answered]
) -> None:
    wanted = Counter(each.form.repair for each in answered if each.form.repair is not None)
    names = summary["repairs"]["names"]
    assert names.keys() >= wanted.keys()
    assert all(names[name] >= count for name, count in wanted.items())  # quotes are mended at every key
    rate = summary["repairs"]["repair_rate"]
    assert (round(rate["estimate"] * rate["n"]), rate["n"]) == (wanted.total(), ROWS)
