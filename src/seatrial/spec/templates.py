"""Sandboxed Jinja2 for the user's files: prompt sections, and the `{{ expressions }}` over a data row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, TemplateError, Undefined
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name

_ONE_EXPRESSION = re.compile(r"\s*\{\{(?P<code>(?:(?!\}\}|\{\{).)*)\}\}\s*\Z", re.DOTALL)
_UNDEFINED_NAME = re.compile(r"'(\w+)' is undefined")


def environment(loader: BaseLoader | None = None) -> ImmutableSandboxedEnvironment:
    """A sandbox in which an undefined name is an error and templates cannot change what they are given."""
    return ImmutableSandboxedEnvironment(
        loader=loader,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )


_ENVIRONMENT = environment()

RowTemplate = Callable[[Mapping[str, Any]], Any]


def is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


def compile_template(text: str, *, file: str, line: int) -> RowTemplate:
    """A function of a data row. Text that is exactly one `{{ expression }}` gives the value with its type; any other
    template gives text. Raises SpecError at `file:line` for bad syntax now, and for a bad row when called.
    """
    match = _ONE_EXPRESSION.match(text)
    if match:
        return compile_expression(match["code"], file=file, line=line)
    try:
        template = _ENVIRONMENT.from_string(text)
    except TemplateError as error:
        raise _bad(text, error, file, line, {}) from error

    def render(row: Mapping[str, Any]) -> str:
        try:
            return template.render(_names(row))
        except (TemplateError, SecurityError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise _bad(text, error, file, line, row) from error

    return render


def compile_expression(code: str, *, file: str | None, line: int | None) -> RowTemplate:
    """`code` as a function of a data row, e.g. `label == "2_full_refusal"`; columns are names, and `row["any"]`."""
    try:
        expression = _ENVIRONMENT.compile_expression(code, undefined_to_none=False)
    except TemplateError as error:
        raise _bad(code, error, file, line, {}) from error

    def evaluate(row: Mapping[str, Any]) -> Any:
        try:
            value = expression(_names(row))
            if isinstance(value, Undefined):
                value._fail_with_undefined_error()
        except (TemplateError, SecurityError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise _bad(code, error, file, line, row) from error
        return value

    return evaluate


def _names(row: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that can be names are names; `row` is always the whole row."""
    return {**{key: value for key, value in row.items() if key.isidentifier()}, "row": row}


def _bad(code: str, error: Exception, file: str | None, line: int | None, row: Mapping[str, Any]) -> SpecError:
    unknown = _UNDEFINED_NAME.search(str(error))
    nearest = nearest_name(unknown[1], row) if unknown else None
    shown = code.strip() if len(code) < 80 else code.strip()[:80] + "…"
    return SpecError(
        f"the template {shown!r} cannot be read: {error}",
        file=file,
        line=line,
        nearest=nearest,
        hint=f"columns of this row: {', '.join(map(str, row))}" if row and not nearest else None,
    )
