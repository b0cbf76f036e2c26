"""Seconds that `personal-data` and `secrets` take for 1 MB of the worst text there is for each of their patterns.

python benchmarks/hostile_personal.py
"""

import random
import string
from time import perf_counter

from seatrial.checks.personal.entities import EVERYTHING, personal_data
from seatrial.checks.personal.regions import USUAL
from seatrial.checks.secrets.kinds import EVERYTHING as KINDS
from seatrial.checks.secrets.kinds import secrets

SIZE = 1_000_000
RANDOM = random.Random(1)
CODED = "".join(RANDOM.choices(string.ascii_letters + string.digits + "+/", k=4_000))
NUMBERS = "".join(RANDOM.choices(string.digits, k=3_000))

PIECES = {
    "one digit": "1",
    "digits": NUMBERS,
    "digits and spaces": " ".join(NUMBERS),
    "groups of four": " ".join(NUMBERS[at : at + 4] for at in range(0, 3_000, 4)),
    "groups with dashes": "-".join(NUMBERS[at : at + 3] for at in range(0, 3_000, 3)),
    "cards": "4111 1111 1111 1111 ",
    "accounts": "DE89 3704 0044 0532 0130 00 ",
    "account begun": "GB82WEST",
    "local parts": "a.b-c+" * 500,
    "at signs": "a@",
    "addresses without end": "a@" + "b." * 60,
    "addresses": "jane@example.com ",
    "said addresses": "mail jane at example dot com ",
    "hidden addresses": "jane [at] example [dot] ",
    "colons": "1:a:",
    "points": "1.2.",
    "phone words": "call 12 34 5 ",
    "phones": "+44 20 7946 0958 ",
    "social security": "ssn 123-45-6789 ",
    "words for numbers": "my personal id is 1234567890 passport ",
    "born": "born 12 March ",
    "coordinates": "12.3456, 12.3456 ",
    "base64": CODED,
    "base58": "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
    "tokens": "eyJhbGciOiJub25l.",
    "key headers": "-----BEGIN PRIVATE KEY-----\n",
    "a key without end": "-----BEGIN PRIVATE KEY-----\n" + CODED,
    "key words": "password=",
    "key words and quotes": "password='",
    "key words and values": "api_key=Tr0ub4dor&3 ",
    "said passwords": "the password is ",
    "urls": "redis://a:",
    "a letter beyond ASCII": "é1@",
    "emoji": "😀4111 1111 ",
}


def main() -> None:
    finders = {
        "personal-data": personal_data(EVERYTHING.labels, USUAL.codes),
        "secrets": secrets(KINDS.labels),
    }
    finders["personal-data"].find("call +44 20 7946 0958, passport 123456789")  # loads the plans of countries
    print(f"{'':<24}" + "".join(f"{name:>16}" for name in finders))
    worst = dict.fromkeys(finders, 0.0)
    for name, piece in PIECES.items():
        text, row = (piece * (SIZE // len(piece) + 1))[:SIZE], []
        for check, finder in finders.items():
            times = []
            while not times or (min(times) > 0.3 and len(times) < 3):  # other work may have interrupted it
                since = perf_counter()
                finder.find(text)
                times.append(perf_counter() - since)
            taken = min(times)
            worst[check] = max(worst[check], taken)
            row.append(f"{taken:>16.2f}")
        print(f"{name:<24}{''.join(row)}")
    print(f"{'worst':<24}" + "".join(f"{taken:>16.2f}" for taken in worst.values()))


if __name__ == "__main__":
    main()
