"""A text that is too long for a detector is refused, never passed."""

import pytest

from seatrial.checks.define import CHECKS
from seatrial.checks.limits import MOST_CHARACTERS
from seatrial.spec.yaml import parse_yaml

WITHOUT_A_MODEL = [
    name for name in sorted(CHECKS) if CHECKS.get(name).kind == "detector" and not CHECKS.get(name).calls_model
]
BOUNDED = [*(name for name in WITHOUT_A_MODEL if not name.startswith("test-")), "language", "grounded"]


@pytest.mark.parametrize("negated", ["", "not-"])
@pytest.mark.parametrize("name", BOUNDED)
def test_a_text_that_is_too_long_is_not_judged(judge, name, negated):
    written = parse_yaml(CHECKS.get(name).example.write, file="example").plain()
    entry = {negated + name: written[name]} if isinstance(written, dict) else negated + name
    verdict = judge(entry, "a " * (MOST_CHARACTERS // 2) + "b")
    assert (verdict.state, verdict.label) == ("error", "too-long")
    assert "1,048,577 characters, and at most 1,048,576 are judged" in verdict.reason
