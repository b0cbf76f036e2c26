"""Lends the models of a feature to checks that ask one, and joins those checks to the table of all checks."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from seatrial.checks.define import CHECKS
from seatrial.checks.parameters import Lend, NamedModel
from seatrial.core.errors import SpecError
from seatrial.feature.assemble import model_version
from seatrial.feature.models_spec import ModelSpec
from seatrial.feature.spec import unknown_model
from seatrial.judges.define import TABLE
from seatrial.models.catalogue import find_provider
from seatrial.models.facts import facts_of
from seatrial.models.families import family_of

if TYPE_CHECKING:
    from seatrial.feature.feature import Feature

CHECKS.join(TABLE)


def lend(feature: Feature, name: str) -> NamedModel:
    """The model is made when it is first asked. Raises SpecError when feature.yaml has none of this name."""
    if name not in feature.spec.models:
        problem = unknown_model(name, feature.spec.models)
        hint = f"add it under models:, as  {name}: {{use: provider/model}}, or name another one in the check"
        raise SpecError(msgspec.structs.replace(problem, what=f"feature.yaml has no model {name!r} to ask", hint=hint))
    spec = feature.spec.models[name]
    provider, _ = find_provider(spec.use)
    facts = facts_of(spec.use, provider.facts, [spec.facts]) if provider.over_http else None
    return NamedModel(
        name,
        spec.use,
        model_version(spec, feature.folder),
        spec.params,
        model=partial(feature.model, name),
        embedder=partial(feature.embedder, name),
        logprobs=facts.logprobs if facts is not None else None,
        family=family(spec),
    )


def family(spec: ModelSpec) -> str | None:
    """Whose models the model of a line is one of: by its facts, else by its name; None where neither says it."""
    said = spec.facts.get("family")
    return said if isinstance(said, str) else family_of(spec.use)


def lender(folder: Path) -> Lend:
    """Lends from the feature in `folder`, which is loaded when a check first asks for a model. Raises SpecError then
    where there is none.
    """

    @cache
    def feature() -> Feature:
        from seatrial.feature.feature import load

        return load(folder)

    return lambda name: feature().lend(name)
