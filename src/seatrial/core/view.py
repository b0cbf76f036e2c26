"""What a check sees: one text of one exchange, with the exchange around it."""

from __future__ import annotations

import msgspec

from seatrial.core.case import Case
from seatrial.core.exchange import Exchange
from seatrial.core.verdict import On


class View(msgspec.Struct, frozen=True):
    """`text` is what is judged, `on` says which text of the exchange that is, `turn` counts asks from 0."""

    text: str
    exchange: Exchange
    on: On = "answer"
    case: Case | None = None
    turn: int = 0

    @classmethod
    def of(cls, exchange: Exchange, *, on: On = "answer", case: Case | None = None, turn: int = 0) -> View:
        return cls(text_of(exchange, on), exchange, on, case, turn)

    def seen(self, on: On) -> View:
        """The same exchange with another of its texts in view."""
        return self if on == self.on else View.of(self.exchange, on=on, case=self.case, turn=self.turn)


def text_of(exchange: Exchange, on: On) -> str:
    if on == "answer":
        return exchange.message.text
    if on == "raw":
        return exchange.raw if exchange.raw is not None else exchange.message.text
    if on == "input":
        return exchange.request.ask
    if on == "context":
        return "\n".join(exchange.context)
    return ""
