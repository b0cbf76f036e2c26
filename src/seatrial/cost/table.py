"""The listed prices of models, dated: the data of genai-prices (https://github.com/pydantic/genai-prices, MIT), shipped
in `prices.json` and made by `prices/make_table.py`. Read when first asked for.

The file has a line for each model, in the order in which they are tried: `[rule, rates]` or `[rule, rates, changes]`.

- `rule` says which names are meant: a text is the whole name; `["starts", text]`, `["ends", text]`, `["contains",
  text]`, `["regex", text]`; `["or", rule, ...]` and `["and", rule, ...]`. Upper and lower case are the same.
- `rates` are input, output, cache_read, cache_write, reasoning, request: a number, null for unknown, or `[rate, above,
  rate, ...]` where another rate holds above so many input tokens.
- `changes` are `[since, rates]`: since a day (`2026-11-09`), at a time of day in UTC (`01:00/04:00`), or empty for
  always; the last that holds wins.

A provider that also sells the models of `others` finds those there when it does not list them itself.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec

from seatrial.cost.price import Price

PROVIDERS = {
    "gemini": "google",
    "vertex": "google",
    "bedrock": "aws",
    "moonshot": "moonshotai",
    "xai": "x-ai",
}
"""What the table calls a provider of ours, where the names differ. Servers of one's own (ollama, vllm, llama.cpp,
openai-compatible, transformers, recordings and scripts) are not in it: they have no listed price.
"""

Rate = Decimal | tuple[Decimal, ...] | None
_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


class _Rates(msgspec.Struct, frozen=True, array_like=True):
    input: Rate = None
    output: Rate = None
    cache_read: Rate = None
    cache_write: Rate = None
    reasoning: Rate = None
    request: Rate = None


class _Change(msgspec.Struct, frozen=True, array_like=True):
    since: str
    rates: _Rates

    def holds(self, moment: datetime) -> bool:
        begin, _, end = self.since.partition("/")
        if not end:
            return not begin or moment.date() >= date.fromisoformat(begin)
        opens, closes, now = time.fromisoformat(begin), time.fromisoformat(end), moment.time()
        return opens <= now < closes if opens <= closes else now >= opens or now < closes


class _Model(msgspec.Struct, frozen=True, array_like=True):
    rule: Any
    rates: _Rates
    changes: tuple[_Change, ...] = ()

    def price(self, moment: datetime) -> Price:
        held = [change.rates for change in self.changes if change.holds(moment)]
        return _price(held[-1] if held else self.rates)


class _Provider(msgspec.Struct, frozen=True):
    others: tuple[str, ...]
    models: tuple[_Model, ...]


class _Table(msgspec.Struct, frozen=True):
    source: str
    version: str
    date: date
    providers: dict[str, msgspec.Raw]


def find_price(provider: str, model: str, at: datetime | date) -> Price | None:
    """The listed price of a model as our catalogue names its provider, at a moment (a day alone is its beginning; a
    time without a zone is UTC); None when it has none.
    """
    listed = _find_model(PROVIDERS.get(provider, provider), model)
    return None if listed is None else listed.price(_moment(at))


def table_date() -> date:
    """The day of the newest price in the table that had taken effect when it was made."""
    return _table().date


def table_source() -> str:
    """Where the prices come from."""
    return _table().source


def _moment(at: datetime | date) -> datetime:
    if not isinstance(at, datetime):
        at = datetime.combine(at, time())
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


@lru_cache(maxsize=1)
def _table() -> _Table:
    return msgspec.json.decode((files("seatrial.cost") / "prices.json").read_bytes(), type=_Table)


@lru_cache(maxsize=8)
def _provider(name: str) -> _Provider | None:
    raw = _table().providers.get(name)
    return None if raw is None else msgspec.json.decode(raw, type=_Provider)


@lru_cache(maxsize=256)
def _find_model(provider: str, name: str) -> _Model | None:
    """Some name a snapshot `-20251211` that is listed as `-2025-12-11`."""
    lower = name.lower()
    return _first_fitting(provider, lower) or _first_fitting(provider, _COMPACT_DATE.sub(r"-\1-\2-\3", lower))


def _first_fitting(provider: str, name: str) -> _Model | None:
    """The first of the provider's own models, then of the others it sells, whose rule fits."""
    own = _provider(provider)
    for seller in (own, *map(_provider, own.others)) if own is not None else ():
        for model in seller.models if seller is not None else ():
            if _fits(model.rule, name):
                return model
    return None


def _fits(rule: Any, name: str) -> bool:
    if isinstance(rule, str):
        return name == rule.lower()
    kind, *rest = rule
    match kind:
        case "or":
            return any(_fits(inner, name) for inner in rest)
        case "and":
            return all(_fits(inner, name) for inner in rest)
        case "starts":
            return name.startswith(rest[0].lower())
        case "ends":
            return name.endswith(rest[0].lower())
        case "contains":
            return rest[0].lower() in name
        case "regex":
            return re.search(rest[0], name) is not None  # patterns of the table, not of a user
    raise AssertionError(f"the price table has a rule of an unknown kind: {kind!r}")


@lru_cache(maxsize=256)
def _price(rates: _Rates) -> Price:
    """Each rate has tiers of its own in the table; a price has them for all rates together."""
    named = {name: getattr(rates, name) for name in _Rates.__struct_fields__}
    bounds = sorted({int(above) for rate in named.values() for above, _ in _tiers(rate)})
    tiers = [(above, _flat(named, above + 1)) for above in bounds]
    return msgspec.structs.replace(_flat(named, 0), tiers=tuple(tiers))


def _tiers(rate: Rate) -> list[tuple[Decimal, Decimal]]:
    """(above, rate), least first."""
    return list(zip(rate[1::2], rate[2::2], strict=True)) if isinstance(rate, tuple) else []


def _flat(named: dict[str, Rate], input_total: int) -> Price:
    """The price of a request with so many input tokens."""
    rates = {name: _at(rate, input_total) for name, rate in named.items()}
    return msgspec.convert({name: rate for name, rate in rates.items() if rate is not None}, Price)


def _at(rate: Rate, input_total: int) -> Decimal | None:
    if not isinstance(rate, tuple):
        return rate
    return [rate[0], *(higher for above, higher in _tiers(rate) if input_total > above)][-1]
