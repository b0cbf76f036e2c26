"""feature.yaml: typed objects, or every mistake at its line."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seatrial.core.errors import SpecError
from seatrial.cost.price import price_of
from seatrial.feature.feature import load
from seatrial.feature.models_spec import MODEL_LATER
from seatrial.feature.resilience import Resilience
from seatrial.feature.spec import LATER, read_feature
from seatrial.models.transport import Timeouts


def refused(folder: Path) -> list[Any]:
    with pytest.raises(SpecError) as caught:
        read_feature(folder)
    return list(caught.value.problems)


FULL = """feature: harbor
description: A chat companion
owner: a@example.com
models:
  main:
    use: openai/gpt-4o-mini
    params: {temperature: 0.7, own: {a: [1]}}
    timeout: 1500ms
    retries: 0
    price: {input: 0.15, output: 0.6}
  mine:
    use: openai-compatible/x
    base_url: http://localhost:1/v1
    key: MY_KEY
  rec: {use: recording/r.jsonl, match: exact}
prompt: {default: chat.md, "openai/*": chat.md}
route: [mine, main]
output: text
"""


def test_a_whole_file_is_read(folder: Any) -> None:
    spec = read_feature(folder(**{"feature.yaml": FULL}))
    main, mine = spec.models["main"], spec.models["mine"]
    assert (spec.name, spec.description, spec.owner) == ("harbor", "A chat companion", "a@example.com")
    assert (main.timeouts.total, set(main.resilience.retries.values()), main.price) == (1.5, {0}, price_of(0.15, 0.6))
    assert (main.base_url, main.key) == ("https://api.openai.com/v1", "OPENAI_API_KEY")
    assert main.params == {"temperature": 0.7, "own": {"a": [1]}}
    assert (mine.base_url, mine.key) == ("http://localhost:1/v1", "MY_KEY")
    assert (mine.timeouts, mine.resilience, mine.price) == (Timeouts(), Resilience(), None)
    assert spec.route == ("mine", "main")
    assert spec.prompts == {"default": "chat.md", "openai/*": "chat.md"}


def test_without_a_route_the_first_model_answers(folder: Any) -> None:
    text = "feature: x\nmodels: {b: {use: ollama/x}, a: {use: ollama/y}}\nprompt: chat.md\n"
    assert read_feature(folder(**{"feature.yaml": text})).route == ("b",)


HEAD = "feature: x\nprompt: chat.md\n"


def model(line: str) -> str:
    return f"{HEAD}models:\n  main: {line}\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "feature.yaml is not right"),
        ("- a", 1, "feature.yaml is not right"),
        ("feature: x\nmodels: {m: {use: ollama/x}}", 1, "has no 'prompt'"),
        (model("{use: ollama/x}") + "modles: {}", 5, "unknown key 'modles'"),
        (model("{use: ollama/x}") + "requirements: {}", 5, "requirements: not in this version"),
        (model("{use: ollama/x}") + "feature: y", 5, "'feature' stands twice"),
        ("feature: 5\nprompt: chat.md\nmodels: {m: {use: ollama/x}}", 1, "feature is not right"),
        (HEAD + "models: {}", 3, "names no model"),
        (HEAD + "models: [a]", 3, "models is not right"),
        (model("ollama/x"), 4, "the model main is not right"),
        (model("{}"), 4, "has no 'use'"),
        (model("{use: opanai/x}"), 4, "no provider 'opanai'"),
        (model("{use: gpt-4o}"), 4, "use: is not right"),
        (model("{use: ollama/x, parms: {}}"), 4, "unknown key 'parms'"),
        (model("{use: ollama/x, fallback: y}"), 4, "fallback: not in this version"),
        (model("{use: ollama/x, params: {temprature: 1}}"), 4, "there is no 'temprature'"),
        (model("{use: ollama/x, params: {temperature: hot}}"), 4, "params: temperature"),
        (model("{use: ollama/x, params: {top_p: 2}}"), 4, "params: top_p"),
        (model("{use: ollama/x, params: {max_tokens: -1}}"), 4, "params: max_tokens"),
        (model("{use: ollama/x, params: {own: [.inf]}}"), 4, "params: own"),
        (model("{use: ollama/x, params: {stream: true}}"), 4, "set by the feature itself"),
        (model("{use: ollama/x, params: [1]}"), 4, "params is not right"),
        (model("{use: ollama/x, timeout: 20}"), 4, "timeout is not right"),
        (model("{use: ollama/x, timeout: 0s}"), 4, "timeout is not right"),
        (model("{use: ollama/x, timeout: 999h}"), 4, "timeout is not right"),
        (model("{use: ollama/x, retries: -1}"), 4, "retries is not right"),
        (model("{use: ollama/x, retries: 1.5}"), 4, "retries is not right"),
        (model("{use: ollama/x, price: {input: 1}}"), 4, "price has no 'output'"),
        (model("{use: ollama/x, price: {input: -1, output: 1}}"), 4, "price: input"),
        (model("{use: ollama/x, price: {input: .inf, output: 1}}"), 4, "price: input"),
        (model("{use: ollama/x, base_url: localhost}"), 4, "base_url is not right"),
        (model("{use: ollama/x, base_url: 'http://'}"), 4, "base_url is not right"),
        (model("{use: ollama/x, base_url: 'http://u:p@h/v1'}"), 4, "base_url is not right"),
        (model("{use: ollama/x, base_url: 'http://h/v1?a=b'}"), 4, "base_url is not right"),
        (model("{use: openai-compatible/x}"), 4, "needs base_url"),
        (model("{use: ollama/x, match: exact}"), 4, "match: means nothing"),
        (model("{use: recording/x.jsonl, match: exakt}"), 4, "match is not right"),
        (model("{use: scripted/x.yaml, timeout: 5s}"), 4, "timeout: means nothing"),
        (HEAD + "models:\n  a/b: {use: ollama/x}", 4, "'a/b' cannot name a model"),
        (model("{use: ollama/x}") + "route: [mian]", 5, "there is no model 'mian'"),
        (model("{use: ollama/x}") + "route: [main, main]", 5, "stands twice"),
        (model("{use: ollama/x}") + "route: []", 5, "route: is empty"),
        (model("{use: ollama/x}") + "route: {main: 1}", 5, "only a list in this version"),
        (model("{use: ollama/x}") + "output: {type: object}", 5, "unknown key 'type' in output"),
        (model("{use: ollama/x}") + "output: nothing.json", 5, "there is no file 'nothing.json'"),
        ("feature: x\nprompt: chta.md\nmodels: {m: {use: ollama/x}}", 2, "there is no file 'chta.md'"),
        ("feature: x\nprompt: {a/*: chat.md}\nmodels: {m: {use: ollama/x}}", 2, "has no default"),
        ("feature: x\nprompt: {default: chat.md, gpt: chat.md}\nmodels: {m: {use: ollama/x}}", 2, "matches no model"),
        ("feature: x\nprompt: {default: chat.md, olama/*: chat.md}\nmodels: {m: {use: ollama/x}}", 2, "no provider"),
        ("feature: x\nprompt: [chat.md]\nmodels: {m: {use: ollama/x}}", 2, "prompt is not right"),
        ("feature: [", 1, "not YAML"),
    ],
)
def test_a_mistake_is_told_at_its_line(folder: Any, text: str, line: int, says: str) -> None:
    problems = refused(folder(**{"feature.yaml": text}))
    found = [problem for problem in problems if says in problem.what]
    assert [(problem.file, problem.line) for problem in found] == [("feature.yaml", line)], problems


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        (model("{use: ollama/x}") + "promt: x", "prompt"),
        (model("{use: olama/x}"), "ollama"),
        (model("{use: ollama/x, timout: 5s}"), "timeout"),
        (model("{use: ollama/x, params: {temprature: 1}}"), "temperature"),
        (model("{use: ollama/x}") + "route: [mani]", "main"),
        ("feature: x\nprompt: chta.md\nmodels: {m: {use: ollama/x}}", "chat.md"),
        (model("{use: recording/r.jsonl, match: exakt}"), "exact"),
    ],
)
def test_the_nearest_known_name_is_suggested(folder: Any, text: str, nearest: str) -> None:
    assert [problem.nearest for problem in refused(folder(**{"feature.yaml": text}))] == [nearest]


@pytest.mark.parametrize("key", LATER)
def test_a_key_of_a_later_version_is_refused(folder: Any, key: str) -> None:
    (problem,) = refused(folder(**{"feature.yaml": model("{use: ollama/x}") + f"{key}: 1"}))
    assert (problem.what, problem.line) == (f"{key}: not in this version", 5)


@pytest.mark.parametrize("key", MODEL_LATER)
def test_a_key_of_a_model_of_a_later_version_is_refused(folder: Any, key: str) -> None:
    (problem,) = refused(folder(**{"feature.yaml": model(f"{{use: ollama/x, {key}: 1}}")}))
    assert problem.what == f"{key}: not in this version"


def test_all_mistakes_are_told_at_once_and_none_only_follows_from_another(folder: Any) -> None:
    main = "{use: opanai/x, timeout: 5, params: {stream: 1}}"
    text = f"feature: 5\nmodels:\n  main: {main}\nrute: x\nroute: [main]\nprompt: no.md"
    assert [problem.line for problem in refused(folder(**{"feature.yaml": text}))] == [4, 3, 3, 3, 1, 6]


@pytest.mark.parametrize("key", ["sk-proj-abc123", "gsk_abcDEF123", "12345", "[x]", "''"])
def test_a_key_written_into_the_file_is_refused_and_never_shown(folder: Any, key: str) -> None:
    (problem,) = refused(folder(**{"feature.yaml": model(f"{{use: ollama/x, key: {key}}}")}))
    assert "key: is not the name of an environment variable" in problem.what
    assert key not in str(problem) or key == "''"


def test_a_parameter_of_a_servers_own_is_passed_on(folder: Any) -> None:
    text = model("{use: vllm/x, params: {guided_json: {a: 1}, mirostat: 2, max_new_tokens: 5}}")
    assert read_feature(folder(**{"feature.yaml": text})).models["main"].params["mirostat"] == 2


def test_a_folder_without_a_feature_says_so(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone"):
        with pytest.raises(SpecError, match=r"there is no feature\.yaml here"):
            load(path)


def test_mistakes_of_every_prompt_are_told_at_once(folder: Any) -> None:
    text = 'feature: x\nprompt: {default: chat.md, "ollama/*": b.md}\nmodels: {m: {use: ollama/x}}'
    with pytest.raises(SpecError) as caught:
        load(folder(**{"feature.yaml": text, "chat.md": "user:\n{{ a }}", "b.md": "user:\n{{ b }}"}))
    assert {problem.file for problem in caught.value.problems} == {"chat.md", "b.md"}


def test_the_folders_checks_are_imported_and_a_broken_one_is_told(folder: Any) -> None:
    with pytest.raises(SpecError, match="ZeroDivisionError"):
        load(folder(**{"checks.py": "1 / 0"}))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            [
                "feature",
                "models",
                "prompt",
                "route",
                ": ",
                "\n",
                "\n  ",
                "x",
                "{use: ollama/x}",
                "[",
                "]",
                "chat.md",
                "- ",
                "&a ",
                "*a",
            ]
        )
    )
)
def test_any_file_is_a_feature_or_a_spec_error(folder: Any, parts: list[str]) -> None:
    try:
        read_feature(folder(**{"feature.yaml": "".join(parts)}))
    except SpecError as error:
        assert all(problem.line for problem in error.problems)  # noqa: PT017 - some texts are features
