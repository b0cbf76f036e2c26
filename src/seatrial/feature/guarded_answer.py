"""An answer under guard: of what a model says, what may leave, as soon as it may."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from seatrial.core.decision import Decision
from seatrial.core.events import Event, ReasoningDelta, Restart, TextDelta, ToolCallDelta
from seatrial.guard.policy import Guard
from seatrial.guard.rewrite import Restoring
from seatrial.guard.stream import AnswerGuards, Stop
from seatrial.guard.texts import Setting


class GuardedText:
    """An answer that is text. `kept` is what may be kept of it, `delivered` the same with pseudonyms restored."""

    def __init__(self, guards: Sequence[Guard], setting: Setting) -> None:
        self._guards = AnswerGuards(guards, setting) if guards else None
        self._setting = setting
        self._restoring = Restoring(setting.pseudonyms)
        self._kept: list[str] = []
        self._delivered: list[str] = []

    @property
    def stop(self) -> Stop | None:
        return self._guards.stop if self._guards is not None else None

    @property
    def unjudged(self) -> bool:
        """Whether it was stopped because a guard could not judge it."""
        return self.stop is not None and self.stop.verdict.state == "error"

    @property
    def stopped(self) -> Guard | None:
        """The guard by which the answer goes no further."""
        return self.stop.guard if self.stop is not None else None

    @property
    def decisions(self) -> list[Decision]:
        return self._guards.decisions if self._guards is not None else []

    @property
    def kept(self) -> str:
        return "".join(self._kept)

    @property
    def delivered(self) -> str:
        return "".join(self._delivered)

    async def events(self, source: AsyncGenerator[Event]) -> AsyncGenerator[Event]:
        """What may leave of the answer. It ends where a guard stops it; reasoning, which nobody judges, does not leave
        where guards stand, and calls of tools wait for the end of the text.
        """
        calls: list[Event] = []
        async with aclosing(source) as events:
            async for event in events:
                if isinstance(event, TextDelta):
                    left = await self._leave(event)
                    if left is not None:
                        yield left
                    elif self.stop is not None:
                        return
                elif isinstance(event, Restart):
                    self._begin_again()
                    yield event
                elif self._guards is None or not isinstance(event, ReasoningDelta | ToolCallDelta):
                    yield event
                elif isinstance(event, ToolCallDelta):
                    calls.append(event)
        last = await self._close()
        if last:
            yield TextDelta(last)
        for event in calls if self.stop is None else ():
            yield event

    async def _leave(self, event: TextDelta) -> TextDelta | None:
        piece = event.text if self._guards is None else await self._guards.feed(event.text)
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
        if self.stop is not None:
            return ""
        shown = self._show(piece)
        rest = self._restoring.close()
        self._delivered.append(rest)
        return shown + rest

    def _begin_again(self) -> None:
        """Another answer follows; there are no guards, as with them a structured answer comes whole."""
        self._restoring = Restoring(self._setting.pseudonyms)
        self._kept, self._delivered = [], []
