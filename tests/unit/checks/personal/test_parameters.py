"""What a user may ask of `personal-data`, and what is said of mistakes."""

from __future__ import annotations

import pytest

from seatrial.checks.bind import bind_entry
from seatrial.core.errors import SpecError

BOTH = "jane@example.com, 4111 1111 1111 1111"


def found(verdict):
    return [span.label for span in verdict.spans]


@pytest.mark.parametrize(
    ("parameters", "labels"),
    [
        ("email", ["email"]),
        (["payment-card", "email"], ["email", "payment-card"]),
        ({"entities": ["payment-card"]}, ["payment-card"]),
        ({"allow": {"email": {"values": ["JANE@example.com"]}}}, ["payment-card"]),
        ({"allow": {"email": {"domains": ["com"]}}}, ["payment-card"]),
        ({"allow": {"email": {"domains": ["@example.com"]}}}, ["payment-card"]),
        ({"allow": {"email": {"domains": ["ample.com"]}}}, ["email", "payment-card"]),
        ({"allow": {"email": {"patterns": ["j.*@example[.]com"]}}}, ["payment-card"]),
        ({"allow": {"email": {"patterns": ["jane"]}}}, ["email", "payment-card"]),
        ({"allow": {"payment-card": {"values": ["4111-1111-1111-1111"]}}}, ["email"]),
        ({"allow": {"phone": {"patterns": [".*"]}}}, ["email", "payment-card"]),
    ],
)
def test_entities_are_chosen_and_single_ones_allowed(judge, parameters, labels):
    assert found(judge({"personal-data": parameters}, BOTH)) == labels


def test_numbers_without_a_country_code_are_those_of_the_regions(judge):
    text = "06 12 34 56 78"
    assert found(judge({"personal-data": {"entities": "phone", "regions": "FR"}}, text)) == ["phone"]
    assert found(judge({"personal-data": {"entities": "phone", "regions": ["US"]}}, text)) == []


def test_what_decides_is_part_of_the_checks_identity():
    versions = {
        bind_entry({"personal-data": parameters}).version
        for parameters in (["email"], ["phone"], {"allow": {"email": {"domains": ["a.com"]}}}, {"regions": ["FR"]})
    }
    assert len(versions) == 4
    assert bind_entry({"personal-data": ["email"]}).version in versions


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"personal-data": []}, "entities is not right"),
        ({"personal-data": ["e-mail"]}, "there is no entity 'e-mail'"),
        ({"personal-data": {"entities": [7]}}, "there is no entity 7"),
        ({"personal-data": {"regions": []}}, "regions is not right"),
        ({"personal-data": {"regions": ["UK"]}}, "no phone numbers are known for the region 'UK'"),
        ({"personal-data": {"regions": [["US"]]}}, "no phone numbers are known for the region \\['US'"),
        ({"personal-data": {"allow": {}}}, "allow is not right"),
        ({"personal-data": {"allow": ["a@b.com"]}}, "allow is not right"),
        ({"personal-data": {"allow": {"mail": {"values": ["a"]}}}}, "there is no entity 'mail'"),
        ({"personal-data": {"allow": {"email": {}}}}, "allow of email is not right"),
        ({"personal-data": {"allow": {"email": {"value": ["a"]}}}}, "allow of email has no 'value'"),
        ({"personal-data": {"allow": {"email": {"values": []}}}}, "values is not right"),
        ({"personal-data": {"allow": {"phone": {"values": [5550143]}}}}, "values is not right"),
        ({"personal-data": {"allow": {"phone": {"domains": ["a.com"]}}}}, "allow of phone has no domains"),
        ({"personal-data": {"allow": {"email": {"patterns": ["("]}}}}, "\\("),
        ({"secrets": []}, "kinds is not right"),
        ({"secrets": ["passwords"]}, "there is no kind of secret 'passwords'"),
    ],
)
def test_a_mistake_is_told(entry, said):
    with pytest.raises(SpecError, match=said):
        bind_entry(entry)


@pytest.mark.parametrize(
    ("entry", "nearest"),
    [({"personal-data": ["e-mail"]}, "email"), ({"secrets": ["githb-token"]}, "github-token")],
)
def test_the_nearest_name_is_shown(entry, nearest):
    with pytest.raises(SpecError) as error:
        bind_entry(entry)
    assert nearest in str(error.value)
