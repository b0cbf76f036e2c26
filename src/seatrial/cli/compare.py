"""`seatrial compare`: say whether run B is better than run A, and how sure that is."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from seatrial.cli.options import feature_option, json_option
from seatrial.evals.compare import compare, find_side


@click.command(short_help="Say whether run B is better than run A, and how sure that is.")
@click.argument("a", metavar="RUN_A")
@click.argument("b", metavar="RUN_B")
@feature_option("the feature's folder")
@click.option("--report", "reports", multiple=True, metavar="PATH", help="write .md, made for a pull-request comment")
@json_option()
def command(a: str, b: str, folder: Path, reports: tuple[str, ...], as_json: bool) -> int:
    """Say whether run B is better than run A on the cases they share, and how sure that is.

    A run is its id, the beginning of one, its path, or `latest`; RUN:VARIANT names one variant of it, so that two
    variants of one run can be compared. It informs and is no gate: it ends with 0 whatever it finds, and a
    suite's `gate: {better: true}`, `{not_worse: {by: 0.02}}` or `{same: {within: 0.02}}` with
    `seatrial eval --against` decides.

    \b
    --json: {"a", "b": RUN:VARIANT, "pairs": cases judged on both sides,
    "left_out": {"only_in_a", "only_in_b", "not_judged_in_a", "not_judged_in_b"},
    "family": measures that p_adjusted answers for,
    "metrics": {name: {"n", "groups", "a", "b", "difference", "low", "high", "p", "p_adjusted", "test", "interval",
    "verdict": "better"|"worse"|"undecided", "needed": further cases or null, "warning"}},
    "newly_failing", "newly_passing", "still_failing": [{"suite", "case", "name", "before", "after", "flips"}]}
    """
    from seatrial.evals.reports.comparison import check_comparison_paths, write_comparison

    paths = [Path(report) for report in reports]
    check_comparison_paths(paths)
    found = compare(find_side(folder, a), find_side(folder, b))
    for path in paths:
        write_comparison(path, found)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return 0
    from seatrial.cli.show_comparison import show_comparison

    show_comparison(found)
    click.echo()
    for path in paths:
        click.echo(f"report  {path}")
    runs = [name.partition(":")[0] for name in (found.a, found.b)]
    place = "" if str(folder) == "." else f" --feature {folder}"
    if runs[0] != runs[1]:
        click.echo(f"next    seatrial runs diff {' '.join(runs)}{place}   says what was changed")
    else:
        click.echo(f"next    seatrial runs show {runs[0]}{place}   shows what did not pass")
    return 0
