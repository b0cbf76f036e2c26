"""From an entry as a user writes it to a check that can judge: `bind_entry("max-words: 60")`, in plain data.

An entry is a name, `{name: value}` (a scalar or list that fills the first parameter) or `{name: {parameter: value, …}}`
with the common keys `weight`, `metric`, `threshold`, `on`. `not-` before a name swaps pass and fail.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import msgspec

from seatrial.checks.define import CHECKS, CheckDefinition
from seatrial.checks.entry import Entry, check_names, read_entry
from seatrial.checks.holdback import Holdback
from seatrial.checks.limits import refused
from seatrial.checks.parameters import Binding, Converted, Inner, Lend, NamedEmbedder, NamedModel, NamedModerator
from seatrial.checks.signature import WANTS, Parameter
from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.core.registry import nearest_name
from seatrial.core.verdict import On, State, Verdict
from seatrial.core.view import View
from seatrial.spec.nodes import describe_value

_SWAPPED: dict[State, State] = {"pass": "fail", "fail": "pass", "unscored": "unscored", "error": "error"}
DEFAULT_THRESHOLD = 0.5


class BoundCheck:
    """A configured check. Its `id` is the name as written, `version` the hash of code version and configuration.
    `inner` are the checks inside it (groups, json-path), which `inline`, `calls_model`, `needs_case` and `last_turn`
    count too; `models` are those it asks itself, `converted` its parameters that are more than data. `holdback` is what
    the spans of a failing verdict need of a stream; None for a check that judges whole texts only.
    """

    __slots__ = (
        "_call",
        "_looks_elsewhere",
        "calls_model",
        "converted",
        "definition",
        "holdback",
        "id",
        "inline",
        "inner",
        "last_turn",
        "metric",
        "models",
        "needs_case",
        "negated",
        "on",
        "params",
        "threshold",
        "version",
        "weight",
    )

    def __init__(self, definition: CheckDefinition, entry: Entry, values: Mapping[str, Any]) -> None:
        self.definition = definition
        self.params = entry.params
        self.negated = entry.negated
        self.weight = entry.weight
        self.metric = entry.metric
        self.threshold = entry.threshold
        self.on: On = entry.on or "answer"
        self._looks_elsewhere = entry.on is not None
        self.id = ("not-" if entry.negated else "") + definition.name
        inner = self.inner = _inner_checks(values)
        self.converted = _converted(values)
        self.models = [item for item in self.converted if isinstance(item, NamedModel)]
        self.last_turn: bool = definition.last_turn or any(each.last_turn for each in inner)
        self.inline: bool = definition.inline and all(each.inline for each in inner)
        self.calls_model: bool = definition.calls_model or any(each.calls_model for each in inner)
        self.needs_case: bool = "case" in definition.wants or any(each.needs_case for each in inner)
        configured = [
            entry.params,
            entry.negated,
            entry.threshold,
            self.on,
            [item.version for item in self.converted],
        ]
        self.version = digest([definition.name, definition.code_version, configured])
        self._call = _caller(definition, values)
        self.holdback = self._holdback(values)

    def _holdback(self, values: Mapping[str, Any]) -> Holdback | None:
        """A failing verdict points at places where a detector stands as it is, or a property is denied; with a
        threshold it is the score of the whole text that decides.
        """
        points = self.negated is (self.definition.kind == "property")
        if self.definition.holdback is None or not points or self.threshold is not None:
            return None
        return self.definition.holdback(**values)

    def asks(self) -> Iterator[NamedModel]:
        """The models it asks, by itself or through the checks inside it."""
        yield from self.models
        for each in self.inner:
            yield from each.asks()

    def check(self, view: View) -> Verdict | Awaitable[Verdict]:
        """Judge the text that `on` names; without `on`, the text that is in view."""
        if self._looks_elsewhere:
            view = view.seen(self.on)
        longest = self.definition.longest
        too_long = None if longest is None else refused(view.text, longest)
        result = too_long or self._call(view)
        if type(result) is not Verdict and inspect.isawaitable(result):
            return self._later(result, view)
        return self._verdict(result, view)

    async def _later(self, result: Awaitable[Any], view: View) -> Verdict:
        return self._verdict(await result, view)

    def _verdict(self, result: Any, view: View) -> Verdict:
        state, score, given = self._reading(result)
        if self.negated:
            state = _SWAPPED[state]
            score = None if score is None else 1.0 - score
        return Verdict(
            state=state,
            check=self.id,
            version=self.version,
            on=view.on,
            turn=view.turn,
            score=score,
            label=given.label if given else None,
            reason=(given.reason if given else "") or _plain_reason(state, score, self.definition.name, self.negated),
            spans=given.spans if given else (),
            usage=given.usage if given else None,
            weight=self.weight,
            metric=self.metric,
            compared=given.compared if given else None,
            calls=given.calls if given else (),
        )

    def _reading(self, result: Any) -> tuple[State, float | None, Verdict | None]:
        """State and score of what the function returned, by the configured threshold."""
        if isinstance(result, Verdict):
            if self.threshold is not None and result.score is not None and result.state in ("pass", "fail"):
                return ("pass" if result.score >= self.threshold else "fail"), result.score, result
            return result.state, result.score, result
        if isinstance(result, bool):
            return ("pass" if result else "fail"), float(result), None
        if isinstance(result, int | float) and 0 <= result <= 1:
            threshold = DEFAULT_THRESHOLD if self.threshold is None else self.threshold
            return ("pass" if result >= threshold else "fail"), float(result), None
        raise SpecError(
            f"check {self.id!r} returned something that is no verdict",
            expected="a bool, a score from 0 to 1, or a Verdict",
            got=describe_value(result),
        )

    def failed_with(self, error: BaseException, turn: int) -> Verdict:
        """The verdict when the check itself broke."""
        return Verdict(
            state="error",
            check=self.id,
            version=self.version,
            on=self.on,
            turn=turn,
            reason=f"the check broke: {type(error).__name__}: {error}",
            weight=self.weight,
            metric=self.metric,
        )

    def __repr__(self) -> str:
        return f"<check {self.id} {self.params}>"


def bind_entry(raw: Any, folder: Path | None = None, lend: Lend | None = None) -> BoundCheck:
    """A raw entry as a check that can judge. Paths in it are relative to `folder`, and models it asks are lent by
    `lend`. Raises SpecError without a place; the caller knows the file and line.
    """
    return bind(read_entry(raw), folder, lend)


def _bind_inner(raw: Any, folder: Path | None, lend: Lend | None) -> BoundCheck:
    bound = bind_entry(raw, folder, lend)
    if bound.definition.tallied:
        raise SpecError(
            f"{bound.id} cannot stand inside another check: it is counted over the suite",
            hint="write it as an entry of its own, or field-equals here",
        )
    return bound


def bind(entry: Entry, folder: Path | None = None, lend: Lend | None = None) -> BoundCheck:
    """The same of an entry that was read."""
    definition = CHECKS.get(entry.name)
    binding = Binding(folder or Path(), lambda inner: _bind_inner(inner, folder, lend), lend)
    values = {parameter.name: _convert(entry, parameter, binding) for parameter in definition.parameters}
    if entry.name == "python":
        return _bind_python(entry, values, lend)
    return BoundCheck(definition, entry, values)


def _bind_python(entry: Entry, values: Mapping[str, Any], lend: Lend | None) -> BoundCheck:
    """`python: file.py:function` is a check of its own, with the file's parameters and version."""
    definition: CheckDefinition = values["function"].definition
    given = dict(values["params"] or {})
    inner = msgspec.structs.replace(entry, name=definition.name, params=given)
    check_names(definition, given)
    binding = Binding(Path(), lambda inner: bind_entry(inner, lend=lend), lend)
    converted = {p.name: _convert(inner, p, binding) for p in definition.parameters}
    return BoundCheck(definition, inner, converted)


def _convert(entry: Entry, parameter: Parameter, binding: Binding) -> Any:
    if parameter.name not in entry.params and not _names_model(parameter):
        return parameter.default
    value = entry.params.get(parameter.name, parameter.default)  # the default of a model is the name of one
    try:
        return msgspec.convert(value, parameter.type, dec_hook=binding.convert)
    except msgspec.ValidationError as error:
        if isinstance(error.__cause__, SpecError):
            raise error.__cause__ from error
        what, hint = f"{entry.name}: {parameter.name} is not right", parameter.meaning or None
        unknown = _UNKNOWN.match(str(error))
        if unknown is None:
            raise SpecError(f"{what}: {error}", got=describe_value(value), hint=hint) from error
        choices = list(dict.fromkeys(_choices(parameter.type)))
        raise SpecError(
            what,
            expected=f"one of {', '.join(choices)}",
            got=describe_value(unknown[1]),
            nearest=nearest_name(unknown[1], choices),
            hint=hint,
        ) from error


_UNKNOWN = re.compile(r"Invalid enum value '(.*?)'(?: - at |$)")


def _choices(wanted: Any) -> list[str]:
    """The words that a type allows, wherever in it they stand: twice where one of them and a list of them may be."""
    if get_origin(wanted) is Literal:
        return [str(choice) for choice in get_args(wanted)]
    return [choice for part in get_args(wanted) for choice in _choices(part)]


def _names_model(parameter: Parameter) -> bool:
    """Whether the parameter is a model, and its default the name of one."""
    return parameter.plain_type in (NamedModel, NamedEmbedder, NamedModerator) and isinstance(parameter.default, str)


def _caller(definition: CheckDefinition, values: Mapping[str, Any]) -> Callable[[View], Any]:
    """The function with its configuration, as a function of the view alone."""
    function, params = definition.function, dict(values)
    if definition.wants == ("text",):
        return lambda view: function(view.text, **params)
    wants = [WANTS[name] for name in definition.wants]
    return lambda view: function(*[want(view) for want in wants], **params)


def _inner_checks(values: Mapping[str, Any]) -> list[BoundCheck]:
    """The checks that stand inside a check's parameters (groups, json-path)."""
    return [item.bound for item in _converted(values) if isinstance(item, Inner)]


def _converted(values: Mapping[str, Any]) -> list[Converted]:
    items = [item for value in values.values() for item in (value if isinstance(value, list) else [value])]
    return [item for item in items if isinstance(item, Converted)]


def _plain_reason(state: State, score: float | None, name: str, negated: bool) -> str:
    if state != "fail":
        return ""
    if score is not None and 0 < score < 1:
        return f"{name} scored {score:.2f}"
    return f"{name} holds, and should not" if negated else f"{name} does not hold"
