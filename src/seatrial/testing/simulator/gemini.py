"""The Gemini wire, as the Gemini API and Vertex AI speak it. What a request asks is read in gemini_asked.py.

Sources: the Gemini API reference ("Generating content", "Embeddings", "Troubleshooting") and the Vertex AI REST
reference (`GenerateContentResponse`). Prompt tokens contain the cached ones; thoughts are counted beside the tokens of
the candidates, not in them. A call of a tool ends in `STOP`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from seatrial.core.exchange import FinishReason, Usage
from seatrial.testing.simulator.asked import Asked, Refused
from seatrial.testing.simulator.call import Call
from seatrial.testing.simulator.embeddings import embed_gemini, embed_gemini_batch, embed_vertex
from seatrial.testing.simulator.gemini_asked import read_asked
from seatrial.testing.simulator.plan import Framing, Send, server_sent
from seatrial.testing.simulator.reply import Reply, tokens
from seatrial.testing.simulator.wire import LOGPROB, bearer, encode, object_arguments

FINISH: dict[FinishReason, str] = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "tool_calls": "STOP",
    "content_filter": "SAFETY",
    "refused": "PROHIBITED_CONTENT",
}
STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_COMMA = b",\r\n"
EVENTS = server_sent()
ARRAY = Framing("application/json", malformed=lambda text: _COMMA + text.encode())
SIGNATURE = "c2ltdWxhdGVkIHRob3VnaHQ="
_REASON = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "domain": "googleapis.com", "reason": "API_KEY_INVALID"}
_NO_CALLER = (
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other"
    " form of API consumer identity to call this API."
)


class GeminiWire:
    name = "gemini"

    def read(self, call: Call, model: str, *, stream: bool) -> Asked:
        return read_asked(call, model, wire=self.name, stream=stream)

    def whole(self, asked: Asked, reply: Reply, number: int) -> bytes:
        parts = [*_thoughts(reply.reasoning), *([{"text": reply.text}] if reply.text else []), *_calls(reply)]
        answer = self._answer(asked, reply, number, parts, _finish(reply), reply.has_usage)
        if asked.logprobs and "candidates" in answer:
            answer["candidates"][0] |= _logprobs(reply.text)
        return encode(answer)

    def events(self, asked: Asked, reply: Reply, number: int) -> list[Send]:
        """Every event says how many tokens the prompt has; the last has the finish reason and all of the usage."""
        make = self._texts(asked, reply, number)
        others = [*(part for token in tokens(reply.reasoning) for part in _thoughts(token)), *_calls(reply)]
        said = [self._frame(asked, self._answer(asked, reply, number, [part], {}, False)) for part in others]
        split = len(said) - len(reply.tool_calls)
        events = [*said[:split], *map(make, tokens(reply.text)), *said[split:]]
        last = self._answer(asked, reply, number, [{"text": ""}], _finish(reply), reply.has_usage)
        sends = [*(Send(each, "token") for each in events), Send(self._frame(asked, last), "finish")]
        if asked.array:
            sends[0] = Send(b"[" + sends[0].data.removeprefix(_COMMA), sends[0].kind)
            sends.append(Send(b"]", "done"))
        return sends

    def framing(self, asked: Asked) -> Framing:
        return ARRAY if asked.array else EVENTS

    def token_event(self, asked: Asked, number: int) -> Callable[[str], bytes]:
        return self._texts(asked, Reply(), number)

    def error(self, refused: Refused) -> bytes:
        return encode(_error(refused))

    def error_event(self, asked: Asked, status: int, message: str) -> bytes:
        return self._frame(asked, _error(Refused(status, message)))

    def check_key(self, call: Call, key: str) -> None:
        """A wrong key is a bad request here, not 401; no key is forbidden."""
        given = call.headers.get("x-goog-api-key") or call.query.get("key") or bearer(call)
        if not given:
            raise Refused(403, _NO_CALLER)
        if given != key:
            raise Refused(400, "API key not valid. Please pass a valid API key.", code="API_KEY_INVALID")

    def headers(self, number: int, refused: Refused | None = None) -> list[tuple[str, str]]:
        return []

    def models(self, names: Sequence[str]) -> bytes:
        methods = ["generateContent", "embedContent"]
        data = [
            {"name": f"models/{name}", "displayName": name, "supportedGenerationMethods": methods} for name in names
        ]
        return encode({"models": data})

    def operations(self) -> dict[str, Callable[[Call, str], bytes]]:
        return {"embed": embed_gemini, "embed_batch": embed_gemini_batch, "predict": embed_vertex}

    def _answer(
        self,
        asked: Asked,
        reply: Reply,
        number: int,
        parts: list[dict[str, Any]],
        finish: dict[str, str],
        has_usage: bool,
    ) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        if finish and reply.ended == "blocked":
            answer["promptFeedback"] = {"blockReason": "SAFETY"}
        else:
            answer["candidates"] = [{**_content(parts), **finish, "index": 0}]
        if has_usage:
            answer["usageMetadata"] = _usage(reply.counted(asked))
        return {**answer, "modelVersion": reply.model or asked.model, "responseId": f"resp-{number}"}

    def _texts(self, asked: Asked, reply: Reply, number: int) -> Callable[[str], bytes]:
        """Events that differ in one text: all but that text is encoded once."""
        said = self._answer(asked, Reply(model=reply.model), number, [{"text": "\0"}], {}, False)
        if reply.has_usage:
            counted = reply.counted(asked).input_total
            said["usageMetadata"] = {"promptTokenCount": counted, "totalTokenCount": counted}
        if asked.logprobs:
            first = said["candidates"][0]

            def with_logprobs(text: str) -> bytes:
                candidate = {**first, **_content([{"text": text}]), **_logprobs(text)}
                return self._frame(asked, {**said, "candidates": [candidate]})

            return with_logprobs
        before, after = self._frame(asked, said).split(b'"\\u0000"')
        return lambda text: before + encode(text) + after

    def _frame(self, asked: Asked, said: dict[str, Any]) -> bytes:
        return _COMMA + encode(said) if asked.array else b"data: " + encode(said) + b"\r\n\r\n"


class VertexWire(GeminiWire):
    name = "vertex"

    def check_key(self, call: Call, key: str) -> None:
        if bearer(call) != key:
            raise Refused(401, "Request had invalid authentication credentials. Expected OAuth 2 access token.")


def _error(refused: Refused) -> dict[str, Any]:
    status = STATUSES.get(refused.status, "UNKNOWN")
    error: dict[str, Any] = {"code": refused.status, "message": refused.message, "status": status}
    if refused.code == "API_KEY_INVALID":
        error["details"] = [_REASON]
    if refused.retry_after is not None:
        kind = "type.googleapis.com/google.rpc.RetryInfo"
        error["details"] = [{"@type": kind, "retryDelay": f"{refused.retry_after:g}s"}]
    return {"error": error}


def _content(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"content": {"parts": parts, "role": "model"}} if parts else {}


def _logprobs(text: str) -> dict[str, Any]:
    chosen = [{"token": token, "tokenId": 1, "logProbability": LOGPROB} for token in tokens(text)]
    return {"avgLogprobs": LOGPROB, "logprobsResult": {"chosenCandidates": chosen, "topCandidates": []}}


def _thoughts(text: str) -> list[dict[str, Any]]:
    return [{"text": text, "thought": True}] if text else []


def _calls(reply: Reply) -> list[dict[str, Any]]:
    """The signature of what was thought comes with the first call, where anything was."""
    made: list[dict[str, Any]] = []
    for call in reply.tool_calls:
        args = msgspec.json.decode(object_arguments(call))
        named = {"id": call.id, "name": call.name} if call.id else {"name": call.name}
        made.append({"functionCall": {**named, "args": args}})
    if made and reply.reasoning:
        made[0]["thoughtSignature"] = SIGNATURE
    return made


def _finish(reply: Reply) -> dict[str, str]:
    word = reply.finish_in(FINISH, "OTHER")
    return {"finishReason": word} if word is not None else {}


def _usage(usage: Usage) -> dict[str, Any]:
    counted = {
        "promptTokenCount": usage.input_total,
        "candidatesTokenCount": usage.output_plain,
        "totalTokenCount": usage.total,
    }
    if usage.cache_read:
        counted["cachedContentTokenCount"] = usage.cache_read
    if usage.reasoning:
        counted["thoughtsTokenCount"] = usage.reasoning
    return counted
