"""`seatrial chat`: one ask a line, the reply with its facts and verdicts, and a conversation that goes on."""

from __future__ import annotations

import codecs
import fcntl
import io
import json
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seatrial.cli.app import run
from seatrial.cli.reply import packed
from seatrial.cli.terminal import visible

SCRIPT = r"""
rules:
  - {when: ^hi$, reply: "hey there", usage: {input_total: 1200, output_total: 34}}
  - {when: ^SHOUT$, reply: "OH WELL now", usage: {input_total: 1, output_total: 1}}
  - {when: ^cut$, reply: "and then", finish_reason: length}
  - {when: ^steer$, reply: "\e[31mred\e[0m \x9b2J\u202eabc\r"}
  - {when: ^lines$, reply: "one\n\ttwo\n"}
  - {when: ^nothing$, reply: ""}
"""
SUITE = """
suite: tone
checks: [starts-lowercase, {max-words: {limit: 2, metric: short}}]
cases: [{ask: hi, checks: [{equals: hey there}]}]
"""
ANOTHER = """
suite: another
checks:
  - starts-lowercase
  - {max-words: 2}
  - {"python": "own.py:wants_case"}
  - {any: [{max-words: 2}, {not: [{"python": "own.py:wants_case"}]}]}
  - {finish-reason: stop}
cases: [{ask: hi}]
"""


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


Talk = Callable[..., Said]


@pytest.fixture
def talk(project: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Talk:
    """Run `seatrial chat` on the project with these lines coming through a pipe."""
    project.write("script.yaml", SCRIPT)
    monkeypatch.setenv("COLUMNS", "200")

    def run_chat(said: str | bytes, *options: str) -> Said:
        raw = said if isinstance(said, bytes) else said.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        capsys.readouterr()
        code = run(["chat", str(project.root), *options])
        return Said(code, *capsys.readouterr())

    return run_chat


def test_each_line_of_a_pipe_is_one_ask(talk: Talk) -> None:
    said = talk("hi\n\n  \nSHOUT")
    assert said.code == 0
    shown = said.out.splitlines()
    assert [line for line in shown if line.startswith("› ")] == ["› hi", "› SHOUT"]
    assert shown[1] == "hey there"
    assert shown[5] == "OH WELL now"


def test_it_ends_with_the_next_step(talk: Talk, project: Any) -> None:
    assert talk("hi\n").out.endswith(f"\nnext    seatrial eval {project.root}\n")


def test_below_a_reply_stand_latency_and_tokens(talk: Talk) -> None:
    facts = talk("hi\n").out.splitlines()[2]
    assert facts.strip().split(" · ")[1:] == ["1,200 in, 34 out tokens"]
    assert " ms" in facts


def test_unreported_tokens_are_said_to_be_so(talk: Talk) -> None:
    assert "tokens not reported" in talk("lines\n").out


def test_the_cost_is_shown_where_the_price_is_known(talk: Talk, project: Any) -> None:
    assert "USD" not in talk("hi\n").out
    priced = "main: {use: scripted/script.yaml, price: {input: 1, output: 10}}"
    project.write("feature.yaml", f"feature: demo\nmodels:\n  {priced}\nprompt: prompts/chat.md\n")
    assert "0.001540 USD" in talk("hi\n").out


def test_a_reply_that_was_cut_says_so(talk: Talk) -> None:
    assert "ended by length" in talk("cut\n").out
    assert "ended by" not in talk("hi\n").out


def test_an_empty_reply_says_so(talk: Talk) -> None:
    assert talk("nothing\n").out.splitlines()[1] == "(the reply is empty)"


def test_a_reply_that_ends_its_line_gets_no_second_end(talk: Talk) -> None:
    shown = talk("lines\n").out.splitlines()
    assert shown[1:3] == ["one", "\ttwo"]
    assert "tokens" in shown[3]


# Conversation


def asked(said: Said) -> list[list[str]]:
    """The texts of each request, in order."""
    return [[message["content"] for message in line["exchange"]["request"]["messages"]] for line in said.lines]


def test_what_was_said_and_delivered_is_kept(talk: Talk) -> None:
    assert asked(talk("hi\nSHOUT\n", "--json")) == [["hi"], ["hi", "hey there", "SHOUT"]]


def test_what_got_no_answer_is_not_kept(talk: Talk) -> None:
    assert asked(talk("hi\nunknown\nSHOUT\n", "--json"))[2] == ["hi", "hey there", "SHOUT"]


def test_reset_forgets(talk: Talk) -> None:
    said = talk("hi\n/reset\nSHOUT\n", "--json")
    assert asked(said) == [["hi"], ["SHOUT"]]
    assert "forgotten" in said.err


def test_a_prompt_without_history_is_told_once_and_each_ask_stands_alone(talk: Talk, project: Any) -> None:
    project.write("prompts/chat.md", "---\ninputs: {question: string}\n---\nuser:\n{{ question }}\n")
    assert talk("hi\nSHOUT\n").out.count("Each ask stands alone: prompts/chat.md") == 1
    assert asked(talk("hi\nSHOUT\n", "--json")) == [["hi"], ["SHOUT"]]


def test_replies_are_asked_for_as_a_stream(talk: Talk) -> None:
    assert talk("hi\n", "--json").lines[0]["exchange"]["request"]["stream"] is True


# Commands


def test_quit_ends_before_what_follows(talk: Talk) -> None:
    assert asked(talk("hi\n/quit\nSHOUT\n", "--json")) == [["hi"]]


def test_help_lists_every_command(talk: Talk) -> None:
    said = talk("/help\n").out
    assert all(name in said for name in ("/reset", "/help", "/quit", "Ctrl-C", "Ctrl-D"))


@pytest.mark.parametrize(("line", "told"), [("/rest", "did you mean /reset?"), ("/zzzz", "see /help")])
def test_an_unknown_command_is_told_and_not_asked(talk: Talk, line: str, told: str) -> None:
    said = talk(f"{line}\n")
    assert told in said.out
    assert "›" not in said.out


@pytest.mark.parametrize(
    ("line", "meant"), [("//help", "/help"), ("/etc/hosts is what", "/etc/hosts is what"), ("/hi you", "/hi you")]
)
def test_a_text_that_begins_with_a_slash_can_be_said(talk: Talk, line: str, meant: str) -> None:
    assert asked(talk(f"{line}\n", "--json")) == [[meant]]


# Checks


def verdict_line(said: Said) -> str:
    return said.out.splitlines()[3]


def test_the_checks_of_all_suites_judge_each_reply_once(talk: Talk, project: Any) -> None:
    project.write("evals/own.py", "def wants_case(text, case):\n    return case.name == text\n")
    project.suite(SUITE, "evals/tone.yaml")
    project.suite(ANOTHER, "evals/another.yaml")
    assert verdict_line(talk("hi\n")).strip() == "✓ starts-lowercase  ✓ max-words  ✓ finish-reason"


def test_a_failed_check_says_why(talk: Talk, project: Any) -> None:
    project.suite(SUITE)
    line = verdict_line(talk("SHOUT\n"))
    assert "✗ starts-lowercase: starts with the upper-case 'O'" in line
    assert "✗ max-words: 3 words" in line


def test_a_check_without_evidence_says_so(talk: Talk) -> None:
    assert "? cost unscored: " in verdict_line(talk("hi\n", "--check", "cost: 1"))


def test_a_check_that_breaks_says_so_and_the_chat_goes_on(talk: Talk, project: Any, monkeypatch: Any) -> None:
    project.write("own.py", "def breaks(text):\n    raise ValueError('oh no')\n")
    monkeypatch.chdir(project.root)
    said = talk("hi\nSHOUT\n", "--check", "python: own.py:breaks")
    assert verdict_line(said).strip().endswith(": the check broke: ValueError: oh no")
    assert said.code == 0
    assert "OH WELL now" in said.out


def test_given_checks_judge_instead(talk: Talk, project: Any) -> None:
    project.suite(SUITE)
    said = talk("hi\n", "--check", "not-refusal", "--check", "contains: hey")
    assert verdict_line(said).strip() == "✓ not-refusal  ✓ contains"


def test_without_suites_nothing_judges(talk: Talk) -> None:
    assert talk("hi\n", "--json").lines[0]["verdicts"] == []


def test_no_answer_is_not_judged(talk: Talk, project: Any) -> None:
    project.suite(SUITE)
    assert talk("unknown\n", "--json").lines[0]["verdicts"] == []


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("max-word: 3", "did you mean max-words?"),
        ("max-words: many", "max-words: limit is not right"),
        ("{a: 1, b: 2}", "a check entry is not right"),
        ("python: own.py:wants_case", "needs a case, and a chat has none"),
        ("all: [starts-lowercase, {python: own.py:wants_case}]", "all needs a case, and a chat has none"),
        ("json-path: {path: $.a, check: {python: own.py:wants_case}}", "json-path needs a case"),
        ("'", "--check"),
    ],
)
def test_an_entry_that_is_no_check_for_a_chat_is_refused(
    talk: Talk, project: Any, monkeypatch: pytest.MonkeyPatch, entry: str, told: str
) -> None:
    project.write("own.py", "def wants_case(text, case):\n    return True\n")
    monkeypatch.chdir(project.root)
    said = talk("hi\n", "--check", entry)
    assert (said.code, said.out) == (2, "")
    assert told in said.err


def test_a_broken_suite_is_told_before_anything_is_asked(talk: Talk, project: Any) -> None:
    project.suite("suite: tone\nchecks: [starts-lowercas]\ncases: [{ask: hi}]\n")
    said = talk("hi\n")
    assert (said.code, said.out) == (2, "")
    assert "evals/demo.yaml:2: there is no check named 'starts-lowercas'" in said.err


# Errors


def test_an_error_is_shown_with_its_hint_and_the_chat_goes_on(talk: Talk) -> None:
    said = talk("unknown\nhi\n")
    assert "error: script.yaml has no rule for 'unknown'" in said.out
    assert "hint: add a rule or a default:" in said.out
    assert "hey there" in said.out
    assert said.code == 1


def use_models(project: Any, *lines: str, route: str = "") -> None:
    project.write("feature.yaml", "\n".join(["feature: demo", "models:", *lines, route, "prompt: prompts/chat.md"]))


NOBODY = '  far: {use: openai-compatible/x, base_url: "http://127.0.0.1:9/v1", retries: 0}'


def test_a_provider_that_cannot_be_reached_is_a_fault_outside(talk: Talk, project: Any) -> None:
    use_models(project, NOBODY)
    said = talk("hi\n")
    assert said.code == 3
    assert "no answer, not kept in the conversation" in said.out
    assert "hint: is the server at http://127.0.0.1:9/v1" in said.out


def test_a_fallback_that_answered_is_named(talk: Talk, project: Any) -> None:
    use_models(project, NOBODY, "  main: {use: scripted/script.yaml}", route="route: [far, main]")
    assert "answered by main (scripted/script.yaml)" in talk("hi\n").out


def test_a_model_of_feature_yaml_can_be_chosen(talk: Talk, project: Any) -> None:
    use_models(project, NOBODY, "  main: {use: scripted/script.yaml}")
    assert talk("hi\n", "--model", "main").code == 0
    said = talk("hi\n", "--model", "mian")
    assert said.code == 2
    assert "did you mean main?" in said.err


def test_a_missing_key_is_told_before_anything_is_asked(talk: Talk, project: Any) -> None:
    use_models(project, "  main: {use: openai/gpt-4o-mini}")
    said = talk("hi\n")
    assert (said.code, said.out) == (2, "")
    assert "OPENAI_API_KEY" in said.err


def test_what_is_not_utf_8_is_refused(talk: Talk) -> None:
    said = talk(b"hi\n\xff\xfe\n")
    assert said.code == 2
    assert "not UTF-8" in said.err


# Inputs of the prompt

PROMPT = """
---
inputs: {question: string, topic: string, times: {type: integer, default: 1}}
---
system:
{{ topic }} {{ times + 1 }}
user:
{{ question }}
"""


def test_variables_fill_the_inputs_by_their_types(talk: Talk, project: Any) -> None:
    project.write("prompts/chat.md", PROMPT.lstrip())
    said = talk("hi\n", "--json", "--var", "topic=12", "--var", "times=3")
    assert said.lines[0]["exchange"]["request"]["vars"] == {"topic": "12", "times": 3}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "hint: give inputs of the prompt with  --var NAME=VALUE"),
        (["topic=a", "time=3"], "did you mean times?"),
        (["topic=a", "times=many"], "the value of 'times' is not right"),
        (["topic"], "expected NAME=VALUE"),
        (["topic=a", "question=b"], "'question' is given twice"),
    ],
)
def test_variables_that_do_not_fit_are_told_before_anything_is_asked(
    talk: Talk, project: Any, given: list[str], told: str
) -> None:
    project.write("prompts/chat.md", PROMPT.lstrip())
    said = talk("hi\n", *[option for each in given for option in ("--var", each)])
    assert (said.code, said.out) == (2, "")
    assert told in said.err


def test_another_prompt_can_be_tried(talk: Talk, project: Any) -> None:
    project.write("prompts/other.md", PROMPT.lstrip())
    said = talk("hi\n", "--prompt", "prompts/other.md", "--var", "topic=a", "--json")
    assert said.code == 0
    assert talk("hi\n", "--prompt", "prompts/othr.md").code == 2


# Safe to show


def test_control_characters_of_a_reply_do_not_reach_the_terminal(talk: Talk) -> None:
    shown = talk("steer\n").out.splitlines()[1]
    assert shown == "␛[31mred␛[0m <U+009B>2J<U+202E>abc␍"


def test_json_escapes_them_and_keeps_what_the_model_said(talk: Talk) -> None:
    said = talk("steer\n", "--json")
    assert not set(said.out) & {"\x1b", "\x9b", "\r", "\u202e"}
    assert said.lines[0]["exchange"]["message"]["content"] == "\x1b[31mred\x1b[0m \x9b2J\u202eabc\r"


@given(text=st.text(st.characters()))
@example(text="a\x1b[2J\x7f\x85\u2066\ud800\t\n")
@settings(deadline=None)
def test_what_is_shown_cannot_steer_a_terminal(text: str) -> None:
    shown = visible(text)
    assert all(unicodedata.category(character) not in ("Cc", "Cs") or character in "\n\t" for character in shown)
    assert not any("\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069" for character in shown)


@given(one=st.text(), two=st.text())
@settings(deadline=None)
def test_a_text_is_as_safe_in_pieces_as_whole(one: str, two: str) -> None:
    assert visible(one) + visible(two) == visible(one + two)


@given(text=st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"])))
@settings(deadline=None)
def test_letters_and_signs_are_shown_as_they_are(text: str) -> None:
    assert visible(text) == text


@given(
    texts=st.lists(st.text("ab ", min_size=1, max_size=30).map(lambda text: click.style(text, fg="red"))),
    width=st.integers(1, 60),
)
@settings(deadline=None)
def test_verdicts_keep_their_order_and_fit_the_width_where_they_can(texts: list[str], width: int) -> None:
    lines = list(packed(texts, width=width))
    assert "".join(lines) == "".join("  " + text for text in texts)
    assert all(len(click.unstyle(line)) <= width or line[2:] in texts for line in lines)


# Over HTTP


class Provider(BaseHTTPRequestHandler):
    """Streams `one two ` and then waits to be released; `who` gets a refusal that repeats the key."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if body["messages"][-1]["content"] == "who":
            self._answer(401, json.dumps({"error": {"message": f"no: {self.headers['authorization']}"}}))
        elif body["messages"][-1]["content"] == "again":
            self._answer(200, self._event("right here") + "data: [DONE]\n\n")
        else:
            self._answer(200, self._event("one ") + self._event("two "))
            self.server.released.wait(60)  # type: ignore[attr-defined]

    def _answer(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(text.encode())
        self.wfile.flush()

    def _event(self, text: str) -> str:
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": None if text.endswith(" ") else "stop"}
        return f"data: {json.dumps({'choices': [choice]})}\n\n"

    def log_message(self, *_: Any) -> None:
        """Be quiet."""


@pytest.fixture
def provider(project: Any) -> Iterator[None]:
    """The project's model is behind HTTP, with a key."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        server.released = threading.Event()  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/v1"
        use_models(project, f'  main: {{use: openai-compatible/x, base_url: "{url}", key: DEMO_KEY, retries: 0}}')
        yield
        server.released.set()  # type: ignore[attr-defined]
        server.shutdown()


@pytest.mark.usefixtures("provider")
def test_a_key_that_the_server_repeats_is_not_printed(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_KEY", "very-secret-key")
    for options in ([], ["--json"]):
        said = talk("who\n", *options)
        assert "HTTP 401: no: Bearer" in said.out
        assert "very-secret-key" not in said.out + said.err


ON_A_TERMINAL = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); from seatrial.cli import main; main()"


class Terminal:
    """`seatrial chat` on a terminal of its own."""

    def __init__(self, folder: Path) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x30\x00\xa0\x00\x00\x00\x00\x00")  # 48 rows, 160 columns
        command = [sys.executable, "-c", ON_A_TERMINAL, "chat", str(folder)]
        environment = os.environ | {"DEMO_KEY": "very-secret-key", "TERM": "xterm"}
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environment
        )
        os.close(slave)
        self.seen = ""
        self._decode = codecs.getincrementaldecoder("utf-8")().decode

    def until(self, text: str) -> str:
        """Read until `text` was shown; what came before it and it."""
        while text not in self.seen:
            ready, _, _ = select.select([self._master], [], [], 120)
            assert ready, f"waited for {text!r}, saw {self.seen!r}"
            self.seen += self._decode(os.read(self._master, 65536))
        before, _, self.seen = self.seen.partition(text)
        return before + text

    def type(self, keys: str) -> None:
        """Once the chat waits for them: Python notices an interrupt that comes between the prompt and the wait for a
        key only with the next key.
        """
        while self._busy():
            time.sleep(0.001)
        os.write(self._master, keys.encode())

    def _busy(self) -> bool:
        """Whether the main thread runs (R) or is in the disk (D); never where the system does not tell."""
        state = Path(f"/proc/{self.process.pid}/stat")
        return state.exists() and state.read_text().rpartition(")")[2].split()[0] in "RD"

    def end(self) -> int:
        return self.process.wait(120)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def terminal(project: Any, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    if "provider" in request.fixturenames:
        request.getfixturevalue("provider")
    terminal = Terminal(project.root)
    yield terminal
    terminal.close()


@pytest.mark.slow
@pytest.mark.usefixtures("provider")
def test_at_a_terminal_a_reply_streams_and_ctrl_c_stops_it_alone(terminal: Terminal) -> None:
    terminal.until("› ")
    terminal.type("count\n")
    terminal.until("one two ")  # the server has not ended its answer
    terminal.type("\x03")
    terminal.until("cancelled, not kept in the conversation")
    terminal.until("› ")
    terminal.type("again\n")
    terminal.until("right here")
    terminal.until("› ")
    terminal.type("\x04")
    terminal.until("next    seatrial eval")
    assert terminal.end() == 0


@pytest.mark.slow
def test_ctrl_c_at_the_prompt_ends_the_chat(terminal: Terminal) -> None:
    terminal.until("› ")
    terminal.type("\x03")
    terminal.until("interrupted")
    assert terminal.end() == 130


@pytest.mark.slow
@pytest.mark.usefixtures("provider")
def test_an_interrupt_through_a_pipe_shows_what_came_and_ends(project: Any) -> None:
    command = [sys.executable, "-c", "from seatrial.cli import main; main()", "chat", str(project.root)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ | {"DEMO_KEY": "very-secret-key"}
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"count\nagain\n")
        process.stdin.flush()
        seen = b""
        while b"one two " not in seen:
            seen += (piece := os.read(process.stdout.fileno(), 65536))
            assert piece
        process.send_signal(signal.SIGINT)
        shown = (seen + process.stdout.read()).decode()
    assert process.returncode == 130
    assert "cancelled, not kept in the conversation" in shown
    assert "right here" not in shown
