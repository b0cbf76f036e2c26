"""What a judge is shown of an exchange."""

from __future__ import annotations

from seatrial.core.exchange import Exchange
from seatrial.core.view import View


def asked(view: View) -> str | None:
    """What was asked, where it is not itself what is judged."""
    return view.exchange.request.ask or None if view.on != "input" else None


def conversation_of(exchange: Exchange) -> list[tuple[str, str]]:
    """Who said what, in order, up to the answer."""
    messages = (*exchange.request.messages, exchange.message)
    return [(message.role, message.text) for message in messages if message.text]
