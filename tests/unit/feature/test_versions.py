"""Versions, overlays and variants."""

from typing import Any

import pytest

from seatrial.core.errors import SpecError
from seatrial.feature.feature import Feature, load

OVERLAY = """feature: harbor
models:
  main: {use: scripted/main.yaml}
  spare: {use: recording/spare.jsonl}
prompt: {default: chat.md, "recording/*": rec.md, "*/main.yaml": main.md}
route: [main, spare]
"""


def test_a_feature_loaded_again_has_the_same_version(folder: Any) -> None:
    assert load(folder()).version == load(folder()).version


@pytest.mark.parametrize(
    ("file", "old", "new", "differs"),
    [
        ("chat.md", "You are", "You're", True),
        ("chat.md", "inputs:", "# a note\ninputs:", False),
        ("main.yaml", "from main", "other", True),
        ("feature.yaml", "main.yaml}", "main.yaml, params: {a: 1}}", True),
        ("feature.yaml", "route: [main, spare]", "route: [spare, main]", True),
        ("feature.yaml", "route: [main, spare]", "route: [main]", True),
        ("feature.yaml", "feature: harbor", "feature: harbor\ndescription: words\nowner: me", False),
        ("feature.yaml", "main.yaml}", "main.yaml, price: {input: 1, output: 1}}", False),
        ("feature.yaml", "route:", "# a note\nroute:", False),
    ],
)
def test_the_version_changes_exactly_when_what_is_served_changes(
    folder: Any, file: str, old: str, new: str, differs: bool
) -> None:
    path = folder() / file
    before = load(path.parent).version
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    assert (load(path.parent).version != before) is differs


def test_a_model_outside_the_route_is_not_served(folder: Any) -> None:
    path = folder() / "feature.yaml"
    path.write_text(path.read_text().replace("[main, spare]", "[main]"))
    before = load(path.parent).version
    (path.parent / "spare.yaml").write_text("rules: []\ndefault: other\n")
    assert load(path.parent).version == before


def test_the_prompt_of_the_first_pattern_over_use_is_taken(folder: Any) -> None:
    texts = {name: f"user:\n{name}" for name in ("chat.md", "rec.md", "main.md")}
    feature = load(folder(**{"feature.yaml": OVERLAY, "spare.jsonl": ""}, **texts))
    assert [feature.prompt_for(name).path for name in ("main", "spare")] == ["main.md", "rec.md"]


def test_a_variant_is_the_feature_on_one_model(feature: Feature) -> None:
    variant = feature.variant("spare")
    assert variant.spec.route == ("spare",)
    assert variant.ask("hi").text == "from spare"
    assert variant.version != feature.version
    assert feature.spec.route == ("main", "spare")


def test_a_variant_may_have_another_prompt(feature: Feature) -> None:
    (feature.folder / "other.md").write_text("---\ninputs: {question: string}\n---\nuser:\n{{ question }}!")
    variant = feature.variant("main", "other.md")
    assert variant.prompt_for("main").path == "other.md"
    assert variant.prompt_version("main") != feature.prompt_version("main")
    assert variant.version == feature.variant("main", "other.md").version


def test_a_model_put_in_stays_in_the_variants(feature: Feature, fakes: Any) -> None:
    feature.use_model("main", fakes.says("fake"))
    assert feature.variant("main").ask("hi").text == "fake"


def test_an_unknown_model_or_prompt_of_a_variant_names_the_nearest(feature: Feature) -> None:
    for arguments, nearest in [(("mian",), "main"), (("main", "chta.md"), None)]:
        with pytest.raises(SpecError) as caught:
            feature.variant(*arguments)
        assert caught.value.problems[0].nearest in (nearest, "chat.md")
