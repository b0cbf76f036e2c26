"""Sandboxed Jinja2 for the user's files: prompt sections, and the `{{ expressions }}` over a data row."""

from __future__ import annotations

import re
from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView
from typing import Any

from jinja2 import BaseLoader, StrictUndefined, TemplateError, Undefined
from jinja2.exceptions import SecurityError
from jinja2.nodes import TemplateData
from jinja2.sandbox import ImmutableSandboxedEnvironment

from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name

_UNDEFINED_NAME = re.compile(r"'(\w+)' is undefined|has no attribute '([^']+)'")

RENDER_FAULTS = (
    *(TemplateError, SecurityError, TypeError, ValueError, ArithmeticError, LookupError),
    *(AttributeError, RuntimeError, MemoryError),
)
"""What a template of the user's can raise: the sandbox lets it call methods of the values it is given."""

PARSE_FAULTS = (TemplateError, RecursionError, SyntaxError, MemoryError, OverflowError, ValueError)
"""What reading a template can raise; all but the first come from nesting or numbers no person writes."""


def environment(
    loader: BaseLoader | None = None, *, finalize: Callable[[Any], Any] | None = None
) -> ImmutableSandboxedEnvironment:
    """A sandbox in which an undefined name is an error and templates cannot change what they are given. `finalize` has
    the last word on what an expression writes.
    """
    return ImmutableSandboxedEnvironment(
        loader=loader,
        finalize=finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
    )


_ENVIRONMENT = environment()

_NOT_COLUMNS = frozenset({"row", "true", "false", "none", "True", "False", "None"})

RowTemplate = Callable[[Mapping[str, Any]], Any]


def is_template(text: str) -> bool:
    return "{{" in text or "{%" in text


def compile_template(text: str, *, file: str | None, line: int | None) -> RowTemplate:
    """A function of a data row. Text that is exactly one `{{ expression }}` gives the value with its type; any other
    template gives text. Raises SpecError at `file:line` for bad syntax now, and for a bad row when called.
    """
    try:
        if _is_one_expression(text):
            return compile_expression(_inside(text), file=file, line=line)
        template = _ENVIRONMENT.from_string(text)
    except PARSE_FAULTS as error:
        raise _bad(text, error, file, line, {}) from error

    def render(row: Mapping[str, Any]) -> str:
        try:
            return template.render(_names(row))
        except RENDER_FAULTS as error:
            raise _bad(text, error, file, line, row) from error

    return render


def compile_data(value: Any) -> RowTemplate | None:
    """The templates inside plain data as one function of a data row; None when there are none. Raises SpecError without
    a place; the caller knows it.
    """
    if isinstance(value, str):
        return compile_template(value, file=None, line=None) if is_template(value) else None
    if isinstance(value, Mapping):
        values = {key: compile_data(item) for key, item in value.items()}
        found = {key: template for key, template in values.items() if template is not None}
        return (lambda row: {**value, **{key: item(row) for key, item in found.items()}}) if found else None
    if isinstance(value, list):
        items = [compile_data(item) for item in value]
        if any(items):
            return lambda row: [fill(row) if fill else item for fill, item in zip(items, value, strict=True)]
    return None


def _is_one_expression(text: str) -> bool:
    """Whether nothing but white space stands around one `{{ expression }}`. Asked of the parser: braces may stand in
    the expression too.
    """
    stripped = text.strip()
    if not (stripped.startswith("{{") and stripped.endswith("}}")):
        return False
    parts = [part for output in _ENVIRONMENT.parse(stripped).body for part in output.iter_child_nodes()]
    return len(parts) == 1 and not isinstance(parts[0], TemplateData)


def _inside(text: str) -> str:
    """The expression between the braces, without the marks that strip white space around them."""
    code = text.strip()[2:-2]
    code = code[1:] if code.startswith(("-", "+")) else code
    return code[:-1] if code.endswith(("-", "+")) else code


def compile_expression(code: str, *, file: str | None, line: int | None) -> RowTemplate:
    """`code` as a function of a data row, e.g. `label == "2_full_refusal"`; columns are names, and `row["any"]`."""
    try:
        expression = _ENVIRONMENT.compile_expression(code, undefined_to_none=False)
    except PARSE_FAULTS as error:
        raise _bad(code, error, file, line, {}) from error

    def evaluate(row: Mapping[str, Any]) -> Any:
        try:
            return _data(expression(_names(row)))
        except RENDER_FAULTS as error:
            raise _bad(code, error, file, line, row) from error

    return _column(code.strip(), evaluate)


def _column(name: str, evaluate: RowTemplate) -> RowTemplate:
    """The quick way for an expression that is just a column, as most are: 0.2 us a row where the engine takes 8."""
    if not name.isidentifier() or name in _NOT_COLUMNS:
        return evaluate
    return lambda row: row[name] if name in row else evaluate(row)


def _data(value: Any) -> Any:
    """The value as plain data: filters like `map` give iterators, and an undefined name may hide in a list."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()
    if callable(value):
        raise TypeError("it gives a function; columns named like a method are read as row['name']")
    if isinstance(value, Mapping):
        return {key: _data(item) for key, item in value.items()}
    if isinstance(value, Iterator | list | tuple | range | set | frozenset | KeysView | ValuesView | ItemsView):
        return [_data(item) for item in value]
    return value


def _names(row: Mapping[str, Any]) -> dict[str, Any]:
    """Columns that can be names are names; `row` is always the whole row."""
    return {**{key: value for key, value in row.items() if key.isidentifier()}, "row": row}


def _bad(code: str, error: Exception, file: str | None, line: int | None, row: Mapping[str, Any]) -> SpecError:
    unknown = _UNDEFINED_NAME.search(str(error))
    nearest = nearest_name(unknown[1] or unknown[2], map(str, row)) if unknown else None
    shown = code.strip() if len(code) < 80 else code.strip()[:80] + "…"
    return SpecError(
        f"the template {shown!r} cannot be read: {error}",
        file=file,
        line=line,
        nearest=nearest,
        hint=f"columns of this row: {', '.join(map(str, row))}" if row and not nearest else None,
    )
