"""Asks a judge and hears what it says: one call, with everything that was sent and came back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from seatrial.checks.parameters import NamedModel
from seatrial.core.answer import Answer
from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import BugError
from seatrial.core.events import AttemptEnded
from seatrial.core.exchange import Attempt, TokenLogprob, usage_of
from seatrial.core.verdict import ModelCall, State, Verdict
from seatrial.judges.reading import Unread, read_verdict
from seatrial.judges.rubric import Rubric


class Heard(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one ask. `value` is the verdict as the rubric's schema has it; without one, `state` is `unscored`
    where the judge said nothing that can be read, or `error` where no answer came.
    """

    call: ModelCall
    value: dict[str, Any] | None = None
    state: State = "unscored"
    label: str = ""
    why: str = ""
    logprobs: tuple[TokenLogprob, ...] = ()


async def ask(
    judge: NamedModel,
    rubric: Rubric,
    values: Mapping[str, Any],
    *,
    scale: int = 0,
    repeat: int = 1,
    params: Mapping[str, Any] | None = None,
) -> Heard:
    """Ask once. `repeat` counts asks of the same, from 1; `params` change those of the model's line."""
    asking = rubric.asking(values, params={**judge.params, **(params or {})}, scale=scale, repeat=repeat)
    call, said = await _call(judge, asking.request)
    last = call.attempts[-1]
    if last.error is not None:
        why = last.error.message + (f" ({last.error.hint})" if last.error.hint else "")
        return Heard(
            call=call, state="error", label=last.error.kind, why=f"the judge {judge.name} did not answer: {why}"
        )
    schema = asking.request.schema or {}
    read = read_verdict(said.text, last.finish, schema, asking.mark, asking.judged)
    if isinstance(read, Unread):
        return Heard(call=call, label=read.label, why=read.why)
    return Heard(call=call, value=read, logprobs=said.logprobs)


async def _call(judge: NamedModel, request: ModelRequest) -> tuple[ModelCall, Answer]:
    said, attempts = Answer(), list[Attempt]()
    async with aclosing(judge.model().stream(request)) as events:
        async for event in events:
            if isinstance(event, AttemptEnded):
                attempts.append(event.attempt)
            else:
                said.take(event)
    if not attempts:
        raise BugError(f"the model {judge.name} ended without an attempt")
    return ModelCall(request.messages, said.text, tuple(attempts)), said


def judged(verdict: Verdict, heard: Sequence[Heard]) -> Verdict:
    """The verdict with what it took to come by it."""
    calls = tuple(each.call for each in heard)
    return msgspec.structs.replace(
        verdict, calls=calls, usage=usage_of([attempt for call in calls for attempt in call.attempts])
    )


def unheard(heard: Sequence[Heard]) -> Verdict | None:
    """The verdict where some ask brought none: an answer that did not come outweighs one that cannot be read."""
    for state in ("error", "unscored"):
        for each in heard:
            if each.value is None and each.state == state:
                return judged(Verdict(state=each.state, label=each.label or None, reason=each.why), heard)
    return None
