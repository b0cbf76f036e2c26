"""What reading an answer gives: the value with its repairs, or the kind of reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from seatrial.core.parsed import Outcome, Repair
from seatrial.structured.output_type import mistakes_in, to_type


class Parsed(msgspec.Struct, frozen=True):
    """What reading an answer came to. `errors` are sentences that a model can be told; `text` is the answer itself."""

    outcome: Outcome
    value: Any = None
    repairs: tuple[Repair, ...] = ()
    errors: tuple[str, ...] = ()
    text: str = ""

    def also(self, text: str, *repairs: Repair) -> Parsed:
        """The same of a text around this one, which took further repairs to get to it."""
        return msgspec.structs.replace(self, repairs=(*repairs, *self.repairs), text=text)

    def typed(self, wanted: Any) -> Parsed:
        """The value as a Python type; `invalid` where the type itself refuses it."""
        if self.outcome != "value":
            return self
        try:
            return msgspec.structs.replace(self, value=to_type(self.value, wanted))
        except ValueError as error:
            return msgspec.structs.replace(self, outcome="invalid", value=None, errors=mistakes_in(error))


def no_value(outcome: Outcome, error: str, text: str, repairs: Sequence[Repair] = ()) -> Parsed:
    return Parsed(outcome, repairs=tuple(repairs), errors=(error,), text=text)


def refusal(text: str) -> Parsed:
    return no_value("refusal", "$: the model declined to answer", text)
