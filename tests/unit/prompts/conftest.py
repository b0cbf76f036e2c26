"""Prompt files in a folder of their own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from seatrial.prompts.prompt import Prompt, load_prompt

Load = Callable[..., Prompt]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads `text` as prompts/chat.md, with other files of the feature beside it."""

    def load(text: str, **files: str) -> Prompt:
        (tmp_path / "prompts").mkdir(exist_ok=True)
        for name, content in {"prompts/chat.md": text, **files}.items():
            (tmp_path / name).write_text(content, newline="")
        return load_prompt(tmp_path / "prompts" / "chat.md", root=tmp_path)

    return load
