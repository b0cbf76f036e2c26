"""Each time limit of a model, over a real connection: what it ends, when, and what is kept of the answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from seatrial.core.conversation import Message, ModelRequest
from seatrial.core.events import AttemptEnded, TextDelta
from seatrial.core.exchange import Attempt
from seatrial.models.http import HttpTransport
from seatrial.models.provider import http_model
from seatrial.models.transport import Timeouts

SHORT, LONG = 0.05, 20.0
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"

Serve = Callable[[asyncio.StreamWriter], Awaitable[None]]


def piece(text: str) -> bytes:
    return b'data: {"choices":[{"delta":{"content":"%b"}}]}\n\n' % text.encode()


END = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@asynccontextmanager
async def served(serve: Serve) -> AsyncIterator[int]:
    handlers: list[asyncio.Task[None] | None] = []

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.append(asyncio.current_task())
        with suppress(OSError, asyncio.IncompleteReadError):
            await reader.readuntil(b"}")
            await serve(writer)
            await reader.read()  # until the client goes away
        writer.close()

    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*[each for each in handlers if each is not None])


def ask(serve: Serve, *, stream: bool = True, scheme: str = "http", **limits: float) -> tuple[str, Attempt]:
    async def drain() -> tuple[str, Attempt]:
        transport = HttpTransport()
        async with served(serve) as port:
            model = http_model(
                "main",
                "openai-compatible/m",
                base_url=f"{scheme}://127.0.0.1:{port}/v1",
                transport=lambda: transport,
                timeouts=Timeouts(**{"total": LONG, **limits}),
            )
            asked = ModelRequest((Message("user", "hi"),), stream=stream)
            events = [event async for event in model.stream(asked)]
            await transport.aclose()
        text = "".join(event.text for event in events if isinstance(event, TextDelta))
        assert isinstance(events[-1], AttemptEnded)
        return text, events[-1].attempt

    return asyncio.run(drain())


async def nothing(writer: asyncio.StreamWriter) -> None:
    await writer.drain()


async def headers_alone(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + chunk(b": still there\n\n"))


async def one_piece(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + chunk(piece("one ")))


async def pings_after_one_piece(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD + chunk(piece("one ")))
    while not writer.is_closing():
        writer.write(chunk(b": ping\n\n") + chunk(piece("")))
        await asyncio.sleep(0.005)


async def slowly(writer: asyncio.StreamWriter) -> None:
    writer.write(HEAD)
    for _ in range(6):
        await asyncio.sleep(0.5)
        writer.write(chunk(piece("x")))
    writer.write(chunk(END) + chunk(b""))


@pytest.mark.parametrize(
    ("serve", "limits", "limit", "text"),
    [
        (nothing, {"first_token": SHORT}, "first_token", ""),
        (headers_alone, {"first_token": SHORT}, "first_token", ""),
        (one_piece, {"first_token": LONG, "between_tokens": SHORT}, "between_tokens", "one "),
        pytest.param(
            one_piece, {"total": 2.0, "between_tokens": LONG}, "total", "one ", marks=pytest.mark.slow
        ),  # a machine that is paused for less does not end it before the text is there
    ],
)
def test_the_limit_that_is_reached_ends_the_attempt_and_is_named(
    serve: Serve, limits: dict[str, float], limit: str, text: str
) -> None:
    got, attempt = ask(serve, **limits)
    assert got == text  # what came is kept
    assert attempt.finish == "error"
    assert attempt.error is not None
    assert attempt.error.kind == "timeout"
    assert attempt.error.hint is not None
    assert limit in attempt.error.hint
    assert attempt.latency_ms < LONG * 1000 / 4


def test_what_is_no_token_does_not_count_as_one() -> None:
    text, attempt = ask(pings_after_one_piece, total=LONG / 10, between_tokens=SHORT)
    assert text == "one "
    assert attempt.error is not None
    assert "between_tokens" in (attempt.error.hint or "")


@pytest.mark.slow
def test_a_stream_that_goes_on_may_take_longer_than_each_limit() -> None:
    text, attempt = ask(slowly, first_token=2.0, between_tokens=2.0)
    assert (text, attempt.finish) == ("xxxxxx", "stop"), attempt


def test_an_answer_that_was_not_to_be_streamed_has_no_first_token_to_wait_for() -> None:
    async def late(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(SHORT * 2)
        body = b'{"choices":[{"message":{"content":"whole"},"finish_reason":"stop"}]}'
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))

    assert ask(late, stream=False, first_token=SHORT)[0] == "whole"


def test_a_connection_that_is_not_made_in_time_is_given_up() -> None:
    _, attempt = ask(nothing, scheme="https", connect=SHORT)  # the server never answers the handshake
    assert attempt.error is not None
    assert (attempt.error.kind, attempt.error.billable) == ("timeout", False)
    assert attempt.error.hint is not None
    assert "connect" in attempt.error.hint
