"""`seatrial` alone: where you are, and the next useful step."""

from __future__ import annotations

from pathlib import Path

import click


def show_status() -> None:
    """Print the feature here, its last run, and what to do next."""
    if not Path("feature.yaml").exists():
        inside = sorted(path.parent.name for path in Path().glob("*/feature.yaml"))
        if inside:
            click.echo(f"Features in this folder: {', '.join(inside)}\n\nnext    seatrial eval {inside[0]}")
        else:
            click.echo(
                "There is no feature here.\n\nnext    seatrial init NAME   starts one that runs at once, offline"
            )
        click.echo("help    seatrial --help")
        return
    from seatrial.feature.feature import load
    from seatrial.store.runs import list_runs

    feature = load()
    suites = sorted(path.stem for path in Path("evals").glob("*.y*ml"))
    click.echo(f"{feature.name}: {feature.spec.description}".rstrip(": "))
    click.echo(f"  models  {', '.join(f'{spec.name} ({spec.use})' for spec in feature.spec.models.values())}")
    click.echo(f"  suites  {', '.join(suites) or 'none yet'}")
    runs = list_runs(Path())
    if not runs:
        click.echo("\nnext    seatrial eval   runs the suites")
        return
    summary = runs[-1].summary()
    if summary is None:
        click.echo("\nThe last run was stopped before its end.\nnext    seatrial eval --resume")
        return
    from seatrial.cli.show import headline

    click.echo(f"  last    {headline(feature.name, summary.suites, None, None)}")
    failed = any(suite.passed < suite.cases for suite in summary.suites)
    click.echo(f"\nnext    seatrial eval{' --failed' if failed else ''}")
