"""What the addresses in a text lead to, and whether they carry data away: by their query, their fragment, a part of
their path, their host or a placeholder.

Addresses may begin at every few characters of a long one, so that reading each to its end would take time with the
square of the length. So what ends a host and what could carry data is looked for once in the whole text, and each
address asks whether any of it lies within.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property
from itertools import accumulate, pairwise

import re2

from seatrial.checks.detectors.hosts import LONGEST, host_in
from seatrial.spec.patterns import encodable

CARRIED = 24
"""Characters of a query or fragment, or of one part of a path that is no words, from which on an address carries
data.
"""

_LEAVING = re.compile(r"(?i)(?:(?:https?|hxxps?|ftps?|wss?):|(?=[/\\]{2}))[/\\]*")
_OF_PART = r"[^/\-_.+~,;=%\s\"'<>]"
_LONG_PART = re.compile(rf"(?<!{_OF_PART}){_OF_PART}{{{CARRIED},}}")
"""A part of a path that is no words with dashes between them, and long."""

_SPACE = "%20"
_SPACE_OR_PART = re.compile(f"{_SPACE}|/")
_TEMPLATE = re2.compile(r"[{<\[$]\{?[A-Za-z_ ]{2,40}\}?[}>\]]|%7B|\$\(")
_TEMPLATE_SIGNS = "{<[$%"
"""One of these is in every template: to look for them takes less time than the pattern."""

_LABEL = 31
_LONG_LABEL = re.compile(rf"(?:^|\.)[^.]{{{_LABEL},}}")

Places = tuple[list[int], list[int]]
"""Where stretches begin, and where they end."""


class Carried:
    """The addresses of one text, each asked for by its place."""

    def __init__(self, text: str) -> None:
        self._text = text

    def host(self, start: int, end: int) -> tuple[str, int] | None:
        """The host that an address leads to, empty if it cannot be read, with the place of what stands behind it; None
        for an address that stays where it is.
        """
        scheme = _LEAVING.match(self._text, start, end)
        if scheme is None:
            return None
        begin = scheme.end()
        behind = _first(self._ends_of_hosts, begin, end)
        if behind == end and end - start >= LONGEST:
            return "", end
        return host_in(self._text[begin:behind]), behind

    def carries(self, behind: int, end: int, host: str) -> bool:
        """Whether an address to `host` carries data there or from `behind` it to its end."""
        if len(host) >= _LABEL and _LONG_LABEL.search(host):
            return True
        if behind >= end:
            return False
        query = _first(self._queries, behind, end)
        fragment = _first(self._fragments, behind, query)
        return (
            end - query > CARRIED
            or query - fragment > CARRIED
            or self._has_template(behind, end)
            or self._has_data(behind, fragment)
        )

    def _has_template(self, begin: int, end: int) -> bool:
        starts, ends = self._templates
        first = bisect_left(starts, begin)
        return first < len(ends) and ends[first] <= end

    def _has_data(self, begin: int, end: int) -> bool:
        starts, ends = self._long_parts
        first = bisect_left(ends, begin + CARRIED)
        if first < len(ends) and max(starts[first], begin) + CARRIED <= end:
            return True
        starts, ends = self._spaced
        first = bisect_left(starts, begin)
        return first < len(ends) and ends[first] <= end

    @cached_property
    def _ends_of_hosts(self) -> list[int]:
        return [match.start() for match in re.finditer(r"[/\\?#]", self._text)]

    @cached_property
    def _queries(self) -> list[int]:
        return [match.start() for match in re.finditer(r"\?", self._text)]

    @cached_property
    def _fragments(self) -> list[int]:
        return [match.start() for match in re.finditer("#", self._text)]

    @cached_property
    def _long_parts(self) -> Places:
        found = [match.span() for match in _LONG_PART.finditer(self._text)]
        return [start for start, _ in found], [end for _, end in found]

    @cached_property
    def _spaced(self) -> Places:
        """Spaces of which one follows the other in one part of a path."""
        signs = [match.start() for match in _SPACE_OR_PART.finditer(self._text)] if _SPACE in self._text else []
        pairs = [(one, other) for one, other in pairwise(signs) if self._text[one] == self._text[other] == "%"]
        return [one for one, _ in pairs], [other + len(_SPACE) for _, other in pairs]

    @cached_property
    def _templates(self) -> Places:
        """With each beginning the first end of that template and all behind it."""
        if not any(sign in self._text for sign in _TEMPLATE_SIGNS):
            return [], []
        found = [match.span() for match in _TEMPLATE.finditer(encodable(self._text))]
        ends = list(accumulate((end for _, end in reversed(found)), min))[::-1]
        return [start for start, _ in found], ends


def _first(places: list[int], start: int, end: int) -> int:
    """The first of the places that is neither before `start` nor behind `end`; `end` where there is none."""
    index = bisect_left(places, start)
    return min(places[index], end) if index < len(places) else end
