"""`output:` as a schema: the value of an answer, asking again, and what is said of it on the way."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from seatrial.core.conversation import Message, Request
from seatrial.core.errors import ErrorInfo, ModelError, SpecError
from seatrial.core.events import AttemptEnded, Done, Event, Restart, Snapshot, TextDelta, ToolCallDelta
from seatrial.core.exchange import Attempt, Exchange
from seatrial.feature.feature import Feature, load

SCHEMA = {
    "type": "object",
    "properties": {"intent": {"enum": ["card", "cash"]}, "urgency": {"type": "integer", "minimum": 1, "maximum": 5}},
    "required": ["intent", "urgency"],
    "additionalProperties": False,
}
SPEC = "feature: harbor\nmodels:\n  main: {use: scripted/main.yaml}\nprompt: chat.md\n"
GOOD = '{"intent": "card", "urgency": 3}'
BAD = '{"intent": "card", "urgency": 9}'


class Answers:
    """A model that gives one text after the other, and keeps what it was asked."""

    def __init__(self, *answers: str | Event, finish: str = "stop", cost: int | None = 7) -> None:
        self._answers = list(answers)
        self._finish, self._cost = finish, cost
        self.asked: list[Any] = []

    async def stream(self, request: Any) -> Any:
        self.asked.append(request)
        said = self._answers.pop(0)
        if isinstance(said, AttemptEnded):
            yield said
            return
        for piece in [said] if isinstance(said, str) else []:
            for start in range(0, len(piece), 5):
                yield TextDelta(piece[start : start + 5])
        if isinstance(said, ToolCallDelta):
            yield said
        yield AttemptEnded(Attempt(model="main", use="x/m", finish=self._finish, cost_nusd=self._cost))  # type: ignore[arg-type]


@pytest.fixture
def triage(folder: Callable[..., Path]) -> Callable[..., Feature]:
    def make(model: Any, output: str = "out.json") -> Feature:
        files = {"feature.yaml": SPEC + f"output: {output}\n", "out.json": json.dumps(SCHEMA)}
        feature = load(folder(**files))
        feature.use_model("main", model)
        return feature

    return make


def events_of(feature: Feature, *, stream: bool = True) -> list[Event]:
    async def drain() -> list[Event]:
        return [event async for event in feature.stream(Request((Message("user", "my card is gone"),), stream=stream))]

    return asyncio.run(drain())


def exchange_of(feature: Feature) -> Exchange:
    last = events_of(feature)[-1]
    assert isinstance(last, Done)
    return last.exchange


def test_the_value_is_on_the_exchange_and_the_model_got_the_schema(triage: Any) -> None:
    model = Answers(GOOD)
    exchange = exchange_of(triage(model))
    assert exchange.parsed == {"intent": "card", "urgency": 3}
    assert (exchange.outcome, exchange.finish, exchange.error, exchange.rejected) == ("value", "stop", None, ())
    assert exchange.text == GOOD
    assert model.asked[0].schema == SCHEMA


def test_an_answer_that_does_not_fit_is_asked_for_again_with_what_is_wrong(triage: Any) -> None:
    model = Answers(BAD, GOOD)
    events = events_of(triage(model))
    (restart,) = [event for event in events if isinstance(event, Restart)]
    assert (restart.rejected.text, restart.rejected.outcome) == (BAD, "invalid")
    (error,) = restart.rejected.errors
    assert "$.urgency" in error
    exchange = events[-1].exchange  # type: ignore[union-attr]
    assert (exchange.parsed["urgency"], exchange.text, exchange.rejected) == (3, GOOD, (restart.rejected,))
    assert [attempt.cost_nusd for attempt in exchange.attempts] == [7, 7]
    *_, answer, told = model.asked[1].messages
    assert (answer, told.role) == (Message("assistant", BAD), "user")
    assert error in told.text
    assert model.asked[1].conversation[-2:] == (answer, told)


def test_after_the_last_answer_it_is_an_error_with_everything_that_was_tried(triage: Any) -> None:
    feature = triage(Answers(BAD, "no idea, sorry, it is [1, 2"), "{schema: out.json, retries: 1}")
    exchange = exchange_of(feature)
    assert (exchange.finish, exchange.parsed, exchange.outcome) == ("error", None, exchange.outcome)
    assert exchange.outcome not in ("value", None)
    assert exchange.error is not None
    assert exchange.error.kind == "output"
    assert exchange.error.message.startswith("no value that fits the output schema in 2 answers")
    assert [each.text for each in exchange.rejected] == [BAD]
    assert exchange.errors


def test_retries_is_how_often(triage: Any) -> None:
    assert len(exchange_of(triage(Answers(BAD), "{schema: out.json, retries: 0}")).attempts) == 1
    assert len(exchange_of(triage(Answers(BAD, BAD, BAD, GOOD), "{schema: out.json, retries: 3}")).attempts) == 4


def test_ask_raises_what_is_wrong(triage: Any) -> None:
    with pytest.raises(ModelError, match="no value that fits") as raised:
        triage(Answers(BAD, BAD)).ask("hi")
    assert raised.value.info.kind == "output"


def test_what_ask_raises_carries_every_answer_with_its_errors_repairs_and_cost(triage: Any) -> None:
    fenced = f"```json\n{BAD}\n```"
    with pytest.raises(ModelError) as raised:
        triage(Answers(fenced, BAD, cost=7)).ask("hi")
    exchange = raised.value.exchange
    (first,) = exchange.rejected
    assert (first.text, first.outcome, exchange.attempts[first.attempt].cost_nusd) == (fenced, "invalid", 7)
    assert "$.urgency" in first.errors[0]
    assert (exchange.text, exchange.outcome, exchange.cost_nusd) == (BAD, "invalid", 14)
    assert "$.urgency" in exchange.errors[0]


def test_a_retry_of_the_call_does_not_shift_what_a_rejected_answer_cost(triage: Any) -> None:
    class Twice(Answers):
        async def stream(self, request: Any) -> Any:
            down = ErrorInfo(kind="server", message="down", retryable=True)
            yield AttemptEnded(Attempt(model="main", use="x/m", finish="error", error=down))
            async for event in super().stream(request):
                yield event

    exchange = exchange_of(triage(Twice(BAD, GOOD)))
    assert [exchange.attempts[each.attempt].cost_nusd for each in exchange.rejected] == [7]
    assert len(exchange.attempts) == 4


@pytest.mark.parametrize("finish", ["refused", "content_filter"])
def test_a_refusal_is_not_asked_again(triage: Any, finish: str) -> None:
    exchange = exchange_of(triage(Answers("I cannot help with that.", finish=finish)))
    assert (exchange.finish, exchange.outcome, exchange.parsed, exchange.error) == (finish, "refusal", None, None)


def test_an_answer_that_was_cut_is_truncated(triage: Any) -> None:
    exchange = exchange_of(triage(Answers(GOOD[:12], finish="length"), "{schema: out.json, retries: 0}"))
    assert (exchange.outcome, exchange.finish) == ("truncated", "error")
    assert exchange.error is not None
    assert "max_tokens" in (exchange.error.hint or "")


def test_a_blank_answer_is_not_said_again(triage: Any) -> None:
    model = Answers("", GOOD)
    exchange = exchange_of(triage(model))
    assert (exchange.rejected[0].outcome, exchange.outcome) == ("empty", "value")
    assert [message.role for message in model.asked[1].messages] == [
        message.role for message in model.asked[0].messages
    ]
    assert model.asked[1].messages[-1].text.startswith("my card is gone\n\nYour answer was empty.")


def test_calls_of_tools_are_no_answer_yet(triage: Any) -> None:
    exchange = exchange_of(triage(Answers(ToolCallDelta(0, "1", "look_up", "{}"), finish="tool_calls")))
    assert (exchange.finish, exchange.outcome, exchange.error) == ("tool_calls", None, None)


def test_when_asking_again_fails_the_provider_is_named_and_the_answer_kept(triage: Any) -> None:
    down = ErrorInfo(kind="server", message="down", switchable=True)
    exchange = exchange_of(
        triage(Answers(BAD, AttemptEnded(Attempt(model="m", use="x/m", finish="error", error=down))))
    )
    assert (exchange.error, exchange.finish, exchange.rejected[0].text) == (down, "error", BAD)


def test_a_replay_without_another_answer_is_an_output_error(folder: Callable[..., Path]) -> None:
    script = f"rules: [{{when: ^hi$, reply: '{BAD}'}}]\n"
    files = {"feature.yaml": SPEC + "output: out.json\n", "out.json": json.dumps(SCHEMA), "main.yaml": script}
    exchange = asyncio.run(load(folder(**files)).respond(Request((Message("user", "hi"),))))
    assert exchange.error is not None
    assert (exchange.error.kind, exchange.rejected[0].text) == ("output", BAD)
    assert (exchange.text, exchange.outcome, exchange.errors) == (BAD, "invalid", exchange.rejected[0].errors)


def test_a_script_may_answer_what_it_is_told(folder: Callable[..., Path]) -> None:
    script = f"rules: [{{when: does not fit, reply: '{GOOD}'}}]\ndefault: '{BAD}'\n"
    files = {"feature.yaml": SPEC + "output: out.json\n", "out.json": json.dumps(SCHEMA), "main.yaml": script}
    exchange = asyncio.run(load(folder(**files)).respond(Request((Message("user", "hi"),))))
    assert (exchange.parsed["urgency"], len(exchange.attempts), exchange.rung) == (3, 2, None)


def test_snapshots_come_only_in_a_stream_and_end_with_the_value(triage: Any) -> None:
    snapshots = [event for event in events_of(triage(Answers(GOOD))) if isinstance(event, Snapshot)]
    assert snapshots[-1].value == {"intent": "card", "urgency": 3}
    assert all(each.value.get("urgency") in (None, 3) for each in snapshots)
    assert not [event for event in events_of(triage(Answers(GOOD)), stream=False) if isinstance(event, Snapshot)]


class Triage(msgspec.Struct):
    intent: str
    urgency: int


@dataclass
class Plain:
    intent: str
    urgency: int = 0


class Strict(msgspec.Struct):
    intent: str
    urgency: int

    def __post_init__(self) -> None:
        if self.urgency > 5:
            raise ValueError("urgency is at most 5")


def typed(feature: Feature, model: Answers, wanted: Any, **more: Any) -> Feature:
    found = feature.with_output(wanted, **more)
    found.use_model("main", model)
    return found


@pytest.mark.parametrize("wanted", [Triage, Plain])
def test_the_value_has_the_type_that_was_asked_for(feature: Feature, wanted: Any) -> None:
    model = Answers(GOOD)
    exchange = exchange_of(typed(feature, model, wanted))
    assert exchange.parsed == wanted("card", 3)
    assert model.asked[0].schema["type"] == "object"


def test_what_the_type_itself_refuses_is_asked_for_again(feature: Feature) -> None:
    model = Answers(BAD, GOOD)
    exchange = exchange_of(typed(feature, model, Strict))
    assert exchange.parsed == Strict("card", 3)
    assert "urgency is at most 5" in exchange.rejected[0].errors[0]


def test_a_pydantic_model_is_a_type_too(feature: Feature) -> None:
    pydantic = pytest.importorskip("pydantic")
    wanted = pydantic.create_model("Wanted", intent=(str, ...), urgency=(int, pydantic.Field(le=5)))
    exchange = exchange_of(typed(feature, Answers(BAD, GOOD), wanted))
    assert exchange.parsed == wanted(intent="card", urgency=3)
    assert "$.urgency" in exchange.rejected[0].errors[0]


def test_mistakes_that_only_a_pydantic_model_finds_have_their_place(feature: Feature) -> None:
    pydantic = pytest.importorskip("pydantic")

    class Wanted(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        intent: str
        urgency: int

        @pydantic.field_validator("urgency")
        @classmethod
        def at_most(cls, urgency: int) -> int:
            if urgency > 5:
                raise ValueError("at most 5")
            return urgency

    exchange = exchange_of(typed(feature, Answers(BAD, GOOD), Wanted))
    assert exchange.rejected[0].errors == ("$.urgency: Value error, at most 5",)


def test_a_strict_pydantic_model_reads_what_json_has_for_dates_and_keys(feature: Feature) -> None:
    pydantic = pytest.importorskip("pydantic")

    class Wanted(pydantic.BaseModel):  # type: ignore[misc, name-defined]
        model_config = pydantic.ConfigDict(strict=True)
        day: date
        counts: dict[int, str]

    exchange = exchange_of(typed(feature, Answers('{"day": "2026-03-01", "counts": {"1": "a"}}'), Wanted))
    assert exchange.parsed == Wanted(day=date(2026, 3, 1), counts={1: "a"})


class Dated(msgspec.Struct):
    day: date
    counts: dict[int, str]


def test_a_struct_reads_what_json_has_for_dates_and_keys(feature: Feature) -> None:
    exchange = exchange_of(typed(feature, Answers('{"day": "2026-03-01", "counts": {"1": "a"}}'), Dated))
    assert exchange.parsed == Dated(date(2026, 3, 1), {1: "a"})


def test_a_type_without_a_schema_is_refused(feature: Feature) -> None:
    with pytest.raises(SpecError, match="no JSON Schema can be made"):
        feature.with_output(lambda: 0)


def test_the_schema_and_the_retries_are_in_the_versions(triage: Any, feature: Feature) -> None:
    one, other = triage(Answers()), triage(Answers(), "{schema: out.json, retries: 2}")
    assert one.version != other.version
    assert one.prompt_version("main") == other.prompt_version("main")
    assert feature.with_output(Triage).prompt_version("main") != feature.with_output(Plain).prompt_version("main")
    assert feature.with_output(Triage).variant("main").spec.output is not None


@pytest.mark.parametrize(
    ("output", "schema", "said"),
    [
        ("out.txt", "{}", "out.json|ends in .json"),
        ("missing.json", "{}", "there is no file 'missing.json'"),
        ("out.json", '{\n"a": \n}', "out.json:3: this is not JSON"),
        ("out.json", "[]", "this is not a JSON Schema"),
        ("out.json", '{"type": "strnig"}', "this is not a JSON Schema"),
        ("{schema: out.json, retries: 99}", "{}", "retries"),
        ("{retries: 1}", "{}", "schema"),
    ],
)
def test_mistakes_in_output_are_named(folder: Callable[..., Path], output: str, schema: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        load(folder(**{"feature.yaml": SPEC + f"output: {output}\n", "out.json": schema}))


def test_a_schema_may_be_yaml(folder: Callable[..., Path]) -> None:
    files = {
        "feature.yaml": SPEC + "output: out.yaml\n",
        "out.yaml": "type: object\nproperties: {a: {type: integer}}\n",
    }
    output = load(folder(**files)).spec.output
    assert output is not None
    assert output.schema == {"type": "object", "properties": {"a": {"type": "integer"}}}
