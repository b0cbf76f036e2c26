"""The report of a run as JUnit XML, which every build server reads.

A suite per variant is a `testsuite`, and because its counts stand before its cases, the rows are read once for each
and only one is held at a time. Rejected: reading once and keeping the cases, whose outputs would fill the memory of
a large run. Everything written is ASCII; characters XML cannot hold become U+FFFD.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(out: TextIO, report: Mapping[str, Any], rows: Callable[[], Iterable[Mapping[str, Any]]]) -> None:
    """Write the XML of one run to `out`; `rows()` gives a fresh iterator over the run's results each time.

    The counts on `testsuite` are the report's and count cases; each repeat of a case is a `testcase` of its own.
    """
    suites = report.get("suites") or ()
    counts = {
        "tests": sum(suite.get("cases") or 0 for suite in suites),
        "failures": sum(suite.get("failed") or 0 for suite in suites),
        "errors": sum(suite.get("errors") or 0 for suite in suites),
        "skipped": sum(suite.get("unscored") or 0 for suite in suites),
    }
    out.write('<?xml version="1.0" encoding="utf-8"?>\n')
    seconds = f"{report.get('seconds') or 0:.3f}"
    out.write(_open("testsuites", name=report.get("feature") or "seatrial", **counts, time=seconds) + "\n")
    for suite in suites:
        out.write(_suite_open(suite, report.get("started")) + "\n")
        for row in rows():
            if (row.get("suite"), row.get("variant")) == (suite.get("suite"), suite.get("variant")):
                out.writelines(_case(row))
        out.write("</testsuite>\n")
    out.write("</testsuites>\n")


def _suite_open(suite: Mapping[str, Any], started: str | None) -> str:
    name, variant = suite.get("suite") or "suite", suite.get("variant")
    return _open(
        "testsuite",
        name=f"{name} [{variant}]" if variant else name,
        tests=suite.get("cases") or 0,
        failures=suite.get("failed") or 0,
        errors=suite.get("errors") or 0,
        skipped=suite.get("unscored") or 0,
        timestamp=started,
    )


def _case(row: Mapping[str, Any]) -> Iterator[str]:
    file, line = _place(row.get("source") or "")
    yield _open(
        "testcase",
        name=_name(row),
        classname=row.get("suite") or "suite",
        file=file,
        line=line,
        time=f"{(row.get('latency_ms') or 0) / 1000:.3f}",
    )
    state = row.get("state")
    if state == "unscored":
        yield _element("skipped", _judgements(row, "unscored"), message="unscored")
    elif state == "fail":
        failing = _judgements(row, "fail")
        lines = [*(failing or ["the weighted mean score is under the threshold of the case"]), "", "output:"]
        yield _element("failure", [*lines, row.get("output") or ""], message=lines[0], type="failed check")
    elif state != "pass":
        error = row.get("error") or {}
        lines = [error["message"]] if error.get("message") else _judgements(row, "error")
        lines += [f"hint: {error['hint']}"] if error.get("hint") else []
        message = lines[0] if lines else "no answer"
        yield _element("error", lines, message=message, type=error.get("kind") or "error")
    yield "</testcase>\n"


def _name(row: Mapping[str, Any]) -> str:
    name = str(row.get("name") or row.get("case") or "case")
    repeat = row.get("repeat") or 1
    qualities = [row.get("variant"), f"repeat {repeat}" if repeat > 1 else None]
    given = ", ".join(quality for quality in qualities if quality)
    return f"{name} [{given}]" if given else name


def _judgements(row: Mapping[str, Any], state: str) -> list[str]:
    return [_judgement(item) for item in row.get("verdicts") or () if item.get("state") == state]


def _judgement(verdict: Mapping[str, Any]) -> str:
    turn = verdict.get("turn") or 0
    where = f" (turn {turn + 1})" if turn else ""
    reason = verdict.get("reason") or verdict.get("state") or ""
    return f"{verdict.get('check') or 'check'}{where}: {reason}"


def _place(source: str) -> tuple[str | None, str | None]:
    file, colon, line = source.rpartition(":")
    if colon and line.isascii() and line.isdigit():
        return file, line
    return source or None, None


def _open(tag: str, **attributes: object) -> str:
    given = "".join(
        f" {name}={_ascii(quoteattr(_legal(str(value))))}" for name, value in attributes.items() if value is not None
    )
    return f"<{tag}{given}>"


def _element(tag: str, lines: list[str], **attributes: object) -> str:
    # A parser reads a bare carriage return as a line feed; written by number it stays what it was.
    text = escape(_legal("\n".join(lines)), {"\r": "&#13;"})
    return f"{_open(tag, **attributes)}{_ascii(text)}</{tag}>\n"


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)


def _ascii(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
