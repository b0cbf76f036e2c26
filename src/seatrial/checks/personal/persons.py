"""The numbers countries give to persons: what they are called here, who checks them, how they are written and named.

Checksums are those of python-stdnum (Arthur de Jong). A number with a form or checksum that little else has needs no
word before it; a run of nine to thirteen digits, of which one in ten passes any check digit, counts only behind one.
"""

from __future__ import annotations

from typing import NamedTuple


class Number(NamedTuple):
    """One kind of number: its label, the module of stdnum that knows it, how it is written in RE2's syntax, and the
    words that name it. `form` is a way of writing it that needs no such word; `native` are words in other scripts.
    """

    label: str
    module: str
    written: str
    words: str
    form: str = ""
    native: tuple[str, ...] = ()


def _n(digits: int) -> str:
    """So many digits, with one gap between two at most."""
    return rf"\d(?:[ .\-/]?\d){{{digits - 1}}}"


_DATE_FIRST = r"\d\d[01]\d[0-3]\d"
_SPANISH = "[A-HJ-NP-TV-Z]"
_FISCAL = r"[A-Z]{6}\d\d[A-EHLMPR-T]\d\d[A-Z]\d{3}[A-Z]"
_NIR = r"[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d"

NUMBERS = (
    Number("us-itin", "us.itin", _n(9), r"itin|taxpayer|tax id", r"9\d\d-[5-9]\d-\d{4}"),
    Number("gb-nhs", "gb.nhs", _n(10), r"nhs"),
    Number("gb-utr", "gb.utr", _n(10), r"utr|unique taxpayer|self assessment"),
    Number("ca-sin", "ca.sin", _n(9), r"sin|social insurance|nas|assurance sociale"),
    Number("ie-pps", "ie.pps", r"\d{7} ?[A-Wa-w][A-IWTa-iwt]?", r"ppsn?|personal public service"),
    Number("au-tfn", "au.tfn", rf"{_n(9)}|{_n(8)}", r"tfn|tax file"),
    Number("nz-ird", "nz.ird", rf"{_n(9)}|{_n(8)}", r"ird"),
    Number("de-idnr", "de.idnr", _n(11), r"steuer-?id\w{0,20}|idnr|identifikationsnummer|steuernummer|tin"),
    Number("fr-nir", "fr.nir", _NIR, r"nir|s.curit. sociale|insee|num.ro de s.cu\w{0,4}", _NIR),
    Number("es-dni", "es.dni", r"\d{8}[ \-]?[A-Za-z]", r"dni|nif|documento", rf"\d{{8}}-?{_SPANISH}"),
    Number("es-nie", "es.nie", r"[XYZxyz][ \-]?\d{7}[ \-]?[A-Za-z]", r"nie", rf"[XYZ]-?\d{{7}}-?{_SPANISH}"),
    Number("it-codice-fiscale", "it.codicefiscale", rf"(?i:{_FISCAL})", r"codice fiscale|cf", _FISCAL),
    Number("nl-bsn", "nl.bsn", _n(9), r"bsn|burgerservice\w{0,8}|sofi\w{0,8}"),
    Number(
        "be-nn",
        "be.nn",
        _n(11),
        r"rijksregister\w{0,10}|registre national|niss|insz",
        r"\d\d\.\d\d\.\d\d-\d{3}[. ]\d\d",
    ),
    Number("at-vnr", "at.vnr", _n(10), r"svnr|sv-?nummer|sozialversicherung\w{0,10}|versicherungsnummer"),
    Number("ch-ssn", "ch.ssn", rf"756[ .\-]?{_n(10)}", r"ahv\w{0,8}|avs", r"756\.?\d{4}\.?\d{4}\.?\d\d"),
    Number("pl-pesel", "pl.pesel", _n(11), r"pesel"),
    Number("pt-nif", "pt.nif", _n(9), r"nif|contribuinte"),
    Number("pt-cc", "pt.cc", r"\d{8} ?\d ?[A-Z0-9]{2}\d", r"cart.o de cidad.o|cc", r"\d{8} \d ?[A-Z]{2}\d"),
    Number(
        "se-personnummer",
        "se.personnummer",
        r"(?:19|20)?\d{6}[ \-+]?\d{4}",
        r"personnummer|personnr|pnr",
        rf"(?:19|20)?{_DATE_FIRST}[\-+]\d{{4}}",
    ),
    Number(
        "fi-hetu",
        "fi.hetu",
        r"\d{6}[+\-A-Fa-fU-Yu-y]\d{3}[0-9A-Ya-y]",
        r"hetu|henkil.tunnus\w{0,3}",
        r"[0-3]\d[01]\d{3}[+\-A]\d{3}[0-9A-FHJ-NPR-Y]",
    ),
    Number("dk-cpr", "dk.cpr", _n(10), r"cpr\w{0,8}|personnummer"),
    Number("no-fodselsnummer", "no.fodselsnummer", _n(11), r"f.dselsnummer|f.dselsnr|personnummer"),
    Number("is-kennitala", "is_.kennitala", _n(10), r"kennitala|kt"),
    Number("ee-ik", "ee.ik", _n(11), r"isikukood"),
    Number("lt-asmens", "lt.asmens", _n(11), r"asmens kod\w{0,3}"),
    Number("cz-rc", "cz.rc", rf"{_n(10)}|{_n(9)}", r"rodn. ..slo|rodne cislo", r"\d\d[0156]\d[0-3]\d/\d{4}"),
    Number("ro-cnp", "ro.cnp", _n(13), r"cnp|cod numeric"),
    Number("bg-egn", "bg.egn", _n(10), r"egn", native=("егн",)),
    Number("hr-oib", "hr.oib", _n(11), r"oib"),
    Number("si-emso", "si.emso", _n(13), r"em.o|jmbg"),
    Number("gr-amka", "gr.amka", _n(11), r"amka", native=("αμκα",)),
    Number("tr-tckimlik", "tr.tckimlik", _n(11), r"kimlik\w{0,3}|tckn|tc no|t\.c\.|tc"),
    Number("br-cpf", "br.cpf", _n(11), r"cpf", r"\d{3}\.\d{3}\.\d{3}-\d\d"),
    Number("cl-rut", "cl.rut", r"\d{1,2}\.?\d{3}\.?\d{3}-?[\dkK]", r"rut|run", r"\d{1,2}\.\d{3}\.\d{3}-[\dkK]"),
    Number("ar-cuit", "ar.cuit", _n(11), r"cuit|cuil", r"(?:2[0347]|3[034])-\d{8}-\d"),
    Number(
        "mx-curp",
        "mx.curp",
        r"[A-Za-z]{4}\d{6}[A-Za-z]{6}[0-9A-Za-z]\d",
        r"curp",
        r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d",
    ),
    Number("mx-rfc", "mx.rfc", r"[A-Za-z&]{4}[ \-]?\d{6}[ \-]?[A-Za-z0-9]{3}", r"rfc"),
    Number("co-nit", "co.nit", _n(10), r"nit"),
    Number("ec-ci", "ec.ci", _n(10), r"c.dula|ci"),
    Number("do-cedula", "do.cedula", _n(11), r"c.dula"),
    Number("in-aadhaar", "in_.aadhaar", _n(12), r"aadhaa?r|uidai", native=("आधार",)),
    Number("in-pan", "in_.pan", r"[A-Za-z]{5}\d{4}[A-Za-z]", r"pan", r"[A-Z]{3}P[A-Z]\d{4}[A-Z]"),
    Number(
        "cn-ric",
        "cn.ric",
        r"[1-9]\d{16}[\dXx]",
        r"resident identity",
        r"[1-6]\d{5}(?:19|20)\d\d[01]\d[0-3]\d{4}[\dXx]",
        ("身份证",),
    ),
    Number("kr-rrn", "kr.rrn", _n(13), r"rrn|resident registration", rf"{_DATE_FIRST}-[1-8]\d{{6}}", ("주민등록번호",)),
    Number("th-pin", "th.pin", _n(13), r"thai id", r"\d-\d{4}-\d{5}-\d\d-\d"),
    Number("my-nric", "my.nric", _n(12), r"nric|mykad|ic", rf"{_DATE_FIRST}-\d\d-\d{{4}}"),
    Number("id-nik", "id.nik", _n(16), r"nik|ktp"),
    Number("pk-cnic", "pk.cnic", _n(13), r"cnic|nadra", r"\d{5}-\d{7}-\d"),
    Number(
        "il-idnr",
        "il.idnr",
        rf"{_n(9)}|{_n(8)}",
        r"teudat zehut|mispar zehut",
        native=("ת.ז", "תעודת זהות", "מספר זהות"),
    ),
    Number("za-idnr", "za.idnr", _n(13), r"south african(?: id)?|sa id|rsa id"),
    Number("ua-rntrc", "ua.rntrc", _n(10), r"rntrc|rnokpp", native=("рнокпп", "іпн", "ідентифікаційний код")),
    Number("ru-inn", "ru.inn", _n(12), r"inn", native=("инн",)),
)
"""Of persons in 45 countries. Where several fit at one place the first is named."""
