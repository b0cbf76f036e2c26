"""The circuit breaker: no call while it is open, one probe after the cool-down, and what counts as a failure."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import ErrorInfo
from seatrial.core.events import AttemptEnded, TextDelta
from seatrial.core.exchange import Attempt
from seatrial.models.breaker import LONGEST_COOL_DOWN, UNHEALTHY, Breaker, Circuit, Skip, Ticket
from seatrial.models.limits import Gate, Limited
from seatrial.models.retry import Retry

NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
HARMLESS = ("rate_limit", "auth", "bad_request", "not_found", "miss")


def circuit(clock: Callable[[], float], failures: int = 3, cool_down: float = 30.0) -> Circuit:
    return Circuit(
        "m", "x/m", failures=failures, cool_down=cool_down, clock=clock, now=lambda: NOON + timedelta(seconds=clock())
    )


async def ask(model: Any) -> Attempt:
    *_, last = [event async for event in model.stream(ModelRequest((), params={"top_p": 1}))]
    assert isinstance(last, AttemptEnded)
    return last.attempt


def test_after_failures_in_a_row_no_call_is_made_and_the_attempt_says_why(stage: Any) -> None:
    async def main() -> None:
        server = stage.Acts([stage.ended(stage.fault("server"))])
        model = Breaker(server, circuit(stage.clock))
        assert [(await ask(model)).error.kind for _ in range(5)] == ["server"] * 3 + ["open"] * 2
        assert len(server.calls) == 3
        await asyncio.sleep(10)
        attempt = await ask(model)
        assert (attempt.model, attempt.use, attempt.finish, attempt.params) == ("m", "x/m", "error", {"top_p": 1})
        assert attempt.error == ErrorInfo(
            kind="open",
            message="x/m: not asked, its circuit is open since 12:00:00 UTC, until 12:00:30 UTC,"
            " after 3 failures in a row, the last: server!",
            hint="one call then tries it; the model's line  circuit:  says after how many failures, and for how long",
            switchable=True,
            retry_after=20.0,
        )

    stage.run(main())


@pytest.mark.parametrize("kind", sorted(UNHEALTHY))
def test_errors_that_speak_of_the_targets_health_open_it(stage: Any, kind: str) -> None:
    async def main() -> None:
        model = Breaker(stage.Acts([stage.ended(stage.fault(kind))]), circuit(stage.clock, failures=1))
        assert [(await ask(model)).error.kind for _ in range(2)] == [kind, "open"]

    stage.run(main())


@pytest.mark.parametrize("kind", HARMLESS)
def test_other_errors_never_open_it_and_do_not_hide_failures(stage: Any, kind: str) -> None:
    async def main() -> None:
        other, down = [stage.ended(stage.fault(kind))], [stage.ended(stage.fault("server"))]
        server = stage.Acts(*[other] * 9, down, other, down)
        model = Breaker(server, circuit(stage.clock, failures=2))
        assert "open" not in [(await ask(model)).error.kind for _ in range(12)]
        assert (await ask(model)).error.kind == "open"

    stage.run(main())


def test_an_answer_begins_the_count_anew(stage: Any) -> None:
    async def main() -> None:
        down = [stage.ended(stage.fault("reset"))]
        server = stage.Acts(down, down, [TextDelta("hi"), stage.ended()], down, down, [stage.ended()])
        model = Breaker(server, circuit(stage.clock))
        for _ in range(6):
            await ask(model)
        assert len(server.calls) == 6

    stage.run(main())


def test_one_probe_goes_out_after_the_cool_down_and_its_success_closes(stage: Any) -> None:
    async def main() -> None:
        server = stage.Acts(*[[stage.ended(stage.fault("connect"))]] * 3, [5.0, TextDelta("hi"), stage.ended()])
        model = Breaker(server, circuit(stage.clock))
        for _ in range(3):
            await ask(model)
        await asyncio.sleep(30)
        attempts = await asyncio.gather(*(ask(model) for _ in range(10)))
        assert [attempt.error is None for attempt in attempts] == [True] + [False] * 9
        assert {(a.error.kind, a.error.retry_after) for a in attempts[1:]} == {("open", None)}
        assert "a probe is out" in attempts[1].error.message
        assert server.calls == [0, 0, 0, 30]
        assert all(attempt.error is None for attempt in await asyncio.gather(*(ask(model) for _ in range(4))))

    stage.run(main())


def test_failed_probes_open_it_for_longer_up_to_a_bound_and_success_begins_anew(stage: Any) -> None:
    async def main() -> None:
        down = [stage.ended(stage.fault("timeout"))]
        server = stage.Acts(*[down] * 10, [stage.ended()], down)
        model = Breaker(server, circuit(stage.clock, failures=1, cool_down=100))
        while len(server.calls) < 13:
            await ask(model)
            await asyncio.sleep(1)
        gaps = [later - earlier for earlier, later in zip(server.calls, server.calls[1:], strict=False)]
        assert gaps[:3] == [100, 200, 400]
        assert set(gaps[3:10]) == {LONGEST_COOL_DOWN}
        assert gaps[10:] == [1, 100]

    stage.run(main())


def test_a_probe_that_is_answered_with_429_shows_the_target_alive(stage: Any) -> None:
    async def main() -> None:
        server = stage.Acts([stage.ended(stage.fault("server"))], [stage.ended(stage.fault("rate_limit"))])
        model = Breaker(server, circuit(stage.clock, failures=1))
        await ask(model)
        await asyncio.sleep(30)
        assert [(await ask(model)).error.kind for _ in range(3)] == ["rate_limit"] * 3

    stage.run(main())


@pytest.mark.parametrize("how", ["cancelled", "left", "raised", "not made"])
def test_a_probe_that_says_nothing_frees_its_place(stage: Any, how: str) -> None:
    async def main() -> None:
        endings = {"raised": [ValueError("ours")], "not made": [stage.ended(stage.fault("budget", retryable=False))]}
        probe = endings.get(how, [TextDelta("a"), 9.0, stage.ended()])
        server = stage.Acts([stage.ended(stage.fault("server"))], probe, [stage.ended()])
        model = Breaker(server, circuit(stage.clock, failures=1))
        await ask(model)
        await asyncio.sleep(30)
        if how == "left":
            events = model.stream(ModelRequest(()))
            await anext(events)
            await events.aclose()
        else:
            task = asyncio.create_task(stage.drain(model))
            await asyncio.sleep(1)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        assert (await ask(model)).error is None

    stage.run(main())


def test_calls_from_before_it_opened_say_nothing_afterwards(stage: Any) -> None:
    async def main() -> None:
        late, down = [40.0, stage.ended(stage.fault("server"))], [stage.ended(stage.fault("server"))]
        server = stage.Acts(late, [40.0, stage.ended()], down, [35.0, stage.ended()], [stage.ended()])
        model = Breaker(server, circuit(stage.clock, failures=1))
        before = [asyncio.create_task(ask(model)) for _ in range(2)]
        await asyncio.sleep(0)
        assert (await ask(model)).error.kind == "server"
        await asyncio.sleep(30)
        probe = asyncio.create_task(ask(model))
        await asyncio.gather(*before)
        assert (await ask(model)).error.kind == "open"
        assert (await probe).error is None
        assert (await ask(model)).error is None

    stage.run(main())


def test_a_retry_sees_an_open_circuit_and_stops(stage: Any) -> None:
    async def main() -> None:
        server = stage.Acts([stage.ended(stage.fault("connect"))])
        events = await stage.drain(Retry(Breaker(server, circuit(stage.clock, failures=2)), clock=stage.clock))
        assert [event.attempt.error.kind for event in events] == ["connect", "connect", "open"]

    stage.run(main())


def test_who_stood_in_line_while_it_opened_is_refused_and_who_comes_later_does_not_wait(stage: Any) -> None:
    async def main() -> None:
        state = circuit(stage.clock, failures=2, cool_down=5)
        server = stage.Acts([2.0, stage.ended(stage.fault("timeout"))])
        gate = Gate(concurrency=1, requests_per_minute=60, clock=stage.clock)
        model = Skip(Limited(Breaker(server, state), gate), state)
        attempts = await asyncio.gather(*(ask(model) for _ in range(6)))
        assert [attempt.error.kind for attempt in attempts] == ["timeout"] * 2 + ["open"] * 4
        assert (server.calls, stage.clock()) == ([0, 2], 4)
        await asyncio.sleep(5)
        probe = asyncio.create_task(ask(model))
        await asyncio.sleep(1)
        assert (await ask(model)).error.kind == "open"
        assert stage.clock() == 10
        await probe

    stage.run(main())


class Machine(RuleBasedStateMachine):
    """Calls begin and end in any order while time passes; a plain model of what the circuit owes is kept beside it."""

    @initialize(failures=st.integers(1, 3))
    def begin(self, failures: int) -> None:
        self.now = 0.0
        self.circuit = circuit(lambda: self.now, failures, 10.0)
        self.out: list[Ticket] = []
        self.opened_at: float | None = None

    @rule()
    def enter(self) -> None:
        was_open, ticket = self.circuit.is_open, self.circuit.enter()
        assert (ticket is None) == was_open
        if ticket is not None:
            self.out.append(ticket)
            if ticket.probe:
                assert self.circuit.is_open

    @precondition(lambda self: self.out)
    @rule(data=st.data(), kind=st.sampled_from([None, "answer", "rate_limit", "budget", "server", "timeout"]))
    def leave(self, data: st.DataObject, kind: str | None) -> None:
        ticket = self.out.pop(data.draw(st.integers(0, len(self.out) - 1)))
        error = None if kind == "answer" else ErrorInfo(kind=kind or "", message="!")
        attempt = Attempt(model="m", use="x/m", finish="stop" if error is None else "error", error=error)
        was_open = self.circuit.is_open
        self.circuit.left(ticket, None if kind is None else attempt)
        self.circuit.left(ticket, None)
        if ticket.probe:
            assert self.circuit.is_open == (kind in UNHEALTHY)
        elif was_open:
            assert self.circuit.is_open

    @rule(seconds=st.sampled_from([1.0, 10.0, 700.0]))
    def pass_time(self, seconds: float) -> None:
        self.now += seconds

    @invariant()
    def at_most_one_probe_is_out(self) -> None:
        probes = [ticket for ticket in getattr(self, "out", []) if ticket.probe]
        assert len(probes) <= 1


TestAnyOrder = Machine.TestCase


@given(st.lists(st.sampled_from(["server", "answer", "rate_limit"]), max_size=40), st.integers(1, 5))
def test_it_opens_exactly_when_so_many_failures_came_without_an_answer_between(
    stage: Any, ends: list[str], failures: int
) -> None:
    state, in_a_row = circuit(lambda: 0.0, failures), 0
    for end in ends:
        ticket = state.enter()
        assert ticket is not None
        state.left(ticket, stage.ended(None if end == "answer" else stage.fault(end)).attempt)
        in_a_row = 0 if end == "answer" else in_a_row + (end == "server")
        assert state.is_open == (in_a_row == failures)
        if state.is_open:
            return
