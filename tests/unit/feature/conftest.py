"""Feature folders, and models that do as they are told."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import ErrorInfo
from seatrial.core.events import AttemptEnded, Event, TextDelta
from seatrial.core.exchange import Attempt
from seatrial.feature.feature import Feature, load

PROMPT = """---
inputs: {question: string, place: {type: string, default: here}}
---
system:
You are in {{ place }}.
history:
user:
{{ question }}
"""
SPEC = """feature: harbor
models:
  main: {use: scripted/main.yaml}
  spare: {use: scripted/spare.yaml}
prompt: chat.md
route: [main, spare]
"""
FILES = {
    "feature.yaml": SPEC,
    "chat.md": PROMPT,
    "main.yaml": "rules: []\ndefault: from main\n",
    "spare.yaml": "rules: []\ndefault: from spare\n",
}


def ended(error: ErrorInfo | None = None) -> AttemptEnded:
    return AttemptEnded(Attempt(model="m", use="x/m", finish="error" if error else "stop", error=error))


class Fake:
    """A model that gives events, raises what it meets among them, and waits for ever at `...`."""

    def __init__(self, *steps: Event | BaseException | type[...]) -> None:  # type: ignore[valid-type]
        self.steps = steps
        self.asked: list[ModelRequest] = []
        self.closed = 0
        self.waiting = asyncio.Event()

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        self.asked.append(request)
        try:
            for step in self.steps:
                if step is ...:
                    self.waiting.set()
                    await asyncio.Event().wait()
                elif isinstance(step, BaseException):
                    raise step
                else:
                    yield step
        finally:
            self.closed += 1
            await asyncio.sleep(0)


class Toolbox:
    Fake = Fake
    ended = staticmethod(ended)

    @staticmethod
    def says(*texts: str) -> Fake:
        return Fake(*map(TextDelta, texts), ended())


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    def make(**files: str) -> Path:
        for name, text in {**FILES, **files}.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return tmp_path

    return make


@pytest.fixture
def feature(folder: Callable[..., Path]) -> Feature:
    return load(folder())


@pytest.fixture
def fakes() -> type[Toolbox]:
    return Toolbox
