"""Reads what the Gemini generateContent wire answers, whole and streamed.

Sources: the Gemini API reference, "Generating content"; the Vertex AI reference, "GenerateContentResponse".
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import msgspec

from seatrial.core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import FinishReason, TokenLogprob, Usage
from seatrial.models.schema_tool import ANSWER
from seatrial.models.wire import ErrorObject, Reader

WIRE = "gemini"

FINISH: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
    "ESCALATION": "content_filter",
    "MODEL_ARMOR": "content_filter",
}
"""Finish reasons that are an answer, or the refusal of one. `STOP` behind a tool call is `tool_calls`."""

FAILED: dict[str, tuple[int, str]] = {
    "MALFORMED_FUNCTION_CALL": (500, "the model wrote a tool call that cannot be read"),
    "UNEXPECTED_TOOL_CALL": (500, "the model called a tool that it was not given"),
    "TOO_MANY_TOOL_CALLS": (500, "the model called too many tools"),
    "MALFORMED_RESPONSE": (500, "the model wrote an answer that cannot be read"),
    "OTHER": (500, "the model stopped for a reason that the provider does not give"),
    "MISSING_THOUGHT_SIGNATURE": (400, "a tool call of the conversation has no thought signature"),
    "PUP_LIMITED_DISABLED": (403, "the account is limited for what it was used for"),
}
"""Finish reasons that are a failure: the HTTP status it would be, and what happened."""


class _FunctionCall(msgspec.Struct, rename="camel"):
    id: str | None = None
    name: str = ""
    args: msgspec.Raw = msgspec.Raw(b"{}")
    partial_args: list[Any] | None = None


class _Part(msgspec.Struct, rename="camel"):
    """Exactly one kind of content; a signature may stand with it, or alone."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: _FunctionCall | None = None
    inline_data: Any = None
    file_data: Any = None
    executable_code: Any = None
    code_execution_result: Any = None
    tool_call: Any = None
    tool_response: Any = None


_UNREAD = ("inline_data", "file_data", "executable_code", "code_execution_result", "tool_call", "tool_response")


def _arguments(call: _FunctionCall) -> str:
    if call.partial_args is not None:
        raise ValueError("it holds a tool call whose arguments come in parts")
    arguments = bytes(call.args).decode()
    return "{}" if arguments == "null" else arguments


class _Content(msgspec.Struct):
    parts: list[_Part] | None = None


class _Chosen(msgspec.Struct, rename="camel"):
    """Zero is left out of the JSON, as everywhere in this API."""

    token: str = ""
    log_probability: float | None = None


class _Top(msgspec.Struct):
    candidates: list[_Chosen] | None = None


class _Logprobs(msgspec.Struct, rename="camel"):
    chosen_candidates: list[_Chosen] | None = None
    top_candidates: list[_Top] | None = None


class _Candidate(msgspec.Struct, rename="camel"):
    content: _Content | None = None
    finish_reason: str | None = None
    finish_message: str | None = None
    index: int | None = None
    logprobs_result: _Logprobs | None = None


class _Feedback(msgspec.Struct, rename="camel"):
    block_reason: str | None = None


class _Usage(msgspec.Struct, rename="camel"):
    """A sum so far. `prompt_token_count` contains the cached ones, `candidates_token_count` not the thoughts."""

    prompt_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None

    def after(self, earlier: _Usage) -> _Usage:
        """What this one leaves out is as it was."""
        return _Usage(
            _later(self.prompt_token_count, earlier.prompt_token_count),
            _later(self.tool_use_prompt_token_count, earlier.tool_use_prompt_token_count),
            _later(self.cached_content_token_count, earlier.cached_content_token_count),
            _later(self.candidates_token_count, earlier.candidates_token_count),
            _later(self.thoughts_token_count, earlier.thoughts_token_count),
        )

    def canonical(self) -> Usage:
        thoughts = self.thoughts_token_count or 0
        return Usage(
            input_total=(self.prompt_token_count or 0) + (self.tool_use_prompt_token_count or 0),
            output_total=(self.candidates_token_count or 0) + thoughts,
            cache_read=self.cached_content_token_count or 0,
            reasoning=thoughts,
        )


def _later(now: int | None, before: int | None) -> int | None:
    return before if now is None else now


class _Answer(msgspec.Struct, rename="camel"):
    candidates: list[_Candidate] | None = None
    prompt_feedback: _Feedback | None = None
    usage_metadata: _Usage | None = None
    model_version: str | None = None
    response_id: str | None = None
    error: Any = None


class GeminiReader(Reader):
    """Reads one answer. Of several candidates only the first is read."""

    _decode = msgspec.json.Decoder(_Answer).decode

    def __init__(self) -> None:
        super().__init__()
        self._counts = _Usage()
        self._calls = 0
        self._thoughts = 0

    def whole(self, body: bytes) -> list[Event]:
        return self.piece(body)

    def piece(self, payload: bytes) -> list[Event]:
        answer = self._decode(payload)
        if answer.error is not None:
            raise ErrorObject(answer.error)
        if answer.usage_metadata is not None:
            self._counts = answer.usage_metadata.after(self._counts)
            self.usage = self._counts.canonical()
        self.served_by = answer.model_version or self.served_by
        events: list[Event] = []
        for candidate in answer.candidates or ():
            if not candidate.index:
                events += self._candidate(candidate, answer.response_id)
        feedback = answer.prompt_feedback
        if not answer.candidates and feedback is not None and feedback.block_reason:
            self.raw_finish, self.finish, self.ended = feedback.block_reason, "content_filter", True
        return events

    def _candidate(self, candidate: _Candidate, response: str | None) -> list[Event]:
        events: list[Event] = []
        for part in (candidate.content.parts or ()) if candidate.content is not None else ():
            events += self._part(part, response)
        if candidate.logprobs_result is not None:
            events = _with_logprobs(events, _canonical(candidate.logprobs_result))
        if candidate.finish_reason:
            self._finished(candidate.finish_reason, candidate.finish_message)
        return events

    def _part(self, part: _Part, response: str | None) -> list[Event]:
        if part.text and not part.thought and not part.thought_signature:
            return [TextDelta(part.text)]
        opaque: dict[str, Any] = {"wire": WIRE}
        if part.thought_signature:
            opaque["thoughtSignature"] = part.thought_signature
        if part.function_call is not None and part.function_call.name == ANSWER:
            return [TextDelta(_arguments(part.function_call))]
        if part.function_call is not None:
            return [self._tool_call(part.function_call, opaque, response)]
        for kind in _UNREAD:
            if getattr(part, kind) is not None:
                raise ValueError(f"it holds a part of a kind that is not read: {kind}")
        text = part.text or ""
        if part.thought:
            return self._thought(text, opaque)
        events: list[Event] = [TextDelta(text)] if text else []
        if part.thought_signature:
            events += self._thought("", opaque | {"text": len(text)})
        return events

    def _thought(self, text: str, opaque: dict[str, Any]) -> list[Event]:
        if "thoughtSignature" not in opaque:
            return [ReasoningDelta(text, self._thoughts)] if text else []
        self._thoughts += 1  # what is signed is joined with nothing before it
        return [ReasoningDelta(text, self._thoughts, opaque)]

    def _tool_call(self, call: _FunctionCall, opaque: dict[str, Any], response: str | None) -> ToolCallDelta:
        if call.id:
            opaque["id"] = call.id
        index, self._calls = self._calls, self._calls + 1
        made_up = "-".join(("call", *((response,) if response else ()), str(index)))
        return ToolCallDelta(
            index, call.id or made_up, call.name, _arguments(call), opaque if len(opaque) > 1 else None
        )

    def _finished(self, reason: str, message: str | None) -> None:
        self.raw_finish, self.ended = reason, True
        self.finish = FINISH.get(reason)
        if self.finish == "stop" and self._calls:
            self.finish = "tool_calls"
        if reason in FAILED:
            status, what = FAILED[reason]
            self.failed = {"code": status, "message": f"{what} ({reason})" + (f": {message}" if message else "")}


def _with_logprobs(events: list[Event], logprobs: tuple[TokenLogprob, ...]) -> list[Event]:
    """They are those of the whole piece; the first text of it carries them."""
    for place, event in enumerate(events):
        if isinstance(event, TextDelta):
            return [*events[:place], TextDelta(event.text, logprobs), *events[place + 1 :]]
    return [*events, TextDelta("", logprobs)] if logprobs else events


def _canonical(logprobs: _Logprobs) -> tuple[TokenLogprob, ...]:
    chosen, tops = logprobs.chosen_candidates or (), logprobs.top_candidates or ()
    return tuple(
        TokenLogprob(
            each.token,
            each.log_probability or 0.0,
            {other.token: other.log_probability or 0.0 for other in (top.candidates or ())} if top else {},
        )
        for each, top in zip_longest(chosen, tops[: len(chosen)])
    )
