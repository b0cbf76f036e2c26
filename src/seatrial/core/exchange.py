"""What one ask produced: the `Exchange` that every caller stores, judges and shows."""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.core.attempt import Attempt as Attempt
from seatrial.core.attempt import FinishReason as FinishReason
from seatrial.core.attempt import Rung as Rung
from seatrial.core.attempt import Usage as Usage
from seatrial.core.attempt import cost_of as cost_of
from seatrial.core.attempt import usage_of as usage_of
from seatrial.core.conversation import Message, Request
from seatrial.core.decision import Decision
from seatrial.core.errors import ErrorInfo
from seatrial.core.parsed import Outcome, Repair
from seatrial.core.parts import AnyPart, ToolCall

UNANSWERED: frozenset[FinishReason] = frozenset({"cancelled", "error"})
"""The finish reasons that mean the target gave no answer to judge."""


class TokenLogprob(msgspec.Struct, frozen=True, omit_defaults=True):
    """A token of the answer with the natural logarithm of its probability, and those of the likeliest others."""

    token: str
    logprob: float
    top: dict[str, float] = {}


class Rejected(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer that did not fit the feature's output schema, and after which the model was asked again. `errors` is
    what it was told; `repairs` were tried and did not help. `attempt` is the place of the answer's attempt among those
    of the exchange, where its usage and cost are.
    """

    text: str
    outcome: Outcome
    errors: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()
    attempt: int = 0


class Exchange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, dict=True):
    """Everything one ask produced. `message` is what was delivered; `raw` is kept only where the model said
    something else. `parts` is the answer in the order the model gave it where it was more than text (reasoning, tool
    calls). `context` holds the texts the answer may rest on: retrieved chunks and untrusted inputs. `instructions` is
    what the model was told as its system, rendered: what a check of leaks compares with.

    Where the feature's output is a schema, `parsed` is the value of the answer, `outcome` what reading it came to,
    `repairs` what was mended to read it, and `errors` why there is no value; `rejected` are the answers before it.

    `guards` is what the feature's guards decided. Where they changed a text, the exchange holds it as changed, since it
    is made to be kept; `delivered` is the answer as the caller got it, with pseudonyms restored, and exists in memory
    only: it is never written, and a copy made with `replace` has it no more.
    """

    id: str
    request: Request
    message: Message
    finish: FinishReason
    attempts: tuple[Attempt, ...] = ()
    raw: str | None = None
    reasoning: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    parts: tuple[AnyPart, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()
    parsed: Any = None
    outcome: Outcome | None = None
    repairs: tuple[Repair, ...] = ()
    errors: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    context: tuple[str, ...] = ()
    instructions: tuple[str, ...] = ()
    guards: tuple[Decision, ...] = ()
    feature: str = ""
    feature_version: str = ""
    prompt_version: str = ""
    trace_id: str | None = None
    started: str = ""
    latency_ms: float = 0.0
    error: ErrorInfo | None = None

    @property
    def text(self) -> str:
        """The answer as delivered, but for pseudonyms: as it may be kept."""
        return self.message.text

    @property
    def delivered(self) -> str:
        """The answer as the caller got it."""
        return str(self.__dict__.get("_delivered", self.message.text))

    def delivering(self, text: str) -> Exchange:
        """This exchange, of which the caller got `text`."""
        self.__dict__["_delivered"] = text  # no field: fields are written
        return self

    @property
    def was_stopped(self) -> bool:
        """Whether guards stopped the ask itself: into a next turn goes what is kept of it, and not what was said."""
        return any(made.stops and made.stage != "output" for made in self.guards)

    @property
    def rung(self) -> Rung | None:
        """How the model that answered was held to the output schema."""
        return self.attempts[-1].rung if self.attempts else None

    @property
    def reply(self) -> Message:
        """The answer as it goes back to the model in a next turn: reasoning and tool calls in their places."""
        return Message("assistant", self.parts or self.message.content)

    @property
    def usage(self) -> Usage | None:
        """The sum over all attempts; None when no attempt reported any."""
        return usage_of(self.attempts)

    @property
    def cost_nusd(self) -> int | None:
        """The sum over all attempts; None when any attempt that may be billed has no known cost."""
        return cost_of(self.attempts)

    @property
    def first_token_ms(self) -> float | None:
        return self.attempts[-1].first_token_ms if self.attempts else None
