"""The listed prices: found by the names providers use, as of a day, and the same as their source says."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from importlib import metadata
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.exchange import Usage
from seatrial.cost.price import Price
from seatrial.cost.table import PROVIDERS, find_price, table_date, table_source

TABLE = files("seatrial.cost") / "prices.json"
MAKER = Path(__file__).parents[3] / "prices" / "make_table.py"
DAY = date(2026, 11, 15)


def price(provider: str, model: str, at: date = DAY) -> Price:
    found = find_price(provider, model, at)
    assert found is not None, f"{provider}/{model} has no price"
    return found


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o-mini"),
        ("openai", "gpt-4o-mini-2024-07-18"),
        ("openai", "GPT-4o-Mini"),
        ("openai", "gpt-4o-mini-20240718"),
        ("azure", "gpt-4o-mini"),
    ],
)
def test_a_model_is_found_by_every_name_its_rule_fits(provider: str, model: str) -> None:
    found = price(provider, model)
    assert (found.input, found.output, found.cache_read) == (Decimal("0.15"), Decimal("0.6"), Decimal("0.075"))


@pytest.mark.parametrize(
    ("ours", "model"),
    [
        ("anthropic", "claude-sonnet-4-5"),
        ("gemini", "gemini-2.5-flash"),
        ("vertex", "gemini-2.5-flash"),
        ("vertex", "claude-sonnet-4-5@20250929"),
        ("bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("groq", "llama-3.3-70b-versatile"),
        ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo"),
        ("openrouter", "openai/gpt-4o-mini"),
        ("mistral", "mistral-large-latest"),
        ("deepseek", "deepseek-chat"),
    ],
)
def test_the_providers_of_the_catalogue_have_prices(ours: str, model: str) -> None:
    found = price(ours, model)
    assert found.input is not None
    assert found.output is not None


@pytest.mark.parametrize(
    "provider", ["ollama", "vllm", "llama.cpp", "openai-compatible", "transformers", "recording", "scripted", ""]
)
def test_a_server_of_ones_own_has_no_listed_price(provider: str) -> None:
    assert find_price(provider, "gpt-4o-mini", DAY) is None


def test_an_unknown_model_has_no_price() -> None:
    assert find_price("openai", "my-own-model", DAY) is None


def test_a_price_has_the_tiers_of_its_rates() -> None:
    found = price("anthropic", "claude-sonnet-4-5")
    assert found.of_size(200_000).input == Decimal(3)
    above = found.of_size(200_001)
    assert (above.input, above.output, above.cache_read, above.cache_write) == (6, Decimal("22.5"), Decimal("0.6"), 7.5)


def test_the_price_of_the_day_and_the_hour_counts() -> None:
    before, after = (price("deepseek", "deepseek-v4-pro", day) for day in (date(2025, 1, 1), DAY))
    assert before != after
    busy = find_price("deepseek", "deepseek-v4-pro", datetime(2026, 11, 15, 2, 0, tzinfo=UTC))
    quiet = find_price("deepseek", "deepseek-v4-pro", datetime(2026, 11, 15, 5, 0, tzinfo=UTC))
    assert busy is not None
    assert busy != quiet
    elsewhere = datetime(2026, 11, 15, 10, 0, tzinfo=timezone(timedelta(hours=8)))
    assert find_price("deepseek", "deepseek-v4-pro", elsewhere) == busy


def test_the_table_says_where_it_is_from_and_of_when() -> None:
    assert "genai-prices" in table_source()
    assert date(2026, 1, 1) < table_date() <= datetime.now(UTC).date()


def test_the_table_is_small() -> None:
    assert len(TABLE.read_bytes()) < 200_000


# Against the source.

VERSION = msgspec.json.decode(TABLE.read_bytes())["version"]


def why_not() -> str | None:
    """Why the table cannot be held against its source."""
    try:
        found = metadata.version("genai-prices")
    except metadata.PackageNotFoundError:
        return f"genai-prices is not installed: pip install genai-prices=={VERSION}"
    return None if found == VERSION else f"genai-prices is {found}, the table was made from {VERSION}"


with_source = pytest.mark.skipif(why_not() is not None, reason=why_not() or "")


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_table", MAKER)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@with_source
def test_the_shipped_table_is_what_the_source_makes(maker: ModuleType) -> None:
    assert maker.is_current(TABLE.read_bytes()), "run  python prices/make_table.py"


def names(rule: Any) -> Iterator[str]:
    """Names that a rule may fit."""
    fields = vars(rule)
    for inner in fields.get("or_") or fields.get("and_") or ():
        yield from names(inner)
    yield from (text + suffix for text in fields.values() if isinstance(text, str) for suffix in ("", "-20251211"))


@cache
def listed() -> list[tuple[Any, str]]:
    """Every provider of the source with every name its models may be asked by. Its import takes half a second."""
    from genai_prices.data import providers

    found = {}
    for provider in providers:
        for model in provider.models:
            for name in (model.id, *names(model.match)):
                found[provider.id, name] = (provider, name)
    return list(found.values())


def expected(provider: Any, name: str, at: datetime, usage: Usage) -> int | None:
    """The cost by the source's own calculation; None where a part that was used has no rate, or one of several."""
    from genai_prices import Usage as Theirs
    from genai_prices.data import providers

    model = provider.find_model(name, all_providers=providers)
    if model is None:
        return None
    rates = model.get_prices(at)
    pairs = [(usage.input_total, "input", ("image",)), (usage.output_total, "output", ("image", "citation"))]
    for used, side, others in pairs:
        own = getattr(rates, f"{side}_mtok")
        mixed = any(getattr(rates, f"{side}_{other}_mtok", None) not in (None, own) for other in others)
        if used and (own is None or mixed):
            return None
    theirs = Theirs(
        input_tokens=usage.input_total,
        output_tokens=usage.output_total,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        output_reasoning_tokens=usage.reasoning,
    )
    total = model.calc_price(theirs, provider, genai_request_timestamp=at).total_price
    return int((total * 10**9).to_integral_value(ROUND_HALF_EVEN))


def cost(provider: Any, name: str, at: datetime, usage: Usage) -> int | None:
    found = find_price(provider.id, name, at)
    return None if found is None else found.cost_nusd(usage)


EVERYTHING = Usage(1_234_567, 89_012, cache_read=100_001, cache_write=200_003, reasoning=70_007)


@with_source
@pytest.mark.parametrize("every", [pytest.param(1, marks=pytest.mark.slow), 61])
def test_every_listed_model_costs_what_the_source_says(every: int) -> None:
    at = datetime(2026, 11, 15, 5, 30, tzinfo=UTC)
    wrong = {
        f"{provider.id}/{name}": (ours, theirs)
        for provider, name in listed()[::every]
        if (ours := cost(provider, name, at, EVERYTHING)) != (theirs := expected(provider, name, at, EVERYTHING))
    }
    assert wrong == {}


@with_source
@given(data=st.data())
def test_any_usage_at_any_time_costs_what_the_source_says(data: st.DataObject) -> None:
    provider, name = data.draw(st.sampled_from(listed()))
    at = data.draw(st.datetimes(datetime(2024, 1, 1), datetime(2027, 6, 1), timezones=st.just(UTC)))  # noqa: DTZ001
    plain, read, write, output, reasoning = (data.draw(st.integers(0, 500_000)) for _ in range(5))
    usage = Usage(plain + read + write, output + reasoning, cache_read=read, cache_write=write, reasoning=reasoning)
    assert cost(provider, name, at, usage) == expected(provider, name, at, usage)


@with_source
def test_our_names_for_providers_name_providers_of_the_source() -> None:
    assert set(PROVIDERS.values()) <= {provider.id for provider, _ in listed()}
