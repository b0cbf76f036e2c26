"""How an answer goes out: the steps that a fault may add to, take from and put between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

SendKind = Literal["body", "open", "token", "close", "finish", "usage", "done"]
"""`body` is a whole answer; the others are the events of a stream, in this order: what comes before the first token,
tokens of text, reasoning and tool calls, what ends them, the finish reason, the usage, the mark of the end.
"""


@dataclass(slots=True, frozen=True)
class Head:
    """Status line and headers."""


@dataclass(slots=True, frozen=True)
class Send:
    data: bytes
    kind: SendKind


@dataclass(slots=True, frozen=True)
class Wait:
    """`seconds` None waits until the client or the server gives up."""

    seconds: float | None


@dataclass(slots=True, frozen=True)
class End:
    """The connection is closed here (`cut`), reset, or the body ended in good order although the answer is not
    (`short`).
    """

    how: Literal["cut", "reset", "short"]


@dataclass(slots=True, frozen=True)
class Repeat:
    """The same bytes over and over, until the client or the server gives up; `every` is in seconds."""

    data: bytes
    every: float


@dataclass(slots=True, frozen=True)
class Raw:
    """Bytes that no framing of HTTP is put around."""

    data: bytes


Step = Head | Send | Wait | End | Repeat | Raw


@dataclass(slots=True, frozen=True)
class Framing:
    """What stands around the events of a stream: `malformed` makes one that cannot be read out of a text; `odd` is one
    of a kind that nobody knows, None where such a one has no place; `lines` are those of server-sent events, which may
    end in several ways and have comments between them.
    """

    content_type: str
    malformed: Callable[[str], bytes]
    odd: bytes | None = None
    lines: bool = False


def server_sent(content_type: str = "text/event-stream") -> Framing:
    return Framing(
        content_type,
        malformed=lambda text: f"data: {text}\n\n".encode(),
        odd=b'event: simulated\ndata: {"type":"simulated"}\n\n',
        lines=True,
    )


@dataclass(slots=True)
class Plan:
    """`error_event` makes an error inside an answer in the provider's shape out of a status and a message; `framing` is
    that of a stream, None for any other answer; `by_itself` says that every piece is sent before the next is written.
    """

    status: int
    content_type: str
    steps: list[Step]
    framing: Framing | None
    token_event: Callable[[str], bytes]
    error_event: Callable[[int, str], bytes]
    headers: list[tuple[str, str]] = field(default_factory=list)
    by_itself: bool = False

    @property
    def is_stream(self) -> bool:
        return self.framing is not None

    @property
    def body_length(self) -> int:
        return sum(len(step.data) for step in self.steps if isinstance(step, Send))

    @property
    def is_plain(self) -> bool:
        """Whether the steps are only to be written, however they are put together."""
        return not self.by_itself and all(isinstance(step, Head | Send) for step in self.steps)

    def place(self, after: int) -> int:
        """Where a step is put that comes after so many tokens, or after the last where there are fewer, or before the
        stream says that it ends where there is none. An answer that is not streamed is cut in two, and the place is
        between.
        """
        if not self.is_stream:
            return self._halve()
        places = [index for index, step in enumerate(self.steps) if _is_token(step)]
        if not places:
            ends = (index for index, step in enumerate(self.steps) if isinstance(step, Send) and step.kind in _ENDS)
            return next(ends, len(self.steps))
        return places[after] if after < len(places) else places[-1] + 1

    def insert(self, after: int, *steps: Step) -> None:
        place = self.place(after)
        self.steps[place:place] = steps

    def break_off(self, after: int, how: Literal["cut", "reset", "short"], inside: int) -> None:
        """End after so many tokens, and behind so many bytes of what would come next: at most all but its last, so that
        it is not whole.
        """
        place = self.place(after)
        step = self.steps[place] if place < len(self.steps) else None
        begun = step.data[: min(inside, len(step.data) - 1)] if isinstance(step, Send) else b""
        self.steps[place:place] = [*([Send(begun, "token")] if begun else []), End(how)]

    def between_tokens(self, seconds: float) -> None:
        """Wait before every token but the first."""
        places = [index for index, step in enumerate(self.steps) if _is_token(step)]
        for place in reversed(places[1:]):
            self.steps.insert(place, Wait(seconds))

    def resend(self, cut: Callable[[bytes, int], list[bytes]], every: float) -> None:
        """Write the same bytes in other pieces, `every` seconds apart: `cut` gets a piece, and how many bytes of the
        body came before it.
        """
        self.by_itself = True
        steps: list[Step] = []
        before = 0
        for step in self.steps:
            if isinstance(step, Send):
                for piece in cut(step.data, before):
                    steps += [Send(piece, step.kind), Wait(every)] if every else [Send(piece, step.kind)]
                before += len(step.data)
            else:
                steps.append(step)
        self.steps = steps

    def _halve(self) -> int:
        for index, step in enumerate(self.steps):
            if isinstance(step, Send):
                middle = len(step.data) // 2
                self.steps[index : index + 1] = [Send(step.data[:middle], "body"), Send(step.data[middle:], "body")]
                return index + 1
        return len(self.steps)


_ENDS = ("finish", "usage", "done")


def _is_token(step: Step) -> bool:
    return isinstance(step, Send) and step.kind == "token"
