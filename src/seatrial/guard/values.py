"""Guards over what a model says as JSON: text by text inside its values, since an escape hides a character in the text
of it, and a placeholder in the place of a number would break it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.json import encode
from msgspec.structs import replace

from seatrial.core.decision import CHANGED, Decision
from seatrial.guard.deciding import Told, with_spans
from seatrial.guard.judging import Clock
from seatrial.guard.leaves import Leaf, is_leaf, unused
from seatrial.guard.policy import Guard
from seatrial.guard.texts import Setting, TextRun
from seatrial.structured.jsontext import NotJson, read_json

MOST_AT_ONCE = 20
"""Texts that are judged before others on the event loop have their turn."""


class ValueRun:
    """Guards over the texts of one answer. `stopped` is the guard by which it goes no further, and `unjudged` says that
    this is because it could not judge. `decisions` begin with those given, which are on the answer's text.
    """

    def __init__(self, setting: Setting, clock: Clock, decisions: Iterable[Decision] = ()) -> None:
        self.stopped: Guard | None = None
        self.unjudged = False
        self._told = Told(decisions)
        self._setting = setting
        self._clock = clock
        self._leaves = 0

    @property
    def decisions(self) -> list[Decision]:
        return self._told.decisions

    def refuse(self, guard: Guard) -> None:
        """What is left after a guard has changed it is no answer: it has refused what it changed."""
        self.stopped, self.unjudged = guard, True
        found = [made for made in self.decisions if made.did != "passed"]
        self._told = Told(replace(made, did="refused") if made.did in CHANGED else made for made in found)

    async def text(self, guards: Sequence[Guard], text: str, where: str | None = None) -> str:
        """The text as the guards leave it; `where` it stands, of a text that is not kept as one."""
        if not guards or self.stopped is not None:
            return text
        run = TextRun(guards, text, self._setting, self._clock)
        await run.run()
        decisions = run.decisions if where is None else [_at(where, made) for made in run.decisions]
        for made in decisions:
            self._told.add(made)
        if run.stopped is not None:
            self.stopped = run.stopped
            self.unjudged = any(made.verdict.state == "error" for made in decisions)
            self._told = Told(with_spans(made, ()) for made in decisions if made.did != "passed")
        return run.text

    async def json(self, guards: Sequence[Guard], text: str, where: str | None = None) -> str:
        """JSON as the guards leave it, and as a text what is none. It is written anew, since a name that stands there
        twice hides what one of them holds.
        """
        try:
            value = read_json(text) if guards else None
        except NotJson:
            return await self.text(guards, text, where)
        return encoded(await self.value(guards, value, f"{where}, $" if where else "$")) if guards else text

    async def value(self, guards: Sequence[Guard], value: Any, where: str = "$") -> Any:
        """The value with its texts, names and numbers as the guards leave them; `where` is told with names that have
        been judged.
        """
        if is_leaf(value):
            return await self._leaf(guards, value, where)
        if isinstance(value, dict):
            now: dict[Any, Any] = {}
            for name, each in value.items():
                kept = unused(await self._leaf(guards, name, where), now)
                now[kept] = await self.value(guards, each, f"{where}.{kept}")
            return now
        if isinstance(value, list | tuple):
            return [await self.value(guards, each, f"{where}[{index}]") for index, each in enumerate(value)]
        return value

    async def _leaf(self, guards: Sequence[Guard], leaf: Leaf, where: str) -> Leaf:
        text = leaf if isinstance(leaf, str) else encoded(leaf)
        self._leaves += 1
        if self._leaves % MOST_AT_ONCE == 0:
            await asyncio.sleep(0)
        now = await self.text(guards, text, where)
        return leaf if now == text else now


def _at(where: str, made: Decision) -> Decision:
    """The decision on one of many texts: spans would not say of which."""
    reason = f"at {where}: {made.verdict.reason}" if made.did != "passed" else ""
    return replace(made, verdict=replace(made.verdict, spans=(), reason=reason))


def encoded(value: Any) -> str:
    """JSON text."""
    return encode(value).decode()
