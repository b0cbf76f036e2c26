"""Coordinates: decimal degrees in pairs or with hemispheres, degrees with minutes and seconds (ISO 6709, annex D)."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.folded import begun, last, scanner
from seatrial.checks.personal.found import AHEAD, REACH, WORD, Found, Recogniser, names_another

_LATITUDE = r"-?(?:[0-8]?\d\.\d{2,12}|90\.0{2,12})"
_LONGITUDE = r"-?(?:1[0-7]\d|\d{1,2})\.\d{2,12}|-?180\.0{2,12}"
_PAIR = scanner(rf"(?:^|[^\w.,\-])[+]?{_LATITUDE}(?:, ?| |; ?|,%20|%2C)[+]?(?:{_LONGITUDE})")
_LABELLED = scanner(
    r"(?i)(?:^|[^\w.\-\xff])(?:lat(?:itude)?[\"']?[ ]{0,2}[:=]?[ ]{0,2}[\"']?)"
    r"(-?\d{1,2}\.\d{2,12})[\"']?[,; ]{1,3}[\"']?"
    r"(?:lon(?:g(?:itude)?)?|lng)[\"']?[ ]{0,2}[:=]?[ ]{0,2}[\"']?-?\d{1,3}\.\d{2,12}"
)
_DEGREE = r"(?:\x80|\xb0| ?deg(?:rees)?)"
_HEMISPHERES = scanner(
    rf"(?i)(?:^|[^\w.\-\xff])\d{{1,2}}\.\d{{2,12}}{_DEGREE}? ?[NS],? {{0,2}}\d{{1,3}}\.\d{{2,12}}{_DEGREE}? ?[EW]\b"
)
_SIXTIETHS = r"[0-5]?\d(?:\.\d{1,6})?"
_MINUTES_SECONDS = rf"{_DEGREE} ?{_SIXTIETHS}(?:'|\x80) ?(?:{_SIXTIETHS}(?:\"|''|\x80) ?)?"
_MINUTES = scanner(rf"(?i)(?:^|[^\w.\-\xff])\d{{1,2}}{_MINUTES_SECONDS}[NS],? {{0,2}}\d{{1,3}}{_MINUTES_SECONDS}[EW]\b")
_PLACE_WORDS = scanner(
    r"(?i)\b(?:lat|latitude|long?|lng|longitude|latlon|latlng|gps|geo|geotag|coord|coords|coordinate|coordinates"
    r"|location|located"
    r"|position|pinned|pin|map|maps|waypoint|koordinaten|coordonn[\xff]es|coordenadas|coordinate|standort"
    r"|ubicaci[\xff]n)\b"
)
_LIST = scanner(r"^ {0,2}, {0,2}-?\d{1,4}\.\d")
_LISTED = scanner(r"\d ?, ?$")
_EXACT = scanner(r"\.\d{4}.*\.\d{4}")
_EXACTER = scanner(r"\.\d{5}.*\.\d{5}")
_LARGE = scanner(r"^[+\-]?\d{2}|[^.\d]\d{2,3}\.\d+$")
_SMALL = scanner(r"^[+\-]?0\.\d+[^\d]{1,4}0\.\d+$")
"""Both less than one: shares, weights, or the sea off Ghana."""

_POINTED_AT = scanner(
    r"(?i)(?:\b(?:at|mark|marked|marker):? |@|[?&](?:q|ll|center|query|destination|daddr|saddr)=|\b(?:geo|loc):)$"
)
"""Right before a pair these say that it is a place, of numbers with four digits behind the point: ten metres. Words
behind it are not asked, as they would hold back streams.
"""

_STARTS = frozenset(b"-+0123456789")


def _coordinates(folded: bytes, text: str) -> Iterator[Found]:
    for start, end in begun(_PAIR, folded, _STARTS):
        if (end < len(folded) and folded[end] in WORD) or (
            folded[end : end + 1] == b"." and folded[end + 1 : end + 2].isdigit()
        ):
            continue
        if _LIST.search(folded[end : end + AHEAD]) or _LISTED.search(folded[max(0, start - 6) : start]):
            continue
        if _is_place(folded, start, end) and not names_another(folded, start, _PLACE_WORDS):
            yield Found(start, end, "coordinates", True)
    for start, end in begun(_LABELLED, folded, frozenset(b"Ll")):
        yield Found(start, end, "coordinates", True)
    for pattern in (_HEMISPHERES, _MINUTES):
        for start, end in begun(pattern, folded, frozenset(b"0123456789")):
            yield Found(start, end, "coordinates", True)


def _is_place(folded: bytes, start: int, end: int) -> bool:
    """Whether anything says of a pair of numbers that it is a place: a word; or the digits alone, from five behind each
    point on, which is a metre and what maps copy, and where one number is ten or more, as pairs of measures, rates and
    constants seldom are. So a place in the Gulf of Guinea or Lagos needs a word.
    """
    if last(_PLACE_WORDS, folded, start, REACH) >= 0:
        return True
    pair = folded[start:end]
    if _EXACTER.search(pair) and _LARGE.search(pair):
        return True
    pointed_at = _POINTED_AT.search(folded[max(0, start - REACH) : start])
    return bool(pointed_at and _EXACT.search(pair) and not _SMALL.search(pair))


RECOGNISERS = (
    Recogniser(
        ("coordinates",),
        rf"(?i)\d\.\d{{2,12}}(?:,|;| |%2C)[+ %20]{{0,3}}-?\d{{1,3}}\.\d\d"
        rf"|lat|\d(?:{_DEGREE})? ?[NS],? {{0,2}}\d|\d(?:\x80|'|\") ?[NS]",
        _coordinates,
    ),
)
