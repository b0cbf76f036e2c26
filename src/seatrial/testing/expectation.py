"""`expect(exchange).passes("starts-lowercase", {"max-words": 60})`: checks as assertions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from seatrial.checks.bind import bind_entry
from seatrial.core.exchange import UNANSWERED, Exchange
from seatrial.core.view import View
from seatrial.evals.judging import judge
from seatrial.feature.bridge import run_sync
from seatrial.feature.feature import Feature


class Expectation:
    """Holds one exchange against checks; each method returns itself, so that calls chain."""

    def __init__(self, exchange: Exchange, folder: Path, feature: Feature | None) -> None:
        self._exchange = exchange
        self._folder = folder
        self._lend = feature.lend if feature is not None else None

    def passes(self, *checks: Any) -> Expectation:
        """Every check passes. Raises AssertionError with each check that does not, and why; SpecError for an entry that
        is no check.
        """
        __tracebackhide__ = True
        if self._exchange.finish in UNANSWERED:
            raise AssertionError(f"there is no answer: {self._exchange.error.message if self._exchange.error else ''}")
        bound = [bind_entry(entry, self._folder, self._lend) for entry in checks]
        verdicts = run_sync(judge(bound, View.of(self._exchange)))
        bad = [verdict for verdict in verdicts if verdict.state != "pass"]
        if bad:
            lines = [f"  {verdict.check}: {verdict.state}: {verdict.reason}" for verdict in bad]
            raise AssertionError("\n".join([*lines, f"  the answer: {self._exchange.text!r}"]))
        return self


def expect(exchange: Exchange, *, folder: str | Path = ".", feature: Feature | None = None) -> Expectation:
    """`folder` is what the paths in check entries are relative to; `feature` is whose models judge, where a check asks
    one.
    """
    return Expectation(exchange, Path(folder), feature)
