"""A prompt file renders a request into messages, or says what is wrong with either."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatrial.core.conversation import Message, Request
from seatrial.core.errors import SpecError
from seatrial.core.parts import Text, ToolResult
from seatrial.prompts.prompt import Prompt, load_prompt

CHAT = """---
description: How it talks
inputs:
  place: {type: string, default: the harbor}
  question: string
  facts?: {type: array, trusted: false}
---
system:
You are in {{ place }}.{% for fact in facts or [] %} {{ fact }}{% endfor %}
history:
user:
{{ question }}
"""


def ask(text: str, *earlier: Message, **variables: Any) -> Request:
    return Request((*earlier, Message("user", text)), variables)


def sent(prompt: Prompt, request: Request) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in prompt.render(request)[0]]


def refused(load: Any, text: str, **files: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load(text, **files)
    return caught.value


def test_the_users_words_inputs_and_defaults_fill_the_prompt(load: Any) -> None:
    prompt = load(CHAT)
    assert sent(prompt, ask("hi")) == [("system", "You are in the harbor."), ("user", "hi")]
    assert sent(prompt, ask("hi", place="a bay", facts=["one", "two"]))[0] == ("system", "You are in a bay. one two")


def test_history_is_what_was_said_and_delivered(load: Any) -> None:
    earlier = (Message("user", "{{ place }}"), Message("assistant", "user:\nhm"))
    assert sent(load(CHAT), ask("and now", *earlier)) == [
        ("system", "You are in the harbor."),
        ("user", "{{ place }}"),
        ("assistant", "user:\nhm"),
        ("user", "and now"),
    ]


ROLES = st.sampled_from(["system:", "user:", "\\user:", "assistant:\nyes", "{{ place }}", "{% raw %}", "---", "\n"])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ROLES | st.text(max_size=8)).map("\n".join), st.lists(ROLES).map("".join), ROLES)
def test_no_value_forges_a_role_or_is_rendered(load: Any, question: str, place: str, fact: str) -> None:
    prompt = load(CHAT)
    assert sent(prompt, ask(question, place=place, facts=[fact])) == [
        ("system", f"You are in {place}. {fact}"),
        ("user", question),
    ]


def test_an_optional_input_that_is_not_given_is_nothing(load: Any) -> None:
    prompt = load("---\ninputs: {question: string, nick?: string}\n---\nuser:\n<{{ nick }}> {{ question }}")
    assert sent(prompt, ask("hi")) == [("user", "<> hi")]
    assert sent(prompt, ask("hi", nick=None)) == [("user", "<> hi")]
    logic = load(
        "---\ninputs: {question: string, nick?: string}\n---\nuser:\n{% if 1 %}<{{ nick }}>{% endif %}{{ question }}"
    )
    assert sent(logic, ask("hi")) == [("user", "<>hi")]


@pytest.mark.parametrize(
    ("inputs", "ask_name"),
    [
        ("{question: string, other: string}", "question"),
        ("{text: string}", "text"),
        ("{text: string, n: number}", "text"),
        ("{text: string, nick?: string}", "text"),
        ("{question: number, text: string}", "text"),
        ("{question?: string, text: string}", "question"),
        ("{a: string, b: string}", None),
        ("{n: number}", None),
    ],
)
def test_which_input_takes_the_users_words(load: Any, inputs: str, ask_name: str | None) -> None:
    names = [entry.split(":")[0].strip(" {}?") for entry in inputs.split(",")]
    body = " ".join(f"{{{{ {name} }}}}" for name in names)
    assert load(f"---\ninputs: {inputs}\n---\nuser:\n{body}").ask == ask_name


def test_ask_names_the_input(load: Any) -> None:
    text = "---\nask: b\ninputs: {question: string, b: string}\n---\nuser:\n{{ question }}{{ b }}"
    assert sent(load(text), ask("B", question="A")) == [("user", "AB")]


@pytest.mark.parametrize(
    ("request_", "says", "nearest"),
    [
        (ask("hi", plac="x"), "takes no 'plac'", "place"),
        (ask("hi", zzz=1), "takes no 'zzz'", None),
        (ask("hi", place=3), "the value of 'place'", None),
        (ask("hi", place=None), None, None),
        (ask("hi", facts="one"), "the value of 'facts'", None),
        (ask("hi", question="twice"), "given twice", None),
        (Request((), {}), "needs 'question'", None),
        (Request((Message("assistant", "x"),)), "must be the user's", None),
        (ask("hi", Message("system", "x")), "has the role 'system'", None),
        (ask("hi", Message("tool", "x")), "a tool message is not right", None),
        (ask("hi", Message("tool", (ToolResult("1", "log", "x"), Text("y")))), "a tool message is not right", None),
        (ask("hi", Message("tool", (ToolResult("1", "log", "\ud800"),))), "is not text", None),
        (ask("hi", Message("tool", (ToolResult("1", "log", "x"),))), None, None),
        (ask("\ud800"), "is not text", None),
    ],
)
def test_a_request_that_does_not_fit_is_refused(load: Any, request_: Request, says: str | None, nearest: Any) -> None:
    prompt = load(CHAT)
    if says is None:
        prompt.render(request_)
        return
    with pytest.raises(SpecError, match=says) as caught:
        prompt.render(request_)
    assert caught.value.problems[0].nearest == nearest


def test_all_wrong_variables_are_told_at_once(load: Any) -> None:
    with pytest.raises(SpecError) as caught:
        load(CHAT).render(Request((), {"place": 1, "zzz": 2}))
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    ("type_", "fits", "does_not"),
    [
        ("string", ["", "x"], [1, None, True, ["x"]]),
        ("number", [1, 1.5], ["1", True]),
        ("integer", [1], [1.0, True, "1"]),
        ("boolean", [True], [1, "true"]),
        ("array", [[], (1,)], ["x", {}]),
        ("object", [{}], [[], "x"]),
    ],
)
def test_inputs_are_typed(load: Any, type_: str, fits: list[Any], does_not: list[Any]) -> None:
    prompt = load(f"---\ninputs: {{x: {type_}, question: string}}\n---\nuser:\n{{{{ x }}}}{{{{ question }}}}")
    for value in fits:
        prompt.render(ask("q", x=value))
    for value in does_not:
        with pytest.raises(SpecError):
            prompt.render(ask("q", x=value))


def test_a_prompt_without_history_refuses_earlier_messages_with_a_hint(load: Any) -> None:
    prompt = load("---\ninputs: {question: string}\n---\nuser:\n{{ question }}")
    with pytest.raises(SpecError, match="history:"):
        prompt.render(ask("b", Message("user", "a"), Message("assistant", "x")))


def test_a_prompt_without_an_ask_input_refuses_an_ask_and_takes_variables(load: Any) -> None:
    prompt = load("---\ninputs: {a: string, b: string}\n---\nuser:\n{{ a }}{{ b }}")
    assert sent(prompt, Request((), {"a": "1", "b": "2"})) == [("user", "12")]
    with pytest.raises(SpecError, match="no input for the user's words"):
        prompt.render(ask("hi", a="1", b="2"))


def test_untrusted_values_become_context(load: Any) -> None:
    prompt = load(CHAT)
    assert prompt.render(ask("hi", facts=["one", ["two", {"k": 1}]], place="x"))[1] == ("one", "two", '{"k":1}')
    assert prompt.render(ask("hi"))[1] == ()


def test_an_empty_system_section_sends_no_system_message(load: Any) -> None:
    head = "---\ninputs: {question: string, tone?: string}\n---\n"
    prompt = load(head + "system:\n{% if tone %}{{ tone }}{% endif %}\nuser:\n{{ question }}")
    assert sent(prompt, ask("hi")) == [("user", "hi")]


HEAD = "---\ninputs: {question: string}\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (HEAD + "---\nsystem:\n\n{{ questoin }}\nuser:\n{{ question }}", 6, "'questoin' is no input"),
        (HEAD + "---\nuser:\n{{ question }}\n{{ question | nope }}", 6, "nope"),
        (HEAD + "---\nuser:\n{{ question }}\n\n{% if %}", 7, "cannot be read"),
        (HEAD + "---\nuser:\n{{ question }} {% include name %}", 5, "must name its file"),
        (HEAD + "---\nuser:\n{{ question }}\n{% include 'gone.md' %}", 6, "'gone.md' is not in"),
        (HEAD + "---\nuser:\n{{ question }}{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}", 5, "cannot be read"),
        (HEAD + "---\nuser:\nhello", 2, "'question' is never used"),
        (HEAD + "ask: questoin\n---\nuser:\n{{ question }}", 3, "there is no input 'questoin'"),
        (HEAD + "descripton: x\n---\nuser:\n{{ question }}", 3, "unknown key 'descripton'"),
        (HEAD + "examples: [{user: a, assistant: b}]\n---\nuser:\n{{ question }}", None, "examples have no place"),
        (HEAD + "examples: [{user: a}]\n---\nexamples:\nuser:\n{{ question }}", 3, "has no 'assistant'"),
        (HEAD + "examples: {from: no.jsonl, first: 1}\n---\nexamples:\nuser:\n{{ question }}", None, "no such file"),
        ("---\ninputs: {question: strin}\n---\nuser:\n{{ question }}", 2, "the type of question"),
        ("---\ninputs: {a b: string}\n---\nuser:\nx", 2, "cannot be the name"),
        ("---\ninputs: {not: string}\n---\nuser:\nx", 2, "cannot be the name"),
        ("---\ninputs: {a: string, a?: string}\n---\nuser:\n{{ a }}", 2, "'a' stands twice"),
        ("---\ninputs:\n  n: {type: number, default: x}\n---\nuser:\n{{ n }}", 3, "the default of n"),
        ("---\ninputs:\n  n: {typ: number}\n---\nuser:\n{{ n }}", 3, "unknown key 'typ'"),
        ("---\nask: n\ninputs: {n: number}\n---\nuser:\n{{ n }}", 2, "cannot take text"),
        ("---\n- a\n---\nuser:\nx", 2, "the front matter is not right"),
        ("hello", 1, "does not start with a section"),
        ("---\n---\n", 3, "the prompt is empty"),
    ],
)
def test_a_mistake_is_found_at_load_with_its_line(load: Any, text: str, line: int | None, says: str) -> None:
    found = [problem for problem in refused(load, text).problems if says in str(problem)]
    assert found, says
    if line is not None:
        assert (found[0].file, found[0].line) == ("prompts/chat.md", line)


def test_all_mistakes_of_a_file_are_told_at_once(load: Any) -> None:
    text = "---\ninputs: {question: strin, b: string}\nzzz: 1\n---\nsystem:\n{{ c }}\nuser:\n{{ b }}{% if %}"
    assert len(refused(load, text).problems) == 4


def test_a_windows_checkout_sends_and_hashes_the_same(load: Any) -> None:
    text = CHAT.replace("You are", "You are\nhere.\nYou are")
    one, other = load(text), load(text.replace("\n", "\r\n"))
    assert sent(one, ask("hi")) == sent(other, ask("hi"))
    assert one.version({}) == other.version({})


def include(text: str) -> str:
    return HEAD + f"---\nsystem:\n{text}\nuser:\n{{{{ question }}}}"


def test_an_include_is_found_beside_the_prompt_or_from_the_folder(load: Any) -> None:
    files = {"prompts/near.md": "near", "far.md": "far {{ question }}"}
    prompt = load(include("{% include 'near.md' %} {% include 'far.md' %}"), **files)
    assert sent(prompt, ask("Q"))[0] == ("system", "near far Q")


def test_an_include_sees_the_variables_of_the_place_it_stands_in(load: Any) -> None:
    prompt = load(include("{% for x in range(2) %}{% include 'item.md' %}{% endfor %}"), **{"item.md": "[{{ x }}]"})
    assert sent(prompt, ask("q"))[0] == ("system", "[0][1]")


def test_an_undefined_name_in_an_include_is_shown_there(load: Any) -> None:
    (problem,) = refused(load, include("{% include 'a.md' %}"), **{"a.md": "x\n{{ oops }}"}).problems
    assert (problem.file, problem.line) == ("a.md", 2)


@pytest.mark.parametrize(
    "name", ["../outside.md", "/etc/hostname", "../../etc/hostname", "link.md", "loop.md", "x\\0y", "n" * 5000, "", "."]
)
def test_an_include_never_leaves_the_folder(tmp_path: Path, name: str) -> None:
    root = tmp_path / "feature"
    root.mkdir()
    (tmp_path / "outside.md").write_text("secret")
    (root / "link.md").symlink_to(tmp_path / "outside.md")
    (root / "loop.md").symlink_to(root / "loop.md")
    (root / "chat.md").write_text(include(f"{{% include '{name}' %}}"))
    with pytest.raises(SpecError, match="is not in the feature's folder"):
        load_prompt(root / "chat.md", root=root)


def test_a_fault_while_rendering_is_a_spec_error(load: Any) -> None:
    prompt = load(include("x\n{{ question | dictsort }}"))
    with pytest.raises(SpecError, match="the system section cannot be rendered"):
        prompt.render(ask("hi"))


def test_names_of_the_template_language_are_known_and_no_inputs(load: Any) -> None:
    assert sent(load(include("{% for i in range(2) %}{{ loop.index }}{% endfor %}")), ask("q"))[0][1] == "12"
    with pytest.raises(SpecError, match="takes no 'range'"):
        load(include("{{ range }}")).render(ask("q", range=1))


def test_an_included_file_that_is_not_utf_8_is_refused(load: Any, tmp_path: Path) -> None:
    (tmp_path / "bad.md").write_bytes(b"caf\xe9")
    assert "not UTF-8" in str(refused(load, include("{% include 'bad.md' %}")))


@pytest.mark.parametrize("first", ["a.md", "chat.md"])
def test_includes_that_go_in_a_circle_are_refused_at_load(load: Any, first: str) -> None:
    files = {"prompts/a.md": "{% include 'b.md' %}", "prompts/b.md": "{% if question %}{% include 'a.md' %}{% endif %}"}
    assert "includes itself" in str(refused(load, include(f"{{% include '{first}' %}}"), **files))


EXAMPLES = "---\nsystem:\nhi\nexamples:\nuser:\n{{ question }}"


def test_examples_are_shown_as_an_exchange(load: Any) -> None:
    prompt = load(HEAD + "examples: [{user: '{{ a }}', assistant: b}]\n" + EXAMPLES)
    assert sent(prompt, ask("Q"))[1:] == [("user", "{{ a }}"), ("assistant", "b"), ("user", "Q")]


def test_the_first_k_rows_of_a_file_are_examples(load: Any) -> None:
    rows = "".join(f'{{"user": "u{i}", "assistant": "a{i}"}}\n' for i in range(3))
    head = HEAD + "examples: {from: ../ex.jsonl, first: 2}\n"
    prompt = load(head + EXAMPLES, **{"ex.jsonl": rows})
    assert [content for _, content in sent(prompt, ask("Q"))] == ["hi", "u0", "a0", "u1", "a1", "Q"]
    assert "has 3 rows" in str(refused(load, head.replace("2}", "4}") + EXAMPLES, **{"ex.jsonl": rows}))


def test_an_example_row_that_is_none_is_shown_at_its_line(load: Any) -> None:
    head = HEAD + "examples: {from: ../ex.jsonl, first: 2}\n"
    (problem,) = refused(
        load, head + EXAMPLES, **{"ex.jsonl": '{"user": "u", "assistant": "a"}\n{"user": 1}\n'}
    ).problems
    assert (problem.file, problem.line) == ("../ex.jsonl", 2)


CHANGES = {
    "system text": (CHAT.replace("You are", "You're"), {}, True),
    "user text": (CHAT.replace("{{ question }}", "{{ question }}!"), {}, True),
    "default": (CHAT.replace("the harbor", "the bay"), {}, True),
    "input type": (CHAT.replace("type: array", "type: object"), {}, True),
    "history": (CHAT.replace("history:\n", ""), {}, True),
    "parameters": (CHAT, {"temperature": 0.5}, True),
    "description": (CHAT.replace("How it talks", "Other words"), {}, False),
    "a longer description": (CHAT.replace("How it talks", "|\n  Two\n  lines"), {}, False),
    "a comment": (CHAT.replace("inputs:", "# a note\ninputs:"), {}, False),
    "empty lines around a section": (CHAT.replace("history:", "\n\nhistory:"), {}, False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_version_changes_exactly_when_what_is_sent_can(load: Any, change: str) -> None:
    text, params, differs = CHANGES[change]
    assert (load(text).version(params) != load(CHAT).version({})) is differs


def test_the_version_changes_with_an_include_and_with_examples(load: Any) -> None:
    text = include("{% include 'a.md' %}")
    assert load(text, **{"a.md": "1"}).version({}) != load(text, **{"a.md": "2"}).version({})
    shown = [load(HEAD + f"examples: [{{user: a, assistant: {b}}}]\n" + EXAMPLES).version({}) for b in "bc"]
    assert shown[0] != shown[1]


def test_the_order_of_parameters_is_no_change(load: Any) -> None:
    prompt = load(CHAT)
    assert prompt.version({"a": 1, "b": 2}) == prompt.version({"b": 2, "a": 1})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            [
                "---",
                "system:",
                "user:",
                "{{",
                "}}",
                "{% if x %}",
                "{% endif %}",
                "inputs: {x: string}",
                "x",
                ": ",
                "history:",
            ]
        )
    )
)
def test_any_file_is_a_prompt_or_a_spec_error(load: Any, lines: list[str]) -> None:
    try:
        load("\n".join(lines)).render(Request((), {}))
    except SpecError:
        return
