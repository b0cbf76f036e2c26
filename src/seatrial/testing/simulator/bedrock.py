"""The Converse wire of Amazon Bedrock: JSON in one piece, or a binary event stream.

Sources: the Amazon Bedrock API reference, "Converse", "ConverseStream", "ListFoundationModels", their data types and
errors; the Smithy specification, "AWS restJson1 protocol", on how errors are told. Input tokens are counted without
those read from and written to the cache. A block of text has no event at its start.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from seatrial.core.exchange import FinishReason, Usage
from seatrial.core.parts import ToolCall
from seatrial.testing.simulator.asked import Asked, Refused
from seatrial.testing.simulator.aws_key import check_aws_key
from seatrial.testing.simulator.bedrock_request import read_converse
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.event_stream import FRAMING, writer
from seatrial.testing.simulator.plan import Framing, Send, SendKind
from seatrial.testing.simulator.reply import Reply, tokens
from seatrial.testing.simulator.wire import encode, object_arguments

FINISH: dict[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
    "refused": "content_filtered",
    "blocked": "guardrail_intervened",
}
ERRORS = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
IN_STREAM = {
    400: "validationException",
    424: "modelStreamErrorException",
    429: "throttlingException",
    500: "internalServerException",
    503: "serviceUnavailableException",
}
"""The only errors a stream has events for."""

SIGNATURE = "c2ltdWxhdGVkIHNpZ25hdHVyZQ=="
PADDING = "abcdefghijklmnop"
"""Every event is padded, so that its length does not tell that of a token; how much is the same here every time."""

METRICS = {"metrics": {"latencyMs": 1}}


class BedrockWire:
    name = "bedrock"

    def read(self, call: Call, model: str, *, stream: bool) -> Asked:
        return read_converse(call, model, wire=self.name, stream=stream)

    def whole(self, asked: Asked, reply: Reply, number: int) -> bytes:
        message = {"role": "assistant", "content": _blocks(reply)}
        answer: dict[str, Any] = {"output": {"message": message}, **_stop(reply), **METRICS, **_trace(reply)}
        if reply.has_usage:
            answer["usage"] = _usage(reply.counted(asked))
        return encode(answer)

    def events(self, asked: Asked, reply: Reply, number: int) -> list[Send]:
        sends = [Send(_event("messageStart", role="assistant"), "open")]
        for index, block in enumerate(_blocks(reply)):
            sends += _block_events(index, block)
        sends.append(Send(_event("messageStop", **_stop(reply)), "finish"))
        if reply.has_usage:
            told = {"usage": _usage(reply.counted(asked)), **METRICS, **_trace(reply)}
            sends.append(Send(_event("metadata", **told), "usage"))
        return sends

    def framing(self, asked: Asked) -> Framing:
        return FRAMING

    def token_event(self, asked: Asked, number: int) -> Callable[[str], bytes]:
        return _deltas(0, lambda text: {"text": text})

    def error(self, refused: Refused) -> bytes:
        """Its type is told in a header; where there is no error's header, in the body."""
        kind = {"__type": _type(refused)} if refused.in_answer else {}
        return encode({**kind, "message": refused.message})

    def error_event(self, asked: Asked, status: int, message: str) -> bytes:
        default = IN_STREAM[500] if status >= 500 else IN_STREAM[400]
        return writer(IN_STREAM.get(status, default), "exception")(encode({"message": message}))

    def check_key(self, call: Call, key: str) -> None:
        check_aws_key(call, key)

    def headers(self, number: int, refused: Refused | None = None) -> list[tuple[str, str]]:
        kind = [("x-amzn-errortype", _type(refused))] if refused is not None else []
        return [("x-amzn-requestid", f"req-{number}"), *kind]

    def models(self, names: Sequence[str]) -> bytes:
        arn = "arn:aws:bedrock:us-east-1::foundation-model/"
        return encode({"modelSummaries": [{"modelArn": arn + name, "modelId": name} for name in names]})

    def operations(self) -> dict[str, Callable[[Call, str], bytes]]:
        return {}


def _type(refused: Refused) -> str:
    default = ERRORS[500] if refused.status >= 500 else ERRORS[400]
    return {"not_found": "UnknownOperationException"}.get(refused.code or "") or (
        refused.code or ERRORS.get(refused.status, default)
    )


def _blocks(reply: Reply) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if reply.reasoning:
        blocks.append({"reasoningContent": {"reasoningText": {"text": reply.reasoning, "signature": SIGNATURE}}})
    if reply.text:
        blocks.append({"text": reply.text})
    return [*blocks, *map(_call, reply.tool_calls)]


def _call(call: ToolCall) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": call.id, "name": call.name, "input": object_arguments(call)}}


def _block_events(index: int, block: dict[str, Any]) -> list[Send]:
    opening: SendKind = "open" if index == 0 else "token"
    sends: list[Send] = []
    if "toolUse" in block:
        call = block["toolUse"]
        named = {"toolUseId": call["toolUseId"], "name": call["name"]}
        sends.append(Send(_event("contentBlockStart", contentBlockIndex=index, start={"toolUse": named}), opening))
        text = bytes(call["input"]).decode()
        middle = math.ceil(len(text) / 2)
        pieces = _told(index, [text[:middle], text[middle:]], lambda piece: {"toolUse": {"input": piece}})
    elif "text" in block:
        pieces = _told(index, tokens(block["text"]), lambda piece: {"text": piece})
    else:
        thought = block["reasoningContent"]["reasoningText"]
        pieces = _told(index, tokens(thought["text"]), lambda piece: {"reasoningContent": {"text": piece}})
        pieces += _told(index, [thought["signature"]], lambda piece: {"reasoningContent": {"signature": piece}})
    sends += (Send(piece, "token") for piece in pieces)
    return [*sends, Send(_event("contentBlockStop", contentBlockIndex=index), "close")]


def _told(index: int, pieces: list[str], delta: Callable[[str], dict[str, Any]]) -> list[bytes]:
    make = _deltas(index, delta)
    return [make(piece) for piece in pieces if piece]


def _deltas(index: int, delta: Callable[[str], dict[str, Any]]) -> Callable[[str], bytes]:
    """Events that differ in one text: all but that text is encoded once."""
    whole = encode({"contentBlockIndex": index, "delta": delta("\0"), "p": PADDING})
    before, after = whole.split(b'"\\u0000"')
    write = writer("contentBlockDelta")
    return lambda text: write(before + encode(text) + after)


def _event(name: str, **fields: Any) -> bytes:
    return writer(name)(encode({**fields, "p": PADDING}))


def _stop(reply: Reply) -> dict[str, str]:
    word = reply.finish_in(FINISH)
    return {"stopReason": word} if word is not None else {}


def _trace(reply: Reply) -> dict[str, Any]:
    """Which model answered is told where a router chose it."""
    return {"trace": {"promptRouter": {"invokedModelId": reply.model}}} if reply.model else {}


def _usage(usage: Usage) -> dict[str, int]:
    counted = {
        "inputTokens": usage.input_plain,
        "outputTokens": usage.output_total,
        "totalTokens": usage.total,
    }
    if usage.cache_read or usage.cache_write:
        counted |= {"cacheReadInputTokens": usage.cache_read, "cacheWriteInputTokens": usage.cache_write}
    return counted
