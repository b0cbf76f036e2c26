"""Where answers come from: an echo, a text, a script, a recording, or a function of the user's."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from itertools import cycle
from pathlib import Path

from seatrial.core.answer import Answer
from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import SpecError
from seatrial.core.events import AttemptEnded
from seatrial.core.exchange import UNANSWERED, Attempt
from seatrial.core.parts import ToolCall
from seatrial.core.shapes import Model
from seatrial.models.recording import conversation_key, load_recording
from seatrial.models.scripted import load_scripted
from seatrial.testing.simulator.asked import Asked, Refused
from seatrial.testing.simulator.reply import Reply, tokens
from seatrial.testing.simulator.sample import sample_json

Source = Callable[[Asked], Reply | Awaitable[Reply]]
Answers = str | Reply | Path | Sequence[str | Reply] | Callable[[Asked], str | Reply] | None
"""A text or a `Reply` says the same every time, a list goes round, a `Path` is a script (.yaml) or a recording
(.jsonl), a function is called for every call, None echoes.
"""


def source_of(answers: Answers) -> Source:
    """Raises SpecError for a file that is no script and no recording, or has mistakes."""
    if answers is None:
        return echo
    if isinstance(answers, str | Reply):
        said = _reply(answers)
        return lambda asked: said
    if isinstance(answers, Path):
        return _from_file(answers)
    if callable(answers):
        return lambda asked: _reply(answers(asked))
    if not answers:
        raise SpecError("answers is empty", hint="give a text, or None for an echo")
    rest = cycle([_reply(each) for each in answers])
    return lambda asked: next(rest)


def echo(asked: Asked) -> Reply:
    """The last words of the user, at most as long as was asked for; where a tool has to be called, a call of it, and
    where JSON is asked for, JSON. The arguments and the JSON are the plainest that their schema allows.
    """
    named = [tool for tool in asked.tools if asked.tool_choice in ("required", tool.name)]
    if named:
        arguments = sample_json(named[0].parameters)
        return Reply(tool_calls=(ToolCall("call_1", named[0].name, arguments),))
    if asked.schema is not None:
        return Reply(text=sample_json(asked.schema))
    said = tokens(asked.text) if asked.most is not None else []
    if asked.most is not None and len(said) > asked.most:
        return Reply(text="".join(said[: asked.most]), finish="length")
    return Reply(text=asked.text)


def _reply(said: str | Reply) -> Reply:
    return Reply(text=said) if isinstance(said, str) else said


def _from_file(path: Path) -> Source:
    file = str(path)
    if path.suffix in (".yaml", ".yml"):
        return _Modelled([load_scripted("simulated", f"scripted/{file}", path, file=file)])
    if path.suffix == ".jsonl":
        use = f"recording/{file}"
        by_conversation = load_recording("simulated", use, path, match="conversation", file=file)
        try:
            exact = load_recording("simulated", use, path, match="exact", file=file)
        except SpecError:  # lines without keys, which only the conversation finds
            return _Modelled([by_conversation])
        return _Modelled([exact, by_conversation])
    raise SpecError(
        "no answers can be read from this file", file=file, expected="a script (.yaml) or a recording (.jsonl)"
    )


class _Modelled:
    """Asks models that are files, each where the one before has no answer.

    A recording has an answer for each repetition of an ask: the k-th equal call gets the k-th, and after the last they
    begin again, since a server is asked as often as its clients like.
    """

    def __init__(self, models: Sequence[Model]) -> None:
        self._models = models
        self._asked: dict[str, int] = {}

    async def __call__(self, asked: Asked) -> Reply:
        key = conversation_key(asked.messages)
        times = self._asked.get(key, 0) + 1
        missed: Attempt | None = None
        for repeat in dict.fromkeys((times, 1)):
            for model in self._models:
                reply, attempt = await _ask(model, asked, repeat)
                if attempt.error is None or attempt.error.kind != "miss":
                    self._asked[key] = repeat
                    return _answered(reply, attempt)
                missed = attempt
        raise Refused(404, missed.error.message if missed and missed.error else "no answer", code="no_answer")


async def _ask(model: Model, asked: Asked, repeat: int) -> tuple[Answer, Attempt]:
    request = ModelRequest(
        messages=asked.messages,
        conversation=tuple(each for each in asked.messages if each.role in ("user", "assistant")),
        params=asked.params,
        tools=asked.tools,
        tool_choice=asked.tool_choice,
        schema=asked.schema,
        repeat=repeat,
    )
    answer = Answer()
    ended: Attempt | None = None
    async with aclosing(model.stream(request)) as events:
        async for event in events:
            answer.take(event)
            if isinstance(event, AttemptEnded):
                ended = event.attempt
    assert ended is not None  # every stream of a model ends in one
    return answer, ended


def _answered(answer: Answer, attempt: Attempt) -> Reply:
    if attempt.finish in UNANSWERED:
        raise Refused(500, attempt.error.message if attempt.error else f"the answer says {attempt.finish}")
    return Reply(
        text=answer.text,
        reasoning=answer.reasoning,
        tool_calls=answer.tool_calls,
        finish=attempt.finish,
        usage=attempt.usage,
        model=attempt.served_by,
    )
