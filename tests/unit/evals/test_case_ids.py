"""A case is who it is by what it asks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatrial.core.case import Case, Turn


def ids(project, bench, cases: str) -> list[str]:
    project.suite(f"suite: demo\nchecks: [{{contains: a}}]\ncases:\n{cases}")
    return [case.id for case in bench.cases()]


def test_the_id_given_is_the_id(project, bench):
    assert ids(project, bench, "  - {ask: a, id: first}\n  - {ask: a, id: 2}\n") == ["first", "2"]


def test_equal_cases_are_told_apart_by_a_number(project, bench):
    first, second, third, other = ids(project, bench, "  - ask: a\n  - ask: a\n  - ask: a\n  - ask: b\n")
    assert (second, third) == (f"{first}-2", f"{first}-3")
    assert other != first


def test_a_number_never_takes_an_id_that_was_given(project, bench):
    (made,) = ids(project, bench, "  - ask: a\n")
    found = ids(project, bench, f"  - ask: a\n  - {{ask: b, id: {made}-2}}\n  - ask: a\n")
    assert len(set(found)) == 3
    assert found[:2] == [made, f"{made}-2"]


@pytest.mark.parametrize(
    "more",
    ["checks: [{max-words: 3}]", "tags: [x]", "name: a name", "group: g", "threshold: 0.5", "repeat: 2", "answer: x"],
)
def test_what_does_not_change_what_is_asked_does_not_change_the_id(project, bench, more):
    before = ids(project, bench, "  - {ask: a, vars: {place: x}}\n")
    assert ids(project, bench, f"  - {{ask: a, vars: {{place: x}}, {more}}}\n") == before


@pytest.mark.parametrize(
    "other",
    ["{ask: b, vars: {place: x}}", "{ask: a}", "{ask: a, vars: {place: y}}", "{turns: [{user: a}], vars: {place: x}}"],
)
def test_what_changes_what_is_asked_changes_the_id(project, bench, other):
    before = ids(project, bench, "  - {ask: a, vars: {place: x}}\n")
    assert ids(project, bench, f"  - {other}\n") != before


def test_a_column_that_is_not_used_does_not_change_the_id(project, bench):
    entry = '  - {from: d.jsonl, map: {ask: "{{ q }}"}}\n'
    project.rows("evals/d.jsonl", [{"q": "a", "note": 1}])
    before = ids(project, bench, entry)
    project.rows("evals/d.jsonl", [{"q": "a", "note": 2, "more": 3}])
    assert ids(project, bench, entry) == before
    assert ids(project, bench, "  - ask: a\n") == before


texts = st.text(max_size=8)
values = st.dictionaries(texts, texts | st.integers() | st.none(), max_size=3)
turns = st.lists(st.builds(Turn, texts, values, texts | st.none()), max_size=3).map(tuple)
asked = st.tuples(texts | st.none(), turns, values)


@given(one=asked, other=asked)
@settings(deadline=None)
def test_two_cases_have_one_id_exactly_when_they_ask_the_same(one, other):
    first, second = (Case(id="", ask=ask, turns=turns, vars=given) for ask, turns, given in (one, other))
    assert (first.input_digest() == second.input_digest()) == (one == other)


@given(given=values, data=st.data())
@settings(deadline=None)
def test_the_order_of_variables_is_no_part_of_the_id(given, data):
    shuffled = dict(data.draw(st.permutations(list(given.items()))))
    assert Case(id="", vars=given).input_digest() == Case(id="", vars=shuffled).input_digest()
