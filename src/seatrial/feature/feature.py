"""A feature, as its folder says it is: what evals call, the red team attacks and the gateway serves."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from seatrial.checks.parameters import NamedModel
from seatrial.core.conversation import Message, Request, check_request
from seatrial.core.errors import ModelError, Problem, SpecError
from seatrial.core.events import Event
from seatrial.core.exchange import UNANSWERED, Exchange
from seatrial.core.identity import digest
from seatrial.core.shapes import Embedder, Model, Moderator, respond
from seatrial.feature.assemble import model_version
from seatrial.feature.bridge import run_sync
from seatrial.feature.folder import load_own_checks
from seatrial.feature.lending import Lender
from seatrial.feature.models import Models, Place, Wrap
from seatrial.feature.output import RETRIES, Output, OutputSpec
from seatrial.feature.pipeline import stream
from seatrial.feature.spec import FeatureSpec, read_feature
from seatrial.guard.prepare import prepare_guards
from seatrial.prompts.prompt import Prompt, find_prompt, load_prompt
from seatrial.spec.nodes import Problems
from seatrial.structured.output_type import schema_of


def load(folder: str | Path = ".") -> Feature:
    """Load the feature in `folder`. Raises SpecError with every mistake in feature.yaml and its prompts."""
    root = Path(folder)
    problems, lender = Problems(), Lender(root)
    try:
        load_own_checks(root)  # before feature.yaml, whose guards may name them
    except SpecError as error:
        problems.extend(error)
    try:
        spec = read_feature(root, lender)
    except SpecError as error:
        problems.extend(error)
        problems.raise_any()
        raise
    prompts = {}
    for file in dict.fromkeys(spec.prompts.values()):
        try:
            prompts[file] = load_prompt(root / file, root=root)
        except SpecError as error:
            problems.extend(error)
    problems.raise_any()
    lender.feature = feature = Feature(root, spec, prompts, lender, Models(root, spec.models))
    return feature


class Feature:
    """A loaded feature; is a Target. Made by `load`. `wanted` is the Python type that answers are values of."""

    def __init__(
        self,
        folder: Path,
        spec: FeatureSpec,
        prompts: dict[str, Prompt],
        lender: Lender,
        models: Models,
        wanted: Any = None,
    ) -> None:
        self.folder = folder
        self.lender = lender
        self._guards_prepared = False
        self.spec = spec
        self.name = spec.name
        self.prompts = prompts
        self._models = models
        self._wanted = wanted

    @cached_property
    def output(self) -> Output | None:
        """What reads the answers; None where they are text."""
        return Output(self.spec.output, self._wanted) if self.spec.output is not None else None

    # Which version it is.

    @cached_property
    def version(self) -> str:
        """The hash of all that is served: models, prompts with their parameters, route, guards."""
        routes = [(name, self.model_versions[name], self.prompt_version(name)) for name in self.spec.route]
        output = self.spec.output
        served = [routes, "text" if output is None else [output.schema, output.retries]]
        return digest([*served, self.spec.guards.version] if self.spec.guards else served)

    @cached_property
    def model_versions(self) -> dict[str, str]:
        return {name: model_version(self.spec.models[name], self.folder) for name in self.spec.route}

    @cached_property
    def _prompt_versions(self) -> dict[str, str]:
        schema = self.spec.output.schema if self.spec.output is not None else None
        return {name: self.prompt_for(name).version(self.spec.models[name].params, schema) for name in self.spec.route}

    def prompt_version(self, model: str) -> str:
        return self._prompt_versions[model]

    def prompt_for(self, model: str) -> Prompt:
        """The prompt of the first pattern that matches the model's `use`, else the default."""
        use = self.spec.models[model].use
        for pattern, file in self.spec.prompts.items():
            if pattern != "default" and fnmatchcase(use, pattern):
                return self.prompts[file]
        return self.prompts[self.spec.prompts["default"]]

    # The same feature, but for one thing.

    def variant(self, model: str | None = None, prompt: str | None = None) -> Feature:
        """The same feature on one model of feature.yaml, and with another prompt file for every model. Raises
        SpecError when there is no such model or prompt.
        """
        spec, prompts = self.spec, self.prompts
        if model is not None:
            self._models.spec(model)  # refuses one that is not there
            spec = msgspec.structs.replace(spec, route=(model,))
        if prompt is not None:
            path = find_prompt(prompt, root=self.folder, used=spec.prompts.values())
            prompts = {prompt: load_prompt(path, root=self.folder)}
            spec = msgspec.structs.replace(spec, prompts={"default": prompt})
        return Feature(self.folder, spec, prompts, self.lender, self._models.for_variant(), self._wanted)

    def with_output(self, wanted: Any, *, retries: int = RETRIES) -> Feature:
        """The same feature with answers that are values of a Python type: a msgspec Struct, a dataclass or a pydantic
        model. `retries` is how often a model is asked again. Raises SpecError for a type without a JSON Schema.
        """
        spec = msgspec.structs.replace(self.spec, output=OutputSpec(schema=schema_of(wanted), retries=retries))
        return Feature(self.folder, spec, self.prompts, self.lender, self._models.for_variant(), wanted)

    def around_calls(self, wrap: Wrap) -> Feature:
        """The same feature with `wrap(spec, model)` around what makes a single call to each model, so that every retry
        passes through it. A model that was put in another's place is wrapped whole, with that one's price.
        """
        return self._on(self._models.around_calls(wrap))

    def asked_anew(self) -> Feature:
        """The same feature with no answer given again: what is measured is the model, not what it once said."""
        if not any(spec.cache for spec in self.spec.models.values()):
            return self
        return self._on(self._models.asked_anew())

    def _on(self, models: Models) -> Feature:
        return Feature(self.folder, self.spec, self.prompts, self.lender, models, self._wanted)

    # Its models.

    def prepare(self) -> None:
        """Build the models of the route, what reads their answers and what guards need, now: it takes a while, which
        would be counted as the first answer's. Raises SpecError for missing keys and files, before anything runs.
        """
        problems: list[Problem] = []
        _ = self.output
        self.prepare_guards()
        for name in self.spec.route:
            try:
                self.model(name)
            except SpecError as error:
                problems.extend(error.problems)
        if problems:
            raise SpecError(problems)

    def prepare_guards(self) -> None:
        """Do once what guards would do in their first request, which none of them is to be late for. Raises SpecError
        for missing keys and files of the models they ask, and for a model that cannot be asked that way.
        """
        if self.spec.guards and not self._guards_prepared:
            prepare_guards(self.spec.guards)
        self._guards_prepared = True

    def model(self, name: str) -> Model:
        return self._models.model(self._place(name))

    def embedder(self, name: str) -> Embedder:
        """A model of feature.yaml as what turns texts into vectors, with the retries, limits and price of its line.
        Raises SpecError when there is no such model, or its provider has no embeddings.
        """
        return self._models.embedder(self._place(name))

    def moderator(self, name: str) -> Moderator:
        """A model of feature.yaml as what judges texts by its provider's rules; all is as with `embedder`."""
        return self._models.moderator(self._place(name))

    def _place(self, name: str) -> Place:
        return Place(name, last=name not in self.spec.route[:-1])

    def lend(self, name: str) -> NamedModel:
        """A model of feature.yaml for a check that asks it, with all that its line says. Raises SpecError when there is
        no such model.
        """
        lender = Lender(self.folder)
        lender.models, lender.feature = self.spec.models, self
        return lender(name)

    def use_model(self, name: str, model: Model) -> None:
        """Put `model` in the place of a model of feature.yaml (a recorder around it, a fake in a test)."""
        self._models.put(name, model)

    # Asking it.

    def ask(self, text: str | None = None, /, **vars: Any) -> Exchange:  # noqa: A002 - the design's word
        """Ask once, synchronously. Raises SpecError when the ask does not fit the prompt, ModelError when no model
        answered, or none with a value that fits the output; its `exchange` has every answer and what is wrong with it.
        """
        request = Request(() if text is None else (Message("user", text),), vars)
        check_request(request)
        self.prompt_for(self.spec.route[0]).check(request)
        exchange = run_sync(self.respond(request))
        if exchange.finish in UNANSWERED and exchange.error is not None:
            if exchange.error.kind == "spec":
                raise SpecError(exchange.error.message)
            raise ModelError(exchange.error, exchange)
        return exchange

    async def respond(self, request: Request) -> Exchange:
        """The exchange at the end of `stream`; what went wrong is on it."""
        return await respond(self, request)

    def stream(self, request: Request) -> AsyncGenerator[Event]:
        """The pipeline. Ends in exactly one `Done`, also on failure; when the task is cancelled, `Done` with finish
        `cancelled` comes first and CancelledError is raised at the next step. Raises SpecError at the first step for a
        request whose messages are none.
        """
        return stream(self, request)

    def read(self, exchange: Exchange) -> Exchange:
        """An answer that was recorded elsewhere, with its value read by the output's schema; nobody is asked again. The
        same exchange where the output is text.
        """
        return exchange if self.output is None else self.output.onto(exchange)
