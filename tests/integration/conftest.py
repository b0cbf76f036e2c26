"""Real models for the tests of this folder; each skips with its reason where it cannot be had."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import need, tiny_llama


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama with a chat template."""
    need("torch", "transformers")
    return tiny_llama(tmp_path_factory.mktemp("tiny"))
