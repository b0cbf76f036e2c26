"""A model made of a Python function, and the cases and problems of a suite file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from seatrial.checks.define import CHECKS
from seatrial.core.case import Case
from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import ErrorInfo, Problem, SpecError
from seatrial.core.events import AttemptEnded, Event, TextDelta
from seatrial.core.exchange import Attempt
from seatrial.evals.run import Run, evaluate
from seatrial.evals.suites import load_suites
from seatrial.feature.feature import load

Reply = Callable[[ModelRequest], str | Awaitable[str]]


class Failure(Exception):
    """Raised by a reply: the attempt ends in an error of this kind."""


class FunctionModel:
    """Answers with what `reply` returns; keeps every request and counts how many are open at once."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.requests: list[ModelRequest] = []
        self.open = 0
        self.most_open = 0

    @property
    def asked(self) -> list[str]:
        return [request.conversation[-1].content for request in self.requests]

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        self.requests.append(request)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            text = self._reply(request)
            if not isinstance(text, str):
                text = await text
        except Failure as failure:
            error = ErrorInfo(kind=str(failure), message=f"failed: {failure}")
            yield AttemptEnded(Attempt(model="main", use="function/main", finish="error", error=error))
            return
        finally:
            self.open -= 1
        yield TextDelta(text)
        yield AttemptEnded(Attempt(model="main", use="function/main", finish="stop"))


async def next_turns(count: int = 20) -> None:
    """Let every other task of the loop go on for some steps."""
    for _ in range(count):
        await asyncio.sleep(0)


class Bench:
    """Runs a project's suites on a model made of a function."""

    model = FunctionModel
    failure = Failure
    next_turns = staticmethod(next_turns)

    def __init__(self, root: Path) -> None:
        self.root = root

    def run(self, reply: Reply | FunctionModel = lambda request: "fine", **options: Any) -> Run:
        model = reply if isinstance(reply, FunctionModel) else FunctionModel(reply)
        feature = load(self.root)
        feature.use_model("main", model)
        return evaluate(feature, **options)

    def cases(self, name: str = "demo") -> list[Case]:
        (suite,) = load_suites(self.root, [name])
        return list(suite.cases())

    def problems(self, **options: Any) -> list[Problem]:
        """The mistakes that stop an eval; nothing must have run or been left behind."""
        model = FunctionModel(lambda request: "fine")
        with pytest.raises(SpecError) as caught:
            self.run(model, **options)
        assert model.requests == []
        assert not list((self.root / ".seatrial" / "runs").glob("*"))
        return list(caught.value.problems)


@pytest.fixture(autouse=True)
def own_checks_end_with_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a feature registers in one test is no check of the next."""
    monkeypatch.setattr(CHECKS, "_loaded", dict(CHECKS._loaded))


@pytest.fixture
def bench(project: Any) -> Bench:
    return Bench(project.root)
