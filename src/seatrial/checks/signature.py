"""What the signature of a check's function says: what it sees of an answer, and what can be configured."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

import msgspec

from seatrial.core.errors import SpecError
from seatrial.core.view import View

WANTS: dict[str, Callable[[View], Any]] = {
    "text": lambda view: view.text,
    "parsed": lambda view: view.exchange.parsed,
    "input": lambda view: view.exchange.request.ask,
    "context": lambda view: view.exchange.context,
    "tools": lambda view: (),
    "case": lambda view: view.case,
    "exchange": lambda view: view.exchange,
    "view": lambda view: view,
}
"""What a function may ask for by the name of a positional parameter, and how it is got from what is in view."""

COMMON = ("weight", "metric", "threshold", "on")
"""Entry keys of every check; no check may have parameters of these names."""

GUARD_KEYS = ("action", "with", "mode", "on_error", "when", "timeout", "window", "speculative")
"""Entry keys of guards, kept free so that any check can become one."""


class Parameter(msgspec.Struct, frozen=True):
    """What can be configured of a check."""

    name: str
    type: Any
    default: Any
    required: bool

    @property
    def plain_type(self) -> Any:
        """The type without what `Annotated` says of it."""
        return getattr(self.type, "__origin__", self.type) if hasattr(self.type, "__metadata__") else self.type

    @property
    def meaning(self) -> str:
        """The description in `Annotated[type, msgspec.Meta(description=…)]`."""
        for extra in getattr(self.type, "__metadata__", ()):
            if isinstance(extra, msgspec.Meta) and extra.description:
                return extra.description
        return ""


def read_signature(function: Callable[..., Any], name: str) -> tuple[tuple[str, ...], tuple[Parameter, ...]]:
    """What the function of the check `name` asks for, names of WANTS, and what can be configured. Raises SpecError
    naming its file and line for what a check cannot have.
    """
    file, line = where_defined(function)
    hints = get_type_hints(function, include_extras=True)
    wants, parameters = [], []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            if parameter.name not in WANTS:
                raise SpecError(
                    f"check {name!r}: {parameter.name!r} is nothing a check can see",
                    file=file,
                    line=line,
                    expected=f"positional parameters from {', '.join(WANTS)}",
                    hint=f"write (…, *, {parameter.name}: …) to make it configurable",
                )
            wants.append(parameter.name)
        elif parameter.kind is parameter.KEYWORD_ONLY:
            if parameter.name in COMMON + GUARD_KEYS:
                raise SpecError(f"check {name!r}: the parameter name {parameter.name!r} is taken", file=file, line=line)
            required = parameter.default is parameter.empty
            parameters.append(
                Parameter(
                    parameter.name,
                    hints.get(parameter.name, Any),
                    None if required else parameter.default,
                    required,
                )
            )
        else:
            raise SpecError(
                f"check {name!r}: *{parameter.name} has no name to configure",
                file=file,
                line=line,
                hint="name each parameter after a bare *",
            )
    return tuple(wants), tuple(parameters)


def where_defined(function: Callable[..., Any]) -> tuple[str | None, int | None]:
    code = getattr(function, "__code__", None)
    return (code.co_filename, code.co_firstlineno) if code else (None, None)
