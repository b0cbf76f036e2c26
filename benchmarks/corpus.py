"""Messages of about 1 KB with labelled personal data and secrets, and with what only looks like them.

    python benchmarks/corpus.py [COUNT] [SEED] [chat|work] > corpus.jsonl

One JSON object a line: {"text", "spans": [[start, end, entity]]}. All values are made up by Faker or drawn at random;
keys have the form of real ones and open nothing. What is said around them stands in texts/: `chat` is the set that the
checks were written with, `work` a second one that they were not. The same seed makes the same corpus.
"""

import base64
import hashlib
import json
import random
import string
import sys
from collections.abc import Callable
from pathlib import Path

from faker import Faker

LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
TEXTS = Path(__file__).parent / "texts"

Piece = tuple[str, list[tuple[int, int, str]]]
"""A text, and (start, end, entity) of what is in it."""


def texts(name: str) -> dict[str, list[str]]:
    """The lines of a set of texts by section."""
    sections: dict[str, list[str]] = {}
    for line in (TEXTS / f"{name}.txt").read_text().splitlines()[1:]:
        if line.startswith("## "):
            lines = sections[line[3:]] = []
        elif line:
            lines.append(line.replace("\\n", "\n"))
    return sections


class _Slots(dict[str, Callable[[], object]]):
    """Makes what a template asks for."""

    def __getitem__(self, name: str) -> object:
        return super().__getitem__(name)()


class Corpus:
    """Makes labelled messages from a seed."""

    def __init__(self, seed: int, said: str = "chat") -> None:
        self.random = random.Random(seed)
        self.said = texts(said)
        self.fake = {
            name: Faker(name)
            for name in ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "pl_PL", "sv_SE", "pt_BR", "it_IT")
        }
        for number, fake in enumerate(self.fake.values()):
            fake.seed_instance(seed + number)
        self.us = self.fake["en_US"]
        self.slots = self.make_slots()
        self.make: dict[str, Callable[[], str]] = {
            "email": self.email,
            "phone": self.phone,
            "payment-card": self.card,
            "iban": self.iban,
            "ip-address": self.ip,
            "mac-address": self.mac,
            "us-ssn": self.ssn,
            "crypto-address": self.crypto,
            "coordinates": self.coordinates,
            "birth-date": self.birth,
        }

    def messages(self, count: int) -> list[dict]:
        return [self.message(self.random.randint(850, 1150)) for _ in range(count)]

    def message(self, size: int) -> dict:
        """Chatter with up to three entities and two look-alikes in it, in any order."""
        pieces: list[Piece] = []
        for _ in range(self.random.choice((0, 1, 1, 2, 2, 3))):
            pieces.append(self.entity())
        pieces += [(self.look_alike(), []) for _ in range(self.random.choice((0, 1, 1, 2, 2)))]
        length = sum(len(text) for text, _ in pieces)
        while length < size:
            text = self.filled(self.random.choice(self.said["chatter"]))
            pieces.append((text, []))
            length += len(text) + 2
        self.random.shuffle(pieces)
        return self.joined(pieces)

    def joined(self, pieces: list[Piece]) -> dict:
        text, spans = "", []
        for piece, inside in pieces:
            if text:
                text += self.random.choice((" ", ". ", "\n", "\n", ", ", " - ", "! ", " 😀 "))
            spans += [[len(text) + start, len(text) + end, entity] for start, end, entity in inside]
            text += piece
        return {"text": text, "spans": spans}

    def entity(self) -> Piece:
        entity = self.random.choice(("secret", "secret", *self.make))
        if entity == "secret":
            before, value, after = self.secret()
        else:
            before, value, after = self.put(entity, self.make[entity]())
        return before + value + after, [(len(before), len(before) + len(value), entity)]

    def put(self, section: str, value: str) -> tuple[str, str, str]:
        """What stands before the value, the value, what stands behind it."""
        before, after = self.random.choice(self.said[section]).split("{}")
        return before, value, after

    def look_alike(self) -> str:
        return self.filled(self.random.choice(self.said["look-alikes"]))

    def filled(self, template: str) -> str:
        return template.format_map(_Slots(self.slots))

    def make_slots(self) -> dict[str, Callable[[], object]]:
        """What a template may ask for. Only what it asks for is made."""
        pick, us, of, digits = self.random, self.us, self.of, self.digits
        words = us.words(200)
        return {
            "city": lambda: pick.choice(("Lyon", "Leeds", "Porto", "Osaka", "Tampa", "Graz")),
            "name": lambda: pick.choice(("sam", "ana", "kai", "noor", "lee", "ivo")),
            **dict.fromkeys(("word", "word2", "phrase"), lambda: pick.choice(words)),
            "weekday": lambda: pick.choice(("monday", "tuesday", "friday", "sunday")),
            "n": lambda: pick.randint(2, 60),
            "m": lambda: pick.randint(1, 9),
            "h": lambda: pick.randint(1, 12),
            "mm": lambda: f"{pick.randint(0, 59):02}",
            "price": lambda: f"{pick.uniform(1, 900):.2f}",
            "year": lambda: pick.randint(1980, 2025),
            "big": lambda: f"{pick.randint(1000, 999999):,}",
            "flake": self.flake,
            "v3": lambda: ".".join(str(pick.randint(0, 30)) for _ in range(3)),
            "v4": lambda: ".".join(str(pick.randint(0, 130)) for _ in range(4)),
            "isbn": us.isbn13,
            "sha1": lambda: of(HEX, 40),
            "md5": lambda: of(HEX, 32),
            "sha256": lambda: of(HEX, 64),
            "uuid": us.uuid4,
            "order": lambda: digits(pick.choice((8, 9, 10, 16))),
            "order12": lambda: digits(12),
            "iso": us.date,
            "dmy": lambda: us.date(pattern="%d/%m/%Y"),
            **dict.fromkeys(("n4", "n4b"), lambda: digits(4)),
            "n5": lambda: digits(5),
            "money": lambda: f"{pick.randint(1000, 9999999):,}.99",
            "money2": lambda: f"{pick.randint(100, 9999)},50 EUR",
            "clock": us.time,
            "epoch": lambda: 1_600_000_000 + pick.randint(0, 10**8),
            "epoch_ms": lambda: 1_600_000_000_000 + pick.randint(0, 10**11),
            "hex4": lambda: of(HEX, 4),
            **dict.fromkeys(("hex6", "hex6b"), lambda: of(HEX, 6)),
            "ratio": lambda: f"{pick.random():.2f}",
            "ratio2": lambda: f"{pick.random() * 9:.3f}",
            "serial": lambda: of(string.ascii_uppercase + string.digits, 11),
            "ean": us.ean13,
        }

    def of(self, letters: str, count: int) -> str:
        return "".join(self.random.choices(letters, k=count))

    def digits(self, count: int) -> str:
        return str(self.random.randint(1, 9)) + self.of(string.digits, count - 1)

    def flake(self) -> str:
        """An id as Discord and X give it: 42 bits of milliseconds and 22 more."""
        return str((self.random.randint(10**11, 35 * 10**10) << 22) + self.random.randint(0, 2**22 - 1))

    def email(self) -> str:
        fake = self.fake[self.random.choice(("en_US", "en_GB", "de_DE", "fr_FR"))]
        address = self.random.choice((fake.email, fake.company_email, fake.free_email))()
        user, _, host = address.partition("@")
        form = self.random.randint(0, 9)
        if form == 0:
            return f"{user}+{self.us.word()}@{host}"
        if form == 1:
            return f"{user}@{self.us.word()}.{host}"
        return address.upper() if form == 2 else address

    def phone(self) -> str:
        form = self.random.randint(0, 7)
        if form <= 3:
            return self.us.phone_number()
        area, exchange, line = self.random.randint(201, 989), self.random.randint(200, 999), self.digits(4)
        if form == 4:
            return self.random.choice(
                ("{}-{}-{}", "({}) {}-{}", "{}.{}.{}", "+1 {} {} {}", "{} {} {}", "{}{}{}", "1-{}-{}-{}")
            ).format(area, exchange, line)
        return self.fake[
            self.random.choice(("en_GB", "de_DE", "fr_FR", "es_ES", "pl_PL", "sv_SE", "pt_BR"))
        ].phone_number()

    def card(self) -> str:
        number = self.us.credit_card_number(
            self.random.choice((None, "visa16", "mastercard", "amex", "discover", "diners", "jcb16"))
        )
        gap = self.random.choice(("", "", " ", "-", "."))
        groups = (4, 6, 5) if len(number) == 15 else (4, 6, 4) if len(number) == 14 else (4, 4, 4, 4, 4)
        parts, rest = [], number
        for size in groups:
            parts.append(rest[:size])
            rest = rest[size:]
        return gap.join(part for part in parts if part)

    def iban(self) -> str:
        number = self.fake[self.random.choice(("en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "pl_PL"))].iban()
        return (
            number if self.random.random() < 0.5 else " ".join(number[at : at + 4] for at in range(0, len(number), 4))
        )

    def ip(self) -> str:
        return (
            self.us.ipv6()
            if self.random.random() < 0.25
            else self.random.choice((self.us.ipv4, self.us.ipv4_private))()
        )

    def mac(self) -> str:
        address = self.us.mac_address()
        return self.random.choice((address, address.upper(), address.replace(":", "-")))

    def ssn(self) -> str:
        number = self.us.ssn()
        return self.random.choice((number, number, number.replace("-", " ")))

    def crypto(self) -> str:
        if self.random.random() < 0.3:
            return "0x" + self.of(HEX, 40)
        raw = bytes([self.random.choice((0, 5))]) + self.random.randbytes(20)
        number = int.from_bytes(raw + hashlib.sha256(hashlib.sha256(raw).digest()).digest()[:4])
        coded = ""
        while number:
            number, rest = divmod(number, 58)
            coded = BASE58[rest] + coded
        return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + coded

    def coordinates(self) -> str:
        lat, lon = self.random.uniform(-89, 89), self.random.uniform(-179, 179)
        return self.random.choice(
            (
                f"{lat:.5f}, {lon:.5f}",
                f"{lat:.4f},{lon:.4f}",
                f"{abs(lat):.4f}° N, {abs(lon):.4f}° W",
                f"{lat:.6f} {lon:.6f}",
            )
        )

    def birth(self) -> str:
        day = self.us.date_of_birth(minimum_age=12, maximum_age=95)
        form = self.random.choice(("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%B %d, %Y", "%d %B %Y", "%d %b %Y", "%m/%d/%y"))
        return day.strftime(form)

    def secret(self) -> tuple[str, str, str]:
        """As `put` gives it."""
        form = self.random.randint(0, 11)
        if form <= 4:
            return self.put("provider-key", self.provider_key())
        if form == 5:
            return self.put("jwt", self.token())
        if form == 6:
            return self.put("private-key", self.private_key())
        if form == 7:
            scheme = self.random.choice(("postgres", "mysql", "mongodb+srv", "redis", "amqp", "https"))
            return f"{scheme}://{self.us.user_name()}:", self.of(LETTERS, 14), f"@{self.us.domain_name()}/main"
        if form == 8:
            return self.put("password", self.password())
        if form == 9:
            return self.put(
                "api-key", self.random.choice((self.of(HEX, 32), self.of(LETTERS, 40), self.of(LETTERS + "+/", 40)))
            )
        if form == 10:
            return self.put("aws-secret", self.of(LETTERS + "/+", 40))
        hook = f"{self.of(LETTERS, 8)}/B{self.of(LETTERS, 8)}/{self.of(LETTERS, 24)}"
        return "https://hooks.slack.com/services/T", hook, ""

    def provider_key(self) -> str:
        of, url = self.of, LETTERS + "-_"
        return self.random.choice(
            (
                lambda: "AKIA" + of(string.ascii_uppercase + "234567", 16),
                lambda: "ghp_" + of(LETTERS, 36),
                lambda: "github_pat_" + of(LETTERS, 22) + "_" + of(LETTERS, 59),
                lambda: "sk-proj-" + of(url, 60),
                lambda: "sk-ant-api03-" + of(url, 93),
                lambda: "AIza" + of(url, 35),
                lambda: "glpat-" + of(LETTERS, 20),
                lambda: "-".join(("xoxb", of(string.digits, 12), of(string.digits, 12), of(LETTERS, 24))),
                lambda: "sk_live_" + of(LETTERS, 24),
                lambda: "SG." + of(LETTERS, 22) + "." + of(LETTERS, 43),
                lambda: "hf_" + of(LETTERS, 34),
                lambda: "npm_" + of(LETTERS, 36),
                lambda: "dop_v1_" + of(HEX, 64),
                lambda: self.digits(10) + ":AA" + of(url, 33),
                lambda: "shpat_" + of(HEX, 32),
                lambda: "M" + of(LETTERS, 23) + "." + of(LETTERS, 6) + "." + of(url, 27),
            )
        )()

    def token(self) -> str:
        parts = (
            b'{"alg":"HS256","typ":"JWT"}',
            b'{"sub":"%d"}' % self.random.getrandbits(40),
            self.random.randbytes(32),
        )
        return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)

    def private_key(self) -> str:
        kind = self.random.choice(("RSA ", "", "EC ", "OPENSSH "))
        lines = [self.of(LETTERS + "+/", 64) for _ in range(6)]
        return "\n".join([f"-----BEGIN {kind}PRIVATE KEY-----", *lines, f"-----END {kind}PRIVATE KEY-----"])

    def password(self) -> str:
        form = self.random.randint(0, 2)
        if form == 0:
            return self.of(LETTERS, 10) + self.random.choice("!?#%&") + self.of(LETTERS, 3)
        if form == 1:
            return self.us.word() + str(self.random.randint(10, 9999)) + self.random.choice("!#")
        return self.us.password(12)


def main() -> None:
    count, seed, said = [*sys.argv[1:], *("2000", "1", "chat")[len(sys.argv) - 1 :]]
    for message in Corpus(int(seed), said).messages(int(count)):
        print(json.dumps(message, ensure_ascii=False))


if __name__ == "__main__":
    main()
