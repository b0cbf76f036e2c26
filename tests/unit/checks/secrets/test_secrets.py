"""What `secrets` finds: a made-up key of every format, and the forms that belong to no provider."""

from __future__ import annotations

import base64
import random
import re
import string

import pytest

from seatrial.checks.secrets.providers import FORMATS

RANDOM = random.Random(7)
PEM = "\n".join("".join(RANDOM.choices(string.ascii_letters + "+/", k=64)) for _ in range(6))
JWT = ".".join(
    base64.urlsafe_b64encode(part).decode().rstrip("=")
    for part in (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"nobody"}', RANDOM.randbytes(32))
)
FOUND = [
    ("private-key", f"-----BEGIN RSA PRIVATE KEY-----\n{PEM}\n-----END RSA PRIVATE KEY-----"),
    ("private-key", "-----BEGIN PRIVATE KEY-----\\n" + PEM.replace("\n", "\\n") + "\\n-----END PRIVATE KEY-----"),
    ("private-key", f"-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: x\n\n{PEM}"),
    ("jwt", JWT),
    ("connection-string", "Xa9cuieR"),
    ("password", "Tr0ub4dor&3"),
    ("api-key", "9f86d081884c7d659a2feaa0c55ad015"),
]
SAID = {
    "connection-string": [
        "postgres://joe:{}@db.example.com/x",
        "redis://:{}@10.0.0.1:6379",
        "_amqp://joe:{}@mq.example.com_",
    ],
    "password": [
        "password: {}",
        '{{"password": "{}"}}',
        "my wifi password is {}, ok?",
        "mot de passe : {}",
        "mysql --password={} -u joe",
        "?user=joe&password={}&x=1",
        "_password: {} _",
        "_password is {}, ok?_",
    ],
    "api-key": [
        "api_key = {}",
        "API_TOKEN={}",
        "Authorization: Bearer {}",
        "secret_key: '{}'",
        "the access token is {}",
    ],
}
CLEAN = [
    "",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "md5 9f86d081884c7d659a2feaa0c55ad015",
    "request 123e4567-e89b-12d3-a456-426614174000",
    "the password is wrong, the token has expired",
    "password: <your password>, api_key=YOUR_API_KEY, token=${TOKEN}",
    "password=os.environ['PASSWORD'] and pw = get_password()",
    "password: ********",
    "max_tokens=4096, key_length=2048",
    "-----BEGIN PRIVATE KEY----- is how it begins",
    "-----BEGIN CERTIFICATE-----\n" + PEM + "\n-----END CERTIFICATE-----",
    "https://example.com:8080/a@b and http://joe:password@example.com",
    "password: your-key-here, password=my-pass-word, password: 'Change_This!', api_key=YOUR_API_KEY_HERE",
    "x_AKIA1234567890ABCDEF, AKIA1234567890ABCDEF_x, AKIA1234567890ABCDEF____, --sk-fading-circle-container-x1",
    "AKIAEXAMPLE, ghp_short, sk-not-a-key, AKIAAAAAAAAAAAAAAAAA",
    "eyJhbGciOiJub25l is a beginning",
    "ask <:pass:977255687645467305> or <@977255687645467305>",
    "🔑 keys are under the mat",
]


def written(pattern: str) -> str:
    """A text that `pattern` matches, its letters drawn at random."""
    return "".join(_drawn(list(re._parser.parse(pattern))))


def _drawn(parsed):
    for kind, value in parsed:
        match str(kind):
            case "LITERAL":
                yield chr(value)
            case "IN":
                yield chr(RANDOM.choice(_letters(value)))
            case "MAX_REPEAT":
                least, most, inside = value
                for _ in range(RANDOM.randint(least, min(most, least + 8))):
                    yield from _drawn(inside)
            case "SUBPATTERN":
                yield from _drawn(value[-1])
            case "BRANCH":
                yield from _drawn(RANDOM.choice(value[1]))
            case other:
                raise NotImplementedError(other)


def _letters(values):
    found = []
    for kind, value in values:
        if str(kind) == "RANGE":
            found += range(value[0], value[1] + 1)
        elif str(kind) == "CATEGORY":
            found += string.digits.encode()
        else:
            found.append(value)
    return found


@pytest.mark.parametrize("form", FORMATS, ids=[f"{number}-{form.label}" for number, form in enumerate(FORMATS)])
def test_a_key_of_every_provider(judge, form):
    key = written(form.written)
    text = f"so here 🙂 {key} it is"
    labels = {span.label: text[span.start : span.end] for span in judge("secrets", text).spans}
    assert any(found in key or key in found for found in labels.values()), key
    assert judge({"secrets": [form.label]}, text).state == "fail"


@pytest.mark.parametrize(
    ("kind", "secret", "said"),
    [(kind, secret, said) for kind, secret in FOUND for said in SAID.get(kind, ["{}", "see:\n{}"])],
)
def test_other_secrets(judge, kind, secret, said):
    text = said.format(secret)
    verdict = judge("secrets", text)
    assert [(span.label, text[span.start : span.end]) for span in verdict.spans] == [(kind, secret)]
    assert secret not in verdict.reason
    assert judge({"secrets": ["github-token"]}, text).state == "pass"


@pytest.mark.parametrize("text", CLEAN)
def test_no_secret(judge, text):
    verdict = judge("secrets", text)
    assert verdict.state == "pass", [text[span.start : span.end] for span in verdict.spans]


GITHUB = "ghp_a8Fh3kLm9QwE2rTy6UiO1pZx4CvB7nMq0sDg"
GOOGLE = "AIzaSyA8Fh3kLm9QwE2rTy6UiO1pZx4CvB7nMs"
"""One letter short."""


@pytest.mark.parametrize("around", ["_{}_", "__{}__", "___{}___", "*{}*", "**_{}_**", "~~{}~~", "`{}`", "see _{}_!"])
@pytest.mark.parametrize("key", ["AKIA1234567890ABCDEF", GITHUB, GOOGLE + "q", GOOGLE + "-"])
def test_emphasis_hides_no_key(judge, around, key):
    (span,) = judge("secrets", text := around.format(key)).spans
    found = text[span.start : span.end]
    assert found.startswith(key)
    assert not found.removeprefix(key).strip("_")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("_my key is AKIA1234567890ABCDEF_", "AKIA1234567890ABCDEF"),
        ("-AKIA1234567890ABCDEF-", "AKIA1234567890ABCDEF"),
        (f"{GOOGLE}_", f"{GOOGLE}_"),
        (f"_{GOOGLE}__", f"{GOOGLE}_"),
        (f"_{JWT}", JWT),
    ],
)
def test_a_key_may_end_in_what_emphasis_ends_in(judge, text, found):
    assert [text[span.start : span.end] for span in judge("secrets", text).spans][:1] == [found]


@pytest.mark.parametrize(
    "text",
    [
        "postgres://u:secret99Zz@db.corp.example/x",
        "password: hunter2secret",
        "password=Example123!",
        "password: my-Rk3hT0q9",
        "password: 2test-Rk3h",
    ],
)
def test_a_password_may_have_a_word_of_examples_in_it(judge, text):
    assert judge("secrets", text).state == "fail"


def test_a_password_in_the_address_of_a_page(judge):
    assert judge("secrets", "https://joe:Xa9cuieR@example.com").label == "basic-auth"


def test_the_worst_of_several_is_named(judge):
    verdict = judge("secrets", f"password: Tr0ub4dor&3\n{FOUND[0][1]}")
    assert (verdict.label, verdict.reason) == ("private-key", "has secrets: password, private-key")
