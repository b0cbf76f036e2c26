"""Lends the models of a feature to checks that ask one, and joins those checks to the table of all checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from seatrial.checks.define import CHECKS
from seatrial.checks.parameters import Lend, NamedModel
from seatrial.core.errors import BugError, SpecError
from seatrial.feature.assemble import model_version
from seatrial.feature.models_spec import ModelSpec, unknown_model
from seatrial.judges.define import TABLE
from seatrial.models.catalogue import find_provider
from seatrial.models.facts import facts_of
from seatrial.models.families import family_of

if TYPE_CHECKING:
    from seatrial.feature.feature import Feature

CHECKS.join(TABLE)


class Lender:
    """Lends the models of a feature: is a Lend. When checks are bound the lines of the models are known, and when they
    ask, `feature` is there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.models: Mapping[str, ModelSpec] = {}
        self.feature: Feature | None = None

    def __call__(self, name: str) -> NamedModel:
        """The model is made when it is first asked. Raises SpecError when feature.yaml has none of this name."""
        if name not in self.models:
            problem = unknown_model(name, self.models)
            hint = f"add it under models:, as  {name}: {{use: provider/model}}, or name another one in the check"
            what = f"feature.yaml has no model {name!r} to ask"
            raise SpecError(msgspec.structs.replace(problem, what=what, hint=hint))
        spec = self.models[name]
        provider, _ = find_provider(spec.use)
        facts = facts_of(spec.use, provider.facts, [spec.facts]) if provider.over_http else None
        return NamedModel(
            name,
            spec.use,
            model_version(spec, self._folder),
            spec.params,
            model=lambda: self._lending().model(name),
            embedder=lambda: self._lending().embedder(name),
            moderator=lambda: self._lending().moderator(name),
            logprobs=facts.logprobs if facts is not None else None,
            family=family(spec),
        )

    @contextmanager
    def serving(self, feature: Feature) -> Iterator[None]:
        """Lend the models of this one for a while: with what stands around its calls, a budget above all."""
        before, self.feature = self.feature, feature
        try:
            yield
        finally:
            self.feature = before

    def _lending(self) -> Feature:
        if self.feature is None:
            raise BugError("a check asks a model of a feature that was not loaded")
        return self.feature


def family(spec: ModelSpec) -> str | None:
    """Whose models the model of a line is one of: by its facts, else by its name; None where neither says it."""
    said = spec.facts.get("family")
    return said if isinstance(said, str) else family_of(spec.use)


def lending_from(folder: Path) -> Lend:
    """Lends from the feature in `folder`, which is loaded when a check first asks for a model. Raises SpecError then
    where there is none.
    """

    @cache
    def feature() -> Feature:
        from seatrial.feature.feature import load

        return load(folder)

    return lambda name: feature().lend(name)
