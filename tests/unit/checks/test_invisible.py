"""Invisible characters, where they belong and where they do not."""

from __future__ import annotations

import pytest

from seatrial.core.errors import SpecError


@pytest.mark.parametrize(
    "text",
    [
        "plain words\nand\ttabs\r\n",
        "\ufeffa byte order mark at the start",
        "👩‍👩‍👧 👍🏽 ❤️ ☺︎ 1️⃣ #️⃣ 🏳️‍🌈",
        "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
        "می‌خواهم क्‍ष",
        "‏שלום world‎ עולם",
        "ภาษา\u200bไทย",
        "葛󠄀",
        "⠓⠑⠇⠇⠕⠀⠺⠕⠗⠇⠙",
        "soft\u00adhyphen",
        "",
    ],
)
def test_what_the_writing_asks_for_passes(judge, text):
    verdict = judge("invisible-text", text)
    assert verdict.state == "pass", verdict.reason


@pytest.mark.parametrize(
    ("text", "label", "places"),
    [
        ("sum\u200bmer", "zero-width", [3]),
        ("a\u200db", "zero-width", [1]),
        ("x\u2060y\ufeffz", "zero-width", [1, 3]),
        ("hi\U000e0068\U000e0069", "tag", [2, 3]),
        ("🏴\U000e0068\U000e0069 there", "tag", [1, 2]),
        ("abc\u202edcba\u202c", "bidi", [3, 8]),
        ("left\u200e to right", "bidi", [4]),
        ("a\ufe0f", "selector", [1]),
        ("😀\ufe0f\ufe0f\U000e0150", "selector", [2, 3]),
        ("name: \u3164", "filler", [6]),
        ("a\x00b\x1b[0m", "control", [1, 3]),
    ],
)
def test_what_nothing_asks_for_fails(judge, text, label, places):
    verdict = judge("invisible-text", text)
    assert (verdict.state, verdict.label) == ("fail", label)
    assert [span.start for span in verdict.spans] == places


def test_the_kinds_to_look_for_can_be_chosen(judge):
    assert judge({"invisible-text": ["soft-hyphen"]}, "soft\u00adhyphen\u200b").reason.endswith("(soft-hyphen)")
    assert judge({"invisible-text": ["tag"]}, "a\u200bb").state == "pass"
    with pytest.raises(SpecError):
        judge({"invisible-text": []}, "x")
    with pytest.raises(SpecError):
        judge({"invisible-text": ["tags"]}, "x")
