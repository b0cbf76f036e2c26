"""The variants of a run: the feature as it is, or on each of several models and prompts."""

from __future__ import annotations

from collections.abc import Sequence

from seatrial.core.errors import Problem, SpecError
from seatrial.feature.assemble import model_version
from seatrial.feature.feature import Feature
from seatrial.store.records import ModelRecord, VariantRecord


def make_variants(
    feature: Feature, models: Sequence[str], prompts: Sequence[str], *, ready: bool = True
) -> dict[str, Feature]:
    """Variant name to feature: `MODEL`, or `MODEL/PROMPT` with prompts. Without models the route stays as it is and
    gives its first model's name. `ready` builds the models, which takes their keys and files. Raises SpecError for
    every unknown model, prompt, key and file.
    """
    problems: list[Problem] = []
    variants: dict[str, Feature] = {}
    for model in dict.fromkeys(models or (None,)):
        for prompt in dict.fromkeys(prompts or (None,)):
            name = (model or feature.spec.route[0]) + (f"/{prompt}" if prompt else "")
            try:
                variants[name] = feature if model is prompt is None else feature.variant(model, prompt)
                if ready:
                    variants[name].prepare()
            except SpecError as error:
                problems.extend(problem for problem in error.problems if problem not in problems)
    if problems:
        raise SpecError(problems)
    return variants


def variant_record(name: str, feature: Feature) -> VariantRecord:
    route = feature.spec.route
    specs = [feature.spec.models[model] for model in route]
    return VariantRecord(
        variant=name,
        feature_version=feature.version,
        prompt_version=feature.prompt_version(route[0]),
        models={spec.name: ModelRecord(spec.use, spec.params, model_version(spec, feature.folder)) for spec in specs},
        prompts={prompt.path: prompt.text for prompt in feature.prompts.values()},
    )
