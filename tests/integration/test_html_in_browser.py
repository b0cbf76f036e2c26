"""The HTML report in a real browser: what Chromium has on the page after it ran the report's script."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from seatrial.evals.reports.html import write_html

CHROMIUM = shutil.which("chromium", path="/usr/bin")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--virtual-time-budget=20000",
    "--window-size=1200,1600",
)  # fmt: skip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="needs /usr/bin/chromium (apt-get install chromium)"),
]

VOID = {"meta", "link", "input", "img", "br", "path", "circle", "rect", "use"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    own: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.own)

    @property
    def visible(self) -> bool:
        return "hidden" not in self.attributes and (self.parent is None or self.parent.visible)

    def all(self, tag: str = "", **wanted: str) -> list[Element]:
        wanted = {name.rstrip("_"): value for name, value in wanted.items()}
        found = [inner for child in self.children for inner in child.all(tag, **wanted)]
        here = (not tag or self.tag == tag) and all(
            value in (self.attributes.get(name) or "").split() for name, value in wanted.items()
        )
        return [self, *found] if here else found

    def only(self, tag: str = "", **wanted: str) -> Element:
        (found,) = self.all(tag, **wanted)
        return found


class Tree(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.root = self.current = Element("page", {})
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), self.current)
        self.current.children.append(element)
        if tag not in VOID:
            self.current = element

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID and self.current.parent is not None:
            self.current = self.current.parent

    def handle_data(self, data: str) -> None:
        element: Element | None = self.current
        while element is not None and self.cdata_elem is None:
            element.own.append(data)
            element = element.parent


Render = Callable[..., Element]


@pytest.fixture
def render(tmp_path: Path) -> Render:
    def rendered(rows: list[dict[str, Any]], fragment: str, run: dict[str, Any] | None = None) -> Element:
        path = tmp_path / "report.html"
        with path.open("w", encoding="utf-8") as out:
            write_html(out, run or summary(rows), rows)
        command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
        done = subprocess.run(
            [*command, f"{path.as_uri()}#{fragment}"], capture_output=True, text=True, timeout=240, check=True
        )
        return Tree(done.stdout).root

    return rendered


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    passed = sum(row["state"] == "pass" for row in rows)
    failed = len(rows) - passed
    rate = {"estimate": passed / len(rows), "low": 0.5, "high": 0.99, "n": len(rows)}
    counts = {"cases": len(rows), "passed": passed, "failed": failed, "errors": 0, "unscored": 0, "pass_rate": rate}
    gate = {"held": None, "bound": 0.6, "reason": "14 further cases would decide"}
    suite = {"suite": "tone", "variant": "main", **counts, "checks": {"regex": counts}, "metrics": {}, "gate": gate}
    return {"feature": "harbor", "finished": True, "suites": [suite]}


def row(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "case": f"c{number}",
        "name": f"case {number}",
        "suite": "tone",
        "variant": "main",
        "repeat": 1,
        "state": "pass",
        "tags": ["even"] if number % 2 == 0 else [],
        "input": [{"role": "user", "content": f"question {number}"}],
        "output": f"answer {number}",
        "latency_ms": number,
    } | fields


def names(page: Element) -> list[str]:
    """The names of the rows on the page, from top to bottom."""
    lines = [line for line in page.all(role="row", class_="row") if line.visible]
    lines.sort(key=lambda line: int(line.attributes["aria-rowindex"] or 0))
    return [line.only(class_="case").only(class_="first").text for line in lines]


def failing(number: int, output: str, *spans: tuple[int, int]) -> dict[str, Any]:
    found = [{"start": start, "end": end} for start, end in spans]
    verdict = {"check": "regex", "state": "fail", "reason": "found what it must not", "spans": found}
    return row(number, state="fail", output=output, verdicts=[verdict])


def test_a_large_run_shows_its_failures_first_and_only_the_rows_in_sight(render: Render) -> None:
    page = render([*(row(number) for number in range(3000)), failing(3000, "no")], "")
    assert page.only("h1").text.endswith("3,000 of 3,001 cases passed · 1\xa0failed")
    assert page.only(id="count").text == "Showing 3,001 of 3,001 results"
    assert page.only(id="grid").attributes["aria-rowcount"] == "3002"
    shown = names(page)
    assert shown[:2] == ["case 3000", "case 0"]
    assert len(shown) < 100


def test_the_suites_are_told_with_interval_and_gate(render: Render) -> None:
    suites = render([row(1), failing(2, "no")], "").only(id="suites")
    line = suites.only("tbody").only("tr").text
    for words in ("tone", "50.0 %", "50.0 to 99.0 % · n 2", "1 passed", "1 failed", "Not enough evidence"):
        assert words in line


def test_fields_are_told_with_their_classes_and_what_is_taken_for_what(render: Render) -> None:
    def rate(estimate: float | None, n: int) -> dict[str, Any]:
        return {"estimate": estimate, "low": 0.1, "high": 0.9, "n": n} if n else {"estimate": None, "n": 0}

    field = {
        "accuracy": rate(0.75, 4),
        "without_value": 1,
        "precision": rate(1.0, 3),
        "macro_recall": rate(0.5, 4),
        "macro_precision": rate(0.625, 3),
        "classes": {
            "card": {"cases": 3, "given": 3, "right": 2, "recall": rate(2 / 3, 3), "precision": rate(2 / 3, 3)},
            "<b>": {"cases": 1, "given": 0, "right": 0, "recall": rate(0.0, 1), "precision": rate(None, 0)},
        },
        "confusion": {"card": {"card": 2, "(no value)": 1}, "<b>": {"card": 1}},
    }
    rows = [row(1)]
    run = summary(rows)
    repairs = {"repair_rate": rate(0.5, 4), "asked_again": rate(0.0, 4), "fields": {"$.intent": rate(0.25, 4)}}
    run["suites"][0] |= {"fields": {"intent": field}, "repairs": repairs}
    page = render(rows, "", run)
    told = page.only(id="fields").text
    for words in ("intent", "75.0 %", "10.0 to 90.0 % · n 4", "1 without a value", "<b>", "(no value)", "not tested"):
        assert words in told
    assert "$.intent" in page.only(id="repairs").text
    assert "asked again" not in page.only(id="repairs").text


def test_a_link_carries_filters_and_order(render: Render) -> None:
    page = render([row(number) for number in range(20)], "tag=even&q=answer+1&sort=-latency")
    assert names(page) == ["case 18", "case 16", "case 14", "case 12", "case 10"]
    assert page.only(role="columnheader", **{"data-key": "latency"}).attributes["aria-sort"] == "descending"


def test_the_text_filter_finds_words_the_list_does_not_show(render: Render) -> None:
    deep = row(7, output="word " * 500 + "lighthouse")
    page = render([row(1), deep, row(2)], "q=LIGHTHOUSE+word")
    assert names(page) == ["case 7"]


def test_an_opened_case_marks_code_points_as_its_checks_counted_them(render: Render) -> None:
    page = render([failing(1, "🚢🚢 Hello 🌊!", (1, 2), (3, 8), (5, 10))], "open=tone/main/1/c1")
    marks = [mark.text for mark in page.only(id="detail").all("mark")]
    assert marks == ["🚢", "He", "llo", " 🌊"]


def test_a_verdict_marks_the_answer_of_its_own_turn(render: Render) -> None:
    said = [
        {"role": "user", "content": "one"},
        {"role": "assistant", "content": "first"},
        {"role": "user", "content": "two"},
    ]
    exchanges = [
        {"request": {"messages": said[:1]}, "message": said[1]},
        {"request": {"messages": said}, "message": {"role": "assistant", "content": "second"}},
    ]
    verdicts = [
        {"check": "regex", "state": "fail", "spans": [{"start": 0, "end": 2}]},
        {"check": "regex", "state": "pass", "turn": 1, "spans": [{"start": 3, "end": 6}]},
        {"check": "regex", "on": "input", "state": "fail", "turn": 1, "spans": [{"start": 0, "end": 3}]},
    ]
    case = row(1, state="fail", input=said, output="second", exchanges=exchanges, verdicts=verdicts)
    detail = render([case], "open=tone/main/1/c1").only(id="detail")
    marks = [[mark.text for mark in message.all("mark")] for message in detail.all("li", class_="message")]
    assert marks == [[], ["fi"], ["two"], ["ond"]]


def test_hostile_text_is_shown_and_never_becomes_part_of_the_page(render: Render) -> None:
    text = "</script><img src=x onerror=\"document.title='owned'\"><b>bold</b>"
    case = failing(1, text, (0, 9)) | {"name": text, "tags": [text], "error": {"kind": text, "message": text}}
    page = render([case], "open=tone/main/1/c1")
    assert not page.all("img")
    assert "owned" not in page.only("title").text
    assert page.only("li", class_="judged").text == f"Answer{text}"
    assert names(page) == [text]
