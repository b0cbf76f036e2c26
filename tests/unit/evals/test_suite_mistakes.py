"""Every mistake in suite files is named at its line, all at once, and nothing runs."""

from __future__ import annotations

import pytest

from seatrial.evals.suite_file import LATER


def where_and_what(problems):
    return {problem.where: problem.what for problem in problems}


def test_all_mistakes_of_all_files_are_reported_at_once(project, bench):
    project.suite(
        """\
        suite: one
        chekcs: [{contains: a}]
        checks:
          - max-word: 3
          - max-words: many
        gate: {pass_rate: 0.9}
        cases:
          - ask: q
            tag: [x]
          - turns:
              - {user: a, asistant: b}
        """,
        "evals/one.yaml",
    )
    project.suite("suite: two\nchecks: [{regex: '('}]\ncases: [{ask: q, turns: [{user: q}]}]\n", "evals/two.yaml")
    problems = bench.problems()
    nearest = {problem.where: problem.nearest for problem in problems if problem.nearest}
    assert nearest == {
        "evals/one.yaml:2": "checks",
        "evals/one.yaml:4": "max-words",
        "evals/one.yaml:9": "tags",
        "evals/one.yaml:11": "assistant",
    }
    assert sorted({problem.where for problem in problems} - set(nearest)) == [
        "evals/one.yaml:5",
        "evals/one.yaml:6",
        "evals/two.yaml:2",
        "evals/two.yaml:3",
    ]
    assert len(problems) == 8


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("{ask: a, turns: [{user: b}]}", "ask and turns stand together"),
        ("{ask: a, messages: [{role: user, content: b}]}", "ask and messages stand together"),
        ("{turns: [{user: b}], messages: [{role: user, content: b}]}", "turns and messages stand together"),
        ("{name: asks nothing}", "the case asks nothing"),
        ("{answer: only an answer}", "the case asks nothing"),
    ],
)
def test_a_case_asks_exactly_one_thing(project, bench, case, said):
    project.suite(f"suite: demo\nchecks: [{{contains: a}}]\ncases:\n  - {{ask: fine}}\n  - {case}\n")
    assert where_and_what(bench.problems()) == {"evals/demo.yaml:5": said}


@pytest.mark.parametrize(
    "case",
    [
        "{ask: 5}",
        "{ask: }",
        "{ask: a, id: ''}",
        "{ask: a, id: [1]}",
        "{ask: a, threshold: 1.5}",
        "{ask: a, threshold: high}",
        "{ask: a, tags: one}",
        "{ask: a, tags: [[x]]}",
        "{ask: a, vars: [x]}",
        "{ask: a, repeat: 0}",
        "{ask: a, repeat: {times: 2, need: 3}}",
        "{ask: a, repeat: {times: 2, needs: 1}}",
        "{ask: a, repeat: many}",
        "{ask: a, checks: {contains: a}}",
        "{ask: a, answer: x, repeat: 2}",
        "{turns: []}",
        "{turns: [{assistant: a}]}",
        "{turns: [{user: 5}]}",
        "{turns: [{user: a, assistant: b}]}",
        "{turns: [{user: a, assistant: b, checks: [{contains: a}]}, {user: b}]}",
        "{turns: [{user: a}], answer: x}",
        "{turns: {user: a}}",
        "{messages: []}",
        "{messages: [{role: user}]}",
        "{messages: [{role: assistant, content: a}]}",
        "{messages: [{role: system, content: a}, {role: user, content: b}]}",
        "{messages: [{role: user, content: b, name: x}]}",
        "[a]",
        "just text",
    ],
)
def test_a_wrong_field_is_one_mistake_at_the_line_of_the_case(project, bench, case):
    project.suite(f"suite: demo\nchecks: [{{contains: a}}]\ncases:\n  - {case}\n")
    assert [problem.where for problem in bench.problems()] == ["evals/demo.yaml:4"]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("checks: [{contains: a}]\ncases: [{ask: q}]\n", [1]),
        ("suite: demo\n", [1]),
        ("suite: demo\ncases: []\n", [2]),
        ("suite: 5\nchecks: [{contains: a}]\ncases: [{ask: q}]\n", [1]),
        ("suite: demo\ncases:\n  - ask: q\n", [3]),
        ("suite: demo\nchecks: [{contains: a}]\nvars: [a]\ncases: [{ask: q}]\n", [3]),
        ("suite: demo\nchecks: [{contains: a}]\nsimulate: {}\ncases: [{ask: q}]\n", [3]),
        ("- suite\n", [1]),
        ("", [1]),
    ],
)
def test_a_wrong_suite_is_named_at_its_line(project, bench, text, lines):
    project.suite(text)
    assert [problem.line for problem in bench.problems()] == lines


@pytest.mark.parametrize("key", [*LATER, "knowledge"])
@pytest.mark.parametrize(
    ("suite", "line"),
    [
        ("checks: [{contains: a}]\ncases: [{ask: q}]\nKEY: x\n", 4),
        ("checks: [{contains: a}]\ncases:\n  - ask: q\n    KEY: x\n", 5),
        ("checks: [{contains: a}]\ncases:\n  - from: d.jsonl\n    map: {ask: hi}\n    KEY: x\n", 6),
    ],
)
def test_a_key_of_a_later_version_is_refused_as_such(project, bench, suite, line, key):
    project.rows("evals/d.jsonl", [{"q": "hi"}])
    project.suite("suite: demo\n" + suite.replace("KEY", key))
    assert where_and_what(bench.problems()) == {f"evals/demo.yaml:{line}": f"{key}: not in this version"}


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{from: none.jsonl, map: {ask: '{{ q }}'}}", "there is no file"),
        ("{from: d.txt, map: {ask: '{{ q }}'}}", "from: is not right"),
        ("{from: d.jsonl, map: {aks: '{{ q }}'}}", "unknown key 'aks'"),
        ("{from: d.jsonl, maps: {ask: '{{ q }}'}}", "unknown key 'maps'"),
        ("{from: d.jsonl, map: {ask: '{{ q'}}", "cannot be read"),
        ("{from: d.jsonl, map: {ask: '{{ q }}'}, types: {q: boolean}}", "the type of q"),
        ("{from: d.jsonl, map: {ask: '{{ q }}', vars: {place: a}}, vars: {place: b}}", "vars stands in map"),
        ("{from: 'nowhere_to_be_found:rows', map: {ask: '{{ q }}'}}", "there is no Python module"),
        ("{from: d.jsonl, map: {ask: '{{ q }}'}, checks: [{max-word: 3}]}", "no check named"),
        ("{from: d.jsonl, map: {ask: '{{ q }}'}, ask: hi}", "unknown key 'ask'"),
    ],
)
def test_a_wrong_entry_with_data_is_named_at_its_line(project, bench, entry, said):
    project.rows("evals/d.jsonl", [{"q": "hi"}])
    project.suite(f"suite: demo\nchecks: [{{contains: a}}]\ncases:\n  - {entry}\n")
    found = where_and_what(bench.problems())
    assert list(found) == ["evals/demo.yaml:4"]
    assert said in found["evals/demo.yaml:4"]


def test_variables_the_prompt_does_not_take_or_needs_are_named_at_the_case(project, bench):
    project.write(
        "prompts/chat.md", "---\ninputs:\n  question: string\n  place: string\n---\nuser:\n{{ question }} {{ place }}\n"
    )
    project.suite(
        """\
        suite: demo
        checks: [{contains: a}]
        cases:
          - {ask: a, vars: {place: x}}
          - {ask: b, vars: {place: x, plcae: y}}
          - ask: c
          - {ask: d, vars: {place: 7}}
          - turns: [{user: e}, {user: f}]
            vars: {place: x}
        """
    )
    problems = bench.problems()
    assert [problem.where for problem in problems] == [f"evals/demo.yaml:{line}" for line in (5, 6, 7, 8)]
    assert problems[0].nearest == "place"
    assert "needs 'place'" in problems[1].what
    assert "earlier messages" in problems[3].what


def test_a_variable_of_the_whole_suite_that_fits_no_prompt_is_one_mistake(project, bench):
    project.suite("suite: demo\nvars: {plaec: x}\nchecks: [{contains: a}]\ncases: [{ask: a}, {ask: b}]\n")
    problems = bench.problems()
    assert [(problem.where, problem.nearest) for problem in problems] == [("evals/demo.yaml:2", "place")]


def test_the_same_mistake_of_every_row_of_a_file_is_shown_once(project, bench):
    project.rows("evals/d.jsonl", [{"q": str(number)} for number in range(20)])
    project.suite(
        'suite: demo\nchecks: [{contains: a}]\ncases: [{from: d.jsonl, map: {ask: "{{ q }}"}, vars: {plaec: x}}]\n'
    )
    assert [problem.where for problem in bench.problems()] == ["d.jsonl:1"]


def test_every_id_given_twice_is_named(project, bench):
    project.suite(
        """\
        suite: demo
        checks: [{contains: a}]
        cases:
          - {ask: a, id: x}
          - {ask: b, id: x}
          - {ask: c, id: y}
          - {ask: d, id: y}
        """
    )
    problems = bench.problems()
    assert [problem.where for problem in problems] == ["evals/demo.yaml:5", "evals/demo.yaml:7"]
    assert "'x'" in problems[0].what


def test_two_suites_of_one_name_are_a_mistake(project, bench):
    text = "suite: tone\nchecks: [{contains: a}]\ncases: [{ask: q}]\n"
    project.suite(text, "evals/a.yaml")
    project.suite(text, "evals/b.yaml")
    (problem,) = bench.problems()
    assert problem.where == "evals/b.yaml:1"
    assert "evals/a.yaml" in str(problem)


def test_a_suite_that_is_not_there_is_named_with_the_nearest(project, bench):
    project.suite("suite: tone\nchecks: [{contains: a}]\ncases: [{ask: q}]\n", "evals/tone.yaml")
    assert [problem.nearest for problem in bench.problems(suites=["toen", "tnoe"])] == ["tone", "tone"]


def test_a_feature_without_suites_says_how_to_write_one(bench):
    (problem,) = bench.problems()
    assert "no suites" in problem.what
    assert problem.hint


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"concurency": 3}, "concurrency"),
        ({"concurrency": 0}, ">= 1"),
        ({"sample": 0}, ">= 1"),
        ({"resume": "newest", "rejudge": "x"}, "exclude"),
        ({"rejudge": "x", "record": True}, "exclude"),
        ({"filter": ["nothing like it"]}, "no case fits"),
        ({"model": ["mian"]}, "main"),
        ({"prompt": ["prompts/chta.md"]}, "chta.md"),
        ({"resume": "nothing"}, "no run"),
        ({"rejudge": "nothing"}, "no run"),
        ({"failed": True}, "no run yet"),
    ],
)
def test_a_wrong_option_stops_before_anything_is_asked(project, bench, options, said):
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: q}]\n")
    (problem,) = bench.problems(**options)
    assert said in str(problem)


def test_an_option_with_one_name_may_be_text(project, bench):
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: q, name: one}, {ask: r, name: two}]\n")
    assert bench.run(filter="one").suites[0].cases == 1
