"""What a check is, in words: for the command line, the reference page and whoever lists checks."""

from __future__ import annotations

import inspect
import re
import types
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from seatrial.checks.define import CHECKS, CheckDefinition, Example, Kind
from seatrial.checks.parameters import Converted
from seatrial.checks.signature import Parameter, where_defined

GROUPS = {
    "seatrial.checks.words": "Words",
    "seatrial.checks.form": "Form",
    "seatrial.checks.json": "JSON",
    "seatrial.checks.fields": "Fields of JSON",
    "seatrial.checks.numbers": "Numbers",
    "seatrial.checks.answers": "The answer and what it took",
    "seatrial.checks.detectors.attacks": "Attacks",
    "seatrial.checks.detectors.invisible": "Attacks",
    "seatrial.checks.personal.check": "Personal data and secrets",
    "seatrial.checks.secrets.check": "Personal data and secrets",
    "seatrial.checks.moderation": "Judged by a model",
    "seatrial.checks.safety_judge": "Judged by a model",
    "seatrial.checks.classifier": "Judged by a model",
    "seatrial.judges": "Judged by a model",
    "seatrial.checks.detectors.prompt_leak": "Leaks",
    "seatrial.checks.detectors.canary": "Leaks",
    "seatrial.checks.detectors.links": "Leaks",
    "seatrial.checks.detectors.lists": "Lists",
    "seatrial.checks.detectors.code": "Quality and danger",
    "seatrial.checks.detectors.language": "Quality and danger",
    "seatrial.checks.detectors.gibberish": "Quality and danger",
    "seatrial.checks.detectors.repetition": "Quality and danger",
    "seatrial.checks.detectors.grounded": "Quality and danger",
    "seatrial.checks.groups": "Checks of checks",
    "seatrial.checks.python": "Your own code",
}
"""A heading for the checks of each of our modules, in the order they are listed."""

OWN = "This feature's own"
OTHER = "From installed packages"

_NAMES = {str: "text", bool: "true or false", int: "whole number", float: "number", dict: "mapping", list: "list"}
_CONVERTED = {
    "Inner": "check entry",
    "Pattern": "regular expression",
    "JsonSchema": "JSON Schema",
    "JsonPath": "path",
    "SingleField": "path",
    "PythonFunction": "file.py:function",
    "Duration": "duration",
    "GivenNumber": "number or text",
    "NamedModel": "name of a model",
    "NamedModerator": "name of a model",
    "Classes": "scikit-learn/FILE, transformers/MODEL or an address",
    "Entities": "list of entities",
    "Allowed": "mapping by entity",
    "Kinds": "list of kinds",
    "Region": "country code",
    "Entries": "list of entries, or a file",
    "Host": "host",
    "Tokens": "text, or a list of such",
    "Languages": "language code, or a list of such",
    "Regions": "list of country codes",
    "NamedEmbedder": "name of a model",
    "Critic": "path of a prompt file",
}
"""Parameter types that a check converts itself."""


class ParameterDescription(msgspec.Struct, frozen=True):
    name: str
    type: str
    required: bool
    default: Any
    meaning: str


class CheckDescription(msgspec.Struct, frozen=True, kw_only=True):
    """`meaning` is one sentence, `details` what more there is to say. With `negated` it is the `not-` form, whose
    examples are swapped already.
    """

    name: str
    group: str
    kind: Kind
    negated: bool
    meaning: str
    details: str
    judges_text: bool
    parameters: tuple[ParameterDescription, ...]
    example: Example | None


def describe_check(name: str) -> CheckDescription:
    """The check, or the `not-` form of one. Raises SpecError with the nearest name."""
    negated = name not in CHECKS and name.startswith("not-")
    definition = CHECKS.get(name.removeprefix("not-") if negated else name)
    meaning, _, details = inspect.cleandoc(definition.function.__doc__ or "").partition("\n\n")
    return CheckDescription(
        name=name,
        group=group_of(definition),
        kind=definition.kind,
        negated=negated,
        meaning=_negated(_joined(meaning)) if negated else _joined(meaning),
        details="\n\n".join(_joined(paragraph) for paragraph in details.split("\n\n")),
        judges_text=definition.judges_text,
        parameters=tuple(_describe_parameter(parameter) for parameter in definition.parameters),
        example=_turned(definition) if negated else definition.example,
    )


def list_checks() -> list[CheckDescription]:
    """Every check that is known by name, group by group; the feature's own when its checks.py was imported."""
    order = [*GROUPS.values(), OWN, OTHER]
    return sorted((describe_check(name) for name in CHECKS), key=lambda check: order.index(check.group))


def group_of(definition: CheckDefinition) -> str:
    module = definition.function.__module__
    named = GROUPS.get(module) or GROUPS.get(module.rpartition(".")[0])
    return named or (OTHER if _installed(definition) else OWN)


def _installed(definition: CheckDefinition) -> bool:
    file, _ = where_defined(definition.function)
    return file is not None and "site-packages" in Path(file).parts


def _joined(text: str) -> str:
    return " ".join(text.split())


def _negated(meaning: str) -> str:
    return f"Passes where this does not hold, and fails where it does: {meaning}"


def _turned(definition: CheckDefinition) -> Example | None:
    """The example with `not-` before the name; what passed fails."""
    given = definition.example
    return given and Example(f"not-{given.write}", passes=given.fails, fails=given.passes)


def _describe_parameter(parameter: Parameter) -> ParameterDescription:
    return ParameterDescription(
        parameter.name, type_words(parameter.type), parameter.required, _default(parameter), parameter.meaning
    )


def _default(parameter: Parameter) -> Any:
    """None for a default that is more than data: what it stands for is in the meaning."""
    return None if isinstance(parameter.default, Converted) else parameter.default


def type_words(type_: Any) -> str:
    """A parameter's type as a person writes it in YAML: `list of text, at least 1`."""
    origin = get_origin(type_)
    if origin is Annotated:
        inner, *extras = get_args(type_)
        return type_words(inner) + "".join(_limit(extra) for extra in extras if isinstance(extra, msgspec.Meta))
    if origin in (Union, types.UnionType):
        return _either([each for each in get_args(type_) if each is not types.NoneType])
    if origin is Literal:
        return f"one of {', '.join(map(_option, get_args(type_)))}"
    if origin is list:
        return f"list of {type_words(get_args(type_)[0])}"
    if origin is dict or type_ is Any:
        return "mapping" if origin is dict else "any value"
    return _NAMES.get(type_) or _CONVERTED.get(type_.__name__) or _spaced(type_.__name__)


def _either(members: Sequence[Any]) -> str:
    lists = [each for each in members if get_origin(each) is list and get_args(each)[0] in members]
    words = " or ".join(dict.fromkeys(type_words(each) for each in members if each not in lists))
    return f"{words}, or a list of such" if lists else words


def _option(value: Any) -> str:
    text = str(value)
    return text if text.replace("_", "").isalnum() else f'"{text}"'


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _limit(meta: msgspec.Meta) -> str:
    """The bound of a number; other constraints only keep out what nobody means, like empty text."""
    limits = ((meta.ge, "at least"), (meta.le, "at most"))
    return "".join(f", {word} {limit}" for limit, word in limits if limit is not None)


def judged_words(judged: str | dict[str, Any]) -> str:
    """One answer of an example on one line: the text in quotes, or the fields of its exchange as JSON."""
    return msgspec.json.encode(judged).decode()


def groups(checks: Sequence[CheckDescription]) -> Iterator[tuple[str, list[CheckDescription]]]:
    """Headings with their checks, in the order given."""
    for name in dict.fromkeys(check.group for check in checks):
        yield name, [check for check in checks if check.group == name]
