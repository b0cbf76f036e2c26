"""The regularised incomplete beta function and its inverse: the one special function our intervals rest on.

Everything is computed in log odds, z = ln(x / (1 - x)), and the tail in logarithms. Both choices serve
the inverse: as a function of z the beta density is log-concave, so ln I is concave and Newton's method
converges from any start; and neither x near 0, nor x near 1, nor a tiny tail loses digits. Rejected: Newton or
bisection in x, which needs a bracket, a good start and a case for every corner; and ln B(a, b) from three
`lgamma` calls, which cancel to eight digits at a = b = 1e6.
"""

from math import exp, fabs, inf, lgamma, log, log1p, pi

SHAPE_MIN = 0.5
SHAPE_MAX = 1e10

_LOG_TWO_PI = log(2.0 * pi)
_STIRLING_SERIES_FROM = 16.0
_FRACTION_TERMS_MAX = 1_000_000
_FRACTION_PRECISION = 4e-15
_TINY = 1e-300
# Newton doubles the digits of each step, so what is left after a step this small is rounding.
_LAST_STEP = 1e-10


def incomplete_beta(a: float, b: float, x: float) -> float:
    """I_x(a, b), the probability that a Beta(a, b) variable is at most `x`.

    Relative error below 1e-10 for shapes up to 1e6. ValueError unless `a` and `b` lie in 0.5..1e10 and `x` in
    0..1.

    Source: DLMF 8.17.22 (https://dlmf.nist.gov/8.17#E22), in the form of A. R. DiDonato & A. H. Morris, ACM
    Trans. Math. Softw. 18 (1992) 360.
    """
    _require_shapes(a, b)
    _require_probability("x", x)
    if x in (0.0, 1.0):
        return x
    return exp(_log_tail(a, b, log(x) - log1p(-x))[0])


def incomplete_beta_inverse(a: float, b: float, p: float) -> float:
    """The `p` quantile of Beta(a, b): the `x` with I_x(a, b) = `p`. ValueError as for `incomplete_beta`."""
    return _logistic(incomplete_beta_inverse_log_odds(a, b, p))


def incomplete_beta_inverse_log_odds(a: float, b: float, p: float) -> float:
    """ln(x / (1 - x)) of the `p` quantile `x` of Beta(a, b): keeps its digits where `x` would round to 1.

    Minus infinity at p = 0 and infinity at p = 1. ValueError as for `incomplete_beta`.
    """
    _require_shapes(a, b)
    _require_probability("p", p)
    if p == 0.0:
        return -inf
    if p == 1.0:
        return inf
    # The logarithm of a tail near 1 says little about z, so the smaller tail is the one solved for.
    return _solve(a, b, p) if p <= 0.5 else -_solve(b, a, 1.0 - p)


def _solve(a: float, b: float, p: float) -> float:
    """The log odds at which ln I = ln p, by Newton's method, for p of at most a half."""
    target = log(p)
    log_odds = log(a / b)
    step = inf
    while fabs(step) > _LAST_STEP:
        log_tail, log_density = _log_tail(a, b, log_odds)
        step = (target - log_tail) * exp(log_tail - log_density)
        log_odds += step
    return log_odds


def _log_tail(a: float, b: float, log_odds: float) -> tuple[float, float]:
    """ln I_x(a, b) and the logarithm of its derivative by the log odds, at these log odds of x."""
    x, complement = _logistic(log_odds), _logistic(-log_odds)
    excess = a * complement - b * x
    log_density = _log_density(a, b, log_odds, excess)
    # The fraction converges fast below about the mean; above it I_x(a, b) = 1 - I_(1-x)(b, a), DLMF 8.17.4.
    if x * (a + b + 2.0) <= a + 1.0:
        return log_density - log(_continued_fraction(a, b, x, excess)), log_density
    return log1p(-exp(log_density) / _continued_fraction(b, a, complement, -excess)), log_density


def _log_density(a: float, b: float, log_odds: float, excess: float) -> float:
    """ln(x^a (1 - x)^b / B(a, b)), as a deviance from the mean so that large terms never meet and cancel.

    Source: the saddle-point form of C. Loader, Fast and Accurate Computation of Binomial Probabilities
    (2000).
    """
    deviance = _deviance(a, excess, log(a + b) - _softplus(-log_odds))
    deviance += _deviance(b, -excess, log(a + b) - _softplus(log_odds))
    stirling = _stirling_error(a + b) - _stirling_error(a) - _stirling_error(b)
    return 0.5 * (log(a) + log(b / (a + b)) - _LOG_TWO_PI) + stirling - deviance


def _deviance(shape: float, excess: float, log_expected: float) -> float:
    """shape * ln(shape / expected) - excess, where excess = shape - expected."""
    if fabs(excess) <= 0.5 * shape:
        # The logarithm of a ratio near 1 would lose what is left after the subtraction.
        return -shape * log1p(-excess / shape) - excess
    return shape * (log(shape) - log_expected) - excess


def _stirling_error(z: float) -> float:
    """ln Gamma(z) less Stirling's (z - 1/2) ln z - z + ln(2 pi) / 2. Source: DLMF 5.11.1."""
    if z < _STIRLING_SERIES_FROM:
        return lgamma(z) - ((z - 0.5) * log(z) - z + 0.5 * _LOG_TWO_PI)
    square = z * z
    series = 1 / 12 - (1 / 360 - (1 / 1260 - (1 / 1680 - 1 / 1188 / square) / square) / square) / square
    return series / z


def _continued_fraction(a: float, b: float, x: float, excess: float) -> float:
    """x^a (1 - x)^b / (B(a, b) I_x(a, b)), for x up to about the mean and excess = a (1 - x) - b x.

    Takes about sqrt(max(a, b)) / 2 terms, by Lentz's method as modified by I. J. Thompson & A. R. Barnett, J.
    Comput. Phys. 64 (1986) 490. The terms of DLMF 8.17.22 are taken in pairs: alone they alternate in sign
    and cost digits.
    """
    value = a * (excess + 1.0) / (a + 1.0)
    numerator_ratio, denominator_ratio = value, 0.0
    for m in range(1, _FRACTION_TERMS_MAX):
        order = a + 2 * m
        reach = m * (b - m) * x / (order - 1.0)
        partial_numerator = reach * x * ((a + m - 1.0) / (order - 1.0)) * (a + b + m - 1.0)
        partial_denominator = m + reach + (a + m) * (excess + 1.0 + m * (2.0 - x)) / (order + 1.0)
        denominator_ratio = 1.0 / ((partial_denominator + partial_numerator * denominator_ratio) or _TINY)
        numerator_ratio = (partial_denominator + partial_numerator / numerator_ratio) or _TINY
        change = numerator_ratio * denominator_ratio
        value *= change
        if fabs(change - 1.0) <= _FRACTION_PRECISION:
            return value
    raise ArithmeticError(f"incomplete beta: no convergence at a={a!r}, b={b!r}, x={x!r}")


def _logistic(log_odds: float) -> float:
    """x for its log odds, with no overflow and with full relative precision near 0."""
    if log_odds >= 0.0:
        return 1.0 / (1.0 + exp(-log_odds))
    odds = exp(log_odds)
    return odds / (1.0 + odds)


def _softplus(value: float) -> float:
    """ln(1 + e^value), with no overflow."""
    return max(value, 0.0) + log1p(exp(-fabs(value)))


def _require_shapes(a: float, b: float) -> None:
    for name, shape in (("a", a), ("b", b)):
        if not SHAPE_MIN <= shape <= SHAPE_MAX:
            raise ValueError(f"{name}: expected a shape from {SHAPE_MIN:g} to {SHAPE_MAX:g}, got {shape!r}")


def _require_probability(name: str, value: float) -> None:
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{name}: expected a number from 0 to 1, got {value!r}")
