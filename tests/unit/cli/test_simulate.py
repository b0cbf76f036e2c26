"""`seatrial simulate`: what it prints, how it ends, and what it refuses."""

from __future__ import annotations

import json
import queue
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.cli import simulate
from seatrial.cli.app import run
from seatrial.testing import ProviderServer

CHAT = json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi there"}]}).encode()


def post(url: str, **headers: str) -> tuple[int, bytes]:
    named = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    request = urllib.request.Request(f"{url}/v1/chat/completions", CHAT, named)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


Simulated = Callable[..., tuple[list[tuple[int, bytes]], int]]


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulated]:
    """Runs the command and beside it a client in a thread, which is given the URL as soon as there is one."""
    threads: list[threading.Thread] = []
    enter = ProviderServer.__enter__
    urls: queue.SimpleQueue[str] = queue.SimpleQueue()

    def entered(server: ProviderServer) -> ProviderServer:
        enter(server)
        urls.put(server.url)
        return server

    monkeypatch.setattr(simulate.ProviderServer, "__enter__", entered)

    def go(client: Callable[[str], Any], *arguments: str) -> tuple[list[Any], int]:
        got: list[Any] = []
        thread = threading.Thread(target=lambda: got.append(client(urls.get(timeout=20))))
        threads.append(thread)
        thread.start()
        code = run(["simulate", "--port", "0", *arguments])
        thread.join(20)
        return got, code

    yield go
    for thread in threads:
        thread.join(20)


def test_it_prints_where_it_is_what_is_called_and_a_summary(
    simulated: Simulated, capsys: pytest.CaptureFixture[str]
) -> None:
    def client(url: str) -> list[int]:
        return [post(url)[0], post(url, x_simulate="429; retry_after=2")[0], post(url)[0]]

    got, code = simulated(client, "--max-calls", "3", "--say", "hello")
    assert (got, code) == ([[200, 429, 200]], 0)
    said = capsys.readouterr().out
    assert "A simulated provider at http://127.0.0.1:" in said
    for name, end in (("openai", "/v1"), ("gemini", "/v1beta"), ("anthropic", "/v1"), ("azure", ""), ("bedrock", "")):
        assert any(
            line.split()[0] == name and line.endswith(end) for line in said.splitlines() if line[:3] == "  " + name[0]
        )
    assert "main: {use: openai-compatible/any, base_url: http://127.0.0.1:" in said
    assert "POST /v1/chat/completions (m)" in said
    assert "429; retry_after=2.0" in said
    assert "3 calls: whole 3\nfaults done: 429 1\n" in said


def test_json_is_a_line_for_the_place_for_each_call_and_for_the_summary(
    simulated: Simulated, capsys: pytest.CaptureFixture[str]
) -> None:
    simulated(lambda url: [post(url) for _ in range(2)], "--max-calls", "2", "--faults", "503=1", "--json")
    first, one, two, last = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first["openai"] == f"{first['url']}/v1"
    assert set(first) == {"url", "openai", "azure", "anthropic", "gemini", "vertex", "bedrock"}
    assert one["call"].pop("seconds") > 0
    assert one["call"].pop("sent") > 50
    assert one["call"] == {
        "number": 1,
        "wire": "openai",
        "method": "POST",
        "path": "/v1/chat/completions",
        "model": "",
        "stream": False,
        "status": 503,
        "faults": ["503"],
        "ended": "whole",
    }
    assert two["call"]["number"] == 2
    assert last == {"summary": {"calls": 2, "faults": {"503": 2}, "ended": {"whole": 2}}}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_well_when_it_is_interrupted(
    number: signal.Signals, simulated: Simulated, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}

    def client(url: str) -> None:
        post(url)
        signal.pthread_kill(threading.main_thread().ident or 0, number)

    _, code = simulated(client)
    assert code == 0
    assert "1 calls: whole 1\n" in capsys.readouterr().out
    assert [signal.getsignal(each) for each in before] == list(before.values())


def test_answers_faults_key_and_models_come_from_the_options(
    simulated: Simulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    script, faults = tmp_path / "script.yaml", tmp_path / "faults.yaml"
    script.write_text("rules: []\ndefault: from the script\n")
    faults.write_text("calls: [fine, 500]\n")
    monkeypatch.setenv("MY_KEY", "k")
    options = ["--answers", str(script), "--faults", str(faults), "--key", "MY_KEY", "--model", "m"]
    delays = ["--latency", "2ms", "--jitter", "1ms", "--first-token", "1ms", "--between-tokens", "1ms", "--seed", "3"]

    def client(url: str) -> list[tuple[int, bytes]]:
        return [post(url, authorization="Bearer k"), post(url, authorization="Bearer k"), post(url)]

    ((one, two, three),), code = simulated(client, *options, *delays, "--max-calls", "3")
    assert code == 0
    assert (one[0], b"from the script" in one[1]) == (200, True)
    assert (two[0], three[0]) == (500, 401)
    assert "key: MY_KEY}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--faults", "42=0.1"], 2, "there is no fault '42'"),
        (["--faults", "missing.yaml"], 2, "missing.yaml: there is no such file"),
        (["--answers", "missing.jsonl"], 2, "missing.jsonl: there is no such file"),
        (["--answers", "a.yaml", "--say", "b"], 2, "--answers and --say exclude each other"),
        (["--latency", "5"], 2, "'5' is no duration like 200ms"),
        (["--key", "NO_SUCH_KEY"], 2, "--key NO_SUCH_KEY: there is no such environment variable"),
        (["--max-calls", "0"], 2, "--max-calls"),
        (["--host", "192.0.2.1"], 3, "cannot listen on 192.0.2.1:0"),
    ],
)
def test_what_is_not_right_is_said(
    arguments: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    assert run(["simulate", "--port", "0", *arguments]) == code
    assert said in capsys.readouterr().err


def test_a_port_that_is_taken_is_outside(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert run(["simulate", "--port", str(taken.getsockname()[1])]) == 3
    assert "the port is taken\n  hint: take another port; 0 takes a free one" in capsys.readouterr().err
