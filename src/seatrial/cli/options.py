"""The options of commands: those that several have, and those made out of a record of options, so that names, types
and help stand in one place.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import click
import msgspec

from seatrial.core.errors import BugError

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def feature_option(help_: str, *, default: str | None = ".") -> Decorator:
    """--feature DIR, as `folder`; with None as `default` it is None where nothing was said."""
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    return click.option("--feature", "folder", type=folder, default=default, metavar="DIR", help=help_)


def json_option() -> Decorator:
    """--json, as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="print one JSON object for machines")


def struct_options(options: type[msgspec.Struct], *, optional_values: dict[str, str]) -> Decorator:
    """A decorator that adds an option for every field. `optional_values` maps a field whose value may be left out to
    what it then is.
    """
    hints = get_type_hints(options, include_extras=True)

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for field in reversed(msgspec.structs.fields(options)):
            function = _option(field, hints[field.name], optional_values)(function)
        return function

    return decorate


def _option(field: msgspec.structs.FieldInfo, hint: Any, optional_values: dict[str, str]) -> Decorator:
    type_, help_ = _read_hint(hint)
    flag = "--" + field.name.replace("_", "-")
    if type_ is bool:
        return click.option(flag, is_flag=True, default=field.default, help=help_)
    if get_origin(type_) is tuple:
        return click.option(flag, multiple=True, callback=_split, metavar="NAME[,NAME]", help=help_)
    more: dict[str, Any] = {}
    if field.name in optional_values:
        more = {"is_flag": False, "flag_value": optional_values[field.name]}
    elif field.default is not None:
        more = {"show_default": True}
    return click.option(flag, type=type_, default=field.default, help=help_, **more)


def _read_hint(hint: Any) -> tuple[Any, str]:
    """The plain type and the description of an `Annotated[type, Meta]`; `None` in a union only says the default."""
    type_, meta = get_args(hint)
    if not isinstance(meta, msgspec.Meta) or meta.description is None:
        raise BugError(f"an option has no description: {hint}")
    if get_origin(type_) in (Union, types.UnionType):
        type_ = next(each for each in get_args(type_) if each is not types.NoneType)
    if get_origin(type_) is Annotated:
        type_ = get_args(type_)[0]
    return type_, meta.description


def _split(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip() for value in values for part in value.split(",") if part.strip())
