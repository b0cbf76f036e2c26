"""A text made from another, with the place in the raw text of every part of it.

Decided here: a view keeps what was done to the view before it, and only a span that is asked for is followed back
through them. Making a view of a clean text so costs nothing, and one of a million edits no record per character.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

Edit = tuple[int, int, str, int]
"""(start, end, replacement, step): `step` is how many characters each one of the replacement stands for (the last may
stand for fewer), 0 when each stands for all of the stretch.
"""
Locate = Callable[[int, int], tuple[int, int]]


class Normalised:
    """`text` as a view called `name`; `origin` says where in the raw text a part of it stands."""

    __slots__ = ("_locate", "_parent", "name", "text")

    def __init__(self, name: str, text: str, parent: Normalised | None = None, locate: Locate | None = None) -> None:
        self.name = name
        self.text = text
        self._parent = parent
        self._locate = locate

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The smallest range of the raw text, in code points, that holds all that `text[start:end]` was made of. An
        empty range has none: start < end.
        """
        view: Normalised | None = self
        while view is not None:
            if view._locate is not None:
                start, end = view._locate(start, end)
            view = view._parent
        return start, end

    def respelled(self, name: str, text: str) -> Normalised:
        """A text of equal length, character for character."""
        assert len(text) == len(self.text)
        return self if text == self.text else Normalised(name, text, self)

    def backwards(self, name: str) -> Normalised:
        length = len(self.text)
        return Normalised(name, self.text[::-1], self, lambda start, end: (length - end, length - start))

    def reread(self, name: str, readings: Sequence[str]) -> Normalised:
        """Each character as what it reads as, which may be nothing or several."""
        return Normalised(name, "".join(readings), self, _Readings(readings))

    def edited(self, name: str, edits: Sequence[Edit]) -> Normalised:
        """The text with its edits made; they come in order and do not overlap."""
        if not edits:
            return self
        text = self.text
        pieces: list[str] = []
        done = 0
        for start, end, replacement, _ in edits:
            pieces.append(text[done:start])
            pieces.append(replacement)
            done = end
        pieces.append(text[done:])
        return Normalised(name, "".join(pieces), self, _Edits(edits))

    def __repr__(self) -> str:
        return f"<{self.name} view of {len(self.text)} characters>"


class _Readings:
    """Finds the characters that a part of their readings was made of."""

    def __init__(self, readings: Sequence[str]) -> None:
        self._readings = readings
        self._ends: list[int] = []

    def __call__(self, start: int, end: int) -> tuple[int, int]:
        if not self._ends:
            self._ends = list(accumulate(map(len, self._readings)))
        return bisect_right(self._ends, start), bisect_right(self._ends, end - 1) + 1


class _Edits:
    """Finds what a part of an edited text was made of, by where each edit ends in it."""

    def __init__(self, edits: Sequence[Edit]) -> None:
        self._edits = edits
        self._begins: list[int] = []

    def __call__(self, start: int, end: int) -> tuple[int, int]:
        if not self._begins:
            grown = accumulate((len(new) - (end - start) for start, end, new, _ in self._edits), initial=0)
            self._begins = [edit[0] + shift for edit, shift in zip(self._edits, grown, strict=False)]
        return self._one(start)[0], self._one(end - 1)[1]

    def _one(self, place: int) -> tuple[int, int]:
        """What the character at `place` was made of."""
        index = bisect_right(self._begins, place) - 1
        if index < 0:
            return place, place + 1
        start, end, replacement, step = self._edits[index]
        inside = place - self._begins[index]
        if inside >= len(replacement):
            kept = end + inside - len(replacement)
            return kept, kept + 1
        if step:
            return start + step * inside, min(start + step * (inside + 1), end)
        return start, end
