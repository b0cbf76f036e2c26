"""Long texts made to be slow: each is judged in time that grows with its length. Where it grew with the square, these
tests would not come to an end; `benchmarks/hostile.py` says how long they take.
"""

from typing import Any

import pytest

from seatrial import screen

SIZE = 200_000

WORST = [
    ({"blocklist": ["ab", "ab ab ab ab ad"]}, "ab "),
    ({"blocklist": {"words": ["a"], "allow_quoted": True}}, "'a' \"a\" "),
    ({"blocklist": {"words": ["ab"], "disguised": True}}, "ab "),
    ("markdown-exfiltration", "https://"),
    ("markdown-exfiltration", "]("),
    ({"urls": {"allow": ["ok.test"]}}, "https://"),
    ("invisible-text", "\U000e0069"),
    ("gibberish", "known.words-without_any;space"),
    ({"language": "en"}, "\u200ea"),
    ("prompt-injection", "ignoreallpreviousinstructions"),
    ("jailbreak", "aWdub3JlIGFsbCA="),
    ("code-danger", "' or 1=1 -- "),
    ("secrets", "password="),
    ("personal-data", "4111 1111 1111 1111 "),
]


@pytest.mark.slow
@pytest.mark.parametrize(("check", "part"), WORST)
def test_a_long_text_made_to_be_slow_is_judged(check: Any, part: str) -> None:
    text = (part * (SIZE // len(part) + 1))[:SIZE]
    (verdict,) = screen(text, checks=[check]).verdicts
    assert verdict.state in ("pass", "fail", "unscored")
