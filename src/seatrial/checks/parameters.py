"""Parameter values that are more than data: inner checks, JSON Schemas and functions in the user's files.

A check names them as the type of a parameter; binding converts the raw value once, so that judging never parses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from seatrial.checks.define import CHECKS, CheckDefinition, define
from seatrial.core.errors import Problem, SpecError
from seatrial.core.identity import digest
from seatrial.core.shapes import Embedder, Model, Moderator
from seatrial.spec.code import load_function
from seatrial.spec.files import read_text
from seatrial.spec.nodes import describe_value
from seatrial.spec.patterns import Pattern, compile_pattern


class Converted:
    """A converted parameter; `version` stands for its content in the version of the check that holds it."""

    version: str


class Inner(Converted):
    """A check inside a check."""

    def __init__(self, bound: Any) -> None:
        self.bound = bound
        self.version = bound.version


class JsonSchema(Converted):
    """A compiled JSON Schema, given as a mapping or as the path of a JSON file."""

    def __init__(self, schema: Any) -> None:
        import jsonschema_rs  # 15 MB of library, wanted only where a schema is

        try:
            self._validator = jsonschema_rs.validator_for(schema)
        except (jsonschema_rs.ValidationError, ValueError) as error:
            said = getattr(error, "message", str(error))
            raise SpecError(f"this is not a JSON Schema: {said}") from error
        self.version = digest(schema)

    def mistake(self, value: Any) -> str | None:
        """The first way in which `value` breaks the schema, in words, or None."""
        error = next(iter(self._validator.iter_errors(value)), None)
        if error is None:
            return None
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path)
        return f"{error.message} at ${place}"


class PythonFunction(Converted):
    """A function in the user's file, or a check registered with `@check`."""

    def __init__(self, definition: CheckDefinition) -> None:
        self.definition = definition
        self.version = definition.code_version


class NamedModel(Converted):
    """A model of feature.yaml, lent to a check that asks it. The model is made when it is first asked, so that what
    stands around its calls then (a budget, a recorder) holds for the check's calls too.

    `version` is the hash of what answers; `logprobs` whether it gives log-probabilities, None where nobody knows;
    `family` is whose models it is one of, None where nothing says it.
    """

    def __init__(
        self,
        name: str,
        use: str,
        version: str,
        params: dict[str, Any],
        *,
        model: Callable[[], Model],
        embedder: Callable[[], Embedder],
        moderator: Callable[[], Moderator],
        logprobs: bool | None = None,
        family: str | None = None,
    ) -> None:
        self.name = name
        self.use = use
        self.version = version
        self.params = params
        self.model = model
        self.embedder = embedder
        self.moderator = moderator
        self.logprobs = logprobs
        self.family = family

    def as_a(self, kind: type[NamedModel]) -> NamedModel:
        """The same model, for what else it is asked."""
        return kind(
            self.name,
            self.use,
            self.version,
            self.params,
            model=self.model,
            embedder=self.embedder,
            moderator=self.moderator,
            logprobs=self.logprobs,
            family=self.family,
        )

    def prepare(self) -> None:
        """Make the model now. Raises SpecError for a missing key or file, before anything runs."""
        self.model()


class NamedEmbedder(NamedModel):
    """A model of feature.yaml that turns texts into vectors."""

    def prepare(self) -> None:
        self.embedder()


class NamedModerator(NamedModel):
    """A model of feature.yaml that judges texts by its provider's rules."""

    def prepare(self) -> None:
        self.moderator()


def prepare_models(models: Iterable[NamedModel]) -> None:
    """Make the models now. Raises SpecError with every missing key and file, before anything runs."""
    problems: list[Problem] = []
    for model in models:
        try:
            model.prepare()
        except SpecError as error:
            problems.extend(problem for problem in error.problems if problem not in problems)
    if problems:
        raise SpecError(problems)


Lend = Callable[[str], NamedModel]
"""Gives a model by its name. Raises SpecError when there is none."""


class Binding(msgspec.Struct, frozen=True):
    """What conversion needs to know: the folder paths are relative to, how to build an inner check, and who lends
    models; None where no feature is at hand.
    """

    folder: Path
    build: Callable[[Any], Any]
    lend: Lend | None = None

    def convert(self, wanted: type, raw: Any) -> Any:
        """The `dec_hook` of msgspec. Raises SpecError, which msgspec wraps."""
        if wanted is Inner:
            return Inner(self.build(raw))
        if issubclass(wanted, NamedModel):
            return self._model(_text(raw, "the name of a model in feature.yaml")).as_a(wanted)
        if wanted is Pattern:
            return compile_pattern(_text(raw, "a pattern"))
        if wanted is JsonSchema:
            return JsonSchema(self._schema(raw))
        if wanted is PythonFunction:
            return PythonFunction(self._function(_text(raw, "file.py:function")))
        if hasattr(wanted, "read_in"):
            return wanted.read_in(raw, self.folder)
        if hasattr(wanted, "read"):
            return wanted.read(raw)
        if hasattr(wanted, "load"):
            return wanted.load(self.folder, _text(raw, "the path of a file"))
        raise NotImplementedError(wanted)

    def _model(self, name: str) -> NamedModel:
        if self.lend is None:
            raise SpecError(
                f"the check asks the model {name!r}, and there is no feature here that has it",
                hint="name the feature's folder with --feature, or from Python pass feature=…",
            )
        return self.lend(name)

    def _schema(self, raw: Any) -> Any:
        if isinstance(raw, dict | bool):
            return raw
        path = self.folder / _text(raw, "a JSON Schema, or the path of a JSON file")
        try:
            return msgspec.json.decode(read_text(path))
        except msgspec.DecodeError as error:
            raise SpecError(f"this is not JSON: {error}", file=str(path)) from error

    def _function(self, name: str) -> CheckDefinition:
        if ":" not in name:
            return CHECKS.get(name)
        function, version = load_function(name, self.folder)
        definition = define(function, name)
        return msgspec.structs.replace(definition, code_version=version)


def _text(raw: Any, expected: str) -> str:
    if isinstance(raw, str):
        return raw
    raise SpecError("a check's parameter is not right", expected=expected, got=describe_value(raw))
