"""What the repeats of a case come to."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.verdict import State


def over_repeats(states: Sequence[State], need: int) -> State:
    """A repeated case passes when `need` repeats pass, fails when they no longer can, and is otherwise unjudged."""
    passed = states.count("pass")
    if passed >= need:
        return "pass"
    open_ = states.count("error") + states.count("unscored")
    if passed + open_ < need:
        return "fail"
    return "error" if "error" in states else "unscored"
