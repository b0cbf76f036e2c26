"""A test case: what to ask and which checks judge the answer."""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.core.conversation import Message
from seatrial.core.identity import digest


class Turn(msgspec.Struct, frozen=True, omit_defaults=True):
    """One exchange of a scripted conversation. With `assistant` it is said as it stands and no model is called."""

    user: str
    vars: dict[str, Any] = {}
    assistant: str | None = None
    checks: tuple[Any, ...] = ()


class Repeat(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask `times` times; the case passes when at least `need` of them pass."""

    times: int = 1
    need: int = 1


class Case(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """At most one of `ask`, `turns` and `messages`; none means the prompt takes only `vars`.

    `checks` are entries as the user wrote them (a name, or one name with its parameters). `row` is the data row an
    entry with `from:` came from, for checks written in Python. `cohort` is whose request it is, by which guards may
    differ. `source` is `file:line`.
    """

    id: str
    suite: str = ""
    name: str | None = None
    group: str | None = None
    ask: str | None = None
    turns: tuple[Turn, ...] = ()
    messages: tuple[Message, ...] = ()
    vars: dict[str, Any] = {}
    cohort: dict[str, str] = {}
    answer: str | None = None
    checks: tuple[Any, ...] = ()
    threshold: float | None = None
    tags: tuple[str, ...] = ()
    repeat: Repeat = Repeat()
    row: dict[str, Any] = {}
    source: str = ""

    @property
    def title(self) -> str:
        return self.name or self.id

    def input_digest(self) -> str:
        """The hash of what is asked: ask, turns, messages, vars, cohort; not checks, tags, answer or unused columns."""
        asked = [[turn.user, turn.vars, turn.assistant] for turn in self.turns]
        cohort = [self.cohort] if self.cohort else []  # without one the hash is that of versions that knew none
        return digest([self.ask, asked, self.messages, self.vars, *cohort])
