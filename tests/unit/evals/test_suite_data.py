"""Cases from data: files and functions, `map`, `types`, and columns that stay what they are."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

ROWS = [{"q": "one", "n": 1, "ok": True}, {"q": "two", "n": 2, "ok": False}]

SUITE = """\
suite: demo
cases:
  - from: {source}
    map: {{ask: "{{{{ q }}}}", id: "{{{{ n }}}}"}}
    checks: [{{contains: "{{{{ q }}}}"}}]
"""


@pytest.fixture
def sources(project):
    project.rows("data/rows.jsonl", ROWS)
    project.write("data/rows.csv", "q,n,ok\none,1,true\ntwo,2,false\n")
    project.write("data/rows.yaml", json.dumps(ROWS))
    code = f"def rows():\n    yield from {ROWS!r}\n"
    project.write("evals/own_rows.py", code)
    project.write("evals/rows_module_of_demo.py", code)
    return project


@pytest.mark.parametrize(
    "source",
    [
        "../data/rows.jsonl",
        "../data/rows.csv",
        "../data/rows.yaml",
        "own_rows.py:rows",
        "rows_module_of_demo:rows",
    ],
)
def test_every_kind_of_source_gives_a_case_a_row_relative_to_the_suite(sources, bench, source):
    sources.suite(SUITE.format(source=source))
    cases = bench.cases()
    assert [(case.id, case.ask) for case in cases] == [("1", "one"), ("2", "two")]
    assert [case.checks for case in cases] == [({"contains": "one"},), ({"contains": "two"},)]


def test_a_case_says_which_row_it_came_from(sources, bench):
    sources.suite(SUITE.format(source="../data/rows.csv"))
    assert [case.source for case in bench.cases()] == ["../data/rows.csv:2", "../data/rows.csv:3"]


def test_a_lone_expression_keeps_its_type_and_any_other_template_is_text(project, bench):
    project.rows("evals/d.jsonl", [{"q": "x", "n": 2, "no": False, "words": ["a", "b"]}])
    project.suite(
        """\
        suite: demo
        cases:
          - from: d.jsonl
            map: {ask: "{{ q }}-{{ n }}", id: "{{ n }}"}
            checks:
              - refusal: "{{ not no }}"
              - max-words: "{{ n + 1 }}"
              - contains-any: "{{ words }}"
              - contains: "{{ n }} {{ no }}"
            tags: ["{{ words[0] }}", "t{{ n }}", plain]
        """
    )
    (case,) = bench.cases()
    assert case.ask == "x-2"
    assert case.checks == (
        {"refusal": True},
        {"max-words": 3},
        {"contains-any": ["a", "b"]},
        {"contains": "2 False"},
    )
    assert case.tags == ("a", "t2", "plain")


def test_columns_that_are_no_names_are_reached_through_row(project, bench):
    project.rows("evals/d.jsonl", [{"6b_verification": {"solution": "A: 4"}, "the question": "2+2", "row": "own"}])
    project.suite(
        """\
        suite: demo
        cases:
          - from: d.jsonl
            map: {ask: "{{ row['the question'] }}", answer: "{{ row['6b_verification'].solution }}"}
            checks: [{contains: "{{ row['row'] }}"}]
        """
    )
    (case,) = bench.cases()
    assert (case.ask, case.answer, case.checks) == ("2+2", "A: 4", ({"contains": "own"},))


def test_a_map_can_give_turns_messages_and_vars(project, bench):
    project.rows("evals/d.jsonl", [{"a": "hi", "b": "again", "p": "town", "log": [{"role": "user", "content": "yo"}]}])
    project.suite(
        """\
        suite: demo
        checks: [{contains: x}]
        cases:
          - from: d.jsonl
            map: {turns: [{user: "{{ a }}", assistant: "said"}, {user: "{{ b }}", checks: [{equals: "{{ p }}"}]}]}
            vars: {place: "{{ p }}"}
          - {from: d.jsonl, map: {messages: "{{ log }}", vars: {place: "{{ p }}"}}}
        """
    )
    turns, messages = bench.cases()
    assert [(turn.user, turn.assistant) for turn in turns.turns] == [("hi", "said"), ("again", None)]
    assert turns.turns[1].checks == ({"equals": "town"},)
    assert turns.vars == messages.vars == {"place": "town"}
    assert messages.messages[0].content == "yo"


def test_cells_of_csv_are_text_until_types_says_otherwise(project, bench):
    project.write("evals/d.csv", "q,n,safe\n007,3,no\n")
    entry = '{from: d.csv, map: {ask: "{{ q }}"}, checks: [{refusal: "{{ not safe }}"}, {max-words: "{{ n }}"}]%s}'
    project.suite("suite: demo\ncases:\n  - " + entry % ", types: {safe: bool, n: int}")
    (case,) = bench.cases()
    assert case.ask == "007"
    assert case.checks == ({"refusal": True}, {"max-words": 3})
    assert case.row == {"q": "007", "n": 3, "safe": False}


@pytest.mark.parametrize(
    ("type_", "cell", "expected"),
    [
        ("bool", "maybe", "true or false"),
        ("int", "1.5", "a whole number"),
        ("number", "many", "a number"),
        ("json", "{", "JSON"),
    ],
)
def test_a_cell_that_does_not_convert_is_named_by_row_and_column(project, bench, type_, cell, expected):
    project.write(
        "evals/d.csv", f'q,c\nx,"{ {"bool": "no", "int": "2", "number": "2.5", "json": "1"}[type_] }"\ny,"{cell}"\n'
    )
    entry = 'from: d.csv, map: {ask: "{{ q }}"}, types: {c: ' + type_ + "}"
    project.suite(f"suite: demo\nchecks: [{{contains: x}}]\ncases: [{{{entry}}}]\n")
    (problem,) = bench.problems()
    assert (problem.where, problem.expected) == ("d.csv:3", expected)
    assert "row 2" in problem.what
    assert "'c'" in problem.what


def test_every_cell_that_does_not_convert_is_told_in_one_load(project, bench):
    project.write("evals/d.csv", "q,n,safe\n1,x,no\n2,5,yes\n3,7,maybe\n4,y,perhaps\n")
    entry = 'from: d.csv, map: {ask: "{{ q }}"}, types: {n: int, safe: bool}'
    project.suite(f"suite: demo\nchecks: [{{contains: x}}]\ncases: [{{{entry}}}]\n")
    assert [problem.where for problem in bench.problems()] == ["d.csv:2", "d.csv:4", "d.csv:5", "d.csv:5"]


def test_types_of_a_column_that_is_not_there_is_an_error(project, bench):
    project.write("evals/d.csv", "q,most\nx,3\ny,4\n")
    entry = 'from: d.csv, map: {ask: "{{ q }}"}, types: {mots: int}, checks: [{max-words: "{{ most }}"}]'
    project.suite(f"suite: demo\ncases: [{{{entry}}}]\n")
    (problem,) = bench.problems()
    assert (problem.where, problem.nearest) == ("d.csv:2", "most")


def test_only_what_map_and_vars_name_reaches_the_prompt(project, bench):
    project.rows("evals/d.jsonl", [{"q": "hi", "place": "secret", "answer": "gold", "id": "7", "tags": ["a"]}])
    project.suite('suite: demo\nchecks: [{contains: fine}]\ncases: [{from: d.jsonl, map: {ask: "{{ q }}"}}]\n')
    model = bench.model(lambda request: "fine")
    bench.run(model)
    assert [message.content.strip() for message in model.requests[0].messages] == ["You are in here.", "hi"]


def test_an_entry_that_maps_nothing_is_told_what_to_write(project, bench):
    project.rows("evals/d.jsonl", [{"ask": "hi", "answer": "the reference, no recorded answer"}])
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases:\n  - from: d.jsonl\n")
    (problem,) = bench.problems()
    assert problem.where == "evals/demo.yaml:4"
    assert "map" in f"{problem.expected} {problem.hint}"


def test_an_undefined_column_is_named_with_the_nearest(project, bench):
    project.rows("evals/d.jsonl", [{"prompt": "hi"}])
    project.suite('suite: demo\nchecks: [{contains: x}]\ncases:\n  - {from: d.jsonl, map: {ask: "{{ promt }}"}}\n')
    (problem,) = bench.problems()
    assert (problem.where, problem.nearest) == ("evals/demo.yaml:4", "prompt")


def test_a_row_whose_column_does_not_fit_is_named(project, bench):
    project.rows("evals/d.jsonl", [{"q": "hi"}, {"q": 5}, {"q": None}])
    project.suite('suite: demo\nchecks: [{contains: x}]\ncases: [{from: d.jsonl, map: {ask: "{{ q }}"}}]\n')
    problems = bench.problems()
    assert [problem.where for problem in problems] == ["d.jsonl:2", "d.jsonl:3"]
    assert [problem.got for problem in problems] == ["the number 5", "nothing"]


def test_a_check_filled_from_a_row_is_checked_before_anything_runs(project, bench):
    project.rows("evals/d.jsonl", [{"q": "hi", "n": 3}, {"q": "ho", "n": "many"}])
    project.suite('suite: demo\ncases: [{from: d.jsonl, map: {ask: "{{ q }}"}, checks: [{max-words: "{{ n }}"}]}]\n')
    (problem,) = bench.problems()
    assert problem.where == "d.jsonl:2"
    assert "max-words" in problem.what


def test_a_data_file_without_rows_is_no_suite_that_passed(project, bench):
    project.write("evals/d.csv", "q\n")
    project.suite('suite: demo\nchecks: [{contains: x}]\ncases: [{from: d.csv, map: {ask: "{{ q }}"}}]\n')
    (problem,) = bench.problems()
    assert "no case" in problem.what


def test_a_function_that_breaks_is_shown_as_the_users(project, bench):
    project.write("evals/own.py", "def rows():\n    yield {'q': 'a'}\n    raise KeyError('gone')\n")
    project.suite('suite: demo\nchecks: [{contains: x}]\ncases: [{from: "own.py:rows", map: {ask: "{{ q }}"}}]\n')
    (problem,) = bench.problems()
    assert "KeyError" in problem.what
    assert problem.file == "own.py:rows"


def test_a_value_that_cannot_be_stored_is_a_mistake_in_its_row(project, bench):
    project.write("evals/own.py", "def rows():\n    yield {'q': 'a', 'thing': object()}\n")
    project.suite('suite: demo\nchecks: [{contains: x}]\ncases: [{from: "own.py:rows", map: {ask: "{{ q }}"}}]\n')
    (problem,) = bench.problems()
    assert problem.where == "own.py:rows:1"


hostile = (
    st.lists(
        st.sampled_from(
            ["{{ q }}", "{{ 7*7 }}", "{% raw %}", "{#", "#}", "{{", "}}", "user:", "\n", "a", "'", "\\", "é", "{%"]
        ),
        min_size=1,
        max_size=6,
    )
    .map("".join)
    .filter(str.strip)
)


@given(text=hostile, name=hostile)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_column_contains_is_never_rendered_again(project, bench, text, name):
    project.rows("evals/d.jsonl", [{"q": text, "n": name}])
    project.suite(
        """\
        suite: demo
        cases:
          - from: d.jsonl
            map: {ask: "{{ q }}", name: "{{ n }}", answer: "<{{ q }}>"}
            vars: {place: "{{ q }}"}
            checks: [{contains: "{{ q }}"}, {not-equals: "[{{ n }}]"}]
            tags: ["{{ n }}"]
        """
    )
    (case,) = bench.cases()
    assert (case.ask, case.name, case.answer, case.tags) == (text, name, f"<{text}>", (name,))
    assert case.vars == {"place": text}
    assert case.checks == ({"contains": text}, {"not-equals": f"[{name}]"})


@given(text=hostile)
@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_column_contains_reaches_the_model_as_it_is(project, bench, text):
    project.rows("evals/d.jsonl", [{"q": text}])
    project.suite('suite: demo\nchecks: [{contains: "x"}]\ncases: [{from: d.jsonl, map: {ask: "{{ q }}"}}]\n')
    model = bench.model(lambda request: "fine")
    bench.run(model)
    (request,) = model.requests
    assert [message.role for message in request.messages] == ["system", "user"]
    assert text.strip() in request.messages[-1].content


def test_turns_from_data_need_a_check_somewhere(project, bench):
    project.rows("evals/d.jsonl", [{"q": "hi", "c": ["starts-lowercase"]}, {"q": "ho", "c": []}])
    entry = '{from: d.jsonl, map: {turns: [{user: "{{ q }}", checks: "{{ c }}"}]}}'
    project.suite(f"suite: demo\ncases: [{entry}]\n")
    (problem,) = bench.problems()
    assert (problem.where, problem.what) == ("d.jsonl:2", "the case has no check to judge it")


@pytest.mark.parametrize("value", ["object()", "'\\ud800'"])
def test_a_check_or_an_ask_filled_with_what_no_file_holds_is_a_mistake(project, bench, value):
    project.write("evals/own.py", f"def rows():\n    yield {{'q': 'a', 'c': {value}}}\n")
    entry = '{from: "own.py:rows", map: {ask: "{{ q }}"}, checks: [{contains: "{{ c }}"}]}'
    project.suite(f"suite: demo\ncases: [{entry}]\n")
    assert [problem.where for problem in bench.problems()] == ["own.py:rows:1"]
    project.write("evals/own.py", "def rows():\n    yield {'q': '\\ud800'}\n")
    project.suite('suite: demo\nchecks: [{contains: a}]\ncases: [{from: "own.py:rows", map: {ask: "{{ q }}"}}]\n')
    assert [problem.where for problem in bench.problems()] == ["own.py:rows:1"]
