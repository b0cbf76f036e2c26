"""What recognisers give and are: places in a text with the entity that stands there.

A recogniser judges every place by itself, from the match and at most `REACH` code points before it and `AHEAD` behind
it. So places may overlap, and streamed text is judged as the whole one is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from seatrial.checks.folded import last, scanner

REACH = 64
"""Code points before a match in which words tell what it is: a line of chat."""

AHEAD = 8
"""Code points behind a match that may deny it: a number that goes on, a path behind a host."""

LONGEST_MATCH = 520
"""The most code points any match has: an e-mail address of seven labels."""


class Found(NamedTuple):
    """`certain`: a checksum or a form of its own says so, against a form that only looks like it."""

    start: int
    end: int
    label: str
    certain: bool


class Recogniser(NamedTuple):
    """What finds one family of entities in a folded text, with the text at hand. `trigger` is a pattern that matches
    wherever `find` could find anything.
    """

    labels: Sequence[str]
    trigger: str
    find: Callable[[bytes, str], Iterator[Found]]


_OTHER_NUMBERS = scanner(
    r"(?i)\b(?:order|invoice|tracking|ticket|case|ref|reference|booking|confirmation|receipt|transaction|parcel|package|shipment"
    r"|sku|serial|model|part|item|product|article|isbn|issn|ean|upc|gtin|barcode|imei|asin|version|build|commit|issue|bug|patent"
    r"|(?:user|message|msg|channel|server|guild|role|account|customer|session|request|thread|post|tweet|member|client) ?id|id"
    r"|snowflake|timestamp|epoch|unix(?: time)?|seed|score|lot|batch|voucher|coupon|pid|hash|checksum|uuid|bestellung"
    r"|bestellnummer|rechnung|rechnungsnummer|commande|facture|pedido|factura)\b"
)
"""Words that say of the number behind them what it is, and that it is no one's."""

_LINK = scanner(
    r"(?i)^[ :#=\-]{0,3}(?:(?:no|nr|nro|number|num|code|id|is|was|says|said|the|it'?s|ist|est|es|numero|nummer)\b[.:#= ]{0,3}){0,3}"
    r"[#\"'(]{0,2}$"
)
"""What may stand between the word and its number."""


def names_another(folded: bytes, start: int, words: Any) -> bool:
    """Whether what stands right before the number that begins at `start` says that it is another kind of number, and not
    one that `words` name.
    """
    other = last(_OTHER_NUMBERS, folded, start, REACH)
    return (
        other >= 0
        and start - other <= _LINKED
        and _LINK.match(folded[other:start]) is not None
        and other > last(words, folded, start, REACH)
    )


_LINKED = 24


def settle(found: list[Found], order: dict[str, int]) -> list[Found]:
    """Without places that lie inside another, and without uncertain ones that touch a certain one; in order.

    Each is decided by looking at all candidates, kept or not, so that what stays does not depend on far-away ones. Of
    two at the very same place the one whose label comes first in `order` stays.
    """
    if len(found) < 2:
        return found
    found.sort(key=lambda each: (each.start, -each.end, not each.certain, order[each.label]))
    certain = [each for each in found if each.certain]
    kept: list[Found] = []
    furthest = furthest_certain = touching = -1
    upcoming = 0
    for each in found:
        while upcoming < len(certain) and certain[upcoming].start < each.end:
            touching = max(touching, certain[upcoming].end)
            upcoming += 1
        if each.certain:
            keep = each.end > furthest_certain
            furthest_certain = max(furthest_certain, each.end)
        else:
            keep = each.end > furthest and touching <= each.start
        furthest = max(furthest, each.end)
        if keep:
            kept.append(each)
    return kept
