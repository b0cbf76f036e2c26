"""Makes the price table that Seatrial ships, from the data of the installed genai-prices package.

    python prices/make_table.py            writes src/seatrial/cost/prices.json
    python prices/make_table.py --check    writes nothing and fails when the shipped table is another

Only facts are taken: how model names are matched, rates, and from when they hold. The shape of the file is described
where it is read, in `seatrial.cost.table`. The table's date is that of the newest price in it that has taken effect:
the package does not say when its data was gathered, and announces prices of the future.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib import metadata
from pathlib import Path
from typing import Any

import msgspec
from genai_prices import types as source
from genai_prices.data import providers as PROVIDERS

TABLE = Path(__file__).resolve().parent.parent / "src" / "seatrial" / "cost" / "prices.json"
RATES = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "output_reasoning_mtok", "requests_kcount")
MIXED = {
    "input_mtok": ("input_image_mtok",),
    "output_mtok": ("output_image_mtok", "output_citation_mtok"),
}
"""Where tokens of one direction are charged at several rates that a usage does not tell apart, the rate is left out."""

_encode = msgspec.json.Encoder(decimal_format="number").encode


def make_table(as_of: date) -> bytes:
    """The content of the file: one line a model, so that a change of prices can be read as a difference."""
    version = metadata.version("genai-prices")
    head = {
        "source": f"genai-prices {version}, https://github.com/pydantic/genai-prices (MIT)",
        "version": version,
        "date": newest_change(as_of).isoformat(),
        "unit": "USD per million tokens; per thousand requests",
    }
    opening = ",\n".join(f"{_text(key)}:{_text(value)}" for key, value in head.items())
    bodies = ",\n".join(f"{_text(each.id)}:{_provider(each)}" for each in PROVIDERS)
    return f'{{{opening},\n"providers":{{\n{bodies}\n}}}}\n'.encode()


def newest_change(as_of: date) -> date:
    constraints = [constraint for model in _models() for constraint, _ in _dated(model)]
    starts = [each.start_date for each in constraints if isinstance(each, source.StartDateConstraint)]
    return max(start for start in starts if start <= as_of)


def _models() -> Iterator[source.ModelInfo]:
    return (model for provider in PROVIDERS for model in provider.models)


def _provider(provider: source.Provider) -> str:
    models = ",\n".join(_text(_model(model)) for model in provider.models)
    others = [name for name in provider.fallback_model_providers or () if any(name == each.id for each in PROVIDERS)]
    return f'{{"others":{_text(others)},"models":[\n{models}\n]}}'


def _model(model: source.ModelInfo) -> list[Any]:
    """`[rule, rates, changes]`: what holds when nothing else does, then what came later, the last one winning."""
    prices = [(constraint, _rates(price)) for constraint, price in _dated(model)]
    changes = [[_since(constraint), rates] for constraint, rates in prices[1:]]
    return [_rule(model.match), prices[0][1] if prices else [], *([changes] if changes else [])]


def _dated(model: source.ModelInfo) -> list[tuple[Any, source.ModelPrice]]:
    if isinstance(model.prices, source.ModelPrice):
        return [(None, model.prices)]
    return [(each.constraint, each.prices) for each in model.prices]


def _since(constraint: Any) -> str:
    """A day (`2026-11-09`), a time of day in UTC (`01:00/04:00`), or nothing for always."""
    if constraint is None:
        return ""
    if isinstance(constraint, source.StartDateConstraint):
        return constraint.start_date.isoformat()
    return "/".join(_minutes(each) for each in (constraint.start_time, constraint.end_time))


def _minutes(moment: time) -> str:
    if moment.utcoffset() or moment.second:
        raise SystemExit(f"error: a price holds from {moment}, which the table has no form for")
    return moment.strftime("%H:%M")


def _rates(price: source.ModelPrice) -> list[Any]:
    """In the order of RATES, without what is missing at the end."""
    rates = [None if _is_mixed(name, price) else _rate(getattr(price, name)) for name in RATES]
    while rates and rates[-1] is None:
        rates.pop()
    return rates


def _is_mixed(name: str, price: source.ModelPrice) -> bool:
    own = getattr(price, name)
    return any(getattr(price, other) not in (None, own) for other in MIXED.get(name, ()))


def _rate(rate: Decimal | source.TieredPrices | None) -> Any:
    """A number, or `[rate, above, rate, ...]` for tiers."""
    if isinstance(rate, source.TieredPrices):
        return [_number(rate.base), *(part for tier in rate.tiers for part in (tier.start, _number(tier.price)))]
    return None if rate is None else _number(rate)


def _number(value: Decimal) -> Decimal | int:
    return int(value) if value == value.to_integral_value() else value.normalize()


def _rule(rule: Any) -> Any:
    """A text alone is the whole name."""
    match rule:
        case source.ClauseEquals(equals=text):
            return text
        case source.ClauseStartsWith(starts_with=text):
            return ["starts", text]
        case source.ClauseEndsWith(ends_with=text):
            return ["ends", text]
        case source.ClauseContains(contains=text):
            return ["contains", text]
        case source.ClauseRegex(regex=text):
            return ["regex", text]
        case source.ClauseOr(or_=rules):
            return ["or", *map(_rule, rules)]
        case source.ClauseAnd(and_=rules):
            return ["and", *map(_rule, rules)]
    raise SystemExit(f"error: the table has no form for the rule {rule}")


def _text(value: Any) -> str:
    return _encode(value).decode()


def is_current(table: bytes) -> bool:
    """Whether the table is what this makes, as of its own date."""
    return make_table(date.fromisoformat(msgspec.json.decode(table)["date"])) == table


def main(arguments: Sequence[str]) -> int:
    if "--check" in arguments:
        current = TABLE.is_file() and is_current(TABLE.read_bytes())
        if not current:
            print("error: the price table is stale\n\nhint: python prices/make_table.py", file=sys.stderr)
        return 0 if current else 1
    TABLE.write_bytes(make_table(datetime.now(UTC).date()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
