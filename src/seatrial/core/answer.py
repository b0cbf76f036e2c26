"""Puts the pieces of a streamed answer together again, in the order the model gave them."""

from __future__ import annotations

from seatrial.core.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import TokenLogprob
from seatrial.core.parts import AnyPart, Reasoning, Text, ToolCall


class Answer:
    """What a stream has brought so far of an answer."""

    def __init__(self) -> None:
        self._pieces: list[str | ToolCall | Reasoning] = []
        self._calls: dict[int, int] = {}  # index of a call -> its place in _pieces
        self._reasoning: tuple[int, int] | None = None  # index of the open reasoning part, its place
        self._logprobs: list[TokenLogprob] = []

    def take(self, event: Event) -> None:
        """Add a piece; events that are no part of an answer change nothing."""
        if isinstance(event, TextDelta):
            self._pieces.append(event.text)
            if event.logprobs:
                self._logprobs += event.logprobs
        elif isinstance(event, ReasoningDelta):
            self._take_reasoning(event)
        elif isinstance(event, ToolCallDelta):
            self._take_call(event)

    def _take_reasoning(self, event: ReasoningDelta) -> None:
        last = len(self._pieces) - 1
        if self._reasoning == (event.index, last):
            text = self._pieces.pop().text + event.text  # type: ignore[union-attr]  # an open reasoning part
        else:
            text, last = event.text, last + 1
        self._pieces.append(Reasoning(text, event.opaque))
        self._reasoning = (event.index, last) if event.opaque is None else None

    def _take_call(self, event: ToolCallDelta) -> None:
        place = self._calls.setdefault(event.index, len(self._pieces))
        if place == len(self._pieces):
            self._pieces.append(event.onto(None))
        else:
            self._pieces[place] = event.onto(self._pieces[place])  # type: ignore[arg-type]  # _calls points at calls

    @property
    def begun(self) -> bool:
        """Whether anything of an answer is there."""
        return bool(self._pieces)

    @property
    def is_plain(self) -> bool:
        """Whether the answer is text and nothing else."""
        return all(isinstance(piece, str) for piece in self._pieces)

    @property
    def text(self) -> str:
        return "".join(piece for piece in self._pieces if isinstance(piece, str))

    @property
    def reasoning(self) -> str:
        return "".join(piece.text for piece in self._pieces if isinstance(piece, Reasoning))

    @property
    def logprobs(self) -> tuple[TokenLogprob, ...]:
        return tuple(self._logprobs)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """By their index, which is the order the model means, whatever the order of arrival."""
        calls = [self._pieces[self._calls[index]] for index in sorted(self._calls)]
        return tuple(call for call in calls if isinstance(call, ToolCall))

    @property
    def parts(self) -> tuple[AnyPart, ...]:
        """The answer in order; pieces of text that follow each other are one part."""
        parts: list[AnyPart] = []
        text: list[str] = []
        for piece in (*self._pieces, None):
            if isinstance(piece, str):
                text.append(piece)
                continue
            if text:
                parts.append(Text("".join(text)))
                text = []
            if piece is not None:
                parts.append(piece)
        return tuple(parts)
