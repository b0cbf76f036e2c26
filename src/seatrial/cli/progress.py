"""A progress line on a terminal: done, rate, failures and the time left; silent for the first second."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from seatrial.evals.job import Progress
from seatrial.evals.plan import Plan
from seatrial.store.records import Result

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

SILENT_SECONDS = 1.0
UPDATE_SECONDS = 0.1


class TerminalProgress:
    """Counts results; draws on stderr at most ten times a second."""

    def __init__(self) -> None:
        self._total = 0
        self._done = 0
        self._failed = 0
        self._began = 0.0
        self._next_update = 0.0
        self._bar: tuple[Bar, TaskID] | None = None

    def hooks(self) -> Progress:
        return Progress(self._begin, self._result)

    def close(self) -> None:
        if self._bar is not None:
            self._draw()
            self._bar[0].stop()

    def _begin(self, plan: Plan) -> None:
        self._total = plan.items_total
        self._began = monotonic()
        self._next_update = self._began + SILENT_SECONDS

    def _result(self, result: Result) -> None:
        self._done += 1
        self._failed += result.state != "pass"
        now = monotonic()
        if now >= self._next_update:
            self._next_update = now + UPDATE_SECONDS
            self._draw()

    def _draw(self) -> None:
        if self._bar is None:
            self._bar = self._start()
        bar, task = self._bar
        rate = self._done / max(monotonic() - self._began, 1e-3)
        bar.update(task, completed=self._done, failed=f"{self._failed} failed", rate=f"{rate:,.0f}/s")

    def _start(self) -> tuple[Bar, TaskID]:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        bar = Bar(
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.fields[failed]}"),
            TextColumn("{task.fields[rate]}"),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        task = bar.add_task("", total=self._total, failed="", rate="")
        bar.start()
        return bar, task
