"""Every error a caller can meet, drawn as one tree by who must act.

    SeatrialError
    ├── SpecError       the user: a file, a name or a value of theirs is wrong; nothing ran
    ├── ModelError      the provider: no answer came; says whether to retry, switch or pay
    ├── OutsideError    the environment: disk, network, permissions, a missing extra
    └── BugError        ourselves

A message to a person is always: what, where, expected and got, and a `hint:` line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec


class SeatrialError(Exception):
    """The root: `except SeatrialError` catches everything Seatrial raises on purpose."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """One mistake in the user's input. `line` and `column` count from 1."""

    what: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    expected: str | None = None
    got: str | None = None
    nearest: str | None = None
    hint: str | None = None

    @property
    def where(self) -> str:
        if self.file is None:
            return ""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.file else self.what]
        if self.expected is not None:
            lines.append(f"  expected {self.expected}" + (f", got {self.got}" if self.got is not None else ""))
        elif self.got is not None:
            lines.append(f"  got {self.got}")
        if self.nearest is not None:
            lines.append(f"  did you mean {self.nearest}?")
        if self.hint is not None:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class SpecError(SeatrialError):
    """The user's input is wrong. Carries every problem found, so that one run shows them all."""

    def __init__(self, problems: Problem | Iterable[Problem] | str, **fields: object) -> None:
        if isinstance(problems, str):
            problems = msgspec.convert({"what": problems, **fields}, Problem)
        self.problems: Sequence[Problem] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        if not self.problems:
            raise BugError("a SpecError needs at least one problem")
        super().__init__("\n".join(str(problem) for problem in self.problems))


class ErrorInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error as data: what an `Attempt` or an `Exchange` keeps of what went wrong.

    `kind` is one of: `connect`, `timeout`, `reset`, `cut`, `protocol`, `rate_limit`, `server`, `auth`,
    `bad_request`, `not_found`, `open` (its circuit is open, so nobody was asked), `budget` (it could have cost more
    than is left, so nobody was asked), `output` (the answer does not fit the output schema), `miss` (a recording or
    script has no answer), `spec`, `outside`, `cancelled`, `bug`.
    `retryable`: the same call may succeed later. `switchable`: another model may answer.
    `billable`: the provider may charge for it all the same. `retry_after` is in seconds.
    """

    kind: str
    message: str
    hint: str | None = None
    status: int | None = None
    retryable: bool = False
    switchable: bool = False
    billable: bool = False
    retry_after: float | None = None


UNSENT = frozenset({"open", "budget"})
"""The kinds of errors of an attempt for which nobody was asked: no call was made, and none is to be counted."""


class ModelError(SeatrialError):
    """A model gave no answer; `info` says what happened and what may be done about it. `exchange` is the Exchange where
    a feature was asked: with the text of every answer that did not fit the output, its errors, and the repairs tried.
    """

    def __init__(self, info: ErrorInfo, exchange: Any = None) -> None:
        self.info = info
        self.exchange = exchange
        super().__init__(info.message + (f"\n  hint: {info.hint}" if info.hint else ""))

    @property
    def retryable(self) -> bool:
        return self.info.retryable

    @property
    def switchable(self) -> bool:
        return self.info.switchable

    @property
    def billable(self) -> bool:
        return self.info.billable


class OutsideError(SeatrialError):
    """Something outside Seatrial and the user's files failed: a full disk, a taken lock, a missing extra."""

    def __init__(self, what: str, *, hint: str | None = None) -> None:
        self.hint = hint
        super().__init__(what + (f"\n  hint: {hint}" if hint else ""))


class BugError(SeatrialError):
    """A fault of Seatrial itself; please report it."""
