"""One text before some checks, from Python: what each says, and the text without what they point at."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from seatrial.checks.bind import BoundCheck, bind_entry
from seatrial.core.conversation import Message, Request
from seatrial.core.errors import SpecError
from seatrial.core.exchange import Exchange
from seatrial.core.verdict import Span, Verdict
from seatrial.core.view import View
from seatrial.feature.bridge import run_sync
from seatrial.guard.rewrite import redact, rewritten
from seatrial.guard.texts import check_text
from seatrial.spec.nodes import describe_value

if TYPE_CHECKING:
    from seatrial.feature.feature import Feature

_MOST_KEPT = 64
_kept: dict[bytes, BoundCheck] = {}


class Screened(msgspec.Struct, frozen=True):
    """`text` has a placeholder, `[EMAIL]`, for every place a failing check points at; `verdicts` are in the order of
    the checks, and their spans places of the text that was given.
    """

    text: str
    verdicts: tuple[Verdict, ...]

    @property
    def clean(self) -> bool:
        """Whether every check passed."""
        return all(verdict.state == "pass" for verdict in self.verdicts)


def screen(text: str, *, checks: Sequence[Any], feature: Feature | None = None) -> Screened:
    """Judge `text` with each of `checks`, entries as in a suite: a name, or a name with parameters. Those that ask a
    model ask the one of that name in `feature`; without it only checks that ask none can be had.

    Raises SpecError for a wrong entry, no entries, and a text that is too long or no text; OutsideError where an extra
    is missing. A check that raises is not caught: what it did not judge is not clean.
    """
    if not isinstance(text, str):
        raise SpecError("what is to be screened is no text", expected="a str", got=describe_value(text))
    if isinstance(checks, str) or not checks:
        raise SpecError("checks is not right", expected="a list of check entries", got=describe_value(checks))
    check_text(text, "the text")
    exchange = Exchange(
        id="",
        request=Request((Message("user", text),)),
        message=Message("assistant", text),
        finish="stop",
        context=(text,),
    )
    verdicts = tuple(_judged(_bound(entry, feature), exchange) for entry in checks)
    spans = [span for verdict in verdicts if verdict.state == "fail" for span in verdict.spans]
    return Screened(_without(text, spans), verdicts)


def _judged(check: BoundCheck, exchange: Exchange) -> Verdict:
    verdict = check.check(View.of(exchange, on=check.on))
    return run_sync(_awaited(verdict)) if inspect.isawaitable(verdict) else verdict


async def _awaited(verdict: Awaitable[Verdict]) -> Verdict:
    return await verdict


def _without(text: str, spans: Sequence[Span]) -> str:
    return rewritten(text, spans, redact)[0] if spans else text


def _bound(entry: Any, feature: Feature | None) -> BoundCheck:
    """The check of an entry. Detectors are bound once for all texts: that takes longer than judging one."""
    if feature is not None:
        return bind_entry(entry, feature.folder, feature.lend)
    key = _key(entry)
    check = _kept.get(key)
    if check is None:
        check = bind_entry(entry)
        if check.inline and check.definition.kind == "detector" and len(_kept) < _MOST_KEPT:
            _kept[key] = check
    return check


def _key(entry: Any) -> bytes:
    """Equal for equal entries; empty for what is no plain data, which binding will refuse."""
    try:
        return msgspec.msgpack.encode(entry) if isinstance(entry, str | dict) else b""
    except TypeError:
        return b""
