"""The detector of text that goes round in circles."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed
from seatrial.core.verdict import Verdict

_TOKEN = re.compile("[\u3400-\u9fff\u3041-\u30ff\uac00-\ud7af]|[^\\W_\u3400-\u9fff\u3041-\u30ff\uac00-\ud7af]+")
_RUN = re.compile(r"([^\s\-=_.*#~+|])\1{39,}")
"""Forty times the same character; those that people draw lines with do not count."""

FEWEST = 12
"""Words from which on a text can go round in circles."""


@builtin(
    "repetition",
    kind="detector",
    example=Example(
        "repetition",
        passes=["Row, row, row your boat, gently down the stream.", "no no no no"],
        fails=["I will look into it and come back. " * 5, "ha " * 40, "a" * 200],
    ),
)
def repetition(
    text: str,
    *,
    max_share: Annotated[
        float, msgspec.Meta(description="the share of words that may stand in a run that came before", ge=0, lt=1)
    ] = 0.4,
    run: Annotated[int, msgspec.Meta(description="how many words make a run", ge=2, le=50)] = 6,
) -> Verdict:
    """The text does not repeat itself word for word.

    Counted is the share of words that belong to a run of words the text had before; the score is what is left. A text
    of fewer than 12 words passes. Forty times the same letter in a row fails as well.
    """
    if (same := _RUN.search(text)) is not None:
        return failed("has one character over and over", spans=[(*same.span(), "repeated")], label="repeated")
    tokens = list(_TOKEN.finditer(text))
    if len(tokens) < FEWEST:
        return passed()
    words = [token[0].lower() for token in tokens]
    again = _again(words, run)
    repeated = sum(end - start for start, end in again)
    share = repeated / len(words)
    if share <= max_share:
        return passed(score=1 - share)
    spans = [(tokens[start].start(), tokens[end - 1].end(), "repeated") for start, end in again]
    return failed(
        f"{share:.0%} of its words repeat what it said before", spans=spans, score=1 - share, label="repeated"
    )


def _again(words: list[str], run: int) -> list[tuple[int, int]]:
    """The stretches of words that are made of runs seen before, in order and apart."""
    seen: set[tuple[str, ...]] = set()
    found: list[tuple[int, int]] = []
    for place, shingle in enumerate(zip(*(words[offset:] for offset in range(run)), strict=False)):
        if shingle not in seen:
            seen.add(shingle)
        elif found and place <= found[-1][1]:
            found[-1] = (found[-1][0], place + run)
        else:
            found.append((place, place + run))
    return found
