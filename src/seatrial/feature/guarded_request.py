"""A request under guard: the user's words, what tools gave and untrusted inputs are judged and changed before any model
sees them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import msgspec

from seatrial.core.conversation import Message, Request
from seatrial.core.decision import Decision, Stage
from seatrial.core.parts import AnyPart, ToolCall, ToolResult
from seatrial.feature.message_texts import joined, texts_of, with_texts, withheld_message
from seatrial.guard.deciding import Told, with_spans
from seatrial.guard.leaves import check_value, leaves, texts_in, with_texts_in
from seatrial.guard.policy import Guard, Policy
from seatrial.guard.texts import WITHHELD, Setting, TextRun, check_text
from seatrial.guard.values import ForeignRun, ValueRun

_CALLED: dict[Stage, str] = {"context": "a text of the context", "tools": "a result of a tool"}


class GuardedRequest:
    """`request` is the request as the guards leave it: what the prompt renders and what is kept. `stopped` is the guard
    by which it goes no further. The user's last words are judged by all guards of the input; what was said before was
    judged when it was said, and is only changed. What tools gave in the conversation is judged each time.
    """

    def __init__(
        self, policy: Policy, request: Request, asks: Iterable[str], untrusted: Iterable[str], setting: Setting
    ) -> None:
        self.request = request
        self.stopped: Guard | None = None
        stages: tuple[Stage, ...] = ("input", "context", "tools")
        self._guards = {stage: policy.of(stage, request.cohort) for stage in stages}
        self._asks = [name for name in asks if not request.messages and name in request.vars]
        self._untrusted = [name for name in untrusted if name in request.vars and name not in self._asks]
        self._setting = setting
        self._clocks = {stage: setting.clock(stage) for stage in stages}
        self._last: list[TextRun] = []
        self._told: list[Decision] = []

    @property
    def waits(self) -> bool:
        """Whether guards are still running beside the model."""
        return any(run.waits for run in self._last)

    @property
    def decisions(self) -> list[Decision]:
        return [*_merged(self._last), *self._told]

    async def run(self) -> None:
        """Raises SpecError for texts that cannot be judged."""
        messages = [*self.request.messages]
        for at, message in enumerate(messages[:-1]):
            messages[at] = await self._recalled(joined(message, apart=True))
        if messages:
            messages[-1] = joined(messages[-1], apart=False)
            words = await self._words(texts_of(messages[-1]))
            messages[-1] = with_texts(messages[-1], words)
        results = iter(await self._judged("tools", [text for each in messages for text in texts_of(each, ToolResult)]))
        messages = [with_texts(each, results, ToolResult) for each in messages]
        variables = dict(self.request.vars)
        for name in self._asks if self._guards["input"] else ():
            value = check_value(name, variables[name])
            variables[name] = with_texts_in(value, await self._words(texts_in(value)))
        for name in self._untrusted if self._guards["context"] else ():
            value = check_value(name, variables[name])
            variables[name] = with_texts_in(value, await self._judged("context", texts_in(value)))
        self.request = msgspec.structs.replace(self.request, messages=tuple(messages), vars=variables)

    async def settle(self) -> None:
        """Wait for the guards beside the model."""
        for run in self._last:
            await run.settle()
            self._stop(run)
        if self.stopped is not None and self.request.messages:
            message = with_texts(self.request.messages[-1], [run.text for run in self._last])
            self.request = msgspec.structs.replace(self.request, messages=(*self.request.messages[:-1], message))

    async def cancel(self) -> None:
        for run in self._last:
            await run.cancel()

    async def _words(self, texts: Sequence[str]) -> list[str]:
        """The texts of the user's last message, judged by all guards."""
        for text in texts:
            check_text(text, "the message")
        runs = [TextRun(self._guards["input"], text, self._setting, self._clocks["input"]) for text in texts]
        self._last += runs
        for run in runs:
            await run.run()
            self._stop(run)
        return [run.text for run in runs]

    async def _recalled(self, message: Message) -> Message:
        """An earlier message as the guards leave it that change texts. What a guard would have stopped when the user
        said it is redacted, unless that takes asking somebody again.
        """
        changing = [each for guard in self._guards["input"] if (each := _recalling(guard, message)) is not None]
        if not changing:
            return message
        runs = []
        for text in texts_of(message):
            check_text(text, "an earlier message")
            runs.append(TextRun(changing, text, self._setting, self._clocks["input"]))
            await runs[-1].run()
            self._stop(runs[-1])
        message = with_texts(message, [run.text for run in runs])
        if isinstance(message.content, str):
            return message
        calls = ValueRun(self._setting, self._clocks["input"])
        parts: list[AnyPart] = []
        for part in message.content:
            if isinstance(part, ToolCall):
                name = await calls.text(changing, part.name)
                arguments = await calls.json(changing, part.arguments)
                part = msgspec.structs.replace(part, name=name, arguments=arguments)
            parts.append(part)
        self._stop(calls)
        return Message(message.role, tuple(parts))

    async def _judged(self, stage: Stage, texts: Sequence[str]) -> list[str]:
        """Texts that others wrote. What is only kept, since the request was stopped, is changed and not judged."""
        guards = [guard for guard in self._guards[stage] if guard.changes or self.stopped is None]
        if not guards or not texts:
            return list(texts)
        for text in texts:
            check_text(text, _CALLED[stage])
        runs = [ForeignRun(guards, text, self._setting, self._clocks[stage]) for text in texts]
        await asyncio.gather(*(run.run() for run in runs))
        self._told += _merged(runs)
        changed = []
        for run in runs:
            if run.stopped is not None and run.stopped.substitutes:
                changed.append(run.stopped.reply)
            else:
                self._stop(run)
                changed.append(run.text)
        return changed

    def _stop(self, run: TextRun | ValueRun | ForeignRun) -> None:
        if run.stopped is not None and self.stopped is None:
            self.stopped = run.stopped


def withheld(request: Request) -> Request:
    """The request as long as nobody has judged it: that there was one is kept, and nothing that was said."""
    messages = tuple(withheld_message(message) for message in request.messages)
    variables = {name: WITHHELD if list(leaves(value)) else value for name, value in request.vars.items()}
    return msgspec.structs.replace(request, messages=messages, vars=variables)


def _recalling(guard: Guard, message: Message) -> Guard | None:
    """The guard as it judges an earlier message."""
    if guard.changes:
        return guard
    if guard.ends and guard.check.inline and message.role == "user":
        return msgspec.structs.replace(guard, action="redact", reply="", speculative=False)
    return None


def _merged(runs: Sequence[TextRun | ForeignRun]) -> list[Decision]:
    """Of one text its decisions. Of several no spans are told, as it is not clear which text is meant."""
    if len(runs) == 1:
        return runs[0].decisions
    return Told(with_spans(made, ()) for run in runs for made in run.decisions).decisions
