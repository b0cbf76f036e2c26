"""One text before the guards of a stage, one after the other: what each sees, finds and does."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from seatrial.checks.bind import bind_entry
from seatrial.core.decision import Decision, Stage
from seatrial.guard.deciding import reply_of
from seatrial.guard.policy import Guard
from seatrial.guard.texts import WITHHELD, Setting, TextRun, check_text

USUAL = ("personal-data", "secrets", "prompt-injection", "jailbreak", "invisible-text")
"""The checks a text is tried on where no guards are written."""


class Step(msgspec.Struct, frozen=True):
    """What one guard saw and left. The spans of the decisions are those of the text it saw."""

    seen: str
    left: str
    decisions: tuple[Decision, ...]


class Trial(msgspec.Struct, frozen=True):
    """`text` is what goes on, or None where a guard ended it, and then `reply` is said; `unasked` came after that."""

    stage: Stage
    text: str | None
    reply: str | None
    steps: tuple[Step, ...]
    unasked: tuple[str, ...] = ()


def usual_guards(stage: Stage) -> tuple[Guard, ...]:
    """Guards that only say what they find."""
    return tuple(Guard(check=bind_entry(name), stage=stage, action="flag") for name in USUAL)


async def try_text(guards: Sequence[Guard], text: str, stage: Stage, setting: Setting) -> Trial:
    """Put the whole text before each guard in the order written. Raises SpecError for a text no guard could judge."""
    check_text(text, "the text")
    steps: list[Step] = []
    now = text
    for place, guard in enumerate(guards):
        run = TextRun([guard], now, setting, setting.clock(stage))
        await run.run()
        await run.settle()
        steps.append(Step(now, run.text, tuple(run.found)))
        now = run.text
        if run.stopped is not None and not run.stopped.substitutes:
            unasked = tuple(each.check.id for each in guards[place + 1 :])
            return Trial(stage, None, reply_of(run.stopped), tuple(steps), unasked)
        if run.stopped is not None:
            now = run.stopped.reply if run.text != WITHHELD else run.text
    return Trial(stage, now, None, tuple(steps))
