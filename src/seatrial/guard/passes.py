"""Which guards see the same text: they judge it together, and the text changes only between one pass and the next.

Order as written: a guard sees what those before it made of the text. Guards that change nothing leave the next one the
same text, so that they can judge in parallel; what is done is that of the first one written that fails.
"""

from __future__ import annotations

from collections.abc import Iterable

from seatrial.guard.policy import Guard


def passes(guards: Iterable[Guard]) -> list[tuple[Guard, ...]]:
    """Runs of guards over one text each; only the last of a run may change it."""
    runs: list[list[Guard]] = [[]]
    for guard in guards:
        runs[-1].append(guard)
        if guard.changes:
            runs.append([])
    return [tuple(run) for run in runs if run]
