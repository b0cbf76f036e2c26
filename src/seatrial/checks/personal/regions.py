"""The countries whose people may be written to: how phone numbers look there without a country code."""

from __future__ import annotations

from typing import Any

from seatrial.checks.chosen import chosen
from seatrial.checks.parameters import Converted
from seatrial.core.errors import SpecError


class Regions(Converted):
    """Country codes as ISO 3166-1 has them."""

    def __init__(self, codes: tuple[str, ...]) -> None:
        self.codes = codes
        self.version = " ".join(codes)

    @classmethod
    def read(cls, raw: Any) -> Regions:
        """From a parameter's raw value. Raises SpecError for an empty list, and for a code with no numbering plan."""
        return cls(
            chosen(raw, "regions", _check_region, expected="a list of country codes, like [US, DE]", hint=_CODES)
        )


_CODES = "two capital letters, as ISO 3166-1 has them: GB, not UK"


def _check_region(code: Any) -> None:
    if not isinstance(code, str) or code not in _known():
        raise SpecError(f"no phone numbers are known for the region {code!r}", hint=_CODES)


def _known() -> frozenset[str]:
    try:
        from phonenumbers import SUPPORTED_REGIONS
    except ModuleNotFoundError:
        return frozenset(USUAL.codes)
    return frozenset(SUPPORTED_REGIONS)


_USUAL = "US CA GB IE AU NZ DE AT CH FR BE NL LU ES PT IT SE DK NO FI PL CZ RO GR TR BR MX AR IN JP KR SG ZA"
USUAL = Regions(tuple(_USUAL.split()))
