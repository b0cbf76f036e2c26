"""`seatrial simulate`: a provider of models on this machine, which fails on schedule."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import Any

import click
import msgspec

from seatrial.cli.terminal import visible
from seatrial.core.errors import SpecError
from seatrial.spec.units import parse_duration
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.faults_file import parse_rates, read_faults
from seatrial.testing.simulator.pace import Pace
from seatrial.testing.simulator.schedule import Listed, Schedule
from seatrial.testing.simulator.server import ProviderServer

DEFAULT_PORT = 8089
KEPT_CALLS = 1
"""The command prints calls as they end and needs none of them afterwards."""


class _Duration(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic only since click 8.3
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = parse_duration(value) if isinstance(value, str) else value
        if seconds is None:
            self.fail(f"{value!r} is no duration like 200ms or 2s", param, ctx)
        return float(seconds)


def _time(flag: str, help_: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(flag, type=_Duration(), default="0ms", metavar="TIME", show_default=True, help=help_)


@click.command(short_help="Serve a simulated provider that fails on schedule.")
@click.option(
    "--answers", type=click.Path(path_type=Path), metavar="FILE", help="a script (.yaml) or recording (.jsonl)"
)
@click.option("--say", metavar="TEXT", help="answer this to everything; without it and --answers an echo")
@click.option("--faults", metavar="FILE|RATES", help="what goes wrong: a .yaml file, or rates like 429=0.05,cut=0.02")
@click.option("--seed", type=int, default=0, show_default=True, help="draws the faults of the rates, and the jitter")
@_time("--latency", "before every answer")
@_time("--jitter", "so much more or less latency, at random")
@_time("--first-token", "between the headers of a stream and its first token")
@_time("--between-tokens", "between any two tokens of a stream")
@click.option("--key", metavar="ENV", help="clients must send the key that is in this environment variable")
@click.option("--model", "models", multiple=True, metavar="NAME", help="serve only this model (repeatable)")
@click.option("--host", default="127.0.0.1", show_default=True, help="the address to listen on")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=DEFAULT_PORT, show_default=True, help="0 takes a free one"
)
@click.option("--max-calls", type=click.IntRange(1), metavar="N", help="end after so many calls")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object a line, for machines")
def command(
    answers: Path | None,
    say: str | None,
    faults: str | None,
    seed: int,
    key: str | None,
    models: Sequence[str],
    host: str,
    port: int,
    max_calls: int | None,
    as_json: bool,
    **pace: float,
) -> int:
    """Serve a provider on this machine that speaks the wires of OpenAI, Azure OpenAI, Anthropic, Gemini, Vertex AI and
    Amazon Bedrock, answers from a file, and fails on schedule: for tests of any client or gateway. Prints a line a
    call; ends with Ctrl-C or after --max-calls, and then sums up. A request header says what is done to that call:
    x-simulate: cut.

    \b
    --json: first {"url", "openai", "azure", "anthropic", "gemini", "vertex", "bedrock"},
    a line a call
    {"call": {"number", "wire", "method", "path", "model", "stream", "status", "faults", "ended",
    "sent", "seconds"}}, last {"summary": {"calls", "faults", "ended"}}
    """
    calls: SimpleQueue[Call | None] = SimpleQueue()
    server = ProviderServer(
        answers=_answers(answers, say),
        faults=_schedule(faults, seed),
        seed=seed,
        pace=Pace(**pace),
        key=_key(key),
        models=models,
        host=host,
        port=port,
        max_calls=max_calls,
        kept=KEPT_CALLS,
        watch=calls.put,
    )
    tally = _Tally()
    with _interrupts_into(calls), server:
        _greet(server, as_json=as_json, said=_said(answers, say), key=key)
        for call in _as_they_end(calls, max_calls):
            _tell(call, tally, as_json=as_json)
    for call in _left_over(calls):
        _tell(call, tally, as_json=as_json)
    tally.show(as_json=as_json)
    return 0


def _answers(answers: Path | None, say: str | None) -> Path | str | None:
    if answers is not None and say is not None:
        raise SpecError("--answers and --say exclude each other", hint="take one of them out")
    return answers if answers is not None else say


def _as_they_end(calls: SimpleQueue[Call | None], most: int | None) -> Iterator[Call]:
    """Calls until there were so many, or an interrupt came."""
    told = 0
    while (most is None or told < most) and (call := calls.get()) is not None:
        told += 1
        yield call


def _left_over(calls: SimpleQueue[Call | None]) -> Iterator[Call]:
    """What ended with the server, and what was on its way when the interrupt came."""
    while not calls.empty():
        call = calls.get()
        if call is not None:
            yield call


def _schedule(faults: str | None, seed: int) -> Schedule:
    if faults is None:
        return Listed([])
    if faults.endswith((".yaml", ".yml")):
        return read_faults(Path(faults), seed=seed)
    return parse_rates(faults, seed=seed)


def _key(name: str | None) -> str | None:
    if name is None:
        return None
    value = os.environ.get(name, "").strip()
    if not value:
        raise SpecError(f"--key {name}: there is no such environment variable", hint=f"export {name}=…")
    return value


def _said(answers: Path | None, say: str | None) -> str:
    if answers is not None:
        return f"answers from {answers}"
    return "echoes the user" if say is None else "says the same to everything"


def _greet(server: ProviderServer, *, as_json: bool, said: str, key: str | None) -> None:
    urls = {
        "openai": server.openai_url,
        "azure": server.azure_url,
        "anthropic": server.anthropic_url,
        "gemini": server.gemini_url,
        "vertex": server.vertex_url,
        "bedrock": server.bedrock_url,
    }
    if as_json:
        _print_json({"url": server.url, **urls})
        return
    click.echo(f"A simulated provider at {server.url} {said}")
    click.echo("\n".join(f"  {name:10}{url}" for name, url in urls.items()))
    more = f", key: {key}" if key else ""
    click.echo(f"\nnext    in feature.yaml:  main: {{use: openai-compatible/any, base_url: {server.openai_url}{more}}}")
    click.echo("        Ctrl-C ends it\n")


def _tell(call: Call, tally: _Tally, *, as_json: bool) -> None:
    tally.add(call)
    if as_json:
        row = {name: getattr(call, name) for name in ("number", "wire", "method", "path", "model", "stream", "status")}
        done = {"faults": list(map(str, call.faults)), "ended": call.ended}
        _print_json({"call": {**row, **done, "sent": call.sent, "seconds": round(call.seconds, 6)}})
        return
    faults = f"  {', '.join(map(str, call.faults))}" if call.faults else ""
    asked = visible(f"{call.method} {call.path}" + (f" ({call.model})" if call.model else ""))
    took = f"{call.seconds * 1000:,.0f} ms"
    click.echo(f"{call.number:>6}  {call.status or '---'}  {took:>9}  {call.ended:<13}  {asked}{faults}")


class _Tally:
    """What the summary says."""

    def __init__(self) -> None:
        self.calls = 0
        self._faults: Counter[str] = Counter()
        self._ended: Counter[str] = Counter()

    def add(self, call: Call) -> None:
        self.calls += 1
        self._faults.update(fault.kind for fault in call.faults)
        self._ended[call.ended] += 1

    def show(self, *, as_json: bool) -> None:
        if as_json:
            _print_json({"summary": {"calls": self.calls, "faults": self._faults, "ended": self._ended}})
            return
        click.echo(f"{self.calls:,} calls" + (f": {_counted(self._ended)}" if self.calls else ""))
        if self._faults:
            click.echo(f"faults done: {_counted(self._faults)}")
        click.echo("next    seatrial simulate --help   answers, faults, delays")


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counter.most_common())


def _print_json(value: Any) -> None:
    click.echo(msgspec.json.encode(value))


@contextmanager
def _interrupts_into(calls: SimpleQueue[Call | None]) -> Iterator[None]:
    """Ctrl-C and SIGTERM put None among the calls, so that neither breaks into the printing of one. A shell that turned
    Ctrl-C off for a background job keeps it so.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        calls.put(None)  # a SimpleQueue may be used in the handler of a signal

    numbers = [each for each in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(each) is not signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
