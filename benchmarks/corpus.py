"""Chat messages of about 1 KB with labelled personal data and secrets, and with what only looks like them.

    python benchmarks/corpus.py [COUNT] [SEED] > corpus.jsonl

One JSON object a line: {"text", "spans": [[start, end, entity]]}. All values are made up by Faker or drawn at random; keys
have the form of real ones and open nothing. The same seed makes the same corpus.
"""

import base64
import hashlib
import json
import random
import string
import sys
from collections.abc import Callable

from faker import Faker

LETTERS = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

CHATTER = (
    """
hey are you around|lol no way|i was thinking about what you said yesterday and honestly you are right
can someone look at this when they have a minute|the weather in {city} is awful again|brb getting coffee
did you see the match last night? {n} to {m} is brutal|my cat knocked the router off the shelf, so that was fun
we should do the raid at {h}:{mm} tonight if everyone is up for it|ok so the plan is: pizza first, then the movie
it cost me ${price} and it broke after {n} days|i moved to {city} in {year} and never looked back
{name} said the build is green again|has anyone tried turning it off and on again|that is such a good point
please keep spoilers out of this channel|i have about {big} points now, where are you at|gg everyone, well played
the train left at {h}:{mm}, i missed it by {n} minutes|happy birthday {name}!! hope you have a great one
remind me to water the plants on {weekday}|my new keyboard has {n} switches that double press
the deploy took {n} minutes and {m} seconds this time|what do you mean it works on your machine
we had {big} visitors last week, up {n} %|the recipe says {n} cups of flour but that cannot be right
honestly the second season was better|does anyone have the notes from the call on {weekday}
i can bring chairs if {name} brings the table|reading chapter {n} now, no spoilers|see you at the corner of {n}th and main
the password reset page is down again|i lost my keys, so i am locked out until {h}|that token ring joke never gets old
my phone died halfway through the hike|the card game night is moved to {weekday}|is the address of the venue on the poster?
""".strip()
    .replace("\n", "|")
    .split("|")
)

LOOKS_LIKE: list[tuple[str, str]] = [
    ("ask <@{flake}> about it", "mention"),
    ("<:{word}:{flake}> <a:{word}:{flake}>", "emoji"),
    ("my user id is {flake}, the server is {flake}", "snowflake"),
    ("we are on version {v4} and should go to v{v4}", "version"),
    ("pip install {word}=={v3} broke, {v4} works for me", "version"),
    ("Mozilla/5.0 (X11; Linux x86_64) Chrome/{v4} Safari/537.36", "agent"),
    ("isbn {isbn} is the one you want", "isbn"),
    ("it was fixed in {sha1}", "hash"),
    ("md5 is {md5}, please check", "hash"),
    ("sha256:{sha256}", "hash"),
    ("request {uuid} failed", "uuid"),
    ("order number {order} has shipped", "order"),
    ("tracking says {order12}, no idea what that means", "order"),
    ("invoice #{order} from {iso}", "order"),
    ("ticket {n5}-{n4} is a duplicate of {n5}-{n4b}", "order"),
    ("that is {money} for {n} of them, or {money2} with tax", "price"),
    ("the log says {iso}T{clock}Z and then {epoch}", "time"),
    ("timestamp {epoch_ms} is in milliseconds", "time"),
    ("for i in range({n}): total[{n}] += {n} * 0x{hex4}  # {n}.{n}", "code"),
    ("std::vector<int> a::b::c = x ? y : z; // {n}:{n}", "code"),
    ("std::map<int, int> m{{{{1, 2}}, {{3, 4}}}}; assert(m[1] == 2);", "code"),
    ("the score was {n}-{m}-{n}, odds 1/{n}", "score"),
    ("resolution {n4}x{n4b} at {n} Hz, ratio 16:9", "screen"),
    ("scale it by {ratio}, then by {ratio2}, then {ratio}", "ratio"),
    ("the meeting is on {iso}, the next on {dmy}", "date"),
    ("my password is wrong again, the token has expired", "talk"),
    ("set password: <your password> and api_key=YOUR_API_KEY", "placeholder"),
    ("export TOKEN=${{TOKEN}} && max_tokens=4096", "placeholder"),
    ("git@github.com:{word}/{word2}.git and icon@2x.png", "git"),
    ("serial {serial}, model {word}-{n4}", "serial"),
    ("barcode {ean}", "ean"),
    ("colour #{hex6} on #{hex6b}", "colour"),
    ("lorem {phrase} at dot ipsum", "talk"),
]

SAID: dict[str, list[str]] = {
    "email": [
        "write me at {}",
        "my mail is {}",
        "contact: {}",
        "<{}>",
        "mailto:{}",
        '{{"email": "{}"}}',
        "it went to {}, did you get it?",
        "i used {} to sign up.",
        "cc {}; thanks",
        "({})",
        "From: {}",
        "reach {} any time",
        "{} is my address",
    ],
    "phone": [
        "call me at {}",
        "my number is {}",
        "text me on {} later",
        "phone: {}",
        "Tel. {}",
        "my cell is {}, ring any time",
        "you can reach me at {}.",
        "whatsapp {} works best",
        '{{"phone": "{}"}}',
        "fax {}",
        "his mobile number: {}",
        "give the office a call, {}",
    ],
    "payment-card": [
        "my card is {}",
        "charge it to {} please",
        "card number: {}",
        "visa {}, expires next year",
        '{{"card": "{}"}}',
        "pay with {} then",
        "i typed {} and the payment failed",
        "is {} still the card on file?",
        "credit card {}.",
        "cc: {}",
    ],
    "iban": ["send it to {}", "IBAN {}", "my account is {}.", '{{"iban": "{}"}}', "please wire it to {}, thanks"],
    "ip-address": [
        "the server is at {}",
        "ping {} does nothing",
        "from {}:",
        "http://{}/status",
        "ssh root@{}",
        '{{"ip": "{}"}}',
        "blocked {} for spam",
        "client {}, status 200",
        "my ip is {}.",
        "[{}] joined",
    ],
    "mac-address": ["the mac is {}", "device {} is offline", "ether {}", '{{"mac": "{}"}}'],
    "us-ssn": [
        "my ssn is {}",
        "SSN: {}",
        "social security number {}",
        "ssn {} on the form",
        "his social is {}.",
        '{{"ssn": "{}"}}',
        "it is {} on the w-2",
    ],
    "crypto-address": ["send it to {}", "wallet: {}", "btc {}", "donate at {}."],
    "coordinates": ["meet at {}", "gps {}", "the cache is at {}", "pin: {}"],
    "birth-date": [
        "i was born on {}",
        "dob: {}",
        "date of birth {}",
        "my birthday is {}",
        "born {}",
        '{{"birthdate": "{}"}}',
    ],
    "secret": [],
}
"""How people put it; `{}` is the value."""


class Corpus:
    """Makes labelled messages from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.fake = {
            name: Faker(name)
            for name in ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "pl_PL", "sv_SE", "pt_BR", "it_IT")
        }
        for number, fake in enumerate(self.fake.values()):
            fake.seed_instance(seed + number)
        self.us = self.fake["en_US"]
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
        pieces: list[tuple[str, list[tuple[int, int, str]]]] = []
        for _ in range(self.random.choice((0, 1, 1, 2, 2, 3))):
            pieces.append(self.entity())
        pieces += [(self.look_alike(), []) for _ in range(self.random.choice((0, 1, 1, 2, 2)))]
        length = sum(len(text) for text, _ in pieces)
        while length < size:
            text = self.filled(self.random.choice(CHATTER))
            pieces.append((text, []))
            length += len(text) + 2
        self.random.shuffle(pieces)
        return self.joined(pieces)

    def joined(self, pieces: list[tuple[str, list[tuple[int, int, str]]]]) -> dict:
        text, spans = "", []
        for piece, inside in pieces:
            if text:
                text += self.random.choice((" ", ". ", "\n", "\n", ", ", " - ", "! ", " 😀 "))
            spans += [[len(text) + start, len(text) + end, entity] for start, end, entity in inside]
            text += piece
        return {"text": text, "spans": spans}

    def entity(self) -> tuple[str, list[tuple[int, int, str]]]:
        entity = self.random.choice(("secret", "secret", *self.make))
        if entity == "secret":
            before, value, after = self.secret()
        else:
            value = self.make[entity]()
            before, after = self.random.choice(SAID[entity]).replace("{{", "{").replace("}}", "}").split("{}", 1)
        return before + value + after, [(len(before), len(before) + len(value), entity)]

    def look_alike(self) -> str:
        return self.filled(self.random.choice(LOOKS_LIKE)[0])

    def filled(self, template: str) -> str:
        pick, digits = self.random, self.digits
        return template.format(
            city=self.us.city(), name=self.us.first_name().lower(), word=self.us.word(), word2=self.us.word(), phrase=self.us.word(),
            weekday=self.us.day_of_week().lower(), n=pick.randint(2, 60), m=pick.randint(1, 9), h=pick.randint(1, 12), mm=f"{pick.randint(0, 59):02}",
            price=f"{pick.uniform(1, 900):.2f}", year=pick.randint(1980, 2025), big=f"{pick.randint(1000, 999999):,}", flake=self.flake(),
            v3=".".join(str(pick.randint(0, 30)) for _ in range(3)), v4=".".join(str(pick.randint(0, 130)) for _ in range(4)),
            isbn=self.us.isbn13(), sha1=self.of(HEX, 40), md5=self.of(HEX, 32), sha256=self.of(HEX, 64), uuid=self.us.uuid4(),
            order=digits(pick.choice((8, 9, 10, 16))), order12=digits(12), iso=self.us.date(), dmy=self.us.date(pattern="%d/%m/%Y"),
            n4=digits(4), n4b=digits(4), n5=digits(5), money=f"{pick.randint(1000, 9999999):,}.99", money2=f"{pick.randint(100, 9999)},50 EUR",
            clock=self.us.time(), epoch=1_600_000_000 + pick.randint(0, 10**8), epoch_ms=1_600_000_000_000 + pick.randint(0, 10**11),
            hex4=self.of(HEX, 4), hex6=self.of(HEX, 6), hex6b=self.of(HEX, 6), ratio=f"{pick.random():.2f}", ratio2=f"{pick.random() * 9:.3f}",
            serial=self.of(string.ascii_uppercase + string.digits, 11), ean=self.us.ean13(),
        )  # fmt: skip

    def of(self, letters: str, count: int) -> str:
        return "".join(self.random.choice(letters) for _ in range(count))

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
        """What stands before, the secret, what stands behind."""
        of, pick = self.of, self.random.choice
        coded = base64.urlsafe_b64encode
        token = ".".join(
            coded(part).decode().rstrip("=")
            for part in (
                b'{"alg":"HS256","typ":"JWT"}',
                json.dumps({"sub": of(LETTERS, 9)}).encode(),
                self.random.randbytes(32),
            )
        )
        key_block = "\n".join([
            "-----BEGIN " + pick(("RSA ", "", "EC ", "OPENSSH ")) + "PRIVATE KEY-----",
            *(of(LETTERS + "+/", 64) for _ in range(6)), "-----END RSA PRIVATE KEY-----",
        ])  # fmt: skip
        password = pick(
            (
                of(LETTERS, 10) + pick("!?#%&") + of(LETTERS, 3),
                self.us.word() + str(self.random.randint(10, 9999)) + pick("!#"),
                self.us.password(12),
            )
        )
        keys = (
            "AKIA" + of(string.ascii_uppercase + "234567", 16), "ghp_" + of(LETTERS, 36), "github_pat_" + of(LETTERS, 22) + "_" + of(LETTERS, 59),
            "sk-proj-" + of(LETTERS + "-_", 60), "sk-ant-api03-" + of(LETTERS + "-_", 93), "AIza" + of(LETTERS + "-_", 35), "glpat-" + of(LETTERS, 20),
            "xoxb-" + of(string.digits, 12) + "-" + of(string.digits, 12) + "-" + of(LETTERS, 24), "sk_live_" + of(LETTERS, 24), "SG." + of(LETTERS, 22) + "." + of(LETTERS, 43),
            "hf_" + of(LETTERS, 34), "npm_" + of(LETTERS, 36), "dop_v1_" + of(HEX, 64), self.digits(10) + ":AA" + of(LETTERS + "-_", 33), "shpat_" + of(HEX, 32),
            "M" + of(LETTERS, 23) + "." + of(LETTERS, 6) + "." + of(LETTERS + "-_", 27),
        )  # fmt: skip
        form = self.random.randint(0, 11)
        if form <= 4:
            before, after = pick(
                (
                    ("", ""),
                    ("the key is ", ""),
                    ("token: ", ","),
                    ('{"token": "', '"}'),
                    ("export API_KEY=", ""),
                    ("use `", "` for now"),
                    ("curl -H 'Authorization: Bearer ", "'"),
                )
            )
            return before, pick(keys), after
        if form == 5:
            return "", token, pick(("", " is what i send"))
        if form == 6:
            return pick(("", "here you go:\n")), key_block, ""
        if form == 7:
            scheme = pick(("postgres", "mysql", "mongodb+srv", "redis", "amqp", "https"))
            return f"{scheme}://{self.us.user_name()}:", of(LETTERS, 14), f"@{self.us.domain_name()}/main"
        if form == 8:
            return (
                pick(("password: ", "my password is ", "pw: ", "the wifi password is ", 'password = "', "PASSWORD=")),
                password,
                "",
            )
        if form == 9:
            return (
                pick(("api_key=", "secret_key: ", 'client_secret = "', "access token: ", "auth_token=")),
                pick((of(HEX, 32), of(LETTERS, 40), of(LETTERS + "+/", 40))),
                "",
            )
        if form == 10:
            return "aws_secret_access_key = ", of(LETTERS + "/+", 40), ""
        return "https://hooks.slack.com/services/T", f"{of(LETTERS, 8)}/B{of(LETTERS, 8)}/{of(LETTERS, 24)}", ""


def main() -> None:
    count, seed = (
        int(given) if given else default for given, default in zip([*sys.argv[1:], "", ""][:2], (2000, 1), strict=True)
    )
    for message in Corpus(seed).messages(count):
        print(json.dumps(message, ensure_ascii=False))


if __name__ == "__main__":
    main()
