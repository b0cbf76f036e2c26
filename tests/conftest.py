"""What tests of every level share: pytest's own tester, a feature folder written for one test, and how hard property
tests search.
"""

from __future__ import annotations

import json
import os
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

os.environ["SEATRIAL_GUARD_KEY"] = "a key of the tests alone"  # else one is made in the home of whoever runs them

# Quick and the same every time for each change; `make test-all` searches further, with new examples each time.
settings.register_profile("quick", deadline=None, max_examples=25, derandomize=True)
settings.register_profile("thorough", deadline=None, max_examples=200)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))

FEATURE = """\
feature: demo
models:
  main: {use: scripted/script.yaml}
prompt: prompts/chat.md
"""

PROMPT = """\
---
inputs:
  question: string
  place: {type: string, default: here}
---
system:
You are in {{ place }}.
history:
user:
{{ question }}
"""

SCRIPT = "rules: []\ndefault: fine, thanks\n"


class Project:
    """A feature folder: a scripted model that says `fine, thanks`, a prompt that takes `question` and `place`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.write("feature.yaml", FEATURE)
        self.write("prompts/chat.md", PROMPT)
        self.write("script.yaml", SCRIPT)

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def rows(self, name: str, rows: Iterable[Mapping[str, Any]]) -> Path:
        """JSON lines."""
        return self.write(name, "".join(json.dumps(row) + "\n" for row in rows))

    def models(self, **replies: str) -> None:
        """Models that each say one thing, in the place of the one there is."""
        lines = [f"  {name}: {{use: scripted/{name}.yaml}}\n" for name in replies]
        self.write("feature.yaml", f"feature: demo\nmodels:\n{''.join(lines)}prompt: prompts/chat.md\n")
        for name, reply in replies.items():
            self.write(f"{name}.yaml", f"rules: []\ndefault: {reply}\n")

    def suite(self, text: str, name: str = "evals/demo.yaml") -> Path:
        return self.write(name, text)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "demo"
    root.mkdir()
    return Project(root)
