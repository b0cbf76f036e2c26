"""A feature: the one pipeline that evals call, the red team attacks and the gateway serves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import cached_property, partial
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec

from seatrial.checks.parameters import NamedModel
from seatrial.core.answer import Answer
from seatrial.core.conversation import Message, ModelRequest, Request, instructions_of
from seatrial.core.errors import BugError, ErrorInfo, ModelError, OutsideError, Problem, SpecError
from seatrial.core.events import AttemptEnded, Done, Event, Restart, TextDelta
from seatrial.core.exchange import UNANSWERED, Attempt, Exchange, FinishReason, Rejected
from seatrial.core.identity import digest
from seatrial.core.shapes import Embedder, Model, Moderator, respond
from seatrial.feature.assemble import (
    assemble,
    assemble_embedder,
    assemble_moderator,
    model_version,
    priced,
    wrap_call,
)
from seatrial.feature.bridge import run_sync
from seatrial.feature.guarded import GuardedAsk
from seatrial.feature.guarded_answer import GuardedText
from seatrial.feature.guarded_value import GuardedValue
from seatrial.feature.lending import Lender
from seatrial.feature.models_spec import FILE, ModelSpec, unknown_model
from seatrial.feature.output import DECLINED, RETRIES, Output, OutputSpec, ask_again, output_error, tell
from seatrial.feature.resilience import Traffic
from seatrial.feature.spec import FeatureSpec, read_feature
from seatrial.guard.policy import Guard
from seatrial.guard.prepare import prepare_guards
from seatrial.guard.texts import Setting
from seatrial.models.unsent import was_unsent
from seatrial.prompts.prompt import Prompt, find_prompt, load_prompt
from seatrial.spec.code import load_file
from seatrial.spec.nodes import Problems
from seatrial.structured.output_type import schema_of
from seatrial.structured.parse import Parsed

OWN_CHECKS = "checks.py"
"""A file of this name in the feature's folder is imported at load, so that its `@check` functions have their names."""


def load(folder: str | Path = ".") -> Feature:
    """Load the feature in `folder`. Raises SpecError with every mistake in feature.yaml and its prompts."""
    root = Path(folder)
    problems, lender = Problems(), Lender(root)
    _load_own_checks(root, problems)  # before feature.yaml, whose guards may name them
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
    lender.feature = feature = Feature(root, spec, prompts, lender)
    return feature


def _load_own_checks(root: Path, problems: Problems) -> None:
    if (root / FILE).is_file() and (root / OWN_CHECKS).is_file():
        try:
            load_file(root / OWN_CHECKS)
        except SpecError as error:
            problems.extend(error)


class Feature:
    """A loaded feature; is a Target. Made by `load`."""

    def __init__(self, folder: Path, spec: FeatureSpec, prompts: dict[str, Prompt], lender: Lender) -> None:
        self.folder = folder
        self.lender = lender
        self.spec = spec
        self.name = spec.name
        self.prompts = prompts
        self._models: dict[str, Model] = {}
        self._built: dict[tuple[str, bool], Model] = {}
        self._traffic: dict[tuple[str, bool], Traffic] = {}
        self._around: Callable[[ModelSpec, Model], Model] = lambda spec, model: model
        self._wanted: Any = None

    @cached_property
    def _output(self) -> Output | None:
        """What reads the answers; None where they are text."""
        return Output(self.spec.output, self._wanted) if self.spec.output is not None else None

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

    def variant(self, model: str | None = None, prompt: str | None = None) -> Feature:
        """The same feature on one model of feature.yaml, and with another prompt file for every model. Raises
        SpecError when there is no such model or prompt.
        """
        spec, prompts = self.spec, self.prompts
        if model is not None:
            if model not in spec.models:
                raise SpecError(msgspec.structs.replace(unknown_model(model, spec.models), file=FILE))
            spec = msgspec.structs.replace(spec, route=(model,))
        if prompt is not None:
            path = find_prompt(prompt, root=self.folder, used=spec.prompts.values())
            prompts = {prompt: load_prompt(path, root=self.folder)}
            spec = msgspec.structs.replace(spec, prompts={"default": prompt})
        variant = Feature(self.folder, spec, prompts, self.lender)
        variant._models = dict(self._models)
        variant._built, variant._traffic = self._built, self._traffic
        variant._around, variant._wanted = self._around, self._wanted
        return variant

    def with_output(self, wanted: Any, *, retries: int = RETRIES) -> Feature:
        """The same feature with answers that are values of a Python type: a msgspec Struct, a dataclass or a pydantic
        model. `retries` is how often a model is asked again. Raises SpecError for a type without a JSON Schema.
        """
        typed = self.variant()
        typed.spec = msgspec.structs.replace(self.spec, output=OutputSpec(schema=schema_of(wanted), retries=retries))
        typed._wanted = wanted
        return typed

    def around_calls(self, wrap: Callable[[ModelSpec, Model], Model]) -> Feature:
        """The same feature with `wrap(spec, model)` around what makes a single call to each model, so that every retry
        passes through it. A model that was put in another's place is wrapped whole, with that one's price.
        """
        wrapped = Feature(self.folder, self.spec, self.prompts, self.lender)
        wrapped._around, wrapped._traffic, wrapped._wanted = wrap, self._traffic, self._wanted
        for name, model in self._models.items():
            spec = self.spec.models[name]
            wrapped._models[name] = wrap(spec, priced(model, spec))
        return wrapped

    def read(self, exchange: Exchange) -> Exchange:
        """An answer that was recorded elsewhere, with its value read by the output's schema; nobody is asked again. The
        same exchange where the output is text.
        """
        parsed = self._output.read(exchange.text, exchange.finish) if self._output is not None else None
        if parsed is None:
            return exchange
        kept = {"outcome": parsed.outcome, "repairs": parsed.repairs, "errors": parsed.errors}
        read = msgspec.structs.replace(exchange, parsed=parsed.value, **kept)
        if parsed.outcome == "value":
            return read
        if parsed.outcome == "refusal":
            return msgspec.structs.replace(read, finish=_declined(exchange.finish))
        return msgspec.structs.replace(read, finish="error", error=output_error(_rejected(parsed, 0), 1))

    def prepare(self) -> None:
        """Build the models of the route, what reads their answers and what guards need, now: it takes a while, which
        would be counted as the first answer's. Raises SpecError for missing keys and files, before anything runs.
        """
        problems: list[Problem] = []
        _ = self._output
        if self.spec.guards:
            prepare_guards(self.spec.guards)
        for name in self.spec.route:
            try:
                self.model(name)
            except SpecError as error:
                problems.extend(error.problems)
        if problems:
            raise SpecError(problems)

    def model(self, name: str) -> Model:
        if name in self._models:
            return self._models[name]
        spec, place = self.spec.models[name], (name, name not in self.spec.route[:-1])
        if place not in self._built:
            around = partial(self._around, spec)
            self._built[place] = assemble(spec, self.folder, traffic=self._traffic_of(place), around=around)
        return self._built[place]

    def embedder(self, name: str) -> Embedder:
        """A model of feature.yaml as what turns texts into vectors, with the retries, limits and price of its line.
        Raises SpecError when there is no such model, or its provider has no embeddings.
        """
        return assemble_embedder(self._known(name), around=self._around_batches(name))

    def moderator(self, name: str) -> Moderator:
        """A model of feature.yaml as what judges texts by its provider's rules; all is as with `embedder`."""
        return assemble_moderator(self._known(name), around=self._around_batches(name))

    def lend(self, name: str) -> NamedModel:
        """A model of feature.yaml for a check that asks it, with all that its line says. Raises SpecError when there is
        no such model.
        """
        lender = Lender(self.folder)
        lender.models, lender.feature = self.spec.models, self
        return lender(name)

    def _known(self, name: str) -> ModelSpec:
        if name not in self.spec.models:
            raise SpecError(msgspec.structs.replace(unknown_model(name, self.spec.models), file=FILE))
        return self.spec.models[name]

    def _around_batches(self, name: str) -> Callable[[Model], Model]:
        spec = self._known(name)
        traffic = self._traffic_of((name, name not in self.spec.route[:-1]))
        return partial(wrap_call, spec=spec, traffic=traffic, around=partial(self._around, spec))

    def _traffic_of(self, place: tuple[str, bool]) -> Traffic:
        """One for all variants: a limit holds for a model, whatever the prompt."""
        if place not in self._traffic:
            spec = self.spec.models[place[0]]
            self._traffic[place] = Traffic.of(spec.name, spec.use, spec.resilience, last=place[1])
        return self._traffic[place]

    def use_model(self, name: str, model: Model) -> None:
        """Put `model` in the place of a model of feature.yaml (a recorder around it, a fake in a test)."""
        self._models[name] = model

    def ask(self, text: str | None = None, /, **vars: Any) -> Exchange:  # noqa: A002 - the design's word
        """Ask once, synchronously. Raises SpecError when the ask does not fit the prompt, ModelError when no model
        answered, or none with a value that fits the output; its `exchange` has every answer and what is wrong with it.
        """
        request = Request(() if text is None else (Message("user", text),), vars)
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

    async def stream(self, request: Request) -> AsyncGenerator[Event]:
        """The pipeline. Ends in exactly one `Done`, also on failure; when the task is cancelled, `Done` with finish
        `cancelled` comes first and CancelledError is raised at the next step.
        """
        answer = _Answer(self, request)
        try:
            async with aclosing(self._events(request, answer)) as events:
                async for event in events:
                    yield event
        except asyncio.CancelledError as error:
            yield Done(answer.cancelled(sent=not was_unsent(error)))
            raise
        except SpecError as error:
            yield Done(answer.exchange(ErrorInfo(kind="spec", message=str(error))))
        except OutsideError as error:
            yield Done(answer.exchange(ErrorInfo(kind="outside", message=str(error))))
        except Exception as error:  # noqa: BLE001 - a caller of stream is owed its Done, whatever a model object raises
            yield Done(answer.exchange(ErrorInfo(kind="bug", message=f"{type(error).__name__}: {error}")))
        else:
            yield Done(answer.exchange())

    def _events(self, request: Request, answer: _Answer) -> AsyncGenerator[Event]:
        if answer.guarded is not None:
            return answer.guarded.stream(_Asking(self, answer))
        return _taken(self._route(request, answer), answer)

    def _guarded(self, request: Request) -> GuardedAsk | None:
        """What guards an ask; None for a feature without guards."""
        if not self.spec.guards:
            return None
        prompts = [self.prompt_for(name) for name in self.spec.route]
        inputs = {name: each for prompt in prompts for name, each in prompt.inputs.items()}
        return GuardedAsk(
            self.spec.guards,
            request,
            asks=dict.fromkeys(prompt.ask for prompt in prompts if prompt.ask is not None),
            untrusted=[name for name, each in inputs.items() if not each.trusted],
            instructions=lambda asked: instructions_of(prompts[0].render(asked)[0]),
        )

    async def _route(self, request: Request, answer: _Answer, told: str | None = None) -> AsyncGenerator[Event]:
        """The models of the route in order, until one answers. A model that began to answer is the last one, also where
        its answer has no value that fits the output. `told` is why they are asked again.
        """
        schema = self.spec.output.schema if self.spec.output is not None else None
        for name in self.spec.route:
            spec = self.spec.models[name]
            prompt = self.prompt_for(name)
            messages, answer.context = prompt.render(request)
            answer.instructions = instructions_of(messages)
            answer.prompt_version = self._prompt_versions[name]
            asked = ModelRequest(
                messages, request.messages, spec.params, schema=schema, stream=request.stream, repeat=request.repeat
            )
            asked = tell(asked, told) if told is not None else asked
            answer.asking = spec
            async with aclosing(self._asked(name, asked, answer)) as events:
                async for event in events:
                    yield event
            answer.asking = None
            error = answer.attempts[-1].error
            if error is None or not error.switchable or answer.said.begun or answer.rejected:
                return

    async def _asked(self, name: str, asked: ModelRequest, answer: _Answer) -> AsyncGenerator[Event]:
        """One model's answer; where the output is a schema, asked for again with what was wrong with it."""
        model, output = self.model(name), self._output
        for left in range(output.retries if output is not None else 0, -1, -1):
            before = len(answer.attempts)
            partial = output.partial() if output is not None and asked.stream else None
            async with aclosing(model.stream(asked)) as events:
                async for event in events:
                    yield event
                    snapshot = partial.feed(event.text) if partial and isinstance(event, TextDelta) else None
                    if snapshot is not None:
                        yield snapshot
            if len(answer.attempts) == before:
                raise BugError(f"the model {name} ended without an attempt")
            rejected = answer.read(output) if output is not None else None
            if rejected is None or not left:
                return
            asked = ask_again(asked, answer.said, rejected)
            yield Restart(rejected)


async def _taken(events: AsyncGenerator[Event], answer: _Answer) -> AsyncGenerator[Event]:
    """The events, once the answer knows them."""
    async with aclosing(events) as given:
        async for event in given:
            answer.take(event)
            yield event


class _Asking:
    """What the pipeline does for an ask under guard."""

    def __init__(self, feature: Feature, answer: _Answer) -> None:
        self._feature = feature
        self._answer = answer

    def route(self, request: Request, told: str | None) -> AsyncGenerator[Event]:
        return _taken(self._feature._route(request, self._answer, told), self._answer)

    def answer(self, guards: Sequence[Guard], setting: Setting) -> GuardedText | GuardedValue:
        """A value that guards or pseudonyms may change comes whole; anything else as it grows."""
        output = self._feature._output
        if output is None or not (guards or setting.pseudonyms.texts):
            return GuardedText(guards, setting)
        read = partial(output.read, finish="stop")
        return GuardedValue(guards, setting, lambda: (self._answer.said.text, self._answer.parsed), read)

    def stopped(self) -> None:
        self._answer.stopped()


class _Answer:
    """What a stream has brought so far."""

    def __init__(self, feature: Feature, request: Request) -> None:
        self.feature = feature
        self.request = request
        self.guarded = feature._guarded(request)
        self.said = Answer()
        self.attempts: list[Attempt] = []
        self.parsed: Parsed | None = None
        self.rejected: list[Rejected] = []
        self.context: tuple[str, ...] = ()
        self.instructions: tuple[str, ...] = ()
        self.prompt_version = ""
        self.asking: ModelSpec | None = None
        self.started = datetime.now(UTC)
        self.clock = perf_counter()

    def cancelled(self, *, sent: bool) -> Exchange:
        """The exchange of a caller who went away. A model that was being asked may charge for it all the same, unless
        the call had not been sent.
        """
        said = "the caller cancelled" if sent or self.asking is None else "the caller cancelled before it was sent"
        error = ErrorInfo(kind="cancelled", message=said, billable=sent and self.asking is not None)
        if self.asking is not None:
            spec = self.asking
            self.attempts.append(
                Attempt(model=spec.name, use=spec.use, params=spec.params, finish="cancelled", error=error)
            )
        return self.exchange(error, "cancelled")

    def stopped(self) -> None:
        """The answer is not wanted any more. A model that was giving it may charge for it all the same."""
        if self.asking is not None:
            spec, self.asking = self.asking, None
            error = ErrorInfo(kind="cancelled", message="a guard stopped the answer", billable=True)
            self.attempts.append(
                Attempt(model=spec.name, use=spec.use, params=spec.params, finish="blocked", error=error)
            )
        self.said, self.parsed = Answer(), None

    def take(self, event: Event) -> None:
        if isinstance(event, AttemptEnded):
            self.attempts.append(event.attempt)
        elif isinstance(event, Restart):
            self.rejected.append(event.rejected)
            self.said, self.parsed = Answer(), None
        else:
            self.said.take(event)

    def read(self, output: Output) -> Rejected | None:
        """Read the answer; one that does not fit, and after which a model can be asked again."""
        last = self.attempts[-1]
        self.parsed = output.read(self.said.text, last.finish) if last.error is None else None
        if self.parsed is None or self.parsed.outcome in ("value", "refusal"):
            return None
        return _rejected(self.parsed, len(self.attempts) - 1)

    @property
    def _last_read(self) -> Parsed | Rejected | None:
        """What reading the last answer came to. Where a replay knows no other answer, that is the one rejected."""
        last = self.attempts[-1].error if self.attempts else None
        if self.parsed is None and last is not None and last.kind == "miss" and self.rejected:
            return self.rejected[-1]
        return self.parsed

    def _ended(self) -> tuple[FinishReason, ErrorInfo | None]:
        """How the last attempt ended; without a value it is no answer, whatever the model says."""
        last, read = self.attempts[-1], self._last_read
        if isinstance(read, Rejected):
            return "error", output_error(read, len(self.rejected))
        if read is None or read.outcome == "value":
            return last.finish, last.error
        if read.outcome == "refusal":
            return _declined(last.finish), None
        return "error", output_error(_rejected(read, len(self.attempts) - 1), len(self.rejected) + 1)

    def exchange(self, error: ErrorInfo | None = None, finish: FinishReason = "error") -> Exchange:
        if error is None and self.attempts:
            finish, error = self._ended()
        read = self._last_read
        elapsed = (perf_counter() - self.clock) * 1000
        exchange = Exchange(
            id=os.urandom(8).hex(),
            request=self.request,
            message=Message("assistant", read.text if isinstance(read, Rejected) else self.said.text),
            finish=finish,
            attempts=tuple(self.attempts),
            reasoning=self.said.reasoning,
            tool_calls=self.said.tool_calls,
            parts=() if self.said.is_plain else self.said.parts,
            logprobs=self.said.logprobs,
            parsed=read.value if isinstance(read, Parsed) else None,
            outcome=read.outcome if read is not None else None,
            repairs=read.repairs if read is not None else (),
            errors=read.errors if read is not None else (),
            rejected=tuple(self.rejected),
            context=self.context,
            instructions=self.instructions,
            feature=self.feature.name,
            feature_version=self.feature.version,
            prompt_version=self.prompt_version,
            started=self.started.isoformat(timespec="milliseconds"),
            # A replayed attempt took as long as it says, whatever the replay took.
            latency_ms=round(max(elapsed, sum(each.latency_ms for each in self.attempts if not each.hedged)), 3),
            error=error,
        )
        return exchange if self.guarded is None else self.guarded.onto(exchange)


def _declined(finish: FinishReason) -> FinishReason:
    return finish if finish in DECLINED else "refused"


def _rejected(parsed: Parsed, attempt: int) -> Rejected:
    return Rejected(
        text=parsed.text, outcome=parsed.outcome, errors=parsed.errors, repairs=parsed.repairs, attempt=attempt
    )
