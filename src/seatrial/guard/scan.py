"""What one guard finds in a text that comes in pieces, and up to where its judgement is final."""

from __future__ import annotations

import math
from typing import Protocol

import msgspec

from seatrial.checks.holdback import Holdback
from seatrial.core.verdict import Span, Verdict
from seatrial.core.view import View
from seatrial.guard.deciding import MOST_FINGERPRINTS, found, places, stops
from seatrial.guard.judging import Clock, Judged, is_quick, judged, judged_now
from seatrial.guard.policy import WHOLE, Guard
from seatrial.guard.rewrite import in_order
from seatrial.guard.texts import ON, Setting

SMALL_WINDOW = 256
"""Code points that are looked at again with every piece: that costs less than the words it would hold back."""

MOST_LOOKS = 32
"""How often a place in a text is looked at, about, where much around it is wanted."""


class Growing:
    """The text so far. Indices are those of the whole text; of its beginning only as much is kept as is asked for."""

    def __init__(self) -> None:
        self._kept = ""
        self._new: list[str] = []
        self._base = 0
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def add(self, piece: str) -> None:
        self._new.append(piece)
        self._length += len(piece)

    def slice(self, start: int, end: int) -> str:
        """From `start`, which must not be forgotten, to `end`."""
        if self._new:
            self._kept = "".join([self._kept, *self._new])
            self._new = []
        return self._kept[max(0, start - self._base) : max(0, end - self._base)]

    def forget(self, upto: int) -> None:
        """Nobody asks for what stands before `upto` any more. It is cut off in large pieces, to stay linear."""
        if upto - self._base > max(512, len(self._kept) // 2) and not self._new:
            self._kept = self._kept[upto - self._base :]
            self._base = upto


class Scanner(Protocol):
    """`settled`: what begins before it is found. `needed`: the text is wanted from there on. The verdict on a text and
    its fingerprints are the same in whatever pieces it came.
    """

    guard: Guard
    spans: list[Span]
    latency_ms: float

    @property
    def settled(self) -> int: ...

    @property
    def needed(self) -> int: ...

    async def read(self, text: Growing, *, final: bool = False) -> None:
        """Judge what has come; `final` says that nothing follows."""

    @property
    def verdict(self) -> Verdict: ...

    @property
    def marks(self) -> list[str]: ...

    def first_stop(self, before: float) -> tuple[int, Verdict] | None:
        """Where the first thing is found by which the guard stops the text, and the verdict."""


def scanner(guard: Guard, setting: Setting, clock: Clock) -> Scanner:
    if guard.window is not None:
        return WindowScanner(guard, setting, clock)
    holdback = guard.check.holdback
    assert holdback is not None, f"{guard.check.id} has neither hold-back nor window"
    return PlaceScanner(guard, holdback, setting, clock)


class PlaceScanner:
    """A guard that finds places. It looks at each part of the text once, with what stands a little before it."""

    def __init__(self, guard: Guard, holdback: Holdback, setting: Setting, clock: Clock) -> None:
        self.guard = guard
        self.spans: list[Span] = []
        self.latency_ms = 0.0
        self.settled = 0
        self._holdback = holdback
        self._setting = setting
        self._clock = clock
        self.marks: list[str] = []
        self._ends: dict[str, int] = {}
        self._scanned = 0
        self._broken: tuple[int, Verdict] | None = None

    @property
    def needed(self) -> int:
        return max(0, self.settled - self._holdback.before)

    async def read(self, text: Growing, *, final: bool = False) -> None:
        begin = max(0, self.settled - self._holdback.before)
        if not final and self._can_wait(len(text), begin):
            return
        self._scanned = len(text)
        window = text.slice(begin, len(text))
        settled = len(text) if final else begin + self._holdback.settled(window)
        if settled <= self.settled:
            return
        view = View(window, self._setting.exchange, ON[self.guard.stage])
        given = (
            judged_now(self.guard, view)
            if is_quick(self.guard, window)
            else await judged(self.guard, view, self._clock)
        )
        self.latency_ms += given.latency_ms
        if given.verdict.state == "error" and self._broken is None:
            self._broken = (self.settled, given.verdict)
        elif given.failed:
            self._note(given.verdict, window, begin, settled)
        self.settled = settled

    def _can_wait(self, length: int, begin: int) -> bool:
        """Whether so little is new that another look would mostly see again what was seen. So the work is linear in the
        text also where a check wants much of it around each place, and no more is held back than its bound.
        """
        window = length - begin
        if window <= SMALL_WINDOW or length - self.settled > self._holdback.bound:
            return False
        return (length - self._scanned) * MOST_LOOKS < window

    def _note(self, verdict: Verdict, window: str, begin: int, settled: int) -> None:
        """Keep what begins in the part that is looked at."""
        for span in in_order(verdict.spans or found(verdict, window)):
            placed = Span(span.start + begin, span.end + begin, span.label)
            if self.settled <= placed.start < settled and placed.end > self._ends.get(span.label, -1):
                self._ends[span.label] = placed.end  # what lies inside another of its label says nothing new
                self.spans.append(placed)
                if len(self.marks) < MOST_FINGERPRINTS:
                    self.marks.append(self._setting.key.fingerprint(window[span.start : span.end]))

    @property
    def verdict(self) -> Verdict:
        return self._verdict(self.spans) if self._broken is None else self._broken[1]

    def _verdict(self, spans: list[Span]) -> Verdict:
        """Made of the places, so that it is the same however the text came."""
        check = self.guard.check
        return Verdict(
            state="fail" if spans else "pass",
            check=check.id,
            version=check.version,
            on=ON[self.guard.stage],
            score=0.0 if spans else 1.0,
            label=(spans[0].label or None) if spans else None,
            reason=places(check.id, spans) if spans else "",
            spans=tuple(spans),
        )

    def first_stop(self, before: float) -> tuple[int, Verdict] | None:
        broken = self._broken
        if broken is not None and broken[0] < before and stops(self.guard, broken[1]):
            return broken
        if self.spans and self.spans[0].start < before and self.guard.ends:
            return self.spans[0].start, self._verdict(self.spans[:1])
        return None


class WindowScanner:
    """A guard that judges the answer in windows, or as a whole. A window of N is judged with the N before it in view,
    and only for itself.
    """

    def __init__(self, guard: Guard, setting: Setting, clock: Clock) -> None:
        self.guard = guard
        self.spans: list[Span] = []
        self.latency_ms = 0.0
        self.settled = 0
        self._size = math.inf if guard.window == WHOLE else guard.window or 1
        self._setting = setting
        self._clock = clock
        self._failed: tuple[int, Verdict] | None = None
        self._last: Verdict | None = None
        self.marks: list[str] = []

    @property
    def needed(self) -> int:
        return int(max(0.0, self.settled - self._size))

    async def read(self, text: Growing, *, final: bool = False) -> None:
        while len(text) - self.settled >= self._size:
            await self._judge(text, self.settled + int(self._size))
        if final and len(text) > self.settled:
            await self._judge(text, len(text))

    async def _judge(self, text: Growing, end: int) -> None:
        begin = self.needed
        window = text.slice(begin, end)
        view = View(window, self._setting.exchange, ON[self.guard.stage])
        given = await judged(self.guard, view, self._clock)
        self.latency_ms += given.latency_ms
        self._last = given.verdict
        if given.verdict.state in ("fail", "error") and self._failed is None:
            self._note(given, window, begin)
        self.settled = end

    def _note(self, given: Judged, window: str, begin: int) -> None:
        self._failed = (self.settled, given.verdict)
        if given.failed:
            self.spans = [
                Span(span.start + begin, span.end + begin, span.label)
                for span in in_order(found(given.verdict, window))
            ]
            self.marks = [self._setting.key.fingerprint(window[s.start : s.end]) for s in given.verdict.spans]

    @property
    def verdict(self) -> Verdict:
        """The first that is not a pass, with its spans in the whole text; an answer without text was not judged."""
        if self._failed is not None:
            return msgspec.structs.replace(self._failed[1], spans=tuple(self.spans) if self._failed[1].spans else ())
        check = self.guard.check
        return self._last or Verdict(state="pass", check=check.id, version=check.version, on=ON[self.guard.stage])

    def first_stop(self, before: float) -> tuple[int, Verdict] | None:
        if self._failed is None or self._failed[0] >= before or not stops(self.guard, self._failed[1]):
            return None
        return self._failed
