"""`recording/FILE`: answers recorded before, replayed by what was asked. A real model for tests and air-gapped CI.

Lines are `{"messages", "answer", "finish_reason"?, "usage"?, "latency_ms"?, "tool_calls"?, "logprobs"?, "model"?,
"key"?}`, where `messages` is the conversation as it was said. The k-th line with an equal match answers repeat k,
whatever the order of arrival.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Literal

import msgspec

from seatrial.core.answer import Answer
from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.errors import ErrorInfo, Problem, SpecError
from seatrial.core.events import AttemptEnded, Event, TextDelta, ToolCallDelta
from seatrial.core.exchange import Attempt, FinishReason, TokenLogprob, Usage
from seatrial.core.identity import digest
from seatrial.core.parts import ToolCall
from seatrial.core.registry import nearest_name
from seatrial.core.shapes import Model
from seatrial.models.faults import replayed_fault
from seatrial.models.pieces import pieces
from seatrial.spec.nodes import Problems
from seatrial.spec.rows import read_rows

Match = Literal["exact", "conversation"]
MOST_COMPARED = 200
MOST_SHOWN = 120
"""Comparing texts takes quadratic time, and a miss may happen in every case of a run."""


class Line(msgspec.Struct, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One recorded answer. Every line of a file has a `key` or none has."""

    messages: tuple[Message, ...]
    answer: str
    finish_reason: FinishReason = "stop"
    usage: Usage | None = None
    latency_ms: float = 0.0
    tool_calls: tuple[ToolCall, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()
    model: str | None = None
    key: str | None = None


def exact_key(request: ModelRequest) -> str:
    """The hash of rendered messages, parameters, tools and schema; not of model or URL."""
    return digest([request.messages, request.params, request.tools, request.schema])


def conversation_key(messages: tuple[Message, ...]) -> str:
    return digest([(m.role, m.content) for m in messages if m.role in ("user", "assistant")])


class Recording:
    """Replays the lines of a file; is a Model."""

    def __init__(self, name: str, use: str, lines: list[tuple[int, Line]], match: Match, file: str) -> None:
        self.name = name
        self.use = use
        self._match = match
        self._file = file
        self._lines = lines
        self._by_key: dict[str, list[Line]] = {}
        for _, line in lines:
            key = line.key if match == "exact" else conversation_key(line.messages)
            self._by_key.setdefault(key or "", []).append(line)

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        exact = self._match == "exact"
        key = exact_key(request) if exact else conversation_key(request.conversation)
        found = self._by_key.get(key, [])
        if len(found) < request.repeat:
            yield AttemptEnded(self._miss(request, len(found)))
            return
        line = found[request.repeat - 1]
        for text in pieces(line.answer, split=request.stream):
            yield TextDelta(text)
        if line.logprobs:
            yield TextDelta("", line.logprobs)
        for index, call in enumerate(line.tool_calls):
            yield ToolCallDelta(index, call.id, call.name, call.arguments)
        yield AttemptEnded(
            Attempt(
                model=self.name,
                use=self.use,
                params=request.params,
                served_by=line.model,
                finish=line.finish_reason,
                raw_finish=line.finish_reason,
                usage=line.usage,
                latency_ms=line.latency_ms,
                error=replayed_fault(line.finish_reason, self._file),
            )
        )

    def _miss(self, request: ModelRequest, found: int) -> Attempt:
        asked = request.conversation[-1].text if request.conversation else "(only variables)"
        if found:
            what = f"{self._file} answers this {found} times, and repeat {request.repeat} was asked"
            hint = "record more answers, or ask for fewer repeats"
        else:
            what = f"{self._file} has no answer to {asked[:MOST_SHOWN]!r}"
            hint = self._nearest(asked)
        error = ErrorInfo(kind="miss", message=what, hint=hint)
        return Attempt(model=self.name, use=self.use, params=request.params, finish="error", error=error)

    def _nearest(self, asked: str) -> str:
        texts = {line.messages[-1].text: number for number, line in self._lines if line.messages}
        if asked in texts:
            where = f"{self._file}:{texts[asked]} has the same last words"
            if self._match == "exact":
                return f"{where}; prompt or parameters changed since: record anew, or use match: conversation"
            return f"{where}, but other earlier messages"
        openings = {text[:MOST_SHOWN]: number for text, number in list(texts.items())[:MOST_COMPARED]}
        nearest = nearest_name(asked[:MOST_SHOWN], openings)
        if nearest is None:
            return "record the answer with eval --record, or add a line"
        return f"the nearest is {self._file}:{openings[nearest]}: {nearest!r}"


def load_recording(name: str, use: str, path: Path, *, match: Match | None, file: str) -> Recording:
    """Read a recording. Without `match`, lines with keys are matched exactly and lines without by conversation; a file
    that mixes both must say. Raises SpecError with every bad line.
    """
    lines: list[tuple[int, Line]] = []
    problems = Problems()
    for row in read_rows(path, file=file):
        try:
            lines.append((row.line, msgspec.convert(row.values, Line)))
        except msgspec.ValidationError as error:
            problems.add(
                Problem(
                    what=f"not a recorded answer: {error}",
                    file=file,
                    line=row.line,
                    hint='a line is {"messages": [{"role": "user", "content": "…"}], "answer": "…"}',
                )
            )
    problems.raise_any()
    keyed = sum(line.key is not None for _, line in lines)
    if match is None and 0 < keyed < len(lines):
        raise SpecError(
            f"{len(lines) - keyed} of {len(lines)} lines have no key",
            file=file,
            hint="say match: conversation, or exact",
        )
    if match == "exact" and keyed < len(lines):
        number = next(number for number, line in lines if line.key is None)
        raise SpecError(
            "the line has no key", file=file, line=number, hint="match: exact needs keys; eval --record writes them"
        )
    return Recording(name, use, lines, match or ("exact" if keyed else "conversation"), file)


class Recorder:
    """Writes every answer of a model to a recording, with the key of what was asked; wraps a Model and is one."""

    def __init__(self, model: Model, write: Callable[[Line], None]) -> None:
        self._model = model
        self._write = write

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        answer = Answer()
        async with aclosing(self._model.stream(request)) as events:
            async for event in events:
                answer.take(event)
                if isinstance(event, AttemptEnded) and event.attempt.error is None:
                    self._write(_line(request, answer, event.attempt))
                yield event


def _line(request: ModelRequest, answer: Answer, attempt: Attempt) -> Line:
    return Line(
        messages=request.conversation,
        answer=answer.text,
        finish_reason=attempt.finish,
        usage=attempt.usage,
        latency_ms=round(attempt.latency_ms, 3),
        tool_calls=answer.tool_calls,
        logprobs=answer.logprobs,
        model=attempt.served_by or attempt.use,
        key=exact_key(request),
    )
