"""Errors as people read them, identity by content, and the records every folder shares."""

import asyncio
import re
from collections.abc import AsyncGenerator
from importlib import metadata
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.case import Case, Turn
from seatrial.core.conversation import Message, Request
from seatrial.core.errors import BugError, ErrorInfo, ModelError, OutsideError, Problem, SeatrialError, SpecError
from seatrial.core.events import Done, Event, ToolCallDelta
from seatrial.core.exchange import Attempt, Exchange, Usage
from seatrial.core.identity import digest
from seatrial.core.parts import ToolCall
from seatrial.core.registry import Registry, nearest_name
from seatrial.core.shapes import respond
from seatrial.core.view import View


def test_a_problem_says_what_where_expected_got_and_a_hint() -> None:
    problem = Problem(what="x is wrong", file="f", line=3, expected="a", got="b", nearest="c", hint="d")
    assert str(problem) == "f:3: x is wrong\n  expected a, got b\n  did you mean c?\n  hint: d"
    assert str(Problem(what="x", file="f", got="b")) == "f: x\n  got b"
    assert str(Problem(what="x")) == "x"


def test_a_spec_error_shows_every_problem() -> None:
    error = SpecError([Problem(what="one"), Problem(what="two")])
    assert str(error) == "one\ntwo"
    assert SpecError("one", line=1, file="f").problems == (Problem(what="one", file="f", line=1),)
    with pytest.raises(BugError):
        SpecError([])


def test_every_error_is_a_seatrial_error() -> None:
    info = ErrorInfo(kind="server", message="down", hint="wait", retryable=True)
    error = ModelError(info)
    assert (str(error), error.retryable, error.switchable, error.billable) == ("down\n  hint: wait", True, False, False)
    assert str(OutsideError("disk", hint="free it")) == "disk\n  hint: free it"
    for kind in (SpecError, ModelError, OutsideError, BugError):
        assert issubclass(kind, SeatrialError)


json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3),
    max_leaves=6,
)


@given(json_data, json_data)
def test_digests_are_equal_exactly_for_equal_data(one: Any, other: Any) -> None:
    assert re.fullmatch("[0-9a-f]{16}", digest(one))
    assert (digest(one) == digest(other)) == (
        msgspec.json.encode(one, order="sorted") == msgspec.json.encode(other, order="sorted")
    )


def test_the_order_of_keys_is_no_difference() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest([1, 2]) != digest([2, 1])


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"ask": "other"}, True),
        ({"vars": {"a": 1}}, True),
        ({"ask": None, "turns": (Turn("hi"),)}, True),
        ({"ask": None, "messages": (Message("user", "hi"),)}, True),
        ({"checks": ("contains",), "tags": ("t",), "answer": "x", "row": {"c": 1}, "name": "n", "id": "i"}, False),
    ],
)
def test_a_case_is_known_by_what_it_asks(change: dict[str, Any], differs: bool) -> None:
    case = Case(id="", ask="hi")
    assert (msgspec.structs.replace(case, **change).input_digest() != case.input_digest()) is differs


def test_turns_are_told_apart_by_what_is_asked_not_by_their_checks() -> None:
    def made(**turn: Any) -> str:
        return Case(id="", turns=(Turn("hi", **turn),)).input_digest()

    assert made() == made(checks=("x",))
    assert len({made(), made(vars={"a": 1}), made(assistant="yo")}) == 3


def attempt(cost: int | None, *, error: ErrorInfo | None = None, usage: Usage | None = None) -> Attempt:
    return Attempt(model="m", use="x", finish="error" if error else "stop", cost_nusd=cost, error=error, usage=usage)


FREE, PAID = ErrorInfo(kind="server", message="x"), ErrorInfo(kind="cut", message="x", billable=True)


@pytest.mark.parametrize(
    ("attempts", "cost"),
    [
        ([], None),
        ([attempt(5)], 5),
        ([attempt(0)], 0),
        ([attempt(None)], None),
        ([attempt(None, error=FREE), attempt(5)], 5),
        ([attempt(None, error=PAID), attempt(5)], None),
        ([attempt(3, error=PAID), attempt(5)], 8),
        ([attempt(None, error=FREE)], 0),
    ],
)
def test_an_unknown_cost_is_unknown_and_never_nothing(attempts: list[Attempt], cost: int | None) -> None:
    exchange = Exchange(
        id="i", request=Request(), message=Message("assistant", ""), finish="stop", attempts=tuple(attempts)
    )
    assert exchange.cost_nusd == cost


def test_usage_is_the_sum_of_what_is_known() -> None:
    parts = (attempt(1, usage=Usage(10, 5, 4, 1, 2)), attempt(1), attempt(1, usage=Usage(1, 1)))
    exchange = Exchange(id="i", request=Request(), message=Message("assistant", ""), finish="stop", attempts=parts)
    assert exchange.usage == Usage(11, 6, 4, 1, 2)
    assert (exchange.usage.input_plain, exchange.usage.output_plain, exchange.usage.total) == (6, 4, 17)
    assert msgspec.structs.replace(exchange, attempts=()).usage is None


def test_a_view_shows_the_text_that_is_asked_for() -> None:
    exchange = Exchange(
        id="i",
        request=Request((Message("user", "in"),)),
        message=Message("assistant", "out"),
        finish="stop",
        raw="raw",
        context=("a", "b"),
    )
    view = View.of(exchange)
    assert [view.seen(on).text for on in ("answer", "raw", "input", "context", "tools")] == [
        "out",
        "raw",
        "in",
        "a\nb",
        "",
    ]
    assert View.of(msgspec.structs.replace(exchange, raw=None), on="raw").text == "out"


def test_an_exchange_and_its_events_survive_json() -> None:
    exchange = Exchange(
        id="i",
        request=Request((Message("user", "in"),), {"a": [1]}),
        message=Message("assistant", "out"),
        finish="stop",
        attempts=(attempt(None, error=PAID, usage=Usage(1, 2)),),
        tool_calls=(ToolCall("a", "b", "{}"),),
    )
    assert msgspec.json.decode(msgspec.json.encode(exchange), type=Exchange) == exchange
    assert msgspec.json.decode(msgspec.json.encode(Done(exchange)), type=Event) == Done(exchange)


def test_pieces_of_a_tool_call_add_up() -> None:
    call = ToolCallDelta(0, "i", "f", "{").onto(None)
    assert ToolCallDelta(0, "", "", "}").onto(call) == ToolCall("i", "f", "{}")


def test_a_registry_loads_a_built_in_only_when_asked() -> None:
    registry: Registry[Any] = Registry("codec", {"json": "json:dumps", "none": "no_such_module:x"})
    assert registry.get("json")([]) == "[]"
    assert sorted(registry) == ["json", "none"]
    assert "json" in registry
    assert "jsn" not in registry
    with pytest.raises(SpecError) as caught:
        registry.get("jsn")
    assert caught.value.problems[0].nearest == "json"
    with pytest.raises(SpecError, match="known: json, none"):
        registry.get("zzzzzz")


def test_a_name_of_ones_own_may_be_replaced_and_a_built_in_may_not() -> None:
    registry: Registry[Any] = Registry("codec", {"json": "json:dumps"})
    registry.register("own", 1)
    registry.register("own", 2)
    assert registry.get("own") == 2
    with pytest.raises(SpecError, match="already built in"):
        registry.register("json", 1)


def test_an_installed_package_may_bring_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = metadata.EntryPoint("theirs", "json:loads", "seatrial.codecs")
    monkeypatch.setattr(metadata, "entry_points", lambda *, group: metadata.EntryPoints([entry]) if group else ())
    registry: Registry[Any] = Registry("codec", {}, group="seatrial.codecs")
    assert "theirs" in registry
    assert registry.get("theirs")("[]") == []
    assert list(registry) == ["theirs"]


def test_a_target_that_breaks_its_promise_is_our_fault() -> None:
    class Silent:
        async def stream(self, request: Request) -> AsyncGenerator[Event]:
            return
            yield

    with pytest.raises(BugError, match="ended without Done"):
        asyncio.run(respond(Silent(), Request()))


def test_the_nearest_name() -> None:
    assert nearest_name("temprature", ["temperature", "top_p"]) == "temperature"
    assert nearest_name("zzz", ["temperature"]) is None
    assert nearest_name("temp", ["temperature"], cutoff=0.9) is None
