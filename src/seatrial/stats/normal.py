"""Quantiles and tails of the standard normal and of Student's distribution.

Written here because `statistics.NormalDist` costs 8 ms of import and there is no Student in the standard library.
"""

from math import erfc, exp, fabs, inf, log, pi, sqrt

from seatrial.stats.beta import incomplete_beta, incomplete_beta_inverse_log_odds

_LAST_STEP = 1e-9


def normal_quantile(p: float) -> float:
    """The z below which a standard normal variable stays with probability `p`. ValueError unless 0 < p < 1."""
    _require_inside("p", p)
    return -_upper_quantile(p) if p < 0.5 else _upper_quantile(1.0 - p)


def normal_tail(z: float) -> float:
    """The probability that a standard normal variable exceeds `z`."""
    return erfc(z / sqrt(2.0)) / 2


def two_sided_normal_quantile(confidence: float) -> float:
    """The z with `confidence` of a standard normal between -z and z. ValueError unless 0 < confidence < 1."""
    _require_inside("confidence", confidence)
    return _upper_quantile((1.0 - confidence) / 2)


def two_sided_t_quantile(degrees: float, confidence: float) -> float:
    """The t with `confidence` of Student's distribution between -t and t; `degrees` is 1 or more, whole or not.

    t^2 / (degrees + t^2) is Beta(1/2, degrees/2), so t^2 / degrees are that variable's odds. Source: DLMF
    8.17 with Abramowitz & Stegun 26.7.1.
    """
    _require_inside("confidence", confidence)
    return sqrt(degrees) * exp(incomplete_beta_inverse_log_odds(0.5, degrees / 2, confidence) / 2)


def t_quantile(degrees: float, p: float) -> float:
    """The t below which Student's variable stays with probability `p`. ValueError unless 0 < p < 1."""
    _require_inside("p", p)
    if p == 0.5:
        return 0.0
    if p > 0.5:
        return -t_quantile(degrees, 1.0 - p)
    # The complement of t^2 / (degrees + t^2) is Beta(degrees/2, 1/2), and keeps the digits of a small tail.
    return -sqrt(degrees) * exp(-incomplete_beta_inverse_log_odds(degrees / 2, 0.5, 2.0 * p) / 2)


def t_tail(t: float, degrees: float) -> float:
    """The probability that Student's variable exceeds `t`, which may be infinite. Source: DLMF 8.17 as above."""
    size = fabs(t)
    if size < 1.0:
        # Of the share near 1 that the other form takes, a small t would be the last digits.
        beyond = 0.5 - incomplete_beta(0.5, degrees / 2, t * t / (degrees + t * t)) / 2
    else:
        beyond = incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t)) / 2 if size < inf else 0.0
    return beyond if t > 0 else 1.0 - beyond


def _upper_quantile(tail: float) -> float:
    """The z that a standard normal exceeds with probability `tail`, up to a half.

    Newton's method on ln erfc, which is concave; the start is right of the root, as erfc(w) <= exp(-w^2) for
    w >= 0, so each step comes nearer without overshooting.
    """
    log_tail = log(2.0 * tail)
    w = sqrt(-log_tail)
    step = inf
    while fabs(step) > _LAST_STEP:
        reached = erfc(w)
        step = (log(reached) - log_tail) * reached * sqrt(pi) / 2 * exp(w * w)
        w += step
    return w * sqrt(2.0)


def _require_inside(name: str, value: float) -> None:
    if not 0.0 < value < 1.0:
        raise ValueError(f"{name}: expected a number between 0 and 1, got {value!r}")
