"""The mean of several rates, each counted on cases of its own: the macro average over the classes of a label.

The interval is put together from those of the single rates. Rejected: adding their variances as the normal
approximation has them, which calls a class that was right in 2 of 2 cases certain; and resampling the cases, which
costs a second at 10,000 of them and never draws what was never seen either.
"""

from collections.abc import Sequence
from math import sqrt

from seatrial.stats.proportion import Interval, wilson


def mean_of_rates(counts: Sequence[tuple[int, int]], confidence: float = 0.95) -> Interval:
    """The unweighted mean of passed / n over `counts`, with a two-sided interval; `n` is the sum of theirs. Without
    counts all but `n` is None. A rate with n = 0 counts as 0 and may be anything: its own interval is 0 to 1.

    ValueError as for `wilson`.

    Source: G. Y. Zou, W. Huang & X. Zhang, Comput. Stat. Data Anal. 53 (2009) 1080: a linear function of independent
    proportions, here with weights 1 / k and Wilson's limits for each.
    """
    if not counts:
        return Interval(estimate=None, low=None, high=None, n=0)
    below = above = total = 0.0
    for passed, n in counts:
        each = wilson(passed, n, confidence)
        rate = each.estimate or 0.0
        low, high = (0.0, 1.0) if each.low is None or each.high is None else (each.low, each.high)
        total += rate
        below += (rate - low) ** 2
        above += (high - rate) ** 2
    k = len(counts)
    mean = total / k
    return Interval(
        estimate=mean,
        low=max(0.0, mean - sqrt(below) / k),
        high=min(1.0, mean + sqrt(above) / k),
        n=sum(n for _, n in counts),
    )
