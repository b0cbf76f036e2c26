"""Seatrial: build a feature on language models, prove it, launch it, keep proving it.

What stands in `__all__` is the public interface; each name is imported on first use, so that `import seatrial` costs
nothing and a command pays only for what it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seatrial.checks.define import check
    from seatrial.core.case import Case
    from seatrial.core.conversation import Message, Request
    from seatrial.core.errors import SeatrialError
    from seatrial.core.exchange import Exchange
    from seatrial.core.verdict import Verdict
    from seatrial.evals.run import evaluate
    from seatrial.feature.feature import Feature, load
    from seatrial.feature.screen import Screened, screen
    from seatrial.structured.parse import Parsed, parse_output

    __version__: str

__all__ = [
    "Case",
    "Exchange",
    "Feature",
    "Message",
    "Parsed",
    "Request",
    "Screened",
    "SeatrialError",
    "Verdict",
    "check",
    "evaluate",
    "load",
    "parse_output",
    "screen",
]

_HOMES = {
    "Case": "seatrial.core.case",
    "Exchange": "seatrial.core.exchange",
    "Feature": "seatrial.feature.feature",
    "Message": "seatrial.core.conversation",
    "Parsed": "seatrial.structured.parse",
    "Request": "seatrial.core.conversation",
    "Screened": "seatrial.feature.screen",
    "SeatrialError": "seatrial.core.errors",
    "Verdict": "seatrial.core.verdict",
    "check": "seatrial.checks.define",
    "evaluate": "seatrial.evals.run",
    "load": "seatrial.feature.feature",
    "parse_output": "seatrial.structured.parse",
    "screen": "seatrial.feature.screen",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module, metadata

    if name == "__version__":
        return metadata.version("seatrial")
    if name not in _HOMES:
        raise AttributeError(f"module 'seatrial' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
