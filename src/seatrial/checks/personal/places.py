"""Coordinates: decimal degrees in pairs or with hemispheres, degrees with minutes and seconds (ISO 6709, annex D)."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.folded import begun, last, scanner
from seatrial.checks.personal.found import AHEAD, REACH, WORD, Found, Recogniser

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
"""Both with four digits behind the point, some ten metres: a pair of prices has two."""

_SMALL = scanner(r"^[+\-]?0\.\d+[^\d]{1,4}0\.\d+$")
"""Both less than one: shares, weights, scores, or the sea off Ghana."""

_STARTS = frozenset(b"-+0123456789")


def _coordinates(folded: bytes, text: str) -> Iterator[Found]:
    for start, end in begun(_PAIR, folded, _STARTS):
        if (end < len(folded) and folded[end] in WORD) or (
            folded[end : end + 1] == b"." and folded[end + 1 : end + 2].isdigit()
        ):
            continue
        if _LIST.search(folded[end : end + AHEAD]) or _LISTED.search(folded[max(0, start - 6) : start]):
            continue
        pair = folded[start:end]
        if (_EXACT.search(pair) and not _SMALL.search(pair)) or last(_PLACE_WORDS, folded, start, REACH) >= 0:
            yield Found(start, end, "coordinates", True)
    for start, end in begun(_LABELLED, folded, frozenset(b"Ll")):
        yield Found(start, end, "coordinates", True)
    for pattern in (_HEMISPHERES, _MINUTES):
        for start, end in begun(pattern, folded, frozenset(b"0123456789")):
            yield Found(start, end, "coordinates", True)


RECOGNISERS = (
    Recogniser(
        ("coordinates",),
        rf"(?i)\d\.\d{{2,12}}(?:,|;| |%2C)[+ %20]{{0,3}}-?\d{{1,3}}\.\d\d"
        rf"|lat|\d(?:{_DEGREE})? ?[NS],? {{0,2}}\d|\d(?:\x80|'|\") ?[NS]",
        _coordinates,
    ),
)
