"""From what a judge said to its verdict: the last one counts, and none that it only quotes.

A verdict of the judge's own carries the mark of the request, which nothing that is judged can know; where any does, no
other counts. One without a mark (a small model forgot it, a person wrote the recording) counts only if it does not
stand in what was judged. What cannot be read is no verdict: nothing is guessed from words in prose.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from seatrial.core.exchange import FinishReason
from seatrial.judges.fence import QUOTE, neutral
from seatrial.judges.rubric import ID
from seatrial.structured.around import without_thoughts
from seatrial.structured.parse import parse_output
from seatrial.structured.schema import Schema, compile_schema

MOST_TRIED = 500
"""How many braces from the end an object is looked for at."""


class Unread(NamedTuple):
    """Why there is no verdict: a word for counting, and a sentence."""

    label: str
    why: str


class _Found(NamedTuple):
    value: dict[str, Any]
    text: str


def read_verdict(
    text: str, finish: FinishReason, schema: Mapping[str, Any], mark: str, judged: Sequence[str]
) -> dict[str, Any] | Unread:
    """The value of the judge's last verdict of its own, without its mark."""
    if finish in ("refused", "content_filter", "blocked"):
        return Unread("declined", "the judge declined to judge this")
    if finish != "stop":
        return Unread("cut", f"the judge's answer was not whole: {finish}")
    answer = without_thoughts(text)
    if answer is None:
        return Unread("cut", "the judge's reasoning does not end")
    compiled = _without_required_mark(schema)
    found = list(_fitting(answer, compiled))
    own = [each for each in found if each.value.get(ID) == mark]
    unmarked = [each for each in found if ID not in each.value and not _is_quoted(each.text, judged)]
    counting = own or unmarked
    if not counting:
        what = "only verdicts that are not its own" if found else "no verdict that can be read"
        return Unread("unparsable", f"the judge gave {what}")
    return {key: value for key, value in counting[-1].value.items() if key != ID}


def _without_required_mark(schema: Mapping[str, Any]) -> Schema:
    return compile_schema({**schema, "required": [key for key in schema["required"] if key != ID]})


def _fitting(text: str, schema: Schema) -> Iterator[_Found]:
    """Every JSON object of the text that fits, in order; where there is none, what mending the whole gives, but not
    from among prose: a broken verdict there may be one that is talked about.
    """
    any_fits = False
    for found in _objects(text):
        mended = schema.mended(found.value)
        if mended is not None and isinstance(mended[0], dict):
            any_fits = True
            yield found._replace(value=mended[0])
    if not any_fits:
        parsed = parse_output(text, schema)
        alone = not any(repair.name in ("prose", "repeated") for repair in parsed.repairs)
        if parsed.outcome == "value" and isinstance(parsed.value, dict) and (alone or ID in parsed.value):
            yield _Found(parsed.value, text)


class _Doubled(ValueError):
    """A key stands twice in an object: whoever reads it chooses what it says."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _Doubled
    return members


_DECODER = json.JSONDecoder(object_pairs_hook=_members)


def _objects(text: str) -> Iterator[_Found]:
    starts = [place for place, character in enumerate(text) if character == "{"][-MOST_TRIED:]
    end = 0
    for start in starts:
        if start < end:
            continue
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        yield _Found(value, text[start:end])


def _is_quoted(said: str, judged: Sequence[str]) -> bool:
    """Whether the words of a verdict stand in what was judged, in any spacing and as it was shown."""
    words = _bare(said)
    return any(words in _bare(form) for text in judged for form in (text, neutral(text)))


def _bare(text: str) -> str:
    return "".join(text.replace("\n" + QUOTE, "\n").split())
