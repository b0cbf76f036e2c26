"""`scripted/FILE`: a model whose answers are rules. YAML `rules: [{when: REGEX, reply: TEXT, …}]` and `default:`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from time import perf_counter
from typing import Any, get_args

import msgspec

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import ErrorInfo, SpecError
from seatrial.core.events import AttemptEnded, Event, TextDelta, ToolCallDelta
from seatrial.core.exchange import Attempt, FinishReason, Usage
from seatrial.core.parts import ToolCall
from seatrial.models.faults import replayed_fault
from seatrial.models.pieces import pieces
from seatrial.spec.nodes import Node
from seatrial.spec.patterns import Pattern, compile_pattern
from seatrial.spec.yaml import read_yaml

MOST_DELAY = 600
"""Seconds."""

_RULE = ("when", "reply", "finish_reason", "tool_calls", "delay", "usage")


class Rule(msgspec.Struct, frozen=True):
    """`delay` is in seconds and is really waited for."""

    reply: str
    when: Pattern | None = None
    finish_reason: FinishReason = "stop"
    tool_calls: tuple[ToolCallDelta, ...] = ()
    delay: float = 0.0
    usage: Usage | None = None


class Scripted:
    """Answers by the first rule whose `when` is found in the last user text as said; is a Model."""

    def __init__(self, name: str, use: str, rules: tuple[Rule, ...], file: str) -> None:
        self.name = name
        self.use = use
        self._rules = rules
        self._file = file

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        started = perf_counter()
        asked = request.conversation[-1].text if request.conversation else ""
        rule = next((rule for rule in self._rules if rule.when is None or rule.when.search(asked)), None)
        if rule is None:
            yield AttemptEnded(self._miss(request, asked))
            return
        if rule.delay:
            await asyncio.sleep(rule.delay)
        for text in pieces(rule.reply, split=request.stream):
            yield TextDelta(text)
        for call in rule.tool_calls:
            yield call
        yield AttemptEnded(
            Attempt(
                model=self.name,
                use=self.use,
                params=request.params,
                finish=rule.finish_reason,
                raw_finish=rule.finish_reason,
                usage=rule.usage,
                latency_ms=(perf_counter() - started) * 1000,
                error=replayed_fault(rule.finish_reason, self._file),
            )
        )

    def _miss(self, request: ModelRequest, asked: str) -> Attempt:
        patterns = ", ".join(repr(rule.when.text) for rule in self._rules[:5] if rule.when)
        error = ErrorInfo(
            kind="miss",
            message=f"{self._file} has no rule for {asked[:120]!r}",
            hint=f"add a rule or a default:; the rules are {patterns}" if patterns else "add a rule or a default:",
        )
        return Attempt(model=self.name, use=self.use, params=request.params, finish="error", error=error)


def load_scripted(name: str, use: str, path: Path, *, file: str) -> Scripted:
    """Read a script. Raises SpecError with every mistake in it."""
    root = read_yaml(path, file=file)
    fields = root.fields("a script", ("rules", "default"), required=("rules",)) or {}
    nodes = fields["rules"].items("rules") if "rules" in fields else None
    rules = [_read_rule(node) for node in nodes or ()]
    if "default" in fields:
        node = fields["default"]
        mapping = node.kind == "mapping"
        rules.append(_read_rule(node, "default") if mapping else Rule(node.text("default", empty=True) or ""))
    root.problems.raise_any()
    return Scripted(name, use, tuple(rule for rule in rules if rule is not None), file)


def _read_rule(node: Node, what: str = "a rule") -> Rule | None:
    """A rule with its `when`, or what stands under `default:`, which has none."""
    required = ("reply",) if what == "default" else ("when", "reply")
    known = _RULE[1:] if what == "default" else _RULE
    fields = node.fields(what, known, required=required)
    if fields is None or any(key not in fields for key in required):
        return None
    reply = fields["reply"].text("reply", empty=True)
    finish = (
        fields["finish_reason"].choice("finish_reason", get_args(FinishReason)) if "finish_reason" in fields else "stop"
    )
    return Rule(
        reply=reply or "",
        when=_read_pattern(fields.get("when")),
        finish_reason=finish or "stop",  # type: ignore[arg-type]
        tool_calls=_read_calls(fields.get("tool_calls")),
        delay=_read_delay(fields.get("delay")),
        usage=_read_usage(fields.get("usage")),
    )


def _read_pattern(node: Node | None) -> Pattern | None:
    text = node.text("when") if node is not None else None
    if node is None or text is None:
        return None
    try:
        return compile_pattern(text)
    except SpecError as error:
        problem = error.problems[0]
        node.problem(problem.what, hint=problem.hint)
        return None


def _read_delay(node: Node | None) -> float:
    if node is None:
        return 0.0
    if isinstance(node.value, str):
        return node.duration("delay", most=MOST_DELAY, zero=True, like="200ms") or 0.0
    return node.number("delay", least=0, most=MOST_DELAY) or 0.0


def _read_usage(node: Node | None) -> Usage | None:
    return _converted(node, "usage", Usage) if node is not None else None


def _read_calls(node: Node | None) -> tuple[ToolCallDelta, ...]:
    calls = _converted(node, "tool_calls", tuple[ToolCall, ...]) if node is not None else None
    return tuple(ToolCallDelta(index, call.id, call.name, call.arguments) for index, call in enumerate(calls or ()))


def _converted(node: Node, what: str, wanted: Any) -> Any:
    try:
        return msgspec.convert(node.plain(), wanted)
    except msgspec.ValidationError as error:
        node.problem(f"{what} is not right: {error}")
        return None
