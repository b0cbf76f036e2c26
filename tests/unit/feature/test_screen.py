"""`seatrial.screen` with the models of a feature."""

import pytest

from seatrial import load, screen
from seatrial.core.errors import SpecError

UNSAFE = '{"unsafe": true, "categories": ["violence"], "reason": "it threatens"}'


def test_a_check_that_asks_a_model_asks_the_one_of_the_feature(project):
    project.write("feature.yaml", FEATURE)
    project.write("script.yaml", "rules: []\ndefault: fine\n")
    project.write("judge.yaml", f"rules: [{{when: hurt, reply: '{UNSAFE}'}}]\ndefault: nonsense\n")
    checks = [{"safety-judge": {"model": "judge"}}, "personal-data"]
    screened = screen("i will hurt you, mail a@example.com", checks=checks, feature=load(project.root))
    assert [verdict.state for verdict in screened.verdicts] == ["fail", "fail"]
    assert screened.text == "i will hurt you, mail [EMAIL]"


def test_without_a_feature_there_is_no_model_to_ask():
    with pytest.raises(SpecError, match="no feature here") as refused:
        screen("hi", checks=[{"safety-judge": {"model": "judge"}}])
    assert "pass feature=" in str(refused.value)


def test_an_entry_that_is_no_plain_data_is_refused_as_any_other():
    with pytest.raises(SpecError, match="got an object"):
        screen("hi", checks=[{"regex": object()}])


FEATURE = """\
feature: demo
models:
  main: {use: scripted/script.yaml}
  judge: {use: scripted/judge.yaml}
prompt: prompts/chat.md
"""
