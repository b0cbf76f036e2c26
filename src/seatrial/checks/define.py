"""How a plain function becomes a check: its signature says what it sees and what can be configured.

    @check("max-words", example=Example("max-words: 3", passes=["one two"], fails=["a b c d"]))
    def max_words(text: str, *, limit: int) -> Verdict: ...

Positional parameters are what the function asks for (`text`, `parsed`, `input`, `context`, `tools`, `case`,
`exchange`, or the whole `view`); keyword-only ones are configured. It returns a bool, a score from 0 to 1, or a
Verdict.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

import msgspec

from seatrial.checks.holdback import Holdback
from seatrial.checks.limits import MOST_CHARACTERS
from seatrial.checks.signature import Parameter, read_signature, where_defined
from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.core.registry import Registry
from seatrial.core.verdict import Span, Verdict

Kind = Literal["property", "detector"]
Function = TypeVar("Function", bound=Callable[..., Any])

SpanSequence = Sequence[tuple[int, int] | tuple[int, int, str]]
"""(start, end) in code points of the judged text, with the label of what is there where it has one."""


class Example(msgspec.Struct, frozen=True):
    """How to write a check, with answers that pass and fail. An answer is text, or the fields of an Exchange."""

    write: str
    passes: Sequence[str | dict[str, Any]] = ()
    fails: Sequence[str | dict[str, Any]] = ()


class CheckDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """A named check before it is configured. `inline` says it is quick enough to run on the event loop, `last_turn`
    that it judges a conversation once, at its last answer; `tallied` that its verdicts are counted by class over a
    suite: it stands in no other check, and judges also where no answer fits; `answers_only` that it compares an answer
    with the exchange around it, so that there is nothing to judge before there is one. Of a text with more code points
    than `longest` it says that it cannot judge it. `holdback` says of a configuration what the check needs of a stream:
    without it, whole texts only are judged.
    """

    name: str
    function: Callable[..., Any]
    kind: Kind = "property"
    code_version: str
    wants: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    calls_model: bool = False
    inline: bool = False
    tallied: bool = False
    last_turn: bool = False
    answers_only: bool = False
    longest: int | None = None
    example: Example | None = None
    holdback: Callable[..., Holdback | None] | None = None

    @property
    def summary(self) -> str:
        """The first sentence of the docstring."""
        return " ".join((inspect.getdoc(self.function) or "").split("\n\n")[0].split())

    @property
    def judges_text(self) -> bool:
        return "text" in self.wants or "view" in self.wants

    def parameter(self, name: str) -> Parameter | None:
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


_BUILTIN = {
    **{
        name: "seatrial.checks.words:" + name.replace("-", "_")
        for name in (
            "equals",
            "contains",
            "icontains",
            "contains-any",
            "contains-all",
            "icontains-any",
            "icontains-all",
            "starts-with",
            "ends-with",
            "regex",
            "one-of",
        )
    },
    **{
        name: "seatrial.checks.form:" + name.replace("-", "_")
        for name in ("starts-lowercase", "max-words", "min-words", "max-chars", "sentence-count")
    },
    **{name: "seatrial.checks.json:" + name.replace("-", "_") for name in ("is-json", "contains-json", "json-path")},
    **{name: "seatrial.checks.fields:" + name.replace("-", "_") for name in ("field-equals", "field-accuracy")},
    "number-equals": "seatrial.checks.numbers:number_equals",
    "refusal": "seatrial.checks.answers:refusal",
    "finish-reason": "seatrial.checks.answers:finish_reason",
    "latency": "seatrial.checks.answers:latency",
    "cost": "seatrial.checks.answers:cost",
    "tokens": "seatrial.checks.answers:tokens",
    **{
        name: f"seatrial.checks.detectors.{module}:{name.replace('-', '_')}"
        for module, names in {
            "attacks": ("prompt-injection", "jailbreak"),
            "invisible": ("invisible-text",),
            "lists": ("blocklist", "allowlist"),
            "links": ("urls", "markdown-exfiltration"),
            "code": ("code-danger",),
            "prompt_leak": ("system-prompt-leak",),
            "canary": ("canary",),
            "language": ("language",),
            "gibberish": ("gibberish",),
            "repetition": ("repetition",),
            "grounded": ("grounded",),
        }.items()
        for name in names
    },
    "secrets": "seatrial.checks.secrets.check:secrets_check",
    "personal-data": "seatrial.checks.personal.check:personal_data_check",
    "moderation": "seatrial.checks.moderation:moderation",
    "safety-judge": "seatrial.checks.safety_judge:safety_judge",
    "classifier": "seatrial.checks.classifier:classifier",
    "python": "seatrial.checks.python:python",
    "all": "seatrial.checks.groups:all_of",
    "any": "seatrial.checks.groups:any_of",
    "not": "seatrial.checks.groups:none_of",
}

CHECKS: Registry[CheckDefinition] = Registry("check", _BUILTIN, group="seatrial.checks")
"""Every check by name: built in, registered with `@check`, or from an installed package."""


def check(
    name: str | None = None,
    *,
    kind: Kind = "property",
    version: int | None = None,
    calls_model: bool = False,
    example: Example | None = None,
    holdback: Callable[..., Holdback | None] | None = None,
) -> Callable[[Function], Function]:
    """Register a function as a check under `name` (default: its own name with dashes).

    `holdback` is a function of the check's configured parameters, by name, that says what the check needs of a stream.

    `version` is a number you raise when the meaning changes; without it the version is the hash of the source code.
    Raises SpecError when the signature asks for something a check cannot have, and for `@check` without parentheses,
    which would register nothing.
    """
    bare: Any = name
    if callable(bare):
        file, line = where_defined(bare)
        raise SpecError("@check has no parentheses", file=file, line=line, hint='write @check() or @check("name")')

    def register(function: Function) -> Function:
        chosen = name or function.__name__.replace("_", "-")
        definition = define(
            function, chosen, kind=kind, version=version, calls_model=calls_model, example=example, holdback=holdback
        )
        CHECKS.register(chosen, definition)
        return function

    return register


def builtin(
    name: str,
    *,
    version: int = 1,
    kind: Kind = "property",
    tallied: bool = False,
    answers_only: bool = False,
    longest: int | None = None,
    example: Example,
    holdback: Callable[..., Holdback | None] | None = None,
) -> Callable[[Callable[..., Any]], CheckDefinition]:
    """The decorator of our own checks: the module attribute becomes the definition the literal table names. A detector
    judges texts of up to MOST_CHARACTERS, if nothing else is said.
    """
    most = longest or (MOST_CHARACTERS if kind == "detector" else None)

    def build(function: Callable[..., Any]) -> CheckDefinition:
        definition = define(function, name, kind=kind, version=version, example=example, inline=True, holdback=holdback)
        return msgspec.structs.replace(definition, tallied=tallied, answers_only=answers_only, longest=most)

    return build


def define(
    function: Callable[..., Any],
    name: str,
    *,
    kind: Kind = "property",
    version: int | None = None,
    calls_model: bool = False,
    inline: bool = False,
    example: Example | None = None,
    holdback: Callable[..., Holdback | None] | None = None,
) -> CheckDefinition:
    """Read a function's signature into a CheckDefinition. Raises SpecError naming the function's file and line."""
    wants, parameters = read_signature(function, name)
    return CheckDefinition(
        name=name,
        function=function,
        kind=kind,
        code_version=str(version) if version is not None else source_version(function),
        wants=wants,
        parameters=parameters,
        calls_model=calls_model,
        inline=inline,
        example=example,
        holdback=holdback,
    )


def source_version(function: Callable[..., Any]) -> str:
    try:
        return digest(inspect.getsource(function))
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return digest([repr(code.co_consts), code.co_code.hex()] if code else repr(function))


def passed(reason: str = "", *, spans: SpanSequence = (), score: float = 1.0, label: str | None = None) -> Verdict:
    """A passing Verdict; spans are (start, end) or (start, end, label) in code points of the judged text."""
    return Verdict(
        state="pass",
        score=score,
        reason=reason,
        label=label,
        spans=tuple(Span(*span) for span in spans) if spans else (),
    )


def failed(reason: str, *, spans: SpanSequence = (), score: float = 0.0, label: str | None = None) -> Verdict:
    """A failing Verdict; `reason` is one sentence a person can act on."""
    return Verdict(
        state="fail",
        score=score,
        reason=reason,
        label=label,
        spans=tuple(Span(*span) for span in spans) if spans else (),
    )


def unscored(reason: str, *, label: str | None = None) -> Verdict:
    """The check could not judge: there was no evidence to judge by."""
    return Verdict(state="unscored", reason=reason, label=label)


def errored(reason: str, *, label: str | None = None) -> Verdict:
    """The check could not judge: something is broken. A guard tells the reason, which repeats nothing of the text."""
    return Verdict(state="error", reason=reason, label=label)
