"""From the fields of a suite's entry, written inline or filled from a data row, to a Case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from seatrial.core.case import Case, Repeat, Turn
from seatrial.core.conversation import Message
from seatrial.spec.nodes import describe_value

ASKED = ("ask", "turns", "messages")
FIELDS = (*ASKED, "vars", "cohort", "answer", "id", "name", "group", "tags", "checks", "repeat", "threshold")
TURN_FIELDS = ("user", "vars", "assistant", "checks")
MESSAGE_FIELDS = ("role", "content")
REPEAT_FIELDS = ("times", "need")
MOST_REPEATS = 1000

Note = Callable[..., None]
"""`note(key, what, expected=…, got=…, hint=…)` records a mistake in the field `key`, or in the entry for None."""


def build_case(fields: Mapping[str, Any], *, suite: str, source: str, note: Note) -> Case | None:
    """A Case without its final id (the given one, or empty). None after mistakes were noted."""
    asked = [key for key in ASKED if key in fields]
    if len(asked) > 1:
        note(None, f"{' and '.join(asked)} stand together", expected="exactly one of ask, turns and messages")
        return None
    if not asked and "vars" not in fields:
        note(None, "the case asks nothing", expected="one of ask, turns, messages, or vars")
        return None
    reader = _Reader(note)
    case = Case(
        id=reader.label("id", fields) or "",
        suite=suite,
        name=reader.label("name", fields),
        group=reader.label("group", fields),
        ask=reader.text("ask", fields),
        turns=reader.turns(fields),
        messages=reader.messages(fields),
        vars=reader.mapping("vars", fields.get("vars", {})),
        cohort=reader.cohort(fields),
        answer=reader.text("answer", fields),
        checks=reader.sequence("checks", fields.get("checks", ())),
        threshold=reader.share("threshold", fields),
        tags=reader.tags(fields),
        repeat=reader.repeat(fields),
        source=source,
    )
    if case.answer is not None and case.turns:
        note("answer", "answer: and turns: stand together", hint="say a turn's recorded answer with assistant:")
    if case.answer is not None and case.repeat.times > 1:
        note("repeat", "a recorded answer cannot be asked again", hint="take out repeat:")
    return None if reader.wrong else case


class _Reader:
    """Reads single fields; notes mistakes and remembers that there were any."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self.wrong = False

    def bad(self, key: str, expected: str, got: Any, hint: str | None = None) -> None:
        self.wrong = True
        self._note(key, f"{key} is not right", expected=expected, got=describe_value(got), hint=hint)

    def text(self, key: str, fields: Mapping[str, Any]) -> str | None:
        value = fields.get(key)
        if key in fields and not isinstance(value, str):
            hint = "write {{ column | string }} to make text of a number" if isinstance(value, int | float) else None
            self.bad(key, "text", value, hint)
            return None
        return value

    def label(self, key: str, fields: Mapping[str, Any]) -> str | None:
        """A short text; numbers are taken as text, since ids in data often are numbers."""
        value = fields.get(key)
        if key not in fields:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value
        self.bad(key, "text", value)
        return None

    def share(self, key: str, fields: Mapping[str, Any]) -> float | None:
        value = fields.get(key)
        if key not in fields:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1:
            return float(value)
        self.bad(key, "a number from 0 to 1", value)
        return None

    def mapping(self, key: str, value: Any) -> dict[str, Any]:
        if isinstance(value, Mapping):
            return dict(value)
        self.bad(key, "a mapping of names to values", value)
        return {}

    def cohort(self, fields: Mapping[str, Any]) -> dict[str, str]:
        value = fields.get("cohort", {})
        if isinstance(value, Mapping) and all(map(is_cohort_value, value.values())):
            return {str(name): str(each) for name, each in value.items()}
        self.bad("cohort", "a mapping of names to texts, like {age: 13-15}", value)
        return {}

    def sequence(self, key: str, value: Any) -> tuple[Any, ...]:
        if isinstance(value, list | tuple):
            return tuple(value)
        self.bad(key, "a list", value, "put it in [brackets]" if isinstance(value, str | dict) else None)
        return ()

    def tags(self, fields: Mapping[str, Any]) -> tuple[str, ...]:
        values = self.sequence("tags", fields.get("tags", ()))
        for value in values:
            if not isinstance(value, str | int) or isinstance(value, bool):
                self.bad("tags", "texts", value)
                return ()
        return tuple(dict.fromkeys(str(value) for value in values))

    def repeat(self, fields: Mapping[str, Any]) -> Repeat:
        """`repeat: 5`, or `repeat: {times: 5, need: 4}`."""
        value = fields.get("repeat", 1)
        whole = {"times": value} if not isinstance(value, Mapping) else dict(value)
        whole.setdefault("need", whole.get("times"))
        try:
            repeat = msgspec.convert(whole, Repeat)
        except msgspec.ValidationError:
            repeat = Repeat(0)
        if not 1 <= repeat.need <= repeat.times <= MOST_REPEATS:
            self.bad("repeat", f"a number up to {MOST_REPEATS}, or {{times: 5, need: 4}}", value)
            return Repeat()
        return repeat

    def messages(self, fields: Mapping[str, Any]) -> tuple[Message, ...]:
        if "messages" not in fields:
            return ()
        try:
            messages = msgspec.convert(fields["messages"], tuple[Message, ...])
        except msgspec.ValidationError as error:
            self.bad("messages", "a list of {role, content}", fields["messages"], str(error))
            return ()
        more = {key for message in fields["messages"] for key in message if key not in MESSAGE_FIELDS}
        if more:
            self.bad("messages", "messages of {role, content} alone", fields["messages"], f"take out {', '.join(more)}")
        roles = {message.role for message in messages[:-1]}
        if not messages or messages[-1].role != "user" or not roles <= {"user", "assistant"}:
            self.bad("messages", "user and assistant messages up to the user's last", fields["messages"])
        return messages

    def turns(self, fields: Mapping[str, Any]) -> tuple[Turn, ...]:
        if "turns" not in fields:
            return ()
        turns = [self._turn(value) for value in self.sequence("turns", fields["turns"])]
        if not any(turn is not None and turn.assistant is None for turn in turns) and not self.wrong:
            self.bad("turns", "at least one turn without assistant:", fields["turns"])
        return tuple(turn for turn in turns if turn is not None)

    def _turn(self, value: Any) -> Turn | None:
        if not isinstance(value, Mapping) or "user" not in value or not set(value) <= set(TURN_FIELDS):
            self.bad("turns", "turns of {user, vars?, assistant?, checks?}", value)
            return None
        turn = Turn(
            user=self.text("user", value) or "",
            vars=self.mapping("vars", value.get("vars", {})),
            assistant=self.text("assistant", value),
            checks=self.sequence("checks", value.get("checks", ())),
        )
        if turn.assistant is not None and (turn.checks or turn.vars):
            self.bad("turns", "no checks and vars on a turn that is said as it stands", value)
        return turn


def is_cohort_value(value: Any) -> bool:
    """Texts, and whole numbers for them."""
    return (isinstance(value, str) and bool(value)) or (isinstance(value, int) and not isinstance(value, bool))
