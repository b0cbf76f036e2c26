"""The command line itself: how it ends when nobody reads what it prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TextIO

import pytest

from seatrial.cli.app import UNREAD, run


@pytest.fixture
def unread() -> Iterator[TextIO]:
    """A pipe whose reader has gone."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as pipe:
        yield pipe


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["checks", "list"],
        ["checks", "list", "--json"],
        ["eval", "--help"],
        ["evl", "--json"],
    ],
)
def test_a_reader_that_has_gone_ends_a_command_without_a_word(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], unread: TextIO, arguments: list[str]
) -> None:
    with open(os.dup(2), "w", encoding="utf-8") as errors:  # closed with what is redirected, not the process's own
        monkeypatch.setattr(sys, "stdout", unread)
        monkeypatch.setattr(sys, "stderr", errors)
        assert run(arguments) == UNREAD
    assert capfd.readouterr() == ("", "")


def test_an_error_nobody_reads_ends_the_same_way(monkeypatch: pytest.MonkeyPatch, unread: TextIO) -> None:
    monkeypatch.setattr(sys, "stdout", unread)
    monkeypatch.setattr(sys, "stderr", unread)
    assert run(["evl"]) == UNREAD
