"""The HTML report as a file: what it says in words, that its data survives whole, and that hostile text stays data."""

from __future__ import annotations

import io
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.evals.reports.html import BLOCK_ROWS, headline, verdict, write_html


class Page(HTMLParser):
    """The page as a browser tokenises it: the text of each script and style, and every other tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        if tag == "style":
            self.styles.append("")
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            attributes, text = self.scripts[-1]
            self.scripts[-1] = (attributes, text + data)
        if self.cdata_elem == "style":
            self.styles[-1] += data

    def data(self, name: str) -> list[str]:
        return [text for attributes, text in self.scripts if attributes.get("class") == name]

    def details(self) -> list[dict[str, Any]]:
        return [json.loads(line) for block in self.data("details") for line in block.split("\n")]

    def index(self) -> list[list[Any]]:
        return [entry for block in self.data("index") for entry in json.loads(block)]

    def policy(self) -> str:
        return next(
            attributes["content"] or ""
            for tag, attributes in self.tags
            if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
        )


def suite(**counts: Any) -> dict[str, Any]:
    return {
        "suite": "tone",
        "variant": "main",
        "cases": 0,
        "passed": 0,
        "failed": 0,
        "errors": 0,
        "unscored": 0,
    } | counts


def report(*suites: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"feature": "harbor", "finished": True, "suites": list(suites)} | fields


def row(**fields: Any) -> dict[str, Any]:
    return {
        "case": "c1",
        "suite": "tone",
        "variant": "main",
        "repeat": 1,
        "state": "pass",
        "input": [{"role": "user", "content": "hi"}],
        "output": "hey",
    } | fields


def text_of(rows: list[dict[str, Any]], summary: Mapping[str, Any] | None = None) -> str:
    out = io.StringIO()
    write_html(out, summary or report(suite(cases=1, passed=1)), rows)
    return out.getvalue()


def test_the_headline_counts_over_suites_and_variants() -> None:
    tone = suite(cases=30, passed=29, failed=1)
    safety = suite(cases=30, passed=29, failed=1)
    assert headline(report(tone, safety)) == "58 of 60 cases passed · 2 failed"


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"cases": 1, "passed": 1}, "1 of 1 case passed"),
        ({"cases": 3, "passed": 1, "errors": 1, "unscored": 1}, "1 of 3 cases passed · 1 error · 1 unscored"),
        ({"cases": 12000, "passed": 10000, "errors": 2000}, "10,000 of 12,000 cases passed · 2,000 errors"),
        ({}, "No case was run"),
    ],
)
def test_the_headline_in_words(counts: dict[str, int], words: str) -> None:
    assert headline(report(suite(**counts))) == words


@pytest.mark.parametrize(
    ("summary", "state"),
    [
        (report(suite(cases=2, passed=2)), "pass"),
        (report(suite(cases=2, passed=1, failed=1)), "fail"),
        (report(suite(cases=2, passed=1, errors=1)), "fail"),
        (report(suite(cases=2, passed=1, unscored=1)), "unscored"),
        (report(suite(cases=60, passed=58, failed=2, gate={"held": True})), "pass"),
        (report(suite(cases=2, passed=2, gate={"held": False})), "fail"),
        (report(suite(cases=2, passed=2, gate={"held": None})), "unscored"),
        (report(suite(cases=2, passed=2), finished=False), "unscored"),
        (report(), "unscored"),
    ],
)
def test_a_gate_decides_its_suite_and_without_one_every_case_must_pass(summary: dict[str, Any], state: str) -> None:
    assert verdict(summary) == state


def test_the_headline_stands_in_the_page_without_any_script() -> None:
    page = text_of([], report(suite(cases=60, passed=58, failed=2)))
    heading = re.search(r"<h1.*?</h1>", page, re.DOTALL)
    assert heading is not None
    assert "58 of 60 cases passed · 2\xa0failed" in unescape(heading[0])


def test_the_page_asks_nothing_of_any_network() -> None:
    page = Page(text_of([row()]))
    for _, attributes in page.tags:
        for name in ("src", "href", "action", "srcset", "poster"):
            assert (attributes.get(name) or "#").startswith(("#", "data:"))
    assert not re.search(r"url\(|@import", "".join(page.styles))


def test_only_the_pages_own_script_and_style_may_run() -> None:
    page = Page(text_of([row()]))
    (script,) = [text for attributes, text in page.scripts if "type" not in attributes]
    (style,) = page.styles
    policy = page.policy()
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    for text, directive in ((script, "script-src"), (style, "style-src")):
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy


def test_the_script_writes_text_never_markup() -> None:
    (script,) = [text for attributes, text in Page(text_of([])).scripts if "type" not in attributes]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|new Function", script)


def test_a_row_is_kept_whole_in_its_place() -> None:
    rows = [row(case=f"c{number}", output=f"answer {number}") for number in range(3)]
    page = Page(text_of(rows))
    assert [detail["output"] for detail in page.details()] == ["answer 0", "answer 1", "answer 2"]
    assert [entry[0] for entry in page.index()] == ["c0", "c1", "c2"]


def test_details_and_index_agree_across_blocks() -> None:
    rows = [row(case=f"c{number}") for number in range(2 * BLOCK_ROWS + 1)]
    page = Page(text_of(rows))
    assert len(page.data("details")) == 3
    for details, index in zip(page.data("details"), page.data("index"), strict=True):
        entries = json.loads(index)
        assert [json.loads(line)["case"] for line in details.split("\n")] == [entry[0] for entry in entries]


def test_rows_are_written_as_they_are_read() -> None:
    out = io.StringIO()

    def rows() -> Iterator[dict[str, Any]]:
        for number in range(50):
            if number:
                assert f"answer {number - 1}." in out.getvalue()
            yield row(case=f"c{number}", output=f"answer {number}.")

    write_html(out, report(), rows())


def test_absent_keys_are_empty() -> None:
    page = Page(text_of([{}]))
    assert page.details() == [{"input": [], "output": "", "turns": []}]
    assert page.index() == [["", "", "", "", 1, "error", None, None, None, [], [], "", ""]]


def test_a_case_without_a_name_is_called_by_what_it_asks() -> None:
    (entry,) = Page(text_of([row(name=None)])).index()
    assert entry[1] == "hi"


def test_the_index_names_each_failed_check_once() -> None:
    verdicts = [
        {"check": "max-words", "state": "fail", "turn": 0, "reason": "70 words, at most 60"},
        {"check": "max-words", "state": "fail", "turn": 1},
        {"check": "is-json", "state": "error"},
        {"check": "regex", "state": "pass"},
    ]
    (entry,) = Page(text_of([row(state="fail", verdicts=verdicts)])).index()
    assert entry[10] == ["max-words", "is-json"]
    assert entry[12] == "70 words, at most 60"


def test_a_conversation_is_kept_once_with_the_place_of_each_answer() -> None:
    said = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "hey"},
        {"role": "user", "content": "what did i say"},
    ]
    exchanges = [
        {"request": {"messages": said[:1]}, "message": said[1], "attempts": [{"model": "main", "finish": "stop"}]},
        {
            "request": {"messages": said, "vars": {"server_name": "x"}},
            "message": {"role": "assistant", "content": "hi!"},
        },
    ]
    (detail,) = Page(text_of([row(exchanges=exchanges, output="hi!")])).details()
    assert detail["input"] == said
    assert detail["turns"] == [{"at": 1, "attempts": [{"model": "main", "finish": "stop"}]}, {"at": 3}]
    assert detail["vars"] == {"server_name": "x"}


def test_a_number_json_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        text_of([row(latency_ms=float("nan"))])


HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]></style><img src=x onerror=alert(1)>",
    "a\u2028b\u2029c\x00d\x85",
    "lone \ud800 and \udc00 surrogates",
    "$rows $script ${title} $$",
    "\u202eright to left\u202c",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_data_wherever_it_stands(text: str) -> None:
    hostile = row(
        case=text, name=text, suite=text, variant=text, tags=[text], output=text, source=text,
        input=[{"role": "user", "content": text}],
        verdicts=[{"check": text, "state": "fail", "reason": text}],
        error={"kind": text, "message": text, "hint": text},
    )  # fmt: skip
    summary = report(suite(suite=text, cases=1, failed=1), feature=text, description=text, command=text)
    page = Page(text_of([hostile], summary))
    harmless = Page(text_of([row()]))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in harmless.tags]
    (detail,) = page.details()
    assert detail["output"] == text
    assert detail["verdicts"][0]["reason"] == text


@settings(deadline=None)
@given(output=st.text(st.characters(exclude_categories=())), feature=st.text(st.characters(exclude_categories=())))
def test_any_text_comes_back_as_it_was_and_the_file_is_ascii(output: str, feature: str) -> None:
    text = text_of([row(output=output)], report(feature=feature))
    assert text.isascii()
    page = Page(text)
    assert [detail["output"] for detail in page.details()] == [json.loads(json.dumps(output))]
    assert len(page.scripts) == 4
