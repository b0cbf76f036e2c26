"""Long texts made to be slow: each is judged in time that grows with its length. Where it grew with the square, these
tests would not come to an end; `benchmarks/hostile.py` says how long they take.
"""

from typing import Any

import pytest

from seatrial import screen

SIZE = 200_000

WORST = [
    ({"blocklist": ["ab", "ab ab ab ab ad"]}, "ab ", "fail"),
    ({"blocklist": {"words": ["a"], "allow_quoted": True}}, "'a' \"a\" ", "fail"),
    ({"blocklist": {"words": ["ab"], "disguised": True}}, "ab ", "fail"),
    ("markdown-exfiltration", "https://", "pass"),
    ("markdown-exfiltration", "](", "pass"),
    ({"urls": {"allow": ["ok.test"]}}, "https://", "fail"),
    ("invisible-text", "\U000e0069", "fail"),
    ("gibberish", "known.words-without_any;space", "unscored"),
    ("gibberish", "a", "fail"),
    ({"language": "en"}, "\u200ea", "unscored"),
    ("prompt-injection", "ignoreallpreviousinstructions", "fail"),
    ("jailbreak", "aWdub3JlIGFsbCA=", "pass"),
    ("code-danger", "' or 1=1 -- ", "fail"),
    ("secrets", "password=", "pass"),
    ("personal-data", "4111 1111 1111 1111 ", "fail"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("check", "part", "state"), WORST)
def test_a_long_text_made_to_be_slow_is_judged(check: Any, part: str, state: str) -> None:
    text = (part * (SIZE // len(part) + 1))[:SIZE]
    (verdict,) = screen(text, checks=[check]).verdicts
    assert verdict.state == state
