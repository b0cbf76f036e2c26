"""Every wire, every fault: the attempt says what happened, nothing hangs, no text is lost or doubled, usage and cost
are right.

A row says how a call ends that was to be streamed, and one that was not: `fine`, or the kind of its error.
"""

from __future__ import annotations

from typing import Literal

import pytest
from tests.conformance.conftest import Asker, Outcome

from seatrial.core.exchange import Usage
from seatrial.models.transport import Timeouts

ANSWER = "the harbor is calm today, ruhig, 静かです ⚓ and nothing moves"
USAGE = Usage(input_total=30, output_total=12, cache_read=10)
COST = 30 * 1000 + 12 * 2000
"""Nano-dollars at 1 and 2 dollars a million tokens."""

SHORT = Timeouts(total=0.1)
FAINT = Timeouts(total=30.0, first_token=0.05)
STALLED = Timeouts(total=30.0, between_tokens=0.05)
LARGE = 9 * 1024 * 1024
"""Bytes; larger than any event that is read."""

Text = Literal["whole", "part", "none"]

FINE = ("split", "split; into=utf8", "split; into=3", "comments", "line-ends; style=crlf", "line-ends; style=cr")
MORE_FINE = (
    "odd-event",
    "no-done",
    "not-streamed",
    "wrong-type; content_type=text/event-stream",
    "latency; seconds=0.02",
)

REFUSED = {
    "400": ("bad_request", False, False),
    "401": ("auth", False, True),
    "403": ("auth", False, True),
    "404": ("not_found", False, True),
    "408": ("timeout", True, True),
    "429": ("rate_limit", True, True),
    "500": ("server", True, True),
    "502": ("server", True, True),
    "503": ("server", True, True),
    "529": ("server", True, True),
    "plain-error": ("server", True, True),
    "html-error": ("server", True, True),
}
"""Kind of error, whether the same call may be tried again, whether another model may answer."""

BROKEN: dict[str, tuple[str, Text, str, Text]] = {
    "empty": ("protocol", "none", "protocol", "none"),
    "malformed; after=3": ("protocol", "part", "protocol", "none"),
    "error-event; after=3": ("server", "part", "server", "none"),
    "error-event; after=3; status=429": ("rate_limit", "part", "rate_limit", "none"),
    "no-finish": ("protocol|cut", "whole", "protocol", "whole"),
    "odd-finish": ("protocol", "whole", "protocol", "whole"),
    "cut; after=3": ("cut", "part", "cut", "none"),
    "cut; after=0": ("cut", "none", "cut", "none"),
    "cut; after=3; inside=20": ("cut", "part", "cut", "none"),
    "short; after=3": ("cut", "part", "protocol|cut", "none"),
    "short; after=3; inside=20": ("cut", "part", "protocol|cut", "none"),
    "reset": ("reset", "none", "reset", "none"),
    "close": ("reset", "none", "reset", "none"),
    "reset-inside; after=3": ("cut|reset", "part", "cut|reset", "none"),
    "not-http": ("protocol", "none", "protocol", "none"),
    "bad-chunk; after=3": ("protocol", "part", "protocol|cut", "none"),
    f"huge; after=3; size={LARGE}": ("protocol", "part", "protocol", "none"),
}
"""Kind of error and what of the text was given, streamed; and the same not streamed."""


def check(outcome: Outcome, kind: str, text: Text) -> None:
    attempt = outcome.attempt
    assert attempt.finish == "error"
    assert attempt.error is not None
    assert attempt.error.kind in kind.split("|"), attempt.error
    assert attempt.error.message.startswith(attempt.use)
    assert "k-secret" not in repr(attempt)
    assert attempt.cost_nusd in (None, COST)  # of all that was used, or unknown
    if text == "whole":
        assert outcome.text == ANSWER
    elif text == "none":
        assert outcome.text == ""
    else:
        assert outcome.text
        assert outcome.text != ANSWER
        assert ANSWER.startswith(outcome.text.replace("x" * 1000, ""))


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("faults", ["", *FINE, *MORE_FINE])
def test_what_is_allowed_changes_nothing(ask: Asker, faults: str, stream: bool) -> None:
    if not stream and ("type" in faults or faults == "odd-event"):
        pytest.skip("about streams")
    outcome = ask(faults, stream=stream)
    assert outcome.attempt.error is None
    assert (outcome.text, outcome.attempt.finish) == (ANSWER, "stop")
    assert (outcome.attempt.usage, outcome.attempt.cost_nusd) == (USAGE, COST)
    assert outcome.attempt.served_by == (None if ask.provider == "bedrock" else "simulated")  # only its router says so


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("faults", REFUSED)
def test_a_refusal_says_what_may_be_done(ask: Asker, faults: str, stream: bool) -> None:
    outcome = ask(faults, stream=stream)
    check(outcome, REFUSED[faults][0], "none")
    error = outcome.attempt.error
    assert error is not None
    assert (error.kind, error.retryable, error.switchable) == REFUSED[faults]
    assert not error.billable
    assert outcome.attempt.usage is None


@pytest.mark.parametrize("status", ["429", "503", "529"])
def test_how_long_to_wait_is_kept(ask: Asker, status: str) -> None:
    error = ask(f"{status}; retry_after=7").attempt.error
    assert error is not None
    assert error.retry_after == 7


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("faults", BROKEN)
def test_a_broken_answer_is_never_a_whole_one(ask: Asker, faults: str, stream: bool) -> None:
    streamed, part, plain, rest = BROKEN[faults]
    outcome = ask(faults, stream=stream)
    check(outcome, *((streamed, part) if stream else (plain, rest)))


@pytest.mark.parametrize(
    ("faults", "timeouts", "text"),
    [
        ("hang", SHORT, "none"),
        ("hang", FAINT, "none"),
        ("slow-first-token; seconds=60", FAINT, "none"),
        ("stall; after=3; seconds=60", STALLED, "part"),
        ("comments, stall; after=3; seconds=60", STALLED, "part"),
        pytest.param("stall; after=3; seconds=60", Timeouts(total=3.0), "part", marks=pytest.mark.slow),
        ("slow-tokens; seconds=60", STALLED, "part"),
    ],
)
def test_nothing_hangs_past_its_time_limit(ask: Asker, faults: str, timeouts: Timeouts, text: Text) -> None:
    outcome = ask(faults, timeouts=timeouts)
    check(outcome, "timeout", text)
    assert outcome.attempt.latency_ms < 10_000


@pytest.mark.parametrize("stream", [True, False])
def test_an_endless_answer_ends_with_the_total_limit(ask: Asker, stream: bool) -> None:
    outcome = ask("endless", stream=stream, timeouts=SHORT)
    assert outcome.attempt.error is not None
    assert outcome.attempt.error.kind == "timeout"
    assert stream or not outcome.text
    assert (ANSWER + "on and on " * 100_000).startswith(outcome.text)


@pytest.mark.parametrize("stream", [True, False])
def test_without_usage_the_cost_is_unknown(ask: Asker, stream: bool) -> None:
    outcome = ask("no-usage", stream=stream)
    assert (outcome.text, outcome.attempt.finish) == (ANSWER, "stop")
    assert (outcome.attempt.usage, outcome.attempt.cost_nusd) == (None, None)


@pytest.mark.parametrize("every", [97, pytest.param(1, marks=pytest.mark.slow)])
def test_where_the_bytes_are_cut_means_nothing(ask: Asker, every: int) -> None:
    if ask.server is None:
        pytest.skip("needs to know how long the body is")
    ask()
    for place in range(1, ask.server.calls[-1].sent, every):
        assert ask(f"split-at; place={place}").text == ANSWER
