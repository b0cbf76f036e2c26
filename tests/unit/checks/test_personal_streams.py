"""What leaves a stream is settled, for a sample of every kind of personal data and secret, cut anywhere: no later text
changes what was found before that point, and no more is held than the stated bound.
"""

from __future__ import annotations

import pytest

from seatrial.checks.bind import bind_entry

PERSONAL = [
    "mail jane.doe@example.com or jane (at) example (dot) com",
    "email me: jane dot doe at example dot com",
    "call (202) 555-0143 x12 or +44 (0)20 7946 0958",
    "card 4111 1111 1111 1111 or 3782 822463 10005",
    "to DE89 3704 0044 0532 0130 00",
    "from 2001:db8::ff00:42:8329 and 203.0.113.7",
    "mac 00:1A:2b:3C:4d:5E",
    "pay 1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
    "at 48.8583° N, 2.2945° E or 48.8583, 2.2945",
    "mark 48.8583,2.2945 on the map, q=1.2345,3.4567 or 48.85830, 122.29451",
    "born on 12 de marzo de 1984 or March 12, 1984",
    "ssn 078 05 1121, bsn 1112.22.333, passport no. 44051401359",
    "_jane@example.com_ or jane.doe@example.com__",
    "_jane (at) example (dot) com_, email: _jane dot doe at example dot com_",
    "_email_ jane dot doe at example dot com_",
    "_4111 1111 1111 1111_ and __4111111111111111__",
    "card_4111111111111111 or Karte4111 1111 1111 1111",
    "_+44 20 7946 0958_ or _call 202-555-0143_",
    "_DE89370400440532013000_ or _DE89 3704 0044 0532 0130 00_",
    "_203.0.113.7_, _2001:db8::ff00:42:8329_, _00:1A:2b:3C:4d:5E_",
    "_48.85830, 122.29451_ and __1BoatSLRHtKNngkdXEeobR76b53LETtpyT__",
    "born on _12 March 1984_, _078-05-1121_",
]
SECRETS = [
    "key AKIA1234567890ABCDEF is it",
    "password: 'Tr0ub4dor &3' or the password is Tr0ub4dor&3",
    "postgres://joe:Xa9cuieR@db.example.com/x",
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSjAgEAAoIBAQC7VJT\n-----END PRIVATE KEY-----",
    "Authorization: Bearer 9f86d081884c7d659a2feaa0c55ad015",
    "_AKIA1234567890ABCDEF_ or -AKIA1234567890ABCDEF-",
    "_ghp_a8Fh3kLm9QwE2rTy6UiO1pZx4CvB7nMq0sDg_ and AKIA1234567890ABCDEF__",
    "_postgres://joe:secret99Zz@db.example.com/x_",
    "_the password is 'Tr0ub4dor &3'_ or _password_: hunter2secret",
]


def spans_of(verdict):
    return sorted((span.start, span.end, span.label) for span in verdict.spans)


@pytest.mark.parametrize(
    ("entry", "text"), [("personal-data", text) for text in PERSONAL] + [("secrets", text) for text in SECRETS]
)
def test_what_may_leave_is_settled_wherever_the_stream_is_cut(judge, entry, text):
    holdback = bind_entry(entry).holdback
    whole = f"hi, 7 {text}. 12 times so far, bye"
    found = spans_of(judge(entry, whole))
    assert found
    for cut in range(len(whole) + 1):
        settled = holdback.settled(whole[:cut])
        assert settled >= cut - holdback.bound
        early = [span for span in spans_of(judge(entry, whole[:cut])) if span[0] < settled]
        assert early == [span for span in found if span[0] < settled], whole[:cut]


@pytest.mark.parametrize("entry", ["personal-data", "secrets"])
@pytest.mark.parametrize("run", ["1", "a", "1 2 ", "a@", "+1", "eyJ", "-----BEGIN PRIVATE KEY-----"])
def test_a_run_without_end_is_held_no_further_than_the_bound(entry, run):
    holdback = bind_entry(entry).holdback
    text = (run * 40_000)[:40_000]
    assert holdback.settled(text) >= len(text) - holdback.bound


@pytest.mark.parametrize("entry", ["personal-data", "secrets"])
def test_talk_leaves_word_by_word(entry):
    holdback = bind_entry(entry).holdback
    text = "so we went home and had some tea together"
    assert [len(text) - holdback.settled(text), holdback.settled(text + "\n")] == [len("together"), len(text) + 1]
