"""Numbers that countries give to persons: each found by the word for it, the clear ones by themselves, and not when a
digit is off. Samples are those of python-stdnum's documentation, and belong to no one.
"""

from __future__ import annotations

import pytest

from seatrial.checks.personal.identity import LABELS, OF_OUR_OWN

BY_WORD = {
    "us-itin": "itin 912-90-3456",
    "gb-nhs": "nhs number 943-476-5870",
    "gb-utr": "utr 1955839661",
    "ca-sin": "social insurance number: 123-456-782",
    "ie-pps": "pps 6433435F",
    "au-tfn": "tfn 123 456 782",
    "nz-ird": "ird 4909185-0",
    "de-idnr": "Steuer-ID 36 574 261 809",
    "fr-nir": "sécurité sociale 2 95 10 99 126 111 93",
    "es-dni": "dni 54362315-K",
    "es-nie": "nie x-2482300w",
    "it-codice-fiscale": "codice fiscale RCCMNL83S18D969H",
    "nl-bsn": "bsn 1112.22.333",
    "be-nn": "rijksregisternummer 85.07.30-033 28",
    "at-vnr": "svnr 1237 010180",
    "ch-ssn": "ahv 7569217076985",
    "pl-pesel": "pesel 44051401359",
    "pt-nif": "nif 501 964 843",
    "pt-cc": "cartão de cidadão 00000000 0 ZZ4",
    "se-personnummer": "personnummer 880320-0016",
    "fi-hetu": "hetu 131052-308T",
    "dk-cpr": "cpr 211062-5629",
    "no-fodselsnummer": "fødselsnummer 151086 95088",
    "is-kennitala": "kennitala 450401-3150",
    "ee-ik": "isikukood 36805280109",
    "lt-asmens": "asmens kodas 33309240064",
    "cz-rc": "rodné číslo 710319/2745",
    "ro-cnp": "cnp 1630615123457",
    "bg-egn": "ЕГН 752316 926 3",
    "hr-oib": "oib 33392005961",
    "si-emso": "emšo 0101006500006",
    "gr-amka": "ΑΜΚΑ 01013099997",
    "tr-tckimlik": "tc kimlik no 17291716060",
    "br-cpf": "cpf 390.533.447-05",
    "cl-rut": "rut 76086428-5",
    "ar-cuit": "cuil 20-05536168-2",
    "mx-curp": "curp BOXW310820HNERXN09",
    "mx-rfc": "rfc GODE 561231 GR8",
    "co-nit": "nit 213.123.432-1",
    "ec-ci": "cédula 171430710-3",
    "do-cedula": "cédula 00113918205",
    "in-aadhaar": "aadhaar 2341 2341 2346",
    "in-pan": "pan ACUPA7085R",
    "cn-ric": "身份证 360426199101010071",
    "kr-rrn": "주민등록번호 971013-9019902",
    "th-pin": "thai id 1-2345-45678-78-1",
    "my-nric": "mykad 770305-02-1234",
    "id-nik": "nik 3171011708450001",
    "pk-cnic": "cnic 34201-0891231-8",
    "il-idnr": "תעודת זהות 3933742-3",
    "za-idnr": "south african id 7503305044089",
    "ua-rntrc": "рнокпп 1759013776",
    "ru-inn": "ИНН 123456789047",
}
BY_FORM = [
    ("us-itin", "912-90-3456"),
    ("fr-nir", "2 95 10 99 126 111 93"),
    ("es-dni", "54362315K"),
    ("it-codice-fiscale", "RCCMNL83S18D969H"),
    ("be-nn", "85.07.30-033 28"),
    ("ch-ssn", "756.9217.0769.85"),
    ("se-personnummer", "880320-0016"),
    ("fi-hetu", "131052-308T"),
    ("cz-rc", "710319/2745"),
    ("br-cpf", "390.533.447-05"),
    ("ar-cuit", "20-05536168-2"),
    ("mx-curp", "BOXW310820HNERXN09"),
    ("cn-ric", "360426199101010071"),
    ("th-pin", "1-2345-45678-78-1"),
    ("pk-cnic", "34201-0891231-8"),
]
WITHOUT_CHECK_DIGITS = {"us-itin", "mx-rfc", "id-nik", "my-nric", "pk-cnic", "in-pan", "pt-cc", "dk-cpr"}
"""A wrong digit may be right in these: they are dates, places and running numbers."""


def other_digit(text: str) -> str:
    """With another last digit."""
    at = max(index for index, letter in enumerate(text) if letter.isdigit())
    return text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]


def test_every_number_of_the_table_has_a_sample_here():
    assert {*BY_WORD, *OF_OUR_OWN} == set(LABELS)
    assert len({label.partition("-")[0] for label in LABELS}) >= 45


@pytest.mark.parametrize(("label", "text"), BY_WORD.items())
def test_found_behind_its_word(judge, label, text):
    verdict = judge({"personal-data": [label]}, f"hi, {text}, thanks")
    assert [span.label for span in verdict.spans] == [label]
    assert judge({"personal-data": "national-id"}, f"hi, {text}, thanks").state == "fail"


@pytest.mark.parametrize(("label", "text"), BY_WORD.items())
def test_not_found_with_a_wrong_digit(judge, label, text):
    if label not in WITHOUT_CHECK_DIGITS:
        assert judge({"personal-data": [label]}, f"hi, {other_digit(text)}, thanks").state == "pass"


@pytest.mark.parametrize(("label", "text"), BY_FORM)
def test_a_form_of_its_own_needs_no_word(judge, label, text):
    assert [span.label for span in judge({"personal-data": "national-id"}, f"so {text} it is").spans] == [label]


@pytest.mark.parametrize("text", ["passport no. 44051401359", "my personal id is 7503305044089", "tax id: 36574261809"])
def test_a_word_for_the_number_of_any_country_will_do(judge, text):
    assert judge({"personal-data": "national-id"}, text).state == "fail"
    assert judge({"personal-data": "national-id"}, text.rpartition(" ")[2]).state == "pass"
