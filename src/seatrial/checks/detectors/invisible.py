"""The detector of characters that no reader sees, where nothing in the writing asks for them.

Which characters are invisible follows Default_Ignorable_Code_Point (UAX #44); where they belong follows the emoji
sequences (UTS #51: joiners, presentation selectors, tags of flags), the scripts that write with joiners and the marks
of direction in right-to-left text (UAX #9).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Annotated, Literal

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed
from seatrial.checks.holdback import Holdback
from seatrial.checks.normal.plain import USUAL
from seatrial.core.verdict import Verdict

Kind = Literal["tag", "zero-width", "bidi", "selector", "filler", "control", "soft-hyphen"]

_CLASSES: dict[Kind, str] = {
    "tag": "\U000e0001\U000e0020-\U000e007f",
    "zero-width": "\u200b-\u200d\u2060-\u2065\ufeff\u034f\u180e\u206a-\u206f\ufff0-\ufffb",
    "bidi": "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069",
    "selector": "\ufe00-\ufe0f\U000e0100-\U000e01ef\u180b-\u180d\u180f",
    "filler": "\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0",
    "control": "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f",
    "soft-hyphen": "\u00ad",
}
_ANY = re.compile("|".join(f"(?P<{kind.replace('-', '_')}>[{letters}])" for kind, letters in _CLASSES.items()))
_BLACK_FLAG = "\U0001f3f4"
_FLAG = re.compile(_BLACK_FLAG + "[\U000e0030-\U000e0039\U000e0061-\U000e007a]{3,6}\U000e007f")
AROUND = 16
"""Code points on either side that say whether a mark of direction has anything to direct."""

_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")
_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


@builtin(
    "invisible-text",
    kind="detector",
    example=Example(
        "invisible-text",
        passes=["a family 👩‍👩‍👧 and a ❤️", "می‌خواهم", "plain words"],
        fails=["sum\u200bmer", "hi\U000e0068\U000e0069", "abc\u202edcba"],
    ),
    holdback=lambda **_: Holdback(bound=AROUND + 1, before=AROUND + 1),
)
def invisible_text(
    text: str,
    *,
    kinds: Annotated[
        list[Kind],
        msgspec.Meta(
            description="what is looked for: tag, zero-width, bidi, selector, filler, control, soft-hyphen",
            min_length=1,
        ),
    ] = ["tag", "zero-width", "bidi", "selector", "filler", "control"],  # noqa: B006
) -> Verdict:
    """The text has no invisible characters where nothing asks for them.

    Joiners in emoji and in the scripts that write with them, presentation selectors behind symbols, the tags of flags,
    marks of direction beside right-to-left letters and a byte order mark at the start belong there. Soft hyphens are
    looked for only if named.
    """
    odd = "".join(set(text) - USUAL)
    if not odd or _ANY.search(odd) is None:
        return passed()
    wanted = {kind.replace("-", "_") for kind in kinds}
    spans = [
        (match.start(), match.end(), str(match.lastgroup).replace("_", "-"))
        for match in _ANY.finditer(text)
        if match.lastgroup in wanted and not _belongs(text, match.start(), str(match.lastgroup))
    ]
    if not spans:
        return passed()
    named = sorted({label for _, _, label in spans})
    count = f"{len(spans):,} invisible character{'s' if len(spans) > 1 else ''}"
    return failed(f"has {count} where nothing asks for them ({', '.join(named)})", spans=spans, label=named[0])


def _belongs(text: str, place: int, kind: str) -> bool:
    """Whether the writing around asks for the invisible character at `place`."""
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    character = text[place]
    if kind == "zero_width":
        if character == "\ufeff":
            return place == 0
        if character == "\u200b":
            return bool(_SPACELESS.match(before) and _SPACELESS.match(after))
        return character in "\u200c\u200d" and _joins(before) and _joins(after)
    if kind == "selector":
        return _selects(character, before)
    if kind == "bidi":
        return character not in "\u202d\u202e" and bool(
            _RIGHT_TO_LEFT.search(text, max(0, place - AROUND), place + AROUND + 1)
        )
    if kind == "tag":
        if _BLACK_FLAG not in text[max(0, place - 8) : place]:
            return False
        flag = next(_FLAG.finditer(text, max(0, place - 8), place + 9), None)
        return flag is not None and flag.start() < place < flag.end()
    if kind == "filler":
        return character == "\u2800" and any("\u2800" <= each <= "\u28ff" for each in (before, after) if each)
    return False


def _joins(character: str) -> bool:
    """Whether a character is one that joiners stand beside: an emoji, its modifier or selector, or a letter or mark of
    a script that is neither Latin, Greek, Cyrillic nor made of ideographs.
    """
    if not character:
        return False
    if character == "\ufe0f" or unicodedata.category(character) in ("So", "Sk"):
        return True
    return "\u0590" <= character < "\u1100" or "\u1700" <= character < "\u1cff" or "\ua800" <= character < "\uabff"


@lru_cache(maxsize=4096)
def _selects(selector: str, before: str) -> bool:
    if not before:
        return False
    if selector in "\ufe0e\ufe0f":
        return (
            unicodedata.category(before) in ("So", "Sm", "Sk", "Po", "Pd")
            or before in "#*0123456789"
            or bool(_IDEOGRAPH.match(before))
        )
    if selector >= "\U000e0100" or (selector < "\ufe0e" and selector >= "\ufe00"):
        return bool(_IDEOGRAPH.match(before)) or unicodedata.category(before) == "Sm"
    return "\u1800" <= before < "\u18af"
