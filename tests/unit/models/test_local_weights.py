"""Which weights `transformers/NAME_OR_PATH` means, and what tells one version of them from another."""

from __future__ import annotations

from pathlib import Path

import pytest

from seatrial.core.errors import OutsideError, SpecError
from seatrial.models import local_weights
from seatrial.models.local_weights import find_weights, may_download, weights_version


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_weights, "PACKAGES", ("json",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "models" / "tiny").mkdir(parents=True)
    (tmp_path / "models" / "tiny" / "config.json").write_text("{}")
    return tmp_path


@pytest.mark.usefixtures("installed")
def test_a_path_is_relative_to_the_feature(folder: Path) -> None:
    weights = find_weights("models/tiny", folder, {"device": "cpu"}, file="feature.yaml")
    assert weights.is_folder
    assert Path(weights.path) == folder / "models" / "tiny"
    assert (weights.device, weights.dtype, weights.revision) == ("cpu", None, None)
    assert find_weights("./models/tiny", folder, {"device": "cpu"}, file="feature.yaml") == weights
    assert find_weights(weights.path, Path("/elsewhere"), {"device": "cpu"}, file="feature.yaml") == weights


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["gpt2", "Qwen/Qwen2.5-0.5B-Instruct"])
def test_what_is_no_folder_may_be_a_name_of_the_hub(folder: Path, name: str) -> None:
    weights = find_weights(name, folder, {"revision": "main"}, file="feature.yaml")
    assert (weights.path, weights.is_folder, weights.revision) == (name, False, "main")


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("models", "there is no model in models"),
        ("models/small/best", "there is no folder models/small/best"),
        ("../tiny", "there is no folder"),
        ("./tiny", "there is no folder"),
        ("/models/tiny", "there is no folder"),
        ("a name", "there is no folder"),
    ],
)
def test_what_can_be_neither_is_refused(folder: Path, name: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        find_weights(name, folder, {}, file="feature.yaml")
    assert says in caught.value.problems[0].what
    assert caught.value.problems[0].file == "feature.yaml"


def test_a_missing_extra_is_one_line_with_the_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_weights, "PACKAGES", ("json", "no_such_package_here"))
    with pytest.raises(
        OutsideError, match=r"needs no_such_package_here\n  hint: pip install 'seatrial\[transformers\]'"
    ):
        find_weights("models/tiny", folder, {}, file="feature.yaml")


@pytest.mark.parametrize(
    ("said", "may"), [(None, False), ("1", False), ("", False), ("0", True), ("false", True), ("yes", False)]
)
def test_nothing_is_fetched_unless_the_environment_says_so(
    said: str | None, may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    if said is not None:
        monkeypatch.setenv("HF_HUB_OFFLINE", said)
    assert may_download() is may


def test_the_version_is_that_of_the_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_weights, "STRIDE", 8)
    monkeypatch.setattr(local_weights, "BLOCK", 4)
    tiny = folder / "models" / "tiny"
    weights = tiny / "model.safetensors"
    weights.write_bytes(b"0123456789abcdef0123")
    first = weights_version(tiny)
    assert first == weights_version(tiny)
    assert weights_version(folder / "nowhere") is None
    changed = [b"0123456789abcdef0124", b"0123456789abcdef012", b"012345678Xabcdef0123", b"X123456789abcdef0123"]
    versions = {first}
    for each in changed:
        weights.write_bytes(each)
        versions.add(weights_version(tiny))
    assert len(versions) == 5
    weights.write_bytes(b"0123456789abcdef0123")
    assert weights_version(tiny) == first
    weights.rename(tiny / "other.safetensors")
    assert weights_version(tiny) != first
