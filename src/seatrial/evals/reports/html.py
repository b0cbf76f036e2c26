"""The report of a run as one HTML file that opens from disk, asks nothing of any network, and holds 10,000 rows.

Rows stay JSON text inside the page, in blocks, each beside a small index; the page parses the indexes at once and a
row only when it is opened. Rejected: rows as HTML (a hundred megabytes of elements) and one JSON array (parsed whole
before anything shows, and held whole here). The content policy names the hashes of the page's own script and style
instead of 'unsafe-inline', so that nothing a model wrote could run even if it got out of its JSON. Everything written
is ASCII, so that neither a lone surrogate nor the encoding of the stream can break the file.
"""

from __future__ import annotations

import hashlib
import html
import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from importlib.resources import files
from string import Template
from typing import Any, Literal, TextIO

BLOCK_ROWS = 128
BLOCK_CHARACTERS = 512 * 1024
TITLE_CHARACTERS = 120
SNIPPET_CHARACTERS = 180

SCRIPTS = ("elements.js", "summary.js", "fields.js", "records.js", "list.js", "detail.js", "page.js")

_EXCHANGE_KEYS = (
    *("raw", "reasoning", "context", "attempts", "error"),
    *("parsed", "outcome", "repairs", "errors", "rejected"),
)
_ROW_KEYS = ("case", "name", "suite", "variant", "repeat", "state", "tags", "source", "verdicts",
             "latency_ms", "usage", "cost_nusd", "error")  # fmt: skip
_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":"))


def write_html(out: TextIO, report: Mapping[str, Any], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write the page of one run to `out`; each row is written as it is read, so memory does not grow with rows.

    `report` is the summary of the run, a row is a line of results.jsonl joined with its case; absent keys are empty.
    Numbers must be finite, as they are in JSON: anything else is a ValueError.
    """
    head, _, foot = _part("page.html").partition("$rows")
    style = _part("page.css")
    script = "".join(_part(name) for name in SCRIPTS)
    out.write(
        Template(head).substitute(
            title=_markup(f"{report.get('feature') or 'feature'}: {headline(report)}"),
            feature=_markup(report.get("feature") or "feature"),
            headline=_unbroken(_markup(headline(report))),
            state=verdict(report),
            policy=_policy(script, style),
            style=style,
            script=script,
            report=_json(report),
        )
    )
    _write_rows(out, rows)
    out.write(foot)


def headline(report: Mapping[str, Any]) -> str:
    """The run in words: "58 of 60 cases passed · 2 failed"; counts are summed over suites and variants."""
    suites = report.get("suites") or ()
    total = {
        key: sum(suite.get(key) or 0 for suite in suites) for key in ("cases", "passed", "failed", "errors", "unscored")
    }
    if not total["cases"]:
        return "No case was run"
    noun = "case" if total["cases"] == 1 else "cases"
    parts = [f"{total['passed']:,} of {total['cases']:,} {noun} passed"]
    if total["failed"]:
        parts.append(f"{total['failed']:,} failed")
    if total["errors"]:
        parts.append(f"{total['errors']:,} " + ("error" if total["errors"] == 1 else "errors"))
    if total["unscored"]:
        parts.append(f"{total['unscored']:,} unscored")
    return " · ".join(parts)


def verdict(report: Mapping[str, Any]) -> Literal["pass", "fail", "unscored"]:
    """Whether the run as a whole is good: a gate decides its suite, without a gate every case must pass."""
    suites = report.get("suites") or ()
    outcomes = {_suite_verdict(suite) for suite in suites}
    if "fail" in outcomes:
        return "fail"
    if "unscored" in outcomes or not suites or not report.get("finished", True):
        return "unscored"
    return "pass"


def _suite_verdict(suite: Mapping[str, Any]) -> str:
    gate = suite.get("gate")
    if gate:
        return {True: "pass", False: "fail"}.get(gate.get("held"), "unscored")
    if suite.get("failed") or suite.get("errors"):
        return "fail"
    return "unscored" if suite.get("unscored") or not suite.get("cases") else "pass"


def _write_rows(out: TextIO, rows: Iterable[Mapping[str, Any]]) -> None:
    index: list[str] = []
    written = 0
    for row in rows:
        out.write("\n" if index else '<script type="application/json" class="details">')
        line = _json(_detail(row))
        out.write(line)
        index.append(_json(_index(row)))
        written += len(line)
        if len(index) == BLOCK_ROWS or written >= BLOCK_CHARACTERS:
            _end_block(out, index)
            index, written = [], 0
    if index:
        _end_block(out, index)


def _end_block(out: TextIO, index: list[str]) -> None:
    out.write('</script>\n<script type="application/json" class="index">[')
    out.write(",\n".join(index))
    out.write("]</script>\n")


def _index(row: Mapping[str, Any]) -> list[Any]:
    """What the list of cases shows, sorts and filters by; the order is that of `readIndex` in records.js."""
    usage = row.get("usage")
    said = _conversation(row)
    asked = said[-1].get("content") if said else ""
    failing = [item for item in row.get("verdicts") or () if item.get("state") in ("fail", "error")]
    reasons = [item.get("reason") for item in failing]
    error = row.get("error") or {}
    return [
        row.get("case") or "",
        _snippet(row.get("name") or asked or row.get("case"), TITLE_CHARACTERS),
        row.get("suite") or "",
        row.get("variant") or "",
        row.get("repeat") or 1,
        row.get("state") or "error",
        row.get("latency_ms"),
        None if usage is None else (usage.get("input_total") or 0) + (usage.get("output_total") or 0),
        row.get("cost_nusd"),
        list(row.get("tags") or ()),
        list(dict.fromkeys(item.get("check") or "" for item in failing)),
        _snippet(_output(row), SNIPPET_CHARACTERS),
        _snippet(error.get("message") or next(filter(None, reasons), ""), SNIPPET_CHARACTERS),
    ]


def _detail(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an opened row shows. Each exchange repeats the conversation before it; here it is kept once, and `at` says
    how many messages of it each exchange was asked with.
    """
    exchanges = row.get("exchanges") or ()
    detail = {key: row[key] for key in _ROW_KEYS if row.get(key) is not None}
    detail["input"] = _conversation(row)
    detail["output"] = _output(row)
    detail["turns"] = [
        {"at": len(_request(exchange).get("messages") or ())}
        | {key: exchange[key] for key in _EXCHANGE_KEYS if exchange.get(key)}
        for exchange in exchanges
    ]
    if exchanges and _request(exchanges[-1]).get("vars"):
        detail["vars"] = _request(exchanges[-1])["vars"]
    return detail


def _conversation(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What was said before the last answer; the last request is the full record of it."""
    exchanges = row.get("exchanges") or ()
    asked = _request(exchanges[-1]).get("messages") if exchanges else None
    return list(asked or row.get("input") or ())


def _output(row: Mapping[str, Any]) -> str:
    exchanges = row.get("exchanges") or ()
    last = (exchanges[-1].get("message") or {}).get("content") if exchanges else ""
    return str(row.get("output") or last or "")


def _request(exchange: Mapping[str, Any]) -> Mapping[str, Any]:
    request: Mapping[str, Any] = exchange.get("request") or {}
    return request


def _snippet(text: str | None, limit: int) -> str:
    short = " ".join((text or "")[: 2 * limit].split())
    return short if len(short) <= limit else short[: limit - 1] + "…"


def _part(name: str) -> str:
    return files("seatrial.evals.reports").joinpath(name).read_text(encoding="utf-8")


def _json(value: Any) -> str:
    text = _ENCODER.encode(value)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _markup(text: str) -> str:
    return html.escape(text).encode("ascii", "xmlcharrefreplace").decode("ascii")


def _unbroken(words: str) -> str:
    """Lines of the headline may break at its dots, not between a number and what it counts."""
    first, *others = words.split(" &#183; ")
    return " &#183; ".join([first, *(part.replace(" ", "&nbsp;") for part in others)])


def _policy(script: str, style: str) -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_source_hash(script)}",
            f"style-src {_source_hash(style)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def _source_hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
