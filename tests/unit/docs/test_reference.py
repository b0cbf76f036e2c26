"""The reference pages say what the code says, and leave out no check and no command."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from seatrial.checks.define import CHECKS
from seatrial.cli.app import COMMANDS, app

DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(name: str) -> str:
    return (DOCS / "reference" / name).read_text(encoding="utf-8")


def commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for inner in command.list_commands(ctx):
            found = command.get_command(ctx, inner)
            assert found is not None
            yield from commands(f"{name} {inner}", found)


def test_no_page_is_stale(generate: ModuleType) -> None:
    assert generate.stale() == [], "run `make docs`"


def test_check_fails_for_a_stale_page(generate: ModuleType, tmp_path: Path) -> None:
    for name, make in generate.PAGES.items():
        (tmp_path / name).write_text(make(), encoding="utf-8")
    assert generate.stale(tmp_path) == []
    (tmp_path / "checks.md").write_text("# Checks\n", encoding="utf-8")
    assert generate.stale(tmp_path) == ["checks.md"]


def test_every_builtin_check_is_documented_with_its_parameters() -> None:
    text = page("checks.md")
    for name in CHECKS:
        definition = CHECKS.get(name)
        if definition.function.__module__.startswith("seatrial.checks."):
            (section,) = re.findall(rf"^### {re.escape(name)}\n(.*?)(?=^##|\Z)", text, re.DOTALL | re.MULTILINE)
            assert definition.summary in section
            for parameter in definition.parameters:
                assert f"| `{parameter.name}` |" in section
                assert parameter.meaning, f"{name}: {parameter.name} has no description"


def test_every_command_is_documented_with_its_options() -> None:
    text = page("commands.md")
    assert set(app.list_commands(click.Context(app))) == set(COMMANDS)
    for name, command in commands("seatrial", app):
        if command is app:
            continue
        assert re.search(rf"^###+ {name}$", text, re.MULTILINE), name
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{name} {option.opts[0]} has no help"
                assert f"`{option.opts[0]}`" in text
