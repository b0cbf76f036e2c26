"""The exchange in the making: what a stream has brought so far, and the exchange it comes to."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from time import perf_counter
from typing import TYPE_CHECKING

from seatrial.core.answer import Answer
from seatrial.core.conversation import Message, Request
from seatrial.core.errors import ErrorInfo
from seatrial.core.events import AttemptEnded, Event, Restart
from seatrial.core.exchange import Attempt, Exchange, FinishReason, Rejected
from seatrial.feature.guarded import GuardedAsk
from seatrial.feature.models_spec import ModelSpec
from seatrial.feature.output import Output, declined, output_error, rejection
from seatrial.structured.parse import Parsed

if TYPE_CHECKING:
    from seatrial.feature.feature import Feature


class Draft:
    """`said` and `parsed` are of the answer that is being given, `rejected` are those before it; `asking` is the model
    that is being asked. `guarded` says what of it all may be kept.
    """

    def __init__(self, feature: Feature, request: Request, guarded: GuardedAsk | None) -> None:
        self._feature = feature
        self._request = request
        self._guarded = guarded
        self.said = Answer()
        self.attempts: list[Attempt] = []
        self.parsed: Parsed | None = None
        self.rejected: list[Rejected] = []
        self.context: tuple[str, ...] = ()
        self.instructions: tuple[str, ...] = ()
        self.prompt_version = ""
        self.asking: ModelSpec | None = None
        self._started = datetime.now(UTC)
        self._clock = perf_counter()

    def take(self, event: Event) -> None:
        if isinstance(event, AttemptEnded):
            self.attempts.append(event.attempt)
        elif isinstance(event, Restart):
            self.rejected.append(event.rejected)
            self.said, self.parsed = Answer(), None
        else:
            self.said.take(event)

    def read(self, output: Output) -> Rejected | None:
        """Read the answer; one that does not fit, and after which a model can be asked again."""
        last = self.attempts[-1]
        self.parsed = output.read(self.said.text, last.finish) if last.error is None else None
        if self.parsed is None or self.parsed.outcome in ("value", "refusal"):
            return None
        return rejection(self.parsed, len(self.attempts) - 1)

    def stopped(self) -> None:
        """The answer is not wanted any more. A model that was giving it may charge for it all the same."""
        if self.asking is not None:
            error = ErrorInfo(kind="cancelled", message="a guard stopped the answer", billable=True)
            self._break_off(self.asking, "blocked", error)
            self.asking = None
        self.said, self.parsed = Answer(), None

    def cancelled(self, *, sent: bool) -> Exchange:
        """The exchange of a caller who went away. A model that was being asked may charge for it all the same, unless
        the call had not been sent.
        """
        said = "the caller cancelled" if sent or self.asking is None else "the caller cancelled before it was sent"
        error = ErrorInfo(kind="cancelled", message=said, billable=sent and self.asking is not None)
        if self.asking is not None:
            self._break_off(self.asking, "cancelled", error)
        return self.exchange(error, "cancelled")

    def _break_off(self, spec: ModelSpec, finish: FinishReason, error: ErrorInfo) -> None:
        self.attempts.append(Attempt(model=spec.name, use=spec.use, params=spec.params, finish=finish, error=error))

    @property
    def _last_read(self) -> Parsed | Rejected | None:
        """What reading the last answer came to. Where a replay knows no other answer, that is the one rejected."""
        last = self.attempts[-1].error if self.attempts else None
        if self.parsed is None and last is not None and last.kind == "miss" and self.rejected:
            return self.rejected[-1]
        return self.parsed

    def _ended(self) -> tuple[FinishReason, ErrorInfo | None]:
        """How the last attempt ended; without a value it is no answer, whatever the model says."""
        last, read = self.attempts[-1], self._last_read
        if isinstance(read, Rejected):
            return "error", output_error(read, len(self.rejected))
        if read is None or read.outcome == "value":
            return last.finish, last.error
        if read.outcome == "refusal":
            return declined(last.finish), None
        return "error", output_error(rejection(read, len(self.attempts) - 1), len(self.rejected) + 1)

    def exchange(self, error: ErrorInfo | None = None, finish: FinishReason = "error") -> Exchange:
        """As its last attempt ended, or with `error` and `finish` where the ask did not come to an end."""
        if error is None and self.attempts:
            finish, error = self._ended()
        read = self._last_read
        elapsed = (perf_counter() - self._clock) * 1000
        exchange = Exchange(
            id=os.urandom(8).hex(),
            request=self._request,
            message=Message("assistant", read.text if isinstance(read, Rejected) else self.said.text),
            finish=finish,
            attempts=tuple(self.attempts),
            reasoning=self.said.reasoning,
            tool_calls=self.said.tool_calls,
            parts=() if self.said.is_plain else self.said.parts,
            logprobs=self.said.logprobs,
            parsed=read.value if isinstance(read, Parsed) else None,
            outcome=read.outcome if read is not None else None,
            repairs=read.repairs if read is not None else (),
            errors=read.errors if read is not None else (),
            rejected=tuple(self.rejected),
            context=self.context,
            instructions=self.instructions,
            feature=self._feature.name,
            feature_version=self._feature.version,
            prompt_version=self.prompt_version,
            started=self._started.isoformat(timespec="milliseconds"),
            # A replayed attempt took as long as it says, whatever the replay took.
            latency_ms=round(max(elapsed, sum(each.latency_ms for each in self.attempts if not each.hedged)), 3),
            error=error,
        )
        return exchange if self._guarded is None else self._guarded.onto(exchange)
