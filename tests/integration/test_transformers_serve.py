"""The server of Transformers, `transformers serve`, with a real, tiny model: its quirks are told truthfully."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from servers import Server, serving
from tiny_models import need

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("transformers")]  # one process imports PyTorch, once


@pytest.fixture(scope="module")
def server(tiny_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    need("fastapi", "openai", "uvicorn")
    program = Path(sys.executable).parent / "transformers"
    folder = tmp_path_factory.mktemp("serve")
    environment = os.environ | {"HF_HOME": str(folder / "hub"), "HF_HUB_OFFLINE": "1"}
    options = ("--host", "127.0.0.1", "--device", "cpu")
    with serving(
        lambda port: (str(program), "serve", *options, "--port", str(port)),
        log=folder / "log",
        environment=environment,
    ) as running:
        yield running


@pytest.fixture
def model(tiny_folder: Path) -> str:
    return str(tiny_folder)


def test_plain(server: Server, model: str) -> None:
    said = server.ask(model=model, max_tokens=12)
    assert said.text
    assert (said.attempt.finish, said.attempt.error) == ("length", None)
    assert said.attempt.usage is not None
    assert said.attempt.usage.output_total == 12
    assert said.attempt.usage.input_total > 5
    assert said.attempt.served_by == f"{model}@main"


def test_a_stream_ends_without_done_and_is_whole_all_the_same(server: Server, model: str) -> None:
    whole = server.ask(model=model, max_tokens=12)
    said = server.ask(model=model, max_tokens=12, stream=True)
    assert said.text == whole.text
    assert said.pieces > 3
    assert (said.attempt.finish, said.attempt.error, said.attempt.usage) == ("length", None, whole.attempt.usage)
    assert said.attempt.first_token_ms is not None


def test_a_stop_string_ends_it_though_this_server_leaves_it_standing(server: Server, model: str) -> None:
    whole = server.ask(model=model, max_tokens=40).text
    stop = whole[10:13]
    for stream in (False, True):
        said = server.ask(model=model, max_tokens=40, stop=[stop], stream=stream)
        assert said.text.startswith(whole[: whole.index(stop) + len(stop)])
        assert len(said.text) < len(whole)
        assert said.attempt.finish == "stop"


def test_concurrent_requests_do_not_mix(server: Server, model: str) -> None:
    texts = [f"fox {'dog ' * count}" for count in range(6)]
    alone = [server.ask(text, model=model, max_tokens=8).attempt.usage for text in texts]
    together = server.ask_all(texts, model=model, max_tokens=8, stream=True)
    assert [said.attempt.usage for said in together] == alone
    assert all(said.attempt.finish == "length" for said in together)


def test_health(server: Server) -> None:
    assert server.get("/health") == (200, '{"status":"ok"}')


def test_chat_does_not_need_the_list_of_models(server: Server, model: str) -> None:
    """Without a cache folder this server fails when it is asked which models there are."""
    assert server.get("/v1/models") == (500, "Internal Server Error")
    assert server.ask(model=model, max_tokens=2).attempt.error is None


def test_an_unknown_model_is_an_error_without_a_reason(server: Server) -> None:
    said = server.ask(model="nobody/nothing", max_tokens=2)
    error = said.attempt.error
    assert error is not None
    assert (said.text, said.attempt.finish, error.kind, error.status) == ("", "error", "server", 500)
    assert error.message == "openai-compatible/nobody/nothing: HTTP 500: Internal Server Error"


def test_an_unknown_parameter_is_refused_in_the_servers_words(server: Server, model: str) -> None:
    error = server.ask(model=model, max_tokens=2, colour=5).attempt.error
    assert error is not None
    assert (error.kind, error.status) == ("bad_request", 422)
    assert "Unexpected fields in the request: {'colour'}" in error.message


def test_a_json_schema_is_ignored(server: Server, model: str) -> None:
    """So what comes back has to be read as what it is, never as what was asked for."""
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    said = server.ask(model=model, max_tokens=12, schema=schema)
    assert said.attempt.error is None
    assert not said.text.startswith("{")
