"""Resampling of paired differences: the cluster bootstrap for intervals, sign flips for p-values.

Both are quick without numpy because a draw is one sum over a table that C walks: two random bytes pick a group of
the bootstrap, one random byte the signs of eight groups at once. Rejected: `random.choices`, four times as slow.
Everything drawn comes from the seed, so the same data and seed give the same figures on every machine.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, fsum, sqrt
from operator import getitem
from random import Random

from seatrial.stats.cluster import Clusters
from seatrial.stats.normal import normal_tail, t_quantile
from seatrial.stats.paired import Alternative
from seatrial.stats.proportion import require_confidence

DRAWS = 10_000
EXACT_UP_TO = 16
"""With so many groups that differ, or fewer, every pattern of signs is tried instead of drawn."""

_SLOTS = 1 << 16
_BATCH = 100
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

    Source: R. A. Fisher, The Design of Experiments (1935), section 21; whole groups flipped as in J. P. Romano, Ann.
    Statist. 18 (1990) 686; the one more draw: B. Phipson & G. K. Smyth, Stat. Appl. Genet. Mol. Biol. 9 (2010) 39.
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
    """Two-sided bounds on the mean over cases, from means of as many groups drawn with replacement.

    The percentiles are those that Student's quantile with groups - 1 degrees asks for, widened by
    sqrt(g / (g - 1)): plain percentiles are too narrow by that much. ValueError under two groups, over 65,536, or
    unless 0 < confidence < 1.

    Source: groups as units: A. C. Davison & D. V. Hinkley, Bootstrap Methods (1997), section 3.8; the percentiles:
    T. C. Hesterberg, Am. Statist. 69 (2015) 371, section 4.1.2 (expanded percentile).
    """
    require_confidence(confidence)
    count = len(data)
    if not 2 <= count <= _SLOTS:
        raise ValueError(f"data: expected from 2 to {_SLOTS} groups, got {count}")
    means = sorted(_drawn_means(data, Random(seed), draws))  # noqa: S311 (figures must repeat; nothing is secret)
    tail = normal_tail(sqrt(count / (count - 1)) * t_quantile(count - 1, (1 + confidence) / 2))
    return _percentile(means, tail), _percentile(means, 1 - tail)


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


def _drawn_means(data: Clusters, random: Random, draws: int) -> list[float]:
    """The means of `draws` samples of groups.

    A group has 65,536 / groups of the slots that two random bytes choose from; which groups have one slot more is
    drawn anew for each batch, so that none is favoured.
    """
    count = len(data)
    even = len(set(data.sizes)) == 1
    totals, sizes = _slots(data.totals), _slots(data.sizes)
    means: list[float] = []
    while len(means) < draws:
        start = random.randrange(count)
        total_at = totals[start : start + _SLOTS].__getitem__
        size_at = sizes[start : start + _SLOTS].__getitem__
        for _ in range(min(_BATCH, draws - len(means))):
            picks = array("H", random.randbytes(2 * count))
            cases = data.n if even else sum(map(size_at, picks))
            means.append(sum(map(total_at, picks)) / cases)
    return means


def _slots(values: Sequence[float]) -> list[float]:
    """The values over and over, enough for all slots from any start among the values."""
    return (list(values) * (_SLOTS // len(values) + 2))[: _SLOTS + len(values)]


def _percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of the draws lie, between neighbours in proportion."""
    place = min(max(share * (len(ordered) + 1) - 1, 0.0), len(ordered) - 1.0)
    below, above = floor(place), ceil(place)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
