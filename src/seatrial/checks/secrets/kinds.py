"""The kinds of secrets by name, and the scan that finds those a user chose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from seatrial.checks.chosen import check_known, chosen
from seatrial.checks.folded import MOST_MARKS, Triggers, every_group, fold, scanner
from seatrial.checks.labelled import Labelled
from seatrial.checks.parameters import Converted
from seatrial.checks.secrets.forms import addresses, private_keys, tokens
from seatrial.checks.secrets.named import named_values
from seatrial.checks.secrets.placeholders import is_placeholder
from seatrial.checks.secrets.providers import FORMATS, Format, sign

_OWN_FORM = ("private-key", "jwt", "connection-string", "basic-auth")
_NAMED = ("password", "api-key")
PROVIDER = "provider-key"
KINDS = (*_OWN_FORM, *_NAMED, PROVIDER, *dict.fromkeys(each.label for each in FORMATS))
"""Every kind that may be chosen, and every label a place can have; `provider-key` is all that stand behind it."""

WORST_FIRST = {label: number for number, label in enumerate(KINDS)}
"""From the worst to have leaked on."""


class Kinds(Converted):
    """The chosen kinds; all of them unless told otherwise."""

    def __init__(self, names: tuple[str, ...] = KINDS) -> None:
        self.names = names
        providers = KINDS[len(_OWN_FORM) + len(_NAMED) + 1 :] if PROVIDER in names else ()
        self.labels = frozenset((*names, *providers)) - {PROVIDER}
        self.version = " ".join(sorted(names))

    @classmethod
    def read(cls, raw: Any) -> Kinds:
        """From a parameter's raw value. Raises SpecError for an empty list, and for a name that is no kind."""
        return cls(chosen(raw, "kinds", _check_kind, expected="a list of kinds of secrets", hint=_KNOWN))


_KNOWN = f"there are: {', '.join((*_OWN_FORM, *_NAMED, PROVIDER))}; and single providers, like github-token"


def _check_kind(name: Any) -> None:
    check_known(name, KINDS, "kind of secret", hint=_KNOWN)


EVERYTHING = Kinds()


class Secrets:
    """Finds the kinds of secrets that `labels` names."""

    def __init__(self, labels: frozenset[str]) -> None:
        self._labels = labels
        formats = [each for each in FORMATS if each.label in labels]
        self._find: list[Callable[[bytes], Iterator[Labelled]]] = [_finder(each) for each in formats]
        triggers = [sign(each) for each in formats]
        for trigger, find in _FORMS:
            self._find.append(find)
            triggers.append(trigger)
        self._triggers = Triggers(triggers)

    def find(self, text: str) -> list[Labelled]:
        """The places of secrets, in order, without those that lie inside another."""
        folded = fold(text)
        fired = self._triggers.found(folded)
        if not fired:
            return []
        found = [place for index in fired for place in self._find[index](folded) if place[2] in self._labels]
        return _outermost(_by_form(found, folded))


_FORMS = (
    (r"eyJ[A-Za-z0-9_\-]", tokens),
    (r"PRIVATE KEY|PuTTY-User-Key", private_keys),
    (r"://[^\s/@]*:[^\s@]", addresses),
    (
        r"(?i)(?:pass|pwd|pw|secret|token|key|auth|credential|bearer|basic|api|passe|mdp|contrase|senha|wachtwoord"
        r"|parola|senord|wort)"
        r"[^\s:=]*(?:[:=]|->|\s)",
        named_values,
    ),
)
"""The finders of secrets that no provider gives its form, with what their text must have."""


def _finder(form: Format) -> Callable[[bytes], Iterator[Labelled]]:
    """What finds keys of a format that are no part of a longer word. Where dashes stand in keys, one before it makes a
    longer word, too. Underscores around a word are Markdown's and no part of it; one behind a key that may end in it is
    taken for the key's, as it cannot be told.
    """
    before = r"(?:^|[^A-Za-z0-9_\-])" if _has_dash(sign(form)) else r"(?:^|[^A-Za-z0-9_])"
    pattern = scanner(rf"{before}_{{0,{MOST_MARKS}}}({form.written})")

    def find(folded: bytes) -> Iterator[Labelled]:
        for start, end in every_group(pattern, folded):
            if folded[end - 1] in _KEY_BYTES and _WORD_GOES_ON.match(folded, end):
                continue
            if len(set(folded[start:end])) >= 8 and not is_placeholder(folded[start:end]):
                yield start, end, form.label

    return find


def _has_dash(pattern: str) -> bool:
    """Whether a dash of a pattern stands for itself, and not for a range of letters."""
    return "-" in _RANGE.sub("", pattern)


_RANGE = re.compile(r"(?<=[A-Za-z0-9])-(?=[A-Za-z0-9])(?=[^\[\]]*\])")
_WORD_GOES_ON = scanner(rf"_{{0,{MOST_MARKS}}}[A-Za-z0-9]|_{{{MOST_MARKS + 1}}}")
_KEY_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")


def _by_form(found: list[Labelled], folded: bytes) -> list[Labelled]:
    """Without values that a name calls secret and that are a secret with a form of its own but for the underscores of
    emphasis behind it, which such a value is taken with: the form says better what it is.
    """
    formed = {place[:2] for place in found if place[2] not in _NAMED}
    return [
        (start, end, label)
        for start, end, label in found
        if label not in _NAMED
        or folded[end - 1] != ord("_")
        or not any((start, end - marks) in formed for marks in range(1, MOST_MARKS + 1))
    ]


def _outermost(found: list[Labelled]) -> list[Labelled]:
    if len(found) < 2:
        return found
    found.sort(key=lambda place: (place[0], -place[1], place[2] in _NAMED, WORST_FIRST[place[2]]))
    kept: list[Labelled] = []
    furthest = -1
    for place in found:
        if place[1] > furthest:
            kept.append(place)
            furthest = place[1]
    return kept


@lru_cache(maxsize=64)
def secrets(labels: frozenset[str]) -> Secrets:
    return Secrets(labels)
