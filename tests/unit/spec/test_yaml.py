"""YAML as 1.2 reads it, with a place for every mistake and a bound on everything."""

import json
import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import SpecError
from seatrial.spec.nodes import Problems
from seatrial.spec.yaml import MAX_DEPTH, MAX_NODES, parse_yaml, read_yaml


def plain(text: str) -> Any:
    problems = Problems()
    node = parse_yaml(text, file="f.yaml", problems=problems)
    problems.raise_any()
    return node.plain()


def refused(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        plain(text)
    return caught.value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *[(word, word) for word in ("no", "No", "on", "off", "yes", "y", "N", "Null ish", "tRue")],
        *[("true", True), ("True", True), ("FALSE", False), ("null", None), ("~", None), ("", None)],
        *[("2001-01-01", "2001-01-01"), ("1:30", "1:30"), ("1_000", "1_000"), ("-0o17", "-0o17"), ("0b1", "0b1")],
        *[("0o17", 15), ("0x1F", 31), ("007", 7), ("+3", 3), ("-3", -3), ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0)],
        *[(".inf", math.inf), ("-.INF", -math.inf), ("1.2.3", "1.2.3"), ("=", "="), ("<<x", "<<x"), ("12e", "12e")],
        *[("'no'", "no"), ('"12"', "12"), ("!!str 12", "12"), ("! 12", "12"), ("!!float 1", 1.0), ("!!int 1", 1)],
    ],
)
def test_plain_scalars_follow_the_1_2_core_schema(written: str, value: object) -> None:
    found = plain(f"a: {written}")["a"]
    assert (found, type(found)) == (value, type(value))


def test_not_a_number_is_a_number() -> None:
    assert math.isnan(plain("a: .nan")["a"])


@pytest.mark.parametrize(
    ("written", "key"),
    [("1.10", "1.10"), ("0x1F", "0x1F"), ("~", "~"), ("on", "on"), ("True", "True"), ("'a b'", "a b"), ("007", "007")],
)
def test_a_key_is_the_text_as_written(written: str, key: str) -> None:
    assert plain(f"{written}: x") == {key: "x"}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t\"'\\:#-{}[]\u0085\u2028\u2029")),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab<-:#? ~1.é\u2028", max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def _equal(one: Any, other: Any) -> bool:
    """Equal in value and type; JSON and YAML may write 1.0 where Python wrote 1e0."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return type(one) is type(other) and one == other


@given(json_values)
def test_json_is_read_back_as_the_data_it_was(data: Any) -> None:
    text = json.dumps(data, ensure_ascii=False)
    unprintable = [c for c in text if c != "\u0085" and (0x7F <= ord(c) <= 0x9F or ord(c) in (0xFEFF, 0xFFFE, 0xFFFF))]
    if not unprintable:
        assert _equal(plain(text), data)


@given(json_values, st.booleans())
def test_yaml_is_read_back_as_the_data_it_was(data: Any, flow: bool) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow)
    assert _equal(plain(text), data)


@given(st.text(st.characters() | st.sampled_from("\n :-{}[]&*!|>'\"%@`#,?~<\t"), max_size=60))
def test_any_text_is_data_or_a_spec_error(text: str) -> None:
    try:
        plain(text)
    except SpecError as error:
        assert all(problem.file == "f.yaml" and problem.line for problem in error.problems)  # noqa: PT017


def test_a_written_key_wins_over_a_merged_one_wherever_it_stands() -> None:
    base = "base: &base {a: 1, b: 2}\n"
    assert plain(f"{base}x: {{<<: *base, a: 9}}")["x"] == {"a": 9, "b": 2}
    assert plain(f"{base}x: {{a: 9, <<: *base}}")["x"] == {"a": 9, "b": 2}


def test_of_merged_mappings_the_first_wins() -> None:
    text = "one: &one {a: 1}\ntwo: &two {a: 2, b: 2}\nx: {<<: [*one, *two]}"
    assert plain(text)["x"] == {"a": 1, "b": 2}


def test_a_merged_mapping_hands_on_what_it_merged_itself() -> None:
    text = "a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b, x: 3}"
    assert plain(text)["c"] == {"x": 3, "y": 2}


def test_a_quoted_merge_key_is_only_a_key() -> None:
    assert plain('{"<<": 1}') == {"<<": 1}


def test_only_mappings_merge() -> None:
    assert "only a mapping can be merged" in str(refused("<<: 1"))


def test_anchors_stand_for_their_value() -> None:
    assert plain("a: &x [1, 2]\nb: *x\nc: &y no\nd: *y") == {"a": [1, 2], "b": [1, 2], "c": "no", "d": "no"}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\nb: 2\na: 3", 3, "'a' stands twice"),
        ("a: 1\nx:\n  b: 1\n  b: 2", 4, "'b' stands twice"),
        ("a:\n\tb: 1", 2, "not YAML"),
        ("a: [1\nb: 2", 2, "not YAML"),
        ('a: "open', 1, "not YAML"),
        ("a: *nowhere", 1, "*nowhere names no anchor"),
        ("a: &x [*x]", 1, "*x names no anchor"),
        ("---\na: 1\n---\nb: 2", 3, "a second document"),
        ("a: 1\nb: !!python/name:os.system x", 2, "not allowed"),
        ("a: !own [1]", 1, "not allowed"),
        ("a: !!int x", 1, "not tagged truly"),
        ("a: !!bool maybe", 1, "not tagged truly"),
        ("a: !!int true", 1, "not tagged truly"),
        ("a: !!seq {b: 1}", 1, "not tagged truly"),
        ("a: !!str [1]", 1, "not tagged truly"),
        ("? [1, 2]\n: x", 1, "a key must be text"),
        ("a: 1\nb: \x07", 2, "U+0007"),
        ("a: 1\nb: \x00", 2, "U+0000"),
        ("a: \ud800", 1, "U+D800"),
        ("a: 1\nb: " + "9" * 5000, 2, "more than 4000 digits"),
        ("a: 0x" + "f" * 5000, 1, "more than 4000 digits"),
        ("a: 1e999", 1, "too large"),
        ('a: "\\ud83d\\ude00"', 1, "escape"),
    ],
)
def test_a_mistake_is_shown_at_its_line(text: str, line: int, says: str) -> None:
    (problem,) = refused(text).problems
    assert (problem.file, problem.line) == ("f.yaml", line)
    assert says in problem.what


def test_all_duplicate_keys_are_told_at_once() -> None:
    assert [problem.line for problem in refused("a: 1\na: 2\nb: 1\nb: 2").problems] == [2, 4]


def test_lines_count_from_the_first_line_of_the_text_around_it() -> None:
    with pytest.raises(SpecError) as caught:
        parse_yaml("a: [", file="p.md", first_line=12)
    assert caught.value.problems[0].line == 12


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused_and_nothing_breaks(opening: str) -> None:
    assert "nested deeper" in str(refused(opening * 100_000))


def test_nesting_made_of_anchors_is_refused() -> None:
    step = "[" * 50 + "{}" + "]" * 50
    lines = [f"a0: &a0 {step.format(1)}", *(f"a{i}: &a{i} {step.format(f'*a{i - 1}')}" for i in range(1, 300))]
    assert "once anchors are expanded" in str(refused("\n".join(lines)))


def test_depth_up_to_the_bound_is_read() -> None:
    depth = MAX_DEPTH - 1
    assert plain("[" * depth + "]" * depth) is not None


def test_anchors_that_stand_for_billions_of_values_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 20)]
    assert f"more than {MAX_NODES:,}" in str(refused("\n".join(lines)))


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_count_as_lines(ending: str) -> None:
    assert plain(f"a: 1{ending}b: 2{ending}") == {"a": 1, "b": 2}
    assert refused(f"a: 1{ending}a: 2").problems[0].line == 2


def test_separators_of_unicode_are_characters_and_end_no_line() -> None:
    assert plain("a: |\n  one\u2028two\u0085three\nb: c\u2029d") == {"a": "one\u2028two\u0085three\n", "b": "c\u2029d"}
    assert refused("a: x\u2028y\nb: 1\nb: 2").problems[0].line == 3


def test_an_empty_file_is_nothing() -> None:
    assert plain("") is None
    assert plain("# only a comment\n") is None


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Any) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_yaml(path).plain() == {"a": 1}


@pytest.mark.parametrize(
    ("data", "line"), [(b"a: caf\xe9", 1), ("a: 1".encode("utf-16"), 1), (b"a: 1\nb: 2\nc: \xff", 3)]
)
def test_a_file_that_is_not_utf_8_is_refused_with_the_line(tmp_path: Any, data: bytes, line: int) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(data)
    with pytest.raises(SpecError) as caught:
        read_yaml(path, file="f.yaml")
    (problem,) = caught.value.problems
    assert (problem.what, problem.line, problem.expected) == ("the file is not UTF-8 text", line, "UTF-8")


def test_a_file_too_large_to_read_whole_is_refused_unread(tmp_path: Any) -> None:
    path = tmp_path / "f.yaml"
    with path.open("wb") as sparse:
        sparse.truncate(65 * 2**20)
    with pytest.raises(SpecError, match="too large") as caught:
        read_yaml(path)
    assert (caught.value.problems[0].expected, caught.value.problems[0].got) == ("at most 64 MiB", "65 MiB")


def test_keys_that_stand_for_anchors_are_text() -> None:
    assert plain("a: &n 1\nb: &t true\nc: &z ~\nd: {*n : x, *t : y, *z : w}")["d"] == {
        "1": "x",
        "true": "y",
        "null": "w",
    }


def test_a_missing_file_names_the_nearest(tmp_path: Any) -> None:
    (tmp_path / "feature.yaml").write_text("a: 1")
    with pytest.raises(SpecError) as caught:
        read_yaml(tmp_path / "featrue.yaml")
    assert caught.value.problems[0].nearest == "feature.yaml"


def test_a_folder_and_a_path_through_a_file_are_told_apart(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("")
    for path, what in [(tmp_path, "this is a folder"), (tmp_path / "file" / "x.yaml", "a part of the path")]:
        with pytest.raises(SpecError, match=what):
            read_yaml(path)
