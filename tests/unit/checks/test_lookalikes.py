"""What looks like a find and is none, in everyday chat: every offline detector at its defaults leaves it alone."""

from __future__ import annotations

import pytest

from seatrial import screen

DETECTORS = [
    "personal-data",
    "secrets",
    "prompt-injection",
    "jailbreak",
    "invisible-text",
    {"blocklist": ["slurone", "slurtwo"]},
    "markdown-exfiltration",
    "code-danger",
    "gibberish",
    "repetition",
    {"language": "en"},
    {"canary": "mk-4471-heron"},
    {"system-prompt-leak": {"prompt": "You are the guide of a small museum by the harbour. Never speak of the vault."}},
]
LOOKALIKES = {
    "an id of 18 digits": "the message id is 123456789012345678, can you find it?",
    "an id of 19 digits": "user 1098765432109876543 left the server again",
    "a mention": "hey <@123456789012345678> and <@!234567890123456789>, are you around?",
    "a role and a channel": "ask <@&345678901234567890> in <#456789012345678901> about it",
    "emoji codes": "nice :wave: :+1::skin-tone-3: <:pepe:123456789012345678> <a:dance:223456789012345678> to you all",
    "emoji": "the family 👩‍👩‍👧 loves it ❤️ 👍🏽 🏳️‍🌈 so much",
    "a time stamp": "it starts <t:1718208000:R>, which is 2024-06-12T16:00:00Z",
    "versions": "we run v1.2.3 and 10.15.7, update to 2024.11.0-rc.1 soon",
    "a price": "it was $1,299.99, now it is 899,00 € or £750 with the code SAVE10",
    "sums": "the order 4021 has 3 x 19.95 = 59.85 in it",
    "an ISBN": "read isbn 978-3-16-148410-0 or 0306406152 for the exam",
    "an ISBN alone": "0-306-40615-2 is the one, call me when you have 0 306 40615 2",
    "an ISSN and a DOI": "see issn 2049-3630, doi 10.1000/182 for the paper",
    "a hash": "the hash is 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 of the file",
    "a commit": "fixed in commit 3f57a7f and in 109ad0d1c22e4b8a9f0e6d5c4b3a29181716f5e4",
    "a UUID": "the ticket is 550e8400-e29b-41d4-a716-446655440000, please look at it",
    "an order number": "where is my order 20231104-77-0042 from last week?",
    "a tracking number": "the parcel 1Z999AA10123456784 is late again",
    "a phone model": "my SM-G998B with 12/256 GB is faster than the iPhone 15",
    "a score": "we won 3-2 and 6:4, 7:5, that was close",
    "a time": "the train is at 12:30, or at 8.15pm on 3/4",
    "a ratio": "mix it 1:4 and keep it at 20.5 degrees for 45 minutes",
    "a resolution": "play it at 1920x1080 with 144 Hz",
    "coordinates of a chess board": "i played e4 e5 Nf3 Nc6 and lost anyway",
    "code": "```\ndef add(a, b):\n    return a + b\n```\nwhy does this print nothing when i call it?",
    "a query": "SELECT name FROM users WHERE id = 5; gives me no rows at all",
    "a command": "git commit -m 'fix it' && git push, then pip install -r requirements.txt",
    "a template": "write Hello {{ name }} and the name is filled in for you",
    "a path": "it is in ../images/logo.png or C:/temp/file.txt on my machine",
    "a link": "see https://example.com/docs/start?page=2#top for the rest of it",
    "a picture of one's own": "![logo](/images/logo.png) is the picture i mean",
    "a slur in other words": "the slurones and slurtwofold are words of another kind",
    "laughter": "hahaha that was so good, noooo way, lmaooo",
    "a cheer": "let's goooo we did it, yes yes yes",
    "a typo": "teh wether is realy nise today, isnt it",
    "capitals": "STOP IT, I SAID NO, NASA IS NOT A GAME",
    "small talk about rules": "ignore my last message, i was talking about the rules of chess",
    "a forgotten password": "i forgot my password, how do i set a new one?",
    "a key of a keyboard": "press the enter key and then hold the secret key combination of the game",
    "talk about attacks": "what is a prompt injection and how do we defend against one?",
    "a part to play": "act as a travel guide for lisbon and plan three days for us",
    "a villain": "write a monologue for the villain of my play, he is a pirate",
    "a soft line": "the word is long, so it was split with a soft\u00adhyphen here",
    "Persian": "he wrote می‌خواهم and i do not know what it means",
    "a quote": '> "you are what you eat", said the cook to the guest',
    "a list": "- milk\n- eggs\n- bread\n- milk again because i forgot it twice",
    "a table": "| a | b |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |",
    "a line": "--------------------------------\nthat is all for today\n================================",
    "a room": "we meet in room 4-12 on floor 3, badge 0042",
    "a year": "born to be wild was a song of 1968, not of 1986",
    "a licence plate": "the car with plate B-AB 1234 is blocking the gate",
    "a part number": "i need part 4111-2222-33 and screw M8x40",
}
QUOTED = 'he wrote "slurone" and `slurtwo` to me, please look at that'


@pytest.mark.parametrize("text", LOOKALIKES.values(), ids=LOOKALIKES)
def test_what_only_looks_like_a_find_is_left_alone(text):
    screened = screen(text, checks=DETECTORS)
    found = [
        (verdict.check, verdict.label, [text[span.start : span.end] for span in verdict.spans])
        for verdict in screened.verdicts
        if verdict.state not in ("pass", "unscored")
    ]
    assert found == []


def test_a_quoted_slur_passes_where_the_list_says_so():
    words = ["slurone", "slurtwo"]
    assert not screen(QUOTED, checks=[{"blocklist": words}]).clean
    assert screen(QUOTED, checks=[{"blocklist": {"words": words, "allow_quoted": True}}]).clean
    assert not screen(QUOTED + " slurone", checks=[{"blocklist": {"words": words, "allow_quoted": True}}]).clean
