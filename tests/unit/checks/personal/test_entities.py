"""What `personal-data` finds, by entity, and what only looks like it. All numbers are samples of no one."""

from __future__ import annotations

import hashlib

import pytest

FOUND = {
    "email": [
        "write to <jane.doe+news@mail.example.co.uk>, thanks",
        "o'neil_99@sub.example.museum",
        "MAILTO:JANE@EXAMPLE.COM",
        "jané@exämple.de",
        "a@xn--bcher-kva.example",
        "jane＠example．com",
        "jane [at] example [dot] com",
        "jane.doe (at) example.com",
        "email me: jane dot doe at example dot com",
        "我的邮箱是jane@example.com谢谢",
    ],
    "phone": [
        "call me at 202-555-0143",
        "(202) 555-0143 x12",
        "202.555.0143",
        "1-800-555-0199",
        "my number is 2025550143",
        "phone=2025550143",
        "+1 202 555 0143",
        "+44 (0)20 7946 0958",
        "00 49 30 901820",
        "+33 6 12 34 56 78",
        "020 7946 0958",
        "06 12 34 56 78",
        "tel:+4930901820",
        "Rufnummer: 030/901820",
        "mobile ０２０ ７９４６ ０９５８",
    ],
    "payment-card": [
        "4111 1111 1111 1111",
        "4111-1111-1111-1111.",
        "4111111111111111",
        "5555.5555.5555.4444",
        "3782 822463 10005",
        "378282246310005",
        "6011111111111117",
        "30569309025904",
        "3530111333300000",
        "6200000000000005",
        "card no 6304 0000 0000 0000",
        '{"card": "4222222222222"}',
        "card_4111111111111111",
        "Karte4111111111111111",
        "my_visa_4111-1111-1111-1111",
        "_credit card no_ _4111111111111111_",
    ],
    "iban": [
        "DE89 3704 0044 0532 0130 00",
        "GB82WEST12345698765432",
        "fr1420041010050500013m02606",
        "NO93-8601-1117-947",
        "MT84MALT011000012345MTLCAST001S",
    ],
    "ip-address": [
        "from 203.0.113.7:443",
        "http://10.0.0.12/x",
        "2001:db8::ff00:42:8329",
        "[2001:0db8:0000:0000:0000:ff00:0042:8329]:80",
        "::ffff:192.0.2.128",
        "we ping the server 1.2.3.4 all day",
    ],
    "mac-address": ["00:1A:2b:3C:4d:5E", "00-1A-2B-3C-4D-5E", "001a.2b3c.4d5e", "mac 00-11-22-33-44-55"],
    "crypto-address": [
        "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr",
        "0x52908400098527886E0F7030069857D2E4169EE7",
    ],
    "coordinates": [
        "48.85830,-122.29450",
        "we are at 48.8583, 2.2945",
        "https://maps.example/?q=48.8583,2.2945",
        "the one at 6.5244, 3.3792",
        "mark 48.8583,2.2945 on the map",
        "gps 6.52438, 3.37921",
        "lat: 48.85, lng: 2.29",
        "48.8583° N, 2.2945° E",
        "48°51'29.9\"N 2°17'40.2\"E",
        "pin at 48.85 2.29",
    ],
    "birth-date": [
        "born on 1984-03-12",
        "DOB: 12/03/1984",
        "date of birth 12.03.84",
        "my birthday is March 12, 1984",
        "née le 12 mars 1984",
        "geboren am 12. März 1984",
        '"birth_date": "19840312"',
        "nacido el 12 de marzo de 1984",
    ],
    "us-ssn": ["078-05-1121", "ssn 078051121", "my social is 078 05 1121", "SSN: 078-05-1120"],
    "gb-nino": ["AB 12 34 56 C", "national insurance ab123456c"],
}
CLEAN = [
    "",
    "ask <@803511102246789120> or <#803511102246789121>, <:cat:803511102246789122> 👍🏽",
    "my user id is 4111111111111111, so what",
    "order 4111 1111 1111 1111 has shipped",
    "4111 1111 1111 1112 is one off",
    "4111111111111111.25 and 3.4111111111111111",
    "1234567812345670123",
    "isbn 978-3-16-148410-0, ean 4006381333931",
    "update to 1.2.3.4, v10.0.0.1 or Chrome/91.0.4472.124",
    "127.0.0.1, 0.0.0.0 and 255.255.255.255",
    "1.2.3.4.5 and 256.1.1.1",
    "std::map a::b, Bad::Cafe, 12:30:45",
    "ff:ff:ff:ff:ff:ff",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "request 123e4567-e89b-12d3-a456-426614174000",
    "git@github.com:owner/repo.git, icon@2x.png, @jane, a@b, ssh://jane@localhost",
    "see you at 7:30, it costs $1,234.56 or 1.234,56 EUR, #2025550143",
    "it takes 1600000000000 ms, timestamp 1600000000",
    "the call is on 2024-03-12 at 10.30",
    "the meeting is on 1984-03-12",
    "born to run in 1984",
    "GB82WEST12345698765433",
    "1BoatSLRHtKNngkdXEeobR76b53LETtpyU",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
    "0x0000000000000000000000000000000000000000",
    "weights 0.1234, 0.5678, values 1.5000, 2.2500, 3.7500",
    "score 3.1415, 2.7182",
    "3.14159, 2.71828 and 48.8583, 2.2945 are two pairs",
    "the map's score is 13.14159, 12.71828",
    "they stand at 0.9234, 0.8567",
    "666-12-3456 and 000-12-3456 and 123-00-4567",
    "ticket 078-05-1121 is a duplicate",
    "GB123456A is unused, so are ZZ123456A",
    "my pesel is 44051401358",
    "17291716060 and 752316926 and 1955839661",
    "Reihe 85 07 30 033 28",
    "id_4111111111111111, user_4111111111111111, img_4111111111111111.png, __4111111111111111a",
    "a9f4111111111111111 and discard4111111111111111 and order _4111111111111111_",
    "version _10.15.7.2_, ticket _078-05-1121_ and user_id_4111111111111111",
]


@pytest.mark.parametrize(("entity", "text"), [(entity, text) for entity, texts in FOUND.items() for text in texts])
def test_found_with_all_others_looked_for_too(judge, entity, text):
    verdict = judge("personal-data", text)
    assert (verdict.state, [span.label for span in verdict.spans], verdict.label) == ("fail", [entity], entity)


@pytest.mark.parametrize("text", CLEAN)
def test_not_found(judge, text):
    verdict = judge("personal-data", text)
    assert verdict.state == "pass", [text[span.start : span.end] for span in verdict.spans]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("jane@example.com.Thanks for that", ["jane@example.com"]),
        ("😀 mail jane@example.com, card 4111 1111 1111 1111!", ["jane@example.com", "4111 1111 1111 1111"]),
        ("call 202-555-0143 2 times", ["202-555-0143"]),
        ("call 202-555-0143 (2pm)", ["202-555-0143"]),
        ("\ud800 jane@example.com", ["jane@example.com"]),
    ],
)
def test_spans_are_places_in_the_raw_text(judge, text, found):
    assert [text[span.start : span.end] for span in judge("personal-data", text).spans] == found


EMPHASISED = [
    "jane@example.com",
    "jane_doe@example.com",
    "jane (at) example (dot) com",
    "+44 20 7946 0958",
    "(202) 555-0143",
    "4111111111111111",
    "4111 1111 1111 1111",
    "DE89370400440532013000",
    "203.0.113.7",
    "2001:db8::ff00:42:8329",
    "00:1A:2b:3C:4d:5E",
    "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
    "48.85830,-122.29450",
    "078-05-1121",
    "AB 12 34 56 C",
    "RCCMNL83S18D969H",
]


@pytest.mark.parametrize("around", ["_{}_", "__{}__", "___{}___,", "{}_", "so _it is {}_!", "*{}*", "~~{}~~", "`{}`"])
@pytest.mark.parametrize("value", EMPHASISED)
def test_emphasis_hides_nothing(judge, around, value):
    text = around.format(value)
    assert [text[span.start : span.end].lstrip("_") for span in judge("personal-data", text).spans] == [value]


def test_an_address_may_begin_with_an_underscore(judge):
    text = "to _jane@example.com, please"
    assert [text[span.start : span.end] for span in judge("personal-data", text).spans] == ["_jane@example.com"]


def test_the_reason_counts_and_repeats_nothing(judge):
    verdict = judge("personal-data", "jane@example.com, joe@example.com, visa 4111 1111 1111 1111")
    assert verdict.reason == "has personal data: email (2), payment-card"
    assert verdict.label == "payment-card"


def test_an_address_of_each_checksummed_version(judge):
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    for version in (0x00, 0x05, 0x30, 0x1E, 0x41, 0x4C):  # Bitcoin twice, Litecoin, Dogecoin, Tron, Dash
        raw = bytes([version]) + hashlib.sha256(b"nobody").digest()[:20]
        number = int.from_bytes(raw + hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4])
        coded = ""
        while number:
            number, rest = divmod(number, 58)
            coded = alphabet[rest] + coded
        address = "1" * (version == 0) + coded
        assert judge({"personal-data": "crypto-address"}, f"pay {address}.").state == "fail"
        assert judge({"personal-data": "crypto-address"}, f"pay {address[:-1]}.").state == "pass"


def test_a_text_of_10_mb_is_refused_with_the_limit(judge):
    for check in ("personal-data", "secrets"):
        verdict = judge(check, "x" * 10_000_000)
        assert verdict.state == "error"
        assert "10,000,000 characters, and at most 1,048,576 are judged" in verdict.reason
