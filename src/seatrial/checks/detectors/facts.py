"""What a text claims that can be looked up word for word: numbers with their units, dates, names, quotes, citations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from seatrial.checks.detectors.languages import LATIN

_QUOTE = re.compile('"([^"\n]{3,600})"|“([^”\n]{3,600})”|«([^»\n]{3,600})»|„([^“”\n]{3,600})[“”]')
_CITATION = re.compile(
    r"\[(\d{1,3}(?:[ \t]{0,2}[,;–-][ \t]{0,2}\d{1,3}){0,20})\](?!\()|【(\d{1,3})[^】\n]{0,20}】|\^(\d{1,3})\^"
)
_DIGITS = re.compile(r"\d+")
_GAP = re.compile(r"\s+")

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar enero janvier gennaio janeiro januari",
            "february feb februar febrero février febbraio fevereiro februari",
            "march mar märz marzo mars março maart",
            "april apr abril avril aprile",
            "may mai mayo maggio maio mei maj",
            "june jun juni junio juin giugno junho",
            "july jul juli julio juillet luglio julho",
            "august aug agosto août augustus augusti",
            "september sep sept septiembre septembre settembre setembro",
            "october oct oktober octubre octobre ottobre outubro okt",
            "november nov noviembre novembre novembro",
            "december dec dezember diciembre décembre dicembre dezembro dez",
        ),
        1,
    )
    for name in names.split()
}


def _any_of(names: Iterable[str]) -> str:
    """A pattern of any of the names. It looks at one letter first: to try eighty months behind every number takes
    longer than all else.
    """
    longest_first = sorted(names, key=len, reverse=True)
    return rf"(?=[{''.join({name[0] for name in longest_first})}])(?:{'|'.join(longest_first)})"


_MONTH = _any_of(_MONTHS)

_DATE = re.compile(
    rf"(?i)\b(?P<y>\d{{4}})[-/.](?P<m>\d{{1,2}})[-/.](?P<d>\d{{1,2}})\b"
    rf"|\b(?P<a>\d{{1,2}})[-/.](?P<b>\d{{1,2}})[-/.](?P<y2>\d{{4}}|\d{{2}})\b"
    rf"|\b(?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.|er|º)?(?: de| of)? (?P<m2>{_MONTH})\b\.?,?(?: de| del)?"
    rf"(?: (?P<y3>\d{{4}}))?"
    rf"|\b(?P<m3>{_MONTH})\b\.? (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d)(?:,? (?P<y4>\d{{4}}))?"
)
_NUMBER = re.compile(
    r"(?<![\w.,-])([-−+]?)([$€£¥₹]?)[ ]?"
    r"(?P<digits>\d{1,3}(?:[,.'’\u00a0\u202f ]\d{3})+(?:[.,]\d+)?|\d+(?:[.,]\d+)?)"
    r"(?:[ \u00a0\u202f-]?(%|[°º][CF]?|[A-Za-zµμ€$£¥₹][A-Za-zµμ/²³]*))?"
)
_UP_TO_TWENTY = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen twenty
"""
_WORD_NUMBERS = {name: number for number, name in enumerate(_UP_TO_TWENTY.split())}
_WORD_NUMBER = re.compile(rf"(?i)\b({_any_of(_WORD_NUMBERS)})\b(?:[ -](\w+))?")
_SCALES = {"thousand": 3, "k": 3, "million": 6, "m": 6, "mio": 6, "billion": 9, "bn": 9, "trillion": 12}

_UNITS = {
    name: names.split()[0]
    for names in (
        "% percent pct per-cent",
        "km kilometer kilometers kilometre kilometres kms",
        "m meter meters metre metres",
        "cm centimeter centimeters centimetre centimetres",
        "mm millimeter millimeters millimetre millimetres",
        "mi mile miles",
        "ft foot feet",
        "in inch inches",
        "kg kilogram kilograms kilo kilos kgs",
        "g gram grams gramme grammes",
        "mg milligram milligrams",
        "lb lbs pound-weight",
        "l liter liters litre litres",
        "ml milliliter milliliters millilitre millilitres",
        "h hour hours hr hrs",
        "min minute minutes mins",
        "s second seconds sec secs",
        "ms millisecond milliseconds",
        "day days",
        "week weeks",
        "month months",
        "year years yr yrs",
        "$ usd dollar dollars",
        "€ eur euro euros",
        "£ gbp pound pounds",
        "¥ jpy yen",
        "°c celsius",
        "°f fahrenheit",
        "kb kilobyte kilobytes",
        "mb megabyte megabytes",
        "gb gigabyte gigabytes",
        "tb terabyte terabytes",
        "w watt watts",
        "kw kilowatt kilowatts",
        "kwh kilowatt-hour kilowatt-hours",
        "mph",
        "km/h kmh kph",
    )
    for name in names.split()
}
"""A unit by each of its names; other words behind a number are no units."""

_NAME = re.compile(
    r"\b[A-ZÀ-ÖØ-ÞА-ЯΑ-Ω][\w’'-]*[^\W\d_]"
    r"(?:[ \u00a0](?:(?:de|van|von|der|den|of|the|la|le|du|da|di|del|bin|al)[ ]){0,2}"
    r"[A-ZÀ-ÖØ-ÞА-ЯΑ-Ω][\w’'-]*[^\W\d_]){0,5}"
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:;…\n][\"'”’)\]]*\s|[\n•*#>|-]\s?|[\"“„«(\[])\s*\Z")
_UNIT_NAMES = " ".join(_UNITS)
_NO_NAMES = frozenset(
    word
    for words in (
        *LATIN.values(),
        "monday tuesday wednesday thursday friday saturday sunday yes no ok okay sure hi hello hey sorry thanks thank"
        " note however therefore first second third finally also according based additionally moreover overall here"
        " there today tomorrow yesterday mr mrs ms dr prof dear i'm i've i'll i'd it's that's you're source sources",
        " ".join(_MONTHS),
        _UNIT_NAMES,
    )
    for word in words.split()
)


def quotes(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, what is quoted) of quotes of more than one word, without the marks around them."""
    for match in _QUOTE.finditer(text):
        said = next(filter(None, match.groups()))
        if len(said.split()) > 1:
            start = match.start() + 1
            yield start, start + len(said), said


def citations(text: str) -> Iterator[tuple[int, int, list[int]]]:
    """(start, end, numbers) of references like [2], [1, 3] and [1-3]; of a range its two ends."""
    for match in _CITATION.finditer(text):
        listed = next(filter(None, match.groups()))
        yield match.start(), match.end(), [int(number) for number in _DIGITS.findall(listed)]


def dates(text: str) -> Iterator[tuple[int, int, frozenset[str]]]:
    """(start, end, every reading) of dates: `2024-03-05`, `03-05` without a year. 03/05/2024 has two readings."""
    for match in _DATE.finditer(text):
        groups = match.groupdict()
        year = groups["y"] or groups["y2"] or groups["y3"] or groups["y4"]
        if groups["a"]:
            pairs = [(int(groups["a"]), int(groups["b"])), (int(groups["b"]), int(groups["a"]))]
        else:
            month = groups["m"] or str(_MONTHS[(groups["m2"] or groups["m3"]).lower()])
            pairs = [(int(month), int(groups["d"] or groups["d2"] or groups["d3"]))]
        readings = frozenset(filter(None, (_reading(year, *pair) for pair in pairs)))
        if readings:
            yield match.start(), match.end(), readings


def _reading(year: str | None, month: int, day: int) -> str | None:
    full = int(year) + (2000 if year and len(year) == 2 else 0) if year else 2000
    try:
        told = date(full, month, day)
    except ValueError:
        return None
    return told.isoformat() if year else told.isoformat()[5:]


def numbers(text: str) -> Iterator[tuple[int, int, frozenset[Decimal], str]]:
    """(start, end, every value it may mean, unit) of numbers, in digits or as words up to twenty; `1.200` may be 1200
    or 1.2. The unit is in its one form, or empty.
    """
    known: dict[tuple[str, ...], Meaning] = {}
    for match in _NUMBER.finditer(text):
        written = match.groups("")
        meaning = known.get(written)
        if meaning is None:
            meaning = known[written] = _meaning(*written)
        values, unit, whole = meaning
        yield match.start(), match.end() if whole else match.end("digits"), values, unit
    for match in _WORD_NUMBER.finditer(text):
        value = Decimal(_WORD_NUMBERS[match[1].lower()])
        yield match.start(1), match.end(1), frozenset((value,)), _UNITS.get((match[2] or "").lower(), "")


Meaning = tuple[frozenset[Decimal], str, bool]
"""The values that a number may mean, its unit, and whether the word behind it belongs to it."""


def _meaning(sign: str, before: str, digits: str, word: str) -> Meaning:
    word = word.lower()
    scale = _SCALES.get(word, 0)
    unit = _UNITS.get(before.lower() or ("" if scale and word != "m" else word), "")
    whole = bool(unit or scale or not word)
    values: Iterable[Decimal] = _values(digits)
    if scale and (word != "m" or before):
        values = (value.scaleb(scale) for value in values)
        unit = _UNITS.get(before.lower(), "")
    if sign in ("-", "−"):
        values = (-value for value in values)
    return frozenset(values), unit, whole


def _values(digits: str) -> Iterator[Decimal]:
    """What digits with commas and points may mean: either sign may group thousands or begin the fraction."""
    if digits.isdigit():
        yield Decimal(digits).normalize()
        return
    plain = _APART.sub("", digits)
    for form, group, point in _FORMS:
        if form.fullmatch(plain):
            yield Decimal(plain.replace(group, "").replace(point, ".")).normalize()


_APART = re.compile(r"['’\u00a0\u202f ]")
_FORMS = [
    (re.compile(rf"\d{{1,3}}(?:\{group}\d{{3}})*(?:\{point}\d+)?|\d+(?:\{point}\d+)?"), group, point)
    for group, point in ((",", "."), (".", ","))
]


def names(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, name) of words with a capital that do not owe it to the beginning of a sentence."""
    for match in _NAME.finditer(text):
        start, name = match.start(), match[0]
        if _SENTENCE_START.search(text[max(0, start - 8) : start]) or start == 0:
            first, _, rest = name.partition(" ")
            if not rest and not first.isupper():
                continue
            if first.lower().strip("’'") in _NO_NAMES:
                start, name = start + len(first) + 1, rest
        if name and name[0].isupper() and name.lower().replace("’", "'") not in _NO_NAMES:
            yield start, start + len(name), name


def flat(text: str) -> str:
    """The text with white space and the kinds of quotation marks and dashes levelled, in lower case."""
    levelled = text.translate(_LEVELLED)
    return _GAP.sub(" ", levelled).strip().casefold()


_LEVELLED = str.maketrans(
    {**dict.fromkeys("‘’‚′", "'"), **dict.fromkeys("“”„«»", '"'), **dict.fromkeys("‐‑‒–—−", "-"), "\u00ad": ""}
)
