"""Checks on the words of a text: what it says, contains, starts and ends with.

Decided here: white space around an answer is layout and never compared; letters compare by Unicode case folding where
case is ignored; a pass names what was found and where, so that the `not-` form can point at it. Spans refer to the text
as it was judged, although folding changes lengths (ß folds to ss).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed
from seatrial.checks.holdback import Holdback, folded_words_holdback, pattern_holdback, words_holdback
from seatrial.core.verdict import Verdict
from seatrial.spec.patterns import Pattern
from seatrial.structured.jsontext import NotJson, read_json, same_json

Spans = list[tuple[int, int]]
Text = Annotated[str, msgspec.Meta(min_length=1)] | int
"""A whole number may stand for its digits; other values need quotes, since 1.10 would read as 1.1."""

Visible = Annotated[str, msgspec.Meta(pattern=r"\S")] | int
Texts = Annotated[list[Text], msgspec.Meta(description="the texts to look for", min_length=1)]
SHOWN = 80
"""Characters of a text that a reason repeats."""


def _holdback(*, value: object = None, values: Sequence[object] = ()) -> Holdback:
    return words_holdback([str(word) for word in values or [value]])


def _folded_holdback(*, value: object = None, values: Sequence[object] = ()) -> Holdback:
    return folded_words_holdback([str(word) for word in values or [value]])


@builtin("equals", example=Example("equals: Paris", passes=["Paris", " Paris\n"], fails=["paris", "Paris, France"]))
def equals(
    text: str,
    *,
    value: Annotated[Any, msgspec.Meta(description="text compared as text; anything else compared as JSON data")],
) -> Verdict:
    """The whole answer is the value, white space around it aside.

    A value that is no text (a number, true, null, a list, a mapping) equals an answer that is the same JSON data.
    """
    if isinstance(value, str):
        said, wanted = text.strip(), value.strip()
        if said == wanted:
            return passed(f"is {_shown(wanted)}")
        return failed(f"is {_shown(said)}, not {_shown(wanted)}")
    try:
        data = read_json(text)
    except NotJson as error:
        return failed(f"compared as JSON, since the value is not text: {error}")
    return passed("is the same JSON data") if same_json(data, value) else failed("is other JSON data")


@builtin(
    "contains",
    version=2,
    example=Example("contains: robot", passes=["a robot dog"], fails=["a Robot dog"]),
    holdback=_holdback,
)
def contains(text: str, *, value: Annotated[Text, msgspec.Meta(description="the text to look for")]) -> Verdict:
    """The answer contains the value, letter case included."""
    word = str(value)
    return _any_found([word], [_occurrences(text, word)])


@builtin(
    "icontains",
    version=2,
    example=Example("icontains: robot", passes=["A Robot dog"], fails=["a machine"]),
    holdback=_folded_holdback,
)
def icontains(text: str, *, value: Annotated[Text, msgspec.Meta(description="the text to look for")]) -> Verdict:
    """The answer contains the value, letter case ignored."""
    return _any_found([str(value)], _folded_occurrences(text, [str(value)]))


@builtin(
    "contains-any",
    version=2,
    example=Example("contains-any: [robot, toy]", passes=["a toy car"], fails=["a car"]),
    holdback=_holdback,
)
def contains_any(text: str, *, values: Texts) -> Verdict:
    """The answer contains at least one of the values, letter case included."""
    words = [str(value) for value in values]
    return _any_found(words, [_occurrences(text, word) for word in words])


@builtin(
    "contains-all", example=Example("contains-all: [robot, toy]", passes=["a toy robot"], fails=["a toy", "Toy robot"])
)
def contains_all(text: str, *, values: Texts) -> Verdict:
    """The answer contains every one of the values, letter case included; the score is the share it contains."""
    words = [str(value) for value in values]
    return _all_found(words, [_occurrences(text, word) for word in words])


@builtin(
    "icontains-any",
    version=2,
    example=Example("icontains-any: [robot, toy]", passes=["A TOY car"], fails=["a car"]),
    holdback=_folded_holdback,
)
def icontains_any(text: str, *, values: Texts) -> Verdict:
    """The answer contains at least one of the values, letter case ignored."""
    words = [str(value) for value in values]
    return _any_found(words, _folded_occurrences(text, words))


@builtin("icontains-all", example=Example("icontains-all: [robot, toy]", passes=["Toy Robot"], fails=["a toy"]))
def icontains_all(text: str, *, values: Texts) -> Verdict:
    """The answer contains every one of the values, letter case ignored; the score is the share it contains."""
    words = [str(value) for value in values]
    return _all_found(words, _folded_occurrences(text, words))


@builtin("starts-with", example=Example("starts-with: Sure", passes=["Sure, here"], fails=["sure", "Not Sure"]))
def starts_with(
    text: str, *, value: Annotated[Visible, msgspec.Meta(description="the text it starts with")]
) -> Verdict:
    """The answer starts with the value, letter case included and white space before it aside."""
    word, begin = str(value).lstrip(), len(text) - len(text.lstrip())
    if text.startswith(word, begin):
        return passed(f"starts with {_shown(word)}", spans=[(begin, begin + len(word))])
    return failed(f"starts with {_shown(text[begin : begin + max(len(word), 12)])}, not {_shown(word)}")


@builtin("ends-with", example=Example("ends-with: '?'", passes=["how are you?\n"], fails=["how are you? fine"]))
def ends_with(text: str, *, value: Annotated[Visible, msgspec.Meta(description="the text it ends with")]) -> Verdict:
    """The answer ends with the value, letter case included and white space after it aside."""
    word, end = str(value).rstrip(), len(text.rstrip())
    if text.endswith(word, 0, end):
        return passed(f"ends with {_shown(word)}", spans=[(end - len(word), end)])
    return failed(f"ends with {_shown(text[max(0, end - max(len(word), 12)) : end])}, not {_shown(word)}")


@builtin(
    "regex",
    version=2,
    example=Example(r"regex: '\b\d{4}\b'", passes=["in 1999"], fails=["in 99", "in 19999"]),
    holdback=lambda pattern: pattern_holdback(pattern.longest),
)
def regex(
    text: str, *, pattern: Annotated[Pattern, msgspec.Meta(description="a regular expression in RE2's syntax")]
) -> Verdict:
    """The pattern matches somewhere in the answer.

    Every match is pointed at. Anchor it with ^ and $ to match the whole. In RE2
    \\b, \\w and \\d know ASCII only; \\pL is a letter of any script.
    """
    span = pattern.search(text)
    if span is None:
        return failed(f"no match for {_shown(pattern.text)}")
    return passed(f"{_shown(pattern.text)} matches {_shown(text[span[0] : span[1]])}", spans=pattern.find_all(text))


@builtin("one-of", example=Example("one-of: [yes, no]", passes=["yes", "no\n"], fails=["Yes", "yes and no"]))
def one_of(
    text: str,
    *,
    values: Annotated[list[Visible], msgspec.Meta(description="the answers that are right", min_length=1)],
    ignore_case: Annotated[bool, msgspec.Meta(description="whether letter case is ignored")] = False,
) -> Verdict:
    """The whole answer is one of the values, white space around it aside."""
    said = text.strip()
    for value in values:
        word = str(value).strip()
        if said == word or (ignore_case and said.casefold() == word.casefold()):
            return passed(f"is {_shown(word)}")
    return failed(f"is {_shown(said)}, not one of {_listed([str(value) for value in values])}")


def _any_found(words: list[str], found: list[Spans]) -> Verdict:
    there = [word for word, spans in zip(words, found, strict=True) if spans]
    if there:
        return passed(f"contains {_listed(there)}", spans=_joined(found))
    return failed(f"does not contain {_listed(words)}" if len(words) == 1 else f"contains none of {_listed(words)}")


def _all_found(words: list[str], found: list[Spans]) -> Verdict:
    missing = [word for word, spans in zip(words, found, strict=True) if not spans]
    if not missing:
        return passed(f"contains {_listed(words)}", spans=_joined(found))
    return failed(f"does not contain {_listed(missing)}", score=1 - len(missing) / len(words))


def _occurrences(text: str, word: str) -> Spans:
    """Every place of `word`, those that overlap too: what is found must not depend on what stands before it."""
    spans, begin = [], text.find(word)
    while begin >= 0:
        spans.append((begin, begin + len(word)))
        begin = text.find(word, begin + 1)
    return spans


def _folded_occurrences(text: str, words: list[str]) -> list[Spans]:
    """Every place of each word with case ignored; a place touched only by a part of a character's folding (the second
    s of ß) is that character.
    """
    folded = text.casefold()
    found = [_occurrences(folded, word.casefold()) for word in words]
    if len(folded) == len(text) or not any(found):
        return found
    origin = [index for index, character in enumerate(text) for _ in character.casefold()]
    return [sorted({(origin[start], origin[end - 1] + 1) for start, end in spans}) for spans in found]


def _joined(found: list[Spans]) -> Spans:
    return found[0] if len(found) == 1 else sorted({span for spans in found for span in spans})


def _listed(words: list[str]) -> str:
    return ", ".join(map(_shown, words)) if len(words) > 1 else _shown(words[0])


def _shown(text: str) -> str:
    return repr(text) if len(text) <= SHOWN else repr(text[:SHOWN]) + "…"
