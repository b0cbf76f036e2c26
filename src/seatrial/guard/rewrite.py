"""Changes a text where a check points: placeholders, masks, pseudonyms, and where things stand afterwards.

Spans may overlap. They are gone through by their beginning, the longer first, and each stands for what of it no span
before it has covered; so a text can be changed from its beginning on, before its end is known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from seatrial.core.decision import Action
from seatrial.core.verdict import Span
from seatrial.guard.keys import Keyed

UNNAMED = "redacted"
"""What stands for a span without a label."""

CODE = 6
"""Characters of a pseudonym's code; one that is taken by another text gets longer."""

Write = Callable[[Span, str, bool], str]
"""What is written for a span: the span, the part of its text that is replaced, and whether another span of the same
label covered the rest of it.
"""


class Edit(NamedTuple):
    """`start` to `end` of a text became `size` code points."""

    start: int
    end: int
    size: int


def placeholder(label: str) -> str:
    """`[EMAIL]`, `[PAYMENT-CARD]`."""
    return f"[{_name(label)}]"


def redact(span: Span, _: str, joined: bool) -> str:
    return "" if joined else placeholder(span.label)


def mask(_: Span, text: str, __: bool) -> str:
    """As long as what it hides; white space stays, so that lines break where they did."""
    return "".join(character if character.isspace() else "*" for character in text)


class Pseudonyms:
    """The pseudonyms of one request: equal texts of one label have one, and `restored` gives the texts back. They live
    as long as the request and are never kept.
    """

    def __init__(self, key: Keyed) -> None:
        self._key = key
        self._given: dict[tuple[str, str], str] = {}
        self.texts: dict[str, str] = {}

    def __call__(self, span: Span, text: str, _: bool) -> str:
        known = self._given.get((span.label, text))
        return known if known is not None else self._add(span.label, text)

    def _add(self, label: str, text: str) -> str:
        for size in range(CODE, 40):
            pseudonym = f"[{_name(label)}-{self._key.code(label, text, size)}]"
            if pseudonym not in self.texts:
                break
        self._given[label, text] = pseudonym
        self.texts[pseudonym] = text
        return pseudonym

    def restored(self, text: str) -> str:
        """With every pseudonym as what it stands for."""
        restoring = Restoring(self)
        return restoring.feed(text) + restoring.close()


class Restoring:
    """Restores pseudonyms in a text that comes in pieces: what may be the beginning of one is held back."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._texts = pseudonyms.texts
        self._held = ""

    @property
    def bound(self) -> int:
        """Code points that are held back at most."""
        return max(map(len, self._texts), default=1) - 1

    def feed(self, piece: str) -> str:
        if not self._texts:
            return piece
        text, done, out = self._held + piece, 0, []
        at = text.find("[")
        while at >= 0:
            found = next((known for known in self._texts if text.startswith(known, at)), None)
            if found is not None:
                out += [text[done:at], self._texts[found]]
                done = at + len(found)
            elif any(known.startswith(text[at:]) for known in self._texts if len(known) > len(text) - at):
                break
            at = text.find("[", max(done, at + 1))
        end = at if at >= 0 else len(text)
        self._held = text[end:]
        return "".join([*out, text[done:end]])

    def close(self) -> str:
        """What was held back, at the end of the text."""
        held, self._held = self._held, ""
        return held


def writer(action: Action, pseudonyms: Pseudonyms) -> Write:
    """What a changing action writes."""
    writers: dict[Action, Write] = {"redact": redact, "mask": mask, "pseudonymise": pseudonyms}
    return writers[action]


class Rewriter:
    """Changes one text from its beginning on. `spans` come in the order of their beginnings; `upto` is where the text
    may be written to, once no span that begins before it can come any more.
    """

    def __init__(self, write: Write) -> None:
        self._write = write
        self._last: Span | None = None
        self.done = 0
        self.edits: list[Edit] = []

    def advance(self, spans: Iterable[Span], upto: int, slice_: Callable[[int, int], str]) -> Iterator[str]:
        """The pieces of the changed text up to `upto`; what a span covers beyond it is done with too. `slice_` gives
        the text from one index to another.
        """
        for span in spans:
            start = max(span.start, self.done)
            if start >= span.end:
                continue
            if start > self.done:
                yield slice_(self.done, start)
            joined = span.start < self.done and self._last is not None and self._last.label == span.label
            written = self._write(span, slice_(start, span.end), joined)
            self.edits.append(Edit(start, span.end, len(written)))
            self._last, self.done = span, span.end
            yield written
        if upto > self.done:
            yield slice_(self.done, upto)
            self.done = upto


def rewritten(text: str, spans: Iterable[Span], write: Write) -> tuple[str, list[Edit]]:
    """The whole text changed at once."""
    rewriter = Rewriter(write)
    pieces = rewriter.advance(in_order(spans), len(text), lambda start, end: text[start:end])
    return "".join(pieces), rewriter.edits


def in_order(spans: Iterable[Span]) -> list[Span]:
    return sorted(spans, key=lambda span: (span.start, -span.end, span.label))


def outermost(spans: Iterable[Span]) -> list[Span]:
    """In order, without those that lie inside another of their label: a check that judges every place by itself finds
    a name in the name.
    """
    ends: dict[str, int] = {}
    kept = []
    for span in in_order(spans):
        if span.end > ends.get(span.label, -1):
            ends[span.label] = span.end
            kept.append(span)
    return kept


def moved(spans: Sequence[Span], edits: Sequence[Edit]) -> tuple[Span, ...]:
    """The spans, given in the text before the edits, as they stand in the text after them. A span that an edit cuts
    grows to the whole of what was written there.
    """
    return tuple(Span(_moved(s.start, edits, end=False), _moved(s.end, edits, end=True), s.label) for s in spans)


def _moved(at: int, edits: Sequence[Edit], *, end: bool) -> int:
    shift = 0
    for edit in edits:
        if at >= edit.end and (end or at > edit.start):
            shift += edit.size - (edit.end - edit.start)
        elif at > edit.start:
            return edit.start + shift + (edit.size if end else 0)
        else:
            break
    return at + shift


def _name(label: str) -> str:
    return (label or UNNAMED).upper().replace(" ", "-")
