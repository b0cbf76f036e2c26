"""The check of the language a text is written in.

Told from small words, letters and scripts: a few kilobytes, no dependency and a reason that can be read. A library with
trained profiles (lingua, 100 MB; a fastText model, 1 MB and more) tells more languages and single words; what matters
here is that an answer of a sentence is in the language of the feature, and that a text too short to tell is not judged.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Annotated

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed, unscored
from seatrial.checks.detectors.languages import CODES, LATIN, LETTERS, SCRIPT_WORDS, SCRIPTS, WITHIN_SCRIPT
from seatrial.checks.limits import MOST_CHARACTERS
from seatrial.checks.parameters import Converted
from seatrial.core.errors import SpecError
from seatrial.core.identity import digest
from seatrial.core.registry import nearest_name
from seatrial.core.verdict import Verdict
from seatrial.spec.nodes import describe_value

_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+|[^\s@]{1,64}@\S+|[@#]\w+|\b[^\W\d]*\d\w*", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
READ = 20_000
"""Characters of a text that are read: its beginning tells the language as well as all of it."""

ENOUGH = 1.0
"""Small words, or letters of its own, that a language needs in Latin letters before it is told."""

CLEAR = 0.55
"""The share of the evidence that the likeliest language needs."""


class Languages(Converted):
    """Languages by their two-letter codes (ISO 639-1)."""

    def __init__(self, codes: list[str]) -> None:
        self.codes = codes
        self.version = digest(codes)

    @classmethod
    def read(cls, raw: object) -> Languages:
        """From one code or a list. Raises SpecError for a code that is not known, and for an empty list."""
        given: list[object] = list(raw) if isinstance(raw, list) else [raw]
        codes = []
        for each in given:
            if not isinstance(each, str) or each.lower() not in CODES:
                raise _unknown(each)
            codes.append(each.lower())
        if not codes:
            raise _unknown([])
        return cls(codes)


def _unknown(raw: object) -> SpecError:
    return SpecError(
        "the language is not known",
        expected=f"one of {', '.join(sorted(CODES))}",
        got=describe_value(raw),
        nearest=nearest_name(raw, CODES) if isinstance(raw, str) else None,
        hint="quote 'no' for Norwegian" if raw is False else None,
    )


@builtin(
    "language",
    longest=MOST_CHARACTERS,
    example=Example(
        "language: [en, de]",
        passes=["This is where the two of us will meet.", "Das ist nicht so einfach, wie ich dachte."],
        fails=["C'est là que nous allons nous retrouver.", "これは簡単ではありません。"],
    ),
)
def language(
    text: str,
    *,
    languages: Annotated[Languages, msgspec.Meta(description="two-letter codes: en, es, ja, …")],
) -> Verdict:
    """The text is written in one of the languages.

    Code, addresses and mentions aside. Unscored when the text is too short or too mixed to tell, which is so for most
    texts of one or two words.
    """
    told = tell(text)
    if told is None:
        return unscored("the text is too short or too mixed to tell its language")
    code, share = told
    if code in languages.codes:
        return passed(f"is in {code}", score=share, label=code)
    return failed(f"is in {code}, not {' or '.join(languages.codes)}", score=1 - share, label=code)


def tell(text: str) -> tuple[str, float] | None:
    """The language of a text and the share of the evidence for it; None when it cannot be told."""
    prose = _CODE.sub(" ", text[:READ])
    counts = {script: len(pattern.findall(prose)) for script, pattern in _scripts().items()}
    letters = sum(counts.values())
    if not letters:
        return None
    # A character of Chinese or Japanese says as much as two letters.
    counts["han"] *= 2
    counts["kana"] *= 2
    script = max(counts, key=lambda each: counts[each])
    if script in ("han", "kana"):
        return ("ja" if counts["kana"] * 8 > counts["han"] else "zh"), 1.0
    share = counts[script] / sum(counts.values())
    if share < CLEAR:
        return None
    lowered = prose.lower()
    if script == "latin":
        return _of_words(lowered, LATIN, LETTERS, ENOUGH)
    if script in WITHIN_SCRIPT:
        letters_of = WITHIN_SCRIPT[script]
        return _of_words(lowered, {code: SCRIPT_WORDS[code] for code in letters_of}, letters_of, 1.0)
    return (script, share) if letters > 1 else None


def _of_words(text: str, words: dict[str, str], letters: dict[str, str], enough: float) -> tuple[str, float] | None:
    """The language with most small words, a word of several languages shared between them, and most letters of its
    own.
    """
    known = _known(tuple(words))
    evidence = dict.fromkeys(words, 0.0)
    for word in _WORD.findall(text):
        codes = known.get(word.replace("’", "'"), ())
        for code in codes:
            evidence[code] += 1 / len(codes)
    for code, own in letters.items():
        found = sum(map(text.count, own))
        evidence[code] = evidence.get(code, 0.0) + min(found, 3 + len(text) / 40) * 0.5
    best = max(evidence, key=lambda code: evidence[code])
    second = max((value for code, value in evidence.items() if code != best), default=0.0)
    if evidence[best] < enough or not evidence[best]:
        return None
    share = evidence[best] / (evidence[best] + second)
    return (best, share) if share >= CLEAR else None


@cache
def _known(codes: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """For each small word the languages that have it."""
    found: dict[str, list[str]] = {}
    for code in codes:
        for word in dict.fromkeys({**LATIN, **SCRIPT_WORDS}[code].split()):
            found.setdefault(word, []).append(code)
    return {word: tuple(each) for word, each in found.items()}


@cache
def _scripts() -> dict[str, re.Pattern[str]]:
    return {script: re.compile(f"[{letters}]") for script, letters in SCRIPTS.items()}
