"""The pipeline: the way of one request through a feature, from its guards to the models of its route and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import TYPE_CHECKING

from seatrial.core.conversation import ModelRequest, Request, check_request, instructions_of
from seatrial.core.errors import BugError, ErrorInfo, OutsideError, SpecError
from seatrial.core.events import Done, Event, ReasoningDelta, Restart, TextDelta, ToolCallDelta
from seatrial.feature.draft import Draft
from seatrial.feature.guarded import GuardedAsk
from seatrial.feature.guarded_answer import GuardedText
from seatrial.feature.guarded_value import GuardedValue
from seatrial.feature.output import ask_again, tell
from seatrial.guard.policy import Guard
from seatrial.guard.texts import Setting
from seatrial.models.unsent import was_unsent

if TYPE_CHECKING:
    from seatrial.feature.feature import Feature


async def stream(feature: Feature, request: Request) -> AsyncGenerator[Event]:
    """Ends in exactly one `Done`, also on failure; when the task is cancelled, `Done` with finish `cancelled` comes
    first and CancelledError is raised at the next step. Raises SpecError at the first step, and has no `Done`, for a
    request that is none.
    """
    check_request(request)
    guarded = _guarded(feature, request)
    draft = Draft(feature, request, guarded)
    ask = _Ask(feature, draft)
    try:
        feature.prepare_guards()
        async with aclosing(guarded.stream(ask) if guarded is not None else ask.route(request, None)) as events:
            async for event in events:
                yield event
    except asyncio.CancelledError as error:
        yield Done(draft.cancelled(sent=not was_unsent(error)))
        raise
    except SpecError as error:
        yield Done(draft.exchange(ErrorInfo(kind="spec", message=str(error))))
    except OutsideError as error:
        yield Done(draft.exchange(ErrorInfo(kind="outside", message=str(error))))
    except Exception as error:  # noqa: BLE001 - a caller of stream is owed its Done, whatever a model object raises
        yield Done(draft.exchange(ErrorInfo(kind="bug", message=f"{type(error).__name__}: {error}")))
    else:
        yield Done(draft.exchange())


def _guarded(feature: Feature, request: Request) -> GuardedAsk | None:
    """What guards an ask; None for a feature without guards."""
    if not feature.spec.guards:
        return None
    prompts = [feature.prompt_for(name) for name in feature.spec.route]
    inputs = {name: each for prompt in prompts for name, each in prompt.inputs.items()}
    return GuardedAsk(
        feature.spec.guards,
        request,
        asks=dict.fromkeys(prompt.ask for prompt in prompts if prompt.ask is not None),
        untrusted=[name for name, each in inputs.items() if not each.trusted],
        instructions=lambda asked: instructions_of(prompts[0].render(asked)[0]),
    )


def _check_words(event: Event) -> None:
    """Half a surrogate pair, which a model object of the user's may say, can be neither sent nor kept. Raises
    OutsideError.
    """
    if isinstance(event, TextDelta | ReasoningDelta):
        said = event.text
    elif isinstance(event, ToolCallDelta):
        said = event.id + event.name + event.arguments
    else:
        return
    try:
        said.encode()
    except UnicodeEncodeError as error:
        half = f"U+{ord(said[error.start]):04X}"
        raise OutsideError(f"the model said half of a surrogate pair, {half}, which is no text") from error


class _Ask:
    """What of the way lies behind the guards: is the `Asking` of an ask under guard."""

    def __init__(self, feature: Feature, draft: Draft) -> None:
        self._feature = feature
        self._draft = draft

    async def route(self, request: Request, told: str | None) -> AsyncGenerator[Event]:
        """The events of the models of the route, once the draft knows them; `told` says why they are asked again."""
        async with aclosing(self._answers(request, told)) as events:
            async for event in events:
                _check_words(event)
                self._draft.take(event)
                yield event

    def answer(self, guards: Sequence[Guard], setting: Setting) -> GuardedText | GuardedValue:
        """A value that guards or pseudonyms may change comes whole; anything else as it grows."""
        output = self._feature.output
        if output is None or not (guards or setting.pseudonyms.texts):
            return GuardedText(guards, setting)
        read = partial(output.read, finish="stop")
        return GuardedValue(guards, setting, lambda: (self._draft.said.text, self._draft.parsed), read)

    def stopped(self) -> None:
        self._draft.stopped()

    async def _answers(self, request: Request, told: str | None) -> AsyncGenerator[Event]:
        """The models of the route in order, until one answers. A model that began to answer is the last one, also where
        its answer has no value that fits the output.
        """
        feature, draft = self._feature, self._draft
        schema = feature.spec.output.schema if feature.spec.output is not None else None
        for name in feature.spec.route:
            spec = feature.spec.models[name]
            messages, draft.context = feature.prompt_for(name).render(request)
            draft.instructions = instructions_of(messages)
            draft.prompt_version = feature.prompt_version(name)
            asked = ModelRequest(
                messages, request.messages, spec.params, schema=schema, stream=request.stream, repeat=request.repeat
            )
            asked = tell(asked, told) if told is not None else asked
            draft.asking = spec
            async with aclosing(self._answer_of(name, asked)) as events:
                async for event in events:
                    yield event
            draft.asking = None
            error = draft.attempts[-1].error
            if error is None or not error.switchable or draft.said.begun or draft.rejected:
                return

    async def _answer_of(self, name: str, asked: ModelRequest) -> AsyncGenerator[Event]:
        """One model's answer; where the output is a schema, asked for again with what was wrong with it."""
        model, output, draft = self._feature.model(name), self._feature.output, self._draft
        for left in range(output.retries if output is not None else 0, -1, -1):
            before = len(draft.attempts)
            growing = output.partial() if output is not None and asked.stream else None
            async with aclosing(model.stream(asked)) as events:
                async for event in events:
                    yield event
                    snapshot = growing.feed(event.text) if growing and isinstance(event, TextDelta) else None
                    if snapshot is not None:
                        yield snapshot
            if len(draft.attempts) == before:
                raise BugError(f"the model {name} ended without an attempt")
            rejected = draft.read(output) if output is not None else None
            if rejected is None or not left:
                return
            asked = ask_again(asked, draft.said, rejected)
            yield Restart(rejected)
