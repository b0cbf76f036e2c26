"""Turns tokens into text that can be shown as it grows: characters and stop strings are never shown by halves.

Servers do this for us; a model in this process has to do it itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from seatrial.core.events import TextDelta
from seatrial.core.exchange import TokenLogprob

REPLACEMENT = "\ufffd"
MOST_UNFINISHED = 3
"""Of the four bytes that the longest character has in UTF-8, so many may stand there without the last; a tokenizer
shows them as one replacement character or as one for each.
"""


class StopStrings:
    """Passes text on up to the first stop string; what may be the beginning of one is held back until it is clear.

    The first is the one that is complete first, so that it makes no difference where the text is cut into pieces.
    """

    def __init__(self, stops: Iterable[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.stopped = False

    def feed(self, text: str) -> str:
        """What of the text so far is certain to belong to the answer and has not been passed on."""
        if self.stopped:
            return ""
        text = self._held + text
        found = [(start + len(stop), start) for stop in self._stops if (start := text.find(stop)) >= 0]
        if found:
            self.stopped, self._held = True, ""
            return text[: min(found)[1]]
        certain = len(text) - max((_begun(text, stop) for stop in self._stops), default=0)
        self._held = text[certain:]
        return text[:certain]

    def close(self) -> str:
        """What was held back, at the end of an answer that no stop string ended."""
        held, self._held = self._held, ""
        return held


def _begun(text: str, stop: str) -> int:
    """How many characters at the end of the text begin the stop string."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if stop.startswith(text[-size:])), 0)


class Detokenizer:
    """Text of tokens, one token at a time. `decode` gives the text of a list of tokens.

    Tokens are decoded together with those before them, since a tokenizer writes a word at the start of a text
    otherwise than inside one; and no further back than to the last whole character, so that the work stays linear.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str]) -> None:
        self._decode = decode
        self._window: list[int] = []
        self._fresh = 0  # where in the window the tokens begin whose text is not all passed on
        self._given = 0  # how many characters of the window's text are passed on

    def add(self, token: int) -> str:
        self._window.append(token)
        text = self._decode(self._window)
        whole = len(text) - _unfinished(text)
        new = text[self._given : whole]
        self._given = max(self._given, whole)
        if new and whole == len(text):
            self._window = self._window[self._fresh :]
            self._fresh = len(self._window)
            self._given = len(self._decode(self._window))
        return new

    def close(self) -> str:
        """What was held back: an answer may end inside a character, and then shows that it does."""
        new = self._decode(self._window)[self._given :] if self._window else ""
        self._given += len(new)
        return new


def _unfinished(text: str) -> int:
    return min(len(text) - len(text.rstrip(REPLACEMENT)), MOST_UNFINISHED)


class GrowingText:
    """An answer as its tokens arrive: pieces of text with the log-probabilities of their tokens."""

    def __init__(self, decode: Callable[[Sequence[int]], str], stops: Iterable[str] = ()) -> None:
        self._detokenizer = Detokenizer(decode)
        self._stops = StopStrings(stops)
        self._read = self._shown = 0  # characters
        self._pending: list[tuple[int, TokenLogprob]] = []  # with the place where the token's text begins

    @property
    def stopped(self) -> bool:
        """Whether a stop string ended the answer."""
        return self._stops.stopped

    def take(self, token: int, logprob: TokenLogprob | None = None) -> TextDelta | None:
        """The piece that the token completes, if it completes one."""
        if logprob is not None:
            self._pending.append((self._read, logprob))
        text = self._detokenizer.add(token)
        self._read += len(text)
        return self._piece(self._stops.feed(text))

    def close(self) -> TextDelta | None:
        """The rest. Tokens that gave no text (of the end of the answer, of a stop string) have no log-probability."""
        rest = self._stops.feed(self._detokenizer.close())
        return self._piece(rest if self.stopped else rest + self._stops.close())

    def _piece(self, text: str) -> TextDelta | None:
        if not text:
            return None
        self._shown += len(text)
        begun = sum(start < self._shown for start, _ in self._pending)
        logprobs = tuple(logprob for _, logprob in self._pending[:begun])
        del self._pending[:begun]
        return TextDelta(text, logprobs)
