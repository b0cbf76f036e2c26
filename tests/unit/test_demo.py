"""What `make demo` shows."""

import runpy
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[2] / "examples" / "demo.py"


def test_the_demo_shows_58_of_60_and_names_the_two_that_fail(capsys: pytest.CaptureFixture[str]) -> None:
    assert runpy.run_path(str(DEMO))["main"]() == 0
    shown = capsys.readouterr().out
    assert "58 of 60 held" in shown
    assert "explains a black hole in a chatty way" in shown
    assert "remembers a peanut allergy when it suggests a snack" in shown
    assert (DEMO.parent / "harbor" / ".seatrial" / "report.html").exists()
