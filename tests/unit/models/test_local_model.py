"""A model in this process, seen from the event loop: the engine here is a few lines, the thread is real."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from threading import Event as Flag
from threading import Lock

import pytest

from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.errors import ErrorInfo, ModelError
from seatrial.core.events import AttemptEnded, Event, TextDelta
from seatrial.core.exchange import Attempt, TokenLogprob, Usage
from seatrial.models import local_weights
from seatrial.models.facts import Facts
from seatrial.models.local_engine import Ended, Progress
from seatrial.models.local_model import Desk, LocalModel, load_transformers
from seatrial.models.local_request import Ask
from seatrial.models.transport import Timeouts

USE = "transformers/tiny"
LIKELY = (TokenLogprob("he", -0.5), TokenLogprob("llo", -0.1))
Put = Callable[[TextDelta | None], None]


class Engine:
    """Says hello in two pieces; `between` is called before each token. Two generations at once are a failure."""

    def __init__(self, ended: Ended | None = "eos", fault: ErrorInfo | None = None) -> None:
        self.asks: list[Ask] = []
        self.ended = ended
        self.fault = fault
        self.load_fault: ErrorInfo | None = None
        self.between: Callable[[Flag], object] = lambda stop: None
        self.stopped = Flag()
        self._busy = Lock()

    def load(self) -> None:
        if self.load_fault is not None:
            raise ModelError(self.load_fault)

    def generate(self, ask: Ask, put: Put, stop: Flag, progress: Progress) -> None:
        assert self._busy.acquire(blocking=False)
        try:
            self.asks.append(ask)
            for count, piece in enumerate((TextDelta("he", LIKELY[:1]), None, TextDelta("llo", LIKELY[1:]))):
                self.between(stop)
                if stop.is_set():
                    self.stopped.set()
                    return
                progress.usage = Usage(5, count + 1)
                put(piece)
            if self.fault is not None:
                raise ModelError(self.fault)
            progress.ended = self.ended
        finally:
            self._busy.release()


def model(engine: Engine, timeouts: Timeouts | None = None) -> LocalModel:
    return LocalModel("main", USE, desk=Desk(engine), facts=Facts(), timeouts=timeouts or Timeouts())


def request(*, stream: bool = False, **params: object) -> ModelRequest:
    return ModelRequest((Message("user", "hi"),), params=params, stream=stream)


async def ask(local: LocalModel, asked: ModelRequest | None = None) -> tuple[list[Event], Attempt]:
    events = [event async for event in local.stream(asked or request())]
    assert isinstance(events[-1], AttemptEnded)
    return events[:-1], events[-1].attempt


def test_an_answer_in_one_piece() -> None:
    engine = Engine()
    said, attempt = asyncio.run(ask(model(engine), request(max_tokens=9)))
    assert said == [TextDelta("hello", LIKELY)]
    assert (attempt.finish, attempt.raw_finish, attempt.error) == ("stop", "eos", None)
    assert (attempt.usage, attempt.first_token_ms) == (Usage(5, 3), None)
    assert engine.asks[0].generation == {"max_new_tokens": 9}


def test_a_streamed_answer() -> None:
    said, attempt = asyncio.run(ask(model(Engine()), request(stream=True)))
    assert said == [TextDelta("he", LIKELY[:1]), TextDelta("llo", LIKELY[1:])]
    assert attempt.first_token_ms is not None
    assert 0 <= attempt.first_token_ms <= attempt.latency_ms


@pytest.mark.parametrize(
    ("ended", "finish", "error"),
    [("eos", "stop", None), ("stop", "stop", None), ("length", "length", None), (None, "error", "protocol")],
)
def test_how_it_ended(ended: Ended | None, finish: str, error: str | None) -> None:
    _, attempt = asyncio.run(ask(model(Engine(ended))))
    assert (attempt.finish, attempt.raw_finish) == (finish, ended)
    assert (attempt.error.kind if attempt.error else None) == error


def test_requests_are_answered_one_after_the_other_and_waiting_is_no_latency() -> None:
    engine, going, may_go = Engine(), Flag(), Flag()

    def wait(_: Flag) -> None:
        going.set()
        assert may_go.wait(5)

    engine.between = wait

    async def both() -> list[tuple[list[Event], Attempt]]:
        local = model(engine)
        asks = [asyncio.create_task(ask(local)) for _ in range(2)]
        await asyncio.to_thread(going.wait, 5)  # the loop is free while the first one generates
        await asyncio.sleep(0.01)
        assert len(engine.asks) == 1
        may_go.set()
        return await asyncio.gather(*asks)

    (first, one), (second, two) = asyncio.run(both())
    assert first == second == [TextDelta("hello", LIKELY)]
    assert one.finish == two.finish == "stop"
    assert max(one.queued_ms, two.queued_ms) >= 10


def test_giving_up_ends_the_generation() -> None:
    engine = Engine()
    seen: list[Flag] = []

    def hang(stop: Flag) -> None:
        if seen:
            stop.wait(5)
        seen.append(stop)

    engine.between = hang

    async def give_up() -> None:
        stream = model(engine).stream(request(stream=True))
        assert await anext(stream) == TextDelta("he", LIKELY[:1])
        await stream.aclose()
        assert await asyncio.to_thread(engine.stopped.wait, 5)

    asyncio.run(give_up())


def test_giving_up_while_waiting_asks_nothing() -> None:
    engine, may_go = Engine(), Flag()
    engine.between = lambda _: may_go.wait(5)

    async def give_up() -> None:
        local = model(engine)
        first = asyncio.create_task(ask(local))
        second = asyncio.create_task(ask(local))
        await asyncio.sleep(0.01)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        may_go.set()
        await first
        await ask(local)

    asyncio.run(give_up())
    assert len(engine.asks) == 2


def test_a_loop_that_ends_before_the_answer_does_no_harm() -> None:
    engine, may_go = Engine(), Flag()
    engine.between = lambda _: may_go.wait(5)
    local = model(engine)

    async def abandon() -> None:
        asyncio.get_running_loop().call_later(0.01, asyncio.current_task().cancel)  # type: ignore[union-attr]
        await ask(local)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(abandon())
    may_go.set()
    assert asyncio.run(ask(local))[1].finish == "stop"


@pytest.mark.parametrize(
    ("limits", "tokens", "says"),
    [
        (Timeouts(total=0.02), 0, "no whole answer within 0.02 s"),
        (Timeouts(first_token=0.02), 0, r"no token within 0.02 s \(first_token\)"),
        (Timeouts(between_tokens=0.02), 1, r"no token within 0.02 s \(between_tokens\)"),
    ],
)
def test_time_limits_end_the_generation(limits: Timeouts, tokens: int, says: str) -> None:
    engine, passed = Engine(), 0

    def hang(stop: Flag) -> None:
        nonlocal passed
        if passed == tokens:
            stop.wait(5)
        passed += 1

    engine.between = hang
    said, attempt = asyncio.run(ask(model(engine, limits), request(stream=True)))
    assert engine.stopped.wait(5)
    assert len(said) == tokens
    assert attempt.error is not None
    assert (attempt.finish, attempt.error.kind, attempt.error.switchable) == ("error", "timeout", True)
    with pytest.raises(ModelError, match=f"{USE}: {says}"):
        raise ModelError(attempt.error)
    assert attempt.usage == (Usage(5, 1) if tokens else None)


def test_a_fault_names_the_model_and_keeps_what_was_said() -> None:
    engine = Engine(fault=ErrorInfo(kind="outside", message="no memory", hint="take a smaller one", switchable=True))
    said, attempt = asyncio.run(ask(model(engine), request(stream=True)))
    assert len(said) == 2
    assert attempt.error is not None
    assert (attempt.finish, attempt.error.message, attempt.error.hint) == (
        "error",
        f"{USE}: no memory",
        "take a smaller one",
    )
    assert attempt.usage == Usage(5, 3)


def test_a_model_that_does_not_load_is_an_error_of_each_request() -> None:
    engine = Engine()
    engine.load_fault = ErrorInfo(kind="not_found", message="cannot be loaded")
    local = model(engine)
    for _ in range(2):
        said, attempt = asyncio.run(ask(local))
        assert (said, attempt.finish, engine.asks) == ([], "error", [])
        assert attempt.error is not None
        assert attempt.error.kind == "not_found"


def test_what_cannot_be_asked_is_the_users_mistake() -> None:
    engine = Engine()
    _, attempt = asyncio.run(ask(model(engine), request(num_beams=4)))
    assert attempt.error is not None
    assert attempt.error.kind == "bad_request"
    assert (attempt.error.switchable, attempt.error.hint) == (False, "one sequence is generated, token by token")
    assert engine.asks == []


def test_models_of_the_same_weights_share_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_weights, "PACKAGES", ())
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "config.json").write_text("{}")
    warm, cold, other = (
        load_transformers(name, USE, tmp_path, file="feature.yaml", options=options)
        for name, options in (("warm", {}), ("cold", {}), ("other", {"device": "cpu"}))
    )
    assert warm._desk is cold._desk
    assert warm._desk is not other._desk
