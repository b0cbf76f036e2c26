"""Numbering plans of countries, from phonenumberslite (Google's libphonenumber), as patterns that are quick to ask.

The library's own parser takes 10 to 20 µs a number and a country, and most of what looks like a number is none.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from seatrial.checks.personal.found import DIGITS

_KINDS = ("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "uan")


class Plan(NamedTuple):
    """The national numbers of a calling code: how long they may be, and which there are."""

    lengths: frozenset[int]
    numbers: re.Pattern[str]


def international(digits: str) -> tuple[int, Plan] | None:
    """The length of the calling code that `digits` begin with, and its plan; None where no country has it."""
    for length in (1, 2, 3):
        plan = _plan(digits[:length])
        if plan is not None:
            return length, plan
    return None


@lru_cache(maxsize=2048)
def _plan(code: str) -> Plan | None:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()) if code[0] != "0" else ()
    found = [PhoneMetadata.metadata_for_region_or_calling_code(int(code), region) for region in regions]
    plans = [each.general_desc for each in found if each is not None and each.general_desc is not None]
    if not plans:
        return None
    lengths = frozenset(length for plan in plans for length in plan.possible_length if length > 0)
    return Plan(lengths, _any_of(plan.national_number_pattern for plan in plans))


@lru_cache(maxsize=64)
def national(regions: tuple[str, ...]) -> re.Pattern[str]:
    """The numbers people in `regions` write with a 0 before them, that 0 included."""
    from phonenumbers import PhoneMetadata

    patterns = []
    for region in regions:
        metadata = PhoneMetadata.metadata_for_region(region)
        assert metadata is not None, f"{region} was checked when it was read"
        own = _any_of(_number_pattern(metadata, kind) for kind in _KINDS).pattern
        prefix = {"0": "0", None: "(?=0)"}.get(metadata.national_prefix)
        if prefix is not None:
            patterns.append(prefix + own)
    return re.compile("|".join(patterns) or r"(?!)")


def _number_pattern(metadata: Any, kind: str) -> str | None:
    description = getattr(metadata, kind)
    return None if description is None else description.national_number_pattern


def _any_of(patterns: Any) -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(sorted({f"(?:{pattern})" for pattern in patterns if pattern})) + ")")


def ends(body: bytes) -> list[tuple[int, int]]:
    """(index, digits up to there) of the end of each group of digits in `body`, the last first."""
    found, count = [], 0
    for index, byte in enumerate(body):
        if byte in DIGITS:
            count += 1
        elif index and body[index - 1] in DIGITS:
            found.append((index, count))
    if body and body[-1] in DIGITS:
        found.append((len(body), count))
    return found[::-1]
