"""Checks made of checks: `all`, `any` and `not`."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed
from seatrial.checks.parameters import Inner
from seatrial.core.verdict import Verdict, made_of
from seatrial.core.view import View

Checks = Annotated[list[Inner], msgspec.Meta(description="the check entries of the group", min_length=1)]
Combine = Callable[[Sequence[Verdict]], Verdict]


def _judge(view: View, checks: list[Inner], combine: Combine) -> Verdict | Awaitable[Verdict]:
    results: list[Any] = [inner.bound.check(view) for inner in checks]
    if any(inspect.isawaitable(result) for result in results):
        return _judge_later(results, combine)
    return _combined(results, combine)


def _combined(verdicts: Sequence[Verdict], combine: Combine) -> Verdict:
    """The verdict of the group, with what judging cost in all of it."""
    return made_of(combine(verdicts), verdicts)


async def _judge_later(results: list[Any], combine: Combine) -> Verdict:
    return _combined([await result if inspect.isawaitable(result) else result for result in results], combine)


@builtin(
    "all",
    example=Example("all: [starts-lowercase, {max-words: 3}]", passes=["hey there"], fails=["Hey there", "a b c d"]),
)
def all_of(view: View, *, checks: Checks) -> Verdict | Awaitable[Verdict]:
    """Every check of the group passes; the score is the weighted mean of theirs."""
    return _judge(view, checks, _all)


@builtin("any", example=Example("any: [{contains: yes}, {contains: sure}]", passes=["sure thing"], fails=["no"]))
def any_of(view: View, *, checks: Checks) -> Verdict | Awaitable[Verdict]:
    """At least one check of the group passes; the score is the best of theirs."""
    return _judge(view, checks, _any)


@builtin("not", example=Example("not: [{contains: yes}, {contains: sure}]", passes=["no"], fails=["sure thing"]))
def none_of(view: View, *, checks: Checks) -> Verdict | Awaitable[Verdict]:
    """No check of the group passes."""
    return _judge(view, checks, _none)


def _all(verdicts: Sequence[Verdict]) -> Verdict:
    broken = _undecided(verdicts, decisive="fail")
    if broken is not None:
        return broken
    deciding = [verdict for verdict in verdicts if verdict.weight > 0]
    total = sum(verdict.weight for verdict in deciding)
    score = sum((v.score or 0.0) * v.weight for v in deciding) / total if total else 1.0
    bad = [verdict for verdict in deciding if verdict.state == "fail"]
    return failed(_reasons(bad), spans=_spans(bad), score=score) if bad else passed(score=score)


def _any(verdicts: Sequence[Verdict]) -> Verdict:
    broken = _undecided(verdicts, decisive="pass")
    if broken is not None:
        return broken
    score = max((verdict.score or 0.0) for verdict in verdicts)
    good = [verdict for verdict in verdicts if verdict.state == "pass"]
    if good:
        return passed(score=score, spans=_spans(good))
    return failed("none holds: " + _reasons(verdicts), score=score)


def _none(verdicts: Sequence[Verdict]) -> Verdict:
    """The opposite of `_any`."""
    some = _any(verdicts)
    if some.score is None:
        return some
    score = 1.0 - some.score
    if some.state == "fail":
        return passed(score=score)
    names = ", ".join(verdict.check for verdict in verdicts if verdict.state == "pass")
    return failed(f"{names} holds, and should not", spans=_spans([some]), score=score)


def _undecided(verdicts: Sequence[Verdict], *, decisive: str) -> Verdict | None:
    """An inner error or unscored verdict stays what it is, unless another one decides the group already."""
    if any(verdict.state == decisive and verdict.weight > 0 for verdict in verdicts):
        return None
    for state in ("error", "unscored"):
        for verdict in verdicts:
            if verdict.state == state:
                return Verdict(state=verdict.state, reason=f"{verdict.check}: {verdict.reason}")
    return None


def _reasons(verdicts: Sequence[Verdict]) -> str:
    return "; ".join(f"{verdict.check}: {verdict.reason}" for verdict in verdicts)


def _spans(verdicts: Sequence[Verdict]) -> list[tuple[int, int]]:
    return sorted({(span.start, span.end) for verdict in verdicts for span in verdict.spans})
