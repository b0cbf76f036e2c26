"""An answer under guard: of what a model says, what may leave, as soon as it may."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from seatrial.core.decision import Decision
from seatrial.core.events import Event, ReasoningDelta, Restart, TextDelta, ToolCallDelta
from seatrial.feature.guarded_calls import GuardedCalls
from seatrial.guard.policy import Guard
from seatrial.guard.rewrite import Restoring
from seatrial.guard.stream import AnswerGuards
from seatrial.guard.texts import Setting
from seatrial.guard.values import ValueRun


class GuardedText:
    """An answer that is text. `kept` is what may be kept of it, `delivered` the same with pseudonyms restored.
    `stopped` is the guard by which it goes no further, `unjudged` that this is because it could not be judged.
    """

    def __init__(self, guards: Sequence[Guard], setting: Setting) -> None:
        self.stopped: Guard | None = None
        self.unjudged = False
        self.decisions: list[Decision] = []
        self.calls = GuardedCalls(guards, setting)
        self._clock = setting.clock("output")
        self._guards = AnswerGuards(guards, setting, self._clock) if guards else None
        self._setting = setting
        self._restoring = Restoring(setting.pseudonyms)
        self._kept: list[str] = []
        self._delivered: list[str] = []

    @property
    def kept(self) -> str:
        return "".join(self._kept)

    @property
    def delivered(self) -> str:
        return "".join(self._delivered)

    async def events(self, source: AsyncGenerator[Event]) -> AsyncGenerator[Event]:
        """What may leave of the answer. It ends where a guard stops it; reasoning, which nobody judges, does not leave
        where guards stand, and calls of tools that somebody judges or restores wait for the end of the text.
        """
        holds_calls = self._guards is not None or bool(self._setting.pseudonyms.texts)
        async with aclosing(source) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    left = await self._leave(event)
                    if self.stopped is not None:
                        return
                    if left is not None:
                        yield left
                elif isinstance(event, Restart):
                    self._begin_again()
                    yield event
                elif isinstance(event, ToolCallDelta) and holds_calls:
                    self.calls.take(event)
                elif self._guards is None or not isinstance(event, ReasoningDelta):
                    yield event
        last = await self._close()
        if last:
            yield TextDelta(last)
        if self.stopped is None:
            await self._judge_calls()
        for call in self.calls.events() if self.stopped is None else ():
            yield call

    async def _leave(self, event: TextDelta) -> TextDelta | None:
        piece = event.text if self._guards is None else await self._guards.feed(event.text)
        self._look_for_stop()
        shown = self._show(piece)
        if shown == event.text:
            return event
        return TextDelta(shown) if shown else None

    def _show(self, piece: str) -> str:
        self._kept.append(piece)
        shown = self._restoring.feed(piece)
        self._delivered.append(shown)
        return shown

    async def _close(self) -> str:
        piece = "" if self._guards is None else await self._guards.close()
        self._look_for_stop()
        if self.stopped is not None:
            return ""
        shown = self._show(piece)
        rest = self._restoring.close()
        self._delivered.append(rest)
        return shown + rest

    def _look_for_stop(self) -> None:
        if self._guards is not None and self._guards.stop is not None:
            self.stopped, self.unjudged = self._guards.stop.guard, self._guards.stop.verdict.state == "error"
            self.decisions = self._guards.decisions

    async def _judge_calls(self) -> None:
        """The decisions on an answer are those on its text and on its calls."""
        run = ValueRun(self._setting, self._clock, self._guards.decisions if self._guards is not None else ())
        await self.calls.judge(run)
        self.decisions, self.stopped, self.unjudged = run.decisions, run.stopped, run.unjudged

    def _begin_again(self) -> None:
        """Another answer follows; there are no guards, as with them a structured answer comes whole."""
        self._restoring = Restoring(self._setting.pseudonyms)
        self._kept, self._delivered = [], []
