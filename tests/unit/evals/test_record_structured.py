"""`eval --record` of a feature with a schema: what a provider answered replays to the same values, streamed too."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.conversation import Message, Request
from seatrial.core.events import Done, Restart, Snapshot
from seatrial.core.exchange import Exchange
from seatrial.evals.run import evaluate
from seatrial.feature.feature import Feature, load
from seatrial.testing.simulator.asked import Asked
from seatrial.testing.simulator.server import ProviderServer

SCHEMA = {
    "type": "object",
    "properties": {"intent": {"enum": ["card", "cash"]}, "urgency": {"type": "integer", "minimum": 1, "maximum": 5}},
    "required": ["intent", "urgency"],
    "additionalProperties": False,
}
SUITE = """suite: s
checks: [{json-path: $.intent}]
cases: [{ask: my card is gone}, {ask: no cash came out}, {ask: mended}, {ask: asked again}]
"""
WIRES = {"openai-compatible/m": "/v1", "anthropic/claude-sonnet-4-5": "/v1", "gemini/gemini-2.5-flash": "/v1beta"}


def answers(asked: Asked) -> str:
    """`asked again` first gets a value that breaks the schema; told so, the model gives one that fits."""
    said = asked.text
    if "does not fit" in said:
        return '{"intent": "card", "urgency": 5}'
    if said == "asked again":
        return '{"intent": "card", "urgency": 9}'
    if said == "mended":
        return '```json\n{"intent": "cash", "urgency": 2,}\n```'
    return json.dumps({"intent": "cash" if "cash" in said else "card", "urgency": len(said) % 5 + 1})


def write(folder: Path, models: str) -> None:
    files = {
        "feature.yaml": f"feature: f\nmodels: {{main: {models}}}\nprompt: p.md\noutput: out.json\n",
        "p.md": "---\ninputs: {question: string}\n---\nsystem:\nSort it.\nuser:\n{{ question }}\n",
        "out.json": json.dumps(SCHEMA),
        "evals/s.yaml": SUITE,
    }
    (folder / "evals").mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


RUNGS = [
    pytest.param(use, rung, id=f"{use.partition('/')[0]}-{rung}")
    for use in WIRES
    for rung in ("native", "tool", "json", "none")
    if not (use.startswith("anthropic") and rung == "json")  # that API has no JSON mode
]


@pytest.mark.parametrize(("use", "rung"), RUNGS)
def test_a_recorded_feature_replays_to_the_same_values(
    tmp_path: Path, use: str, rung: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ANTHROPIC_API_KEY", "GEMINI_API_KEY"):
        monkeypatch.setenv(name, "k")
    with ProviderServer(answers=answers) as server:
        line = f"{{use: {use}, base_url: '{server.url}{WIRES[use]}', facts: {{schema: {rung}}}}}"
        write(tmp_path, line)
        first = evaluate(tmp_path, record=True)
    assert (first.exit_code, first.suites[0].passed) == (0, 4)
    before = {result.input[-1].text: result.exchanges[0] for result in first.results()}
    assert {each.rung for each in before.values()} == {"prompt" if rung == "none" else rung}
    write(tmp_path, "{use: recording/recordings/main.jsonl}")
    again = evaluate(tmp_path)
    after = {result.input[-1].text: result.exchanges[0] for result in again.results()}
    assert {ask: _read(each) for ask, each in after.items()} == {ask: _read(each) for ask, each in before.items()}
    assert len(after["asked again"].attempts) == 2
    for ask, each in before.items():
        _assert_streams(load(tmp_path), ask, each)


def _read(exchange: Exchange) -> tuple[Any, ...]:
    rejected = [(each.text, each.outcome, each.errors) for each in exchange.rejected]
    return exchange.parsed, exchange.outcome, exchange.repairs, exchange.text, rejected


def _assert_streams(feature: Feature, ask: str, recorded: Exchange) -> None:
    async def drain() -> list[Any]:
        return [event async for event in feature.stream(Request((Message("user", ask),), stream=True))]

    *events, done = asyncio.run(drain())
    assert isinstance(done, Done)
    assert _read(done.exchange) == _read(recorded)
    assert sum(isinstance(event, Restart) for event in events) == len(recorded.rejected)
    if not recorded.repairs:
        shown = [event for event in events if isinstance(event, Snapshot)]
        assert shown[-1].value == recorded.parsed
