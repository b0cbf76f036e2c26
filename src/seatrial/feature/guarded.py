"""One ask under guard: the request before a model sees it, the answer before anybody does, and what is kept of both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing, suppress
from typing import Protocol

import msgspec

from seatrial.core.conversation import Message, Request
from seatrial.core.decision import Decision
from seatrial.core.errors import ErrorInfo
from seatrial.core.events import Event, Retract, TextDelta, VerdictReached
from seatrial.core.exchange import Exchange
from seatrial.core.parsed import Repair
from seatrial.core.parts import Text, ToolCall
from seatrial.feature.guarded_answer import GuardedText
from seatrial.feature.guarded_request import GuardedRequest, withheld
from seatrial.feature.guarded_value import GuardedValue
from seatrial.feature.message_texts import without_reasoning
from seatrial.guard.deciding import UNJUDGED, reply_of
from seatrial.guard.keys import installed_key
from seatrial.guard.leaves import leaves
from seatrial.guard.policy import Guard, Policy
from seatrial.guard.texts import WITHHELD, Setting

AGAIN = "Your last answer was withheld: {reason}. Answer again, without that."
RETRACTED = "the answer was withdrawn by the guard {check}"


class Asking(Protocol):
    """What the pipeline does for an ask under guard."""

    def route(self, request: Request, told: str | None) -> AsyncGenerator[Event]:
        """The events of the models of the route; `told` says why they are asked again."""

    def answer(self, guards: Sequence[Guard], setting: Setting) -> GuardedText | GuardedValue:
        """What guards one answer."""

    def stopped(self) -> None:
        """The answer is not wanted any more, whether it has ended or not."""


class GuardedAsk:
    """What becomes of one ask. `request` is the request as it may be kept, `decisions` what the guards decided."""

    def __init__(
        self,
        policy: Policy,
        request: Request,
        *,
        asks: Iterable[str] = (),
        untrusted: Iterable[str] = (),
        instructions: Callable[[Request], tuple[str, ...]] = lambda _: (),
    ) -> None:
        self.request = withheld(request)
        self.decisions: list[Decision] = []
        self._policy = policy
        self._given = request
        self._asks = tuple(asks)
        self._untrusted = tuple(untrusted)
        self._instructions = instructions
        self._output = policy.of("output", request.cohort)
        self._answer: GuardedText | GuardedValue | None = None
        self._reply: str | None = None

    async def stream(self, asking: Asking) -> AsyncGenerator[Event]:
        """The events of the ask, as they may leave."""
        setting = Setting(self._around(self._given), installed_key(), self._policy.budgets)
        before = GuardedRequest(self._policy, self._given, self._asks, self._untrusted, setting)
        ahead: _Ahead | None = None
        try:
            await before.run()
            setting.exchange = self._around(before.request)
            if self._output and before.stopped is None:
                told = self._instructions(before.request)
                setting.exchange = msgspec.structs.replace(setting.exchange, instructions=told)
            if before.waits:
                ahead = _Ahead(asking.route(before.request, None))
                await before.settle()
            self.request = without_reasoning(before.request)
            self.decisions += before.decisions
            for made in before.decisions:
                yield VerdictReached(made)
            if before.stopped is not None:
                if ahead is not None:
                    await ahead.stop()
                asking.stopped()
                yield self._block(before.stopped)
                return
            source = asking.route(before.request, None) if ahead is None else ahead.events()
            async with aclosing(self._answers(asking, before.request, setting, source)) as events:
                async for event in events:
                    yield event
        finally:
            await before.cancel()
            if ahead is not None:
                await ahead.stop()

    def _around(self, request: Request) -> Exchange:
        """The exchange around a text while there is no answer: what checks see that ask for more than the text."""
        texts = [leaf for name in self._untrusted for leaf in leaves(request.vars.get(name))]
        context = tuple(text for text in texts if isinstance(text, str))
        return Exchange(id="", request=request, message=Message("assistant", ""), finish="stop", context=context)

    async def _answers(
        self, asking: Asking, request: Request, setting: Setting, source: AsyncGenerator[Event]
    ) -> AsyncGenerator[Event]:
        """Answers until one passes, or a guard stops one and does not ask again."""
        asked = 0
        while True:
            answer = self._answer = asking.answer(self._output, setting)
            async with aclosing(answer.events(source)) as events:
                async for event in events:
                    yield event
            guard = answer.stopped
            again = guard is not None and guard.retries > asked and not answer.unjudged
            made = [_last_try(each) if guard is not None and not again else each for each in answer.decisions]
            self.decisions += made
            for each in made:
                yield VerdictReached(each)
            if guard is None:
                return
            asking.stopped()
            self._answer = None
            if answer.delivered:
                yield Retract(RETRACTED.format(check=guard.check.id))
            if not again:
                yield self._block(guard, unjudged=answer.unjudged)
                return
            asked += 1
            source = asking.route(request, AGAIN.format(reason=made[-1].verdict.reason))

    def _block(self, guard: Guard | None, *, unjudged: bool = False) -> TextDelta:
        self._reply = UNJUDGED if guard is None or (unjudged and not guard.reply) else reply_of(guard)
        return TextDelta(self._reply)

    def onto(self, exchange: Exchange) -> Exchange:
        """The exchange as it may be kept, and with what was delivered."""
        kept = msgspec.structs.replace(exchange, request=self.request, guards=tuple(self.decisions))
        if self._reply is not None:
            return _blocked(kept, self._reply)
        if self._answer is None:
            return _emptied(kept)
        answer = self._answer
        if self._output:
            kept = _emptied(kept, answer.kept, answer.calls.kept, exchange)
        elif isinstance(answer, GuardedValue):
            kept = msgspec.structs.replace(kept, message=Message("assistant", answer.kept))
        if isinstance(answer, GuardedValue) and answer.parsed is not None:
            kept = msgspec.structs.replace(kept, parsed=answer.parsed.value)
        return kept.delivering(answer.delivered)


def _blocked(exchange: Exchange, reply: str) -> Exchange:
    """Of an answer that was stopped nothing is kept but what it took."""
    kept = _emptied(exchange, reply)
    return msgspec.structs.replace(
        kept, finish="blocked", error=None, tool_calls=(), parsed=None, outcome=None, repairs=(), errors=()
    )


def _emptied(
    exchange: Exchange, text: str = "", calls: tuple[ToolCall, ...] = (), said: Exchange | None = None
) -> Exchange:
    """Without what no guard has judged: reasoning, answers before the last, what was mended or stood around a value,
    probabilities of tokens now changed.
    """
    unchanged = said is not None and said.message.text == text
    return msgspec.structs.replace(
        exchange,
        message=Message("assistant", text),
        raw=None,
        reasoning="",
        parts=(*((Text(text),) if text else ()), *calls) if calls else (),
        tool_calls=calls,
        logprobs=exchange.logprobs if unchanged else (),
        rejected=tuple(msgspec.structs.replace(each, text=WITHHELD, errors=()) for each in exchange.rejected),
        repairs=tuple(Repair(each.name) for each in exchange.repairs),
        errors=exchange.errors if exchange.outcome in (None, "value") else (),
        error=_unquoted(exchange),
    )


def _unquoted(exchange: Exchange) -> ErrorInfo | None:
    """The error without what it says of the answer, which it may repeat."""
    error = exchange.error
    if error is None or error.kind != "output":
        return error
    return msgspec.structs.replace(error, message=f"no value that fits the output schema: {exchange.outcome}")


def _last_try(made: Decision) -> Decision:
    """A guard that would ask again, and has for the last time, gives its reply."""
    return msgspec.structs.replace(made, did="replaced") if made.did == "retried" else made


class _Ahead:
    """A source that is read on without anybody asking for the next event."""

    def __init__(self, source: AsyncGenerator[Event]) -> None:
        self._queue: asyncio.Queue[Event | Exception | None] = asyncio.Queue()
        self._task = asyncio.ensure_future(self._read(source))

    async def _read(self, source: AsyncGenerator[Event]) -> None:
        try:
            async with aclosing(source) as events:
                async for event in events:
                    self._queue.put_nowait(event)
        except Exception as error:  # noqa: BLE001 - raised again where the events are wanted
            self._queue.put_nowait(error)
        else:
            self._queue.put_nowait(None)

    async def events(self) -> AsyncGenerator[Event]:
        try:
            while (event := await self._queue.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            await self.stop()

    async def stop(self) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
