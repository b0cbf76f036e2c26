"""Judges made of Python functions, and one call from an entry to the verdict on an answer."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

import seatrial.feature.lending  # noqa: F401 - joins the checks that ask a model to the table
from seatrial.checks.bind import bind_entry
from seatrial.checks.parameters import NamedModel
from seatrial.core.conversation import Message, ModelRequest, Request
from seatrial.core.errors import ErrorInfo, SpecError
from seatrial.core.events import AttemptEnded, TextDelta
from seatrial.core.exchange import Attempt, Exchange, TokenLogprob, Usage
from seatrial.core.view import View

MARK = re.compile(r"<<<[a-z0-9 ]* ([0-9a-f]{12})$", re.MULTILINE)


@dataclass
class Said:
    """What a judge says, where it is more than text."""

    text: str
    finish: str = "stop"
    error: str | None = None
    logprobs: tuple[TokenLogprob, ...] = ()


Reply = Callable[[ModelRequest], str | Said]


def mark_in(request: ModelRequest) -> str:
    return MARK.search(request.messages[-1].text)[1]


def verdict(word: str, request: ModelRequest | None = None, reason: str = "because") -> str:
    """A judge's answer; with the request it carries its mark."""
    own = {"id": mark_in(request)} if request is not None else {}
    return json.dumps({**own, "reason": reason, "verdict": word})


class FunctionModel:
    """Answers with what `reply` gives, and keeps what it was asked."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply
        self.requests: list[ModelRequest] = []

    async def stream(self, request: ModelRequest):
        self.requests.append(request)
        said = self._reply(request)
        said = Said(said) if isinstance(said, str) else said
        if said.error is not None:
            error = ErrorInfo(kind=said.error, message="it failed")
            yield AttemptEnded(Attempt(model="judge", use="function/judge", finish="error", error=error))
            return
        yield TextDelta(said.text, said.logprobs)
        usage = Usage(input_total=100, output_total=10)
        yield AttemptEnded(Attempt(model="judge", use="function/judge", finish=said.finish, usage=usage, cost_nusd=5))


class Court:
    """Lends models made of functions to checks."""

    def __init__(self, judges: Mapping[str, Reply], **facts: Any) -> None:
        self.models = {name: FunctionModel(reply) for name, reply in judges.items()}
        self._facts = facts

    def lend(self, name: str) -> NamedModel:
        if name not in self.models:
            raise SpecError(f"feature.yaml has no model {name!r} to ask")
        model = self.models[name]
        lent = {"model": lambda: model, "embedder": lambda: None, "moderator": lambda: None}
        return NamedModel(name, f"function/{name}", name, {}, **lent, **self._facts)

    def bind(self, entry: Any):
        return bind_entry(entry, lend=self.lend)

    def judge(self, entry: Any, answer: str, **exchange: Any):
        return asyncio.run(self.bind(entry).check(View.of(make_exchange(answer, **exchange))))

    @property
    def requests(self) -> list[ModelRequest]:
        return [request for model in self.models.values() for request in model.requests]


def make_exchange(answer: str, asked: str = "what is it?", context: tuple[str, ...] = (), **more: Any) -> Exchange:
    earlier = more.pop("earlier", ())
    request = Request((*(Message(*each) for each in earlier), Message("user", asked)) if asked else ())
    made = Exchange(id="x", request=request, message=Message("assistant", answer), finish="stop", context=context)
    return msgspec.structs.replace(made, **more)


@pytest.fixture(scope="session")
def court() -> Callable[..., Court]:
    """`court(reply)`: one judge, named `judge`; or several by their names."""
    return lambda reply=None, /, facts=None, **judges: Court(judges or {"judge": reply}, **(facts or {}))


@pytest.fixture(scope="session")
def say() -> Callable[..., str]:
    return verdict


@pytest.fixture(scope="session")
def said() -> type[Said]:
    return Said
