"""Values that a name in front calls secret: `password=…`, `"api_key": "…"`, `the token is …`, `Bearer …`.

A value counts when it is no word of a sentence and no name in a program: a password mixes kinds of characters, a key is
long and of high entropy (bits per character; C. E. Shannon, A Mathematical Theory of Communication, 1948).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from seatrial.checks.folded import every, scanner
from seatrial.checks.secrets.placeholders import is_placeholder

REACH = 128
"""Code points before a value in which its name stands, with what is between them."""

LONGEST_VALUE = 512
LONGEST_QUOTED = 128

_CALLED_PASSWORD = (
    r"pass(?:word|wd|phrase|code|wort)?|pwd|pw|kennwort|mot de passe|mdp|contrase[n\xff]a|senha|wachtwoord|parola"
    r"|l[\xff]senord"
)
_CALLED_SECRET = r"(?:client|app|shared|consumer|webhook)?[ _\-]?secret"
"""What is either: judged as a password is, and called a key."""

_CALLED_KEY = (
    r"(?:api|app|access|account|auth|admin|application|aws|azure|bot|client|consumer|deploy|encryption|github|gitlab"
    r"|google|hmac|jwt|license|master|openai|private|refresh|secret|service|session|shared|signing|slack|storage"
    r"|stripe|user|webhook)[ _\-]{0,1}(?:api[ _\-]?|access[ _\-]?)?"
    r"(?:key|token|credentials?)|token|credentials?|api|bearer|auth|authorization|key|secret"
)
_SUFFIX = r"(?:[_\-](?:id|value|prod|production|dev|staging|live|test|hash|str|[0-9]{1,2}))?"
_ASSIGNED = scanner(
    rf"(?i)(?:{_CALLED_PASSWORD}|{_CALLED_SECRET}|{_CALLED_KEY}){_SUFFIX}"
    r"[\"'`\]\x80)*]{0,3}\s{0,2}(?::=|=>|->|==?|:)\s{0,2}(?:(?:bearer|basic|token) )?\\?[\"'`*]{0,3}"
)
_SAID = scanner(
    rf"(?i)\b_{{0,3}}(?:{_CALLED_PASSWORD}|{_CALLED_SECRET}|{_CALLED_KEY})"
    r"(?: (?:for|to|of|on|in) [^\n.:=]{1,32}?)?"
    r" (?:is|was|=|ist|est|es|changed to|set to|to)(?: now| still| actually)?(?:: ?| )[\"'`*]{0,3}"
)
_SENT = scanner(r"(?i)\b_{0,3}(?:authorization[\"']?: ?[\"']?)?(?:bearer|basic) {1,2}")
_OPTION = scanner(
    r"(?i)(?:^|\s)--?(?:pass(?:word|wd|phrase)?|token|api-?key|secret|auth-?token|access-?key|secret-?key)[ =][\"']?"
)
_IS_PASSWORD = scanner(rf"(?i)(?:{_CALLED_PASSWORD}){_SUFFIX}(?:[^a-z]|$)")
_IS_SECRET = scanner(rf"(?i)secret{_SUFFIX}(?:[^a-z_ \-]|[_ \-][^a-z]|$)")

_WORD_END = scanner(r"[^ \t\r\n\"'`<>,;|\x80]*")
_NEXT_FIELD = scanner(r"&[A-Za-z_][A-Za-z0-9_.\-]{0,40}=")
_QUOTES = frozenset(b"\"'`")
_LOOSE = b".,;:)]}\\"
_LOOSE_KEY = _LOOSE + b"!?*"


def named_values(folded: bytes) -> Iterator[tuple[int, int, str]]:
    """(start, end, label) of each value; the label is `password` or `api-key`."""
    names: dict[bytes, tuple[bool, bool]] = {}
    for pattern, strict in ((_ASSIGNED, False), (_OPTION, False), (_SAID, True), (_SENT, True)):
        before = word_end = -1
        for begin, start in every(pattern, folded):
            inside = start < word_end and start - before <= LONGEST_VALUE
            before = start
            if inside:
                continue
            word_end = _word_end(folded, start)
            if _in_emoji(folded, begin, word_end):
                continue
            name = folded[begin:start]
            if name not in names:
                names[name] = _kind_of(name)
            password, short = names[name]
            end, quoted = _value(folded, start, word_end, password)
            if not 4 <= end - start <= LONGEST_VALUE:
                continue
            value = folded[start:end]
            fits = (short and _is_password(value, strict, quoted, name)) or (not password and _is_key(value, name))
            if fits and not is_placeholder(value):
                yield start, end, "password" if password else "api-key"


def _in_emoji(folded: bytes, begin: int, end: int) -> bool:
    """Whether it is a chat's own emoji, <:pass:977255687645467305>, whose name says pass."""
    return folded[end : end + 1] == b">" and _EMOJI.search(folded[max(0, begin - 34) : end]) is not None


_EMOJI = scanner(r"<a?:\w{1,32}:\d{15,20}$")


def _kind_of(name: bytes) -> tuple[bool, bool]:
    """Whether a name is one of passwords, and whether its values are judged as passwords are."""
    password = _IS_PASSWORD.search(name) is not None
    return password, password or _IS_SECRET.search(name) is not None


def _word_end(folded: bytes, start: int) -> int:
    """Where the word ends that begins at `start`: at a gap, a quote, or the next field of a form."""
    end: int = _WORD_END.match(folded, start).end()
    field = _NEXT_FIELD.search(folded, start, end) if folded.find(b"&", start, end) >= 0 else None
    return field.start() if field else end


def quoted_values(folded: bytes) -> Iterator[int]:
    """Where values begin behind a quote that does not close."""
    for pattern in (_ASSIGNED, _OPTION, _SAID):
        for _, start in every(pattern, folded):
            if folded[start - 1] in _QUOTES and _closing(folded, start) is None:
                yield start


def _closing(folded: bytes, start: int) -> int | None:
    """Where the quote closes that stands before `start`, on the same line; None where it does not, or far away."""
    closing = folded.find(folded[start - 1 : start], start, start + LONGEST_QUOTED)
    return closing if closing >= 0 and b"\n" not in folded[start:closing] else None


def _value(folded: bytes, start: int, word_end: int, password: bool) -> tuple[int, bool]:
    """Where the value ends that begins at `start`, and whether quotes hold it."""
    quoted = start > 0 and folded[start - 1] in _QUOTES
    if quoted and password:
        closing = _closing(folded, start)
        if closing is not None:
            return closing, True
    end = word_end
    loose = _LOOSE if password else _LOOSE_KEY
    while not quoted and end > start and end - start <= LONGEST_VALUE and folded[end - 1] in loose:
        end -= 1
    return end, quoted


def _is_password(value: bytes, strict: bool, quoted: bool, name: bytes) -> bool:
    """Whether it can be a password: letters with digits or signs, or a row of digits; letters alone only where a
    program would write them.
    """
    if len(value) > LONGEST_QUOTED:
        return False
    if value.isalpha() and (strict or len(value) < 8):
        return False
    if _CODE.search(value) is not None:
        return False
    letters, digits, signs = _kinds(value)
    if _WORDS.search(value) is not None:
        return (
            not strict and len(value) >= 8 and (quoted or name.rstrip().endswith(b"=")) and value.lower() not in _COMMON
        )
    if not letters:
        return digits >= 6 or bool(digits and signs and len(value) >= 8)
    return len(value) >= 6 and bool(digits or signs)


_WORDS = scanner(r"^[A-Za-z\xff]+(?:[ _.\-'/][A-Za-z\xff]*)*$")
"""Words, names in programs, paths."""

_CODE = scanner(r"^[A-Za-z_][A-Za-z_.]*[(\[]|^[\[{]|^https?:|^(?:\.{1,2}|~)?/[a-z0-9_.\-]*(?:/|$)|^\w+\.\w+\.\w+$")
_COMMON = frozenset(
    b"required optional incorrect invalid protected encrypted disabled enabled forgotten correct expired".split()
)


def _is_key(value: bytes, name: bytes) -> bool:
    """Whether it is random enough for a key; behind a bare `key` only without gaps, which names of things have."""
    if len(value) < 16 or not _TOKEN.search(value) or _CODE.search(value) or _WORDS.search(value):
        return False
    letters, digits, _ = _kinds(value)
    if not digits or not letters or (value.isdigit()):
        return False
    if _BARE.search(name) is not None and not (value.isalnum() and len(value) >= 20):
        return False
    return entropy(value) >= (3.0 if len(value) >= 20 else 3.3)


_TOKEN = scanner(r"^[A-Za-z0-9_\-+/=.~%:$!]+$")
_BARE = scanner(r"(?i)^_*(?:key|auth|api)[^a-z]*$")


def _kinds(value: bytes) -> tuple[int, int, int]:
    """How many letters, digits and other signs it has."""
    letters = len(value) - len(value.translate(None, _LETTERS))
    digits = len(value) - len(value.translate(None, b"0123456789"))
    return letters, digits, len(value) - letters - digits


_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\xff"


def entropy(value: bytes) -> float:
    """Shannon entropy in bits per character."""
    total = len(value)
    return -sum(count / total * math.log2(count / total) for count in Counter(value).values())
