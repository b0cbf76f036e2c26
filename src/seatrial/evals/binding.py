"""Binds the check entries of a suite, each different entry once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from seatrial.checks.bind import BoundCheck, bind_entry
from seatrial.checks.parameters import Lend, NamedModel
from seatrial.core.errors import SpecError

MOST_KEPT = 4096
"""Entries from data templates may differ on every row; past this many the table starts anew."""


class CheckBinder:
    """`bind(entry)` for entries whose paths are relative to `folder`; `lend` gives the models that checks ask, which
    `models` collects by their names.
    """

    def __init__(self, folder: Path, lend: Lend | None = None) -> None:
        self._folder = folder
        self._lend = lend
        self._bound: dict[bytes, BoundCheck] = {}
        self.models: dict[str, NamedModel] = {}

    def bind(self, entry: Any) -> BoundCheck:
        """Raises SpecError without a place when the entry is wrong."""
        try:
            key = msgspec.json.encode(entry)
        except (TypeError, ValueError) as error:
            raise SpecError(f"a check's parameter is no plain data: {error}") from error
        bound = self._bound.get(key)
        if bound is None:
            bound = bind_entry(entry, self._folder, self._lend)
            self.models.update({model.name: model for model in bound.asks()})
            if len(self._bound) >= MOST_KEPT:
                self._bound.clear()
            self._bound[key] = bound
        return bound
