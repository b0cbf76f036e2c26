"""Retry: what may pass is asked again, each kind of error in its own way, and it ends."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.conversation import ModelRequest
from seatrial.core.errors import ErrorInfo
from seatrial.core.events import AttemptEnded, Event, ReasoningDelta, TextDelta, ToolCallDelta
from seatrial.core.exchange import Attempt
from seatrial.models.retry import LONGEST_TOTAL, LONGEST_WAIT, PATIENCE, Retry, patience

FATAL = ErrorInfo(kind="auth", message="no key")
KINDS = sorted(PATIENCE)


def retried(
    stage: Any, model: Any, retries: dict[str, int] | None = None, **more: Any
) -> tuple[list[Event], list[float]]:
    """The events, and the waits before the calls after the first, in seconds."""
    wrapped = Retry(model, patience(retries or {}), clock=stage.clock, **more)
    events = stage.run(stage.drain(wrapped))
    return events, [later - earlier for earlier, later in zip(model.calls, model.calls[1:], strict=False)]


def test_what_may_pass_is_asked_again_and_each_try_is_told(stage: Any) -> None:
    down, answer = stage.ended(stage.fault("server")), [TextDelta("hi"), stage.ended()]
    model = stage.Acts([down], [down], answer)
    assert retried(stage, model)[0] == [down, down, *answer]
    assert model.closed == 3


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("retries", [0, 1, 7])
def test_each_kind_has_its_own_number_of_retries(stage: Any, kind: str, retries: int) -> None:
    failed = stage.ended(stage.fault(kind))
    numbers = {**dict.fromkeys(KINDS, 9), kind: retries}
    assert retried(stage, stage.Acts([failed]), numbers)[0] == [failed] * (retries + 1)


@pytest.mark.parametrize("kind", KINDS)
def test_waits_are_spread_from_nothing_to_a_limit_that_doubles(stage: Any, kind: str) -> None:
    _, first, longest = PATIENCE[kind]
    seen: list[list[float]] = [[], [], []]
    for _ in range(40):
        waits = retried(stage, stage.Acts([stage.ended(stage.fault(kind))]), {kind: 3})[1]
        for place, wait in zip(seen, waits, strict=True):
            place.append(wait)
    for count, waits in enumerate(seen):
        limit = min(first * 2**count, longest)
        assert max(waits) <= limit + 1e-9
        assert min(waits) < limit / 2 < max(waits)  # of 40 draws, fails once in 10^11


def test_a_rate_limit_is_given_more_time_than_a_dropped_connection(stage: Any) -> None:
    assert PATIENCE["rate_limit"].retries > PATIENCE["reset"].retries > 0
    assert PATIENCE["rate_limit"].first > PATIENCE["reset"].first
    assert PATIENCE["timeout"].retries < PATIENCE["server"].retries


def test_kinds_together_are_bounded_by_the_largest_number(stage: Any) -> None:
    scripts = [[stage.ended(stage.fault(kind))] for kind in ("server", "reset", "server", "reset", "server")]
    model = stage.Acts(*scripts, [stage.ended()])
    assert len(retried(stage, model, dict.fromkeys(KINDS, 3))[0]) == 4
    assert len(retried(stage, stage.Acts(*scripts), {"server": 1, "reset": 1, "rate_limit": 0, "timeout": 0})[0]) == 3


def test_a_kind_unknown_here_is_met_like_a_server_error(stage: Any) -> None:
    odd = stage.ended(stage.fault("bad_request", status=409))
    assert retried(stage, stage.Acts([odd]), {"server": 3})[0] == [odd] * 4


def test_what_will_not_pass_is_not_asked_again(stage: Any) -> None:
    for end in (stage.ended(FATAL), stage.ended(stage.fault("open", retryable=False)), stage.ended()):
        assert retried(stage, stage.Acts([end])) == ([end], [])


@pytest.mark.parametrize("event", [TextDelta("a"), ReasoningDelta("r"), ToolCallDelta(0, "i", "f", "")])
def test_nothing_is_retried_after_something_was_passed_on(stage: Any, event: Event) -> None:
    broken = [event, stage.ended(stage.fault("cut"))]
    assert retried(stage, stage.Acts(broken)) == (broken, [])


@pytest.mark.parametrize("seconds", [0.0, 3.5, LONGEST_WAIT])
def test_a_retry_after_is_kept_and_little_is_added(stage: Any, seconds: float) -> None:
    told = stage.ended(stage.fault("rate_limit", retry_after=seconds))
    (wait,) = retried(stage, stage.Acts([told], [stage.ended()]))[1]
    assert seconds <= wait <= seconds * 1.1


def test_a_retry_after_beyond_all_patience_is_not_waited_for(stage: Any) -> None:
    told = stage.ended(stage.fault("rate_limit", retry_after=LONGEST_WAIT + 1))
    assert retried(stage, stage.Acts([told])) == ([told], [])


def test_retries_end_with_time_whatever_their_number(stage: Any) -> None:
    slow = stage.ended(stage.fault("timeout"))
    model = stage.Acts([50.0, slow])
    assert len(retried(stage, model, {"timeout": 9})[0]) == 3
    assert model.calls[-1] <= LONGEST_TOTAL
    told = stage.ended(stage.fault("rate_limit", retry_after=20.0))
    assert len(retried(stage, stage.Acts([told]), {"rate_limit": 9}, total=50.0)[0]) == 3


def test_time_in_the_line_of_the_limits_does_not_count(stage: Any) -> None:
    queued = AttemptEnded(
        Attempt(model="m", use="x/m", finish="error", queued_ms=200_000.0, error=stage.fault("rate_limit"))
    )
    answer = stage.ended()
    assert retried(stage, stage.Acts([200.0, queued], [answer]))[0] == [queued, answer]


def test_a_caller_who_leaves_closes_the_model(stage: Any) -> None:
    model = stage.Acts([TextDelta("a"), stage.ended()])

    async def leave() -> None:
        events = Retry(model).stream(ModelRequest(()))
        await anext(events)
        await events.aclose()

    stage.run(leave())
    assert model.closed == 1


@given(
    st.lists(st.tuples(st.sampled_from([*KINDS, "auth", "answer"]), st.none() | st.floats(0, 60)), min_size=1),
    st.dictionaries(st.sampled_from(KINDS), st.integers(0, 10)),
)
def test_it_always_ends_and_every_try_but_the_last_failed(
    stage: Any, tries: list[tuple[str, float | None]], retries: dict[str, int]
) -> None:
    def end(kind: str, after: float | None) -> AttemptEnded:
        return stage.ended(None if kind == "answer" else stage.fault(kind, retry_after=after, retryable=kind != "auth"))

    model = stage.Acts(*([end(*each)] for each in tries))
    attempts = [event.attempt for event in retried(stage, model, retries)[0] if isinstance(event, AttemptEnded)]
    assert all(attempt.error is not None and attempt.error.retryable for attempt in attempts[:-1])
    assert len(attempts) <= 1 + max({**{kind: PATIENCE[kind].retries for kind in KINDS}, **retries}.values())
    assert model.calls[-1] <= LONGEST_TOTAL + 1e-6
