"""The one tagged union a stream is made of; every stream ends in exactly one `Done`."""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.core.decision import Decision
from seatrial.core.exchange import Attempt, Exchange, Rejected, TokenLogprob
from seatrial.core.parts import ToolCall
from seatrial.core.verdict import Verdict


class TextDelta(msgspec.Struct, frozen=True, tag="text", omit_defaults=True):
    """`logprobs` are those of the tokens of this piece, where they were asked for."""

    text: str
    logprobs: tuple[TokenLogprob, ...] = ()


class ReasoningDelta(msgspec.Struct, frozen=True, tag="reasoning", omit_defaults=True):
    """A piece of reasoning. Pieces with the same `index` that follow each other are one part; a piece with `opaque`
    ends its part.
    """

    text: str
    index: int = 0
    opaque: dict[str, Any] | None = None


class ToolCallDelta(msgspec.Struct, frozen=True, tag="tool_call", omit_defaults=True):
    """A piece of a tool call; deltas with the same `index` belong together."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""
    opaque: dict[str, Any] | None = None

    def onto(self, call: ToolCall | None) -> ToolCall:
        """The call so far with this piece added."""
        so_far = call or ToolCall("", "", "")
        return ToolCall(
            so_far.id or self.id,
            so_far.name or self.name,
            so_far.arguments + self.arguments,
            so_far.opaque or self.opaque,
        )


class AttemptEnded(msgspec.Struct, frozen=True, tag="attempt"):
    """A try at a model is over. Every model stream ends in one; retries and fallbacks each have their own."""

    attempt: Attempt


class VerdictReached(msgspec.Struct, frozen=True, tag="verdict"):
    """A check in the line of fire has judged, and this was done about it."""

    decision: Decision

    @property
    def verdict(self) -> Verdict:
        return self.decision.verdict


class Retract(msgspec.Struct, frozen=True, tag="retract"):
    """Text already shown is withdrawn, all of it; `reason` is for the person who saw it. What follows is what stands in
    its place.
    """

    reason: str


class Step(msgspec.Struct, frozen=True, tag="step"):
    """Something other than a model call happened: a tool ran, documents were fetched."""

    kind: str
    name: str
    data: dict[str, Any] = {}


class Snapshot(msgspec.Struct, frozen=True, tag="snapshot"):
    """What of the output's value can be read so far, in the shape of its schema. `complete` are the JSON paths of the
    fields that will not change any more.
    """

    value: Any
    complete: tuple[str, ...] = ()


class Restart(msgspec.Struct, frozen=True, tag="restart"):
    """The answer so far does not fit the output's schema, and the model is asked again: what was shown is withdrawn,
    and what follows is another answer.
    """

    rejected: Rejected


class Done(msgspec.Struct, frozen=True, tag="done"):
    exchange: Exchange


Event = (
    TextDelta
    | ReasoningDelta
    | ToolCallDelta
    | AttemptEnded
    | VerdictReached
    | Retract
    | Step
    | Snapshot
    | Restart
    | Done
)
