"""Does before the first request what guards would do in it: a key and models made, patterns compiled."""

from __future__ import annotations

from seatrial.checks.parameters import prepare_models
from seatrial.core.conversation import Message, Request
from seatrial.core.exchange import Exchange
from seatrial.core.view import View
from seatrial.guard.judging import is_quick, judged_now
from seatrial.guard.keys import installed_key
from seatrial.guard.policy import Policy

_TEXT = "a text of a few words, 1 number"


def prepare_guards(policy: Policy) -> None:
    """Raises SpecError for a key that is none, and for all that is missing for the models that guards ask. What a check
    says of a first text is nobody's concern.
    """
    installed_key()
    prepare_models(model for guard in policy.every for model in guard.asks())
    exchange = Exchange(id="", request=Request(), message=Message("assistant", _TEXT), finish="stop")
    for guard in policy.every:
        if is_quick(guard, _TEXT):
            judged_now(guard, View(_TEXT, exchange))
