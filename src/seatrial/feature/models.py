"""The models of a feature: each is built when it is first asked for, and what its calls share (limits, circuit, kept
answers) is one for all variants of the feature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import NamedTuple

import msgspec

from seatrial.core.errors import SpecError
from seatrial.core.shapes import Embedder, Model, Moderator
from seatrial.feature.assemble import assemble, assemble_embedder, assemble_moderator, priced, wrap_call
from seatrial.feature.models_spec import FILE, ModelSpec, unknown_model
from seatrial.feature.resilience import Traffic
from seatrial.models.cache import Answers, Cached

Wrap = Callable[[ModelSpec, Model], Model]


class Place(NamedTuple):
    """A model, and whether no other stands behind it in the route: it is given up later then."""

    name: str
    last: bool


class Models:
    """`specs` are the lines of feature.yaml in `folder`."""

    def __init__(self, folder: Path, specs: Mapping[str, ModelSpec]) -> None:
        self._folder = folder
        self._specs = specs
        self._put: dict[str, Model] = {}
        self._built: dict[Place, Model] = {}
        self._traffic: dict[Place, Traffic] = {}
        self._answers: dict[str, Answers] | None = {}
        self._around: Wrap = lambda spec, model: model

    def for_variant(self) -> Models:
        """The same ones, among which another may be put without a change here."""
        models = Models(self._folder, self._specs)
        models._put = dict(self._put)
        models._built, models._traffic, models._answers = self._built, self._traffic, self._answers
        models._around = self._around
        return models

    def around_calls(self, wrap: Wrap) -> Models:
        """The same ones with `wrap(spec, model)` around what makes a single call to each. One that was put in another's
        place is wrapped whole, with that one's price.
        """
        models = self.for_variant()
        models._built, models._around = {}, wrap
        for name, model in self._put.items():
            spec = self._specs[name]
            models._put[name] = wrap(spec, priced(model, spec))
        return models

    def asked_anew(self) -> Models:
        """The same ones, of which none gives an answer again."""
        models = self.for_variant()
        models._built, models._answers = {}, None
        return models

    def put(self, name: str, model: Model) -> None:
        self._put[name] = model

    def model(self, place: Place) -> Model:
        """Raises SpecError when its key or its file is missing."""
        if place.name in self._put:
            return self._put[place.name]
        if place not in self._built:
            spec = self._specs[place.name]
            around = partial(self._around, spec)
            built = assemble(spec, self._folder, traffic=self._traffic_of(place), around=around)
            self._built[place] = self._reusing(built, spec)
        return self._built[place]

    def embedder(self, place: Place) -> Embedder:
        return assemble_embedder(self.spec(place.name), around=self._around_batches(place))

    def moderator(self, place: Place) -> Moderator:
        return assemble_moderator(self.spec(place.name), around=self._around_batches(place))

    def spec(self, name: str) -> ModelSpec:
        """Raises SpecError when feature.yaml has no such model."""
        if name not in self._specs:
            raise SpecError(msgspec.structs.replace(unknown_model(name, self._specs), file=FILE))
        return self._specs[name]

    def _reusing(self, model: Model, spec: ModelSpec) -> Model:
        """Answers are shared by all variants, since a request holds all that shapes its answer. What is given again
        passes no limit and no circuit: nobody is asked.
        """
        if spec.cache is None or self._answers is None:
            return model
        answers = self._answers.setdefault(spec.name, Answers(seconds=spec.cache.seconds, most=spec.cache.most))
        return Cached(model, answers)

    def _around_batches(self, place: Place) -> Callable[[Model], Model]:
        spec = self.spec(place.name)
        return partial(wrap_call, spec=spec, traffic=self._traffic_of(place), around=partial(self._around, spec))

    def _traffic_of(self, place: Place) -> Traffic:
        """One for all variants: a limit holds for a model, whatever the prompt."""
        if place not in self._traffic:
            spec = self._specs[place.name]
            self._traffic[place] = Traffic.of(spec.name, spec.use, spec.resilience, last=place.last)
        return self._traffic[place]
