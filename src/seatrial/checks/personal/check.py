"""The check `personal-data`."""

from __future__ import annotations

from typing import Annotated

import msgspec

from seatrial.checks.define import Example, builtin
from seatrial.checks.labelled import verdict_on
from seatrial.checks.personal.allow import NOTHING, Allowed
from seatrial.checks.personal.entities import EVERYTHING, WORST_FIRST, Entities, personal_data
from seatrial.checks.personal.regions import USUAL, Regions
from seatrial.checks.personal.stream import holdback
from seatrial.core.verdict import Verdict


@builtin(
    "personal-data",
    kind="detector",
    holdback=holdback,
    example=Example(
        "personal-data: [email, phone, payment-card, ip-address]",
        passes=["order 4111 went to <@803511102246789120>, update to 1.2.3.4", "nothing to see"],
        fails=[
            "write to jane.doe@example.com",
            "call me at 202-555-0143",
            "charge 4111 1111 1111 1111",
            "from 203.0.113.7",
        ],
    ),
)
def personal_data_check(
    text: str,
    *,
    entities: Annotated[Entities, msgspec.Meta(description="what to look for; everything unless told")] = EVERYTHING,
    allow: Annotated[
        Allowed, msgspec.Meta(description="what may be there, by entity: values, domains of e-mail, patterns")
    ] = NOTHING,
    regions: Annotated[
        Regions, msgspec.Meta(description="countries (ISO 3166) whose phone numbers are known without their + code")
    ] = USUAL,
) -> Verdict:
    """The answer has no personal data in it: addresses, numbers, places and birth dates.

    Entities: email, phone, payment-card, iban, ip-address, mac-address, crypto-address, coordinates, birth-date, and
    national-id, which stands for the numbers of persons in 48 countries (us-ssn, gb-nino, de-idnr, …). Numbers
    with a checksum are checked; those that little tells from others count only behind a word that says what they are.
    phone and national-id need the extra `guard`. A place is labelled with its entity.
    """
    found = personal_data(entities.labels, regions.codes).find(text)
    if allow:
        found = [each for each in found if not allow(text[each.start : each.end], each.label)]
    return verdict_on([each[:3] for each in found], "personal data", WORST_FIRST)
