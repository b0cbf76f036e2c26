"""Reads `feature.yaml` into typed objects, with every mistake at its line."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from seatrial.checks.bind import bind_entry
from seatrial.core.errors import SpecError
from seatrial.core.registry import nearest_name
from seatrial.feature.lending import Lender
from seatrial.feature.models_spec import FILE, ModelSpec, read_models, unknown_model
from seatrial.feature.output import OutputSpec, read_output
from seatrial.guard.policy import Policy
from seatrial.guard.read import check_for_values, read_policy
from seatrial.models.catalogue import PROVIDERS
from seatrial.spec.nodes import Node
from seatrial.spec.yaml import read_yaml

KEYS = ("feature", "description", "owner", "models", "prompt", "route", "output", "guards")
LATER = (
    *("requirements", "knowledge", "tools", "client_system", "context", "agent", "retrieval"),
    *("telemetry", "cache", "budget", "feedback", "monitor", "privacy", "policy", "redteam", "judges"),
)
"""Keys of the design that later versions read."""


class FeatureSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`prompts` maps a pattern over `use` to a prompt file, with `default` always among them; no `output` is text."""

    name: str
    description: str
    owner: str
    models: dict[str, ModelSpec]
    prompts: dict[str, str]
    route: tuple[str, ...]
    output: OutputSpec | None = None
    guards: Policy = Policy()


def read_feature(folder: Path, lender: Lender | None = None) -> FeatureSpec:
    """`lender` lends models to the checks of guards. Raises SpecError with every mistake of the file."""
    lender = lender or Lender(folder)
    path = folder / FILE
    if not path.exists():
        raise SpecError(
            f"there is no {FILE} here",
            file=str(folder),
            hint="name the feature's folder, or start one with  seatrial init NAME",
        )
    root = read_yaml(path, file=FILE)
    fields = root.fields(FILE, KEYS, later=LATER, required=("feature", "models", "prompt"))
    if fields is None:
        root.problems.raise_any()
    fields = fields or {}
    models = read_models(fields.get("models"))
    names = _written_names(fields.get("models"))
    lender.models = models
    guards = read_policy(fields.get("guards"), lambda entry: bind_entry(entry, folder, lender))
    spec = FeatureSpec(
        name=_text(fields, "feature"),
        description=_text(fields, "description"),
        owner=_text(fields, "owner"),
        models=models,
        prompts=_read_prompts(fields.get("prompt"), folder),
        route=_read_route(fields.get("route"), names),
        output=read_output(fields.get("output"), folder),
        guards=guards,
    )
    if spec.output is not None:
        check_for_values(spec.guards, fields.get("guards"))
    root.problems.raise_any()
    return spec


def _text(fields: dict[str, Node], key: str) -> str:
    return (fields[key].text(key) or "") if key in fields else ""


def _read_prompts(node: Node | None, folder: Path) -> dict[str, str]:
    """`prompt:` is a file, or a mapping of patterns over `use` to files with a default."""
    if node is None:
        return {}
    if node.kind != "mapping":
        text = _read_prompt_file(node, "prompt", folder)
        return {"default": text} if text else {}
    read = {pattern: _read_prompt_file(entry, f"prompt: {pattern}", folder) for pattern, entry in node.value.items()}
    if "default" not in read:
        node.problem("prompt: has no default", expected="the key default", hint="default: prompts/chat.md")
    for pattern, entry in node.value.items():
        if pattern != "default":
            _check_pattern(pattern, entry)
    return {pattern: text for pattern, text in read.items() if text}


def _read_prompt_file(node: Node, what: str, folder: Path) -> str | None:
    name = node.text(what)
    if name is None:
        return None
    path = folder / name
    try:
        path.stat()
    except (OSError, ValueError):
        siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        nearest = nearest_name(path.name, siblings)
        shown = None if nearest is None else (Path(name).parent / nearest).as_posix()
        node.problem(f"{what}: there is no file {name!r}", nearest=shown, hint=f"looked in {path.parent}")
        return None
    return name


def _check_pattern(pattern: str, entry: Node) -> None:
    """A pattern over no provider would be accepted and never used."""
    provider, slash, _ = pattern.partition("/")
    if not slash:
        entry.key_problem(f"{pattern!r} matches no model", hint='patterns are over provider/model, like "anthropic/*"')
    elif not any(fnmatchcase(name, provider) for name in PROVIDERS):
        nearest = nearest_name(provider, PROVIDERS)
        entry.key_problem(
            f"{pattern!r} matches no provider",
            nearest=nearest,
            hint=None if nearest else f"providers: {', '.join(PROVIDERS)}",
        )


def _written_names(node: Node | None) -> dict[str, Node]:
    """The names under `models:`, those included whose lines are wrong."""
    return dict(node.value) if node is not None and node.kind == "mapping" else {}


def _read_route(node: Node | None, models: Mapping[str, object]) -> tuple[str, ...]:
    """The models to try in order; without `route:` the first model alone."""
    if node is None:
        return tuple(models)[:1]
    if node.kind != "list":
        node.problem("route: only a list in this version", expected="a list of model names, first that answers")
        return ()
    names = []
    for item in node.value:
        name = item.text("a model of route")
        if name is None:
            continue
        if name not in models:
            item.problems.add(unknown_model(name, models, file=item.file, line=item.line))
        elif name in names:
            item.problem(f"route: {name} stands twice")
        names.append(name)
    if not names and not node.value:
        node.problem("route: is empty", expected="at least one model")
    return tuple(names)
