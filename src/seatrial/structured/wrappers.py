"""Keys around a value that are none of its schema: an envelope, a call, reasons beside the answer.

Decided here: what may stand beside such a key is a closed list, since any other neighbour may say that the value is a
draft, an example or a failure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from typing import Any

_MOST_WRAPPERS = 4
# A key whose value is not meant as the answer.
_NO_WRAPPER = re.compile(
    r"example|draft|sample|template|schema|previous|\bold|wrong|invalid|error|fail|partial|default|expected|test",
    re.IGNORECASE,
)


def _nothing(_: Any) -> bool:
    return False


def _a_text(said: Any) -> bool:
    return isinstance(said, str)


def _a_number(said: Any) -> bool:
    return isinstance(said, int | float)


def _is_well(said: Any) -> bool:
    return said is True or said in ("ok", "OK", "success", "Success", "completed", "complete", "done", 200)


# What may stand beside a wrapper's key, and what it may be: a call described, reasons, that all went well.
_BESIDE = {
    **dict.fromkeys(("name", "tool", "tool_name", "function", "action", "type", "id", "call_id", "recipient"), _a_text),
    **dict.fromkeys(("reasoning", "thought", "thoughts", "thinking", "explanation", "analysis", "rationale"), _a_text),
    **dict.fromkeys(("confidence", "score"), _a_number),
    **dict.fromkeys(("status", "success", "ok", "code"), _is_well),
}


def inside(value: Any, properties: Set[str], fits: Callable[[Any], bool]) -> tuple[Any, str] | None:
    """The value under the keys around it, with these; None where it does not fit. `properties` are the schema's."""
    names: list[str] = []
    while isinstance(value, dict) and len(names) < _MOST_WRAPPERS:
        around = _wrapper(value)
        if around is None or around in properties:
            return None
        names.append(around)
        value = value[around]
        if fits(value):
            return value, ".".join(names)
    return None


def _wrapper(value: dict[str, Any]) -> str | None:
    """The only key with an object or array, where what stands beside it may stand there."""
    inner = [key for key, each in value.items() if isinstance(each, dict | list)]
    if len(inner) != 1 or _NO_WRAPPER.search(inner[0]):
        return None
    others = [(key, each) for key, each in value.items() if key != inner[0] and each is not None]
    return inner[0] if all(_BESIDE.get(key, _nothing)(each) for key, each in others) else None
