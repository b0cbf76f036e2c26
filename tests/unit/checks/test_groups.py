"""Groups: what judging inside them cost is not lost."""

from pathlib import Path

import pytest
from tests.unit.checks.conftest import make_exchange

from seatrial.checks.bind import bind_entry
from seatrial.core.exchange import Usage
from seatrial.core.verdict import Verdict
from seatrial.core.view import View

COSTLY = """\
from seatrial import Verdict
from seatrial.core.exchange import Usage

def costly(text):
    return Verdict(state="pass", usage=Usage(input_total=3, output_total=1))
"""


@pytest.mark.parametrize("group", ["all", "any", "not"])
def test_the_usage_of_a_group_is_that_of_its_checks(tmp_path: Path, group: str) -> None:
    (tmp_path / "own.py").write_text(COSTLY)
    costly = {"python": "own.py:costly"}
    check = bind_entry({group: ["starts-lowercase", costly, costly]}, tmp_path)
    verdict = check.check(View.of(make_exchange("hey")))
    assert isinstance(verdict, Verdict)
    assert verdict.usage == Usage(input_total=6, output_total=2)


@pytest.mark.parametrize("group", ["all", "any", "not"])
def test_a_group_of_checks_that_cost_nothing_has_no_usage(group: str) -> None:
    verdict = bind_entry({group: ["starts-lowercase"]}).check(View.of(make_exchange("hey")))
    assert isinstance(verdict, Verdict)
    assert verdict.usage is None
