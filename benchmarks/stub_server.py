"""A very fast stand-in for an OpenAI-compatible server, so that a benchmark measures its client.

    python benchmarks/stub_server.py --port 0 [--delay-ms 0] [--answer TEXT] [--max-seconds 600]

Prints its port as the first line. POST /v1/chat/completions answers plain, or as a stream when the body says so, in
lower case with the end of what it was asked. Listens on 127.0.0.1 only; ends when its standard input is closed or
time is up.
"""

import argparse
import asyncio
import sys
import threading
from typing import Any

import httptools
import msgspec
import uvloop

_ECHOED = 200  # characters of the question


class _Message(msgspec.Struct):
    role: str
    content: Any = None


class _Body(msgspec.Struct):
    messages: list[_Message]
    model: str = "stub"
    stream: bool = False


_decode = msgspec.json.Decoder(_Body).decode
_encode = msgspec.json.Encoder().encode
_PLAIN = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
_REFUSED = b"HTTP/1.1 %d Refused\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
_STREAM = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n%b0\r\n\r\n"


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return " ".join(part.get("text", "") for part in content or () if isinstance(part, dict))


def _usage(question: str, answer: str) -> dict[str, int]:
    prompt, completion = len(question.split()), len(answer.split())
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _plain(body: _Body, question: str, answer: str) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
    completion = {
        "id": "chatcmpl-stub",
        "object": "chat.completion",
        "created": 0,
        "model": body.model,
        "choices": [choice],
        "usage": _usage(question, answer),
    }
    payload = _encode(completion)
    return _PLAIN % (len(payload), payload)


def _streamed(body: _Body, question: str, answer: str) -> bytes:
    frame = {"id": "chatcmpl-stub", "object": "chat.completion.chunk", "created": 0, "model": body.model}
    words = [word if index == 0 else f" {word}" for index, word in enumerate(answer.split(" "))]
    deltas: list[tuple[dict[str, str], str | None]] = [({"role": "assistant", "content": ""}, None)]
    deltas += [({"content": word}, None) for word in words]
    deltas.append(({}, "stop"))
    events = [frame | {"choices": [{"index": 0, "delta": delta, "finish_reason": reason}]} for delta, reason in deltas]
    events.append(frame | {"choices": [], "usage": _usage(question, answer)})
    lines = [b"data: " + _encode(event) + b"\n\n" for event in events] + [b"data: [DONE]\n\n"]
    return _STREAM % b"".join(b"%x\r\n%b\r\n" % (len(line), line) for line in lines)


class _Stub(asyncio.Protocol):
    def __init__(self, answer: str | None, delay: float) -> None:
        self._answer = answer
        self._delay = delay
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        response = self._respond(self._url, self._body)
        self._url = self._body = b""
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, response)
        else:
            self._transport.write(response)

    def _respond(self, url: bytes, raw: bytes) -> bytes:
        if url != b"/v1/chat/completions":
            return self._refuse(404, "only /v1/chat/completions is here")
        try:
            body = _decode(raw)
        except msgspec.MsgspecError as error:
            return self._refuse(400, str(error))
        question = _text(body.messages[-1].content) if body.messages else ""
        answer = f"you asked: {question[-_ECHOED:].lower()}" if self._answer is None else self._answer
        return (_streamed if body.stream else _plain)(body, question, answer)

    def _refuse(self, status: int, message: str) -> bytes:
        payload = _encode({"error": {"message": message, "type": "invalid_request_error"}})
        return _REFUSED % (status, len(payload), payload)


async def _serve(options: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def wait_for_end_of_input() -> None:
        sys.stdin.buffer.read()
        loop.call_soon_threadsafe(stop.set)

    answer, delay = options.answer, options.delay_ms / 1000
    server = await loop.create_server(lambda: _Stub(answer, delay), "127.0.0.1", options.port, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    threading.Thread(target=wait_for_end_of_input, daemon=True).start()
    loop.call_later(options.max_seconds, stop.set)
    await stop.wait()
    server.close()


def main() -> None:
    """Parse the options and serve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--delay-ms", type=float, default=0)
    parser.add_argument("--answer", help="say this to everything")
    parser.add_argument("--max-seconds", type=float, default=600)
    uvloop.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
