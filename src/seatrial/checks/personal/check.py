"""The check `personal-data`."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed
from seatrial.checks.folded import too_long
from seatrial.checks.personal.allow import NOTHING, Allowed
from seatrial.checks.personal.entities import Entities, personal_data, worst
from seatrial.checks.personal.stream import holdback
from seatrial.core.verdict import Verdict

REGIONS = (
    "US",
    "GB",
    "IE",
    "AU",
    "NZ",
    "DE",
    "AT",
    "CH",
    "FR",
    "BE",
    "NL",
    "ES",
    "IT",
    "PT",
    "SE",
    "DK",
    "NO",
    "FI",
    "PL",
    "BR",
    "IN",
    "JP",
)

Region = Annotated[str, msgspec.Meta(pattern="^[A-Z]{2}$")]


@builtin(
    "personal-data",
    kind="detector",
    holdback=holdback,
    example=Example(
        "personal-data: [email, phone, payment-card, ip-address]",
        passes=["order 4111 shipped to <@80351110224678912>, update to 1.2.3.4 please", "nothing to see"],
        fails=[
            "write to jane.doe@example.com",
            "call me at 202-555-0143",
            "it is 4111 1111 1111 1111",
            "he sits at 203.0.113.7",
        ],
    ),
)
def personal_data_check(
    text: str,
    *,
    entities: Annotated[Entities, msgspec.Meta(description="what to look for; everything unless told")] = Entities(),
    allow: Annotated[
        Allowed, msgspec.Meta(description="what may be there, by entity: values, domains of e-mail, patterns")
    ] = NOTHING,
    regions: Annotated[
        list[Region],
        msgspec.Meta(
            description="countries (ISO 3166 codes) whose way to write a phone number needs no +", min_length=1
        ),
    ] = list(REGIONS),
) -> Verdict:
    """The answer has no personal data in it.

    ...
    """
    if refusal := too_long(text):
        return refusal
    found = personal_data(entities.labels, tuple(regions)).find(text)
    if allow:
        found = [each for each in found if not allow(text[each.start : each.end], each.label)]
    if not found:
        return passed()
    counts = Counter(each.label for each in found)
    said = ", ".join(label if count == 1 else f"{label} ({count})" for label, count in counts.items())
    return failed(f"has personal data: {said}", spans=[each[:3] for each in found], label=worst(counts))
