"""`Feature.stream`: one pipeline that ends in exactly one Done, whatever happens."""

import asyncio
import os
from contextlib import aclosing
from typing import Any

import msgspec
import pytest

from seatrial.core.conversation import Message, Request, Tool
from seatrial.core.errors import ErrorInfo, ModelError, OutsideError, SpecError
from seatrial.core.events import AttemptEnded, Done, Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import Exchange
from seatrial.core.shapes import respond
from seatrial.feature.feature import Feature, load
from seatrial.structured.arguments import parse_arguments

HI = Request((Message("user", "hi"),))
DOWN = ErrorInfo(kind="server", message="down", switchable=True)
FATAL = ErrorInfo(kind="bad_request", message="too long")


def events_of(feature: Feature, request: Request = HI) -> list[Event]:
    async def drain() -> list[Event]:
        return [event async for event in feature.stream(request)]

    return asyncio.run(drain())


def done(events: list[Event]) -> Exchange:
    *earlier, last = events
    assert isinstance(last, Done)
    assert not any(isinstance(event, Done) for event in earlier)
    return last.exchange


def test_an_exchange_has_everything_the_ask_produced(feature: Feature, fakes: Any) -> None:
    steps = [
        ReasoningDelta("hm"),
        TextDelta("he"),
        TextDelta("llo"),
        ToolCallDelta(0, "i", "f", "{"),
        ToolCallDelta(0, arguments="}"),
    ]
    feature.use_model("main", fakes.Fake(*steps, fakes.ended()))
    exchange = done(events_of(feature))
    assert (exchange.text, exchange.reasoning, exchange.finish, exchange.error) == ("hello", "hm", "stop", None)
    assert [(call.id, call.arguments) for call in exchange.tool_calls] == [("i", "{}")]
    assert (exchange.feature, exchange.feature_version) == ("harbor", feature.version)
    assert exchange.prompt_version == feature.prompt_version("main")
    assert exchange.request == HI
    assert len(exchange.attempts) == 1
    assert exchange.started.endswith("+00:00")


@pytest.mark.parametrize("said", [TextDelta("\ud83d"), ReasoningDelta("\ud83d"), ToolCallDelta(0, "i", "f", "\ud83d")])
def test_what_a_model_says_that_is_no_text_ends_in_an_error(feature: Feature, fakes: Any, said: Event) -> None:
    feature.use_model("main", fakes.Fake(TextDelta("he"), said, fakes.ended()))
    exchange = done(events_of(feature))
    assert exchange.error is not None
    assert (exchange.finish, exchange.error.kind, exchange.text) == ("error", "outside", "he")
    assert "half of a surrogate pair" in exchange.error.message
    assert msgspec.json.encode(exchange)


def test_concurrent_calls_of_tools_keep_their_own_arguments(feature: Feature, fakes: Any) -> None:
    steps = [ToolCallDelta(0, "i", "f", '{"n"'), ToolCallDelta(1, "j", "f", ""), ToolCallDelta(0, arguments=": 1}")]
    feature.use_model("main", fakes.Fake(*steps, fakes.ended()))
    calls = done(events_of(feature)).tool_calls
    assert [parse_arguments(call, Tool("f")).value for call in calls] == [{"n": 1}, {}]


def test_the_model_gets_the_rendered_messages_and_the_conversation_as_said(feature: Feature, fakes: Any) -> None:
    model = fakes.says("x")
    feature.use_model("main", model)
    said = (Message("user", "a"), Message("assistant", "b"), Message("user", "c"))
    events_of(feature, Request(said, {"place": "there"}, repeat=3, stream=True))
    (asked,) = model.asked
    assert asked.conversation == said
    assert asked.messages == (Message("system", "You are in there."), *said)
    assert (asked.repeat, asked.stream) == (3, True)


def test_the_next_model_answers_when_the_first_cannot(feature: Feature, fakes: Any) -> None:
    feature.use_model("main", fakes.Fake(fakes.ended(DOWN)))
    exchange = done(events_of(feature))
    assert exchange.text == "from spare"
    assert [attempt.error for attempt in exchange.attempts] == [DOWN, None]


@pytest.mark.parametrize(
    "steps",
    [[TextDelta("half")], [ReasoningDelta("hm")], [ToolCallDelta(0, "i", "f", "")]],
    ids=["text", "reasoning", "tool call"],
)
def test_nobody_takes_over_once_something_was_shown(feature: Feature, fakes: Any, steps: list[Event]) -> None:
    feature.use_model("main", fakes.Fake(*steps, fakes.ended(DOWN)))
    exchange = done(events_of(feature))
    assert (exchange.finish, exchange.error, len(exchange.attempts)) == ("error", DOWN, 1)


def test_an_error_another_model_would_meet_too_ends_the_route(feature: Feature, fakes: Any) -> None:
    feature.use_model("main", fakes.Fake(fakes.ended(FATAL)))
    assert done(events_of(feature)).error == FATAL


def test_when_no_model_answers_the_last_error_stands(feature: Feature, fakes: Any) -> None:
    for name in ("main", "spare"):
        feature.use_model(name, fakes.Fake(fakes.ended(DOWN)))
    exchange = done(events_of(feature))
    assert (exchange.finish, exchange.error, len(exchange.attempts)) == ("error", DOWN, 2)


@pytest.mark.parametrize(
    ("steps", "kind", "says"),
    [
        ([SpecError("bad file", hint="mend it")], "spec", "bad file\n  hint: mend it"),
        ([TextDelta("half"), RuntimeError("boom")], "bug", "RuntimeError: boom"),
        ([OutsideError("the disk is full")], "outside", "the disk is full"),
        ([], "bug", "BugError: the model main ended without an attempt"),
    ],
)
def test_whatever_a_model_raises_the_stream_ends_in_one_done(
    feature: Feature, fakes: Any, steps: list[Any], kind: str, says: str
) -> None:
    model = fakes.Fake(*steps)
    feature.use_model("main", model)
    exchange = done(events_of(feature))
    assert exchange.error is not None
    assert (exchange.finish, exchange.error.kind, exchange.error.message) == ("error", kind, says)
    assert exchange.text == "".join(step.text for step in steps if isinstance(step, TextDelta))
    assert model.closed == 1


def test_a_request_that_does_not_fit_ends_in_done_and_asks_no_model(feature: Feature, fakes: Any) -> None:
    model = fakes.says("x")
    feature.use_model("main", model)
    exchange = done(events_of(feature, Request((Message("user", "hi"),), {"plaec": "x"})))
    assert exchange.error is not None
    assert (exchange.error.kind, model.asked) == ("spec", [])


def test_a_missing_key_ends_in_done(folder: Any) -> None:
    text = "feature: x\nmodels: {m: {use: openai/x}}\nprompt: chat.md"
    feature = load(folder(**{"feature.yaml": text}))
    assert "OPENAI_API_KEY" in str(done(events_of(feature)).error)
    with pytest.raises(SpecError, match="OPENAI_API_KEY"):
        feature.prepare()


STEPS: list[Any] = [TextDelta("a"), ReasoningDelta("r"), TextDelta("b")]


@pytest.mark.parametrize("place", range(len(STEPS) + 1))
def test_cancelled_anywhere_a_stream_gives_done_and_then_raises(feature: Feature, fakes: Any, place: int) -> None:
    async def scenario() -> tuple[list[Event], Any]:
        model = fakes.Fake(*STEPS[:place], ..., *STEPS[place:], fakes.ended())
        feature.use_model("main", model)
        seen: list[Event] = []

        async def consume() -> None:
            async for event in feature.stream(HI):
                seen.append(event)

        task = asyncio.create_task(consume())
        await model.waiting.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return seen, model

    seen, model = asyncio.run(scenario())
    exchange = done(seen)
    assert (exchange.finish, exchange.text) == (
        "cancelled",
        "".join(s.text for s in STEPS[:place] if isinstance(s, TextDelta)),
    )
    assert exchange.error is not None
    assert exchange.error.kind == "cancelled"
    assert model.closed == 1


@pytest.mark.parametrize("turns", range(12))
def test_cancelled_at_any_turn_of_the_loop_every_generator_is_closed(feature: Feature, fakes: Any, turns: int) -> None:
    """The model waits a turn between events, so each number of turns is another place in the pipeline."""

    class Slow(fakes.Fake):  # type: ignore[misc, name-defined]
        async def stream(self, request: Any) -> Any:
            async with aclosing(super().stream(request)) as events:
                async for event in events:
                    await asyncio.sleep(0)
                    yield event

    async def scenario() -> tuple[list[Event], Any, bool]:
        model = Slow(*STEPS, fakes.ended())
        feature.use_model("main", model)
        seen: list[Event] = []

        async def consume() -> None:
            async for event in feature.stream(HI):
                seen.append(event)

        task = asyncio.create_task(consume())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        for _ in range(3):
            await asyncio.sleep(0)
        return seen, model, task.cancelled()

    seen, model, was_cancelled = asyncio.run(scenario())
    assert model.closed == len(model.asked)
    if model.asked:
        exchange = done(seen)
        assert exchange.finish in ("cancelled", "stop")
        assert was_cancelled or exchange.finish == "stop"


def test_a_cancelled_attempt_is_kept_with_its_cost_unknown(feature: Feature, fakes: Any) -> None:
    async def scenario() -> Exchange:
        model = fakes.Fake(TextDelta("a"), ...)
        feature.use_model("main", model)
        events: list[Event] = []

        async def consume() -> None:
            async for event in feature.stream(HI):
                events.append(event)

        task = asyncio.create_task(consume())
        await model.waiting.wait()
        task.cancel()
        await asyncio.wait([task])
        return done(events)

    (attempt,) = (exchange := asyncio.run(scenario())).attempts
    assert (attempt.model, attempt.finish, exchange.cost_nusd) == ("main", "cancelled", None)


def test_a_time_limit_around_respond_still_ends_it(feature: Feature, fakes: Any) -> None:
    async def scenario() -> None:
        feature.use_model("main", fakes.Fake(...))
        async with asyncio.timeout(0.01):
            await respond(feature, HI)

    with pytest.raises(TimeoutError):
        asyncio.run(scenario())


def test_a_caller_who_leaves_early_closes_the_model(feature: Feature, fakes: Any) -> None:
    model = fakes.says("a", "b")
    feature.use_model("main", model)

    async def leave() -> None:
        events = feature.stream(HI)
        assert await anext(events) == TextDelta("a")
        await events.aclose()

    asyncio.run(leave())
    assert model.closed == 1


def test_respond_drains_the_stream(feature: Feature) -> None:
    exchange = asyncio.run(feature.respond(HI))
    assert (exchange.text, exchange.finish) == ("from main", "stop")


def test_ask_is_synchronous(feature: Feature) -> None:
    assert feature.ask("hi", place="x").text == "from main"


def test_ask_works_where_a_loop_already_runs(feature: Feature) -> None:
    async def notebook() -> str:
        return feature.ask("hi").text

    assert asyncio.run(notebook()) == "from main"


def test_ask_says_what_does_not_fit_with_the_nearest_name(feature: Feature) -> None:
    with pytest.raises(SpecError) as caught:
        feature.ask("hi", plaec="x")
    assert caught.value.problems[0].nearest == "place"
    with pytest.raises(SpecError, match="needs 'question'"):
        feature.ask()


def test_ask_raises_a_model_error_when_no_model_answered(feature: Feature, fakes: Any) -> None:
    feature.use_model("main", fakes.Fake(fakes.ended(FATAL)))
    with pytest.raises(ModelError) as caught:
        feature.ask("hi")
    assert caught.value.info == FATAL


def test_a_variable_may_have_any_name(folder: Any) -> None:
    prompt = "---\nask: q\ninputs: {q: string, text: string}\n---\nuser:\n{{ text }}{{ q }}"
    assert load(folder(**{"chat.md": prompt})).ask("hi", text="x").text == "from main"


def test_one_feature_serves_two_loops_one_after_the_other(feature: Feature) -> None:
    assert [asyncio.run(feature.respond(HI)).text for _ in range(2)] == ["from main"] * 2


def test_every_loop_has_its_own_client_and_dead_loops_leave_none(monkeypatch: pytest.MonkeyPatch) -> None:
    from seatrial.feature import assemble

    async def client() -> Any:
        one = assemble.client_of_loop()
        assert assemble.client_of_loop() is one
        return one

    found = [asyncio.run(client()) for _ in range(3)]
    assert len(set(map(id, found))) == 3

    async def count() -> int:
        assemble.client_of_loop()
        own = asyncio.get_running_loop()
        return sum(loop is own or loop.is_closed() for loop in assemble._CLIENTS)

    assert asyncio.run(count()) == 1


def test_usage_without_a_price_has_no_cost_and_with_one_has(folder: Any) -> None:
    script = "rules: []\ndefault: {reply: x, usage: {input_total: 1000, output_total: 10}}"
    assert load(folder(**{"main.yaml": script})).ask("hi").cost_nusd is None
    priced = "feature: x\nmodels: {main: {use: scripted/main.yaml, price: {input: 0.15, output: 0.6}}}\nprompt: chat.md"
    assert load(folder(**{"main.yaml": script, "feature.yaml": priced})).ask("hi").cost_nusd == 156_000


def test_a_key_is_read_from_the_environment_and_shown_nowhere(folder: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "feature: x\nmodels: {m: {use: openai/x, base_url: 'http://127.0.0.1:9', retries: 0}}\nprompt: chat.md"
    feature = load(folder(**{"feature.yaml": text}))
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret\nX-Evil: 1")
    exchange = done(events_of(feature))
    assert exchange.error is not None
    assert exchange.error.kind == "bad_request"
    assert "secret" not in repr(exchange)
    assert os.environ["OPENAI_API_KEY"].startswith("sk-")


def test_attempts_are_events_too(feature: Feature) -> None:
    assert [type(event) for event in events_of(feature)] == [TextDelta, AttemptEnded, Done]
