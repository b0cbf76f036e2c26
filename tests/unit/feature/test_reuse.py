"""`cache:` of a model's line: how it is written, and that the pipeline gives an answer again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import SpecError
from seatrial.evals.run import evaluate
from seatrial.feature.feature import Feature, load
from seatrial.feature.reuse import CacheSpec
from seatrial.feature.spec import read_feature
from seatrial.testing import ProviderServer

PRICE = "price: {input: 1, output: 1}"


@pytest.fixture(scope="module")
def server() -> Iterator[ProviderServer]:
    with ProviderServer() as running:
        yield running


def line(more: str) -> str:
    return f"feature: x\nprompt: chat.md\nmodels:\n  main: {{{more}}}\n"


def on(server: ProviderServer, folder: Any, more: str = "cache: 1m") -> Feature:
    use = f"use: openai-compatible/m, base_url: '{server.openai_url}', {PRICE}"
    return load(folder(**{"feature.yaml": line(f"{use}, {more}")}))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("10m", CacheSpec(seconds=600.0)),
        ("{for: 30s}", CacheSpec(seconds=30.0)),
        ("{for: 30s, most: 5}", CacheSpec(seconds=30.0, most=5)),
    ],
)
def test_a_duration_is_enough(folder: Any, written: str, read: CacheSpec) -> None:
    spec = read_feature(folder(**{"feature.yaml": line(f"use: ollama/x, cache: {written}")}))
    assert spec.models["main"].cache == read


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("true", "cache is not right"),
        ("0s", "cache is not right"),
        ("30d", "cache is not right"),
        ("{most: 5}", "cache has no 'for'"),
        ("{for: 1m, most: 0}", "cache: most"),
        ("{for: 1m, size: 5}", "unknown key 'size'"),
        ("1m, use: scripted/x.yaml", "cache: means nothing"),
    ],
)
def test_a_mistake_is_told(folder: Any, written: str, says: str) -> None:
    use = "" if "use:" in written else "use: ollama/x, "
    with pytest.raises(SpecError) as caught:
        read_feature(folder(**{"feature.yaml": line(f"{use}cache: {written}")}))
    assert says in str(caught.value)


def test_an_equal_ask_is_answered_once_and_paid_once(server: ProviderServer, folder: Any) -> None:
    feature, before = on(server, folder), len(server.calls)
    first, again, other = feature.ask("hi"), feature.ask("hi"), feature.ask("ho")
    assert (again.text, again.attempts[0].cached, again.cost_nusd) == (first.text, True, 0)
    assert [each.attempts[0].cached for each in (first, other)] == [False, False]
    assert first.cost_nusd
    assert len(server.calls) - before == 2


def test_variants_share_what_was_answered(server: ProviderServer, folder: Any) -> None:
    feature = on(server, folder)
    feature.ask("hi")
    assert feature.variant("main").ask("hi").attempts[0].cached
    assert feature.around_calls(lambda spec, model: model).ask("hi").attempts[0].cached


def test_without_the_key_every_ask_is_a_call(server: ProviderServer, folder: Any) -> None:
    feature = on(server, folder, "retries: 0")
    assert feature.asked_anew() is feature
    assert not any(feature.ask("hi").attempts[0].cached for _ in range(2))


def test_an_eval_asks_anew(server: ProviderServer, folder: Any) -> None:
    feature = on(server, folder)
    feature.ask("hi")
    suite = "suite: s\nchecks: [{min-words: 1}]\ncases: [{ask: hi, id: a}, {ask: hi, id: b}]\n"
    (Path(feature.folder) / "evals").mkdir()
    (Path(feature.folder) / "evals" / "s.yaml").write_text(suite)
    before = len(server.calls)
    evaluate(feature)
    assert len(server.calls) - before == 2
    assert feature.ask("hi").attempts[0].cached
