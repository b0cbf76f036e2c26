"""Resampling of paired differences: the cluster bootstrap for intervals, sign flips for p-values.

Both are quick without numpy because one step of Python does much: one random byte flips the signs of eight groups, and
one multiplication of long integers adds a group to all samples of the bootstrap. Rejected: `random.choices`, ten times
as slow. Everything drawn comes from the seed: the same data and seed give the same figures on every machine.
"""

import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, fsum, sqrt
from operator import getitem
from random import Random

from seatrial.stats.cluster import Clusters, robust_mean
from seatrial.stats.normal import normal_tail, t_quantile
from seatrial.stats.paired import Alternative
from seatrial.stats.proportion import require_confidence

DRAWS = 10_000
EXACT_UP_TO = 16
"""With so many groups that differ, or fewer, every pattern of signs is tried instead of drawn."""

# How often a group is in a sample: 0 to 5 times for so many of the 256 values of a byte. Mean and variance are exactly
# 1 as Poisson's, the third moment 0.98 of its.
_WEIGHTS = b"".join(bytes([times]) * count for times, count in enumerate((94, 95, 46, 16, 4, 1)))
# So that 65,536 groups, five times each, stay within 63 bits.
_LARGEST_TERM = 1 << 44
_GROUPS_MAX = 1 << 16
# Sums of the same terms in another order differ by rounding, and a tie must count as reached.
_TIE = 1e-9


@dataclass(frozen=True, slots=True)
class SignFlip:
    """A p-value with how it came about: `exact` over all patterns of signs, else over `draws` of them."""

    p: float
    exact: bool
    draws: int


def sign_flip(data: Clusters, alternative: Alternative = "two-sided", *, seed: int = 0, draws: int = DRAWS) -> SignFlip:
    """The chance that differences this far from 0 come about when each group's sign is a toss of a coin.

    `data` sums differences B - A by group; "greater" claims that they are above 0. Exact where at most
    `EXACT_UP_TO` groups differ from 0; drawn p-values count the data as one draw more, so that none is 0.

    Source: R. A. Fisher, The Design of Experiments (1935), section 21; why signs may be flipped: J. P. Romano,
    J. Am. Stat. Assoc. 85 (1990) 686; the one more draw: B. Phipson & G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 9
    (2010) 39.
    """
    totals = [total for total in data.totals if total != 0.0]
    seen = fsum(totals)
    slack = _TIE * fsum(map(abs, totals))
    exact = len(totals) <= EXACT_UP_TO
    sums = _all_signs(totals) if exact else _drawn_signs(totals, seed, draws)
    if alternative == "greater":
        reached = sum(value >= seen - slack for value in sums)
    elif alternative == "less":
        reached = sum(value <= seen + slack for value in sums)
    else:
        reached = sum(abs(value) >= abs(seen) - slack for value in sums)
    if exact:
        return SignFlip(reached / len(sums), True, len(sums))
    return SignFlip((reached + 1) / (draws + 1), False, draws)


def cluster_bootstrap(
    data: Clusters, confidence: float = 0.95, *, seed: int = 0, draws: int = DRAWS
) -> tuple[float, float]:
    """Two-sided bounds on the mean over cases, from means of samples in which a group is as often as by drawing them.

    The shape is that of the drawn means, the width that of `robust_mean` with Student's quantile: plain percentiles are
    too narrow by sqrt(g / (g - 1)) where groups are alike in size, and by more where they are not. ValueError under
    two groups, over 65,536, or unless 0 < confidence < 1.

    Source: groups as units: A. C. Davison & D. V. Hinkley, Bootstrap Methods (1997), section 3.8; Poisson's weights for
    drawing with replacement: J. A. Hanley & B. MacGibbon, Comput. Methods Programs Biomed. 83 (2006) 57; the
    percentiles: T. C. Hesterberg, Am. Statist. 69 (2015) 371 (expanded percentile).
    """
    require_confidence(confidence)
    count = len(data)
    if not 2 <= count <= _GROUPS_MAX:
        raise ValueError(f"data: expected from 2 to {_GROUPS_MAX} groups, got {count}")
    robust = robust_mean(data)
    terms = [total - size * robust.mean for total, size in zip(data.totals, data.sizes, strict=True)]
    spread = sqrt(fsum(term * term for term in terms))
    if robust.variance == 0.0 or spread == 0.0:
        return robust.mean, robust.mean
    sums = sorted(_drawn_sums(terms, Random(seed), draws))  # noqa: S311 (figures must repeat; nothing is secret)
    wider = sqrt(robust.variance) * data.n / spread
    tail = normal_tail(wider * t_quantile(robust.degrees, (1 + confidence) / 2))
    return robust.mean + _percentile(sums, tail) / data.n, robust.mean + _percentile(sums, 1 - tail) / data.n


def _all_signs(totals: Sequence[float]) -> list[float]:
    """The sums under all patterns of signs."""
    sums = [0.0]
    for total in totals:
        sums = [value + total for value in sums] + [value - total for value in sums]
    return sums


def _drawn_signs(totals: Sequence[float], seed: int, draws: int) -> list[float]:
    """The sums under drawn patterns of signs: eight groups by one look into a table of all their patterns."""
    tables = [_all_signs(totals[start : start + 8]) for start in range(0, len(totals), 8)]
    # The last table may be of fewer groups; repeated to 256 it takes a byte too.
    tables[-1] = tables[-1] * (256 // len(tables[-1]))
    drawn = Random(seed).randbytes  # noqa: S311 (figures must repeat; nothing is secret)
    width = len(tables)
    return [sum(map(getitem, tables, drawn(width))) for _ in range(draws)]


def _drawn_sums(terms: Sequence[float], random: Random, draws: int) -> list[float]:
    """`draws` sums of the terms, each term taken as often as a weight of about Poisson's distribution says.

    The sums of all draws are one long integer with 64 bits for each, to which a term is added by one multiplication
    with the integer of its weights.
    """
    unit = max(map(abs, terms)) / _LARGEST_TERM
    sums = 0
    weights = bytearray(8 * draws)
    for term in terms:
        weights[::8] = random.randbytes(draws).translate(_WEIGHTS)
        sums += round(term / unit) * int.from_bytes(weights, "little")
    # Sums below 0 borrow from their neighbour; with the offset none is.
    offset = 1 << 63
    lanes = sums + int.from_bytes(offset.to_bytes(8, "little") * draws, "little")
    drawn = array("Q", lanes.to_bytes(8 * draws, sys.byteorder))
    return [(lane - offset) * unit for lane in drawn]


def _percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of the draws lie, between neighbours in proportion."""
    place = min(max(share * (len(ordered) + 1) - 1, 0.0), len(ordered) - 1.0)
    below, above = floor(place), ceil(place)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
