"""Reads the lines under `models:` of `feature.yaml`: what answers, where, and how it is asked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, get_args

import msgspec

from seatrial.core.errors import Problem, SpecError
from seatrial.core.registry import nearest_name
from seatrial.cost.price import Price, price_of
from seatrial.feature.parameters import read_params
from seatrial.feature.resilience import KEYS as RESILIENCE
from seatrial.feature.resilience import Resilience, read_resilience
from seatrial.feature.reuse import CacheSpec, read_cache
from seatrial.models.catalogue import Provider, find_provider
from seatrial.models.facts import Facts
from seatrial.models.http_head import parse_url
from seatrial.models.recording import Match
from seatrial.models.transport import Timeouts
from seatrial.spec.nodes import Node

FILE = "feature.yaml"

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
OPTIONS = ("api_version", "region", "project", "device", "dtype", "revision")
"""Keys that only some providers have; which, their rows in the catalogue say."""

OPTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
"""What such a key may hold: it becomes a part of the address."""

MODEL_KEYS = ("use", "params", "timeout", *RESILIENCE, "cache", "price", "base_url", "key", "match", "facts", *OPTIONS)
MODEL_LATER = ("fallback", "capabilities")
_HTTP_KEYS = ("timeout", *RESILIENCE, "cache", "base_url", "key", "facts")
PRICE_KEYS = ("input", "output", "cache_read", "cache_write")
LONGEST_TIMEOUT = 24 * 3600.0


class ModelSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One line of `models:`. `key` names an environment variable; `facts` change what is known of the model."""

    name: str
    use: str
    params: dict[str, Any] = {}
    timeouts: Timeouts = Timeouts()
    resilience: Resilience = Resilience()
    cache: CacheSpec | None = None
    price: Price | None = None
    base_url: str | None = None
    key: str | None = None
    match: Match | None = None
    facts: dict[str, Any] = {}
    options: dict[str, str] = {}


def read_models(node: Node | None) -> dict[str, ModelSpec]:
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
        timeouts=_read_timeouts(fields.get("timeout")),
        resilience=read_resilience(fields),
        cache=read_cache(fields["cache"]) if "cache" in fields else None,
        price=_read_price(fields.get("price")),
        base_url=_read_base_url(fields.get("base_url")) or (provider.base_url if provider else None),
        key=_read_key(fields.get("key")) or (provider.key if provider else None),
        match=fields["match"].choice("match", get_args(Match)) if "match" in fields else None,  # type: ignore[arg-type]
        facts=_read_facts(fields.get("facts")),
        options=_read_options(fields, provider),
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
    if provider.wire == "recording":
        meaningless: tuple[str, ...] = _HTTP_KEYS
    elif provider.wire == "scripted":
        meaningless = (*_HTTP_KEYS, "match")
    elif provider.wire == "transformers":
        meaningless = ("base_url", "key", "match")
        _check_no_connection(fields)
    else:
        meaningless = ("match",)
    for key in meaningless:
        if key in fields:
            fields[key].problem(f"{key}: means nothing for {fields['use'].value!r}", hint="take the key out")
    if provider.over_http and provider.base_url is None and "base_url" not in fields:
        node.problem(f"the model {name} needs base_url:", hint="for example  base_url: http://localhost:8000/v1")


def _check_no_connection(fields: dict[str, Node]) -> None:
    limits = fields.get("timeout")
    if limits is not None and limits.kind == "mapping":
        for name, limit in (limits.entries("timeout") or {}).items():
            if name == "connect":
                limit.problem(f"connect: means nothing for {fields['use'].value!r}", hint="take the key out")


LIMITS = ("total", "connect", "first_token", "between_tokens")


def _read_timeouts(node: Node | None) -> Timeouts:
    """One duration is the total; a mapping names each."""
    if node is None:
        return Timeouts()
    if node.kind != "mapping":
        return Timeouts(total=node.duration("timeout", most=LONGEST_TIMEOUT) or Timeouts().total)
    fields = node.fields("timeout", LIMITS) or {}
    read = {name: each.duration(f"timeout: {name}", most=LONGEST_TIMEOUT) for name, each in fields.items()}
    return Timeouts(**{name: seconds for name, seconds in read.items() if seconds is not None})


def _read_facts(node: Node | None) -> dict[str, Any]:
    fields = node.fields("facts", Facts.__struct_fields__) if node is not None else None
    read: dict[str, Any] = {}
    for name, each in (fields or {}).items():
        try:
            msgspec.convert({name: each.plain()}, Facts)
        except msgspec.ValidationError as error:
            each.wanted(
                f"facts: {name}", str(error).partition(" - at")[0].removeprefix("Expected ").partition(", got")[0]
            )
        else:
            read[name] = each.plain()
    return read


def _read_options(fields: dict[str, Node], provider: Provider | None) -> dict[str, str]:
    """The provider's own keys, as text."""
    read: dict[str, str] = {}
    for name in OPTIONS:
        if name not in fields:
            continue
        if provider is not None and name not in provider.options:
            fields[name].problem(f"{name}: means nothing for {fields['use'].value!r}", hint="take the key out")
        read[name] = fields[name].text(name) or ""
        if read[name] and not OPTION.fullmatch(read[name]):
            fields[name].wanted(name, "letters, digits and . _ : - as the provider writes it")
    return read


def _read_price(node: Node | None) -> Price | None:
    """USD per million tokens; what is read from or written to a cache costs as input where no rate says otherwise."""
    if node is None:
        return None
    fields = node.fields("price", PRICE_KEYS, required=PRICE_KEYS[:2]) or {}
    read = {key: each.number(f"price: {key}", least=0, most=1e6) for key, each in fields.items()}
    rates = {key: rate for key, rate in read.items() if rate is not None}
    return price_of(**rates) if len(rates) == len(fields) and "input" in rates and "output" in rates else None


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
