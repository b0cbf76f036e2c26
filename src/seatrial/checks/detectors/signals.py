"""Everything that speaks for an attack in any reading of a text, with the places in the raw text."""

from __future__ import annotations

from functools import cache, lru_cache

from seatrial.checks.detectors.attack_rules import RULES
from seatrial.checks.detectors.lexicon import FAMILIES
from seatrial.checks.detectors.marks import find_marks
from seatrial.checks.detectors.phrases import Phrasebook
from seatrial.checks.normal.aligned import Normalised
from seatrial.checks.normal.views import REMEMBERED, views

_CODINGS = frozenset({"base64", "hex", "rot13", "reversed", "reversed words", "hidden"})
"""Views of what nobody writes by accident."""

Signals = dict[str, list[tuple[int, int]]]

_TELLING = frozenset({"instruction-override", "system-prompt-probe", "secret-probe", "do-anything-now", "no-scruples"})
"""Rules that, when they hold in a decoded reading and not in the text as it stands, say that somebody hid them."""


def signals(text: str) -> Signals:
    """The places of every rule and sign that holds in the text or in what it decodes to."""
    return _remembered(text) if len(text) <= REMEMBERED else _signals(text)


def _signals(text: str) -> Signals:
    readings = views(text)
    if len(readings) > 1 and readings[1].name == "normalised":
        readings = readings[1:]
    found: Signals = {}
    if any(reading.name in _CODINGS for reading in readings):
        found["coded-text"] = [(0, len(text))]
    for number, reading in enumerate(readings):
        seen = found_in(reading)
        if number and any(name in _TELLING and name not in found for name in seen):
            found.setdefault("disguised", [(0, len(text))])
        for name, places in seen.items():
            if number == 0 or name not in found:
                found[name] = [reading.origin(*place) for place in places]
    return found


_remembered = lru_cache(maxsize=16)(_signals)


def found_in(reading: Normalised) -> Signals:
    """The places, in one reading of a text, of every rule and sign that holds in it."""
    text = reading.text
    lowered = text.lower()
    found = _phrasebook().find(lowered if len(lowered) == len(text) else text)
    try:
        found.update(find_marks(text))
    except UnicodeEncodeError:
        found.update(find_marks(text.encode("utf-8", "replace").decode()))
    length = len(text.split())
    if length >= LONG:
        found["long"] = [(0, len(text))]
    return found


LONG = 120
"""Words from which on a text is a long one to send to an assistant."""


@cache
def _phrasebook() -> Phrasebook:
    return Phrasebook(FAMILIES, RULES)
