"""One case on a terminal: what the line of an attempt says."""

from typing import Any

import pytest

from seatrial.cli.show_case import show_case
from seatrial.core.case import Case
from seatrial.core.conversation import Message, Request
from seatrial.core.errors import ErrorInfo
from seatrial.core.exchange import Attempt, Exchange, Usage
from seatrial.store.records import Result

CUT_OFF = ErrorInfo(kind="cancelled", message="cut off", billable=True)


@pytest.mark.parametrize(
    ("attempt", "line"),
    [
        ({"finish": "stop", "latency_ms": 1234.0}, "m (x/m)  stop  1,234 ms"),
        (
            {"finish": "stop", "usage": Usage(9, 3), "cost_nusd": 1_500_000, "first_token_ms": 80.0, "served_by": "y"},
            "m (x/m)  served by y  stop  0 ms  first token 80 ms  9 + 3 tokens  0.001500 USD",
        ),
        ({"finish": "stop", "queued_ms": 2500.0}, "m (x/m)  stop  waited 2,500 ms for its limits  0 ms"),
        (
            {"finish": "cancelled", "hedged": True, "error": CUT_OFF},
            "m (x/m)  second request  cancelled  0 ms  cost unknown  cancelled: cut off",
        ),
        (
            {"finish": "error", "error": ErrorInfo(kind="server", message="down")},
            "m (x/m)  error  0 ms  server: down",
        ),
    ],
)
def test_an_attempt_is_one_line(attempt: dict[str, Any], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    exchange = Exchange(
        id="1",
        request=Request((Message("user", "hi"),)),
        message=Message("assistant", "hey"),
        finish="stop",
        attempts=(Attempt(model="m", use="x/m", **attempt),),
    )
    result = Result(case="c", suite="s", variant="m", repeat=1, made_by="", state="pass", exchanges=(exchange,))
    show_case(Case(id="c"), result)
    assert line in [each.strip() for each in capsys.readouterr().out.splitlines()]
