"""Moderation that flags what it is named: a category is found in a text that holds its name.

Source: the OpenAI API reference ("Moderations").
"""

from __future__ import annotations

from typing import Any

import msgspec

from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.wire import NOT_JSON, convert, decode_object, encode

CATEGORIES = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm"),
    *("self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic"),
)


class _Moderations(msgspec.Struct):
    input: str | list[str | dict[str, Any]]
    model: str = "omni-moderation-latest"


def moderate(call: Call, model: str) -> bytes:
    asked = convert(decode_object(call.body, NOT_JSON), _Moderations)
    inputs = asked.input if isinstance(asked.input, list) else [asked.input]
    if any(isinstance(each, dict) for each in inputs):  # parts of one text with pictures
        inputs = [" ".join(str(each.get("text", "")) if isinstance(each, dict) else each for each in inputs)]
    results = [_moderated(str(each)) for each in inputs]
    return encode({"id": f"modr-{call.number}", "model": asked.model, "results": results})


def _moderated(text: str) -> dict[str, Any]:
    """A category is flagged when its name stands in the text."""
    found = {name: name in text.lower() for name in CATEGORIES}
    return {
        "flagged": any(found.values()),
        "categories": found,
        "category_scores": {name: 0.98 if flagged else 0.01 for name, flagged in found.items()},
        "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
    }
