"""The detectors that go by a list of the user's own: what must not be said, and the only things that may be."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache
from operator import itemgetter
from typing import Annotated

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed
from seatrial.checks.detectors.entries import WIDEST_GAP, Entries, Finder
from seatrial.checks.holdback import Holdback
from seatrial.checks.normal.views import views
from seatrial.core.places import Place, merged
from seatrial.core.verdict import Verdict

Listed = Annotated[
    Entries,
    msgspec.Meta(
        description="words, phrases and {pattern: …} entries, or the path of a file with a word or phrase on each line"
    ),
]
WholeWords = Annotated[bool, msgspec.Meta(description="false: an entry also counts inside a longer word")]
Exact = Annotated[bool, msgspec.Meta(description="true: letter case and accents count")]

_QUOTED = re.compile(
    '"[^"\n]{1,300}"|“[^”\n]{1,300}”|„[^“”\n]{1,300}[“”]|«[^»\n]{1,300}»|‘[^’\n]{1,300}’|「[^」\n]{1,300}」'
    "|```.*?(?:```|\\Z)|`[^`\n]{1,300}`|^[ \t]*>[^\n]*",
    re.MULTILINE | re.DOTALL,
)


def _held(*, words: Entries, whole_words: bool, exact: bool, disguised: bool, allow_quoted: bool) -> Holdback | None:
    """Decoding and quotation marks need the whole text."""
    return None if disguised or allow_quoted else _finder(words, exact, whole_words).holdback


@lru_cache(maxsize=256)
def _finder(words: Entries, exact: bool, whole: bool) -> Finder:
    return Finder(words, exact=exact, whole=whole, widest_gap=WIDEST_GAP)


@builtin(
    "blocklist",
    kind="detector",
    example=Example(
        "blocklist: [heck, golly gosh]",
        passes=["what the ...", "a checklist of hecklers"],
        fails=["what the HECK", "golly\n  gosh!"],
    ),
    holdback=_held,
)
def blocklist(
    text: str,
    *,
    words: Listed,
    whole_words: WholeWords = True,
    exact: Exact = False,
    disguised: Annotated[
        bool, msgspec.Meta(description="true: also judge what the text decodes to (l3tters, look-alikes, base64, …)")
    ] = False,
    allow_quoted: Annotated[
        bool, msgspec.Meta(description="true: an entry in quotation marks, code or a quoted line passes")
    ] = False,
) -> Verdict:
    """None of the listed words, phrases and patterns is in the text.

    Words count whole: `ass` is not in `class`, but in `_ass_`, which Markdown sets in italics. Letter case and accents
    are ignored unless `exact`; a white space of a phrase is any up to 16, line breaks too. `disguised` judges whole
    texts only, and so does `allow_quoted`: on a stream they need a window.
    """
    finder = _finder(words, exact, whole_words)
    found = finder.find(text)
    if disguised:
        hidden = [view.origin(*place) for view in views(text)[1:] for place in finder.find(view.text)]
        found = sorted({*found, *hidden})
    if found and allow_quoted:
        quotes = [quote.span() for quote in _QUOTED.finditer(text)]
        found = [place for place in found if not _inside(place, quotes)]
    if not found:
        return passed()
    count = "an entry of the list" if len(found) == 1 else f"entries of the list at {len(found):,} places"
    return failed(f"has {count}", spans=[(*place, "blocked") for place in found], label="blocked")


def _inside(place: Place, ranges: list[Place]) -> bool:
    """Whether one of the ranges, which are in order and apart, holds the place."""
    before = bisect_right(ranges, place[0], key=itemgetter(0)) - 1
    return before >= 0 and place[1] <= ranges[before][1]


_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@builtin(
    "allowlist",
    kind="detector",
    example=Example(
        "allowlist: ['yes', 'no', not sure]", passes=["Yes.", "No, no!", "not sure"], fails=["sure", "yes, certainly"]
    ),
)
def allowlist(text: str, *, words: Listed, exact: Exact = False) -> Verdict:
    """Every word of the text belongs to one of the listed words, phrases and patterns.

    Punctuation and white space are free. A text without words passes.
    """
    allowed = merged(_finder(words, exact, True).find(text))
    others: list[Place] = []
    following = 0
    for match in _WORD.finditer(text):
        while following < len(allowed) and allowed[following][1] < match.end():
            following += 1
        if following == len(allowed) or allowed[following][0] > match.start():
            others.append(match.span())
    if not others:
        return passed()
    count = "a word" if len(others) == 1 else f"{len(others):,} words"
    return failed(
        f"has {count} that the list does not have", spans=[(*each, "unlisted") for each in others], label="unlisted"
    )
