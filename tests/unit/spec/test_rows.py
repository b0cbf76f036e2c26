"""Data rows with their line numbers."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatrial.core.errors import SpecError
from seatrial.spec.rows import read_rows


@pytest.fixture
def read(tmp_path: Path) -> Any:
    def rows(suffix: str, data: str | bytes) -> list[tuple[int, dict[str, Any]]]:
        path = tmp_path / f"d{suffix}"
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        found = list(read_rows(path, file="d"))
        assert [row.number for row in found] == list(range(1, len(found) + 1))
        assert all(row.source == f"d:{row.line}" for row in found)
        return [(row.line, row.values) for row in found]

    return rows


@pytest.mark.parametrize(
    ("suffix", "data", "rows"),
    [
        (".jsonl", '{"a": 1}\n\n  \n{"a": "x"}', [(1, {"a": 1}), (4, {"a": "x"})]),
        (".jsonl", b'\xef\xbb\xbf{"a": 1}\r\n{"a": 2}\r\n', [(1, {"a": 1}), (2, {"a": 2})]),
        (".jsonl", '{"a": "x\u2028y"}\n{"a": 2}', [(1, {"a": "x\u2028y"}), (2, {"a": 2})]),
        (".JSONL", '{"a": 1}', [(1, {"a": 1})]),
        (".jsonl", "", []),
        (".csv", "a,b\n1,2\n3,\n", [(2, {"a": "1", "b": "2"}), (3, {"a": "3", "b": ""})]),
        (".csv", 'a,b\n"x\ny",1\n"q ""z""",2\n', [(2, {"a": "x\ny", "b": "1"}), (4, {"a": 'q "z"', "b": "2"})]),
        (".csv", b"\xef\xbb\xbfa,b\r\n1,2\r\n", [(2, {"a": "1", "b": "2"})]),
        (".csv", "\n\na,b\n\n\n1,2\n\n3,4\n", [(6, {"a": "1", "b": "2"}), (8, {"a": "3", "b": "4"})]),
        (".csv", "a,b\n", []),
        (".yaml", "- {a: 1}\n\n- a: no\n", [(1, {"a": 1}), (3, {"a": "no"})]),
        (".yml", "[]", []),
    ],
)
def test_rows_come_with_the_line_they_start_on(read: Any, suffix: str, data: str | bytes, rows: Any) -> None:
    assert read(suffix, data) == rows


@pytest.mark.parametrize(
    ("suffix", "data", "line", "says"),
    [
        (".jsonl", '{"a": 1}\n{"a": }\n', 2, "not JSON"),
        (".jsonl", '{"a": 1}\n[1]\n', 2, "must be an object"),
        (".jsonl", '{"a": 1}\n5\n', 2, "must be an object"),
        (".jsonl", '{"a": NaN}\n', 1, "not JSON"),
        (".jsonl", b'{"a": 1}\n{"a": "\xff"}\n', 2, "not UTF-8"),
        (".jsonl", '\n{"a": ' + "[" * 100_000, 2, "not JSON"),
        (".jsonl", '{"a": ' + "9" * 5000 + "}", 1, "not JSON"),
        (".csv", "a,b\n\n1,2\n1,2,3\n", 4, "has 3 cells"),
        (".csv", "a,b\n1\n", 2, "has 1 cells"),
        (".csv", 'a,b\n1,2\n"open,3\nx,y\n', 3, "not CSV"),
        (".csv", 'a,b\n"x"y,2\n', 2, "not CSV"),
        (".csv", b"a,b\n1,2\n\xff,2\n", 3, "not UTF-8"),
        (".csv", "", None, "empty"),
        (".csv", "\na,a\n1,2\n", 2, "'a' stands twice"),
        (".csv", "a,,c\n1,2,3\n", 1, "no name"),
        (".yaml", "a: 1", 1, "must be a list"),
        (".yaml", "- {a: 1}\n- 5\n", 2, "must be an object"),
        (".yaml", "- {a: 1, a: 2}\n", 1, "stands twice"),
        (".txt", "x", None, "unknown kind"),
    ],
)
def test_a_bad_row_is_shown_at_its_line(read: Any, suffix: str, data: str | bytes, line: int | None, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        read(suffix, data)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line) == ("d", line)
    assert says in problem.what


def test_rows_before_a_bad_one_are_handed_out(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('{"a": 1}\nbad\n')
    rows = read_rows(path)
    assert next(rows).values == {"a": 1}
    with pytest.raises(SpecError):
        next(rows)


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text("")
    with pytest.raises(SpecError) as caught:
        list(read_rows(tmp_path / "question.jsonl"))
    assert caught.value.problems[0].nearest == "questions.jsonl"


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6) | st.sampled_from(
    ["a\nb", "a\r\nb", '"', ",", '","', " "]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(cells, cells), max_size=5))
def test_csv_is_read_back_with_the_lines_rows_start_on(read: Any, rows: list[tuple[str, str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(("a", "b"))
    lines = []
    for row in rows:
        written = text.getvalue()
        lines.append(1 + written.count("\n") + sum(written.count(end) - written.count(end + "\n") for end in "\r"))
        writer.writerow(row)
    assert read(".csv", text.getvalue()) == [(line, {"a": a, "b": b}) for line, (a, b) in zip(lines, rows, strict=True)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=5) | st.none(), max_size=3)))
def test_json_lines_are_read_back(read: Any, rows: list[dict[str, Any]]) -> None:
    data = "".join(json.dumps(row) + "\n" for row in rows)
    assert read(".jsonl", data) == list(enumerate(rows, 1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([".jsonl", ".csv", ".yaml"]), st.binary(max_size=40) | st.text('{}[]",:\n\ra1-\\', max_size=40))
def test_any_file_is_rows_or_a_spec_error(read: Any, suffix: str, data: Any) -> None:
    try:
        read(suffix, data)
    except SpecError as error:
        assert error.problems[0].file == "d"  # noqa: PT017 - most texts are not refused
