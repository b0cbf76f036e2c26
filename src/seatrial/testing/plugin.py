"""The pytest plugin: an ini setting and the `feature` fixture; imports nothing of ours until the fixture is used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from seatrial.feature.feature import Feature

_LOADED = pytest.StashKey[dict[Path, "Feature"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("seatrial_feature", "folder of the feature under test (default: nearest feature.yaml upwards)")


@pytest.fixture
def feature(request: pytest.FixtureRequest) -> Feature:
    """The feature under test, loaded once a session."""
    folder = _folder(request)
    loaded = request.config.stash.setdefault(_LOADED, {})
    if folder not in loaded:
        from seatrial.core.errors import SpecError
        from seatrial.feature.feature import load

        try:
            loaded[folder] = load(folder)
        except SpecError as error:
            pytest.fail(str(error), pytrace=False)
    return loaded[folder]


def _folder(request: pytest.FixtureRequest) -> Path:
    named = str(request.config.getini("seatrial_feature"))
    if named:
        return (request.config.rootpath / named).resolve()
    for folder in request.path.parents:
        if (folder / "feature.yaml").is_file():
            return folder
    pytest.fail(
        f"no feature.yaml in {request.path.parent} or above it\n"
        "hint: set  seatrial_feature = DIR  in pytest's ini file",
        pytrace=False,
    )
