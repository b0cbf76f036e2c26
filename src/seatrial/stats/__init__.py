"""Pure statistics: intervals on proportions and means, and the decision a gate takes from counts.

Standard library only, and of that only what is cheap to import: scipy would cost every run more than the
run's own start. `tests/unit/stats` holds each function to scipy and statsmodels instead.

Exported here is what every run needs. Imported from their modules: `cluster` (cases that share a group), `paired`,
`comparison` and `questions` (two versions on the same cases), `multiple` (families of p-values), `power` (was the test
big enough), `sequence` (stopping early), `agreement` and `correction` (judges). Which method where, and why:
`docs/explanation/statistics.md`.
"""

from seatrial.stats.gate import Decision, Operator, decide
from seatrial.stats.mean import RunningMean, mean_interval
from seatrial.stats.proportion import Interval, exact_lower, exact_upper, wilson

__all__ = [
    "Decision",
    "Interval",
    "Operator",
    "RunningMean",
    "decide",
    "exact_lower",
    "exact_upper",
    "mean_interval",
    "wilson",
]
