"""Real questions of bank customers (Banking77, Casanueva et al. 2020) hold neither personal data nor secrets: what
`personal-data` and `secrets` find there is wrong.
"""

from __future__ import annotations

import json

import pytest

from seatrial import screen


@pytest.mark.parametrize("name", ["personal-data", "secrets"])
def test_questions_of_bank_customers_are_not_flagged(data, name):
    pytest.importorskip("phonenumbers")
    pytest.importorskip("stdnum")
    with (data / "banking77.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    flagged = [text for text in texts if screen(text, checks=[name]).verdicts[0].state != "pass"]
    assert len(texts) == 1_540
    assert flagged == []
