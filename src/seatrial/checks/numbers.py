"""The check on the number an answer arrives at.

Which number that is, decided here: the one behind the last `####`, `A:`, `Answer:` or "answer is" that has a number
behind it; else the one in the last \\boxed{}; else the last number of the text. Taking the last number always was
rejected: answers go on after they are done ("A: 18, which takes 2 steps"). A number is read as written: digits grouped
by commas, a sign, a fraction, an exponent, and the scale words thousand to trillion count; currency signs, % and units
do not. Values are compared as decimals, so that 0.3 within 0.1 of 0.4 holds.
"""

from __future__ import annotations

import re
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed
from seatrial.core.errors import SpecError
from seatrial.core.verdict import Verdict
from seatrial.spec.nodes import describe_value

_CONTEXT = Context(prec=50, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])

_NUMBER = re.compile(
    r"""
    (?P<sign>(?<![\w)\]}.%])[-−+](?=[$€£¥₹.\d\\]))?       # a sign stands free: 3-4 is no -4
    (?:[$€£¥₹]\s?(?P<inner>[-−])?)?
    (?<![A-Za-z_\d])                                      # digits behind a letter are a name: GPT4, x2
    (?:
      \\[dt]?frac\{(?P<over>\d{1,18})\}\{(?P<under>0{0,9}[1-9]\d{0,17})\}
    | (?<!/)(?:(?P<whole>\d{1,9})[ ])?(?P<upper>\d{1,18})/(?P<lower>0{0,9}[1-9]\d{0,17})(?![\d/]|[.,]\d)
    | (?P<digits>\d{1,3}(?:(?:,|\{,\}|\\,|[’'\u00a0\u2009\u202f])\d{3})+(?!\d)|\d{1,2}(?:,\d{2})+,\d{3}(?!\d)|\d+)
      (?P<decimals>\.\d+)?
    | (?<!\w)(?P<bare>\.\d+)
    )
    (?:[eE](?P<exponent>[-+]?\d{1,3})(?![\w])|\s?(?:[x×*]|\\times|\\cdot)\s?10\s?(?:\^|\*\*)\s?\{?(?P<power>[-−+]?\d{1,3})\}?)?
    (?:\s(?P<scale>thousand|million|billion|trillion)\b)?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_START = re.compile(r"[-−+$€£¥₹.\d\\]")
"""What any match of _NUMBER starts with; a search for it alone is ten times as quick."""

_GROUPING = re.compile(r"\{,\}|\\,|[,’'\u00a0\u2009\u202f]")
_SCALES = {"thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_MARKER = re.compile(r"\#{4}|^[ \t>*_]*+A[*_]*:|\banswer[*_]*\s?(?::|=|\bis\b)", re.IGNORECASE | re.MULTILINE)
_MARKUP = re.compile(r"[ \t*_`:=(\[{]*+(?:\$+[ ]?)?(?:\\boxed\{)?")
_CALCULATES = re.compile(r"\s*(?:[-−+*/×÷x^]\s*[$€£¥₹(]?\d|=)")
_MARKUP_LINES = re.compile(r"[\s*_`:]*+")
_BRACE = re.compile(r"[{}]")


class Reading(NamedTuple):
    """A number of a text: its value, and where it stands in code points."""

    value: Decimal
    start: int
    end: int


class GivenNumber:
    """The number to compare with, as a number or as text that holds one, read as an answer is."""

    __slots__ = ("text", "value")

    def __init__(self, value: Decimal, text: str) -> None:
        self.value = value
        self.text = text

    @classmethod
    def read(cls, raw: Any) -> GivenNumber:
        """From a parameter's raw value. Raises SpecError when it holds no number."""
        reading = None
        if isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) < float("inf"):
            return cls(Decimal(str(raw)), str(raw))
        if isinstance(raw, str):
            reading = answer_number(raw)
        if reading is None or not isinstance(raw, str):
            raise SpecError(
                "the number is not right", expected="a number, or text with a number in it", got=describe_value(raw)
            )
        return cls(reading.value, raw[reading.start : reading.end])


NotNegative = Annotated[float, msgspec.Meta(ge=0)]


@builtin(
    "number-equals",
    example=Example(
        "number-equals: 1250",
        passes=["So it costs $1,250.00.", "1000 + 250 = 1250\nA: 1,250 dollars, in 2 steps"],
        fails=["It costs $1,251.", "about twelve hundred", "1250 in all\n#### 250"],
    ),
)
def number_equals(
    text: str,
    *,
    value: Annotated[GivenNumber, msgspec.Meta(description="the right number, or text that ends in it")],
    tolerance: Annotated[NotNegative, msgspec.Meta(description="how far off it may be")] = 0.0,
    relative: Annotated[NotNegative, msgspec.Meta(description="how far off it may be, as a share of the value")] = 0.0,
    decimal: Annotated[
        Literal[".", ","], msgspec.Meta(description="the decimal mark of the answers; the other one groups digits")
    ] = ".",
) -> Verdict:
    """The number the answer arrives at equals the value.

    It is the number behind the last `####`, `A:`, `Answer:` or "answer is", else in the last \\boxed{}, else the last
    one in the text. Currency signs, % and units are passed over.
    """
    reading = answer_number(text if decimal == "." else text.translate(_SWAP_MARKS))
    if reading is None:
        return failed(f"has no number, expected {value.text}")
    said, span = text[reading.start : reading.end], [(reading.start, reading.end)]
    distance = abs(_CONTEXT.subtract(reading.value, value.value))
    allowed = Decimal(str(tolerance))
    if relative:
        allowed = max(allowed, _CONTEXT.multiply(Decimal(str(relative)), abs(value.value)))
    if distance <= allowed:
        return passed(f"the number is {said}", spans=span)
    return failed(f"the number is {said}, expected {value.text}", spans=span)


_SWAP_MARKS = str.maketrans(",.", ".,")


def answer_number(text: str) -> Reading | None:
    """The number `text` arrives at, or None when it holds none."""
    bound = len(text)
    for marker in reversed(_markers(text)):
        reading = _after_marker(text, marker.end(), bound)
        if reading is not None:
            return reading
        bound = marker.start()  # what lies behind is searched, which keeps the work linear in the text
    box = text.rfind("\\boxed{") + len("\\boxed{")
    boxed = _last_number(text, box, _closing_brace(text, box)) if box >= len("\\boxed{") else None
    return boxed or _last_number(text, 0, len(text))


def _markers(text: str) -> list[re.Match[str]]:
    if "#" in text or ":" in text or "answer" in text.lower():
        return list(_MARKER.finditer(text))
    return []


def _after_marker(text: str, start: int, bound: int) -> Reading | None:
    """The number on the marker's line, or on the next line that holds anything when the marker stands alone.

    Directly behind the marker it is the answer, whatever the line goes on to say, unless a calculation starts with it.
    """
    start = _between(_MARKUP_LINES, text, start, bound)
    end = _line_end(text, start, bound)
    equals = text.rfind("=", start, end) + 1
    for begin in (start, equals) if equals else (start,):
        direct = _NUMBER.match(text, _between(_MARKUP, text, begin, end), end)
        if direct and not _CALCULATES.match(text, direct.end(), end):
            return _reading(direct)
    return _last_number(text, start, end)


def _between(markup: re.Pattern[str], text: str, start: int, end: int) -> int:
    """Where what is no markup begins."""
    match = markup.match(text, start, end)
    return match.end() if match else start


def _line_end(text: str, start: int, bound: int) -> int:
    end = text.find("\n", start, bound)
    return bound if end < 0 else end


def _closing_brace(text: str, start: int) -> int:
    depth = 1
    for brace in _BRACE.finditer(text, start):
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            return brace.start()
    return len(text)


def _last_number(text: str, start: int, end: int) -> Reading | None:
    last, after = None, start
    for sign in _START.finditer(text, start, end):
        if sign.start() >= after and (match := _NUMBER.match(text, sign.start(), end)):
            last, after = match, match.end()
    return _reading(last) if last else None


def _reading(match: re.Match[str]) -> Reading:
    value = _magnitude(match)
    exponent = match["exponent"] or match["power"]
    shift = int(exponent.replace("−", "-")) if exponent else 0
    if match["scale"]:
        shift += _SCALES[match["scale"].lower()]
    if shift:
        value = _CONTEXT.scaleb(value, Decimal(shift))
    if (match["sign"] or "").strip() in ("-", "−") or match["inner"]:
        value = -value
    return Reading(value, match.start(), match.end())


def _magnitude(match: re.Match[str]) -> Decimal:
    if match["over"]:
        return _CONTEXT.divide(Decimal(match["over"]), Decimal(match["under"]))
    if match["upper"]:
        return Decimal(match["whole"] or 0) + _CONTEXT.divide(Decimal(match["upper"]), Decimal(match["lower"]))
    if match["bare"]:
        return Decimal(match["bare"])
    return Decimal(_GROUPING.sub("", match["digits"]) + (match["decimals"] or ""))
