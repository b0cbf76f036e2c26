"""Reads `feature.yaml` into typed objects, with every mistake at its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from seatrial.core.errors import Problem, SpecError
from seatrial.core.registry import nearest_name
from seatrial.cost.price import Price
from seatrial.feature.parameters import read_params
from seatrial.models.catalogue import LATER as PROVIDERS_LATER
from seatrial.models.catalogue import PROVIDERS, Provider, find_provider
from seatrial.models.http_head import parse_url
from seatrial.models.recording import Match
from seatrial.spec.nodes import Node
from seatrial.spec.units import parse_duration
from seatrial.spec.yaml import read_yaml

FILE = "feature.yaml"
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
KEYS = ("feature", "description", "owner", "models", "prompt", "route", "output")
LATER = (
    *("guards", "requirements", "knowledge", "tools", "client_system", "context", "agent", "retrieval"),
    *("telemetry", "cache", "budget", "feedback", "monitor", "privacy", "policy", "redteam", "judges"),
)
"""Keys of the design that later versions read."""

MODEL_KEYS = ("use", "params", "timeout", "retries", "price", "base_url", "key", "match")
MODEL_LATER = ("limits", "cache", "fallback", "hedge", "facts", "capabilities", "api_version", "region")
DEFAULT_TIMEOUT = 60.0
LONGEST_TIMEOUT = 24 * 3600.0
DEFAULT_RETRIES = 2


class ModelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `models:`. `timeout` is seconds; `key` names an environment variable."""

    name: str
    use: str
    params: dict[str, Any] = {}
    timeout: float = DEFAULT_TIMEOUT
    retries: int = DEFAULT_RETRIES
    price: Price | None = None
    base_url: str | None = None
    key: str | None = None
    match: Match | None = None


class FeatureSpec(msgspec.Struct, frozen=True, kw_only=True):
    """`prompts` maps a pattern over `use` to a prompt file; `default` is always among them."""

    name: str
    description: str
    owner: str
    models: dict[str, ModelSpec]
    prompts: dict[str, str]
    route: tuple[str, ...]
    output: Literal["text"]


def read_feature(folder: Path) -> FeatureSpec:
    """Raises SpecError with every mistake of the file."""
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
    models = _read_models(fields.get("models"))
    names = _written_names(fields.get("models"))
    spec = FeatureSpec(
        name=_text(fields, "feature"),
        description=_text(fields, "description"),
        owner=_text(fields, "owner"),
        models=models,
        prompts=_read_prompts(fields.get("prompt"), folder),
        route=_read_route(fields.get("route"), names),
        output="text",
    )
    _check_output(fields.get("output"))
    root.problems.raise_any()
    return spec


def _text(fields: dict[str, Node], key: str) -> str:
    return (fields[key].text(key) or "") if key in fields else ""


def _check_output(node: Node | None) -> None:
    if node is not None and node.value != "text":
        node.problem("output: only text in this version", expected="text", hint="take the key out")


def _read_models(node: Node | None) -> dict[str, ModelSpec]:
    entries = node.entries("models") if node is not None else None
    if node is not None and entries is not None and not entries:
        node.problem("models: names no model", hint="for example  main: {use: openai/gpt-4o-mini}")
    models = {}
    for name, entry in (entries or {}).items():
        if "/" in name or "," in name or not name.strip():
            entry.key_problem(
                f"{name!r} cannot name a model", hint="a name has no / and no comma; provider/model goes under use:"
            )
        spec = _read_model(name, entry)
        if spec is not None:
            models[name] = spec
    return models


def _read_model(name: str, node: Node) -> ModelSpec | None:
    fields = node.fields(f"the model {name}", MODEL_KEYS, later=MODEL_LATER, required=("use",))
    if fields is None:
        return None
    use = fields["use"].text("use") if "use" in fields else None
    provider = _read_provider(fields["use"], use) if use is not None else None
    if provider is not None:
        _check_fit(name, node, fields, provider)
    # Read whole even when `use:` is wrong, so that all mistakes show at once.
    spec = ModelSpec(
        name=name,
        use=use or "",
        params=read_params(fields.get("params")),
        timeout=_read_timeout(fields.get("timeout")),
        retries=_read_retries(fields.get("retries")),
        price=_read_price(fields.get("price")),
        base_url=_read_base_url(fields.get("base_url")) or (provider.base_url if provider else None),
        key=_read_key(fields.get("key")) or (provider.key if provider else None),
        match=fields["match"].choice("match", get_args(Match)) if "match" in fields else None,  # type: ignore[arg-type]
    )
    return spec if provider is not None else None


def _read_provider(node: Node, use: str) -> Provider | None:
    try:
        return find_provider(use)[0]
    except SpecError as error:
        for found in error.problems:
            node.problem(found.what, expected=found.expected, got=found.got, nearest=found.nearest, hint=found.hint)
        return None


def _read_key(node: Node | None) -> str | None:
    """Never shows what it found: it may be the key itself."""
    text = node.value if node is not None and isinstance(node.value, str) else None
    if node is not None and (text is None or not _VARIABLE.fullmatch(text)):
        node.problem(
            "key: is not the name of an environment variable",
            expected="a name like OPENAI_API_KEY",
            hint="keys are never written into files: put the key into a variable, and the variable's name here",
        )
        return None
    return text


def _check_fit(name: str, node: Node, fields: dict[str, Node], provider: Provider) -> None:
    """Keys that mean nothing for this kind of model are mistakes, not decoration."""
    meaningless = {
        "openai-chat": ("match",),
        "recording": ("timeout", "retries", "base_url", "key"),
        "scripted": ("timeout", "retries", "base_url", "key", "match"),
    }[provider.wire]
    for key in meaningless:
        if key in fields:
            fields[key].problem(f"{key}: means nothing for {fields['use'].value!r}", hint="take the key out")
    if provider.wire == "openai-chat" and provider.base_url is None and "base_url" not in fields:
        node.problem(f"the model {name} needs base_url:", hint="for example  base_url: http://localhost:8000/v1")


def _read_timeout(node: Node | None) -> float:
    if node is None:
        return DEFAULT_TIMEOUT
    seconds = parse_duration(node.value) if isinstance(node.value, str) else None
    if seconds is None or not 0 < seconds <= LONGEST_TIMEOUT:
        node.wanted("timeout", "a duration like 20s or 1500ms, of at most 24h")
    return seconds or DEFAULT_TIMEOUT


def _read_retries(node: Node | None) -> int:
    retries = node.integer("retries", least=0, most=10) if node is not None else None
    return DEFAULT_RETRIES if retries is None else retries


def _read_price(node: Node | None) -> Price | None:
    """USD per million tokens."""
    if node is None:
        return None
    fields = node.fields("price", ("input", "output"), required=("input", "output"))
    if fields is None or len(fields) < 2:
        return None
    input_, output = (fields[key].number(f"price: {key}", least=0, most=1e6) for key in ("input", "output"))
    return Price(input_, output) if input_ is not None and output is not None else None


def _read_base_url(node: Node | None) -> str | None:
    text = node.text("base_url") if node is not None else None
    if node is None or text is None:
        return None
    try:
        parse_url(text)
    except ValueError as error:
        what, _, hint = str(error).partition("\nhint: ")
        node.problem(f"base_url is not right: {what}", expected="http://… or https://…", hint=hint or None)
        return None
    if "?" in text or "#" in text:
        node.wanted("base_url", "an address without ? and #: the path of the call is put behind it")
        return None
    return text


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
    known = (*PROVIDERS, *PROVIDERS_LATER)
    if not slash:
        entry.key_problem(f"{pattern!r} matches no model", hint='patterns are over provider/model, like "anthropic/*"')
    elif not any(fnmatchcase(name, provider) for name in known):
        nearest = nearest_name(provider, known)
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


def unknown_model(
    name: str, models: Mapping[str, object], *, file: str | None = None, line: int | None = None
) -> Problem:
    nearest = nearest_name(name, models)
    return Problem(
        what=f"there is no model {name!r}",
        file=file,
        line=line,
        nearest=nearest,
        hint=None if nearest else f"models: {', '.join(models) or 'none'}",
    )
