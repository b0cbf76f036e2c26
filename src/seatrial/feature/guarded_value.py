"""A structured answer under guard: judged when it is whole, text by text inside the value, and given in one piece.

Each string, name and number of the value is judged as a text of its own, what changes goes into the value, and the
value has to fit the schema afterwards. Guards of whole answers judge the JSON text. What stands around the value, or
was mended to read it, is in no value: it does not leave.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing

from seatrial.core.decision import Decision
from seatrial.core.events import AttemptEnded, Event, Restart, TextDelta, ToolCallDelta
from seatrial.feature.guarded_calls import GuardedCalls, restored_in
from seatrial.guard.leaves import encoded
from seatrial.guard.policy import Guard
from seatrial.guard.texts import Setting
from seatrial.guard.values import ValueRun
from seatrial.structured.output_type import to_plain
from seatrial.structured.parse import Parsed

Reading = Callable[[], tuple[str, Parsed | None]]
"""The answer's text as the model said it, and what was read from it."""

Read = Callable[[str], Parsed | None]
"""Reads the text of a value again, by the schema."""


class GuardedValue:
    """`kept` is the JSON text that may be kept, `parsed` what it was read to; `delivered` has pseudonyms restored."""

    def __init__(self, guards: Sequence[Guard], setting: Setting, said: Reading, read: Read) -> None:
        self.kept = ""
        self.delivered = ""
        self.parsed: Parsed | None = None
        self.stopped: Guard | None = None
        self.unjudged = False
        self.decisions: list[Decision] = []
        self.calls = GuardedCalls(guards, setting)
        self._guards = guards
        self._run = ValueRun(setting, setting.clock("output"))
        self._pseudonyms = setting.pseudonyms
        self._said = said
        self._read = read

    async def events(self, source: AsyncGenerator[Event]) -> AsyncGenerator[Event]:
        """The attempts as they end, and at the end the answer."""
        async with aclosing(source) as events:
            async for event in events:
                if isinstance(event, AttemptEnded):
                    yield event
                elif isinstance(event, ToolCallDelta):
                    self.calls.take(event)
                elif isinstance(event, Restart):
                    self.calls.forget()
        text, self.parsed = self._said()
        await self._judge(text)
        self.decisions = self._run.decisions
        if self.stopped is not None:
            return
        if self.delivered:
            yield TextDelta(self.delivered)
        for call in self.calls.events():
            yield call

    async def _judge(self, text: str) -> None:
        placing = [guard for guard in self._guards if guard.window is None]
        if self.parsed is None or self.parsed.outcome != "value":
            await self._judge_text(placing, text)
        else:
            await self._judge_value(placing, text, self.parsed)
        if self.stopped is None and self.kept:
            await self._run.text([guard for guard in self._guards if guard.window is not None], self.kept)
        await self.calls.judge(self._run)
        if self._run.stopped is not None:
            self.stopped, self.unjudged = self._run.stopped, self._run.unjudged

    async def _judge_text(self, placing: Sequence[Guard], text: str) -> None:
        """An answer that is no value: words, or JSON that does not fit."""
        self.kept = await self._run.json(placing, text) if text else ""
        self.delivered = self._pseudonyms.restored(self.kept)

    async def _judge_value(self, placing: Sequence[Guard], text: str, said: Parsed) -> None:
        value = to_plain(said.value)
        now = await self._run.value(placing, value)
        if self._run.stopped is not None:
            return
        # Without repairs the text is the value and nothing else.
        unchanged = now == value and not (self._guards and said.repairs)
        self.kept = text if unchanged else encoded(now)
        if now != value:
            self.parsed = self._read(self.kept)
            if self.parsed is None or self.parsed.outcome != "value":
                # A number cannot be a placeholder.
                self._run.refuse(next(guard for guard in placing if guard.changes))
                return
        restored = restored_in(now, self._pseudonyms)
        self.delivered = self.kept if restored == now else encoded(restored)
