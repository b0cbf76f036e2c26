"""What a suite file says becomes cases, and what a case says becomes what is asked and judged."""

from __future__ import annotations

import pytest

from seatrial.core.case import Repeat
from seatrial.core.conversation import Message


def said(request):
    return [message.content for message in request.conversation]


def test_an_ask_is_one_question(project, bench):
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: how are you}]\n")
    model = bench.model(lambda request: "fine")
    run = bench.run(model)
    assert [said(request) for request in model.requests] == [["how are you"]]
    assert (run.suites[0].cases, run.suites[0].passed) == (1, 1)


def test_turns_are_asked_one_after_the_other_with_the_answers_between_them(project, bench):
    project.suite("suite: demo\nchecks: [{contains: re}]\ncases: [{turns: [{user: one}, {user: two}]}]\n")
    model = bench.model(lambda request: f"re {request.conversation[-1].content}")
    bench.run(model)
    assert [said(request) for request in model.requests] == [["one"], ["one", "re one", "two"]]


def test_a_given_assistant_turn_is_said_as_it_stands_and_calls_no_model(project, bench):
    project.suite(
        "suite: demo\nchecks: [{contains: fine}]\n"
        "cases: [{turns: [{user: one, assistant: as it stands}, {user: two}, {user: three, assistant: the end}]}]\n"
    )
    model = bench.model(lambda request: "fine")
    (result,) = bench.run(model).results()
    assert [said(request) for request in model.requests] == [["one", "as it stands", "two"]]
    assert [verdict.turn for verdict in result.verdicts] == [1]


def test_messages_are_a_conversation_up_to_the_users_last(project, bench):
    project.suite(
        """\
        suite: demo
        checks: [{contains: fine}]
        cases:
          - messages:
              - {role: user, content: hi}
              - {role: assistant, content: hello}
              - {role: user, content: and now}
        """
    )
    model = bench.model(lambda request: "fine")
    (result,) = bench.run(model).results()
    assert said(model.requests[0]) == ["hi", "hello", "and now"]
    assert result.input[-1] == Message("user", "and now")


def test_only_vars_fill_a_prompt_that_asks_by_itself(project, bench):
    project.write("prompts/chat.md", "---\ninputs:\n  topic: string\n---\nuser:\nWrite about {{ topic }}.\n")
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{vars: {topic: tea}}]\n")
    model = bench.model(lambda request: "fine")
    run = bench.run(model)
    assert [message.content for message in model.requests[0].messages] == ["Write about tea."]
    assert run.passed


def test_vars_of_the_case_win_over_those_of_the_suite_and_those_of_a_turn_over_both(project, bench):
    project.suite(
        """\
        suite: demo
        vars: {place: suite}
        checks: [{contains: fine}]
        cases:
          - ask: a
          - {ask: b, vars: {place: case}}
          - {turns: [{user: c}, {user: d, vars: {place: turn}}], vars: {place: case}}
        """
    )
    model = bench.model(lambda request: "fine")
    bench.run(model, concurrency=1)
    systems = [request.messages[0].content.strip() for request in model.requests]
    assert systems == ["You are in suite.", "You are in case.", "You are in case.", "You are in turn."]


def test_inline_text_is_literal(project, bench):
    text = "{{ question }} {% if x %}"
    project.suite(
        f"suite: demo\nchecks: [{{contains: '{text}'}}]\ncases: [{{ask: '{text}', vars: {{place: '{text}'}}}}]\n"
    )
    model = bench.model(lambda request: request.conversation[-1].content)
    assert bench.run(model).passed
    assert said(model.requests[0]) == [text]
    assert text in model.requests[0].messages[0].content


def test_a_recorded_answer_is_judged_as_it_stands_and_nothing_is_rendered_or_called(project, bench):
    project.suite(
        """\
        suite: demo
        checks: [{contains: tea}]
        cases:
          - {ask: anything, answer: some tea, vars: {unknown: to the prompt}}
          - {ask: anything else, answer: coffee}
        """
    )
    model = bench.model(lambda request: "never")
    run = bench.run(model)
    first, second = run.results()
    assert model.requests == []
    assert (first.state, first.output, second.state) == ("pass", "some tea", "fail")
    assert first.exchanges[0].attempts == ()
    assert run.summary.cost_usd == 0


def test_checks_of_suite_and_case_judge_every_answer_and_those_of_a_turn_only_its_own(project, bench):
    project.suite(
        """\
        suite: demo
        checks: [{max-words: 50}]
        cases:
          - turns: [{user: one, checks: [{contains: fine}]}, {user: two, checks: [{min-words: 1}]}]
            checks: [{max-chars: 99}]
        """
    )
    (result,) = bench.run().results()
    judged = [(verdict.check, verdict.turn) for verdict in result.verdicts]
    assert judged == [
        ("max-words", 0),
        ("max-chars", 0),
        ("contains", 0),
        ("max-words", 1),
        ("max-chars", 1),
        ("min-words", 1),
    ]


def test_a_conversation_ends_at_the_first_turn_without_an_answer(project, bench):
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{turns: [{user: a}, {user: b}, {user: c}]}]\n")

    def reply(request):
        if request.conversation[-1].content == "b":
            raise bench.failure("miss")
        return "fine"

    model = bench.model(reply)
    (result,) = bench.run(model).results()
    assert model.asked == ["a", "b"]
    assert (result.state, result.error.kind, len(result.exchanges)) == ("error", "miss", 2)


@pytest.mark.parametrize(
    ("written", "meant"),
    [("3", Repeat(3, 3)), ("{times: 5, need: 4}", Repeat(5, 4)), ("{times: 2}", Repeat(2, 2)), ("1", Repeat(1, 1))],
)
def test_repeat_is_a_number_or_times_and_need(project, bench, written, meant):
    project.suite(f"suite: demo\nchecks: [{{contains: a}}]\ncases: [{{ask: q, repeat: {written}}}]\n")
    assert [case.repeat for case in bench.cases()] == [meant]


def test_a_repeated_case_is_asked_again_each_time(project, bench):
    project.suite("suite: demo\nchecks: [{contains: fine}]\ncases: [{ask: q, repeat: 3}]\n")
    model = bench.model(lambda request: "fine")
    run = bench.run(model)
    assert sorted(request.repeat for request in model.requests) == [1, 2, 3]
    assert run.suites[0].cases == 1


def test_name_group_tags_and_place_are_kept(project, bench):
    project.suite(
        """\
        suite: demo
        checks: [{contains: a}]
        cases:
          - ask: q
            name: says a
            group: letters
            tags: [one, 2, one]
        """
    )
    (case,) = bench.cases()
    assert (case.name, case.group, case.tags) == ("says a", "letters", ("one", "2"))
    assert case.source == "evals/demo.yaml:4"


def test_one_run_has_every_suite_of_the_feature(project, bench):
    project.suite("suite: one\nchecks: [{contains: fine}]\ncases: [{ask: q}]\n", "evals/one.yaml")
    project.suite("suite: two\nchecks: [{contains: fine}]\ncases: [{ask: q}]\n", "evals/two.yml")
    assert [suite.suite for suite in bench.run().suites] == ["one", "two"]


@pytest.mark.parametrize("name", ["two", "second", "second.yaml", "evals/second.yaml"])
def test_a_suite_is_chosen_by_its_name_its_file_or_its_path(project, bench, name):
    project.suite("suite: one\nchecks: [{contains: fine}]\ncases: [{ask: q}]\n", "evals/first.yaml")
    project.suite("suite: two\nchecks: [{contains: fine}]\ncases: [{ask: q}]\n", "evals/second.yaml")
    assert [suite.suite for suite in bench.run(suites=[name]).suites] == ["two"]


def test_a_check_that_asks_for_the_case_sees_it_with_its_row(project, bench):
    project.write("evals/own.py", "def right(text, case):\n    return case.row['want'] == text and case.name == 'n1'\n")
    project.rows("evals/d.jsonl", [{"q": "hi", "want": "fine", "n": "n1"}])
    project.suite(
        """\
        suite: demo
        cases:
          - {from: d.jsonl, map: {ask: "{{ q }}", name: "{{ n }}"}, checks: [python: own.py:right]}
        """
    )
    assert bench.run().passed
