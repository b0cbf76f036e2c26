"""The countries whose people may be written to: how phone numbers look there without a country code."""

from __future__ import annotations

from typing import Any

from seatrial.checks.parameters import Converted
from seatrial.core.errors import SpecError
from seatrial.spec.nodes import describe_value


class Regions(Converted):
    """Country codes as ISO 3166-1 has them."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        self.codes = codes
        self.version = " ".join(codes)

    @classmethod
    def read(cls, raw: Any) -> Regions:
        """From a parameter's raw value. Raises SpecError for an empty list, and for a code with no numbering plan."""
        codes = [raw] if isinstance(raw, str) else raw
        if not isinstance(codes, list) or not codes:
            got = "an empty list" if codes == [] else describe_value(raw)
            raise SpecError("regions is not right", expected="a list of country codes, like [US, DE]", got=got)
        known = _known()
        for code in codes:
            if code not in known:
                hint = "two capital letters, as ISO 3166-1 has them: GB, not UK"
                raise SpecError(f"no phone numbers are known for the region {code!r}", hint=hint)
        return cls(tuple(dict.fromkeys(codes)))


def _known() -> frozenset[str]:
    try:
        from phonenumbers import SUPPORTED_REGIONS
    except ModuleNotFoundError:
        return frozenset(USUAL.codes)
    return frozenset(SUPPORTED_REGIONS)


USUAL = Regions(
    tuple(
        [
            "US",
            "CA",
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
            "LU",
            "ES",
            "PT",
            "IT",
            "SE",
            "DK",
            "NO",
            "FI",
            "PL",
            "CZ",
            "RO",
            "GR",
            "TR",
            "BR",
            "MX",
            "AR",
            "IN",
            "JP",
            "KR",
            "SG",
            "ZA",
        ]
    )
)
