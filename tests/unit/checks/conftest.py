"""What the tests of checks share: exchanges made from an answer, and one call from an entry to its verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from seatrial.checks.bind import bind_entry
from seatrial.core.exchange import Exchange
from seatrial.core.verdict import Verdict
from seatrial.core.view import View

Answer = str | dict[str, Any]


def make_exchange(answer: Answer) -> Exchange:
    """An exchange that delivered `answer`: its text, or fields of the exchange."""
    fields: dict[str, Any] = {
        "id": "x1",
        "request": {"messages": [{"role": "user", "content": "what is it?"}]},
        "message": {"role": "assistant", "content": answer if isinstance(answer, str) else "an answer"},
        "finish": "stop",
    }
    return msgspec.convert({**fields, **(answer if isinstance(answer, dict) else {})}, Exchange)


@pytest.fixture(scope="session")
def exchange_of() -> Callable[[Answer], Exchange]:
    return make_exchange


@pytest.fixture(scope="session")
def judge() -> Callable[..., Verdict]:
    """`judge(entry, answer)`: the verdict of the check a user would write as `entry`."""

    def judge(entry: Any, answer: Answer) -> Verdict:
        verdict = bind_entry(entry).check(View.of(make_exchange(answer)))
        assert isinstance(verdict, Verdict)
        return verdict

    return judge
