"""The calls of tools in an answer under guard: held until its text has left, and judged argument by argument."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from seatrial.core.events import ToolCallDelta
from seatrial.core.parts import ToolCall
from seatrial.guard.leaves import encoded, with_leaves
from seatrial.guard.policy import Guard
from seatrial.guard.rewrite import Pseudonyms
from seatrial.guard.texts import Setting
from seatrial.guard.values import ValueRun
from seatrial.structured.jsontext import NotJson, read_json


class GuardedCalls:
    """`kept` are the calls as they may be kept; `events` are those that leave, with pseudonyms restored, since a tool
    is to act on what the user said.
    """

    def __init__(self, guards: Sequence[Guard], setting: Setting) -> None:
        judging = [guard for guard in guards if _judges_calls(guard)]
        self._inside = [guard for guard in judging if guard.window is None or guard.changes]
        self._whole = [guard for guard in judging if guard not in self._inside]
        self._pseudonyms = setting.pseudonyms
        self._calls: dict[int, ToolCall] = {}

    @property
    def kept(self) -> tuple[ToolCall, ...]:
        return tuple(self._calls[index] for index in sorted(self._calls))

    def take(self, delta: ToolCallDelta) -> None:
        self._calls[delta.index] = delta.onto(self._calls.get(delta.index))

    def forget(self) -> None:
        """Another answer follows."""
        self._calls = {}

    async def judge(self, run: ValueRun) -> None:
        """Judge the calls in the order that the model means, until one is stopped."""
        for number, index in enumerate(sorted(self._calls), 1):
            if run.stopped is None:
                self._calls[index] = await self._judged(run, self._calls[index], f"tool call {number}")

    async def _judged(self, run: ValueRun, call: ToolCall, where: str) -> ToolCall:
        name = await run.text(self._inside, call.name, where)
        arguments = await run.json(self._inside, call.arguments, where)
        await run.text(self._whole, f"{name} {arguments}", where)
        return msgspec.structs.replace(call, name=name, arguments=arguments)

    def events(self) -> Iterator[ToolCallDelta]:
        """The calls, each in one piece."""
        for index in sorted(self._calls):
            call = self._calls[index]
            yield ToolCallDelta(index, call.id, call.name, _restored(call.arguments, self._pseudonyms), call.opaque)


def _judges_calls(guard: Guard) -> bool:
    """Whether a guard of the output has a say on calls. One that finds places has, and every detector; the properties
    of a whole answer (`max-words`, `language`, `grounded`) are about what is said to a reader.
    """
    return guard.window is None or guard.check.definition.kind == "detector"


def _restored(arguments: str, pseudonyms: Pseudonyms) -> str:
    if not pseudonyms.texts:
        return arguments
    try:
        value = read_json(arguments)
    except NotJson:
        return pseudonyms.restored(arguments)
    restored = restored_in(value, pseudonyms)
    return arguments if restored == value else encoded(restored)


def restored_in(value: Any, pseudonyms: Pseudonyms) -> Any:
    """The value with the pseudonyms in its texts as what they stand for."""
    return with_leaves(value, lambda leaf: pseudonyms.restored(leaf) if isinstance(leaf, str) else leaf)
