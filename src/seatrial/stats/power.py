"""Was the test big enough: the smallest difference a number of cases can see, and the cases a difference takes.

"Seen" means: where the true difference is that large, the test calls it with the power asked for (80 %) at the
level asked for (two-sided 5 %). For paired pass/fail the answer rests on `discordance`, the share of cases on which the
two versions differ: it is not known before the run, so a plan states the one it supposes. For groups give as
`n` the number of cases divided by the design effect.
"""

from collections.abc import Callable
from math import ceil, inf, sqrt

from seatrial.stats.normal import normal_quantile, t_quantile

CASES_MAX = 1_000_000_000
_HALVINGS = 60


def smallest_paired_difference(
    n: float, discordance: float, *, power: float = 0.8, alpha: float = 0.05, sides: int = 2
) -> float | None:
    """The smallest difference of two pass rates on the same `n` cases that exact McNemar sees.

    `discordance` is the share of cases on which the two differ, 0..1; no difference can exceed it. None where even all
    of them going one way would not be seen. ValueError for arguments out of range.

    Source: J. Connor, Biometrics 43 (1987) 207, p. 209, solved for the difference, with the continuity correction
    that the exact test's discreteness costs. On the safe side: counted exactly, the power is 80 to 86 %.
    """
    _require(power, alpha, sides)
    _require_share("discordance", discordance)

    def seen(difference: float) -> bool:
        return _paired_cases(difference, discordance, power, alpha / sides) <= n

    return _smallest(seen, discordance)


def cases_for_paired_difference(
    difference: float, discordance: float, *, power: float = 0.8, alpha: float = 0.05, sides: int = 2
) -> int | None:
    """How many cases see this difference; the reverse of `smallest_paired_difference`. None beyond a billion.

    ValueError unless 0 < difference <= discordance <= 1.
    """
    _require(power, alpha, sides)
    _require_share("discordance", discordance)
    if not 0.0 < difference <= discordance:
        raise ValueError(f"difference: expected above 0 and up to the discordance {discordance!r}, got {difference!r}")
    return _whole(_paired_cases(difference, discordance, power, alpha / sides))


def smallest_unpaired_difference(
    n_a: float, n_b: float, rate: float, *, power: float = 0.8, alpha: float = 0.05, sides: int = 2
) -> float | None:
    """The smallest rise above `rate` of A that `n_b` separate cases of B show beside `n_a` of A; None where none does.

    For a fall give 1 - rate. ValueError for arguments out of range. Source: J. L. Fleiss, B. Levin & M. C. Paik,
    Statistical Methods for Rates and Proportions, 3rd ed. (2003), chapter 4, without their correction.
    """
    _require(power, alpha, sides)
    _require_share("rate", rate)

    def seen(difference: float) -> bool:
        return _unpaired_cases(difference, rate, n_b / n_a, power, alpha / sides) <= n_a

    return _smallest(seen, 1 - rate)


def cases_for_unpaired_difference(
    difference: float, rate: float, *, power: float = 0.8, alpha: float = 0.05, sides: int = 2
) -> int | None:
    """How many cases each version needs to show a rise of `difference` above `rate`. None beyond a billion.

    ValueError unless 0 < difference <= 1 - rate.
    """
    _require(power, alpha, sides)
    _require_share("rate", rate)
    if not 0.0 < difference <= 1 - rate:
        raise ValueError(f"difference: expected above 0 and up to {1 - rate!r}, got {difference!r}")
    return _whole(_unpaired_cases(difference, rate, 1.0, power, alpha / sides))


def smallest_score_difference(
    n: float, deviation: float, *, power: float = 0.8, alpha: float = 0.05, sides: int = 2
) -> float | None:
    """The smallest mean difference of scores that the paired t test on `n` cases sees, in the unit of `deviation`.

    `deviation` is the standard deviation of the differences. None under two cases. ValueError for arguments out of
    range. Source: the sum of both quantiles, as in J. Cohen, Statistical Power Analysis (1988), with Student's.
    """
    _require(power, alpha, sides)
    if not 0.0 <= deviation < inf:
        raise ValueError(f"deviation: expected a finite number of 0 or more, got {deviation!r}")
    if n < 2:
        return None
    quantiles = t_quantile(n - 1, 1 - alpha / sides) + t_quantile(n - 1, power)
    return quantiles * deviation / sqrt(n)


def cases_for_score_difference(
    difference: float, deviation: float, *, power: float = 0.8, alpha: float = 0.05, sides: int = 2
) -> int | None:
    """How many cases see this mean difference; the reverse of `smallest_score_difference`. None beyond a billion.

    ValueError unless difference > 0.
    """
    if not 0.0 < difference < inf:
        raise ValueError(f"difference: expected a finite number above 0, got {difference!r}")
    short, enough = 1, 2

    def seen(n: int) -> bool:
        smallest = smallest_score_difference(n, deviation, power=power, alpha=alpha, sides=sides)
        return smallest is not None and smallest <= difference

    while not seen(enough):
        if enough > CASES_MAX:
            return None
        short, enough = enough, 2 * enough
    while enough - short > 1:
        middle = (short + enough) // 2
        short, enough = (short, middle) if seen(middle) else (middle, enough)
    return enough


def _paired_cases(difference: float, discordance: float, power: float, alpha: float) -> float:
    """n with n d - 1 = sqrt(n) (z_alpha sqrt(psi) + z_power sqrt(psi - d^2)): the 1 is the correction."""
    spread = normal_quantile(1 - alpha) * sqrt(discordance)
    spread += normal_quantile(power) * sqrt(max(0.0, discordance - difference * difference))
    root = (spread + sqrt(spread * spread + 4 * difference)) / (2 * difference)
    return root * root


def _unpaired_cases(difference: float, rate: float, ratio: float, power: float, alpha: float) -> float:
    """Cases of A, with `ratio` times as many of B."""
    other = rate + difference
    pooled = (rate + ratio * other) / (1 + ratio)
    spread = normal_quantile(1 - alpha) * sqrt((ratio + 1) * pooled * (1 - pooled))
    spread += normal_quantile(power) * sqrt(max(0.0, ratio * rate * (1 - rate) + other * (1 - other)))
    return spread * spread / (ratio * difference * difference)


def _smallest(seen: Callable[[float], bool], largest: float) -> float | None:
    """The smallest difference up to `largest` that is seen, by halving."""
    if largest <= 0.0 or not seen(largest):
        return None
    unseen, reached = 0.0, largest
    for _ in range(_HALVINGS):
        middle = (unseen + reached) / 2
        if middle > 0.0 and seen(middle):
            reached = middle
        else:
            unseen = middle
    return reached


def _whole(cases: float) -> int | None:
    return ceil(cases) if cases <= CASES_MAX else None


def _require(power: float, alpha: float, sides: int) -> None:
    if not 0.5 <= power < 1.0:
        raise ValueError(f"power: expected a number from 0.5 to below 1, got {power!r}")
    if not 0.0 < alpha <= 0.5:
        raise ValueError(f"alpha: expected a number above 0 and up to 0.5, got {alpha!r}")
    if sides not in (1, 2):
        raise ValueError(f"sides: expected 1 or 2, got {sides!r}")


def _require_share(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name}: expected a share from 0 to 1, got {value!r}")
