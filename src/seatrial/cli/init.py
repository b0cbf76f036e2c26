"""`seatrial init`: start a new feature in a folder of its own, green offline at once.

Everything is written into a hidden folder first and takes its place by renaming, so that whoever looks sees a whole
feature or none; writing in place would leave half of one behind on a full disk.
"""

from __future__ import annotations

import fnmatch
import json
import re
import secrets
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

import click

from seatrial.cli.options import json_option
from seatrial.core.errors import OutsideError, SpecError
from seatrial.core.registry import nearest_name

TEMPLATES = Path(__file__).parent / "templates"
DEFAULT_NAME = "assistant"
DEFAULT_TEMPLATE = "chat"
LONGEST_NAME = 50
FILE = "feature.yaml"

_NAME = re.compile(r"\w[\w.-]*\Z")
_READ_AS_TEXT = re.compile(r"(?!(?:true|false|null)\Z)[^\W\d_]", re.IGNORECASE)
"""Names that YAML takes for text as they stand."""

_CONTENTS = {
    FILE: "models and prompt; the one line for a real model is marked",
    "*.json": "the JSON Schema that every answer fits",
    "prompts/*": "what the model is told",
    "model.yaml": "the script that answers until then",
    "evals/*.yaml": "a suite: what to ask, and what must hold",
    "evals/*.py": "a test for pytest",
    "data/*": "messages with their labels",
    "README.md": "how to go on",
}
"""What a person is told about the files of a template, in the order shown."""


@click.command(short_help="Start a new feature in a folder of its own.")
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--template", default=DEFAULT_TEMPLATE, show_default=True, help="what to start from: chat or extract")
@click.option("--dir", "folder", metavar="DIR", help="the folder to make or, if empty, to fill  [default: ./NAME]")
@json_option()
def command(name: str | None, template: str, folder: str | None, as_json: bool) -> None:
    """Start the feature NAME (default: the name of DIR, or "assistant") in a new folder.

    The template `chat` talks; `extract` answers with values that fit a JSON Schema.

    It works at once, offline: `seatrial eval` passes with a scripted model, and feature.yaml marks the one line to
    change for a real one. Nothing that exists is overwritten.
    """
    source = _find_template(template)
    chosen = name if name is not None else Path(folder).resolve().name if folder is not None else DEFAULT_NAME
    _check_name(chosen, folder)
    target = Path(folder if folder is not None else chosen)
    _check_free(target)
    files = _fill(source, chosen)
    _write(files, target)
    following = f"cd {shlex.quote(str(target))} && seatrial eval" if target.resolve() != Path.cwd() else "seatrial eval"
    if as_json:
        made = {"feature": chosen, "folder": str(target), "template": template, "files": list(files), "next": following}
        click.echo(json.dumps(made))
    else:
        _show(chosen, target, files, following)


def _find_template(name: str) -> Path:
    known = sorted(path.name for path in TEMPLATES.iterdir() if path.is_dir())
    if name in known:
        return TEMPLATES / name
    nearest = nearest_name(name, known)
    hint = None if nearest else f"templates: {', '.join(known)}"
    raise SpecError(f"there is no template {name!r}", nearest=nearest, hint=hint)


def _check_name(name: str, folder: str | None) -> None:
    if _NAME.match(name) and len(name) <= LONGEST_NAME:
        return
    path = Path(name)
    if folder is None and len(path.parts) > 1 and _NAME.match(path.name):
        hint = f"to make it in another folder: seatrial init {path.name} --dir {shlex.quote(name)}"
    else:
        possible = re.sub(r"[^\w.-]+", "-", name).strip(".-")[:LONGEST_NAME]
        hint = f"for example  seatrial init {possible or DEFAULT_NAME}"
        hint += f" --dir {shlex.quote(folder)}" if folder is not None else ""
    raise SpecError(
        f"{name[: LONGEST_NAME + 1]!r} cannot name a feature",
        expected=f"letters, digits, '-', '_' and '.', at most {LONGEST_NAME}, the first a letter or digit",
        hint=hint,
    )


def _check_free(target: Path) -> None:
    """The target must not exist, or be an empty folder; a fresh `.git` counts as nothing."""
    if (target / FILE).exists():
        raise SpecError("there is a feature already", file=str(target), hint="choose another name: seatrial init NAME")
    if target.is_dir():
        found = sorted(path.name for path in target.iterdir() if path.name != ".git")
        if found:
            raise SpecError(
                "the folder is not empty, and nothing is overwritten",
                file=str(target),
                got=", ".join(found[:5]) + ("…" if len(found) > 5 else ""),
                hint="choose another name: seatrial init NAME",
            )
    elif target.exists() or target.is_symlink():
        raise SpecError("there is a file of this name", file=str(target), hint="choose another: seatrial init NAME")


def _fill(source: Path, name: str) -> dict[str, str]:
    """Path and text of every file of the feature. In a template `%NAME%` stands for the name, and a Python file ends in
    `.py.txt`, which keeps what reads the Python files of this package away from it.
    """
    module = re.sub(r"\W", "_", name)
    files = {}
    for path in sorted(each for each in source.rglob("*") if each.is_file()):
        relative = path.relative_to(source).as_posix().replace("%NAME%", module)
        relative = relative.removesuffix(".txt") if relative.endswith(".py.txt") else relative
        written = name if path.suffix != ".yaml" or _READ_AS_TEXT.match(name) else json.dumps(name, ensure_ascii=False)
        files[relative] = path.read_text(encoding="utf-8").replace("%NAME%", written)
    return files


def _write(files: Mapping[str, str], target: Path) -> None:
    """Make `target` with these files, or leave nothing behind."""
    exists = target.is_dir()
    part = (target if exists else target.parent) / f".{target.resolve().name}.{secrets.token_hex(3)}.part"
    try:
        part.mkdir(parents=True)
        for relative, text in files.items():
            (part / relative).parent.mkdir(parents=True, exist_ok=True)
            (part / relative).write_text(text, encoding="utf-8")
        if exists:
            # The folder itself stays: somebody's shell may stand in it. With feature.yaml last it is a feature or none.
            for entry in sorted(part.iterdir(), key=lambda entry: (entry.name == FILE, entry.name)):
                entry.rename(target / entry.name)
        else:
            part.rename(target)
    except OSError as error:
        raise OutsideError(
            f"{target}: the feature could not be written: {error.strerror or error}",
            hint="what was there before is as it was",
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _show(name: str, target: Path, files: Mapping[str, str], following: str) -> None:
    click.echo(f"{click.style(name, bold=True)} is made, in {target}/\n")
    width = max(map(len, files))
    for pattern, said in _CONTENTS.items():
        for path in fnmatch.filter(files, pattern):
            click.echo(f"  {path:{width}}  {click.style(said, dim=True)}")
    click.echo(f"\nnext    {following}")
