"""A model of Vertex AI by its line in feature.yaml and by the environment."""

from typing import Any

import pytest

from seatrial.core.errors import SpecError
from seatrial.feature.feature import Feature, load
from seatrial.models.http_model import HttpModel
from seatrial.models.provider import http_model

BOTH = {"GOOGLE_CLOUD_LOCATION": "global", "GOOGLE_CLOUD_PROJECT": "sea"}


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in BOTH:
        monkeypatch.delenv(name, raising=False)


def feature(project: Any, line: str = "") -> Feature:
    text = f"feature: demo\nmodels:\n  main: {{use: vertex/gemini-2.5-flash{line}}}\nprompt: prompts/chat.md\n"
    project.write("feature.yaml", text)
    return load(project.root)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What each model over HTTP was made of."""
    seen: list[dict[str, Any]] = []

    def spy(name: str, use: str, **settings: Any) -> HttpModel:
        seen.append(settings)
        return http_model(name, use, **settings)

    monkeypatch.setattr("seatrial.feature.assemble.http_model", spy)
    return seen


@pytest.mark.parametrize(
    ("line", "variables", "options"),
    [
        (", region: europe-west4, project: sea", {}, {"region": "europe-west4", "project": "sea"}),
        ("", BOTH, {"region": "global", "project": "sea"}),
        (", region: us", BOTH, {"region": "us", "project": "sea"}),
    ],
)
def test_the_line_comes_before_the_environment(
    project: Any,
    built: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    line: str,
    variables: dict[str, str],
    options: dict[str, str],
) -> None:
    for name, value in {**variables, "GOOGLE_OAUTH_ACCESS_TOKEN": "ya29.secret"}.items():
        monkeypatch.setenv(name, value)
    feature(project, line).prepare()
    assert (built[0]["options"], built[0]["key"]) == (options, "ya29.secret")


def test_without_a_token_the_credentials_of_the_machine_are_used(
    project: Any, built: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("google.auth", reason="the extra  vertex  is not installed")
    for name, value in BOTH.items():
        monkeypatch.setenv(name, value)
    feature(project).prepare()
    assert built[0]["key"] is None


def test_a_variable_of_ones_own_is_not_optional(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in BOTH.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SpecError, match="the environment variable OUR_TOKEN"):
        feature(project, ", key: OUR_TOKEN").prepare()


@pytest.mark.parametrize(("line", "missing"), [("", "region"), (", region: global", "project")])
def test_what_is_missing_is_told_before_anything_is_asked(project: Any, line: str, missing: str) -> None:
    with pytest.raises(SpecError, match=f"needs {missing}:") as caught:
        feature(project, line).prepare()
    assert {"region": "GOOGLE_CLOUD_LOCATION", "project": "GOOGLE_CLOUD_PROJECT"}[missing] in str(caught.value)


def test_regions_belong_to_those_who_have_them(project: Any) -> None:
    text = "feature: demo\nmodels:\n  main: {use: gemini/g, region: us}\nprompt: prompts/chat.md\n"
    project.write("feature.yaml", text)
    with pytest.raises(SpecError, match="region: means nothing for 'gemini/g'"):
        load(project.root)
