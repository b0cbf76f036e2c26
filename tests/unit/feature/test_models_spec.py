"""The keys of a model's line that say how it is asked: time limits, facts, a provider's own options."""

from typing import Any

import pytest

from seatrial.core.errors import SpecError
from seatrial.feature.spec import read_feature
from seatrial.models.transport import Timeouts


def model(line: str) -> str:
    return f"feature: x\nprompt: chat.md\nmodels:\n  main: {line}\n"


def read(folder: Any, line: str) -> Any:
    return read_feature(folder(**{"feature.yaml": model(line)})).models["main"]


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("20s", Timeouts(total=20)),
        ("{total: 2m}", Timeouts(total=120)),
        ("{connect: 500ms}", Timeouts(connect=0.5)),
        ("{first_token: 3s, between_tokens: 1s}", Timeouts(first_token=3, between_tokens=1)),
        ("{}", Timeouts()),
    ],
)
def test_a_time_limit_is_one_duration_or_each_by_name(folder: Any, written: str, read_as: Timeouts) -> None:
    assert read(folder, f"{{use: ollama/x, timeout: {written}}}").timeouts == read_as


def test_facts_and_the_providers_own_keys_are_kept_as_written(folder: Any) -> None:
    line = "{use: azure/d, base_url: 'https://h', api_version: '2024-10-21', facts: {schema: none, tools: false}}"
    spec = read(folder, line)
    assert spec.options == {"api_version": "2024-10-21"}
    assert spec.facts == {"schema": "none", "tools": False}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{use: ollama/x, timeout: {first_token: 5}}", "timeout: first_token is not right"),
        ("{use: ollama/x, timeout: {first: 5s}}", "unknown key 'first'"),
        ("{use: ollama/x, facts: {shema: none}}", "unknown key 'shema'"),
        ("{use: ollama/x, facts: {schema: perhaps}}", "facts: schema is not right"),
        ("{use: ollama/x, facts: {default_max_tokens: many}}", "facts: default_max_tokens is not right"),
        ("{use: ollama/x, api_version: '1'}", "api_version: means nothing for 'ollama/x'"),
        ("{use: azure/d}", "the model main needs base_url:"),
        ("{use: scripted/s.yaml, facts: {tools: true}}", "facts: means nothing"),
    ],
)
def test_a_mistake_is_told_at_its_line(folder: Any, line: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        read(folder, line)
    assert [problem.line for problem in caught.value.problems if says in problem.what] == [4], caught.value
