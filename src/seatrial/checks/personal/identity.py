"""National identity numbers, by the checksums of python-stdnum (Arthur de Jong), one row for each.

A number with a form or checksum that little else has is found as it stands; a run of nine to thirteen digits, of which one in
ten passes any check digit, only where a word before it says what it is. A US social security number has no checksum: its
rules are those of the Social Security Administration (https://www.ssa.gov/employer/randomization.html), its form or a
word decides. So has a British national insurance number (HMRC, NIM39110), which stdnum does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from seatrial.checks.folded import Triggers, every, last, scanner
from seatrial.checks.personal.found import REACH, Found, Recogniser, names_another


class Number(NamedTuple):
    """One kind of number: what it is called here, the module of stdnum that knows it, how it is written in RE2's syntax, and
    the words that name it. `form` is a way of writing it that needs no such word; `native`
    are words in other scripts.
    """

    label: str
    module: str
    written: str
    words: str
    form: str = ""
    native: tuple[str, ...] = ()


_G = r"[ .\-/]?"


def _digits(*groups: int, gap: str = _G) -> str:
    return gap.join(rf"\d{{{count}}}" for count in groups)


NUMBERS = (
    Number("us-itin", "us.itin", _digits(3, 2, 4), r"itin|taxpayer|tax id", r"9\d\d-[5-9]\d-\d{4}"),
    Number("gb-nhs", "gb.nhs", _digits(3, 3, 4), r"nhs"),
    Number("gb-utr", "gb.utr", _digits(5, 5), r"utr|unique taxpayer|self assessment"),
    Number("ca-sin", "ca.sin", _digits(3, 3, 3), r"sin|social insurance|nas|assurance sociale"),
    Number("ie-pps", "ie.pps", r"\d{7}[A-W][A-IW]?", r"pps|ppsn|personal public service"),
    Number("au-tfn", "au.tfn", _digits(3, 3) + _G + r"\d{2,3}", r"tfn|tax file"),
    Number("nz-ird", "nz.ird", r"\d{2,3}" + _G + _digits(3, 3), r"ird"),
    Number("de-idnr", "de.idnr", _digits(2, 3, 3, 3), r"steuer-?id|idnr|identifikationsnummer|steuernummer|tax"),
    Number(
        "fr-nir",
        "fr.nir",
        r"[12]" + _G + r"\d\d" + _G + r"\d\d" + _G + r"(?:\d\d|2[AB])" + _G + _digits(3, 3, 2),
        r"nir|s.curit. sociale|insee|num.ro de s.cu|secu",
        r"[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d",
    ),
    Number("es-dni", "es.dni", r"\d{8}[ \-]?[A-Za-z]", r"dni|nif|documento", r"\d{8}-?[A-HJ-NP-TV-Z]"),
    Number("es-nie", "es.nie", r"[XYZxyz][ \-]?\d{7}[ \-]?[A-Za-z]", r"nie|extranjer", r"[XYZ]-?\d{7}-?[A-HJ-NP-TV-Z]"),
    Number(
        "it-codice-fiscale",
        "it.codicefiscale",
        r"[A-Za-z]{6}\d\d[A-Za-z]\d\d[A-Za-z]\d{3}[A-Za-z]",
        r"codice fiscale|cf",
        r"[A-Z]{6}\d\d[A-EHLMPR-T]\d\d[A-Z]\d{3}[A-Z]|[a-z]{6}\d\d[a-ehlmpr-t]\d\d[a-z]\d{3}[a-z]",
    ),
    Number(
        "nl-bsn", "nl.bsn", _digits(4, 2, 3) + r"|\d{3}" + _G + _digits(3, 3), r"bsn|burgerservice\w{0,8}|sofi\w{0,8}"
    ),
    Number(
        "be-nn",
        "be.nn",
        _digits(2, 2, 2, 3, 2),
        r"rijksregister\w{0,10}|registre national|nn|niss|insz",
        r"\d\d\.\d\d\.\d\d-\d{3}\.\d\d",
    ),
    Number(
        "at-vnr", "at.vnr", r"\d{4}" + _G + r"\d{6}", r"svnr|sv-?nummer|sozialversicherung\w{0,10}|versicherungsnummer"
    ),
    Number("ch-ssn", "ch.ssn", r"756" + _G + _digits(4, 4, 2), r"ahv\w{0,8}|avs|ssn", r"756\.?\d{4}\.?\d{4}\.?\d\d"),
    Number("pl-pesel", "pl.pesel", r"\d{11}", r"pesel"),
    Number("pt-nif", "pt.nif", _digits(3, 3, 3), r"nif|contribuinte"),
    Number("pt-cc", "pt.cc", r"\d{8} ?\d ?[A-Z0-9]{2}\d", r"cart.o de cidad.o|cc", r"\d{8} \d ?[A-Z]{2}\d"),
    Number(
        "se-personnummer",
        "se.personnummer",
        r"(?:19|20)?\d{6}[\-+]?\d{4}",
        r"personnummer|personnr|pnr",
        r"(?:19|20)?\d\d[01]\d[0-3]\d[\-+]\d{4}",
    ),
    Number(
        "fi-hetu",
        "fi.hetu",
        r"\d{6}[+\-ABCDEFYXWVU]\d{3}[0-9A-FHJ-NPR-Y]",
        r"hetu|henkil.tunnus\w{0,3}",
        r"[0-3]\d[01]\d{3}[+\-A]\d{3}[0-9A-FHJ-NPR-Y]",
    ),
    Number("dk-cpr", "dk.cpr", r"\d{6}[\- ]?\d{4}", r"cpr\w{0,8}|personnummer"),
    Number("no-fodselsnummer", "no.fodselsnummer", r"\d{6} ?\d{5}", r"f.dselsnummer|f.dselsnr|personnummer"),
    Number("is-kennitala", "is_.kennitala", r"\d{6}-?\d{4}", r"kennitala|kt"),
    Number("ee-ik", "ee.ik", r"[1-8]\d{10}", r"isikukood"),
    Number("lt-asmens", "lt.asmens", r"[1-8]\d{10}", r"asmens kod\w{0,3}"),
    Number("cz-rc", "cz.rc", r"\d{6}/?\d{3,4}", r"rodn. ..slo|rodne cislo", r"\d\d[0156]\d[0-3]\d/\d{4}"),
    Number("ro-cnp", "ro.cnp", r"[1-9]\d{12}", r"cnp|cod numeric"),
    Number("bg-egn", "bg.egn", r"\d{10}", r"egn", native=("егн",)),
    Number("hr-oib", "hr.oib", r"\d{11}", r"oib"),
    Number("si-emso", "si.emso", r"\d{13}", r"emso|em.o|jmbg"),
    Number("gr-amka", "gr.amka", r"\d{11}", r"amka", native=("αμκα",)),
    Number("tr-tckimlik", "tr.tckimlik", r"[1-9]\d{10}", r"kimlik\w{0,3}|tckn|tc no|t\.c\.|tc"),
    Number("br-cpf", "br.cpf", r"\d{3}\.?\d{3}\.?\d{3}-?\d{2}", r"cpf", r"\d{3}\.\d{3}\.\d{3}-\d\d"),
    Number("cl-rut", "cl.rut", r"\d{1,2}\.?\d{3}\.?\d{3}-?[\dkK]", r"rut|run", r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]"),
    Number("ar-cuit", "ar.cuit", _digits(2, 8, 1), r"cuit|cuil", r"(?:2[0347]|3[034])-\d{8}-\d"),
    Number(
        "mx-curp",
        "mx.curp",
        r"[A-Za-z]{4}\d{6}[A-Za-z]{6}[0-9A-Za-z]\d",
        r"curp",
        r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d",
    ),
    Number("mx-rfc", "mx.rfc", r"[A-Za-z&]{4}-?\d{6}-?[A-Za-z0-9]{3}", r"rfc"),
    Number("co-nit", "co.nit", r"\d{3}\.?\d{3}\.?\d{3}-?\d", r"nit"),
    Number("ec-ci", "ec.ci", r"\d{9}-?\d", r"c.dula|ci"),
    Number("do-cedula", "do.cedula", r"\d{3}-?\d{7}-?\d", r"c.dula"),
    Number(
        "in-aadhaar", "in_.aadhaar", r"[2-9]" + _digits(3, 4, 4, gap=r"[ \-]?"), r"aadhaa?r|uidai", native=("आधार",)
    ),
    Number(
        "in-pan",
        "in_.pan",
        r"[A-Za-z]{3}[ABCFGHLJPTFabcfghljptf][A-Za-z]\d{4}[A-Za-z]",
        r"pan",
        r"[A-Z]{3}P[A-Z]\d{4}[A-Z]",
    ),
    Number(
        "cn-ric", "cn.ric", r"[1-9]\d{16}[\dXx]", r"resident identity", r"[1-6]\d{5}(?:19|20)\d\d[01]\d[0-3]\d{4}[\dXx]"
    ),
    Number("kr-rrn", "kr.rrn", r"\d{6}-?\d{7}", r"rrn|resident registration", r"\d\d[01]\d[0-3]\d-[1-8]\d{6}"),
    Number("th-pin", "th.pin", _digits(1, 4, 5, 2, 1, gap=r"[ \-]?"), r"thai id", r"\d-\d{4}-\d{5}-\d\d-\d"),
    Number("my-nric", "my.nric", _digits(6, 2, 4, gap="-?"), r"nric|mykad|ic", r"\d\d[01]\d[0-3]\d-\d\d-\d{4}"),
    Number("id-nik", "id.nik", r"\d{16}", r"nik|ktp"),
    Number("pk-cnic", "pk.cnic", _digits(5, 7, 1, gap="-?"), r"cnic|nadra", r"\d{5}-\d{7}-\d"),
    Number(
        "il-idnr",
        "il.idnr",
        r"\d{8}-?\d",
        r"teudat zehut|israeli id|mispar zehut",
        native=("ת.ז", "תעודת זהות", "מספר זהות"),
    ),
    Number("za-idnr", "za.idnr", _digits(6, 4, 2, 1, gap=" ?"), r"south african|sa id|rsa id"),
    Number("ua-rntrc", "ua.rntrc", r"\d{10}", r"rntrc|rnokpp", native=("рнокпп", "іпн", "ідентифікаційний код")),
    Number("ru-inn", "ru.inn", r"\d{12}", r"inn", native=("инн",)),
)
"""Numbers of persons, of 45 countries; stdnum's. Where several fit at one place the first is named."""

OF_OUR_OWN = ("us-ssn", "gb-nino")
LABELS = (*OF_OUR_OWN, *(number.label for number in NUMBERS))

_ANY_WORDS = (
    r"national id(?:entity|entification)?|identity (?:card|number|no)|id (?:card|number|no\.?)|citizen(?:ship)? (?:id|number)|tax(?:payer)? (?:id|number"
    r"|no\.?)|social security|personal (?:id|identity|code|number)|passport"
)
"""Words that name the number of any country."""


class _Compiled(NamedTuple):
    number: Number
    written: Any
    words: Any
    form: Any


@lru_cache(maxsize=1)
def _compiled() -> tuple[list[_Compiled], Triggers, Triggers, Triggers]:
    """The table as patterns, and what says in one scan each which rows a text can hold: by form, word, and writing."""
    rows = [
        _Compiled(
            number,
            scanner(rf"\b(?:{number.written})\b"),
            scanner(rf"(?i)\b(?:{number.words}|{_ANY_WORDS})(?:\b|$)"),
            scanner(rf"\b(?:{number.form})\b") if number.form else None,
        )
        for number in NUMBERS
    ]
    forms = Triggers([rf"\b(?:{number.form or 'x{9}x'})\b" for number in NUMBERS])
    words = Triggers(
        [*(rf"(?i)\b(?:{number.words})(?:\b|$)" for number in NUMBERS), rf"(?i)\b(?:{_ANY_WORDS})(?:\b|$)"]
    )
    written = Triggers([rf"\b(?:{number.written})\b" for number in NUMBERS])
    return rows, forms, words, written


def find_identities(chosen: frozenset[str]) -> Callable[[bytes, str], Iterator[Found]]:
    """The finder of the numbers whose labels are `chosen`."""

    def find(folded: bytes, text: str) -> Iterator[Found]:
        if "us-ssn" in chosen:
            yield from _social_security(folded)
        if "gb-nino" in chosen:
            yield from _national_insurance(folded)
        rows, forms, words, written = _compiled()
        for index in forms.found(folded):
            if rows[index].number.label in chosen:
                yield from _by_form(rows[index], folded)
        named = words.found(folded)
        if not named and text.isascii():
            return
        some = len(rows) in named
        for index in written.found(folded):
            row = rows[index]
            if row.number.label in chosen and (some or index in named or _native(row.number, text)):
                yield from _by_word(row, folded, text)

    return find


def _native(number: Number, text: str) -> bool:
    return bool(number.native) and not text.isascii() and any(word in text.casefold() for word in number.native)


def _by_form(row: _Compiled, folded: bytes) -> Iterator[Found]:
    for start, end in every(row.form, folded):
        if (
            _alone(folded, start, end)
            and _holds(row.number, folded[start:end])
            and not names_another(folded, start, row.words)
        ):
            yield Found(start, end, row.number.label, True)


def _by_word(row: _Compiled, folded: bytes, text: str) -> Iterator[Found]:
    for start, end in every(row.written, folded):
        if not _alone(folded, start, end):
            continue
        said = last(row.words, folded, start, REACH)
        near = text[max(0, start - REACH) : start].casefold() if row.number.native else ""
        if said < 0 and not any(word in near for word in row.number.native):
            continue
        if not names_another(folded, start, row.words) and _holds(row.number, folded[start:end]):
            yield Found(start, end, row.number.label, True)


def _holds(number: Number, written: bytes) -> bool:
    """Whether stdnum finds the number right."""
    return bool(_validator(number.module)(written.decode("latin-1").upper()))


@cache
def _validator(module: str) -> Callable[[str], bool]:
    check: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
    return check


_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")


def _alone(folded: bytes, start: int, end: int) -> bool:
    """Whether it is no part of a longer number, word or code."""
    if start and folded[start - 1] == 0xFF:
        return False
    if start > 1 and folded[start - 1] in b"-./+" and folded[start - 2] in _WORD:
        return False
    after = folded[end : end + 2]
    if len(after) > 1 and after[0] in b"-./" and after[1] in _WORD:
        return False
    return not (start and folded[start - 1] in b":@&#!" and after[:1] == b">")


_SSN = scanner(r"\b(?:\d{3}-\d\d-\d{4}|\d{3} \d\d \d{4}|\d{3}\.\d\d\.\d{4}|\d{9})\b")
_SSN_WORDS = scanner(
    r"(?i)\b(?:ssns?|ss ?#|ss ?number|soc(?:ial)?(?: sec(?:urity)?)?(?: (?:number|no|num|card|#))?|tax ?id)(?:\b|$|[^a-z])"
)
_ADVERTISED = frozenset((b"078051120", b"219099999", b"457555462"))
"""Numbers of no one: printed on sample cards and posters, and used ever since."""


def _social_security(folded: bytes) -> Iterator[Found]:
    for start, end in every(_SSN, folded):
        digits = folded[start:end].translate(None, b"-. ")
        if digits[:3] in (b"000", b"666") or digits[0] == ord("9") or digits[3:5] == b"00" or digits[5:] == b"0000":
            continue
        if not _alone(folded, start, end):
            continue
        said = last(_SSN_WORDS, folded, start, REACH) >= 0
        plain = end - start == 9 or digits in _ADVERTISED
        if said if plain else not names_another(folded, start, _SSN_WORDS):
            yield Found(start, end, "us-ssn", True)


_NINO = scanner(r"(?i)\b[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ \-]?\d\d[ \-]?\d\d[ \-]?\d\d[ \-]?[A-D]\b")
_NINO_WORDS = scanner(r"(?i)\b(?:nino|national insurance|ni (?:number|no\.?)|n\.i\.)(?:\b|$|[^a-z])")
_UNUSED = frozenset((b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"))


def _national_insurance(folded: bytes) -> Iterator[Found]:
    for start, end in every(_NINO, folded):
        written = folded[start:end]
        if written[:2].upper() in _UNUSED or not _alone(folded, start, end):
            continue
        if written.isupper() or last(_NINO_WORDS, folded, start, REACH) >= 0:
            yield Found(start, end, "gb-nino", True)


TRIGGER = r"\d(?:[ .\-/+]?\d){5}|(?i)[A-Z]{5}\d{4}[A-Z]\b|[A-Z]\d\d[A-Z]\d{3}[A-Z]\b|\d{6}[+\-A-Y]\d{3}"


def identities(chosen: frozenset[str]) -> Recogniser:
    return Recogniser(LABELS, TRIGGER, find_identities(chosen))
