"""The entities of personal data by name, and what is needed to find those a user chose."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache
from importlib import metadata
from typing import Any

from seatrial.checks.chosen import check_known, chosen
from seatrial.checks.folded import Triggers, fold, without_emphasis
from seatrial.checks.parameters import Converted
from seatrial.checks.personal import birth, crypto, identity, network, payment, phones, places
from seatrial.checks.personal.found import Found, Recogniser, settle
from seatrial.core.errors import OutsideError

NATIONAL = "national-id"
SINGLE = (
    "email",
    "phone",
    "payment-card",
    "iban",
    "ip-address",
    "mac-address",
    "crypto-address",
    "coordinates",
    "birth-date",
)
ENTITIES = (*SINGLE, NATIONAL, *identity.LABELS)
"""Every name that may be chosen. `national-id` is all that stand behind it."""

_PLAIN: tuple[Recogniser, ...] = (
    *network.RECOGNISERS,
    *payment.RECOGNISERS,
    *crypto.RECOGNISERS,
    *places.RECOGNISERS,
    *birth.RECOGNISERS,
)
WORST_FIRST = {
    label: number for number, label in enumerate(dict.fromkeys(("payment-card", "iban", *identity.LABELS, *SINGLE)))
}
"""From the worst to have leaked on; of two entities that are one place, the one that is named."""


class Entities(Converted):
    """The chosen entities; all of them unless told otherwise."""

    def __init__(self, names: tuple[str, ...] = ENTITIES) -> None:
        self.names = names
        self.labels = frozenset(names) - {NATIONAL} | (frozenset(identity.LABELS) if NATIONAL in names else frozenset())

    @classmethod
    def read(cls, raw: Any) -> Entities:
        """From a parameter's raw value. Raises SpecError for an empty list, and for a name that is no entity."""
        return cls(chosen(raw, "entities", check_entity, expected="a list of entities", hint=_KNOWN))

    @cached_property
    def version(self) -> str:  # type: ignore[override]
        """The names, and the versions of the packages that decide what is found. Raises OutsideError where one is not
        installed: at load, before any text is judged.
        """
        packages = {"phonenumberslite": "phone"} if "phone" in self.labels else {}
        if self.labels.intersection(identity.LABELS) - set(identity.OF_OUR_OWN):
            packages["python-stdnum"] = NATIONAL
        return " ".join([*sorted(self.names), *(_installed(package, name) for package, name in packages.items())])


_KNOWN = f"there are: {', '.join((*SINGLE, NATIONAL))}; and single national ids, like us-ssn"


EVERYTHING = Entities()


def check_entity(name: Any) -> None:
    """Raises SpecError when `name` is no entity, with the nearest that is."""
    check_known(name, ENTITIES, "entity", hint=_KNOWN)


@lru_cache(maxsize=8)
def _installed(package: str, entity: str) -> str:
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        raise OutsideError(
            f"personal-data: {entity} needs {package}, which is not installed",
            hint=f"pip install 'seatrial[guard]', or choose entities without {entity}",
        ) from None


class PersonalData:
    """Finds the entities that `labels` names, with phone numbers as written in `regions`."""

    def __init__(self, labels: frozenset[str], regions: tuple[str, ...]) -> None:
        recognisers = list(_PLAIN)
        if "phone" in labels:
            recognisers.append(phones.phones(regions))
        if ids := labels.intersection(identity.LABELS):
            recognisers.append(identity.identities(ids))
        self._recognisers = [each for each in recognisers if labels.intersection(each.labels)]
        self._triggers = Triggers([each.trigger for each in self._recognisers])

    def find(self, text: str) -> list[Found]:
        """The places, in order. Text with emphasis is read with and without its underscores: an address may begin with
        one.
        """
        folded = fold(text)
        plain = without_emphasis(folded)
        readings = (folded,) if plain == folded else (folded, plain)
        return settle([found for reading in readings for found in self._candidates(reading, text)], WORST_FIRST)

    def _candidates(self, folded: bytes, text: str) -> Iterator[Found]:
        for index in self._triggers.found(folded):
            yield from self._recognisers[index].find(folded, text)


@lru_cache(maxsize=64)
def personal_data(labels: frozenset[str], regions: tuple[str, ...]) -> PersonalData:
    return PersonalData(labels, regions)
