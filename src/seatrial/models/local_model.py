"""`transformers/NAME_OR_PATH`: a Hugging Face model that runs in this process; is a Model.

Requests are generated one after the other, each on the engine's one thread, so that the event loop stays free; how long
a request waited for those before it, and for the weights at first, is its `queued_ms`. Batching was rejected: that is
what servers are for, and they are one line of feature.yaml away.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, suppress
from pathlib import Path
from threading import Event as Flag
from time import perf_counter
from typing import Any, Protocol
from weakref import WeakValueDictionary

import msgspec

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import ErrorInfo, ModelError
from seatrial.core.events import AttemptEnded, Event, TextDelta
from seatrial.core.exchange import Attempt, FinishReason
from seatrial.models.catalogue import find_provider
from seatrial.models.facts import Facts, facts_of
from seatrial.models.faults import protocol_fault, request_fault
from seatrial.models.local_engine import Ended, Engine, Progress
from seatrial.models.local_request import Ask, write_ask
from seatrial.models.local_weights import Weights, find_weights
from seatrial.models.schema_tool import rung_of
from seatrial.models.schema_words import with_words
from seatrial.models.transport import Limit, Timeouts

_Item = TextDelta | None | Future[None]
"""What arrives: a piece of text, that there is a token which completes none, or last how it ended."""

FINISH: dict[Ended, FinishReason] = {"eos": "stop", "stop": "stop", "length": "length"}


class Generator(Protocol):
    """What loads and generates; see `Engine`."""

    def load(self) -> None: ...

    def generate(self, ask: Ask, put: Callable[[TextDelta | None], None], stop: Flag, progress: Progress) -> None: ...


class Desk:
    """An engine and the one thread it runs on; models with the same weights share one."""

    def __init__(self, engine: Generator) -> None:
        self.engine = engine
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="seatrial-model")


_DESKS: WeakValueDictionary[Weights, Desk] = WeakValueDictionary()


class LocalModel:
    """One line of feature.yaml on a desk."""

    def __init__(self, name: str, use: str, *, desk: Desk, facts: Facts, timeouts: Timeouts) -> None:
        self.name = name
        self.use = use
        self._desk = desk
        self._facts = facts
        self._timeouts = timeouts

    async def stream(self, request: ModelRequest) -> AsyncGenerator[Event]:
        answer = _Answer(self._desk, self._timeouts, streams=request.stream)
        error: ErrorInfo | None = None
        try:
            async with aclosing(answer.pieces(write_ask(with_words(request, self._facts), self._facts))) as pieces:
                whole: list[TextDelta] = []
                async for piece in pieces:
                    if request.stream:
                        yield piece
                    else:
                        whole.append(piece)
                if whole:
                    logprobs = tuple(each for piece in whole for each in piece.logprobs)
                    yield TextDelta("".join(piece.text for piece in whole), logprobs)
        except ValueError as fault:
            error = request_fault(fault, use=self.use)
        except ModelError as fault:
            error = msgspec.structs.replace(fault.info, message=f"{self.use}: {fault.info.message}")
        yield AttemptEnded(self._ended(request, answer, error))

    def _ended(self, request: ModelRequest, answer: _Answer, error: ErrorInfo | None) -> Attempt:
        progress = answer.progress
        finish = FINISH.get(progress.ended) if progress.ended is not None else None
        if error is None and finish is None:
            error = protocol_fault("generation ended for a reason unknown", use=self.use, billable=False)
        first = answer.first_token if request.stream else None
        return Attempt(
            model=self.name,
            use=self.use,
            params=request.params,
            rung=rung_of(request, self._facts),
            served_by=progress.served_by,
            finish="error" if error is not None or finish is None else finish,
            raw_finish=progress.ended,
            usage=progress.usage,
            first_token_ms=None if first is None else (first - answer.started) * 1000,
            latency_ms=(perf_counter() - answer.started) * 1000,
            queued_ms=(answer.started - answer.asked) * 1000,
            error=error,
        )


class _Answer:
    """One answer on its way from the thread to the event loop."""

    def __init__(self, desk: Desk, limits: Timeouts, *, streams: bool) -> None:
        self._desk = desk
        self._limits = limits
        self._streams = streams
        self._stop = Flag()
        self._arrived: asyncio.Queue[_Item] = asyncio.Queue()
        self.progress = Progress()
        self.asked = self.started = perf_counter()
        self.first_token: float | None = None

    async def pieces(self, ask: Ask) -> AsyncGenerator[TextDelta]:
        """Raises ModelError. When the generator is closed, generation ends after the token it is at."""
        loop = asyncio.get_running_loop()

        def tell(item: _Item) -> None:
            with suppress(RuntimeError):  # the loop is closed, and with it whoever asked is gone
                loop.call_soon_threadsafe(self._arrived.put_nowait, item)

        future = self._desk.thread.submit(self._work, ask, tell)
        future.add_done_callback(tell)
        try:
            item = await self._arrived.get()  # it is our turn, or there was a fault
            self.started = latest = perf_counter()
            while not isinstance(item, Future):
                item = await self._within(latest)
                latest = perf_counter()
                if isinstance(item, TextDelta):
                    self.first_token = self.first_token or latest
                    yield item
            item.result()
        finally:
            self._stop.set()
            future.cancel()

    def _work(self, ask: Ask, tell: Callable[[TextDelta | None], None]) -> None:
        """On the thread."""
        if not self._stop.is_set():
            self._desk.engine.load()
            tell(None)
            self._desk.engine.generate(ask, tell, self._stop, self.progress)

    async def _within(self, latest: float) -> _Item:
        """The next to arrive, within the limits; every token counts, also one that shows no text yet."""
        when, limit = min(self._deadlines(latest))
        try:
            async with asyncio.timeout(max(when - perf_counter(), 0)):
                return await self._arrived.get()
        except TimeoutError:
            raise ModelError(_late(limit, getattr(self._limits, limit))) from None

    def _deadlines(self, latest: float) -> Iterable[tuple[float, Limit]]:
        limits = self._limits
        yield self.started + limits.total, "total"
        if self._streams and self.first_token is None and limits.first_token is not None:
            yield self.started + limits.first_token, "first_token"
        if self._streams and self.first_token is not None and limits.between_tokens is not None:
            yield latest + limits.between_tokens, "between_tokens"


def _late(limit: Limit, seconds: float) -> ErrorInfo:
    return ErrorInfo(
        kind="timeout",
        message=f"no whole answer within {seconds:g} s"
        if limit == "total"
        else f"no token within {seconds:g} s ({limit})",
        hint=f"raise  timeout: {{{limit}: …}}  or ask for a shorter answer",
        switchable=True,  # another model may answer; this one would be as slow again
    )


def load_transformers(
    name: str,
    use: str,
    folder: Path,
    *,
    file: str,
    timeouts: Timeouts | None = None,
    facts: Mapping[str, Any] | None = None,
    options: Mapping[str, str] | None = None,
) -> LocalModel:
    """The Model of `use`; its weights are loaded by the first request. `options` are device, dtype and revision.
    Raises SpecError (in `file`) where there can be no such model, OutsideError where the extra is not installed.
    """
    provider, model = find_provider(use)
    weights = find_weights(model, folder, dict(options or {}), file=file)
    desk = _DESKS.get(weights) or Desk(Engine(weights))
    _DESKS[weights] = desk
    known = facts_of(use, provider.facts, [dict(facts or {})])
    return LocalModel(name, use, desk=desk, facts=known, timeouts=timeouts or Timeouts())
