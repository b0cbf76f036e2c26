"""The guards of the output on an answer that comes in pieces: what none of them can want any more goes on.

Decided here, so that the outcome is the same in whatever pieces the answer comes:

- what a guard finds counts by where it begins: the first thing in the text by which a guard stops the answer is the
  one, and of two that begin at one place the guard written first;
- the guards of a later pass see what those before them let through, and where that ends because the answer was
  stopped, what they find in it comes earlier and wins;
- of an answer that was stopped only that decision is told: nothing of it is kept that others could be about.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from typing import NamedTuple

from seatrial.core.decision import Decision
from seatrial.core.verdict import Verdict
from seatrial.core.view import View
from seatrial.guard.deciding import decision, stops, with_spans
from seatrial.guard.judging import Clock, Judged, judged
from seatrial.guard.passes import passes
from seatrial.guard.policy import CHANGING, WHOLE, Guard
from seatrial.guard.rewrite import Edit, Rewriter, moved, writer
from seatrial.guard.scan import Growing, Scanner, scanner
from seatrial.guard.texts import ON, Setting


class Stop(NamedTuple):
    """A guard stops the answer: where, by which guard, and the decisions that led to it."""

    at: int
    guard: Guard
    verdict: Verdict
    decisions: tuple[Decision, ...]


class AnswerGuards:
    """The guards of one answer. `feed` and `close` give what may leave; after a `stop` nothing does."""

    def __init__(self, guards: Sequence[Guard], setting: Setting, clock: Clock) -> None:
        self._passes = [_Pass(run, setting, clock) for run in passes(guards)]
        self.stop: Stop | None = None

    @property
    def bound(self) -> int | None:
        """The most code points that are ever held back; None where whole answers are."""
        bounds = [each.bound for each in self._passes]
        return None if None in bounds else sum(bound for bound in bounds if bound is not None)

    async def feed(self, piece: str) -> str:
        """What may leave of the answer after another piece of it."""
        return await self._through(piece, final=False)

    async def close(self) -> str:
        """The rest, at the end of the answer."""
        return await self._through("", final=True)

    async def _through(self, piece: str, *, final: bool) -> str:
        for number, each in enumerate(self._passes):
            piece, stop = await each.take(piece, final=final)
            if stop is not None:
                self.stop = await self._first(number, stop, piece)
                return ""
            if not piece and not final:
                return ""
        return piece

    async def _first(self, number: int, stop: Stop, piece: str) -> Stop:
        """The stop that comes first in the text: this one, or one of a later pass in what comes before it."""
        for each in self._passes[number + 1 :]:
            piece, earlier = await each.take(piece, final=False)
            if earlier is None:
                earlier = await each.cut()
            stop = earlier or stop
        return stop

    @property
    def decisions(self) -> list[Decision]:
        """Of an answer that ended, or was stopped; spans are in the text that left."""
        if self.stop is not None:
            return [with_spans(each, ()) for each in self.stop.decisions]
        edits = [each.edits for each in self._passes]
        return [made for number, each in enumerate(self._passes) for made in each.decisions(edits[number:])]


class _Pass:
    """The guards that see one text, of which only the last may change it."""

    def __init__(self, guards: Sequence[Guard], setting: Setting, clock: Clock) -> None:
        self._setting = setting
        self._clock = clock
        self._text = Growing()
        self._scanners = [scanner(guard, setting, clock) for guard in guards]
        self._holding = [each for each in self._scanners if each.guard.acts]
        self._escalating = [each for each in self._scanners if each.guard.then is not None and not each.guard.shadow]
        self._escalated: list[Decision] = []
        changer = self._scanners[-1] if guards[-1].action in CHANGING and guards[-1].changes else None
        self._changer = changer
        self._rewriter = Rewriter(
            writer(guards[-1].action, setting.pseudonyms_of("output")) if changer is not None else _never
        )
        self._given = 0  # spans of the changer that were written

    @property
    def bound(self) -> int | None:
        """Code points held back at most; None without a bound."""
        guards = [each.guard for each in self._holding]
        if any(guard.window == WHOLE or guard.then is not None for guard in guards):
            return None
        bounds = [guard.window or (guard.check.holdback.bound if guard.check.holdback else 0) for guard in guards]
        return max((bound for bound in bounds if isinstance(bound, int)), default=0)

    @property
    def edits(self) -> list[Edit]:
        return self._rewriter.edits

    async def take(self, piece: str, *, final: bool) -> tuple[str, Stop | None]:
        """What leaves after another piece, or up to where the answer is stopped."""
        if piece:
            self._text.add(piece)
        await self._read(final=final)
        stop = self._first_stop(math.inf if final else self._clear)
        if final:
            stop = await self._settle_escalated(stop.at if stop is not None else math.inf) or stop
        upto = stop.at if stop is not None else len(self._text) if final else self._clear
        out = self._advance(upto)
        self._text.forget(self._needed)
        return out, stop

    async def _read(self, *, final: bool) -> None:
        """Quick guards one after the other, the others together."""
        apart = []
        for each in self._scanners:
            if each.guard.check.inline:
                await each.read(self._text, final=final)
            else:
                apart.append(each)
        if len(apart) == 1:
            await apart[0].read(self._text, final=final)
        elif apart:
            await asyncio.gather(*(each.read(self._text, final=final) for each in apart))

    async def cut(self) -> Stop | None:
        """The answer was stopped before this pass, whose text ends where that was: is something in it that comes
        before? Windows that are not full are not asked for any more.
        """
        for each in self._scanners:
            if each.guard.window is None and each.guard.acts:
                await each.read(self._text, final=True)
        return self._first_stop(math.inf)

    @property
    def _clear(self) -> int:
        """Up to where no guard can want the text any more, or its verdict on what begins there is known."""
        settled = min((each.settled for each in self._holding), default=len(self._text))
        hits = [each.spans[0].start for each in self._escalating if each.spans]
        return min([settled, *hits])

    @property
    def _needed(self) -> int:
        if self._escalating:
            return 0
        return min([self._rewriter.done, *(each.needed for each in self._scanners)])

    def _first_stop(self, before: float) -> Stop | None:
        found = [(each.first_stop(before), order, each) for order, each in enumerate(self._scanners)]
        stopping = [(hit[0], order, each, hit[1]) for hit, order, each in found if hit is not None]
        if not stopping:
            return None
        at, _, each, verdict = min(stopping, key=lambda stop: stop[:2])
        return self._stop(at, each, verdict)

    def _stop(self, at: int, each: Scanner, verdict: Verdict) -> Stop:
        given = decision(each.guard, Judged(verdict, round(each.latency_ms, 3)), fingerprints=each.marks[:1])
        return Stop(at, each.guard, verdict, (given,))

    async def _settle_escalated(self, before: float) -> Stop | None:
        """The costlier guards judge the whole answer, each after the one that pointed at a place in it, as far as that
        comes before whatever else stops it.
        """
        text = self._text.slice(0, len(self._text))
        view = View(text, self._setting.exchange, ON["output"])
        for each in self._escalating:
            then = each.guard.then
            if then is None or not each.spans or each.spans[0].start >= before:
                continue
            given = await judged(then, view, self._clock)
            made = (self._decision(each), decision(then, given))
            if stops(then, given.verdict):
                return Stop(each.spans[0].start, then, given.verdict, made)
            self._escalated.append(made[1])
        return None

    def _advance(self, upto: int) -> str:
        spans = []
        if self._changer is not None:
            known, at = self._changer.spans, self._given
            while at < len(known) and known[at].start < upto:
                at += 1
            spans, self._given = known[self._given : at], at
        return "".join(self._rewriter.advance(spans, upto, self._text.slice))

    def _decision(self, each: Scanner) -> Decision:
        return decision(each.guard, Judged(each.verdict, round(each.latency_ms, 3)), fingerprints=each.marks)

    def decisions(self, edits: Sequence[Sequence[Edit]]) -> list[Decision]:
        """Of all guards, with their spans after the changes of this pass and those that follow."""
        told = []
        for each in self._scanners:
            made = [self._decision(each)]
            if each in self._escalating and each.spans:
                made += self._escalated
            for given in made:
                spans = given.verdict.spans
                for changes in edits if spans else ():
                    spans = moved(spans, changes)
                told.append(with_spans(given, spans))
        return told


def _never(*_: object) -> str:
    raise AssertionError("a pass without a changing guard changes nothing")
