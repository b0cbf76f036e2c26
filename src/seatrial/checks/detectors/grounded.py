"""The check that what an answer says in numbers, dates, names, quotes and citations stands in what it was given.

It looks words up and understands none: an answer that passes may still be wrong, and one that fails says something that
nobody gave it. Entailment is for a judge model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Literal

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed, unscored
from seatrial.checks.detectors import facts
from seatrial.checks.detectors.language import tell
from seatrial.checks.detectors.limits import refused
from seatrial.core.verdict import Verdict
from seatrial.core.view import View

Claims = Literal["citations", "quotes", "numbers", "dates", "names"]
EVERY_CLAIM: list[Claims] = ["citations", "quotes", "numbers", "dates", "names"]
Found = tuple[int, int]

_CONTEXT = ["The museum opens at 9 and closes at 17:30. A ticket is 12 euros. Mira Holm has led it since 3 May 2019."]


def _answer(text: str) -> dict[str, object]:
    """An answer over one retrieved text, for the examples below."""
    return {"message": {"role": "assistant", "content": text}, "context": _CONTEXT}


@builtin(
    "grounded",
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
    are there. Unscored without context or without a claim.
    """
    if (too_long := refused(view.text)) is not None:
        return too_long
    exchange = view.exchange
    if not exchange.context:
        return unscored("there is no context to look anything up in")
    given = "\n".join((*exchange.context, *(message.text for message in exchange.request.messages if question)))
    if (too_long := refused(given)) is not None:
        return too_long
    judged = [
        (found, kind, there) for kind in claims for found, there in _LOOKUPS[kind](view.text, given, exchange.context)
    ]
    if not judged:
        return unscored("it makes no claim that can be looked up")
    missing = sorted((*found, kind) for found, kind, there in judged if not there)
    score = 1 - len(missing) / len(judged)
    if not missing:
        return passed(f"{len(judged):,} of {len(judged):,} claims are in the context")
    kinds = list(dict.fromkeys(kind for _, _, kind in missing))
    return failed(
        f"{len(missing):,} of {len(judged):,} claims are not in the context ({', '.join(kinds)})",
        spans=missing,
        score=score,
        label=kinds[0],
    )


def _citations(text: str, given: str, context: tuple[str, ...]) -> Iterator[tuple[Found, bool]]:
    for start, end, listed in facts.citations(text):
        yield (start, end), all(1 <= number <= len(context) for number in listed)


def _quotes(text: str, given: str, context: tuple[str, ...]) -> Iterator[tuple[Found, bool]]:
    source = facts.flat(given)
    for start, end, said in facts.quotes(text):
        parts = [facts.flat(part).rstrip(".,;:!?") for part in re.split(r"\[?(?:…|\.{3})\]?", said)]
        yield (start, end), all(part in source for part in parts)


def _dates(text: str, given: str, context: tuple[str, ...]) -> Iterator[tuple[Found, bool]]:
    known = {reading for _, _, readings in facts.dates(given) for reading in readings}
    known |= {reading[5:] for reading in known if len(reading) > 5}
    for start, end, readings in facts.dates(text):
        yield (start, end), bool(readings & known)


def _numbers(text: str, given: str, context: tuple[str, ...]) -> Iterator[tuple[Found, bool]]:
    known = {(value, unit) for _, _, values, unit in facts.numbers(given) for value in values}
    values_known = {value for value, _ in known}
    taken = [(start, end) for start, end, _ in facts.dates(text)]
    taken += [(start, end) for start, end, _ in facts.citations(text)]
    taken += [match.span(1) for match in _LIST_NUMBER.finditer(text)]
    for start, end, values, unit in facts.numbers(text):
        if any(first <= start < last for first, last in taken):
            continue
        there = any((value, unit) in known for value in values) if unit else bool(values & values_known)
        yield (start, end), there


_LIST_NUMBER = re.compile(r"(?m)^[ \t]*(\d{1,3})[.)](?=\s)")


def _names(text: str, given: str, context: tuple[str, ...]) -> Iterator[tuple[Found, bool]]:
    known = set(_NAME_PART.findall(given.casefold()))
    told = tell(text)
    nouns = told is not None and told[0] == "de"  # German gives every noun a capital
    for start, end, name in facts.names(text):
        parts = _NAME_PART.findall(_OWNER.sub("", name.casefold()))
        if not (nouns and len(parts) == 1):
            yield (start, end), all(part in known or part.removesuffix("s") in known for part in parts)


_NAME_PART = re.compile(r"[^\W_]+")
_OWNER = re.compile("['’]s?\\b|['’]$")


_LOOKUPS: dict[Claims, Callable[[str, str, tuple[str, ...]], Iterator[tuple[Found, bool]]]] = {
    "citations": _citations,
    "quotes": _quotes,
    "numbers": _numbers,
    "dates": _dates,
    "names": _names,
}
