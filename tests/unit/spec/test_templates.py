"""Templates over data rows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import SpecError
from seatrial.spec.templates import compile_expression, compile_template, is_template

ROW = {
    "n": 3,
    "safe": False,
    "name": "Ann",
    "list": [1, 2],
    "map": {"b": {"c": 1}},
    "6b_verification": {"solution": "s"},
    "items": "mine",
    "result": 5,
    "none": None,
}


def value(text: str, row: dict[str, Any] = ROW) -> Any:
    return compile_template(text, file="s.yaml", line=7)(row)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ n }}", 3),
        ("{{ not safe }}", True),
        ("  {{ list }}\n", [1, 2]),
        ("{{- n -}}", 3),
        ("{{ -n }}", -3),
        ("{{ none }}", None),
        ("{{ result }}", 5),
        ("{{ n == 3 and name }}", "Ann"),
        ('{{ row["6b_verification"].solution }}', "s"),
        ('{{ {"a": {"b": n}} }}', {"a": {"b": 3}}),
        ('{{ "}}" }}', "}}"),
        ('{{ list|map("string") }}', ["1", "2"]),
        ("{{ map.items() }}", [["b", {"c": 1}]]),
        ("{{ range(2) }}", [0, 1]),
        ('{{ row["items"] }}', "mine"),
    ],
)
def test_exactly_one_expression_gives_its_value_with_its_type(text: str, expected: object) -> None:
    found = value(text)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x{{ n }}", "x3"),
        ("{{ n }}{{ n }}", "33"),
        ("{{ n }} {{ name }}", "3 Ann"),
        ("{% if safe %}a{% else %}b{% endif %}", "b"),
        ("{{ n }}{# note #}", "3"),
    ],
)
def test_any_other_template_gives_text(text: str, expected: str) -> None:
    assert value(text) == expected


@given(st.text() | st.sampled_from(["{{ n }}", "{% raw %}", "{{", "}}", "{#"]))
def test_what_a_column_contains_is_never_rendered_again(text: str) -> None:
    row = {"x": text, "n": 1}
    assert value("{{ x }}", row) == text
    assert value("<{{ x }}>", row) == f"<{text}>"


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("{{ nmae }}", "name"), ("x {{ nmae }}", "name"), ("{{ row.nmae }}", "name"), ("{{ [nmae] }}", "name")],
)
def test_an_unknown_column_is_a_spec_error_with_the_nearest(text: str, nearest: str) -> None:
    with pytest.raises(SpecError) as caught:
        value(text)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.nearest) == ("s.yaml", 7, nearest)


def test_an_unknown_column_unlike_any_lists_the_columns() -> None:
    with pytest.raises(SpecError) as caught:
        value("{{ zzzzzz }}")
    assert "columns of this row: n, safe" in str(caught.value.problems[0].hint)


@pytest.mark.parametrize(
    "text",
    [
        "{{ row.__class__ }}",
        "{{ name.__class__.__mro__ }}",
        "{{ ''.__init__.__globals__ }}",
        "{{ name.format.__self__ }}{{ '{0.__class__}'.format(n) }}",
        "{{ cycler.__init__.__globals__.os }}",
        "{{ row.update({'n': 4}) }}",
        "{{ list.append(3) }}",
        "{% for i in range(10**9) %}x{% endfor %}",
        "{{ row.keys }}",
        "{% include 'x' %}",
        "{% import 'os' as os %}",
    ],
)
def test_the_sandbox_lets_nothing_out_and_changes_nothing(text: str) -> None:
    with pytest.raises(SpecError):
        value(text)
    assert (ROW["n"], ROW["list"]) == (3, [1, 2])


@pytest.mark.parametrize(
    "text", ["{{ name|dictsort }}", "{{ 1/0 }}", "{{ n + name }}", "{{ name[9] }}", "{{ n() }}", "x{{ name|dictsort }}"]
)
def test_a_fault_while_rendering_is_a_spec_error(text: str) -> None:
    with pytest.raises(SpecError, match=r"s\.yaml:7"):
        value(text)


@pytest.mark.parametrize(
    "text", ["{{ }}", "{{ n", "{% if %}", "{% endif %}", "{{ " + "(" * 3000 + "1" + ")" * 3000 + "}}"]
)
def test_bad_syntax_is_a_spec_error_before_any_row(text: str) -> None:
    with pytest.raises(SpecError, match=r"s\.yaml:7"):
        compile_template(text, file="s.yaml", line=7)


def test_an_expression_without_braces_is_read_alike() -> None:
    assert compile_expression('name == "Ann"', file=None, line=None)(ROW) is True
    with pytest.raises(SpecError):
        compile_expression("name ==", file=None, line=None)


@given(st.lists(st.sampled_from(["{{", "}}", "{%", "%}", " n ", "(", ")", "'", "if", "for", "|", ".", "-", "[", "1"])))
def test_any_template_is_a_value_or_a_spec_error(parts: list[str]) -> None:
    try:
        value("".join(parts))
    except SpecError:
        return


def test_only_braces_make_a_template() -> None:
    assert [is_template(text) for text in ("{{ x }}", "{% x %}", "{ x }", "plain")] == [True, True, False, False]
