"""Regular expressions in linear time, durations, and the user's functions."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import SpecError
from seatrial.spec.code import load_file, load_function
from seatrial.spec.patterns import MAX_PATTERN, compile_pattern
from seatrial.spec.units import parse_duration, parse_milliseconds, parse_money, write_duration


def test_a_match_is_told_in_code_points() -> None:
    assert compile_pattern("b+").search("é😀abb") == (3, 5)
    assert compile_pattern("x").search("abc") is None


def test_a_hostile_pattern_takes_no_longer_than_the_text() -> None:
    assert compile_pattern("(a+)+$").search("a" * 200_000 + "!") is None


def test_half_a_character_in_the_text_breaks_nothing() -> None:
    assert compile_pattern("b").search("\ud800b") is not None


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [("(?=a)", "lookaround"), (r"(a)\1", "back-references"), ("(", "RE2"), ("a" * (MAX_PATTERN + 1), "")],
)
def test_what_the_engine_cannot_read_is_a_spec_error_with_a_way_around(pattern: str, hint: str) -> None:
    with pytest.raises(SpecError) as caught:
        compile_pattern(pattern)
    assert hint in (caught.value.problems[0].hint or "")


@given(st.text("()[]{}*+?|\\.^$ab1,-:<P>=!", max_size=12))
def test_any_pattern_is_compiled_or_a_spec_error(pattern: str) -> None:
    try:
        compile_pattern(pattern).search("ab1")
    except SpecError:
        return


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20s", 20), ("1500ms", 1.5), ("2m", 120), ("2min", 120), ("1h", 3600), (" 1.5 s ", 1.5), (".5s", 0.5), ("0s", 0)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds
    assert parse_milliseconds(text) == seconds * 1000


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(86_400, "24h"), (604_800, "7 days"), (129_600, "36h"), (600, "10m"), (90, "90s"), (1.5, "1500ms"), (0, "0ms")],
)
def test_a_duration_is_written_in_its_largest_whole_unit(seconds: float, text: str) -> None:
    assert write_duration(seconds) == text


@given(st.integers(0, 172_000_000))
def test_a_duration_that_was_written_is_read_again(milliseconds: int) -> None:
    assert parse_duration(write_duration(milliseconds / 1000)) == milliseconds / 1000


@pytest.mark.parametrize("text", ["20", "s", "-1s", "1e3s", "1 day", "", "20s 30ms", "1.s", "٣s\n"])
def test_what_is_no_duration(text: str) -> None:
    assert parse_duration(text) is None


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_function_is_found_by_file_and_by_module(tmp_path: Path) -> None:
    write(tmp_path, "mine.py", "import near\ndef rows():\n    return near.X\n")
    write(tmp_path, "near.py", "X = 1\n")
    before = list(sys.path)
    assert load_function("mine.py:rows", tmp_path)[0]() == 1
    assert load_function("mine:rows", tmp_path)[0]() == 1
    assert load_function("json:dumps", tmp_path)[0]([]) == "[]"
    assert sys.path == before
    del sys.modules["near"]


def test_two_folders_may_have_modules_of_the_same_name(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, "rows_of_mine.py", f"def rows(): return {name!r}\n")
    assert [load_function("rows_of_mine:rows", tmp_path / name)[0]() for name in ("a", "b")] == ["a", "b"]


def test_the_hash_of_a_function_changes_with_its_file(tmp_path: Path) -> None:
    write(tmp_path, "m.py", "def f(): return 1\n")
    one, first = load_function("m.py:f", tmp_path)
    write(tmp_path, "m.py", "def f(): return 2\n")
    two, second = load_function("m.py:f", tmp_path)
    assert (one(), two()) == (1, 2)
    assert first != second


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("m.py:nope", "has no function 'nope'"),
        ("m.py:", "has no function"),
        ("m.py:X", "has no function"),
        ("gone.py:f", "no such file"),
        ("no_such_module_here:f", "there is no Python module"),
        ("a b:f", "not the name of a Python module"),
        ("broken.py:f", "ZeroDivisionError"),
        ("quits.py:f", "SystemExit"),
        ("needs.py:f", "no_such_dependency"),
        ("needs:f", "no_such_dependency"),
        ("syntax.py:f", "SyntaxError"),
    ],
)
def test_a_function_that_cannot_be_had_is_a_spec_error(tmp_path: Path, name: str, says: str) -> None:
    write(tmp_path, "m.py", "X = 1\ndef f(): pass\n")
    write(tmp_path, "broken.py", "1 / 0\n")
    write(tmp_path, "quits.py", "import sys\nsys.exit(3)\n")
    write(tmp_path, "needs.py", "import no_such_dependency\n")
    write(tmp_path, "syntax.py", "def f(:\n")
    with pytest.raises(SpecError, match=says):
        load_function(name, tmp_path)


def test_a_broken_file_is_shown_at_its_line_and_leaves_no_module(tmp_path: Path) -> None:
    path = write(tmp_path, "broken.py", "a = 1\n\n1 / 0\n")
    before = set(sys.modules)
    with pytest.raises(SpecError) as caught:
        load_file(path)
    assert caught.value.problems[0].line == 3
    assert set(sys.modules) == before


@pytest.mark.parametrize(
    ("text", "nusd"),
    [
        ("2USD", 2_000_000_000),
        ("2.00 USD", 2_000_000_000),
        (" .5 usd ", 500_000_000),
        ("0.000000001USD", 1),
        ("0 USD", 0),
    ],
)
def test_money_is_read_exactly(text: str, nusd: int) -> None:
    assert parse_money(text) == nusd


@pytest.mark.parametrize("text", ["", "2", "USD", "-1USD", "1e3USD", "2 EUR", "$2", "1.0000000001USD", "2USD per day"])
def test_what_is_no_money_is_none(text: str) -> None:
    assert parse_money(text) is None
