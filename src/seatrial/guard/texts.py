"""The guards of a stage over one whole text: what a person said, a retrieved chunk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from seatrial.checks.limits import MOST_CHARACTERS
from seatrial.core.decision import Action, Decision, Stage
from seatrial.core.errors import SpecError
from seatrial.core.exchange import Exchange
from seatrial.core.verdict import On, Span
from seatrial.core.view import View
from seatrial.guard.deciding import decision, fingerprints, found, stops, with_spans
from seatrial.guard.judging import Clock, Judged, is_quick, judged, judged_now
from seatrial.guard.keys import Keyed
from seatrial.guard.passes import passes
from seatrial.guard.policy import CHANGING, Guard
from seatrial.guard.rewrite import Edit, Pseudonyms, Write, moved, redact, rewritten, writer

ON: dict[Stage, On] = {"input": "input", "context": "context", "tools": "tools", "output": "answer"}
"""What of an exchange a stage judges."""

WITHHELD = "[WITHHELD]"
"""What is kept of a text that a guard could not judge, or that a detector stopped without a place in it."""


class Setting:
    """What the guards of one request share: the exchange around the text, the key, the pseudonyms, the time."""

    def __init__(self, exchange: Exchange, key: Keyed, budgets: dict[Stage, float]) -> None:
        self.exchange = exchange
        self.key = key
        self.pseudonyms = Pseudonyms(key)
        self._answered = Pseudonyms(key)
        self._budgets = budgets

    def pseudonyms_of(self, stage: Stage) -> Pseudonyms:
        """Those given at a stage. What the reader said is put back for the reader; what the model said of others is
        not, since nobody would be protected by it.
        """
        return self._answered if stage == "output" else self.pseudonyms

    def clock(self, stage: Stage) -> Clock:
        return Clock(self._budgets.get(stage))


def check_text(text: str, what: str) -> None:
    """Raises SpecError for a text that no guard could judge: too long, or with half a surrogate pair in it."""
    if len(text) > MOST_CHARACTERS:
        raise SpecError(f"{what} is too long", expected=f"at most {MOST_CHARACTERS:,} characters", got=f"{len(text):,}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = f"the half character U+{ord(error.object[error.start]):04X}"
        raise SpecError(f"{what} is not text", got=half, hint="it comes from text cut in two") from error


class _Made(NamedTuple):
    """A decision of the guard at `order`; its spans are those of the text after so many changes."""

    order: int
    changes: int
    guard: Guard
    decision: Decision


class _Beside(NamedTuple):
    """A guard that runs beside the model, and the text it judges."""

    order: int
    changes: int
    guard: Guard
    text: str
    task: asyncio.Task[Judged]


class TextRun:
    """One run of guards over one text. Afterwards `text` is what goes on or, where `stopped` is the guard by which
    nothing does, what may be kept of it. Guards that run beside the model are begun, and waited for by `settle`.
    """

    def __init__(self, guards: Sequence[Guard], text: str, setting: Setting, clock: Clock) -> None:
        self.text = text
        self.stopped: Guard | None = None
        self._guards = guards
        self._setting = setting
        self._clock = clock
        self._edits: list[list[Edit]] = []
        self._made: list[_Made] = []
        self._beside: list[_Beside] = []
        self._stopped_at = len(guards)

    @property
    def decisions(self) -> list[Decision]:
        """In the order of the guards, up to the one that stopped the text; spans are in the text as it is now."""
        told = [made for made in self._made if made.order <= self._stopped_at or made.guard.changes]
        return [self._placed(made) for made in sorted(told, key=lambda made: made.order)]

    @property
    def found(self) -> list[Decision]:
        """The same with their spans in the text that each judged."""
        return [made.decision for made in sorted(self._made, key=lambda made: made.order)]

    def _placed(self, made: _Made) -> Decision:
        spans = () if self.text == WITHHELD else made.decision.verdict.spans
        return with_spans(made.decision, self._now(spans, made.changes))

    def _now(self, spans: Sequence[Span], changes: int) -> tuple[Span, ...]:
        for edits in self._edits[changes:] if spans else ():
            spans = moved(spans, edits)
        return tuple(spans)

    async def run(self) -> None:
        """Go through the guards. One that stops the text ends it, but what is kept is changed by those after it."""
        order = 0
        for guards in passes(self._guards):
            if self.stopped is None:
                await self._judge(order, guards)
            if self.stopped is not None:
                await self._change_for_keeping(order, guards)
            order += len(guards)
        if self.stopped is not None:
            await self.settle()

    async def settle(self) -> None:
        """Wait for the guards that run beside the model. The first one written that stops the text is the one."""
        for beside in self._beside:
            await self._act(beside.order, beside.changes, beside.guard, await beside.task, beside.text)
        self._beside = []

    async def cancel(self) -> None:
        """The verdicts of guards that still run are not wanted any more."""
        tasks = [beside.task for beside in self._beside]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._beside = []

    @property
    def waits(self) -> bool:
        """Whether guards are still running."""
        return bool(self._beside)

    async def _judge(self, order: int, guards: Sequence[Guard]) -> None:
        """One pass: quick guards at once, the others together; then what they found is acted on as written."""
        text, changes, view = self.text, len(self._edits), self._view(self.text)
        known: dict[int, Judged] = {}
        awaited: list[int] = []
        for at, guard in enumerate(guards):
            if is_quick(guard, text):
                known[at] = judged_now(guard, view)
                if stops(guard, known[at].verdict):
                    break  # those written after it have nothing to say any more
            elif guard.speculative:
                task = asyncio.ensure_future(judged(guard, view, self._clock))
                self._beside.append(_Beside(order + at, changes, guard, text, task))
            else:
                awaited.append(at)
        verdicts = await asyncio.gather(*(judged(guards[at], view, self._clock) for at in awaited))
        known |= dict(zip(awaited, verdicts, strict=True))
        for at in sorted(known):
            await self._act(order + at, changes, guards[at], known[at], text)
            if self.stopped is not None:
                return

    async def _act(self, order: int, changes: int, guard: Guard, given: Judged, text: str) -> None:
        """Do what the guard does about its verdict on `text`, which has changed since where `changes` says so."""
        verdict = given.verdict
        marks = fingerprints(self._setting.key, verdict, text)
        self._made.append(_Made(order, changes, guard, decision(guard, given, fingerprints=marks)))
        if stops(guard, verdict):
            self._stop(order, guard)
            if verdict.spans:
                self._change(self._now(verdict.spans, changes), redact)
            elif verdict.state == "error" or guard.check.definition.kind == "detector":
                self.text = WITHHELD  # what is to be hidden of it is somewhere in it, and nobody knows where
        elif verdict.state == "fail" and not guard.shadow:
            if guard.action in CHANGING:
                self._change(self._now(found(verdict, text), changes), self._writer(guard.action))
            elif guard.then is not None:
                view = self._view(text)
                await self._act(order, changes, guard.then, await judged(guard.then, view, self._clock), text)

    def _stop(self, order: int, guard: Guard) -> None:
        if order <= self._stopped_at:
            self.stopped, self._stopped_at = guard, order

    def _change(self, spans: Sequence[Span], write: Write) -> None:
        if self.text != WITHHELD:
            self.text, edits = rewritten(self.text, spans, write)
            self._edits.append(edits)

    async def _change_for_keeping(self, order: int, guards: Sequence[Guard]) -> None:
        """A text that goes nowhere is kept all the same, and then as the guard at the end of the pass leaves it."""
        last, order = guards[-1], order + len(guards) - 1
        if not last.changes or order == self._stopped_at or self.text == WITHHELD:
            return
        text, changes = self.text, len(self._edits)
        given = await judged(last, self._view(text), self._clock)
        if given.verdict.state == "error":
            self.text = WITHHELD
        elif given.failed:
            action = last.action if last.action in CHANGING else "redact"
            marks = fingerprints(self._setting.key, given.verdict, text)
            self._made.append(_Made(order, changes, last, decision(last, given, fingerprints=marks)))
            self._change(found(given.verdict, text), self._writer(action))

    def _writer(self, action: Action) -> Write:
        return writer(action, self._setting.pseudonyms_of(self._guards[0].stage))

    def _view(self, text: str) -> View:
        return View(text, self._setting.exchange, ON[self._guards[0].stage])
