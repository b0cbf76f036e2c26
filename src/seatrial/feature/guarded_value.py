"""A structured answer under guard: judged when it is whole, text by text inside the value, and given in one piece.

The JSON text is no text to judge place by place: a character may be written as an escape, and a placeholder where a
number stood would break it. So each string, name and number of the value is judged as a text of its own, what changes
goes into the value, and the value has to fit the schema afterwards. Guards of whole answers judge the JSON text.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from seatrial.core.decision import Decision
from seatrial.core.events import AttemptEnded, Event, TextDelta, ToolCallDelta
from seatrial.guard.deciding import with_spans
from seatrial.guard.leaves import Leaf, leaves, with_leaves
from seatrial.guard.policy import Guard
from seatrial.guard.texts import Setting, TextRun
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
        self._setting = setting
        self._clock = setting.clock("output")
        self._placing = [guard for guard in guards if guard.window is None]
        self._whole = [guard for guard in guards if guard.window is not None]
        self._said = said
        self._read = read

    async def events(self, source: AsyncGenerator[Event]) -> AsyncGenerator[Event]:
        """The attempts as they end, and at the end the answer."""
        calls: list[Event] = []
        async with aclosing(source) as events:
            async for event in events:
                if isinstance(event, AttemptEnded):
                    yield event
                elif isinstance(event, ToolCallDelta):
                    calls.append(event)
        text, self.parsed = self._said()
        await self._judge(text)
        if self.stopped is not None:
            return
        if self.delivered:
            yield TextDelta(self.delivered)
        for event in calls:
            yield event

    async def _judge(self, text: str) -> None:
        if self.parsed is None or self.parsed.outcome != "value":
            await self._judge_text(text)
        else:
            await self._judge_value(text, to_plain(self.parsed.value))
        if self.stopped is None and self.kept:
            await self._judge_whole()

    async def _judge_text(self, text: str) -> None:
        """An answer that is no value: words, or JSON that does not fit."""
        self.kept = (await self._run(self._placing, text)).text if text else ""
        self.delivered = self._setting.pseudonyms.restored(self.kept)

    async def _judge_value(self, text: str, value: Any) -> None:
        given = list(leaves(value))
        now: list[Leaf] = []
        for path, leaf in given:
            now.append(await self._judge_leaf(path, leaf))
            if self.stopped is not None:
                return
        changed = now != [leaf for _, leaf in given]
        self.kept = _json(with_leaves(value, iter(now))) if changed else text
        if changed:
            self.parsed = self._read(self.kept)
            if self.parsed is None or self.parsed.outcome != "value":
                self._stop_unfit()
                return
        restored = [self._setting.pseudonyms.restored(leaf) if isinstance(leaf, str) else leaf for leaf in now]
        self.delivered = self.kept if restored == now else _json(with_leaves(value, iter(restored)))

    async def _judge_leaf(self, path: str, leaf: Leaf) -> Leaf:
        text = leaf if isinstance(leaf, str) else _json(leaf)
        run = await self._run(self._placing, text, path)
        if run.text == text or self.stopped is not None:
            return leaf
        return run.text

    async def _judge_whole(self) -> None:
        if self._whole:
            await self._run(self._whole, self.kept)

    async def _run(self, guards: Sequence[Guard], text: str, path: str | None = None) -> TextRun:
        run = TextRun(guards, text, self._setting, self._clock)
        if guards:
            await run.run()
        for made in run.decisions:
            self._note(made, path)
        if run.stopped is not None:
            self.stopped = run.stopped
            self.unjudged = any(made.verdict.state == "error" for made in run.decisions)
            self.decisions = [with_spans(made, ()) for made in run.decisions if made.did != "passed"]
        return run

    def _note(self, made: Decision, path: str | None) -> None:
        """Of many places in a value each one where something was found is told, and one for a guard that found none."""
        if path is not None:
            found = made.did != "passed"
            verdict = msgspec.structs.replace(
                made.verdict, spans=(), reason=f"at {path}: {made.verdict.reason}" if found else ""
            )
            made = msgspec.structs.replace(made, verdict=verdict)
        same = [each for each in self.decisions if each.verdict.version == made.verdict.version]
        if made.did == "passed" and same:
            return
        self.decisions = [each for each in self.decisions if each not in same or each.did != "passed"] + [made]

    def _stop_unfit(self) -> None:
        """The guards have left a value that does not fit the schema: a number cannot be a placeholder."""
        self.stopped = next(guard for guard in self._placing if guard.changes)
        self.unjudged = True
        self.decisions = [each for each in self.decisions if each.did != "passed"]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
