"""The `params:` of a model: checked where they are known everywhere, passed on where they are a server's own.

A closed list was rejected: every server has parameters of its own. But a name that is almost a known one is a slip of
the pen, and servers that ignore what they do not know would hide it.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

from seatrial.core.registry import nearest_name
from seatrial.spec.nodes import Node

RESERVED = ("model", "messages", "stream", "stream_options", "n", "tools", "tool_choice", "response_format")

NUMBERS: dict[str, tuple[float, float]] = {
    "temperature": (0, 100),
    "top_p": (0, 1),
    "min_p": (0, 1),
    "top_k": (-1, 10**9),
    "frequency_penalty": (-100, 100),
    "presence_penalty": (-100, 100),
    "repetition_penalty": (0, 100),
    "max_tokens": (1, 10**9),
    "max_completion_tokens": (1, 10**9),
    "min_tokens": (0, 10**9),
}
"""Parameters that are numbers wherever they are known, with the widest range any server takes."""

KNOWN = (
    *NUMBERS,
    *("seed", "stop", "logprobs", "top_logprobs", "logit_bias", "reasoning", "reasoning_effort", "verbosity", "user"),
    *("top_a", "typical_p", "stop_token_ids", "ignore_eos", "parallel_tool_calls", "service_tier", "safe_prompt"),
)
SLIP = 0.85
"""How like a known name an unknown one is when it is taken for a slip: `temprature` is, `max_new_tokens` is not."""


def read_params(node: Node | None) -> dict[str, Any]:
    """Parameter name to value, as they are sent."""
    entries = node.entries("params") if node is not None else None
    for key, value in (entries or {}).items():
        _check(key, value)
    return {key: value.plain() for key, value in (entries or {}).items()}


def _check(key: str, value: Node) -> None:
    nearest = None if key in KNOWN else nearest_name(key, KNOWN, cutoff=SLIP)
    if key in RESERVED:
        value.key_problem(f"params: {key} is set by the feature itself", hint="take it out")
    elif nearest is not None:
        value.key_problem(
            f"params: there is no {key!r}", nearest=nearest, hint="a server may ignore what it does not know"
        )
    elif key in NUMBERS:
        least, most = NUMBERS[key]
        value.number(f"params: {key}", least=least, most=most)
    elif any(isinstance(part.value, float) and not isfinite(part.value) for part in value.walk()):
        value.wanted(f"params: {key}", "a value that JSON can hold")
