"""Every fault there is: what it is called, what may be set, and what it does to a call.

A fault acts in one of three stages. `refuse` answers with an error in the place of an answer. `answer` changes what is
said, before it is put into a wire's words. `plan` changes how the bytes go out. The functions of a stage take what they
change first; their keyword parameters are those of the fault, the first of them the one a bare value sets.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, get_type_hints

from msgspec import Meta
from msgspec.structs import replace

from seatrial.testing.simulator.asked import Refused
from seatrial.testing.simulator.plan import End, Head, Plan, Raw, Repeat, Send, Wait
from seatrial.testing.simulator.reply import Reply

Stage = Literal["refuse", "answer", "plan"]

Count = Annotated[int, Meta(ge=0, le=1 << 40)]
Size = Annotated[int, Meta(ge=1, le=1 << 40)]
Status = Annotated[int, Meta(ge=200, le=999)]
Seconds = Annotated[float, Meta(ge=0, le=86400)]
"""Parameters of this type may also be written like `200ms`."""


@dataclass(slots=True)
class Draft:
    """An answer that is not yet in a wire's words."""

    reply: Reply
    stream: bool


@dataclass(frozen=True)
class Kind:
    name: str
    stage: Stage
    meaning: str
    function: Callable[..., Any]

    @cached_property
    def types(self) -> dict[str, Any]:
        """What each parameter may be, in the order of the parameters."""
        hints = get_type_hints(self.function, include_extras=True)
        return {name: hints[name] for name in self.defaults}

    @cached_property
    def defaults(self) -> dict[str, Any]:
        found = inspect.signature(self.function).parameters.values()
        return {each.name: each.default for each in found if each.kind is inspect.Parameter.KEYWORD_ONLY}


KINDS: dict[str, Kind] = {}


def _kind(name: str, stage: Stage, meaning: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        KINDS[name] = Kind(name, stage, meaning, function)
        return function

    return register


STATUSES: dict[int, str] = {
    400: "The request could not be understood.",
    401: "The key is not valid.",
    402: "The account has no credit left.",
    403: "This key may not use this model.",
    404: "There is no such model.",
    408: "The request took too long.",
    409: "The request conflicts with another.",
    413: "The request is too large.",
    422: "The request cannot be processed.",
    429: "Rate limit reached. Please try again later.",
    500: "The server had an error while processing your request.",
    502: "Bad gateway.",
    503: "The service is overloaded. Please try again later.",
    504: "The deadline expired before the answer was ready.",
    529: "Overloaded.",
}


def _status(status: int, said: str) -> Callable[..., Refused]:
    def refuse(*, retry_after: Seconds | None = None, code: str | None = None, message: str = said) -> Refused:
        return Refused(status, message, code=code, retry_after=retry_after)

    return refuse


for _number, _said in STATUSES.items():
    _kind(str(_number), "refuse", f"HTTP {_number} in the provider's own error shape")(_status(_number, _said))


# What is said.


@_kind("no-usage", "answer", "usage is left out")
def _no_usage(draft: Draft) -> None:
    draft.reply = replace(draft.reply, has_usage=False)


@_kind("no-finish", "answer", "the finish reason is left out")
def _no_finish(draft: Draft) -> None:
    draft.reply = replace(draft.reply, raw_finish="")


@_kind("odd-finish", "answer", "a finish reason that nobody knows")
def _odd_finish(draft: Draft, *, reason: str = "simulated") -> None:
    draft.reply = replace(draft.reply, raw_finish=reason)


@_kind("not-streamed", "answer", "an answer in one piece although a stream was asked for")
def _not_streamed(draft: Draft) -> None:
    draft.stream = False


# What the body is.


@_kind("plain-error", "plan", "an error as plain text, as some servers and proxies send it")
def _plain_error(plan: Plan, *, status: Status = 500, text: str = "Internal Server Error") -> None:
    _only(plan, text.encode(), "text/plain; charset=utf-8", status)


@_kind("html-error", "plan", "an error as an HTML page, as proxies send it")
def _html_error(plan: Plan, *, status: Status = 502, title: str = "Bad Gateway") -> None:
    page = f"<html><head><title>{status} {title}</title></head><body><h1>{status} {title}</h1></body></html>"
    _only(plan, page.encode(), "text/html", status)


@_kind("empty", "plan", "status 200 and no body")
def _empty(plan: Plan) -> None:
    plan.framing = None
    plan.steps = [Head()]


@_kind("wrong-type", "plan", "another content type than the body is of")
def _wrong_type(plan: Plan, *, content_type: str = "text/html; charset=utf-8") -> None:
    plan.content_type = content_type


@_kind(
    "malformed",
    "plan",
    "an event that cannot be read in the stream: not JSON, and on the Bedrock wire with a wrong checksum; a plain"
    " answer that is not JSON",
)
def _malformed(plan: Plan, *, after: Count = 1, text: str = '{"broken": "') -> None:
    if plan.framing is not None:
        plan.insert(after, Send(plan.framing.malformed(text), "token"))
    else:
        _only(plan, text.encode(), plan.content_type, plan.status)


@_kind("error-event", "plan", "an error object in the stream, which then ends; in the place of a plain answer")
def _error_event(plan: Plan, *, after: Count = 1, status: Status = 500, message: str = "") -> None:
    said = plan.error_event(status, message or STATUSES.get(status, "The server had an error."))
    if plan.is_stream:
        plan.insert(after, Send(said, "token"), End("short"))
    else:
        _only(plan, said, plan.content_type, plan.status)


@_kind("no-done", "plan", "a stream without the mark of its end ([DONE], message_stop)")
def _no_done(plan: Plan) -> None:
    plan.steps = [step for step in plan.steps if not (isinstance(step, Send) and step.kind == "done")]


@_kind("short", "plan", "the body ends in good order although the answer is not whole")
def _short(plan: Plan, *, after: Count = 1, inside: Count = 0) -> None:
    if plan.is_stream:
        plan.break_off(after, "short", inside)
    else:
        place = plan.place(after)
        plan.steps = plan.steps[:place]


@_kind("huge", "plan", "an event of so many bytes; it stands alone in the place of a plain answer")
def _huge(plan: Plan, *, size: Count = 16 * 1024 * 1024, after: Count = 1) -> None:
    event = plan.token_event("x" * size)
    if plan.is_stream:
        plan.insert(after, Send(event, "token"))
    else:
        _only(plan, event, plan.content_type, plan.status)


@_kind("endless", "plan", "a stream that never ends; a plain answer that never does")
def _endless(plan: Plan, *, every: Seconds = 0.001, text: str = "on and on ") -> None:
    if plan.is_stream:
        plan.insert(1 << 30, Repeat(plan.token_event(text), every))
    else:
        place = plan.place(0)
        plan.steps[place:] = [Repeat(text.encode(), every)]


@_kind("comments", "plan", "a comment before every event, as servers send them to keep a connection open")
def _comments(plan: Plan, *, text: str = "keep-alive") -> None:
    _reframe(plan, lambda data: f": {text}\n\n".encode() + data)


@_kind("line-ends", "plan", "events whose lines end in another way: crlf, or cr")
def _line_ends(plan: Plan, *, style: Literal["crlf", "cr"] = "crlf") -> None:
    _reframe(plan, lambda data: data.replace(b"\n", b"\r\n" if style == "crlf" else b"\r"))


@_kind("odd-event", "plan", "an event of a kind that nobody knows, among the others")
def _odd_event(plan: Plan, *, after: Count = 1) -> None:
    if plan.framing is not None and plan.framing.odd is not None:
        plan.insert(after, Send(plan.framing.odd, "token"))


# When it comes.


@_kind("latency", "plan", "nothing comes for so long")
def _latency(plan: Plan, *, seconds: Seconds = 1.0) -> None:
    plan.steps.insert(0, Wait(seconds))


@_kind("slow-first-token", "plan", "the headers come at once, the first token after so long")
def _slow_first_token(plan: Plan, *, seconds: Seconds = 1.0) -> None:
    plan.insert(0, Wait(seconds))


@_kind("stall", "plan", "after so many tokens nothing comes for so long")
def _stall(plan: Plan, *, seconds: Seconds = 10.0, after: Count = 1) -> None:
    plan.insert(after, Wait(seconds))


@_kind("slow-tokens", "plan", "so long between any two tokens")
def _slow_tokens(plan: Plan, *, seconds: Seconds = 0.1) -> None:
    plan.between_tokens(seconds)


@_kind("hang", "plan", "nothing comes, and the connection stays open")
def _hang(plan: Plan) -> None:
    plan.steps.insert(0, Wait(None))


# What becomes of the connection.


@_kind("reset", "plan", "the connection is reset before the first byte")
def _reset(plan: Plan) -> None:
    plan.steps.insert(0, End("reset"))


@_kind("close", "plan", "the connection is closed before the first byte")
def _close(plan: Plan) -> None:
    plan.steps.insert(0, End("cut"))


@_kind("reset-inside", "plan", "the connection is reset after so many tokens; inside a plain answer")
def _reset_inside(plan: Plan, *, after: Count = 1, inside: Count = 0) -> None:
    plan.break_off(after, "reset", inside)


@_kind("cut", "plan", "the connection is closed after so many tokens; inside a plain answer")
def _cut(plan: Plan, *, after: Count = 1, inside: Count = 0) -> None:
    plan.break_off(after, "cut", inside)


@_kind("not-http", "plan", "bytes that are not HTTP in the place of an answer")
def _not_http(plan: Plan, *, text: str = "SSH-2.0-simulated\r\n") -> None:
    plan.steps = [Raw(text.encode()), End("cut")]


@_kind("bad-chunk", "plan", "a chunk of a stream without a right length")
def _bad_chunk(plan: Plan, *, after: Count = 1) -> None:
    plan.insert(after, Raw(b"zz\r\n"), End("cut"))


# Where the bytes are cut.


@_kind("split", "plan", "the same bytes in other pieces, each sent by itself: of N bytes, or inside every character")
def _split(plan: Plan, *, into: Literal["bytes", "utf8", "events"] | Size = "bytes", every: Seconds = 0.0) -> None:
    if into == "utf8":
        plan.resend(lambda data, _: _INSIDE_CHARACTER.split(data), every)
    elif into == "events":
        plan.resend(lambda data, _: [data], every)
    else:
        size = 1 if into == "bytes" else into
        plan.resend(lambda data, _: [data[start : start + size] for start in range(0, len(data), size)], every)


@_kind("split-at", "plan", "the body in two pieces, and so long between them that a client reads them one by one")
def _split_at(plan: Plan, *, place: Count = 1, seconds: Seconds = 0.002) -> None:
    plan.resend(lambda data, before: _cut_at(data, place - before), 0.0)
    before = 0
    for index, step in enumerate(plan.steps):
        if before == place:
            plan.steps.insert(index, Wait(seconds))
            return
        before += len(step.data) if isinstance(step, Send) else 0


_INSIDE_CHARACTER = re.compile(rb"(?<=[\xc0-\xff])(?=[\x80-\xbf])")
"""Behind the first byte of a character of more than one (RFC 3629)."""


def _cut_at(data: bytes, place: int) -> list[bytes]:
    return [data[:place], data[place:]] if 0 < place < len(data) else [data]


def _only(plan: Plan, body: bytes, content_type: str, status: int) -> None:
    plan.status, plan.content_type, plan.framing = status, content_type, None
    plan.steps = [Head(), Send(body, "body")]


def _reframe(plan: Plan, change: Callable[[bytes], bytes]) -> None:
    """Of server-sent events only: others have no lines, and odd ways to write them break them."""
    if plan.framing is not None and plan.framing.lines:
        plan.steps = [Send(change(step.data), step.kind) if isinstance(step, Send) else step for step in plan.steps]
