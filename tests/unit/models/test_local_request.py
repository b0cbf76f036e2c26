"""What a request says to a model in this process."""

from __future__ import annotations

from typing import Any

import pytest

from seatrial.core.conversation import Message, ModelRequest, Tool
from seatrial.core.parts import Image, Reasoning, Text
from seatrial.models.facts import Facts
from seatrial.models.local_request import Ask, plain_prompt, write_ask

TALK = (
    Message("system", "be kind"),
    Message("user", "hi"),
    Message("assistant", "hello"),
    Message("user", "and now?"),
)
NO_SAMPLING = {"do_sample": False, "temperature": None, "top_p": None, "top_k": None, "min_p": None, "typical_p": None}


def ask(*messages: Message, facts: Facts | None = None, **params: Any) -> Ask:
    return write_ask(ModelRequest(messages or TALK, params=params), facts or Facts())


@pytest.mark.parametrize(
    ("params", "generation"),
    [
        ({}, {}),
        ({"max_tokens": 5}, {"max_new_tokens": 5}),
        ({"max_completion_tokens": 5, "min_tokens": 2}, {"max_new_tokens": 5, "min_new_tokens": 2}),
        ({"temperature": 0.7}, {"temperature": 0.7, "do_sample": True}),
        ({"temperature": 0}, NO_SAMPLING),
        ({"temperature": 0, "top_p": 0.5}, NO_SAMPLING),
        ({"top_p": 0.5}, {"top_p": 0.5, "do_sample": True}),
        ({"top_k": -1}, {"top_k": 0, "do_sample": True}),
        ({"do_sample": False, "top_k": 4}, NO_SAMPLING),
        ({"do_sample": True}, {"do_sample": True}),
        (
            {"repetition_penalty": 1.2, "no_repeat_ngram_size": 3},
            {"repetition_penalty": 1.2, "no_repeat_ngram_size": 3},
        ),
        ({"max_tokens": None, "stop": None, "seed": None}, {}),
    ],
)
def test_parameters_as_the_library_names_them(params: dict[str, Any], generation: dict[str, Any]) -> None:
    assert ask(**params).generation == generation


def test_parameters_that_are_ours() -> None:
    written = ask(stop="\n", seed=7, logprobs=True, top_logprobs=3, chat_template_kwargs={"enable_thinking": False})
    assert (written.stop, written.seed, written.top_logprobs) == (("\n",), 7, 3)
    assert written.template == {"enable_thinking": False}
    assert written.generation == {}
    assert ask(stop=["a", "b"]).stop == ("a", "b")
    assert (ask(logprobs=True).top_logprobs, ask(logprobs=False).top_logprobs) == (0, None)


def test_a_limit_of_the_facts_holds_where_the_line_sets_none() -> None:
    facts = Facts(default_max_tokens=9)
    assert ask(facts=facts).generation == {"max_new_tokens": 9}
    assert ask(facts=facts, max_tokens=5).generation == {"max_new_tokens": 5}


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"max_length": 5}, "say max_tokens"),
        ({"num_beams": 4}, "one sequence"),
        ({"stop_strings": ["a"]}, "say stop"),
        ({"stop": 5}, "stop wants a text"),
        ({"stop": [""]}, "stop wants a text"),
        ({"seed": "x"}, "seed wants a whole number"),
        ({"seed": True}, "seed wants a whole number"),
        ({"seed": 2**63}, "seed wants a whole number"),
        ({"top_logprobs": 2}, "logprobs: true"),
        ({"logprobs": 5}, "logprobs wants true or false"),
        ({"logprobs": True, "top_logprobs": 21}, "from 0 to 20"),
        ({"chat_template_kwargs": 1}, "wants a mapping"),
    ],
)
def test_parameters_that_cannot_be_are_refused(params: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ask(**params)


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (ModelRequest(TALK, tools=(Tool("search"),)), "takes no tools"),
        (ModelRequest(TALK, schema={"type": "object"}), "cannot be held to a JSON Schema"),
        (ModelRequest((Message("user", (Text("see"), Image(data=b"x"))),)), "reads text, and no Image"),
    ],
)
def test_what_it_cannot_do_is_refused(request_: ModelRequest, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        write_ask(request_, Facts())


def test_messages_are_the_texts() -> None:
    thought = Message("assistant", (Reasoning("hm"), Text("so "), Text("it is")))
    assert ask(Message("user", "why"), thought).messages == [
        {"role": "user", "content": "why"},
        {"role": "assistant", "content": "so it is"},
    ]


def test_instructions_stand_where_the_facts_want_them() -> None:
    assert ask(facts=Facts(system="developer")).messages[0] == {"role": "developer", "content": "be kind"}
    assert ask(facts=Facts(system="user")).messages == [
        {"role": "user", "content": "be kind\n\nhi"},
        {"role": "assistant", "content": "hello"},
        {"role": "user", "content": "and now?"},
    ]


def test_the_plain_form_for_models_without_a_template() -> None:
    said = "be kind\n\nUser: hi\n\nAssistant: hello\n\nUser: and now?\n\nAssistant:"
    assert plain_prompt(ask().messages) == said
