"""Readers of nodes: a typed value, or a problem with place, expected and got."""

from collections.abc import Callable
from typing import Any

import pytest

from seatrial.core.errors import Problem, SpecError
from seatrial.spec.nodes import MOST_PROBLEMS, Node, Problems
from seatrial.spec.yaml import parse_yaml


def node(text: str) -> Node:
    return parse_yaml(text, file="f.yaml")


@pytest.mark.parametrize(
    ("text", "read", "value"),
    [
        ("hi", lambda n: n.text("x"), "hi"),
        ("''", lambda n: n.text("x", empty=True), ""),
        ("1.5", lambda n: n.number("x"), 1.5),
        ("3", lambda n: n.integer("x", least=3, most=3), 3),
        ("1500ms", lambda n: n.duration("x", most=1.5), 1.5),
        ("0s", lambda n: n.duration("x", most=1, zero=True), 0.0),
        ("true", lambda n: n.boolean("x"), True),
        ("b", lambda n: n.choice("x", ["a", "b"]), "b"),
        ("[a, b]", lambda n: n.texts("x"), ["a", "b"]),
    ],
)
def test_a_right_value_is_read_without_a_problem(text: str, read: Callable[[Node], Any], value: Any) -> None:
    found = node(text)
    assert read(found) == value
    assert not found.problems.found


@pytest.mark.parametrize(
    ("text", "read", "expected", "got"),
    [
        ("5", lambda n: n.text("x"), "text", "the number 5"),
        ("''", lambda n: n.text("x"), "text", "empty text"),
        ("[1]", lambda n: n.text("x"), "text", "a list of 1"),
        ("hi", lambda n: n.number("x"), "a number", "the text 'hi'"),
        ("true", lambda n: n.number("x"), "a number", "true"),
        (".nan", lambda n: n.number("x", least=0), "a number of at least 0", "the number nan"),
        ("-1", lambda n: n.number("x", least=0), "a number of at least 0", "the number -1"),
        ("9", lambda n: n.integer("x", most=3), "a whole number of at most 3", "the number 9"),
        ("1.0", lambda n: n.integer("x"), "a whole number", "the number 1.0"),
        ("false", lambda n: n.integer("x"), "a whole number", "false"),
        ("30", lambda n: n.duration("x", most=600), "a duration like 800ms or 30s, of at most 10m", "the number 30"),
        ("0s", lambda n: n.duration("x", most=1), "a duration like 800ms or 30s, of at most 1s", "the text '0s'"),
        (
            "25h",
            lambda n: n.duration("x", most=86_400),
            "a duration like 800ms or 30s, of at most 24h",
            "the text '25h'",
        ),
        (
            "2s",
            lambda n: n.duration("x", most=1.5, like="1s"),
            "a duration like 1s, of at most 1500ms",
            "the text '2s'",
        ),
        (
            "[1s]",
            lambda n: n.duration("x", most=9, zero=True),
            "a duration like 800ms or 30s, of at most 9s",
            "a list of 1",
        ),
        ("no", lambda n: n.boolean("x"), "true or false", "the text 'no'"),
        ("c", lambda n: n.choice("x", ["a", "b"]), "a or b", "the text 'c'"),
        ("{a: 1}", lambda n: n.items("x"), "a list", "a mapping with a"),
        ("{}", lambda n: n.items("x"), "a list", "a mapping with no keys"),
        ("", lambda n: n.entries("x"), "a mapping", "nothing"),
        ("a", lambda n: n.texts("x"), "a list", "the text 'a'"),
    ],
)
def test_a_wrong_value_is_noted_with_expected_and_got(
    text: str, read: Callable[[Node], Any], expected: str, got: str
) -> None:
    found = node(text)
    assert read(found) is None
    (problem,) = found.problems.found
    assert (problem.expected, problem.got, problem.file, problem.line) == (expected, got, "f.yaml", 1)


def test_a_choice_almost_right_is_told_the_nearest() -> None:
    found = node("exakt")
    found.choice("match", ["exact", "conversation"])
    assert found.problems.found[0].nearest == "exact"


def test_a_key_is_shown_at_its_own_line_even_when_its_value_stands_below() -> None:
    found = node("good: 1\ngaurds:\n  - x: 1\n")
    found.fields("it", ["good", "guards"])
    (problem,) = found.problems.found
    assert (problem.line, problem.nearest) == (2, "guards")


def test_a_key_of_a_later_version_is_refused_as_such() -> None:
    found = node("guards:\n  input: []\n")
    found.fields("it", ["models"], later=["guards"])
    (problem,) = found.problems.found
    assert (problem.what, problem.line) == ("guards: not in this version", 1)
    assert problem.hint


def test_an_unknown_key_without_a_near_one_is_told_what_is_known() -> None:
    found = node("zzz: 1")
    found.fields("it", ["models", "prompt"])
    assert found.problems.found[0].hint == "known keys: models, prompt"


def test_missing_keys_are_told_all_at_once() -> None:
    found = node("a: 1")
    found.fields("it", ["a", "b", "c"], required=["a", "b", "c"])
    assert [problem.expected for problem in found.problems.found] == ["the key 'b'", "the key 'c'"]


def test_the_same_mistake_is_told_once_and_a_flood_is_cut() -> None:
    problems = Problems()
    for number in range(2 * MOST_PROBLEMS):
        problems.add(Problem(what=f"mistake {number}"))
        problems.add(Problem(what="the same"))
    with pytest.raises(SpecError) as caught:
        problems.raise_any()
    assert len(caught.value.problems) == MOST_PROBLEMS
    assert sum(problem.what == "the same" for problem in caught.value.problems) == 1


def test_walk_visits_every_value_once() -> None:
    assert [n.value for n in node("a: [1, {b: 2}]").walk() if n.kind == "scalar"] == [1, 2]
