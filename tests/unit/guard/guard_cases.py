"""Detectors of the tests' own, small enough to see through, and guards made from entries as a user writes them."""

import re
from functools import cache

from seatrial.checks.bind import bind_entry
from seatrial.checks.define import CHECKS, check, define, failed, passed
from seatrial.checks.holdback import Holdback
from seatrial.core.conversation import Message, Request
from seatrial.core.errors import ErrorInfo, ModelError
from seatrial.core.exchange import Exchange
from seatrial.guard.keys import Keyed
from seatrial.guard.read import read_policy
from seatrial.guard.texts import Setting
from seatrial.spec.yaml import parse_yaml

LONGEST = 12


def _digits_from(text):
    """Where the run of digits at the end begins."""
    return len(text) - len(re.search(rf"\d{{0,{LONGEST + 1}}}\Z", text)[0])


def detector(name, holdback=None):
    """Registered as a check of ours is: judged on the event loop."""

    def register(function):
        CHECKS.register(name, define(function, name, kind="detector", version=1, inline=True, holdback=holdback))
        return function

    return register


@detector("test-card", lambda: Holdback(LONGEST + 1, 1, _digits_from))
def card(text: str):
    """Digit runs of 4 to 12 whose sum divides by 3: as with a checksum, what follows decides what came before."""
    spans = [
        (match.start(), match.end(), "card")
        for match in re.finditer(rf"(?<!\d)\d{{4,{LONGEST}}}(?!\d)", text)
        if sum(map(int, match[0])) % 3 == 0
    ]
    return failed(f"{len(spans)} cards", spans=spans, label="card") if spans else passed()


@detector("test-name", lambda: Holdback(9, 1))
def name(text: str):
    """Two capitalised words, at every place by itself: found by its bound alone."""
    spans = [
        (m.start(), m.end(1), "name") for m in re.finditer(r"(?<!\w)(?=([A-Z][a-z]{1,3} [A-Z][a-z]{1,2})(?!\w))", text)
    ]
    return failed("names", spans=spans, label="name") if spans else passed()


@detector("test-loud")
def loud(text: str):
    """More than half of the letters are capital: of a whole text only."""
    letters = [each for each in text if each.isalpha()]
    share = sum(map(str.isupper, letters)) / len(letters) if letters else 0.0
    return failed("loud", label="loud", score=1 - share) if share > 0.5 else passed()


@check("test-needs-case", kind="detector", version=1)
def needs_case(text: str, case):
    """Compares with the case."""
    return text == case.ask


@check("test-slow", kind="detector", version=1)
def slow(text: str):
    """Judged in a thread, as a function of the user's is; fails where it reads so."""
    return failed("slow", label="slow") if "fail" in text else passed()


@detector("test-broken", lambda: Holdback(3, 0))
def broken(text: str):
    """Breaks at an exclamation mark."""
    if "!" in text:
        raise ValueError(text)
    return passed()


def policy_of(text):
    """The policy that stands under `guards:`."""
    node = parse_yaml(text, file="feature.yaml")
    policy = read_policy(node, bind_entry)
    node.problems.raise_any()
    return policy


@cache
def output(*entries):
    """Guards of the output, each written as an entry on one line."""
    if not entries:
        return ()
    return policy_of("output:\n" + "".join(f"  - {entry}\n" for entry in entries)).of("output", {})


def setting(budgets=None, text="hi"):
    exchange = Exchange(
        id="x", request=Request((Message("user", text),)), message=Message("assistant", ""), finish="stop"
    )
    return Setting(exchange, Keyed(b"a key of the tests"), budgets or {})


@check("test-asks", kind="detector", version=1, calls_model=True)
async def asks(text: str):
    """Asks a model that is busy."""
    raise ModelError(ErrorInfo(kind="rate_limit", message=f"no: {text}", status=429))
