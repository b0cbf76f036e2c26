"""Lends the models of a feature to checks that ask one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from seatrial.core.errors import BugError, SpecError
from seatrial.core.shapes import Model, Moderator
from seatrial.feature.models_spec import ModelSpec

if TYPE_CHECKING:
    from seatrial.feature.feature import Feature


class FeatureLender:
    """Is a Lender. When checks are bound the lines of the models are known, and when they ask the feature is there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.models: Mapping[str, ModelSpec] = {}
        self.feature: Feature | None = None

    def version(self, name: str) -> str:
        from seatrial.feature.assemble import model_version  # it, and the reader of feature.yaml, stand on this module
        from seatrial.feature.spec import unknown_model

        if name not in self.models:
            raise SpecError(msgspec.structs.replace(unknown_model(name, self.models)))
        return model_version(self.models[name], self._folder)

    def model(self, name: str) -> Model:
        return self._lending().model(name)

    def moderator(self, name: str) -> Moderator:
        return self._lending().moderator(name)

    def _lending(self) -> Feature:
        if self.feature is None:
            raise BugError("a check asks a model of a feature that was not loaded")
        return self.feature
