"""`transformers/NAME_OR_PATH` in feature.yaml: its keys, its version, and what happens without the extra."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.core.errors import OutsideError, SpecError
from seatrial.feature.feature import load
from seatrial.models import local_weights
from seatrial.models.local_model import LocalModel

Folder = Callable[..., Path]


def spec(line: str) -> str:
    return f"feature: harbor\nmodels:\n  main: {{use: transformers/tiny, {line}}}\nprompt: chat.md\n"


@pytest.fixture
def root(folder: Folder) -> Path:
    root = folder(**{"feature.yaml": spec("params: {max_tokens: 5}"), "tiny/config.json": "{}"})
    (root / "tiny" / "model.safetensors").write_bytes(b"weights")
    return root


def test_a_model_is_made_without_loading_anything(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_weights, "PACKAGES", ())
    feature = load(root)
    feature.prepare()
    built: Any = feature.model("main")
    while not isinstance(built, LocalModel):
        built = built._model  # what makes it resilient and priced is around it
    assert built.use == "transformers/tiny"


def test_a_missing_extra_is_said_before_anything_is_asked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_weights, "PACKAGES", ("no_such_package_here",))
    with pytest.raises(OutsideError, match=r"pip install 'seatrial\[transformers\]'"):
        load(root).prepare()


def test_other_weights_are_another_version(root: Path) -> None:
    before = load(root).version
    assert load(root).version == before
    (root / "tiny" / "model.safetensors").write_bytes(b"trained")
    assert load(root).version != before


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("base_url: 'http://x/v1'", "base_url: means nothing for 'transformers/tiny'"),
        ("key: MY_KEY", "key: means nothing"),
        ("match: exact", "match: means nothing"),
        ("region: eu", "region: means nothing"),
        ("timeout: {total: 20s, connect: 1s}", "connect: means nothing"),
    ],
)
def test_keys_that_mean_nothing_are_mistakes(folder: Folder, line: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(folder(**{"feature.yaml": spec(line)}))
    (problem,) = caught.value.problems
    assert problem.what.startswith(says)
    assert (problem.file, problem.line) == ("feature.yaml", 3)


def test_keys_of_its_own_and_those_of_every_model(folder: Folder) -> None:
    line = "device: 'cuda:0', dtype: bfloat16, revision: main, timeout: {total: 20s, first_token: 5s}, retries: 0"
    read = load(folder(**{"feature.yaml": spec(line)})).spec.models["main"]
    assert read.options == {"device": "cuda:0", "dtype": "bfloat16", "revision": "main"}
    assert (read.timeouts.total, read.timeouts.first_token) == (20, 5)


def test_a_folder_that_is_none_is_told_at_its_line_before_anything_is_asked(folder: Folder) -> None:
    feature = load(folder(**{"feature.yaml": spec("").replace("tiny", "./tiny")}))
    with pytest.raises(SpecError, match=r"feature.yaml: there is no folder ./tiny"):
        feature.prepare()
