"""Birth dates: a date in a line that says born, birthday or the like before it."""

from __future__ import annotations

from collections.abc import Iterator

from seatrial.checks.folded import every, last, scanner
from seatrial.checks.personal.found import Found, Recogniser

_REACH = 40
"""A birth date stands near the word: a line on, the date is that of something else."""

_MONTHS = (
    r"jan(?:uary|uar|vier)?|feb(?:ruary|ruar)?|f[e\xff]vrier|mar(?:ch|s|zo)?|m[\xff]rz|apr(?:il)?|avril|abril|may|mai|mayo|june?|juin|juni|junio"
    r"|july?|juillet|juli|julio|aug(?:ust)?|ao[\xff]t|agosto|sep(?:t(?:ember|embre)?)?|septiembre|oct(?:ober|obre)?|okt(?:ober)?|octubre"
    r"|nov(?:ember|embre)?|noviembre|dec(?:ember)?|dez(?:ember)?|d[\xff]cembre|diciembre"
)
_YEAR = r"(?:18[89]\d|19\d\d|20[0-3]\d)"
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_DATE = scanner(
    rf"(?i)\b(?:{_YEAR}(?:-(?:1[0-2]|0?[1-9])-|/(?:1[0-2]|0?[1-9])/|\.(?:1[0-2]|0?[1-9])\.){_DAY}"
    rf"|{_DAY}(?:/{_DAY}/|-{_DAY}-|\. ?{_DAY}\. ?| {_DAY} )(?:{_YEAR}|\d\d)"
    rf"|{_DAY}(?:st|nd|rd|th|\.)?(?: of)?[ \-](?:{_MONTHS})\.?,?[ \-](?:de |del )?(?:{_YEAR}|'?\d\d)"
    rf"|{_DAY} de (?:{_MONTHS})(?: de| del)? {_YEAR}"
    rf"|(?:{_MONTHS})\.?[ \-]{_DAY}(?:st|nd|rd|th)?,?[ \-](?:{_YEAR}|'\d\d)"
    rf"|(?:19|20)\d\d(?:1[0-2]|0[1-9])(?:3[01]|[12]\d|0[1-9]))\b"
)
_BORN = scanner(
    r"(?i)\b(?:born|d\.?o\.?b\.?|birth|birth ?day|birth-?date|birthdays|b-?day|bday|geb\.|geboren|geburtstag|geburtsdatum|n[e\xff]e?(?:\(e\))? le"
    r"|naissance|anniversaire|nacid[oa]|nac[i\xff]|nacimiento|cumplea[\xff]os|nascid[oa]|nascimento|nat[oa] il|nascita|compleanno|geboortedatum"
    r"|f[\xff]dd|f[\xff]delsedag|urodzon[ya]|date_of_birth|birth_date|birthdate|dateofbirth)(?:\b|$|[^a-z])"
)
_OTHER = scanner(
    r"(?i)\b(?:expir\w{0,5}|issued|due|joined|hired|since|until|deadline|meeting|appointment|order(?:ed)?|registered|died|deceased)\b"
)


def _births(folded: bytes, text: str) -> Iterator[Found]:
    for start, end in every(_DATE, folded):
        born = last(_BORN, folded, start, _REACH)
        if born >= 0 and born > last(_OTHER, folded, start, _REACH):
            yield Found(start, end, "birth-date", True)


RECOGNISERS = (Recogniser(("birth-date",), _BORN.pattern.decode("latin-1"), _births),)
