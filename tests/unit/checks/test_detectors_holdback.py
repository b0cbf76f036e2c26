"""The law of hold-back (seatrial/checks/holdback.py), held for the detectors that can stand on a stream."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatrial.checks.bind import bind_entry
from seatrial.core.view import View

PIECES = {
    "invisible-text": [
        "a",
        "\u200b",
        "\u200d",
        "\u200e",
        "א",
        "😀",
        "\ufe0f",
        "\U0001f3f4",
        "\U000e0067",
        "\U000e007f",
        " ",
    ],
    "blocklist": ["ab", "abc", "cab", " ", "AB cd", "é", "e", "-", "12", "x", "_", "\n", " " * 9, "cd"],
    "urls": [
        "https://",
        "evil.test",
        "ok.test",
        "/",
        "@",
        ".",
        "www.",
        "com",
        " ",
        "a",
        "?q=",
        "x" * 900,
        " " * 900,
        "javascript:",
    ],
    "markdown-exfiltration": [
        "![",
        "[",
        "](",
        "https://e.test/",
        "x" * 30,
        "?q=",
        ")",
        " ",
        "<img src=",
        ">",
        "a" * 390,
        " " * 1_500,
        "\n",
        "]: ",
        "url(",
        "![1]",
        "\n[1]: //e.test/",
    ],
    "code-danger": [
        "rm ",
        "-rf ",
        "/",
        "' or 1=1",
        " ",
        "a",
        "{{",
        "}}",
        "__class__",
        ".",
        "<script",
        ">",
        "../",
        ";",
        "\n",
        " " * 220,
    ],
    "personal-data": [
        "jane",
        "@",
        "example.com",
        "4111 1111",
        " 1111 1111",
        "+44 20",
        "7946",
        "born ",
        "12 March",
        " 1984",
        "ssn ",
        "078-05-1120",
        "1.2",
        ":",
        "-",
        " ",
        "\n",
        "DE89 3704 0044 0532 0130 00",
        "_",
        "card",
        "mail ",
        " at example dot com",
    ],
    "secrets": [
        "password",
        ": ",
        "='",
        "'",
        "Tr0ub4dor&3",
        "AKIA1234567890ABCDEF",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC" * 2,
        "\n",
        " ",
        "eyJhbGciOiJub25lIn0",
        ".",
        "redis://",
        "@",
        "a",
        "_",
    ],
    "canary": ["token-77", "tok", "en-77", " ", "t o k e n - 7 7", "dG9rZW4tNzc", "x", "77-nekot"],
}
ENTRIES = [
    ("invisible-text", "invisible-text"),
    ("blocklist", {"blocklist": ["ab", "ab cd", "12"]}),
    ("blocklist", {"blocklist": {"words": ["abc", {"pattern": r"x\d{1,3}"}], "whole_words": False}}),
    ("blocklist", {"blocklist": {"words": ["É", "ab-ab"], "exact": True}}),
    ("blocklist", {"blocklist": ["ab cd 12", "_ab", "x_"]}),
    ("blocklist", {"blocklist": {"words": ["ab cd", "b c"], "whole_words": False}}),
    ("urls", {"urls": {"allow": ["ok.test"]}}),
    ("markdown-exfiltration", {"markdown-exfiltration": {"allow": ["ok.test"]}}),
    ("code-danger", "code-danger"),
    ("code-danger", {"code-danger": ["path"]}),
    ("personal-data", "personal-data"),
    ("secrets", "secrets"),
    ("canary", {"canary": "token-77"}),
]
BOUND = [(name, bind_entry(entry)) for name, entry in ENTRIES]


def spans_of(check, exchange_of, text):
    verdict = check.check(View.of(exchange_of(text)))
    assert verdict.state in ("pass", "fail")
    return sorted((span.start, span.end, span.label) for span in verdict.spans)


@pytest.mark.parametrize(("name", "check"), BOUND, ids=[str(entry) for _, entry in ENTRIES])
@given(data=st.data())
def test_what_is_settled_stays_so_whatever_follows(exchange_of, name, check, data):
    holdback = check.holdback
    text = "".join(data.draw(st.lists(st.sampled_from(PIECES[name]), max_size=18)))
    whole = text + "".join(data.draw(st.lists(st.sampled_from(PIECES[name]), max_size=10)))
    settled = holdback.settled(text)
    found = spans_of(check, exchange_of, whole)
    before = spans_of(check, exchange_of, text)
    assert [span for span in found if span[0] < settled] == [span for span in before if span[0] < settled]
    k = data.draw(st.integers(0, settled))
    cut = max(0, k - holdback.before)
    later = [(start + cut, end + cut, label) for start, end, label in spans_of(check, exchange_of, whole[cut:])]
    assert [span for span in later if span[0] >= k] == [span for span in found if span[0] >= k]


@pytest.mark.parametrize(
    "entry",
    [
        "prompt-injection",
        "jailbreak",
        "gibberish",
        "repetition",
        "system-prompt-leak",
        {"allowlist": ["a"]},
        {"blocklist": {"words": ["a"], "disguised": True}},
        {"blocklist": {"words": ["a"], "allow_quoted": True}},
        {"blocklist": [{"pattern": "a+"}]},
    ],
)
def test_a_detector_that_needs_the_whole_text_says_so(entry):
    assert bind_entry(entry).holdback is None
