"""Retry-After, and the catalogue's refusals."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.core.errors import SpecError
from seatrial.models.catalogue import PROVIDERS, find_provider
from seatrial.models.faults import retry_after_seconds


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("0", 0), ("7", 7), ("1.5", 1.5), ("999999999", 999999999)],
)
def test_seconds(value: str, seconds: float) -> None:
    assert retry_after_seconds(value) == seconds


@pytest.mark.parametrize(
    "value",
    [None, "", "soon", "-1", "nan", "inf", "1e9", "1_0", "9" * 400, "Fri, 31", "0x10", "Mon, 99 Zzz 2020 00:00:00 GMT"],
)
def test_what_says_nothing_is_nothing(value: str | None) -> None:
    assert retry_after_seconds(value) is None


def test_a_date_is_the_time_until_it_and_never_negative() -> None:
    now = datetime.now(UTC)
    later = retry_after_seconds(format_datetime(now + timedelta(seconds=60), usegmt=True))
    assert later is not None
    assert 55 < later <= 60
    assert retry_after_seconds(format_datetime(now - timedelta(days=1), usegmt=True)) == 0


@given(
    st.text(max_size=20)
    | st.from_regex(r"[A-Z][a-z]{2}, \d{1,3} [A-Z][a-z]{2} \d{1,6} \d\d:\d\d:\d\d( GMT| [-+]\d{4})?")
)
def test_any_header_is_seconds_or_nothing(value: str) -> None:
    seconds = retry_after_seconds(value)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_provider_is_found(name: str) -> None:
    assert find_provider(f"{name}/a/b") == (PROVIDERS[name], "a/b")


@pytest.mark.parametrize(
    ("use", "says", "nearest"),
    [
        ("opanai/x", "no provider 'opanai'", "openai"),
        ("zzzz/x", "no provider", None),
        ("openai", "use: is not right", None),
        ("openai/", "use: is not right", None),
        ("/x", "no provider ''", None),
    ],
)
def test_an_unknown_provider_is_refused(use: str, says: str, nearest: str | None) -> None:
    with pytest.raises(SpecError) as caught:
        find_provider(use)
    (problem,) = caught.value.problems
    assert says in problem.what
    assert problem.nearest == nearest
