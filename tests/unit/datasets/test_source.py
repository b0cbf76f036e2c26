"""Data sources: files and functions that give rows, with typed columns."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import SpecError
from seatrial.datasets.source import MOST_CELLS, DataSource, read_source
from seatrial.spec.rows import Row
from seatrial.spec.yaml import parse_yaml


@pytest.fixture
def source(tmp_path: Path) -> Any:
    (tmp_path / "d.csv").write_text("id,n,safe,data\na,1,true,[1]\nb,2.5,no,{}\n")
    (tmp_path / "d.jsonl").write_text('{"n": 1, "safe": true}\n{"n": "2", "safe": "0"}\n')
    (tmp_path / "gen.py").write_text(
        "def rows():\n    yield {'x': 1}\n    yield {'x': 2}\n"
        "def breaks():\n    yield {'x': 1}\n    raise KeyError('no')\n"
        "def wrong():\n    yield 5\n"
        "def keys():\n    yield {1: 2}\n"
        "def needs(x):\n    yield {}\n"
        "def nothing():\n    return None\n"
    )

    def read(text: str) -> DataSource:
        root = parse_yaml(text, file="s.yaml")
        found = read_source(root.value["from"], root.value.get("types"), tmp_path)
        root.problems.raise_any()
        assert found is not None
        return found

    return read


def values(source: DataSource) -> list[dict[str, Any]]:
    return [row.values for row in source.rows()]


def test_cells_of_csv_are_text_until_types_say_otherwise(source: Any) -> None:
    assert values(source("from: d.csv"))[0] == {"id": "a", "n": "1", "safe": "true", "data": "[1]"}
    typed = values(source("from: d.csv\ntypes: {n: number, safe: bool, data: json, id: text}"))
    assert typed == [
        {"id": "a", "n": 1.0, "safe": True, "data": [1]},
        {"id": "b", "n": 2.5, "safe": False, "data": {}},
    ]


def test_values_that_have_their_type_already_stay(source: Any) -> None:
    assert values(source("from: d.jsonl\ntypes: {n: int, safe: bool}")) == [
        {"n": 1, "safe": True},
        {"n": 2, "safe": False},
    ]


def test_rows_are_read_anew_each_time(source: Any) -> None:
    for name in ("d.csv", "gen.py:rows", "python gen:rows"):
        found = source(f"from: {name}")
        assert values(found) == values(found)


def test_a_function_gives_rows(source: Any) -> None:
    assert [(row.number, row.values) for row in source("from: gen.py:rows").rows()] == [(1, {"x": 1}), (2, {"x": 2})]


@pytest.mark.parametrize(
    ("type_", "cell"),
    [("int", cell) for cell in ("", "1.0", "x", "1_0", "٣")]
    + [("number", cell) for cell in ("", "x", "nan", "inf", "1_0", "٣")]
    + [("bool", cell) for cell in ("", "ja", "2")]
    + [("json", cell) for cell in ("", "{", "[" * 50_000)],
)
def test_a_bad_cell_is_told_with_row_and_column(tmp_path: Path, source: Any, type_: str, cell: str) -> None:
    good = {"int": "1", "number": "1", "bool": "yes", "json": "1"}[type_]
    (tmp_path / "c.csv").write_text(f'a,n\nx,{good}\n\ny,"{cell}"\n')
    with pytest.raises(SpecError) as caught:
        values(source(f"from: c.csv\ntypes: {{n: {type_}}}"))
    (problem,) = caught.value.problems
    assert (problem.what, problem.file, problem.line) == ("row 2: the cell 'n' is not right", "c.csv", 4)
    assert problem.expected
    assert problem.got


def test_a_json_value_of_another_type_is_a_bad_cell(source: Any) -> None:
    with pytest.raises(SpecError, match="row 1: the cell 'safe'"):
        values(source("from: d.jsonl\ntypes: {safe: number}"))


def test_types_of_a_column_that_is_not_there_is_told_once_beside_bad_cells(source: Any) -> None:
    with pytest.raises(SpecError) as caught:
        values(source("from: d.csv\ntypes: {saef: bool, id: int}"))
    first, *others = caught.value.problems
    assert (first.what, first.nearest) == ("row 1: there is no column 'saef'", "safe")
    assert [problem.what for problem in others] == [f"row {number}: the cell 'id' is not right" for number in (1, 2)]


def test_a_row_without_a_column_that_others_have_is_a_bad_cell(tmp_path: Path, source: Any) -> None:
    (tmp_path / "c.jsonl").write_text('{"n": 1}\n{}\n{"n": 2}\n{"m": 1}\n')
    with pytest.raises(SpecError) as caught:
        values(source("from: c.jsonl\ntypes: {n: int}"))
    assert [(problem.line, problem.got) for problem in caught.value.problems] == [
        (2, "no such column"),
        (4, "no such column"),
    ]


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_all_bad_cells_are_told_or_counted_and_the_other_rows_read(cells: list[tuple[bool, bool]]) -> None:
    """Each cell says whether it is right."""
    rows = [
        Row({"a": "1" if a else "x", "b": "1" if b else "x"}, "c.csv", number + 1, number)
        for number, (a, b) in enumerate(cells, 1)
    ]
    wrong = [(row.line, column) for row in rows for column, cell in row.values.items() if cell == "x"]
    read = DataSource(lambda: iter(rows), {"a": "int", "b": "int"}).rows()
    for _ in range(cells.count((True, True))):
        assert next(read).values == {"a": 1, "b": 1}
    if not wrong:
        assert list(read) == []
        return
    with pytest.raises(SpecError) as caught:
        next(read)
    told = [(problem.line, problem.what.partition("'")[2][:1]) for problem in caught.value.problems if problem.line]
    assert told == wrong[:MOST_CELLS]
    more = len(wrong) - MOST_CELLS
    counted = [problem.what for problem in caught.value.problems if not problem.line]
    assert counted == (
        [] if more <= 0 else [f"{more} more cells are not right" if more > 1 else "one more cell is not right"]
    )


def test_bad_cells_before_a_line_that_cannot_be_read_are_told_with_it(tmp_path: Path, source: Any) -> None:
    (tmp_path / "c.jsonl").write_text('{"n": "x"}\n{"n": 1}\n{n\n')
    with pytest.raises(SpecError) as caught:
        values(source("from: c.jsonl\ntypes: {n: int}"))
    assert [problem.line for problem in caught.value.problems] == [1, 3]


@pytest.mark.parametrize(
    ("text", "line", "nearest", "says"),
    [
        ("from: dd.jsonl", 1, "d.jsonl", "there is no file"),
        ("from: gone/d.csv", 1, None, "there is no file"),
        ("from: d.txt", 1, None, "from: is not right"),
        ("from: gen.py:row", 1, "rows", "has no function"),
        ("from: nowhere_at_all:rows", 1, None, "no Python module"),
        ("from: 5", 1, None, "from is not right"),
        ("from: d.csv\ntypes: {n: integr}", 2, "int", "the type of n"),
        ("from: d.csv\ntypes: [n]", 2, None, "types is not right"),
    ],
)
def test_mistakes_are_told_at_their_line(source: Any, text: str, line: int, nearest: Any, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        source(text)
    (problem,) = caught.value.problems
    assert says in problem.what
    assert (problem.file, problem.line, problem.nearest) == ("s.yaml", line, nearest)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("breaks", "the data function broke: KeyError"),
        ("wrong", "row 1 is no mapping"),
        ("keys", "row 1 has a column whose name is no text"),
        ("needs", "the data function broke: TypeError"),
        ("nothing", "the data function broke: TypeError"),
    ],
)
def test_a_function_that_breaks_is_the_users_to_mend(source: Any, name: str, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        values(source(f"from: gen.py:{name}"))
