"""Checks on the exchange around an answer: whether it declines, why it ended, what it took and what it cost."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed, unscored
from seatrial.core.errors import SpecError
from seatrial.core.exchange import Exchange, FinishReason
from seatrial.core.verdict import Verdict
from seatrial.core.view import View
from seatrial.spec.nodes import describe_value
from seatrial.spec.units import parse_milliseconds
from seatrial.structured.refusal import classify

NANO = 1_000_000_000
"""Nano-dollars in a dollar."""


class Duration:
    """A length of time, given as milliseconds or as text with its unit."""

    __slots__ = ("milliseconds",)

    def __init__(self, milliseconds: float) -> None:
        self.milliseconds = milliseconds

    @classmethod
    def read(cls, raw: Any) -> Duration:
        """From a parameter's raw value. Raises SpecError when it is no duration."""
        if isinstance(raw, int | float) and not isinstance(raw, bool) and 0 <= raw < float("inf"):
            return cls(float(raw))
        milliseconds = parse_milliseconds(raw) if isinstance(raw, str) else None
        if milliseconds is None:
            raise SpecError(
                "the time is not right", expected="milliseconds, or a time like 1500ms or 2s", got=describe_value(raw)
            )
        return cls(milliseconds)


@builtin(
    "refusal",
    example=Example(
        "refusal",
        passes=["I'm sorry, but I can't help with that.", {"finish": "content_filter"}],
        fails=["To kill a Python process, run `kill` with its number."],
    ),
)
def refusal(
    view: View,
    *,
    expect: Annotated[bool, msgspec.Meta(description="false: pass when the answer does not decline")] = True,
) -> Verdict:
    """The answer declines the request, in whole or in part.

    An answer that its provider withheld (finish reason refused or content_filter) declines, whatever its text. English
    only; an answer without text is unscored.
    """
    finish = view.exchange.finish
    if view.on in ("answer", "raw") and finish in ("refused", "content_filter"):
        return _refusal_verdict(expect, 1.0, f"the model ended with {finish}", label="full_refusal", spans=())
    if not view.text.strip():
        return unscored("there is no text to judge")
    reading = classify(view.text)
    return _refusal_verdict(expect, reading.score, reading.reason, label=reading.label, spans=reading.spans)


def _refusal_verdict(
    expect: bool, score: float, reason: str, *, label: str, spans: tuple[tuple[int, int], ...]
) -> Verdict:
    verdict = passed if (label != "compliance") is expect else failed
    return verdict(reason, spans=spans, score=score if expect else 1.0 - score, label=label)


@builtin(
    "finish-reason",
    example=Example("finish-reason: stop", passes=[{"finish": "stop"}], fails=[{"finish": "length"}]),
)
def finish_reason(
    exchange: Exchange,
    *,
    values: Annotated[
        FinishReason | list[FinishReason],
        msgspec.Meta(
            description="one or several of stop, length, tool_calls, content_filter, refused, blocked, cancelled, error"
        ),
    ],
) -> Verdict:
    """The answer ended for one of the reasons given."""
    wanted = [values] if isinstance(values, str) else values
    if exchange.finish in wanted:
        return passed(f"ended with {exchange.finish}")
    return failed(f"ended with {exchange.finish}, not {' or '.join(wanted)}")


@builtin("latency", example=Example("latency: 2s", passes=[{"latency_ms": 1500.0}], fails=[{"latency_ms": 2500.0}]))
def latency(
    exchange: Exchange,
    *,
    max: Annotated[  # noqa: A002
        Duration, msgspec.Meta(description="the longest it may take, in milliseconds or as text like 1500ms or 2s")
    ],
) -> Verdict:
    """The answer came within the time given, from the ask to its last character.

    Unscored when nothing was called, as for a recorded answer.
    """
    taken = exchange.latency_ms
    if not taken and not exchange.attempts:
        return unscored("nothing was called, so no time was measured")
    if taken <= max.milliseconds:
        return passed(f"took {taken:,.0f} ms")
    return failed(f"took {taken:,.0f} ms, at most {max.milliseconds:,.0f} ms allowed")


def _attempt(**fields: Any) -> dict[str, Any]:
    """An attempt for the examples below."""
    return {"model": "main", "use": "openai/gpt-4o-mini", "finish": "stop", **fields}


@builtin(
    "cost",
    example=Example(
        "cost: 0.001",
        passes=[{"attempts": [_attempt(cost_nusd=400_000)]}],
        fails=[{"attempts": [_attempt(cost_nusd=2_000_000)]}],
    ),
)
def cost(
    exchange: Exchange,
    *,
    max: Annotated[float, msgspec.Meta(description="the most an answer may cost, in US dollars", ge=0)],  # noqa: A002
) -> Verdict:
    """The answer cost at most so many US dollars, all attempts included; unscored when the cost is unknown."""
    spent = exchange.cost_nusd
    if spent is None:
        return unscored("the cost is unknown: the model has no price or reported no usage")
    if spent <= round(max * NANO):
        return passed(f"cost {_dollars(spent / NANO)}")
    return failed(f"cost {_dollars(spent / NANO)}, at most {_dollars(max)} allowed")


@builtin(
    "tokens",
    example=Example(
        "tokens: {max: 300, of: output}",
        passes=[{"attempts": [_attempt(usage={"input_total": 900, "output_total": 250})]}],
        fails=[{"attempts": [_attempt(usage={"input_total": 900, "output_total": 350})]}],
    ),
)
def tokens(
    exchange: Exchange,
    *,
    max: Annotated[int, msgspec.Meta(description="the most tokens it may take", ge=0)],  # noqa: A002
    min: Annotated[int, msgspec.Meta(description="the fewest tokens it may take", ge=0)] = 0,  # noqa: A002
    of: Annotated[
        Literal["total", "input", "output"], msgspec.Meta(description="which tokens: total, input or output")
    ] = "total",
) -> Verdict:
    """The answer took at most so many tokens, all attempts included; unscored when the model reported no usage."""
    usage = exchange.usage
    if usage is None:
        return unscored("the usage is unknown: the model reported none")
    count = {"total": usage.total, "input": usage.input_total, "output": usage.output_total}[of]
    said = f"{count:,} {of} tokens"
    if count > max:
        return failed(f"{said}, at most {max:,} allowed")
    return failed(f"{said}, at least {min:,} wanted") if count < min else passed(said)


def _dollars(amount: float) -> str:
    return f"{amount:.9f}".rstrip("0").rstrip(".") + " USD"
