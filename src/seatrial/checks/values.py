"""The value that checks on fields look into."""

from __future__ import annotations

from typing import Any

from seatrial.core.view import View
from seatrial.structured.jsontext import NotJson, found_json, read_json


def value_of(view: View) -> Any:
    """What the feature has read from the answer, where its output is a schema; else the JSON of the text in view: the
    whole of it, or the first object or array in it. Raises NotJson where there is none.
    """
    if view.on == "answer" and view.exchange.outcome is not None:
        if view.exchange.outcome == "value":
            return view.exchange.parsed
        raise NotJson(f"the answer has no value: {view.exchange.outcome}")
    try:
        return read_json(view.text)
    except NotJson:
        for _, _, data in found_json(view.text):
            return data
        raise
