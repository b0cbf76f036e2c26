"""The JUnit report, read back with the standard library's parser."""

from __future__ import annotations

import io
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.evals.reports.junit import write_junit


def suite(name: str = "tone", variant: str = "main", **counts: int) -> dict[str, Any]:
    return {
        "suite": name,
        "variant": variant,
        "cases": 1,
        "passed": 1,
        "failed": 0,
        "errors": 0,
        "unscored": 0,
    } | counts


def row(**fields: Any) -> dict[str, Any]:
    return {"case": "c1", "suite": "tone", "variant": "main", "repeat": 1, "state": "pass", "output": "hey"} | fields


def parsed(rows: list[dict[str, Any]], *suites: dict[str, Any]) -> Element:
    out = io.StringIO()
    summary = {"feature": "harbor", "seconds": 4.25, "started": "2026-01-05T10:22:33Z"}
    write_junit(out, summary | {"suites": list(suites) or [suite()]}, lambda: iter(rows))
    return ElementTree.fromstring(out.getvalue().encode("utf-8"))


def only(element: Element, path: str) -> Element:
    (found,) = element.findall(path)
    return found


def test_each_suite_and_variant_is_a_testsuite_with_its_own_cases() -> None:
    rows = [row(case="a"), row(case="b", variant="local"), row(case="c"), row(case="d", suite="safety")]
    root = parsed(rows, suite(), suite(variant="local"), suite("safety"))
    assert {found.get("name"): [case.get("name") for case in found] for found in root} == {
        "tone [main]": ["a [main]", "c [main]"],
        "tone [local]": ["b [local]"],
        "safety [main]": ["d [main]"],
    }


def test_the_counts_come_from_the_report() -> None:
    root = parsed([], suite(cases=9, passed=4, failed=3, errors=2, unscored=1))
    expected = {"tests": "9", "failures": "3", "errors": "2", "skipped": "1"}
    for element in (root, only(root, "testsuite")):
        assert {name: element.get(name) for name in expected} == expected


def test_the_whole_run_has_its_seconds_and_each_suite_its_start() -> None:
    root = parsed([])
    assert root.get("time") == "4.250"
    assert only(root, "testsuite").get("timestamp") == "2026-01-05T10:22:33Z"


def test_a_passed_case_says_where_it_stands_and_how_long_it_took() -> None:
    case = only(parsed([row(name="greets", source="evals/tone.yaml:12", latency_ms=1234.5, repeat=2)]), ".//testcase")
    assert case.attrib == {
        "name": "greets [main, repeat 2]",
        "classname": "tone",
        "file": "evals/tone.yaml",
        "line": "12",
        "time": "1.234",
    }
    assert len(case) == 0


@pytest.mark.parametrize("source", ["", "evals/tone.yaml", "evals/tone.yaml:", "c:/evals/x.yaml", "x:²"])
def test_a_source_without_a_line_has_no_line(source: str) -> None:
    case = only(parsed([row(source=source)]), ".//testcase")
    assert case.get("line") is None
    assert case.get("file") == (source or None)


def test_a_failed_case_shows_what_failed_and_the_output() -> None:
    verdicts = [
        {"check": "max-words", "state": "pass"},
        {"check": "starts-lowercase", "state": "fail", "reason": "starts with H"},
        {"check": "icontains", "state": "fail", "reason": "no 'hi'", "turn": 1},
    ]
    failure = only(parsed([row(state="fail", verdicts=verdicts, output="Hello")]), ".//failure")
    assert failure.get("message") == "starts-lowercase: starts with H"
    assert failure.text == "starts-lowercase: starts with H\nicontains (turn 2): no 'hi'\n\noutput:\nHello"


def test_a_case_failed_by_its_threshold_says_so() -> None:
    failure = only(parsed([row(state="fail")]), ".//failure")
    assert failure.get("message") == "the weighted mean score is under the threshold of the case"


def test_an_error_of_the_target_shows_kind_message_and_hint() -> None:
    error = {"kind": "timeout", "message": "no answer within 20 s", "hint": "raise the timeout"}
    element = only(parsed([row(state="error", error=error)]), ".//error")
    assert element.attrib == {"type": "timeout", "message": "no answer within 20 s"}
    assert element.text == "no answer within 20 s\nhint: raise the timeout"


def test_an_error_of_a_check_shows_its_reason() -> None:
    verdicts = [{"check": "python", "state": "error", "reason": "KeyError: 'x'"}]
    assert only(parsed([row(state="error", verdicts=verdicts)]), ".//error").get("message") == "python: KeyError: 'x'"


def test_an_unscored_case_is_skipped() -> None:
    assert only(parsed([row(state="unscored")]), ".//skipped").get("message") == "unscored"


ANY_TEXT = st.text(st.characters(exclude_categories=()))


@settings(deadline=None)
@given(name=ANY_TEXT, output=ANY_TEXT, reason=ANY_TEXT, source=ANY_TEXT)
def test_any_text_gives_well_formed_xml_that_keeps_what_xml_can_hold(
    name: str, output: str, reason: str, source: str
) -> None:
    verdicts = [{"check": "regex", "state": "fail", "reason": reason}]
    root = parsed([row(state="fail", name=name, output=output, verdicts=verdicts, source=source)])
    failure = only(root, ".//failure")
    expected = f"regex: {reason or 'fail'}\n\noutput:\n{output}"
    assert failure.text == "".join(character if legal(character) else "\ufffd" for character in expected)


def legal(character: str) -> bool:
    """The Char production of XML 1.0, fifth edition, section 2.2."""
    point = ord(character)
    return character in "\t\n\r" or 0x20 <= point <= 0xD7FF or 0xE000 <= point <= 0xFFFD or 0x10000 <= point <= 0x10FFFF
