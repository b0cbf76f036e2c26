"""For tests of features: `expect`, the pytest plugin with its `feature` fixture, and `ProviderServer`, a provider that
fails on schedule.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seatrial.testing.expectation import expect as expect
    from seatrial.testing.simulator.asked import Asked as Asked
    from seatrial.testing.simulator.call import Call as Call
    from seatrial.testing.simulator.fault import Fault as Fault
    from seatrial.testing.simulator.pace import Pace as Pace
    from seatrial.testing.simulator.reply import Reply as Reply
    from seatrial.testing.simulator.server import ProviderServer as ProviderServer

_PLACES = {
    "Asked": "simulator.asked",
    "Call": "simulator.call",
    "Fault": "simulator.fault",
    "Pace": "simulator.pace",
    "ProviderServer": "simulator.server",
    "Reply": "simulator.reply",
    "expect": "expectation",
}
__all__ = ["Asked", "Call", "Fault", "Pace", "ProviderServer", "Reply", "expect"]


def __getattr__(name: str) -> Any:
    """Import on first use: pytest loads the plugin, and with it this package, in every project."""
    if name in _PLACES:
        return getattr(import_module(f"seatrial.testing.{_PLACES[name]}"), name)
    raise AttributeError(name)
