"""Checks as they are written on a command line: names, YAML entries, or `python:FILE.py:function`, with parameters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from seatrial.checks.signature import COMMON
from seatrial.core.errors import SpecError
from seatrial.spec.nodes import describe_value
from seatrial.spec.yaml import parse_yaml

_SEVERAL = re.compile(r"[^\s,:{}\[\]'\"]+(?::[^\s,{}\[\]'\"]+)?(?:\s*,\s*[^\s,:{}\[\]'\"]+(?::[^\s,{}\[\]'\"]+)?)+")
"""Names with commas between them. An entry with a comma in it has a space or a bracket, too."""

_WITH_ENTRY = re.compile(r"\s*[\w-]+\s*,[^\[{'\"]*:\s")
"""A name, a comma, and then an entry with parameters."""


def read_several(text: str, params: Iterable[str] = ()) -> list[Any]:
    """The raw entries that `text` stands for: names with commas between them, a YAML list, or one check as
    `read_written` reads it. Raises SpecError for parameters where it is not clear whose they are, and for none.
    """
    given = list(params)
    entries: list[Any]
    if _SEVERAL.fullmatch(text.strip()):
        entries = [read_written(each.strip()) for each in text.split(",")]
    elif _WITH_ENTRY.match(text):
        raise SpecError(
            "several checks are not right",
            expected="names with commas between them, or a YAML list of entries",
            got=repr(text),
            hint="an entry with parameters makes it a list: '[refusal, max-words: 60]'",
        )
    elif text.lstrip().startswith("["):
        entries = _read_yaml(text, "the checks")
    else:
        return [read_written(text, given)]
    if not entries:
        raise SpecError("there is no check", expected="at least one", got="an empty list")
    if given:
        raise SpecError(
            "--param does not say which check it is for",
            hint="write entries instead: '[{max-words: {limit: 60}}, refusal]'",
        )
    return entries


def read_written(text: str, params: Iterable[str] = ()) -> Any:
    """The raw entry that `text` and its `name=value` parameters stand for; it is not looked up yet. Raises SpecError
    when it cannot be read.
    """
    given = dict(_read_param(each) for each in params)
    name, _, function = text.partition(":")
    if name in ("python", "not-python") and function and not function[0].isspace():
        return {name: _python(function, given)}
    entry = _read_yaml(text, "the check")
    if not given:
        return entry
    if isinstance(entry, str):
        return {entry: given}
    if isinstance(entry, dict) and len(entry) == 1:
        ((name, own),) = entry.items()
        if isinstance(own, dict):
            return {name: {**own, **given}}
    raise SpecError("--param does not fit this check", expected="a name, or an entry with parameters", got=repr(text))


def _python(function: str, given: dict[str, Any]) -> dict[str, Any]:
    """What every check has stays beside the function; the rest is its own."""
    own = {key: value for key, value in given.items() if key not in COMMON}
    common = {key: value for key, value in given.items() if key in COMMON}
    return {"function": function, **common, **({"params": own} if own else {})}


def _read_param(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise SpecError("--param is not right", expected="NAME=VALUE", got=describe_value(text))
    if value.lstrip().startswith("{{"):
        return name.strip(), value.strip()  # a template over the row: to YAML its braces would be a mapping
    return name.strip(), _read_yaml(value, f"--param {name.strip()}")


def _read_yaml(text: str, what: str) -> Any:
    root = parse_yaml(text, file=what)
    root.problems.raise_any()
    return root.plain()
