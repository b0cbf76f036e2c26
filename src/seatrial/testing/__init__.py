"""For tests of features: `expect`, and the pytest plugin with its `feature` fixture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seatrial.testing.expectation import expect as expect

__all__ = ["expect"]


def __getattr__(name: str) -> Any:
    """Import on first use: pytest loads the plugin, and with it this package, in every project."""
    if name == "expect":
        from seatrial.testing.expectation import expect

        return expect
    raise AttributeError(name)
