"""Guards over what a model says as JSON: text by text inside its values, since an escape hides a character in the text
of it, and a placeholder in the place of a number would break it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from seatrial.core.decision import CHANGED, Decision
from seatrial.guard.deciding import Told, with_spans
from seatrial.guard.judging import Clock
from seatrial.guard.leaves import Leaf, encoded, is_leaf, text_of, unused
from seatrial.guard.policy import Guard
from seatrial.guard.texts import WITHHELD, Setting, TextRun
from seatrial.structured.jsontext import NotJson, has_doubles, read_json

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
        self._is_inside = False

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
        """JSON as the guards leave it. What is none is judged as a text whose escapes are read, since others may read
        it all the same.
        """
        if not guards:
            return text
        try:
            value = read_json(text)
        except NotJson:
            return await self._escaped(guards, text, where)
        left = await self.value(guards, value, f"{where}, $" if where else "$")
        # Of a name that stands there twice only one value was judged.
        return text if left == value and not has_doubles(text) else encoded(left)

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
        text = text_of(leaf)
        if "\\" in text:
            return await self._string(guards, text, where)
        self._leaves += 1
        if self._leaves % MOST_AT_ONCE == 0:
            await asyncio.sleep(0)
        now = await self.text(guards, text, where)
        return leaf if now == text else now

    async def _string(self, guards: Sequence[Guard], text: str, where: str) -> str:
        """A string with escapes in it, which may be JSON itself: read so once, and deeper as a text."""
        if self._is_inside:
            return await self._escaped(guards, text, where)
        self._is_inside = True
        try:
            return await self.json(guards, text, where)
        finally:
            self._is_inside = False

    async def _escaped(self, guards: Sequence[Guard], text: str, where: str | None) -> str:
        """A text with its escapes read; as it is where nothing is found."""
        plain = unescaped(text)
        now = await self.text(guards, plain, where)
        return text if now == plain else now


class ForeignRun:
    """One run of guards over a text that others wrote. Data is mostly JSON, where an escape hides what it stands for or
    stands next to: such a text is judged inside its values first.
    """

    def __init__(self, guards: Sequence[Guard], text: str, setting: Setting, clock: Clock) -> None:
        self.text = text
        self.stopped: Guard | None = None
        self.decisions: list[Decision] = []
        self._guards, self._setting, self._clock = guards, setting, clock

    async def run(self) -> None:
        inside = ValueRun(self._setting, self._clock)
        if "\\" in self.text:
            self.text = await inside.json(self._guards, self.text)
        if inside.stopped is not None:
            self.text, self.stopped, self.decisions = WITHHELD, inside.stopped, inside.decisions
            return
        whole = TextRun(self._guards, self.text, self._setting, self._clock)
        await whole.run()
        self.text, self.stopped = whole.text, whole.stopped
        found = [made for made in inside.decisions if made.did != "passed"]
        self.decisions = Told((*found, *whole.decisions)).decisions if found else whole.decisions


def _at(where: str, made: Decision) -> Decision:
    """The decision on one of many texts: spans would not say of which."""
    reason = f"at {where}: {made.verdict.reason}" if made.did != "passed" else ""
    return replace(made, verdict=replace(made.verdict, spans=(), reason=reason))


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\"\\/bfnrt]))")
_READ = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


def unescaped(text: str) -> str:
    """The text with the escapes of JSON as what they stand for, also where they are escaped again and again; half of a
    surrogate pair becomes U+FFFD.
    """
    before = ""
    while "\\" in text and text != before:
        before, text = text, _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _READ.get(m[2], m[2]), text)
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
