"""The C++ server of llama.cpp, with a real, tiny model: plain, streamed, and its quirks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from llama_server import Unavailable, llama_server
from servers import Server, listed_models, serving
from tiny_models import CONTEXT, need, tiny_gguf

from seatrial.core.errors import ErrorInfo
from seatrial.feature.feature import load

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("llama-server")]  # one process starts one server

MODEL = "tiny"
SCHEMA = {
    "type": "object",
    "properties": {"ok": {"type": "boolean"}, "count": {"enum": [1, 2]}},
    "required": ["ok", "count"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    need("gguf")
    try:
        program = llama_server()
    except Unavailable as reason:
        pytest.skip(f"llama-server cannot be had: {reason}")
    folder = tmp_path_factory.mktemp("llama")
    model = tiny_gguf(folder / "tiny.gguf")
    options = ("--alias", MODEL, "--ctx-size", str(4 * CONTEXT), "--parallel", "4")
    with serving(
        lambda port: (str(program), "--model", str(model), "--host", "127.0.0.1", "--port", str(port), *options),
        log=folder / "log",
        environment=os.environ,
    ) as running:
        yield running


def fault(
    server: Server, text: str = "hello", *, schema: dict[str, object] | None = None, **params: object
) -> ErrorInfo:
    said = server.ask(text, model=MODEL, schema=schema, **params)
    assert (said.text, said.attempt.finish) == ("", "error")
    assert said.attempt.error is not None
    return said.attempt.error


def test_plain(server: Server) -> None:
    said = server.ask(model=MODEL, max_tokens=12, temperature=0)
    assert said.text
    assert (said.attempt.finish, said.attempt.error, said.attempt.served_by) == ("length", None, MODEL)
    assert said.attempt.usage is not None
    assert said.attempt.usage.output_total == 12
    assert said.attempt.usage.input_total > 10


def test_what_the_server_had_in_its_cache_is_part_of_the_input(server: Server) -> None:
    first, second = (server.ask("the same twice", model=MODEL, max_tokens=2).attempt.usage for _ in range(2))
    assert first is not None
    assert second is not None
    assert second.input_total == first.input_total
    assert second.cache_read > 0
    assert second.input_plain == second.input_total - second.cache_read


@pytest.mark.parametrize("usage_option", [True, False])
def test_streamed_with_usage_only_where_it_was_asked_for(server: Server, usage_option: bool) -> None:
    said = server.ask(model=MODEL, max_tokens=12, stream=True, facts={"usage_option": usage_option})
    assert said.text
    assert said.pieces > 3
    assert (said.attempt.finish, said.attempt.error) == ("length", None)
    assert said.attempt.first_token_ms is not None
    assert (said.attempt.usage is not None) is usage_option


@pytest.mark.parametrize("stream", [False, True])
def test_a_stop_string_ends_it(server: Server, stream: bool) -> None:
    whole = server.ask(model=MODEL, max_tokens=60, temperature=0).text
    letters = [letter for letter in whole[5:] if letter.isascii() and letter.isalpha()]
    said = server.ask(model=MODEL, max_tokens=60, temperature=0, stop=letters[:1], stream=stream)
    assert said.text == whole[: whole.index(letters[0])]
    assert (said.attempt.finish, said.attempt.raw_finish) == ("stop", "stop")


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_of_nothing_is_an_answer(server: Server, stream: bool) -> None:
    """The end comes first: made the likeliest token there is."""
    said = server.ask(model=MODEL, max_tokens=9, logit_bias={"2": 100}, stream=stream)
    assert (said.text, said.attempt.finish, said.attempt.error) == ("", "stop", None)
    assert said.attempt.usage is not None
    assert said.attempt.usage.output_total == 1


def test_concurrent_requests_do_not_mix(server: Server) -> None:
    texts = [f"fox {'dog ' * count}" for count in range(12)]
    alone = [server.ask(text, model=MODEL, max_tokens=1).attempt.usage for text in texts]
    together = server.ask_all(texts, model=MODEL, max_tokens=20, stream=True)
    assert all(said.attempt.finish == "length" for said in together)
    inputs = [usage.input_total for usage in alone if usage is not None]
    assert len(set(inputs)) == 12
    assert [said.attempt.usage.input_total for said in together if said.attempt.usage is not None] == inputs
    assert all(said.attempt.usage.output_total == 20 for said in together if said.attempt.usage is not None)


@pytest.mark.parametrize("stream", [False, True])
def test_a_json_schema_is_obeyed_even_by_random_weights(server: Server, stream: bool) -> None:
    said = server.ask(model=MODEL, max_tokens=200, schema=SCHEMA, stream=stream)
    assert said.attempt.finish == "stop"
    value = json.loads(said.text)
    assert isinstance(value["ok"], bool)
    assert value["count"] in (1, 2)
    assert value.keys() == {"ok", "count"}


def test_log_probabilities(server: Server) -> None:
    said = server.ask(model=MODEL, max_tokens=4, temperature=0, logprobs=True, top_logprobs=3)
    assert said.attempt.error is None
    assert [len(each.top) for each in said.logprobs] == [3, 3, 3, 3]
    assert all(each.logprob == pytest.approx(max(each.top.values())) for each in said.logprobs)


def test_the_list_of_models_and_health(server: Server) -> None:
    status, body = server.get("/v1/models")
    assert (status, listed_models(body)) == (200, [MODEL])
    assert server.get("/health") == (200, '{"status":"ok"}')


def test_an_unknown_model_is_accepted_and_who_answered_is_said(server: Server) -> None:
    said = server.ask(model="nobody/nothing", max_tokens=2)
    assert (said.attempt.finish, said.attempt.served_by) == ("length", MODEL)


def test_a_prompt_longer_than_the_context_is_the_callers_mistake(server: Server) -> None:
    error = fault(server, "fox " * CONTEXT, max_tokens=2)
    assert (error.kind, error.status, error.retryable) == ("bad_request", 400, False)
    assert "exceeds the available context size (256 tokens)" in error.message


def test_a_parameter_that_cannot_be_is_told_in_the_servers_words(server: Server) -> None:
    error = fault(server, temperature="hot")
    assert (error.kind, error.status) == ("bad_request", 400)
    assert "temperature" in error.message


def test_a_schema_that_is_none_is_told_in_the_servers_words(server: Server) -> None:
    error = fault(server, schema={"type": "nope"})
    assert error.kind == "bad_request"
    assert "unrecognized type nope" in error.message


def test_a_feature_runs_on_it(server: Server, project: Any) -> None:
    project.write(
        "feature.yaml",
        "feature: demo\nmodels:\n"
        f"  main: {{use: llama.cpp/any, base_url: '{server.url}/v1', params: {{max_tokens: 5}}}}\n"
        "prompt: prompts/chat.md\n",
    )
    exchange = load(project.root).ask("hi")
    assert (exchange.finish, exchange.error) == ("length", None)
    assert exchange.text
    assert exchange.attempts[0].served_by == MODEL
