"""What `make demo` runs: the suites of the harbor example on its recorded answers, with a report to open.

Ends with 0 when it showed what it must: 58 of 60 cases hold, and the two that fail on purpose are named.
"""

import sys
from pathlib import Path

from seatrial import evaluate
from seatrial.cli.show import show_run
from seatrial.evals.reports.write import write_report

HARBOR = Path(__file__).parent / "harbor"
FAIL_ON_PURPOSE = {
    "explains a black hole in a chatty way",
    "remembers a peanut allergy when it suggests a snack",
}


def main() -> int:
    run = evaluate(HARBOR)
    report = HARBOR / ".seatrial" / "report.html"
    write_report(report, run.folder)
    show_run(run, folder=str(HARBOR), reports=[report])
    failed = {result.name for result in run.results() if result.state != "pass"}
    held = sum(suite.passed for suite in run.suites)
    print(f"\n{held} of 60 held. These two fail on purpose, so that you see what a failure looks like:")
    for name in sorted(FAIL_ON_PURPOSE):
        print(f"  {name}")
    print(f"Open {report} in a browser, then try:  .venv/bin/seatrial init my-assistant")
    return 0 if held == 58 and failed == FAIL_ON_PURPOSE else 1


if __name__ == "__main__":
    sys.exit(main())
