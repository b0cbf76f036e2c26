"""The check that what an answer says in numbers, dates, names, quotes and citations stands in what it was given.

It looks words up and understands none: an answer that passes may still be wrong, and one that fails says something that
nobody gave it. Entailment is for a judge model.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain, islice
from typing import Annotated, Literal, NamedTuple

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed, unscored
from seatrial.checks.detectors import facts
from seatrial.checks.detectors.language import tell
from seatrial.checks.limits import MOST_CHARACTERS, refused
from seatrial.core.places import Place, merged
from seatrial.core.verdict import Verdict
from seatrial.core.view import View

Claims = Literal["citations", "quotes", "numbers", "dates", "names"]
EVERY_CLAIM: list[Claims] = ["citations", "quotes", "numbers", "dates", "names"]
MOST_CLAIMS = 10_000
"""Claims of one kind in a text; one with more is refused, never passed."""

MOST_READ = 500_000_000
"""Characters of context that are read for quotes: each quote is looked for from the beginning."""

_CONTEXT = ["The museum opens at 9 and closes at 17:30. A ticket is 12 euros. Mira Holm has led it since 3 May 2019."]


def _answer(text: str) -> dict[str, object]:
    """An answer over one retrieved text, for the examples below."""
    return {"message": {"role": "assistant", "content": text}, "context": _CONTEXT}


@builtin(
    "grounded",
    longest=MOST_CHARACTERS,
    answers_only=True,
    example=Example(
        "grounded",
        passes=[_answer("A ticket costs €12 [1]. Since May 3, 2019 the head is Mira Holm.")],
        fails=[_answer("A ticket costs 15 euros."), _answer("The head is Jonas Holm."), _answer("See [4].")],
    ),
)
def grounded(
    view: View,
    *,
    claims: Annotated[list[Claims], msgspec.Meta(description="what is looked up", min_length=1)] = EVERY_CLAIM,
    question: Annotated[
        bool, msgspec.Meta(description="false: what only the user said does not count as given")
    ] = True,
) -> Verdict:
    """Citations exist, and quotes, numbers with their units, dates and names occur in the context of the answer.

    The context are the retrieved texts and the untrusted inputs of the prompt, and what the user said. [n] cites the
    n-th text. A number counts in any way of writing it (1,200; 1.200; twelve) and needs its unit where it has one; a
    quote of several words must be verbatim, white space and letter case aside. The score is the share of claims that
    are there. Unscored without context or without a claim; an error (`too-many-claims`) with more than 10,000 of one
    kind, or more quotes than can be looked for in so long a context.
    """
    exchange = view.exchange
    if not exchange.context:
        return unscored("there is no context to look anything up in")
    given = "\n".join((*exchange.context, *(message.text for message in exchange.request.messages if question)))
    if (too_long := refused(given)) is not None:
        return too_long
    texts = _Texts(view.text, given, exchange.context)
    looked_up: list[_LookedUp] = []
    for kind in claims:
        most = MOST_READ // max(1, len(given)) if kind == "quotes" else MOST_CLAIMS
        found = list(islice(_LOOKUPS[kind](texts), most + 1))
        if len(found) > most:
            return _too_many(kind, most)
        looked_up.extend(_LookedUp(place, kind, there) for place, there in found)
    return _summed_up(looked_up)


class _LookedUp(NamedTuple):
    """A claim, and whether it is in the context."""

    place: Place
    kind: Claims
    there: bool


def _summed_up(claims: Sequence[_LookedUp]) -> Verdict:
    if not claims:
        return unscored("it makes no claim that can be looked up")
    missing = sorted((*each.place, each.kind) for each in claims if not each.there)
    if not missing:
        return passed(f"{len(claims):,} of {len(claims):,} claims are in the context")
    kinds = list(dict.fromkeys(kind for _, _, kind in missing))
    return failed(
        f"{len(missing):,} of {len(claims):,} claims are not in the context ({', '.join(kinds)})",
        spans=missing,
        score=1 - len(missing) / len(claims),
        label=kinds[0],
    )


def _too_many(kind: Claims, most: int) -> Verdict:
    return Verdict(
        state="error",
        reason=f"the text has more {kind} than the {most:,} that are looked up in so long a context: cut it before",
        label="too-many-claims",
    )


class _Texts:
    """The text that is judged, all that was given to it in one, and the texts that can be cited."""

    def __init__(self, judged: str, given: str, context: Sequence[str]) -> None:
        self.judged = judged
        self.given = given
        self.context = context

    @cached_property
    def dates(self) -> list[tuple[int, int, frozenset[str]]]:
        """Those of the text that is judged; numbers are not looked for in them."""
        return list(facts.dates(self.judged))


def _citations(texts: _Texts) -> Iterator[tuple[Place, bool]]:
    for start, end, listed in facts.citations(texts.judged):
        yield (start, end), all(1 <= number <= len(texts.context) for number in listed)


def _quotes(texts: _Texts) -> Iterator[tuple[Place, bool]]:
    source = facts.flat(texts.given)
    known: dict[str, bool] = {}
    for start, end, said in facts.quotes(texts.judged):
        parts = [facts.flat(part).rstrip(".,;:!?") for part in _LEFT_OUT.split(said)]
        for part in parts:
            if part not in known:
                known[part] = part in source
        yield (start, end), all(known[part] for part in parts)


_LEFT_OUT = re.compile(r"\[?(?:…|\.{3})\]?")


def _dates(texts: _Texts) -> Iterator[tuple[Place, bool]]:
    known = {reading for _, _, readings in facts.dates(texts.given) for reading in readings}
    known |= {reading[5:] for reading in known if len(reading) > 5}
    for start, end, readings in texts.dates:
        yield (start, end), bool(readings & known)


def _numbers(texts: _Texts) -> Iterator[tuple[Place, bool]]:
    said = {(values, unit) for _, _, values, unit in facts.numbers(texts.given)}
    known = {(value, unit) for values, unit in said for value in values}
    values_known = {value for value, _ in known}
    others = chain(
        ((start, end) for start, end, _ in texts.dates),
        ((start, end) for start, end, _ in facts.citations(texts.judged)),
        (match.span(1) for match in _LIST_NUMBER.finditer(texts.judged)),
    )
    edges = [edge for place in merged(sorted(others)) for edge in place]
    for start, end, values, unit in facts.numbers(texts.judged):
        if bisect_right(edges, start) % 2:
            continue  # between the edges of a date, a citation or the number of an item
        there = any((value, unit) in known for value in values) if unit else bool(values & values_known)
        yield (start, end), there


_LIST_NUMBER = re.compile(r"(?m)^[ \t]*(\d{1,3})[.)](?=\s)")


def _names(texts: _Texts) -> Iterator[tuple[Place, bool]]:
    known = set(_NAME_PART.findall(texts.given.casefold()))
    told = tell(texts.judged)
    nouns = told is not None and told[0] == "de"  # German gives every noun a capital
    for start, end, name in facts.names(texts.judged):
        parts = _NAME_PART.findall(_OWNER.sub("", name.casefold()))
        if not (nouns and len(parts) == 1):
            yield (start, end), all(part in known or part.removesuffix("s") in known for part in parts)


_NAME_PART = re.compile(r"[^\W_]+")
_OWNER = re.compile("['’]s?\\b|['’]$")


_LOOKUPS: dict[Claims, Callable[[_Texts], Iterator[tuple[Place, bool]]]] = {
    "citations": _citations,
    "quotes": _quotes,
    "numbers": _numbers,
    "dates": _dates,
    "names": _names,
}
