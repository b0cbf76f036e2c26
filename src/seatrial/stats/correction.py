"""The rate behind an imperfect judge: what people would count, from what the judge counts and how often it errs.

A judge that misses some and invents some gives a rate that is off by an amount its calibration tells. The corrected
interval carries the calibration's own uncertainty, so that thirty labels cannot pass for truth; a judge that cannot
be told from a coin corrects nothing, and the rate is then unmeasurable.

What it rests on: the judge errs on these answers as it did on those it was calibrated on. Sensitivity and
specificity pooled over other kinds of answers correct towards the wrong rate, however many labels there are.
"""

from dataclasses import dataclass
from math import sqrt

from seatrial.stats.normal import two_sided_normal_quantile
from seatrial.stats.proportion import Interval, require_confidence, wilson


@dataclass(frozen=True, slots=True)
class Corrected:
    """`estimate` with its interval, `raw` as the judge counted, `youden` (sensitivity + specificity - 1).

    Where `measurable` is False the rate cannot be had from this judge: `estimate`, `low` and `high` are None, and
    `reason` says why.
    """

    estimate: float | None
    low: float | None
    high: float | None
    n: int
    raw: Interval
    youden: Interval
    measurable: bool
    reason: str | None


def rogan_gladen(
    judged_yes: int,
    n: int,
    sensitivity: tuple[int, int],
    specificity: tuple[int, int],
    confidence: float = 0.95,
) -> Corrected:
    """The true rate of yes among `n` answers of which the judge called `judged_yes` a yes, inside 0..1.

    `sensitivity` is (judged yes, all) among calibration answers that people call a yes, `specificity` (judged no, all)
    among those they call a no. Unmeasurable without answers, without calibration of either kind, when the lower
    bound of Youden's index is not above 0, or when the rate lies outside 0..1 with its whole interval, as the judge
    then errs otherwise here than in its calibration. ValueError for impossible counts or confidence.

    Source: W. J. Rogan & B. Gladen, Am. J. Epidemiol. 107 (1978) 71; interval: `_lang_reiczigel`.
    """
    require_confidence(confidence)
    raw = wilson(judged_yes, n, confidence)
    youden = youden_index(sensitivity, specificity, confidence)
    lacking = _lacking(n, sensitivity, youden)
    if lacking is not None:
        return _unmeasurable(n, raw, youden, lacking)
    estimate = _corrected(judged_yes / n, sensitivity[0] / sensitivity[1], specificity[0] / specificity[1])
    low, high = _lang_reiczigel(judged_yes, n, sensitivity, specificity, confidence)
    if low >= high:
        errors = "false alarms" if estimate == 0.0 else "misses"
        return _unmeasurable(n, raw, youden, f"the calibration does not fit: its {errors} alone exceed what was judged")
    return Corrected(estimate, min(low, estimate), max(high, estimate), n, raw, youden, True, None)


def _lacking(n: int, sensitivity: tuple[int, int], youden: Interval) -> str | None:
    """What there is too little of to correct anything."""
    if n == 0:
        return "no answer was judged"
    if youden.low is None:
        lacking = "yes" if sensitivity[1] == 0 else "no"
        return f"the calibration has no answer that people call a {lacking}"
    if youden.low <= 0.0:
        least = f"sensitivity + specificity - 1 is at least {youden.low:.2f}"
        return f"{least}: this judge may be no better than chance"
    return None


def _lang_reiczigel(
    judged_yes: int, n: int, sensitivity: tuple[int, int], specificity: tuple[int, int], confidence: float
) -> tuple[float, float]:
    """The interval of the true rate, cut to 0..1; its ends meet or cross where it lies outside as a whole.

    Source: Z. Lang & J. Reiczigel, Prev. Vet. Med. 113 (2014) 13, equations 6, 7, 16 and 17.
    """
    z = two_sided_normal_quantile(confidence)
    size, yes = n + z * z, (judged_yes + z * z / 2) / (n + z * z)
    yes_size, right_yes = sensitivity[1] + 2, (sensitivity[0] + 1) / (sensitivity[1] + 2)
    no_size, right_no = specificity[1] + 2, (specificity[0] + 1) / (specificity[1] + 2)
    centre = (yes + right_no - 1) / (right_yes + right_no - 1)
    yes_error = right_yes * (1 - right_yes) / yes_size
    no_error = right_no * (1 - right_no) / no_size
    shift = 2 * z * z * (centre * yes_error - (1 - centre) * no_error)
    spread = sqrt(yes * (1 - yes) / size + centre**2 * yes_error + (1 - centre) ** 2 * no_error)
    half_width = z * spread / (right_yes + right_no - 1)
    return max(centre + shift - half_width, 0.0), min(centre + shift + half_width, 1.0)


def youden_index(sensitivity: tuple[int, int], specificity: tuple[int, int], confidence: float = 0.95) -> Interval:
    """Sensitivity + specificity - 1 with its interval; all but `n` is None where either was never seen.

    1 is a perfect judge, 0 one that says yes as often to a no as to a yes. `n` is the number of labels.

    Source: W. J. Youden, Cancer 3 (1950) 32; interval: the difference of two rates, R. G. Newcombe, Statist. Med. 17
    (1998) 873, method 10.
    """
    right_yes, right_no = wilson(*sensitivity, confidence), wilson(*specificity, confidence)
    n = right_yes.n + right_no.n
    if right_yes.estimate is None or right_yes.low is None or right_yes.high is None:
        return Interval(None, None, None, n)
    if right_no.estimate is None or right_no.low is None or right_no.high is None:
        return Interval(None, None, None, n)
    index = right_yes.estimate + right_no.estimate - 1
    below = sqrt((right_yes.estimate - right_yes.low) ** 2 + (right_no.estimate - right_no.low) ** 2)
    above = sqrt((right_yes.high - right_yes.estimate) ** 2 + (right_no.high - right_no.estimate) ** 2)
    return Interval(index, max(-1.0, index - below), min(1.0, index + above), n)


def _corrected(raw: float, sensitivity: float, specificity: float) -> float:
    return min(max((raw + specificity - 1) / (sensitivity + specificity - 1), 0.0), 1.0)


def _unmeasurable(n: int, raw: Interval, youden: Interval, reason: str) -> Corrected:
    return Corrected(None, None, None, n, raw, youden, False, reason)
